#!/bin/sh
# sign-zone as a user meets it: signed again and again, from the sample zone and key files.
. t/lib.sh

judges() { # WHAT ORIGIN FILE
	ok "$1: dnssec-verify" dnssec-verify -q -o "$2" "$3"
	ok "$1: kzonecheck" kzonecheck -d on -o "$2" "$3"
	ok "$1: ldns-verify-zone" ldns-verify-zone "$3"
}

fact() { sed -n "s/^;end .* sign-rrsets\.$1=\([^ ]*\).*/\1/p" "$2"; }

hsmutil --dir "$T/keys" init >/dev/null
for i in 1301 1302; do
	hsmutil --dir "$T/keys" --id $i generate ecdsa 256 >/dev/null
done

# --- what a user meets ----------------------------------------------------------------------------
cp etc/demo/example.zone "$T/demo.zone"
k1=$T/keys/1301.pem k2=$T/keys/1302.pem
S="sign-zone -o example. --ksk file:$k1 --zsk file:$k2"
ok 'the demo zone' $S "$T/demo.zone" "$T/demo"
sed -i 's/192.0.2.3/192.0.2.33/' "$T/demo.zone"
ok 'one record changed' $S "$T/demo.zone" "$T/demo"
is 'two new signatures: that set and the SOA' "$(fact signed "$T/demo")" 2
ok 'the last one is kept beside it' test -e "$T/demo.previous"
echo 'zz A 192.0.2.99' >>"$T/demo.zone"
ok 'one name more' $S "$T/demo.zone" "$T/demo"
is 'four: the set, its NSEC, the one before, the SOA' "$(fact signed "$T/demo")" 4
judges 'the demo zone' example. "$T/demo"
grep -v '^;' "$T/demo" >"$T/plain"
cp "$T/plain" "$T/demo"
sed -i 's/192.0.2.33/192.0.2.34/' "$T/demo.zone"
ok 'OUT that is a plain master file' $S "$T/demo.zone" "$T/demo"
is 'keeps its signatures too: two are new' "$(fact kept "$T/demo")" "$(($(grep -c '	RRSIG	' "$T/demo") - 2))"
cp "$T/demo" "$T/want"
echo 'bad' >>"$T/demo.zone"
rejects 1 'demo.zone:[0-9]*: ' $S "$T/demo.zone" "$T/demo"
same 'OUT is left as it was' "$T/demo" "$T/want"
ok 'and nothing is left beside it' test ! -e "$T/demo.new"
sed -i '$d' "$T/demo.zone"
echo 'www A 192.0.2.1' >>"$T/demo.zone"
rejects 1 'demo.zone:[0-9]*: www.example. .*CNAME' $S "$T/demo.zone" "$T/demo"
same 'OUT is left as it was' "$T/demo" "$T/want"
sed -i '$d' "$T/demo.zone"
rejects 2 'ksk and --zsk are needed' sign-zone "$T/demo.zone" "$T/demo"
rejects 1 'cannot be read' $S "$T/none" "$T/demo"
rejects 2 'no such option' $S --bogus "$T/demo.zone" "$T/demo"

# The printed pipeline is one that works.
cd "$T" || exit
cp demo.zone example.zone
$S -n example.zone printed >script
ok 'sign-zone -n prints a pipeline that runs' sh -e script
ok 'and signs' dnssec-verify -q -o example. printed

# --- what a changed parameter costs, and no more ---------------------------------------------------
# Signatures by the set they cover: "SIGNATURE OWNER TYPE".
signatures() { awk -F '\t' '$4 == "RRSIG" { split($5, f, " "); print f[9], $1, f[1] }' "$1" | sort; }
# remade WHAT TYPES: in $T/salt after $T/salt.previous new signatures cover these types, a type a line.
remade() {
	signatures "$T/salt.previous" >"$T/sigs.old"
	signatures "$T/salt" >"$T/sigs.new"
	is "$1" "$(comm -13 "$T/sigs.old" "$T/sigs.new" | cut -d' ' -f3 | sort | uniq -c | awk '{ print $2, $1 }')" "$2"
	judges "$1" example. "$T/salt"
}
count() { grep -c "	IN	$1	" "$T/salt"; }
S3="$S --nsec3"
ok 'NSEC3 without salt' $S3 "$T/demo.zone" "$T/salt"
ok 'another salt' $S3 --salt ab12 "$T/demo.zone" "$T/salt"
remade 'a salt: the NSEC3s, NSEC3PARAM and the SOA' "NSEC3 $(count NSEC3)
NSEC3PARAM 1
SOA 1"
is 'a salt: all others are kept' "$(fact kept "$T/salt")" \
	"$(($(grep -c '	RRSIG	' "$T/salt") - $(count NSEC3) - 2))"
sed 's/^ns1[[:space:]].*192/ns1 7200 A 192/' "$T/demo.zone" >"$T/ttl.zone"
ok 'a TTL is edited' sh -c '! cmp -s "$1/demo.zone" "$1/ttl.zone"' sh "$T"
ok 'another TTL' $S3 --salt ab12 "$T/ttl.zone" "$T/salt"
remade 'a TTL: its set and the SOA' 'A 1
SOA 1'
done_testing

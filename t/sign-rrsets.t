#!/bin/sh
# sign-rrsets alone, on streams made here and keys made by openssl.
. t/lib.sh

NOW=$(date +%s)

# Records on stdin, sorted already, to a stream of the zone $1.
stream() {
	awk -v z="$1" -F '\t' '
		BEGIN { print ";zonetext 1"; print ";zone " z }
		{ print; n++; if ($2 > max) max = $2 }
		END {
			printf ";end %s records=%d max-ttl=%d\n", z, n, max
			print ";done zones=1 failed=0"
		}'
}

restream() { # records of a stream, edited, to a stream again
	grep -v '^;' | stream example.
}

key() { # NAME ALGORITHM: a key file and its public half
	case $2 in
	13) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/$1.pem" 2>/dev/null; n=64 ;;
	15) openssl genpkey -algorithm ED25519 -out "$T/$1.pem"; n=32 ;;
	esac
	chmod 600 "$T/$1.pem"
	openssl pkey -in "$T/$1.pem" -pubout -outform DER | tail -c $n | base64 -w0 >"$T/$1.pub"
}

dnskeys() { # ALGORITHM NAME:FLAGS...: DNSKEY lines in canonical order
	alg=$1
	shift
	for k; do
		printf 'example.\t3600\tIN\tDNSKEY\t%s 3 %s %s\n' "${k#*:}" "$alg" "$(cat "$T/${k%:*}.pub")"
	done
}

# Every kind of owner.  Chain and DNSKEYs come from arguments.
zone() { # SERIAL [FILE-WITH-DNSKEYS]
	tab='	'
	cat <<-EOF
	example.${tab}3600${tab}IN${tab}SOA${tab}ns.example. h.example. $1 7200 3600 604800 300
	example.${tab}3600${tab}IN${tab}NS${tab}ns.example.
	EOF
	cat "${2:-$T/dnskeys}"
	cat <<-EOF
	example.${tab}300${tab}IN${tab}NSEC${tab}*.example. NS SOA RRSIG NSEC DNSKEY
	*.example.${tab}3600${tab}IN${tab}TXT${tab}"wild"
	*.example.${tab}300${tab}IN${tab}NSEC${tab}d.example. TXT RRSIG NSEC
	d.example.${tab}3600${tab}IN${tab}DNAME${tab}example.net.
	d.example.${tab}300${tab}IN${tab}NSEC${tab}ns.example. DNAME RRSIG NSEC
	ns.example.${tab}3600${tab}IN${tab}A${tab}192.0.2.1
	ns.example.${tab}3600${tab}IN${tab}A${tab}192.0.2.2
	ns.example.${tab}300${tab}IN${tab}NSEC${tab}sub.example. A RRSIG NSEC
	sub.example.${tab}3600${tab}IN${tab}A${tab}192.0.2.3
	sub.example.${tab}3600${tab}IN${tab}NS${tab}sub.example.
	sub.example.${tab}3600${tab}IN${tab}DS${tab}1 13 2 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F
	sub.example.${tab}300${tab}IN${tab}NSEC${tab}example. NS DS RRSIG NSEC
	ns.sub.example.${tab}3600${tab}IN${tab}A${tab}192.0.2.4
	EOF
}

fact() { # NAME FILE
	sed -n "s/^;end .* sign-rrsets\.$1=\([^ ]*\).*/\1/p" "$2"
}

sign() { # OUT OPTIONS... with the zone on stdin
	out=$1
	shift
	sign-rrsets --ksk "file:$T/ksk.pem" --zsk "file:$T/zsk.pem" --now "$NOW" "$@" >"$out"
}

key ksk 13
key zsk 13
key zsk2 13
dnskeys 13 zsk:256 ksk:257 | sort -t' ' -k1,1n >"$T/dnskeys"
zone 1 | stream example. >"$T/in"

# --- what is signed --------------------------------------------------------
ok 'signs' sign "$T/1" --seed x <"$T/in"
ok 'dnssec-verify accepts it' dnssec-verify -q -o example. "$T/1"
is 'signatures: each set but the delegation and glue' "$(fact signed "$T/1")" 12
is 'no signature on the A at the delegation' "$(grep -c 'sub.*RRSIG.A ' "$T/1")" 0
is 'nor on its NS' "$(grep -c 'sub.*RRSIG.NS ' "$T/1")" 0
is 'the wildcard label is not counted (RFC 4034 §3.1.3)' \
	"$(grep -c '^\*.*RRSIG.TXT 13 1 ' "$T/1")" 1
is 'DNSKEY by the KSK alone' "$(grep -c 'RRSIG.DNSKEY ' "$T/1")" 1
is 'facts: serial' "$(fact serial "$T/1")" 1
is 'facts: what signed' "$(fact signers "$T/1" | tr ',' '\n' | wc -l)" 2
is 'facts: changed' "$(fact changed "$T/1")" 1
earliest=$(sed -n 's/.*RRSIG.[A-Z]* 13 [0-9] [0-9]* \([0-9]*\) .*/\1/p' "$T/1" | sort | head -n1)
is 'facts: the earliest expiration' "$(date -u -d @"$(fact earliest-expiration "$T/1")" +%Y%m%d%H%M%S)" "$earliest"

# --- what is kept ----------------------------------------------------------
zone 2 | stream example. >"$T/in2"
ok 'again, with a new serial alone' sign "$T/2" --previous "$T/1" <"$T/in2"
is 'keeps all but the SOA signature' "$(fact kept "$T/2")/$(fact signed "$T/2")" 11/1
is 'which is no change' "$(fact changed "$T/2")" 0
first_end() { # FILE: seconds
	date -u +%s -d "$(sed -n 's/.*RRSIG.[A-Z]* 13 [0-9] [0-9]* \([0-9]\{8\}\)\(..\)\(..\)\(..\) .*/\1 \2:\3:\4/p' "$1" | sort | head -n1)"
}
soa_end() { # FILE
	date -u +%s -d "$(sed -n 's/.*RRSIG.SOA 13 [0-9] [0-9]* \([0-9]\{8\}\)\(..\)\(..\)\(..\) .*/\1 \2:\3:\4/p' "$1")"
}
sign "$T/3" --seed 230 <"$T/in"
is 'of this seed the SOA ends first' "$(soa_end "$T/3")" "$(first_end "$T/3")"
sign "$T/4" --previous "$T/3" --now $((NOW + 3600)) <"$T/in2"
is 'no change: the published SOA ends first' "$(fact changed "$T/4")/$(fact earliest-expiration "$T/4")" "0/$(soa_end "$T/3")"
sign "$T/4" --previous "$T/1" --seed 230 <"$T/in2"
ok 'a SOA that ends first' test "$(soa_end "$T/4")" -lt "$(first_end "$T/1")"
is 'is not the one that is published' "$(fact changed "$T/4")/$(fact earliest-expiration "$T/4")" "0/$(first_end "$T/1")"
ok 'identical input' sign "$T/2" --previous "$T/1" <"$T/in"
is 'every record and signature' "$(grep -v '^;' "$T/2" | cksum)" "$(grep -v '^;' "$T/1" | cksum)"

sed 's/192.0.2.2/192.0.2.9/' "$T/in" >"$T/in2"
sign "$T/2" --previous "$T/1" <"$T/in2"
is 'one changed record: one new signature' "$(fact kept "$T/2")/$(fact signed "$T/2")/$(fact dropped "$T/2")/$(fact changed "$T/2")" 11/1/1/1
sed 's/"wild"/"tame"/; s/192.0.2.4/192.0.2.5/' "$T/in" >"$T/in2"
sign "$T/2" --previous "$T/1" <"$T/in2"
is 'changed glue needs none' "$(fact kept "$T/2")/$(fact signed "$T/2")" 11/1
sed 's/192.0.2.4/192.0.2.5/' "$T/in" >"$T/in2"
sign "$T/2" --previous "$T/1" <"$T/in2"
is 'but is a change' "$(fact signed "$T/2")/$(fact changed "$T/2")" 0/1
sed 's/^\(\*.example.\)	3600/\1	7200/' "$T/in" | restream >"$T/in2"
sign "$T/2" --previous "$T/1" <"$T/in2"
is 'a changed TTL: one' "$(fact kept "$T/2")/$(fact signed "$T/2")" 11/1
sed '/^ns.sub/d' "$T/in" | restream >"$T/in2"
sign "$T/2" --previous "$T/1" <"$T/in2"
is 'removed glue is a change' "$(fact signed "$T/2")/$(fact changed "$T/2")" 0/1

sign "$T/2" --previous "$T/1" --now $((NOW + 691200)) <"$T/in"
is 'nothing is due 8 days later' "$(fact signed "$T/2")" 0
sign "$T/2" --previous "$T/1" --now $((NOW + 864000)) <"$T/in"
is 'all is due 10 days later' "$(fact kept "$T/2")/$(fact signed "$T/2")" 0/12
sign "$T/2" --previous "$T/1" --validity P20D <"$T/in"
is 'another validity: all' "$(fact kept "$T/2")/$(fact signed "$T/2")" 0/12
sign "$T/2" --previous "$T/1" --validity-denial P20D <"$T/in"
is 'another denial validity: the NSECs' "$(fact kept "$T/2")/$(fact signed "$T/2")" 7/5
sign "$T/2" --previous "$T/1" --now $((NOW - 10000)) <"$T/in"
is 'signatures from the future are not kept' "$(fact kept "$T/2")" 0
printf ';zonetext 1\n;zone example.\nexample.\t' >"$T/cut"
sign "$T/2" --previous "$T/cut" <"$T/in" 2>"$T/err"
is 'a damaged previous zone: all is signed' "$(fact signed "$T/2")" 12
ok 'and that is said' grep -q 'signed anew' "$T/err"
head -n 12 "$T/1" >"$T/cut"
sign "$T/2" --previous "$T/cut" <"$T/in" 2>"$T/err"
is 'a cut one: what is there is used' "$(($(fact signed "$T/2") + $(fact kept "$T/2")))/$(fact changed "$T/2")" 12/1
ok 'and that is said' grep -q 'in part only' "$T/err"
sign "$T/2" --previous "$T/none" <"$T/in"
is 'a missing one is no trouble' "$(fact signed "$T/2")" 12

# A signature over other data: caught, unless the file is known to be ours.
sed '/RRSIG.DNAME/s/\(.*\) \(.\)\(.*\)==$/\1 \3\2==/' "$T/1" >"$T/bad"
sign "$T/2" --previous "$T/bad" <"$T/in"
is 'a kept signature that does not verify is made anew' "$(fact kept "$T/2")/$(fact signed "$T/2")/$(fact changed "$T/2")" 11/1/1
sign "$T/2" --previous "$T/bad" --previous-digest "$(sha256sum <"$T/bad" | cut -d' ' -f1)" <"$T/in"
is 'is trusted in a file with the digest of our last publication' "$(fact kept "$T/2")" 12
sign "$T/2" --previous "$T/bad" --previous-digest "$(sha256sum <"$T/1" | cut -d' ' -f1)" <"$T/in"
is 'and not with another' "$(fact kept "$T/2")" 11

# --- rollovers -------------------------------------------------------------
# Canonical order of DNSKEY RDATA with equal head: that of the key octets.
for k in zsk zsk2; do printf '%s %s\n' "$(base64 -d "$T/$k.pub" | od -An -tx1 -v | tr -d ' \n')" "$k"; done |
	sort | while read -r _ k; do dnskeys 13 "$k:256"; done >"$T/dnskeys2"
dnskeys 13 ksk:257 >>"$T/dnskeys2"
zone 2 "$T/dnskeys2" | stream example. >"$T/in2"
roll() { sign-rrsets --ksk "file:$T/ksk.pem" --zsk "file:$T/zsk2.pem" --now "$NOW" "$@"; }
roll --previous "$T/1" <"$T/in2" >"$T/2"
is 'a gradual roll: the retired ZSK keeps what it signed' "$(fact kept "$T/2")/$(fact signed "$T/2")" 10/2
is 'three keys have signatures' "$(fact signers "$T/2" | tr ',' '\n' | wc -l)" 3
ok 'dnssec-verify accepts it' dnssec-verify -q -o example. "$T/2"
sign "$T/before" <"$T/in2"
zone 3 "$T/dnskeys2" | stream example. >"$T/in3"
roll --previous "$T/before" <"$T/in3" >"$T/3"
is 'the SOA by another key is a change: facts of a file that is not published mislead' \
	"$(fact kept "$T/3")/$(fact signed "$T/3")/$(fact changed "$T/3")" 11/1/1
zone 4 "$T/dnskeys2" | stream example. >"$T/in4"
roll --previous "$T/3" <"$T/in4" >"$T/4"
is 'once' "$(fact kept "$T/4")/$(fact signed "$T/4")/$(fact changed "$T/4")" 11/1/0
roll --previous "$T/1" --immediate <"$T/in2" >"$T/2"
is 'an immediate one: all anew, but DNSKEY too has changed' "$(fact kept "$T/2")/$(fact signed "$T/2")" 0/12
is 'two keys have' "$(fact signers "$T/2" | tr ',' '\n' | wc -l)" 2
dnskeys 13 zsk2:256 ksk:257 >"$T/dnskeys3"
zone 2 "$T/dnskeys3" | stream example. >"$T/in3"
roll --previous "$T/1" <"$T/in3" >"$T/2"
is 'a removed key keeps nothing' "$(fact kept "$T/2")/$(fact signed "$T/2")" 0/12

# --- the same output for every -j ------------------------------------------
key eksk 15
key ezsk 15
dnskeys 15 ezsk:256 eksk:257 >"$T/ednskeys"
zone 1 "$T/ednskeys" | stream example. >"$T/ein"
for j in 1 4; do
	sign-rrsets -j $j --seed a --ksk "file:$T/eksk.pem" --zsk "file:$T/ezsk.pem" --now "$NOW" <"$T/ein" >"$T/e$j"
done
same 'Ed25519: -j 1 and -j 4 write the same' "$T/e1" "$T/e4"
ok 'dnssec-verify accepts it' dnssec-verify -q -o example. "$T/e1"

# --- --only ----------------------------------------------------------------
sign-rrsets --only TXT --ksk "file:$T/ksk.pem" --zsk "file:$T/zsk.pem" --now "$NOW" <"$T/1" >"$T/2"
is '--only: one signature made, the others stay' "$(fact signed "$T/2")/$(grep -c RRSIG.TXT "$T/2")/$(grep -c '	RRSIG	' "$T/2")" 13/1/12
ok 'dnssec-verify accepts it' dnssec-verify -q -o example. "$T/2"

# --- refusals --------------------------------------------------------------
S="sign-rrsets --ksk file:$T/ksk.pem --zsk file:$T/zsk.pem --now $NOW"
none() { # the zone must not have come through
	! grep -q '^;end' "$T/rejects.out"
	tap_result $? '  and nothing is finished'
}
rejects 2 'no keys' sign-rrsets <"$T/in"; none
rejects 1 'not in the DNSKEY set.*RFC 4035' sign-rrsets --ksk "file:$T/ksk.pem" --zsk "file:$T/zsk2.pem" <"$T/in"; none
rejects 1 'no ZSK of it was given' sign-rrsets --ksk "file:$T/ksk.pem" <"$T/in"; none
rejects 2 'ksk: ?.*cannot|No such|none.pem' sign-rrsets --ksk "file:$T/none.pem" --zsk "file:$T/zsk.pem" <"$T/in"; none
rejects 2 'inception|expiration lies before' $S --expiration 1600000000 <"$T/in"; none
rejects 2 'not above refresh' $S --validity P5D <"$T/in"; none
rejects 2 'not above refresh' $S --validity-keys P5D <"$T/in"; none
rejects 2 'no such type' $S --only NONSENSE <"$T/in"
rejects 1 'signed already' $S <"$T/1"; none
grep -v 'NSEC' "$T/in" | awk '/^ns.example/ && !x { x = 1; keep = $0; next } { print } /^sub.example.*DS/ { print keep }' |
	restream >"$T/unordered"
rejects 1 'canonical order' $S <"$T/unordered"; none
awk '/192.0.2.1$/ { keep = $0; next } { print } /192.0.2.2$/ { print keep }' "$T/in" >"$T/unordered"
rejects 1 'canonical order.*RFC 4034' $S <"$T/unordered"; none
sed 's/^ns.example.	3600	IN	A	192.0.2.2/ns.example.	3601	IN	A	192.0.2.2/' "$T/in" | restream >"$T/ttl"
rejects 1 'TTLs 3600 and 3601.*RFC 2181' $S <"$T/ttl"; none
sed 's/192.0.2.2/not-an-address/' "$T/in" >"$T/text"
rejects 1 'ns.example. A: ' $S <"$T/text"; none
sed '/SOA.ns/d' "$T/in" | restream >"$T/nosoa"
rejects 1 'not the zone.s SOA' $S <"$T/nosoa"; none
rejects 1 'truncated' $S </dev/null
is 'another algorithm may stay unsigned if told so' \
	"$(sign-rrsets --ksk "file:$T/ksk.pem" --allow-unsigned --allow-unpublished --zsk "file:$T/zsk2.pem" --now "$NOW" <"$T/in" | grep -c '	RRSIG	')" 12

# Two zones of which the first is bad: the second one comes out.
{ sed '/^;done/d; s/192.0.2.2/x/' "$T/in"; sed '1d; s/;done.*/;done zones=2 failed=0/' "$T/in"; } >"$T/two"
rejects 1 'ns.example. A' $S <"$T/two"
is 'the good one of two zones' "$(grep -c '^;end' "$T/rejects.out")/$(grep -c '^;fail' "$T/rejects.out")" 1/1

# A file is replaced only by a whole zone.
echo old >"$T/keep"
$S -w "$T/keep" <"$T/text" 2>/dev/null
is '-w leaves the file when the zone fails' "$(cat "$T/keep")" old
$S -w "$T/keep" <"$T/in"
is 'and replaces it when it does not' "$(head -c 11 "$T/keep")" ';zonetext 1'

done_testing

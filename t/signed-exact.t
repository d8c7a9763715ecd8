#!/bin/sh
# Zones that another signer (dnst signzone) made from these keys at these times, record for record, signatures
# included: RSASHA256 signatures are determined by their input. Ed25519's too: RFC 8080's examples.
. t/lib.sh
needs_fixtures
X=$ZONE_FIXTURES/signed-exact
D=$X/test-data
mkdir -m 700 "$T/keys"

# One space between fields, lower case, comments off: both sides alike.
normal() {
	sed 's/[ 	]*;.*//' "$1" | awk 'NF { $1 = $1; print tolower($0) }' | LC_ALL=C sort
}

import() { # NAME: a BIND key as a key file; echoes its path
	(umask 077 && cp "$D/$1.private" "$T/$1.private" && cp "$D/$1.key" "$T/$1.key")
	hsmutil --dir "$T/keys" --id "$(printf %04x "${1##*+}")" import "$T/$1.private" >/dev/null 2>&1
	echo "$T/keys/$(printf %04x "${1##*+}").pem"
}

EXTRA=''
# Sign and compare.  What dnst was told (INDEX.tsv): -e -i the times, -n NSEC3 with -t iterations, -s salt and -P opt-out,
# -A that the ZSK signs DNSKEY too, -z ZONEMD; -T -R -L are about its output's form.
exact() { # TEST ORIGIN INPUT KSK ZSK INCEPTION EXPIRATION CHAIN SIGN-OPTIONS...
	test=$1 origin=$2 input=$3 published="$D/$4.key $D/$5.key" ksk=$(import "$4") zsk=$(import "$5") from=$6 to=$7 chain=$8
	shift 8
	if [ -n "$EXTRA" ]; then # another KSK
		published="$published $D/$EXTRA.key"
		set -- --ksk "8:file:$(import "$EXTRA")" "$@"
	fi
	case $test in *zonemd*) md=yes ;; *) md=no ;; esac
	K="--ksk 8:file:$ksk --zsk 8:file:$zsk --inception $from --expiration $to --no-verify"
	# shellcheck disable=SC2086 # two files
	{ grep -h DNSKEY $published | awk -v t="${DNSKEY_TTL:-3600}" '{ print $1, t, "IN", substr($0, index($0, "DNSKEY")) }'; } >"$T/dnskeys"
	read-zone -o "$origin" --strip "$D/$input" "$T/dnskeys" 2>/dev/null | ${SORT:-sort-zone} 2>/dev/null |
		if [ $md = yes ]; then add-zonemd --placeholder; else cat; fi |
		$chain 2>/dev/null | sign-rrsets $K "$@" |
		if [ $md = yes ]; then add-zonemd | sign-rrsets --only ZONEMD $K "$@"; else cat; fi >"$T/ours"
	normal "$T/ours" >"$T/got"
	# NSEC3PARAM's TTL is 0 here, so that nobody caches it; RFC 5155 leaves it open.
	normal "$X/expected/$test.expected" >"$T/want"
	if grep -q nsec3param "$T/want"; then
		for f in got want; do grep -v 'nsec3param 1 \|rrsig nsec3param' "$T/$f" >"$T/$f.1" && mv "$T/$f.1" "$T/$f"; done
	fi
	same "$test" "$T/got" "$T/want"
}

exact rfc_4035_nsec_signed_zone_example example. example.rfc4035 Kexample.+008+31967 Kexample.+008+38353 \
	20040409183619 20040509183619 add-nsec --ksk "8:file:$T/keys/95d1.pem"
exact rfc_5155_nsec3_signed_zone_example example. example.rfc5155 Kexample.+008+31967 Kexample.+008+38353 \
	20051021000000 20150420235959 'add-nsec3 --iterations 12 --salt aabbccdd --opt-out'
# These zones have no NS at the apex, for which sort-zone refuses a zone (RFC 1034 §4.2.1): their five records are put
# in order here instead.
sort_five() {
	perl -e 'my @l = <>; my %rank = (SOA => 0, DNSKEY => 1, A => 2);
		print @l[0, 1], (sort { my @a = split /\t/, $a; my @b = split /\t/, $b;
			$rank{$a[3]} <=> $rank{$b[3]} || $a cmp $b } grep { !/^;/ } @l), @l[-2, -1]'
}
SORT=sort_five
for min in soa_ttl soa_minimum; do
	for chain in nsec nsec3; do
		DNSKEY_TTL=$(awk '/SOA/ { for (i = 1; i < NF; i++) if ($i == "SOA") print $2 }' "$D/example.org.rfc9077-min-is-$(echo $min | tr _ -)") \
		exact rfc_9077_${chain}_ttl_minimum_select_$min example.org. "example.org.rfc9077-min-is-$(echo $min | tr _ -)" \
			Kexample.org.+008+51331 Kexample.org.+008+28954 20240101010101 20240101010101 add-$chain
	done
done
SORT=sort-zone
EXTRA=Kuri.arpa.+008+22772
exact rfc_8976_zonemd_the_uri_dot_arpa_zone uri.arpa. uri.arpa.rfc8976 Kuri.arpa.+008+42686 Kuri.arpa.+008+36153 \
	20210120232440 20210217232440 add-nsec
EXTRA=''

# Not signed: the digest alone (-Z), the chain alone (-H).
unsigned() { # TEST ORIGIN INPUT FILTERS
	read-zone -o "$2" "$D/$3" 2>/dev/null | sort-zone 2>/dev/null | eval "$4" >"$T/ours" 2>/dev/null
	normal "$T/ours" | grep -v 'nsec3param 1 ' >"$T/got"
	# dnst writes out-of-zone data on; we drop it, and say so.
	normal "$X/expected/$1.expected" | grep -v 'nsec3param 1 \|^foo.test' >"$T/want"
	same "$1" "$T/got" "$T/want"
}
md='add-zonemd --placeholder | add-zonemd'
unsigned rfc_8976_zonemd_simple_example_zone example. example.rfc8976-simple "$md"
unsigned rfc_8976_zonemd_complex_example_zone example. example.rfc8976-complex "$md"
unsigned rfc_8976_zonemd_the_root_servers_dot_net_zone root-servers.net. root-servers.net.rfc8976 "$md"
unsigned nsec_hash_only example. example.rfc5155 add-nsec
unsigned nsec3_hash_only example. example.rfc5155 add-nsec3
# rfc_8976_zonemd_example_zone_with_multiple_digests is left out: two of its four digests are of private-use schemes and
# algorithms (RFC 8976 §5.2, §5.3), which dnst fills with a fixed pattern.

# --- RFC 8080 §6.1: Ed25519, from the private keys that the RFC prints ------------------------------
tab=$(printf '\t')
grep '^rfc8080-6.1-ed25519' "$ZONE_FIXTURES/rfc/vectors.tsv" >"$T/vectors"
while IFS=$tab read -r id _ _ dnskey rrset rrsig _ private _; do
	tag=$(echo "$rrsig" | awk '{ print $11 }')
	(
		umask 077
		printf 'Private-key-format: v1.2\nAlgorithm: 15 (ED25519)\nPrivateKey: %s\n' "$private" >"$T/Kexample.com.+015+$tag.private"
	)
	hsmutil --dir "$T/keys" --id "$(printf %04x "$tag")" import "$T/Kexample.com.+015+$tag.private" >/dev/null
	printf '%s\n%s\n%s\n%s\n' 'example.com. 3600 IN SOA ns. h. 1 2 3 4 5' 'example.com. 3600 IN NS ns.' "$rrset" "$dnskey" >"$T/zone"
	for run in 1 2; do
		read-zone -o example.com. "$T/zone" | sort-zone | add-nsec | sign-rrsets --no-verify \
			--ksk "file:$T/keys/$(printf %04x "$tag").pem" --zsk "file:$T/keys/$(printf %04x "$tag").pem" \
			--inception "$(echo "$rrsig" | awk '{ print $10 }')" --expiration "$(echo "$rrsig" | awk '{ print $9 }')" >"$T/run$run"
	done
	same "$id: two runs are equal" "$T/run1" "$T/run2"
	is "$id: the RFC's signature" "$(awk '/RRSIG.MX/ { print $NF }' "$T/run1")" "$(echo "$rrsig" | awk '{ for (i = 13; i <= NF; i++) printf "%s", $i }')"
done <"$T/vectors"
is 'both examples were tried' "$(grep -c . "$T/vectors")" 2
done_testing

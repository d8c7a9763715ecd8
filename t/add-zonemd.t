#!/bin/sh
# add-zonemd: digests of RFC 8976's examples and of the suite of its authors; the whole way to a signed zone.
. t/lib.sh

# --- the whole way, judged by kzonecheck and ldns-verify-zone ------------------------------------
mkdir -m 700 "$T/keys"
for k in 01 02; do hsmutil --dir "$T/keys" --id $k generate ecdsa 256 >/dev/null; done
K="--ksk file:$T/keys/01.pem --zsk file:$T/keys/02.pem"
hsmutil --ksk dnskey "file:$T/keys/01.pem" example. >"$T/dnskeys"
hsmutil dnskey "file:$T/keys/02.pem" example. >>"$T/dnskeys"
for chain in add-nsec add-nsec3 'add-nsec3 --opt-out'; do
	read-zone -o example. etc/demo/example.zone "$T/dnskeys" | sort-zone |
		add-zonemd --placeholder --hash sha384,sha512 | $chain | sign-rrsets $K |
		add-zonemd | sign-rrsets --only ZONEMD $K >"$T/signed"
	ok "$chain: dnssec-verify" dnssec-verify -q -o example. "$T/signed"
	ok "$chain: ldns-verify-zone checks both digests" ldns-verify-zone -ZZ "$T/signed"
	is "$chain: two digests, no zeros" "$(grep '	ZONEMD	' "$T/signed" | grep -vc '0000000000000000')" 2
	sed 's/192.0.2.3/192.0.2.4/' "$T/signed" >"$T/other"
	if add-zonemd <"$T/other" | cmp -s - "$T/other"; then r=same; else r=differs; fi
	is "$chain: another zone has another digest" "$r" differs
done
rejects 1 'add-zonemd --placeholder' add-zonemd <<-E
	;zonetext 1
	;zone a.
	a.	60	IN	SOA	b. c. 1 2 3 4 5
	;end a. records=1 max-ttl=60
	;done zones=1 failed=0
	E
rejects 1 'has a chain or signatures: --placeholder comes before' add-zonemd --placeholder <"$T/signed"
md() { # RECORDS of a zone a., as a stream
	printf ';zonetext 1\n;zone a.\na.\t60\tIN\tSOA\tb. c. 1 2 3 4 5\n'
	printf "$1"
	printf ';end a. records=%d max-ttl=60\n;done zones=1 failed=0\n' $(($(printf "$1" | wc -l) + 1))
}
md 'a.\t60\tIN\tZONEMD\t1 1 1 00\na.\t60\tIN\tZONEMD\t1 1 1 01\n' >"$T/bad"
rejects 1 'two ZONEMD of scheme 1 and hash 1: neither counts' add-zonemd <"$T/bad"
md 'a.\t60\tIN\tZONEMD\t1 1 1 00\nc.a.\t60\tIN\tA\t192.0.2.1\nb.a.\t60\tIN\tA\t192.0.2.1\n' >"$T/bad"
rejects 1 'b\.a\.: .*sort-zone' add-zonemd <"$T/bad"
rejects 1 'b\.a\.: .*sort-zone' add-zonemd --placeholder <"$T/bad"
is 'the placeholder stands by type number' "$(md 'a.\t60\tIN\tNS\tb.\na.\t60\tIN\tCAA\t0 issue "x"\n' |
	add-zonemd --placeholder | awk -F '\t' '!/^;/ { printf "%s ", $4 }')" 'SOA NS ZONEMD CAA '
is 'the serial is the SOA of now' "$(md 'a.\t60\tIN\tZONEMD\t7 1 1 00\n' | add-zonemd | awk '/ZONEMD/ { print $5, length($8) }')" '1 96'
is 'of a private scheme nothing is known: it stays' "$(md 'a.\t60\tIN\tZONEMD\t1 1 1 00\na.\t60\tIN\tZONEMD\t1 241 1 0011\n' |
	add-zonemd | awk '/ZONEMD/ && $6 == 241')" "$(printf 'a.\t60\tIN\tZONEMD\t1 241 1 0011')"
rejects 2 'sha384 and sha512' add-zonemd --placeholder --hash md5 <"$T/signed"

# --- the suite: computing the digest anew must give the one that stands there --------------------
if [ -d "$ZONE_FIXTURES/zonemd" ]; then
	for c in "$ZONE_FIXTURES"/zonemd/*/; do
		name=$(basename "$c")
		zonefile='' origin='' expected_result=''
		. "$c/config"
		# What the suite digests and we refuse: NULL, which no master file may hold (RFC 1035 §3.3.10), and
		# data below a DNAME (RFC 6672 §2.4).
		case $name in
		15-* | 17-*) expected_result=refused ;;
		esac
		read-zone -o "$origin" --keep-dnssec "$c/$zonefile" 2>/dev/null | sort-zone >"$T/zone" 2>/dev/null
		if ! grep -q '^;end' "$T/zone"; then
			got=refused
		elif add-zonemd <"$T/zone" 2>/dev/null | cmp -s - "$T/zone"; then
			got=success
		else
			got=failure
		fi
		is "$name" "$got" "$expected_result"
	done
else
	ok "the RFC 8976 suite # SKIP no fixtures (ZONE_FIXTURES)" true
fi
done_testing

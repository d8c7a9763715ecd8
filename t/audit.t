#!/bin/sh
# audit-zone on real zones, and on a zone made here by tools that are not ours.
. t/lib.sh

a() { audit-zone "$@" 2>/dev/null; }

if [ -d "$ZONE_FIXTURES" ]; then
	ok 'the root zone of 2020 is valid at its time' \
		a --now 1603130400 "$ZONE_FIXTURES/../zones/root-2020-10-19.signed.zone"
	rejects 1 'signature expired .*RFC 4035 §5.3.1. .rrsig-expired' \
		audit-zone --now 1605808800 \
		"$ZONE_FIXTURES/../zones/root-2020-10-19.signed.zone"
	ok 'the root zone of 2014 is valid at its time' \
		a --now 1403955000 --horizon P1D \
		"$ZONE_FIXTURES/zones-signed/root.zone.2014062501.signed"
	rejects 1 'rrsig-expired' audit-zone --now 1406633400 \
		"$ZONE_FIXTURES/zones-signed/root.zone.2014062501.signed"
else
	ok "the root zones of 2020 and 2014 # SKIP no fixtures at $ZONE_FIXTURES" true
fi

cat >"$T/z" <<'EOF'
$TTL 3600
@ SOA ns hostmaster 1 7200 3600 86400 300
@ NS ns
@ NS ns2
ns A 192.0.2.1
ns2 A 192.0.2.2
*.w TXT "wild"
a.b.c MX 10 ns
sub NS ns.sub
ns.sub A 192.0.2.3
EOF
cd "$T" && for f in '' '-f KSK'; do
	dnssec-keygen -q -a 13 $f example >/dev/null || exit 1
done
for n in '' '-3 -' '-3 aabb -A'; do
	dnssec-signzone -S -q -O full -o example $n -f signed z >/dev/null 2>&1 || exit 1
	ok "dnssec-signzone $n: valid" audit-zone signed
	is 'in any order' "$(sort -r signed | audit-zone -o example - 2>&1 |
		sed -n 's/.* valid .*/valid/p')" valid
done
sed 's/192\.0\.2\.1$/192.0.2.9/' signed >bad
rejects 1 'bad:[0-9]*: ns.example. A: .*rrsig-bogus' audit-zone bad

# A partial audit leaves signatures out, says how many, and still compares chain and names.
i=0
while [ $i -lt 1100 ]; do
	echo "h$i A 192.0.2.1"
	i=$((i + 1))
done >>z
dnssec-signzone -S -q -O full -o example -f many z >/dev/null 2>&1 || exit 1
ok 'all of 1,100 names' sh -c "audit-zone many | grep -q ' valid .*verified=2[0-9][0-9][0-9] kept=0\$'"
ok 'the first 1,000 of them' sh -c "audit-zone --partial many | grep -q ' valid .*verified=[1-9][0-9]* kept=0 skipped=[1-9]'"
grep -v 'h77.example.*NSEC' many >bad
rejects 1 'nsec-missing' audit-zone --partial bad
done_testing

#!/bin/sh
# A zone goes insecure with the whole system, audit included: its DS gone from
# the parent, zone unsign, the wait, and an unsigned zone is published.
. t/lib.sh
. t/keystate.sh
TZ=UTC
export TZ
ks_installation
# keys in files, an audit in full, waits of a minute
ks_key_files -e "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|"
sed -i '/<Policy name="default">/,/<\/Policy>/ {
	s|<Audit */>||
	s|</Policy>|<Audit/></Policy>|
}' "$T/etc/kasp.xml"
rs() { resign -c "$T/etc/conf.xml" --now "$1"; }
id() { awk -v t="$1" '$2 == t { print $3; exit }' "$T/state/keys.db"; }
records() { grep -cE '	(RRSIG|NSEC|NSEC3|NSEC3PARAM|DNSKEY)	' "$T/state/signed/a.example"; }
NOW=$(date +%s)
DAY=86400

ok 'setup' ks setup
ks zone add -z a.example >/dev/null 2>&1
ks_zone a.example
ok 'the zone is signed' rs "$NOW"
ok 'and shows it' test "$(records)" -gt 5
ok 'a day later' rs $((NOW + DAY))
ok 'ds-seen' ks key ds-seen -z a.example -k "$(id KSK)" --now $((NOW + DAY + 60))
rejects 1 'have it removed, then key ds-gone' ks zone unsign -z a.example --now $((NOW + 2 * DAY))
ok 'ds-gone' ks key ds-gone -z a.example -k "$(id KSK)" --yes --now $((NOW + 2 * DAY))
ok 'zone unsign' ks zone unsign -z a.example --now $((NOW + 2 * DAY + 60))
ok 'the next run leaves it signed' rs $((NOW + 2 * DAY + 120))
ok 'as the DS may be in caches' test "$(records)" -gt 5
before=$(awk -F'\t' '$4 == "SOA" { split($5, f, " "); print f[3] }' "$T/state/signed/a.example")
ok 'a run when they are empty' rs $((NOW + 4 * DAY))
is 'publishes a zone without a record of DNSSEC' "$(records)" 0
ok 'with a serial that rose' test "$(awk -F'\t' '$4 == "SOA" { split($5, f, " "); print f[3] }' \
	"$T/state/signed/a.example")" -gt "$before"
ok 'which name servers load' named-checkzone -q a.example "$T/state/signed/a.example"
is 'it is not due again' "$(ks due --now $((NOW + 4 * DAY + 60)))" ''
echo 'new A 192.0.2.9' >>"$T/state/unsigned/a.example"
touch -d '30 minutes ago' "$T/state/unsigned/a.example"
ok 'a change is published' rs $((NOW + 4 * DAY + 120))
is 'unsigned too' "$(records) $(grep -c '^new.a.example' "$T/state/signed/a.example")" '0 1'

# A DS that is said to be gone by mistake: its key serves caches until they have that of its successor.
state() { awk -v z=b.example -v id="$1" '$1 == z && $3 == id { print $13 }' "$T/state/keys.db"; }
ks_of_b() { awk -F'\t' -v s="$1" '$1 == "b.example" && $2 == "KSK" && $13 == s { print $3 }' "$T/state/keys.db"; }
NOW=$((NOW + 4 * DAY + 180))
ks zone add -z b.example --now $NOW >/dev/null 2>&1
ks_zone b.example
ok 'another zone is signed' rs $NOW
ok 'a day later' rs $((NOW + DAY))
old=$(ks_of_b ready)
ok 'ds-seen' ks key ds-seen -z b.example -k "$old" --now $((NOW + DAY + 60))
ok 'ds-gone, though nobody asked' ks key ds-gone -z b.example -k "$old" --yes --now $((NOW + DAY + 120))
ok 'a rollover' ks key rollover -z b.example -t KSK --now $((NOW + DAY + 180))
ok 'publishes the next key' rs $((NOW + DAY + 240))
ok 'which every cache has' rs $((NOW + 2 * DAY + 240))
ok 'its ds-seen' ks key ds-seen -z b.example -k "$(ks_of_b ready)" --now $((NOW + 2 * DAY + 300))
ok 'the next run' rs $((NOW + 2 * DAY + 360))
is 'keeps the old key' "$(state "$old")" retire
ok 'until caches have no DS of it alone' rs $((NOW + 4 * DAY))
is 'then it goes' "$(state "$old")" dead

# A DS that nobody said to be gone may stand in the parent alone.
second=$(ks_of_b active)
NOW=$((NOW + 4 * DAY))
ok 'one more rollover' ks key rollover -z b.example -t KSK --now $((NOW + 180))
for at in 240 $((DAY + 240)); do ok 'a run' rs $((NOW + at)); done
third=$(ks_of_b ready)
ok 'ds-seen' ks key ds-seen -z b.example -k "$third" --now $((NOW + DAY + 300))
ok 'a run when the second is dead' rs $((NOW + 3 * DAY))
is 'it is' "$(state "$second")" dead
tag=$(awk -v id="$second" '$3 == id { print $6 }' "$T/state/keys.db")
rejects 1 "have these removed first, and say key ds-gone of each: $tag\$" ks key ds-gone -z b.example -k "$third" --yes --now $((NOW + 3 * DAY + 60))
ok 'the second is gone' ks key ds-gone -z b.example -k "$second" --now $((NOW + 3 * DAY + 120))
ok 'then the last may go' ks key ds-gone -z b.example -k "$third" --yes --now $((NOW + 3 * DAY + 180))
done_testing

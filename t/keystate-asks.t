#!/bin/sh
# What keystate asks of a person once and not again, what it asks back, and when the next thing is due.
. t/lib.sh
. t/keystate.sh
TZ=UTC
export TZ
ks_installation
ks_key_files -e "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|"
# Shared keys that are rolled by hand; a salt for five days.
sed -i -e '/<Policy name="default">/,/<\/Policy>/ {
	s|<Audit */>||
	s|<Standby>0</Standby>|&<ManualRollover/>|
	s|<Purge>|<ShareKeys/>&|
}' -e '/<Policy name="nsec3">/,/<\/Policy>/ {
	s|P100D|P5D|
	s|Salt length="0"|Salt length="8"|
}' "$T/etc/kasp.xml"
column() { awk -F'\t' -v z="$1" -v t="$2" -v s="$3" '$1 == z && $2 == t && $13 == s { print $3 }' "$T/state/keys.db"; }
json() { perl -MJSON::PP -e 'local $/; my $j = decode_json(<STDIN>); print eval $ARGV[0], "\n"' "$@"; }
ok 'setup' ks setup
for z in c1.example c2.example c3.example; do
	ks zone add -z $z >/dev/null 2>&1
	ks_zone $z
done
ks zone add -z b.example -p nsec3 >/dev/null 2>&1
ks_zone b.example
ok 'zones are published' ks_publish 20260101000000

# --- the next salt
ks status --json --now 20260101000100 >"$T/status"
is 'status: b.example is due with a new salt' "$(json '(map { $_->{due} } grep { $_->{zone} eq "b.example" } @{$j->{zones}})[0]' <"$T/status")" 2026-01-06T00:00:00Z
is 'due says so too' "$(ks due --json --now 20260101000100 | json '$j->{next}')" 2026-01-06T00:00:00Z
for now in 20260101180000 20260103000000 20260104000000; do ok "a pass on $now" ks_publish $now; done
is 'enforce wakes for it' "$(ks enforce --json --now 20260104000100 | json '$j->{wake}')" 2026-01-06T00:00:00Z
salt() { awk -F'\t' '$1 == "policy" && $2 == "nsec3" { print $3 }' "$T/state/policy.db"; }
before=$(salt)
ok 'a second before' ks_publish 20260105235959
is 'it is the old one' "$(salt)" "$before"
ok 'then' ks_publish 20260106000000
ok 'it is another' test "$(salt)" != "$before"
before=$(salt)
ok 'by a clock that jumped' ks enforce --now 20260306000000
is 'none is made' "$(salt)" "$before"

# --- a DS that was the last
ks_publish 20260107000000
for z in c1.example c2.example; do
	ok "$z: ds-seen" ks key ds-seen -z $z -k "$(column $z KSK ready)" --now 20260107000100
done
k=$(column c1.example KSK active)
cp "$T/state/keys.db" "$T/before"
rejects 2 'resolvers take the zone as insecure.*Not without --yes' ks key ds-gone -z c1.example -k "$k" --now 20260107000200
rejects 2 'resolvers take the zone as insecure.*Not without --yes' ks key ds-gone -z c1.example -a --now 20260107000200
same 'and nothing changed' "$T/state/keys.db" "$T/before"
ok 'with --yes' ks key ds-gone -z c1.example -k "$k" --yes --now 20260107000300
rejects 1 'is known to be gone' ks key ds-gone -z c1.example -k "$k" --now 20260107000400
ok 'ds-seen of it again' ks key ds-seen -z c1.example -k "$k" --now 20260107000500

# --- a shared key's rollover
for now in 20260109000000 20260111000000; do ks_publish $now; done
asked() { # TYPE: zones it is asked of, and those named with it
	json "join ' ', map { \"\$_->{zone}: @{\$_->{zones}}\" } grep { \$_->{action} eq 'rollover' && \$_->{keytype} eq '$1' } @{\$j->{actions}}"
}
NOW=20260601000000
is 'asked once, for all that share it' "$(ks enforce --json --accept-clock --now $NOW 2>"$T/told" | asked ZSK)" 'c1.example: c1.example c2.example c3.example'
is 'told once' "$(grep -c 'manual rollover due for ZSK' "$T/told")" 1
ok 'with names and command' grep -q 'which 3 zones share (c1.example c2.example c3.example).*key rollover --zone c1.example --keytype ZSK' "$T/told"
is 'of the zone that enforce is asked for' "$(ks enforce --json -z c2.example --dry-run --now $NOW 2>/dev/null | asked ZSK)" 'c2.example: c1.example c2.example c3.example'
is 'plan: of one zone too' "$(ks plan -z c2.example --until P1D --now $NOW | grep -c 'key rollover --zone c2.example --keytype ZSK')" 1
ks status --json --now $NOW >"$T/status"
is 'status: it is owed' "$(json 'join " ", map { $_->{owed} // "-" } grep { $_->{zone} =~ /^c/ } @{$j->{zones}}' <"$T/status")" 'key rollover key rollover key ds-seen'
ok 'passes' ks_publish $NOW
ok 'until the successor is known' ks_publish 20260603000000
old=$(column c1.example ZSK active)
rejects 2 'Not without --yes' ks key rollover -z c2.example -t ZSK --now 20260603000100
ok 'rollover' ks key rollover -z c2.example -t ZSK --yes --now 20260603000100
rejects 1 'is being rolled already' ks key rollover -z c1.example -t ZSK --yes --now 20260603000200
ok 'the next pass' ks_publish 20260603000300
new=$(column c1.example ZSK active)
ok 'uses the successor' test "$new" != "$old"
is 'in all of them' "$(column c3.example ZSK active)" "$new"
# The plan knows from the published file when the old one's last signature goes.
tag=$(awk -F'\t' -v id="$old" '$3 == id { print $6; exit }' "$T/state/keys.db")
last=$(awk -F'\t' -v tag="$tag" '$4 == "RRSIG" { split($5, f, " "); if (f[7] == tag && f[1] != "SOA") print f[5] }' \
	"$T/state/signed/c2.example" | sort | tail -n 1)
ks plan --json --until P30D --now 20260603000300 >"$T/plan"
of_old() { # EVENT FIELD
	json "join ' ', map { \$_->{$2} // '-' } grep { \$_->{event} eq '$1' && \$_->{zone} eq 'c2.example' && \$_->{id} eq '$old' } @{\$j->{events}}" <"$T/plan"
}
is 'plan: its last signature' "$(of_old renewed at)" "$(date -u -d "$(echo "$last" | sed 's/\(.\{8\}\)\(..\)\(..\)\(..\)/\1 \2:\3:\4 UTC/') - 4 days" +%Y-%m-%dT%H:%M:%SZ)"
is 'plan: as it is, not at the latest' "$(of_old renewed latest) $(of_old transition latest)" '- -'
is 'plan: what is not signed yet, at the latest' "$(ks plan --until P1Y --now 20260603000300 | grep -c 'retire -> dead at the latest (Iret, ')" \
	"$(ks plan --json --until P1Y --now 20260603000300 | json 'scalar grep { $_->{latest} && $_->{event} eq "transition" } @{$j->{events}}')"
cp "$T/state/keys.db" "$T/before"
rejects 1 'that was for all zones that share it; --force' ks key rollover -z c1.example -t ZSK --yes --now 20260603000400
rejects 1 'that was for all zones that share it; --force' ks key rollover -p default -t ZSK --yes --now 20260603000400
same 'and nothing changed' "$T/state/keys.db" "$T/before"
ok 'with --force' ks key rollover -z c1.example -t ZSK --yes --force --now 20260603000500
ok 'or when it is compromised' ks key rollover -z c1.example -t ZSK --yes --emergency --now 20260603000600
# --- a DS beside others
# A standby key's DS stands in the parent, the old key's still too: with the new one's gone the zone would stay
# secure, but who was asked for the old one's removal and names the new one is told.
sed -i '/<Policy name="nsec3">/,/<\/Policy>/ { /<KSK>/,/<\/KSK>/ s|<Standby>0</Standby>|<Standby>1</Standby>| }' "$T/etc/kasp.xml"
ok 'b.example has a standby KSK from now on' ks_publish 20260603000000
for now in 20260605000000 20260607000000; do
	for state in ready dssub; do
		id=$(column b.example KSK $state)
		[ -z "$id" ] || ks key ds-seen -z b.example -k "$id" --now $now >/dev/null
	done
	ks_publish $now
done
ok 'a rollover' ks key rollover -z b.example -t KSK --now 20260607000100
for now in 20260607000200 20260609000000 20260611000000; do ks_publish $now; done
ok 'ds-seen' ks key ds-seen -z b.example -k "$(column b.example KSK ready)" --now 20260611000100
cp "$T/state/keys.db" "$T/before"
rejects 2 'is active and its DS belongs into the parent; nothing asked for its removal.*Not without --yes' \
	ks key ds-gone -z b.example -k "$(column b.example KSK active)" --now 20260611000200
same 'and nothing changed' "$T/state/keys.db" "$T/before"
ok 'the old one goes as asked' ks key ds-gone -z b.example -k "$(column b.example KSK retire)" --now 20260611000300
done_testing

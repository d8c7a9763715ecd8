#!/bin/sh
# keystate: from nothing to a zone whose keys are known, and what is refused.
. t/lib.sh
. t/keystate.sh
ks_installation

ok 'setup: token, state directory, database' ks setup
ok 'the token is there' sh -c "softhsm2-util --show-slots | grep -q OpenDNSSEC"
is 'the database is private' "$(stat -c %a $T/state/keys.db $T/state/zone.db $T/state/policy.db | tr '\n' ' ')" '600 600 600 '
rejects 2 'there is a database already' ks setup
is 'zone add' "$(ks zone add --zone Example.COM 2>/dev/null | tail -n1)" 'Imported zone: example.com'
rejects 1 'zone example.com is there already' ks zone add -z example.com
rejects 1 'there is no policy none' ks zone add -z b.example -p none
rejects 1 'is not a domain name' ks zone add -z b..example
rejects 2 '--zone is needed' ks zone add
is 'zone list' "$(ks zone list)" 'Found Zone: example.com; on policy default'
ok 'enforce' ks enforce --now 20260101000000
is 'key list' "$(TZ=UTC ks key list --now 20260101000000)" "Keys:
Zone:                           Keytype:      State:    Date of next transition:  
example.com                     KSK           publish   waiting for publication   
example.com                     ZSK           active    2026-04-01 00:00:00       "
is 'rollover list' "$(TZ=UTC ks rollover list --now 20260101000000)" "Rollovers:
Zone:                           Keytype:      Rollover expected:
example.com                     ZSK           2026-04-01 00:00:00"
is 'prefixes of commands, any case' "$(ks ROLL l | head -n1)" 'Rollovers:'
rejects 2 'may be' ks key d
rejects 2 'no such command' ks frobnicate
rejects 2 'does not take --published' ks zone add --published
cp "$T/state/signconf/example.com.xml" "$T/before.xml"
cp "$T/state/keys.db" "$T/keys.before"
ok 'a pass that changes nothing' ks enforce --now 20260101000100
same 'leaves keys.db as it was' "$T/state/keys.db" "$T/keys.before"
same 'and the signconf' "$T/state/signconf/example.com.xml" "$T/before.xml"
ok 'xmllint finds the signconf well' xmllint --noout --relaxng etc/schema/signconf.rng "$T/state/signconf/example.com.xml"
rm "$T/state/signconf/example.com.xml"
ok 'a signconf that was lost is written again' ks enforce --now 20260101000200
same 'with the same bytes' "$T/state/signconf/example.com.xml" "$T/before.xml"
is 'key export --published: what read-zone merges' "$(ks key export --published example.com)" "$(cat "$T/state/signconf/example.com.dnskeys")"
rejects 1 'no KSK in state active' ks key export -z example.com
is 'key export -e publish' "$(ks key export -z example.com -e publish | grep -c '	DNSKEY	257 3 13 ')" 1
is 'key export --ds: digest 2' "$(ks key export -z example.com -e publish --ds | grep -c '	DS	[0-9]* 13 2 ')" 1
is 'key export --ds --digest 1,4' "$(ks key export -z example.com -e publish --ds --digest 1,4 | grep -c '	DS	[0-9]* 13 [14] ')" 2
is 'key export --cds' "$(ks key export -z example.com -e publish --cds | grep -cE '	C(DS|DNSKEY)	')" 2
if command -v ldns-key2ds >/dev/null; then
	ks key export -z example.com -e publish | grep -v '^;' >"$T/k.key"
	is 'ldns computes the same DS' "$(ks key export -z example.com -e publish --ds | awk '/DS\t/ { print $5, $6, $7, $8 }' | tr A-F a-f)" \
		"$(ldns-key2ds -n -2 "$T/k.key" | awk '{ print $5, $6, $7, $8 }')"
fi
rejects 1 'ready|publish' ks key ds-seen -z example.com -x "$(awk '$2 == "KSK" { print $6 }' "$T/state/keys.db")"
rejects 2 'one of --keytag and --cka_id' ks key ds-seen -z example.com
rejects 1 'no KSK in that state' ks key ds-seen -z example.com -k 00

# comments and layout of zonelist.xml
sed -i 's|<ZoneList>|<ZoneList>\n  <!-- ours -->|' "$T/etc/zonelist.xml"
cp "$T/etc/zonelist.xml" "$T/zonelist.before"
ok 'another zone' ks zone add -z b.example -p nsec3
ok 'and away again' ks zone delete -z b.example
ok 'several at once' ks zone add -p nsec3 -- m1.example m2.example -m3.example
rejects 1 'zone m1.example is there already' ks zone add m4.example m1.example
is 'all of them or none' "$(ks zone list 2>&1 | grep -c '[mM][0-9].example; on policy nsec3')" 3
rejects 2 "are one zone's" ks zone add -i x m5.example m6.example
rejects 2 'named twice' ks zone delete m1.example M1.example.
ok 'several away at once' ks zone delete -- m1.example m2.example -m3.example
is 'they are gone' "$(ks zone list 2>&1 | grep -c 'm[0-9].example')" 0
same 'leaves zonelist.xml as it was' "$T/etc/zonelist.xml" "$T/zonelist.before"
is 'zone delete -z of an unknown one' "$(ks zone delete -z c.example 2>&1)" 'keystate: zone c.example: not known; zone list tells which are'
is 'repository list' "$(ks repository list | sed -n 3p)" 'SoftHSM                          unset        No'
is 'policy list' "$(ks policy list | sed -n 3p)" 'default                          ECDSA P-256, NSEC, for most zones'
ks policy export -a >"$T/exported.xml"
ok 'policy export follows the schema' xmllint --noout --relaxng etc/schema/kasp.rng "$T/exported.xml"
cp "$T/exported.xml" "$T/etc/kasp.xml"
cp "$T/state/signconf/example.com.xml" "$T/before.xml"
ok 'and means the same' ks enforce --now 20260101000300
same 'to the byte of a signconf' "$T/state/signconf/example.com.xml" "$T/before.xml"
is 'update kasp' "$(ks update kasp | head -n1)" 'Policy default found'
rejects 2 'one of kasp' ks update nonsense
is 'backup list before' "$(ks backup list | tail -n1)" 'Repository SoftHSM has 2 unbacked up keys, which can be used.'
ok 'backup prepare' ks backup prepare
ok 'backup commit' ks backup commit
is 'backup list after' "$(ks backup list | grep -c unbacked)" 0
is 'database check' "$(ks database check | sed 's/.*zone/zone/')" 'zone, 2 keys, 0 problems'

# backup and restore
ok 'database backup' ks database backup -o "$T/db.backup"
cp "$T/state/keys.db" "$T/keys.before"
ok 'more zones' ks zone add -z d.example
ok 'database restore' ks database restore "$T/db.backup"
is 'its keys are those of the backup' "$(grep -v '^;' "$T/state/keys.db")" "$(grep -v '^;' "$T/keys.before")"
head -c -20 "$T/db.backup" >"$T/cut.backup"
rejects 1 'no whole backup' ks database restore "$T/cut.backup"
is 'and nothing was touched' "$(grep -v '^;' "$T/state/keys.db")" "$(grep -v '^;' "$T/keys.before")"

# damage: FILE 'sed script' STATUS 'regex'
damaged() {
	cp -a "$T/state" "$T/saved"
	sed -i -e "$2" "$T/state/$1"
	rejects "$3" "$4" ks key list
	rm -rf "$T/state"
	mv "$T/saved" "$T/state"
}
damaged keys.db '$d' 1 'keys.db:[0-9]+: the end line'
damaged keys.db '/^[^;]/d; /^;end/d' 1 'keys.db:3: the end line is missing'
damaged keys.db '4d' 1 'keys.db:[0-9]+: records are missing'
damaged keys.db '1s/1$/2/' 2 'keys.db:1: version 2 was written by a later'
damaged keys.db '4s/KSK/SKS/' 1 "keys.db:4: column type: 'SKS' is malformed"
damaged keys.db '5s/	active	/	acting	/' 1 "keys.db:5: column state: 'acting'"
damaged keys.db '5s/	13	/	256	/' 1 "keys.db:5: column algorithm"
damaged keys.db '5s/$/	x/' 1 'keys.db:5: more than [0-9]+ fields'
damaged keys.db '5s/	[^	]*$//' 1 'keys.db:5: fewer than'
damaged keys.db '4s/example.com/other.example/' 1 'keys.db:4: zone other.example is not in zone.db'
damaged zone.db '4s/	86400:-/	86400/' 1 "zone.db:4: column ds-ttl"
damaged zone.db '4s/2026/2O26/' 1 "zone.db:4: column"
damaged policy.db '/^;file keys.db/d' 1 "policy.db: the line ';file keys.db"
damaged policy.db '2s/;commit/;comit/' 1 'policy.db:2: the commit line'
damaged policy.db '/^clock/s/last/lost/' 1 'policy.db:[0-9]+: the record is malformed'

# the lock: a second pass waits, or leaves with 3
(
	exec 9<>"$T/state/lock"
	perl -e 'use Fcntl; open(F,"+<",$ARGV[0]); my $l=pack("ssqqi",F_WRLCK,0,0,0,0); fcntl(F,F_SETLK,$l) or die; print "x\n"; close STDOUT; sleep 5' "$T/state/lock" &
	echo $! >"$T/locker"
) >"$T/locked"
while [ ! -s "$T/locked" ]; do sleep 0.1; done
rejects 3 'another keystate works on it' ks enforce --wait PT0S
kill "$(cat "$T/locker")"
ok 'and when it is free it goes on' ks enforce --now 20260101000400

# passes at once: each does its work after the other
for z in p q r; do ks zone add -z $z.example >/dev/null; done
for i in 1 2 3; do
	(ks enforce -q --now 20260101000400; echo $? >"$T/status.$i") 2>/dev/null &
done
wait
is 'three passes at once: all succeed' "$(cat "$T"/status.? | tr '\n' ' ')" '0 0 0 '
is 'and make each key once' "$(grep -c '^[pqr].example' "$T/state/keys.db")" 6
is 'the database is sound' "$(ks database check | sed 's/.*keys, //')" '0 problems'
for z in p q r; do ks zone delete -z $z.example >/dev/null; done

# zonelist.xml: a zone that is gone is left alone until update says so
sed -i '/<Zone /,/<\/Zone>/d' "$T/etc/zonelist.xml"
ok 'a list without the zone: enforce goes on' ks enforce --now 20260101000500
is 'and keeps its keys' "$(grep -c '^example.com' "$T/state/keys.db")" 2
rejects 1 'lacks 2 of 2 zones' ks update zonelist
is 'update zonelist --force deletes it' "$(ks update zonelist --force | head -n1)" 'Removed zone: d.example'
ok 'setup --force sets the database aside' ks setup --force
ok 'and does not destroy it' test -s "$T/state/old.1/keys.db"
done_testing

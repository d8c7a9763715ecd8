#!/bin/sh
# Every message of the manual's list that still makes sense: at its level, and
# what it asks for helps.  RequireBackup, Capacity, ManualKeyGeneration,
# RolloverNotification, ManualRollover, DelegationSignerSubmitCommand.
. t/lib.sh
. t/keystate.sh
TZ=UTC
export TZ

# begin 'sed script for conf.xml' 'sed script for kasp.xml': keys in files
begin() {
	rm -rf "$T/state" "$T/etc" "$T/keys"
	ks_installation
	ks_key_files -e "$1"
	sed -i -e "$2" "$T/etc/kasp.xml"
	ks -q setup && ks zone add -z a.example >/dev/null
	[ -d "$T/state/unsigned" ] && ks_zone a.example
}
# says STATUS 'regex' ks-arguments...
says() {
	want=$1
	re=$2
	shift 2
	ks "$@" >"$T/out" 2>&1
	got=$?
	[ $got = "$want" ] && grep -Eq "$re" "$T/out"
	tap_result $? "says: $re" || { echo "# exit $got"; sed 's/^/# /' "$T/out" | head -n 20; }
}
quiet() { # 'regex' ks-arguments...: exit 0 without that message
	re=$1
	shift
	ks "$@" >"$T/out" 2>&1 && ! grep -Eq "$re" "$T/out"
	tap_result $? "no longer says: $re" || sed 's/^/# /' "$T/out" | head -n 20
}
id() { awk -v z="$1" -v t="$2" '$1 == z && $2 == t { print $3; exit }' "$T/state/keys.db"; }

# RequireBackup
begin 's|</Directory>|&<RequireBackup/>|' ''
says 0 'NOTE: keys generated in repository SoftHSM will not become active until they have been backed up' \
	enforce --now 20260101000000
says 0 'Trying to make non-backed up ZSK active when RequireBackup flag is set: zone a.example' enforce --now 20260101000100
is 'backup list says so' "$(ks backup list | tail -n1)" 'Repository SoftHSM has 2 unbacked up keys, which will not be used.'
ok 'backup done' ks backup done
quiet 'non-backed up' enforce --now 20260101000200
is 'and the ZSK is active' "$(ks key list | awk '/ZSK/ { print $3 }')" active
is 'backup list --json' "$(ks backup list --json | grep -c '"keys": 0')" 1
rejects 1 'no repository none' ks backup done -r none

# without it
begin '' ''
says 0 'warning: Making non-backed up ZSK active, PLEASE make sure' enforce --now 20260101000000
says 0 'Zone a.example found|key' enforce -v --now 20260101000100

# Capacity
begin 's|</Directory>|&<Capacity>1</Capacity>|' ''
says 0 'Repository SoftHSM is nearly full, will create|Repository SoftHSM is full' enforce --now 20260101000000
says 0 'Repository SoftHSM is full, cannot create more [KZ]SKs for policy default' enforce --now 20260101000100
says 0 'Not enough keys to satisfy [kz]sk policy for zone a.example' enforce --now 20260101000200
sed -i 's|<Capacity>1<|<Capacity>10<|' "$T/etc/conf.xml"
quiet 'full' enforce --now 20260101000300

# ManualKeyGeneration
begin 's|</Enforcer>|<ManualKeyGeneration/>&|' ''
says 0 'There are no KSKs in the generate state; please use "keystate key generate' enforce --now 20260101000000
is 'no key was made' "$(grep -vc '^;' "$T/state/keys.db")" 0
# a KSK and its successor, five ZSKs of 90 days: 7, and what the lead time adds
ks key generate -p default -n P1Y --now 20260101000000 >"$T/made"
ok 'key generate: enough for a year' test "$(grep -c ' in SoftHSM$' "$T/made")" -ge 7
is 'and says how many' "$(tail -n1 "$T/made")" "$(grep -c ' in SoftHSM$' "$T/made") keys made for policy default"
quiet 'no [KZ]SKs in the generate state' enforce --now 20260101000000
is 'and the keys are used' "$(ks key list | grep -c a.example)" 2
rejects 1 'no policy none' ks key generate -p none -n P1Y

# RolloverNotification, ds-seen, the submit command
begin "s|</Enforcer>|<RolloverNotification>P30D</RolloverNotification><DelegationSignerSubmitCommand>$T/submit</DelegationSignerSubmitCommand>&|" ''
printf '#!/bin/sh\necho "$ZONE" >>%s/submitted\ncat >>%s/submitted\n[ ! -e %s/fail ]\n' "$T" "$T" "$T" >"$T/submit"
chmod 755 "$T/submit"
ks_publish 20260101000000 2>/dev/null
: >"$T/fail"
says 3 'DelegationSignerSubmitCommand for a.example failed \(exit status 1\)' enforce --now 20260101140000
rm "$T/fail"
ok 'it is run again in the next pass' ks enforce -q --now 20260101140100
is 'twice in all' "$(grep -c '^a.example$' "$T/submitted")" 2
ok 'and then no more' ks enforce -q --now 20260101140200
is 'still twice' "$(grep -c '^a.example$' "$T/submitted")" 2
is 'it gets the DNSKEY of the KSK, no comment' "$(sort -u "$T/submitted" | grep -c '	IN	DNSKEY	257 3 13 [^;]*$')" 1
rejects 1 'no KSK|tag' ks key ds-seen -z a.example -x 0
ok 'ds-seen' ks key ds-seen -z a.example -k "$(id a.example KSK)" --now 20260101150000
rejects 1 'active' ks key ds-seen -z a.example -k "$(id a.example KSK)"
quiet 'Rollover of KSK expected' enforce --now 20261201000000 --accept-clock
says 0 'Rollover of KSK expected at 2027-01-01 15:00:00 for a.example' enforce --now 20261203000000
ok 'a pass' ks enforce -q --now 20270101000000 --accept-clock
is 'the next KSK is published' "$(ks key list | grep -c 'KSK  *publish')" 1
rejects 2 'Not without --yes' ks key ksk-retire -z a.example --now 20270101000100 </dev/null
rejects 1 'last|only|leave' ks key ksk-retire -z a.example --yes --now 20270101000100

# the DS is told once, with the command to type
begin '' ''
ks_publish 20260101000000 2>/dev/null
says 0 'KSK Retirement reached; please submit the new DS for a.example and use keystate key ds-seen' enforce --now 20260101140000
ks_told=$(cat "$T/out")
case $ks_told in *"DS Record set has changed, the current set looks like:"*) r=0 ;; *) r=1 ;; esac
tap_result $r 'says: DS Record set has changed'
case $ks_told in *"keystate key ds-seen --zone a.example --cka_id $(id a.example KSK)"*) r=0 ;; *) r=1 ;; esac
tap_result $r 'says: the command to type'
quiet 'please submit' enforce --now 20260101140100

# ManualRollover
begin '' 's|<Standby>0</Standby>|&<ManualRollover/>|'
ks_publish 20260101000000 2>/dev/null
says 0 'manual rollover due for ZSK .*keystate key rollover --zone a.example --keytype ZSK' enforce --now 20260601000000 --accept-clock
ok 'key rollover' ks key rollover -z a.example -t ZSK --now 20260601000100
says 0 'key rollover not completed as there are no keys in the ready state' enforce --now 20260601000200

# a zone goes insecure: only after its DS is gone, and then without a signature
begin '' ''
ks_publish 20260101000000 2>/dev/null
ks enforce -q --now 20260101140000 2>/dev/null
ks key ds-seen -z a.example -k "$(id a.example KSK)" --now 20260102000000 >/dev/null
rejects 1 'have it removed, then key ds-gone' ks zone unsign -z a.example --now 20260103000000
ok 'key ds-gone' ks key ds-gone -z a.example -k "$(id a.example KSK)" --yes --now 20260103000000
ok 'zone unsign' ks zone unsign -z a.example --now 20260103000100
ok 'a pass too early' ks enforce -q --now 20260104120000
is 'it is still signed' "$(grep -c '<Key>' "$T/state/signconf/a.example.xml")" 2
ok 'a pass in time' ks enforce -q --now 20260104130100
is 'and now no more' "$(grep -c '<Key>' "$T/state/signconf/a.example.xml")" 0
ok 'it is published' ks_publish 20260104130200
is 'without a signature or a key' "$(grep -cE '	(RRSIG|NSEC|DNSKEY)	' "$T/state/signed/a.example")" 0
is 'and not due again' "$(ks due --now 20260104130300)" ''

# the clock
begin '' ''
ok 'a pass' ks enforce -q --now 20260101000000
says 0 'the clock jumped: no key changes its state' enforce --now 20251231000000
says 0 'the clock jumped' enforce --now 20260201000000
quiet 'the clock jumped' enforce --accept-clock --now 20260201000100

# files
sed -i 's|<Interval>.*|<Interval>often</Interval>|' "$T/etc/conf.xml"
says 2 'conf.xml:[0-9]+: Interval: .often. is not a duration' enforce
says 2 'Error reading config' enforce
begin '' ''
rm -rf "$T/state/signconf"
says 3 'Signconf not written for a.example' enforce --now 20260101000000
mkdir "$T/state/signconf"
quiet 'Signconf' enforce --now 20260101000100
sed -i 's|<Policy>default|<Policy>none|' "$T/etc/zonelist.xml"
says 0 'zone a.example: there is no policy none' enforce --now 20260101000200
sed -i 's|<Policy>none|<Policy>default|' "$T/etc/zonelist.xml"
done_testing

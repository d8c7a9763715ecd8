#!/bin/sh
# kaspcheck: a good configuration is silent; each check of --checks is fired
# by one change to it, and by nothing else.
. t/lib.sh
D=$T/good
fresh() { # a good configuration in $D
	rm -rf "$D"
	mkdir -p "$D/state/tmp" "$D/unsigned" "$D/signed" "$D/signconf" "$D/keys"
	chmod 700 "$D/keys"
	printf '1234\n' >"$D/pin"
	chmod 600 "$D/pin"
	: >"$D/module.so"
	: >"$D/unsigned/a.example"
	sed -e "s|/etc/opendnssec|$D|; s|/var/opendnssec|$D/state|" \
		-e "s|/usr/lib/softhsm/libsofthsm2.so|$D/module.so|" \
		etc/conf.xml >"$D/conf.xml"
	# without the classic policy, which is like the others
	sed -e '/<!-- As OpenDNSSEC 1.1/,/-->/d' \
		-e '/<Policy name="classic"/,/<\/Policy>/d' etc/kasp.xml >"$D/kasp.xml"
	cp etc/zonefetch.xml "$D/zonefetch.xml"
	cat >"$D/zonelist.xml" <<-X
	<ZoneList>
	  <Zone name="a.example">
	    <Policy>default</Policy>
	    <SignerConfiguration>$D/signconf/a.xml</SignerConfiguration>
	    <Adapters>
	      <Input><File>$D/unsigned/a.example</File></Input>
	      <Output><File>$D/signed/a.example</File></Output>
	    </Adapters>
	  </Zone>
	</ZoneList>
	X
}
tested=
# fires ID LEVEL STATUS 'place regex' FILE 'sed script' [command after it]
fires() {
	tested="$tested $1"
	fresh
	[ -z "$5" ] || { sed -i -e "$6" "$D/$5"; }
	[ -z "${7-}" ] || (cd "$D" && eval "$7")
	kaspcheck -c "$D/conf.xml" >"$T/out" 2>&1
	got=$?
	if [ $got = "$3" ] && grep -Eq "^$2: $D/$4.*\\[$1\\]\$" "$T/out"; then
		tap_result 0 "fires: $1"
	else
		tap_result 1 "fires: $1 (exit $got)"
		sed 's/^/# /' "$T/out"
	fi
}

fresh
is 'a good configuration: silent, exit 0' \
	"$(kaspcheck -c "$D/conf.xml"; echo $?)" 0
cp etc/kasp.xml "$D/kasp.xml"
is 'our own samples, whole: silent' "$(kaspcheck -c "$D/conf.xml"; echo $?)" 0
is 'with -v: the count' "$(kaspcheck -v -c "$D/conf.xml")" '0 errors, 0 warnings'

fires conf-policyfile ERROR 1 'conf.xml:40: PolicyFile: ' '' '' 'rm kasp.xml'
fires conf-policyfile ERROR 1 'conf.xml:[0-9]+: Common: element PolicyFile is missing' conf.xml '/PolicyFile/d'
fires conf-zonelistfile ERROR 1 'conf.xml:41: ZoneListFile: ' '' '' 'rm zonelist.xml'
fires conf-zonefetchfile ERROR 1 'conf.xml:[0-9]+: ZoneFetchFile: ' conf.xml \
	"s|</Common>|<ZoneFetchFile>/nowhere/zonefetch.xml</ZoneFetchFile></Common>|"
fires conf-user ERROR 1 'conf.xml:[0-9]+: User: user nobody-of-that-name ' conf.xml \
	's|<Signer>|<Signer><Privileges><User>nobody-of-that-name</User></Privileges>|'
fires conf-group ERROR 1 'conf.xml:[0-9]+: Group: group none-of-that-name ' conf.xml \
	's|<Auditor>|<Auditor><Privileges><Group>none-of-that-name</Group></Privileges>|'
fires conf-state ERROR 1 'conf.xml:[0-9]+: Datastore: .*No such' conf.xml 's|<FlatFile>|<FlatFile>/nowhere|'
if [ "$(id -u)" = 0 ]; then
	fires conf-state ERROR 1 'conf.xml:[0-9]+: Datastore: .*cannot be written by nobody' conf.xml \
		's|<Enforcer>|<Enforcer><Privileges><User>nobody</User></Privileges>|' 'chmod 755 . state'
fi
fires conf-database NOTICE 0 'conf.xml:[0-9]+: Datastore: .*import-opendnssec .*kasp.db' conf.xml \
	"s|<FlatFile>.*</FlatFile>|<SQLite>$D/state/kasp.db</SQLite>|"
fires conf-workdir ERROR 1 'conf.xml:60: WorkingDirectory: ' conf.xml '60s|<WorkingDirectory>|&/nowhere|'
fires conf-workdir ERROR 1 'conf.xml:68: WorkingDirectory: .*not a folder' conf.xml "68s|>.*<|>$D/pin<|"
fires conf-command ERROR 1 'conf.xml:[0-9]+: NotifyCommand: /nowhere/rndc ' conf.xml \
	's|</Signer>|<NotifyCommand>/nowhere/rndc reload</NotifyCommand></Signer>|'
fires conf-command ERROR 1 'conf.xml:[0-9]+: DelegationSignerSubmitCommand: /nowhere ' conf.xml \
	's|</Enforcer>|<DelegationSignerSubmitCommand>/nowhere</DelegationSignerSubmitCommand></Enforcer>|'
fires conf-pin ERROR 1 'conf.xml:[0-9]+: RepositoryList: ' conf.xml 's|<PINFile>.*|<PIN>1234</PIN>|' 'chmod 644 conf.xml'
fires repository-none ERROR 1 'conf.xml:[0-9]+: RepositoryList: ' conf.xml '/<Repository name="SoftHSM"/,/<\/Repository>/d'
two="<Repository name=\"SoftHSM\"><Directory>$D/keys</Directory></Repository>"
fires repository-name ERROR 1 'conf.xml:[0-9]+: Repository: two .*SoftHSM' conf.xml "s|</RepositoryList>|$two&|"
fires repository-module ERROR 1 'conf.xml:11: Module: .*No such' '' '' 'rm module.so'
fires repository-directory ERROR 1 'conf.xml:[0-9]+: Directory: .*chmod 700' conf.xml \
	"s|</RepositoryList>|$(echo "$two" | sed s/SoftHSM/files/)&|" 'chmod 755 keys'
two="<Repository name=\"two\"><Module>$D/module.so</Module><TokenLabel>OpenDNSSEC</TokenLabel></Repository>"
fires repository-token ERROR 1 'conf.xml:[0-9]+: Repository: ' conf.xml "s|</RepositoryList>|$two&|"
fires repository-pinfile ERROR 1 'conf.xml:14: PINFile: .*chmod 600' '' '' 'chmod 640 pin'
fires repository-pinfile ERROR 1 'conf.xml:14: PINFile: .*No such' '' '' 'rm pin'

fires refresh-resign ERROR 1 'kasp.xml:15: Refresh: policy default: ' kasp.xml '15s/P4D/PT2H/'
fires validity-refresh ERROR 1 'kasp.xml:17: Default: policy default: P4D ' kasp.xml '17s/P14D/P4D/; s/<Jitter>.*/<Jitter>PT0S<\/Jitter>/'
fires validity-refresh ERROR 1 'kasp.xml:18: Denial: ' kasp.xml '18s/P14D/P4D/'
fires validity-refresh ERROR 1 'kasp.xml:19: Keys: ' kasp.xml '19s/P14D/P4D/'
fires jitter-half WARNING 0 'kasp.xml:21: Jitter: ' kasp.xml '21s/PT12H/P7DT1S/'
fires jitter-validity ERROR 1 'kasp.xml:21: Jitter: .*Validity/Denial' kasp.xml '21s/PT12H/P14DT1S/'
fires validity-margin ERROR 1 'kasp.xml:17: Default: ' kasp.xml '17s/P14D/P4DT14H/'
fires validity-margin ERROR 1 'kasp.xml:18: Denial: ' kasp.xml '18s/P14D/P4DT14H/'
fires validity-margin ERROR 1 'kasp.xml:19: Keys: ' kasp.xml '19s/P14D/P4DT14H/'
fires inception-offset WARNING 0 'kasp.xml:22: InceptionOffset: ' kasp.xml '22s/PT10M/PT601S/'
fires ttl-refresh WARNING 0 'kasp.xml:30: TTL: .*P4DT1S ' kasp.xml '30s/PT1H/P4DT1S/; s/Safety>PT1H/Safety>P1D/'
fires ttl-refresh WARNING 0 'kasp.xml:[0-9]+: Minimum: ' kasp.xml 's/<Minimum>PT1H/<Minimum>P5D/'
fires ttl-refresh WARNING 0 'kasp.xml:[0-9]+: MaxZoneTTL: ' kasp.xml '22s|$|<MaxZoneTTL>P5D</MaxZoneTTL>|'
fires nsec3-algorithm ERROR 1 'kasp.xml:[0-9]+: Algorithm: policy nsec3: ' kasp.xml 's/ECDSAP256SHA256/5/'
fires nsec3-hash ERROR 1 'kasp.xml:[0-9]+: Algorithm: policy nsec3: ' kasp.xml 's|>1</Algorithm>|>2</Algorithm>|'
fires nsec3-resalt WARNING 0 'kasp.xml:[0-9]+: Resalt: ' kasp.xml 's/P100D/PT1H/; s/length="0"/length="8"/'
fires nsec3-iterations WARNING 0 'kasp.xml:[0-9]+: Iterations: ' kasp.xml 's/<Iterations>0/<Iterations>50/'
fires nsec3-iterations-max ERROR 1 'kasp.xml:[0-9]+: Iterations: ' kasp.xml 's/<Iterations>0/<Iterations>51/'
fires publish-safety WARNING 0 'kasp.xml:32: PublishSafety: ' kasp.xml '32s/PT1H/PT359S/'
fires publish-safety WARNING 0 'kasp.xml:32: PublishSafety: .*above 5' kasp.xml '32s/PT1H/PT5H1S/'
fires retire-safety WARNING 0 'kasp.xml:31: RetireSafety: ' kasp.xml '31s/PT1H/PT359S/'
fires key-length WARNING 0 'kasp.xml:[0-9]+: Algorithm: policy default: 1023 bits' kasp.xml \
	's|<Algorithm>ECDSAP256SHA256|<Algorithm length="1023">RSASHA256|'
fires key-length WARNING 0 'kasp.xml:[0-9]+: Algorithm: .*no length' kasp.xml 's|ECDSAP256SHA256|8|'
fires key-algorithm WARNING 0 'kasp.xml:[0-9]+: Algorithm: .*SHA-1' kasp.xml \
	's|<Algorithm>ECDSAP256SHA256|<Algorithm length="2048">7|'
fires key-repository ERROR 1 'kasp.xml:[0-9]+: Repository: .*other is not in' kasp.xml 's|SoftHSM|other|'
fires lifetime-order WARNING 0 'kasp.xml:[0-9]+: Lifetime: ' kasp.xml 's/P90D/P366D/'
fires lifetime-rollover ERROR 1 'kasp.xml:44: Lifetime: policy default: P1DT4H ' kasp.xml 's/P90D/P1DT4H/'
fires lifetime-rollover ERROR 1 'kasp.xml:37: Lifetime: ' kasp.xml 's/P365D/P2D/; s/P90D/P2D/'
fires same-algorithms ERROR 1 'kasp.xml:36: Algorithm: .*algorithm 15 has no ZSK' kasp.xml '36s/ECDSAP256SHA256/15/'
fires datecounter ERROR 1 'kasp.xml:[0-9]+: Serial: ' kasp.xml \
	's/unixtime/datecounter/; s/<Resign>PT2H/<Resign>PT14M/'
fires policy-default WARNING 1 'kasp.xml: no policy is named default' kasp.xml 's/name="default"/name="defalt"/'
fires repository-capacity WARNING 0 'conf.xml:[0-9]+: Capacity: SoftHSM holds 3 keys' conf.xml \
	's|</PINFile>|&<Capacity>3</Capacity>|'

fires zone-policy ERROR 1 'zonelist.xml:2: Policy: zone a.example.: none' zonelist.xml 's|default|none|'
fires catalog-policy ERROR 1 'zonelist.xml:1: Catalog: c.example.: none: ' zonelist.xml \
	's|<ZoneList>|&<Adapters><Catalog name="c.example"><Input><File>c</File></Input><Policy>default</Policy><Group name="g">none</Group></Catalog></Adapters>|'
fires zone-input ERROR 1 'zonelist.xml:2: Input: ' '' '' 'rm unsigned/a.example'
fires zone-output ERROR 1 'zonelist.xml:2: Output: ' '' '' 'rmdir signed'
fires zone-signconf ERROR 1 'zonelist.xml:2: SignerConfiguration: ' '' '' 'rmdir signconf'

is 'every check of --checks was fired' \
	"$(kaspcheck --checks | cut -f1 | sort)" "$(printf '%s\n' $tested | sort -u)"

# What the readers find; the rest of it is in t/unit/config.c.
says() { # STATUS 'line regex' FILE 'sed script'
	fresh
	sed -i -e "$4" "$D/$3"
	kaspcheck -c "$D/conf.xml" >"$T/out" 2>&1
	got=$?
	grep -Eq "^$2" "$T/out" && [ $got = "$1" ]
	tap_result $? "says: $2" || { echo "# exit $got"; sed 's/^/# /' "$T/out"; }
}
says 1 "ERROR: $D/kasp.xml:[0-9]+: Policy: two policies are named default" kasp.xml 's/name="nsec3"/name="default"/'
says 1 "ERROR: $D/kasp.xml:13: Signatures: element Resign is missing" kasp.xml '14d'
says 1 "ERROR: $D/kasp.xml:[0-9]+: Serial: 'unix' is not one of" kasp.xml 's/unixtime/unix/'
says 0 "WARNING: $D/kasp.xml:[0-9]+: Lifetime: 'P12M': a month is taken" kasp.xml 's/P365D/P12M/'
says 0 "WARNING: $D/conf.xml:[0-9]+: Interval: 'P1M': a month" conf.xml 's/<Interval>PT1H/<Interval>P1M/'
says 1 "ERROR: $D/conf.xml:[0-9]+: .*Opening and ending tag" conf.xml 's|</Common>||'
says 1 "ERROR: $D/kasp.xml:[0-9]+: All: is unknown inside Audit" kasp.xml 's|<Audit/>|<Audit><All/></Audit>|'
says 1 "ERROR: $D/zonelist.xml:2: Zone: '.*' is not a domain name" zonelist.xml 's/a.example">/a..example">/'
fresh
sed -i 's/14 days/x/; 14s/PT2H/2 h/; 15s/P4D/4 d/' "$D/kasp.xml"
is 'all errors are listed' "$(kaspcheck -c "$D/conf.xml" | grep -c 'is not a duration')" 2

fresh
cp "$D/kasp.xml" "$D/other.xml"
sed -i '15s/P4D/PT1H/' "$D/other.xml"
ok '-k: another policy file' sh -c "kaspcheck -c $D/conf.xml -k $D/other.xml | grep -q 'other.xml:15: Refresh'"
ok '--explain: exit 0' sh -c "kaspcheck -c $D/conf.xml --explain >$T/explained"
is '--explain: times are those of the formulas' \
	"$(grep -c 'Its successor stands in the zone for 14 hours before it may be used' "$T/explained")" 6
rejects 2 'no such option' kaspcheck --nonsense
rejects 2 'no operand' kaspcheck x
ok '-h' sh -c 'kaspcheck -h | grep -q ^usage'
is 'a file that is not there: exit 1, and says so' \
	"$(kaspcheck -c "$T/none.xml"; echo $?)" "ERROR: $T/none.xml: No such file or directory
1"
for f in conf kasp zonelist zonefetch; do
	ok "xmllint agrees that etc/$f.xml follows etc/schema/$f.rng" \
		xmllint --noout --relaxng etc/schema/$f.rng etc/$f.xml
done
if [ -d "$ZONE_FIXTURES" ]; then
	G=$ZONE_FIXTURES/opendnssec-1.1.1/kaspcheck_good
	fresh
	sed -i "s|softHSM|SoftHSM|" "$D/conf.xml"
	sed 's|softHSM|SoftHSM|' "$G/kasp.xml" >"$D/kasp.xml"
	is "the original's good policy: no error" "$(kaspcheck -c "$D/conf.xml" | grep -c ERROR)" 0
fi
done_testing

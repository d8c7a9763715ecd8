#!/bin/sh
# The names of OpenDNSSEC: the manual's own command lines, on an installation of this test's own.
. t/lib.sh
. t/keystate.sh
ks_installation
NOW=$(date -u +%Y%m%d%H%M%S)
ENFORCER_TIMESHIFT=$NOW
export ENFORCER_TIMESHIFT

# conf.xml is /etc/opendnssec/conf.xml in the manual: of all names a copy that knows another.
mkdir "$T/bin"
for p in "$PWD"/bin/* "$PWD/$BIN"/*; do ln -sf "$p" "$T/bin"; done
rm -f "$T"/bin/ods-*
for p in bin/ods-*; do
	sed "s|/etc/opendnssec/conf.xml|$T/etc/conf.xml|" "$p" >"$T/$p"
	chmod 755 "$T/$p"
done
for p in keystate hsmutil hsmspeed kaspcheck; do
	rm "$T/bin/$p"
	cat >"$T/bin/$p" <<-EOF
	#!/bin/sh
	case " \$* " in *' -c'* | *' --config'* | *' -h '* | *-help*) exec $PWD/$BIN/$p "\$@" ;; esac
	exec $PWD/$BIN/$p "\$@" -c $T/etc/conf.xml
	EOF
	chmod 755 "$T/bin/$p"
done
PATH=$T/bin:$PATH
signed() { cksum <"$T/state/signed/$1"; }
says() { # WHAT 'regex' COMMAND...: it succeeds and says so
	says_what=$1 says_re=$2
	shift 2
	"$@" >"$T/says" 2>&1
	says_status=$?
	if [ $says_status = 0 ] && grep -Eq -- "$says_re" "$T/says"; then
		tap_result 0 "$says_what"
	else
		tap_result 1 "$says_what"
		echo "# status $says_status, wanted: $says_re"
		sed 's/^/# /' "$T/says" | head -n 20
	fi
}

# --- before the first start
says 'ods-ksmutil setup' 'database made' ods-ksmutil setup
ok 'ods-kaspcheck' ods-kaspcheck
says 'ods-kaspcheck -h' '^usage' ods-kaspcheck -h
mkdir -p "$T/state/unsigned"
for z in example.com example.org; do ks_zone $z; done
says 'ods-ksmutil zone add' '^Imported zone: example.com' \
	ods-ksmutil zone add --zone example.com --policy default
ok 'ods-ksmutil zone add, letters' ods-ksmutil zone add -z example.org -p nsec3 \
	-i "$T/state/unsigned/example.org" -o "$T/state/signed/example.org"
ok 'ods-ksmutil update zonelist' ods-ksmutil update zonelist
ok 'ods-ksmutil update kasp' ods-ksmutil update kasp
ok 'ods-ksmutil update conf' ods-ksmutil update conf
says 'ods-ksmutil -h' 'zone add' ods-ksmutil -h

# --- start and stop
says 'ods-control start makes a run' '2 due: 2 published' ods-control start
ok 'and the zones are signed' dnssec-verify -q -o example.com "$T/state/signed/example.com"
says 'ods-control stop says how' 'systemctl disable' ods-control stop
rejects 2 'there is no daemon.*-1' env -u ENFORCER_TIMESHIFT ods-signerd
rejects 2 'there is no daemon.*-1' env -u ENFORCER_TIMESHIFT ods-enforcerd
ok 'ods-enforcerd -1' ods-enforcerd -1
ok 'ods-signerd -1' ods-signerd -1

# --- the signer
says 'ods-signer zones' 'Found Zone: example.com' ods-signer zones
before=$(signed example.com)
printf 'new A 192.0.2.9\n' >>"$T/state/unsigned/example.com"
touch -d '1 minute ago' "$T/state/unsigned/example.com"
says 'ods-signer queue' 'sign zone example.com' ods-signer queue
says 'ods-signer sign' 'example.com.: published' ods-signer sign example.com
ok 'its new name is there' grep -q '^new.example.com' "$T/state/signed/example.com"
says 'the queue is empty' '0 tasks' ods-signer queue
says 'ods-signer sign --all' '2 due' ods-signer sign --all
says 'ods-signer -a sign' '2 due' ods-signer -a sign
grep -h 'RRSIG	NS ' "$T/state/signed/example.com" >"$T/rrsig"
says 'ods-signer clear' 'example.com.: published' ods-signer clear example.com
is 'no signature was kept' "$(sed -n 's/^;end .*sign-rrsets.kept=\([0-9]*\).*/\1/p' "$T/state/signed/example.com")" 0
ok 'and it is whole' dnssec-verify -q -o example.com "$T/state/signed/example.com"
ok 'ods-signer flush' ods-signer flush
ok 'ods-signer update' ods-signer update
ok 'ods-signer update --all' ods-signer update --all
ok 'ods-signer update ZONE' ods-signer update example.org
says 'ods-signer verbosity' 'resign -v' ods-signer verbosity 3
says 'ods-signer stop' 'no engine' ods-signer stop
ods-signer running >"$T/out"
is 'ods-signer running: no' $? 3
rejects 2 'no such command' ods-signer bogus
rejects 2 'which zone' ods-signer sign
printf 'help\nzones\nbogus\nquit\nzones\n' >"$T/commands"
says 'ods-signer, its shell' '^sign <zone>' sh -c "ods-signer <$T/commands"
is 'until quit' "$(grep -c 'Found Zone: example.com' "$T/says")" 1
says 'ods-control signer' 'Found Zone: example.org' ods-control signer zones

# --- keys
says 'ods-ksmutil key list' '^example.com .*ZSK .*active' ods-ksmutil key list --zone example.com
says 'ods-ksmutil key export' 'IN	DNSKEY	257' ods-ksmutil key export --zone example.com --keystate publish
says 'ods-ksmutil key export --ds' 'IN	DS	' ods-ksmutil key export --zone example.com --keystate publish --ds
ok 'ods-ksmutil key rollover --zone' ods-ksmutil key rollover --zone example.com --keytype ZSK
ok 'ods-ksmutil key rollover --policy' ods-ksmutil key rollover --policy nsec3 --keytype ZSK --yes
says 'ods-ksmutil rollover list' 'Rollovers:' ods-ksmutil rollover list
# A clock that jumps is believed by the second pass.
for later in '+3 days' '+3 days 2 hours'; do
	ENFORCER_TIMESHIFT=$(date -u -d "$later" +%Y%m%d%H%M%S)
	ods-signerd -1 >"$T/out" 2>&1
done
says 'three days later the KSK is ready' 'ds-seen' ods-ksmutil key list -z example.com
id=$(ods-ksmutil key list -v -z example.com | awk '$2 == "KSK" { for (i = 3; i <= NF; i++)
	if ($i ~ /^[0-9a-f]+$/ && length($i) == 32) print $i }')
ok 'ods-ksmutil key ds-seen' ods-ksmutil key ds-seen --zone example.com --cka_id "$id" --now "$ENFORCER_TIMESHIFT"
rejects 1 '.' ods-ksmutil key ksk-retire --yes --zone example.com --cka_id "$id" --now "$ENFORCER_TIMESHIFT"

# --- a backup
says 'ods-control ksm stop' 'No key is made' ods-control ksm stop
before=$(hsmutil list SoftHSM | wc -l)
ks_zone example.net
ods-ksmutil zone add -z example.net >/dev/null 2>&1
ods-enforcerd -1 >"$T/out" 2>&1
is 'held: no key is made' "$(hsmutil list SoftHSM | wc -l)" "$before"
ok 'held: it says so' grep -q 'hold-generation is there.*ods-control ksm start' "$T/out"
ok 'held: zones are signed all the same' ods-signer sign example.com
ok 'ods-ksmutil backup done' ods-ksmutil backup done
ok 'ods-ksmutil backup done --repository' ods-ksmutil backup done --repository SoftHSM
says 'ods-control ksm start' 'makes the keys' ods-control ksm start
ok 'freed: a pass' ods-enforcerd -1
ok 'freed: keys are made' [ "$(hsmutil list SoftHSM | wc -l)" -gt "$before" ]
says 'ods-control ksm start, again' 'was not held' ods-control ksm start
says 'ods-ksmutil notify' 'no daemon' ods-ksmutil notify

# --- the auditor, the HSM
ods-signer flush >"$T/out" 2>&1
ok 'ods-auditor' ods-auditor -c "$T/etc/conf.xml"
ok 'ods-auditor -z' ods-auditor -z example.com
cp "$T/state/unsigned/example.com" "$T/unsigned"
cp "$T/state/signed/example.com" "$T/signed"
ok 'ods-auditor -z --full --signed --unsigned' \
	ods-auditor -z example.com --full --signed "$T/signed" --unsigned "$T/unsigned"
sed -i 's/192.0.2.9/192.0.2.8/' "$T/signed"
rejects 1 'example.com' ods-auditor -z example.com --full --signed "$T/signed"
rejects 2 'a full audit, or' ods-auditor -f -p
rejects 2 'need the zone' ods-auditor -s "$T/signed"
says 'ods-hsmutil list' 'SoftHSM' ods-hsmutil list
says 'ods-control hsm' 'SoftHSM' ods-control hsm list SoftHSM
says 'ods-hsmspeed' '[0-9]' ods-hsmspeed -r SoftHSM -i 5
rejects 2 'usage: ods-control' ods-control
ok 'ods-ksmutil zone delete' ods-ksmutil zone delete --zone example.net --now "$ENFORCER_TIMESHIFT"

# --- install-ods, and only that, has the names
make -s install-ods DESTDIR="$T/root" PREFIX=/usr BIN="$BIN" BUILD="$BUILD" >"$T/out" 2>&1
is 'make install-ods' "$(cd "$T/root/usr/bin" && echo ods-*)" "$(cd bin && echo ods-*)"
missing=
for p in bin/ods-*; do
	[ -e "$T/root/usr/share/man/man1/${p#bin/}.1" ] || missing="$missing $p"
done
is 'each has a man page' "$missing" ''
make -s uninstall DESTDIR="$T/root" PREFIX=/usr >"$T/out" 2>&1
is 'make uninstall takes all away' "$(cd "$T/root" && find . ! -type d)" ''
make -s install DESTDIR="$T/root" PREFIX=/usr BIN="$BIN" BUILD="$BUILD" >"$T/out" 2>&1
is 'make install does not have them' "$(cd "$T/root/usr/bin" && echo ods-*)" 'ods-*'
done_testing

#!/bin/sh
# resign: as whom it runs, in which folders, and how the name server is told of many zones.
. t/lib.sh
. t/keystate.sh
SIGNED=$T/signed
. t/resign.sh
[ -n "$(softhsm_module)" ] || skip_all 'no SoftHSM'
ks_installation
NOW=$(($(date +%s) - 86400)) # time goes by faster than here
rs() { resign -c "$T/etc/conf.xml" --now "$NOW" "$@"; }
sed -i "s|<WorkingDirectory>.*|<WorkingDirectory>$T/work</WorkingDirectory>|" "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
ok 'setup' ks setup
mkdir "$T/signed" "$T/signconf" "$T/work"
chmod 700 "$T/work"
zones='one.example two.example three.example'
for z in $zones; do
	ks_zone $z
	ks zone add -z $z -p default -o "$T/signed/$z" -s "$T/signconf/$z.xml" >"$T/out" 2>&1 || cat "$T/out"
done
edit() {
	NOW=$((NOW + 60))
	for z in $zones; do
		echo "new$NOW A 192.0.2.3" >>"$T/state/unsigned/$z"
		touch -d '1 minute ago' "$T/state/unsigned/$z"
	done
}
recorded() { awk -F '\t' -v zone="$1" '$1 == zone { print $7 }' "$T/state/zone.db"; }
notify() { # COMMAND
	sed -i -e 's|<NotifyCommand>.*</NotifyCommand>||' \
		-e "s|</Signer>|<NotifyCommand>$1</NotifyCommand></Signer>|" "$T/etc/conf.xml"
}

# --- a NotifyCommand without %zone: once for all ------------------------------------------------------
notify "echo told \$ZONE \&gt;\&gt;$T/notified"
ok 'three zones are published' rs
is 'the name server is told once' "$(cat "$T/notified")" told
NOW=$((NOW + 60))
ok 'nothing is due' rs
is 'and nothing told' "$(cat "$T/notified")" told
notify 'exit 7'
edit
rejects 1 'resign: 3 zones: published, but not told to the name server.*: NotifyCommand failed with 7$' rs
ok 'no evidence' test "$(recorded one.example)" -lt "$(serial one.example)"
notify true
NOW=$((NOW + 60))
ok 'the next run' rs
for z in $zones; do
	is "counts $z" "$(recorded $z)" "$(serial $z)"
done

# --- folders ------------------------------------------------------------------------------------------
edit
refused() { # FOLDER MODE REGEX
	mode=$(stat -c %a "$T/$1") before=$(cksum "$T/signed/one.example")
	chmod "$2" "$T/$1"
	rejects 2 "resign: $T/$1/?: $3" rs
	chmod "$mode" "$T/$1"
	is 'nothing was published' "$(cksum "$T/signed/one.example")" "$before"
}
refused state 770 'others than its owner may write there: chmod go-w'
refused work 777 'anybody may write there'
refused signconf 775 'others than its owner may write there'
refused signed 777 'anybody may write there: chmod o-w'
chmod 775 "$T/signed"
ok 'a group may write among signed zones' rs
is 'they are published' "$(grep -l "^new$NOW\..*RRSIG" "$T/signed"/*.example | grep -c .)" 3

# --- User and Group -----------------------------------------------------------------------------------
if [ "$(id -u)" != 0 ]; then
	echo '# SKIP User and Group: needs root'
elif chmod 755 "$T" && ! runuser -u daemon -- test -x "$T/etc" -a -x "$(command -v resign)"; then
	echo '# SKIP User and Group: the user daemon cannot come here'
else
	edit
	chown nobody "$T/signed"
	rejects 2 "resign: $T/signed/?: belongs to another user: chown root" rs
	chown root "$T/signed"
	sed -i 's|</Signer>|<Privileges><User>daemon</User><Group>games</Group></Privileges></Signer>|' "$T/etc/conf.xml"
	rejects 3 "resign.lock: Permission denied" rs
	chown -R daemon "$T"
	sed -i 's|>daemon<|>no-such-user<|' "$T/etc/conf.xml"
	rejects 2 'Privileges: there is no user no-such-user' rs
	sed -i 's|>no-such-user<|>daemon<|' "$T/etc/conf.xml"
	ok 'as root, for a user' rs
	is 'the zones are that user'"'"'s and group'"'"'s' "$(stat -c %U:%G "$T/signed/one.example")" daemon:games
	ok 'with the change' grep -q "^new$NOW\..*RRSIG" "$T/signed/one.example"
	is 'nothing of root'"'"'s is left' "$(find "$T/state" "$T/work" "$T/signed" "$T/tokens" -user root)" ''
fi
done_testing

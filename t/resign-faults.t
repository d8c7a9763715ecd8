#!/bin/sh
# resign when a disk is full, or the token is gone, locked, full or has another PIN: what is published stays
# whole and valid, the message says what happened, and the next run recovers by itself.
[ "$(id -u)" != 0 ] || [ -n "${FAULTS_MOUNT-}" ] || ! unshare -m mount -t tmpfs tmpfs /mnt 2>/dev/null ||
	FAULTS_MOUNT=yes exec unshare -m sh "$0"
. t/lib.sh
. t/keystate.sh
SIGNED=$T/signed
. t/resign.sh
[ -n "$(softhsm_module)" ] || skip_all 'no SoftHSM'
ks_installation
SHIM=$PWD/${BUILD:-build/release}/t/p11shim.so
[ -e "$SHIM" ] || skip_all "no $SHIM: make check builds it"
NOW=$(($(date +%s) - 86400)) # time goes by faster than here, and ldns judges by the true one
rs() { resign -c "$T/etc/conf.xml" --now "$NOW" "$@"; }
sed -i -e "s|<WorkingDirectory>.*|<WorkingDirectory>$T/work</WorkingDirectory>|" "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
ok 'setup' ks setup
mkdir "$T/signed" "$T/signconf"
zones='one.example two.example three.example four.example'
for z in $zones; do
	ks_zone $z
	ks zone add -z $z -p default -o "$T/signed/$z" -s "$T/signconf/$z.xml" >"$T/out" 2>&1 || cat "$T/out"
done
ok 'the first run' rs

edits=0
edit() { # a change for each zone
	NOW=$((NOW + 60)) edits=$((edits + 1))
	for z in $zones; do
		echo "new$edits A 192.0.2.3" >>"$T/state/unsigned/$z"
		touch -d '1 minute ago' "$T/state/unsigned/$z"
	done
}
has_edit() {
	for z in $zones; do
		grep -q "^new$edits\..*RRSIG" "$T/signed/$z" || { echo "$z: without new$edits"; return 1; }
	done
}
recovers() { # WHAT
	NOW=$((NOW + 60))
	ok "$1: what is published is sound" sound
	recovered "$1"
}
recovered() { # WHAT
	ok "$1: the next run" rs -j 1
	ok "$1: has the change" has_edit
	ok "$1: is sound again" sound
	is "$1: and nothing is left to do" "$(rs -n)" ''
}

# --- the token ----------------------------------------------------------------------------------------
edit
mv "$T/tokens" "$T/away" && mkdir "$T/tokens"
rejects 2 'resign: [a-z]*.example.: not published: SoftHSM: no token OpenDNSSEC in .*/libsofthsm2.so, nor any other: is ' rs
is 'the cause is told once, the other zones by name' "$(sed 's/: [a-z]*.example.: not published: .*/: not published/; s/\( [a-z]*\.example\.\)*$//' \
	"$T/rejects.err")" 'resign: not published
resign: and 3 more for that reason:
resign: 4 due: 0 published, 0 without change, 4 failed'
is 'all are, by --status' "$(rs --status | grep -c 'no token')" 4
rm -rf "$T/tokens" && mv "$T/away" "$T/tokens"
recovers 'a token that was removed'

# One key that is gone is one zone's trouble.
edit
id=$(sed -n 's|.*<Locator>\(.*\)</Locator>.*|\1|p' "$T/signconf/two.example.xml" | head -n 1)
cp -a "$T/tokens" "$T/keep"
ok 'a key is lost' hsmutil -c "$T/etc/conf.xml" remove "$id"
rejects 2 "resign: two.example.: not published: SoftHSM: key $id is not among its [0-9]*: restore it from the token's" rs -j 1
ok 'the others go on, those after it too' grep -q 'resign: 4 due: 3 published, 0 without change, 1 failed' "$T/rejects.err"
rm -rf "$T/tokens" && mv "$T/keep" "$T/tokens"
recovers 'a key that was lost'

# A wrong PIN is tried once, or a token with many zones would be locked by one run.
sed -i "s|<Module>.*</Module>|<Module>$SHIM</Module>|" "$T/etc/conf.xml"
P11SHIM_COUNT=$T/count P11SHIM='' P11SHIM_MODULE=$(softhsm_module)
export P11SHIM P11SHIM_COUNT P11SHIM_MODULE
edit
printf 9999 >"$T/etc/pin"
rejects 2 'resign: [a-z]*.example.: not published: SoftHSM: login: The password or PIN is incorrect' rs -j 1
is 'once' "$(cat "$T/count")" 'find 0 ask 0 copy 0 login 1'
export P11SHIM_LOGINS="$T/logins"
printf 1234 >"$T/etc/pin"
ok 'the right one' ks database check # a token that has seen too many may want it
printf 9999 >"$T/etc/pin"
rm "$T/logins"
rejects 2 'resign: [a-z]*.example.: not published: SoftHSM: login: The password or PIN is incorrect' rs -j 4
is 'once a run, of all programs and workers' "$(wc -l <"$T/logins")" 1
rejects 2 'not published: SoftHSM: .*(incorrect|one try is left)' rs -j 4
ok 'and again in the next run' [ "$(wc -l <"$T/logins")" -le 2 ]
printf 1234 >"$T/etc/pin"
P11SHIM=pin-locked
rejects 2 'resign: [a-z]*.example.: not published: SoftHSM: the PIN is locked: the security officer must set a new one' rs -j 1
is 'a locked token is asked once' "$(cat "$T/count")" 'find 0 ask 0 copy 0 login 1'
P11SHIM=''
recovers 'a wrong PIN, a locked token'

# A pass asks once too, however many keys it is short of, and says so once; what a list cannot tell it does not.
ks_zone five.example
ks zone add -z five.example -p nsec3 -o "$T/signed/five.example" -s "$T/signconf/five.example.xml" >"$T/out" 2>&1
printf 9999 >"$T/etc/pin"
rejects 2 'keystate: policy [a-z0-9]*: KSK: no key made: SoftHSM: login: .*(incorrect.*: correct it|one try is left)' \
	ks enforce -q --now "$NOW"
is 'in one line' "$(wc -l <"$T/rejects.err")" 1
is 'one login' "$(cat "$T/count")" 'find 0 ask 0 copy 0 login 1'
ks key list -v >"$T/list" 2>"$T/err"
is 'key list does not say that the keys are gone' "$(grep -c 'which did not open' "$T/list") $(grep -c 'NOT' "$T/list")" '8 0'
is 'but why it does not know' "$(grep -c '^keystate: SoftHSM: login: .*incorrect' "$T/err") $(wc -l <"$T/err")" '1 1'
printf 1234 >"$T/etc/pin"
P11SHIM=token-full
rejects 3 'KSK: no key made: SoftHSM: cannot make a key of kind .*: the token is full: remove dead keys' ks enforce -q --now "$NOW"
is 'in one line, too' "$(wc -l <"$T/rejects.err")" 1
P11SHIM=''
zones="$zones five.example"
edit
recovered 'keys that could not be made'

# One signature that fails is one zone's trouble, though the token would refuse all after it.
edit
P11SHIM=sign-hiccup
rejects 3 'not published: .*: SoftHSM: cannot sign: An error occurred on the device .*own log' rs -j 1
ok 'no zone fails for another one' sh -c '! grep -q "Another operation" "$1"' sh "$T/rejects.err"
ok 'some go on' grep -Eq 'resign: 5 due: [1-4] published' "$T/rejects.err"
P11SHIM=token-gone
rejects 3 'not published: .*: SoftHSM: cannot sign: .*is the HSM switched on and connected' rs -j 1
P11SHIM=''
recovers 'a token that cannot sign'

# --- inputs: one cause is told once, whichever program found it ---------------------------------------
for z in $zones; do
	cp -p "$T/state/unsigned/$z" "$T/unsigned.$z"
	printf 'x CNAME y\nx A 192.0.2.4\n' >>"$T/state/unsigned/$z"
	touch -d '1 minute ago' "$T/state/unsigned/$z"
done
NOW=$((NOW + 60))
rejects 1 'resign: [a-z]*.example.: its input is refused, .*: CNAME: beside other data|: x.*CNAME: beside other data' rs -j 1
is 'a fault in all inputs: two lines' "$(wc -l <"$T/rejects.err") $(grep -c '^resign: and 4 more for that reason:' "$T/rejects.err")" '2 1'
for z in $zones; do
	printf 'y BAD 1\ny A 192.0.2.400\ny MX 1\n' >>"$T/unsigned.$z"
	cp "$T/unsigned.$z" "$T/state/unsigned/$z"
	touch -d '1 minute ago' "$T/state/unsigned/$z"
done
NOW=$((NOW + 60))
rejects 1 '^read-zone: .*:[0-9]*: A: invalid IPv4 address$' rs -j 1
is 'other faults are told of a few zones' "$(grep -c ': A: invalid' "$T/rejects.err") $(grep -c '^resign: and 4 lines more' "$T/rejects.err")" '3 1'
is 'the first with what comes of it' "$(grep -c "'BAD' is no type" "$T/rejects.err")" 1
rs -j1 -v >"$T/out" 2>&1
is '-v: of all' "$(grep -c ': A: invalid' "$T/out")" 5
sound >"$T/out" || cat "$T/out"
for z in $zones; do
	sed '/^y /d' "$T/unsigned.$z" >"$T/state/unsigned/$z"
done
edit
recovers 'inputs with faults'

# --- full disks ---------------------------------------------------------------------------------------
full() { # FOLDER PAGES: a disk under it on which so many pages are free
	rm -rf "$T/copy" && cp -a "$1" "$T/copy" && mount -t tmpfs -o size=2m,mode=700 tmpfs "$1" &&
		cp -a "$T/copy/." "$1" && head -c $((4096 * $2)) /dev/zero >"$1/reserve" || return
	cat /dev/zero >"$1/fill" 2>/dev/null
	rm "$1/reserve"
}
emptied() { # FOLDER
	rm "$1/fill" "$T/copy" -rf && cp -a "$1" "$T/copy" && umount "$1" && rm -rf "$1" && mv "$T/copy" "$1"
}
if [ -n "${FAULTS_MOUNT-}" ]; then
	for pages in 0 2 6; do
		edit
		full "$T/work" $pages
		rejects 3 "resign: $T/work: its disk is full: make room" rs
		emptied "$T/work"
		recovers "work is full but for $pages pages"
	done
	for pages in 0 5; do
		edit
		full "$T/signed" $pages
		rejects 3 "not published: $T/signed/.*: No space left on device" rs -j 1
		ok 'signed is full: sound' sound
		emptied "$T/signed"
		recovers "signed is full but for $pages pages"
	done
	edit
	full "$T/state" 0
	rejects 3 "keystate: $T/state/zone.db: No space left on device" rs -j 1
	emptied "$T/state"
	recovers 'state is full'
	edit
	sed -i 's|<Resign>.*</Resign>|<Resign>PT3H</Resign>|' "$T/etc/kasp.xml"
	full "$T/signconf" 0
	rejects 3 "keystate: $T/signconf/one.example.xml: No space left on device" rs -j 1
	emptied "$T/signconf"
	recovers 'signconf is full'
	is 'the new signconf is there' "$(grep -c '<Resign>PT10800S' "$T"/signconf/*.xml | grep -c :1)" 5
	edit
	ks_zone six.example
	ks zone add -z six.example -p default -o "$T/signed/six.example" -s "$T/signconf/six.example.xml" >"$T/out" 2>&1
	full "$T/tokens" 0
	rejects 3 "keystate: policy default: KSK: no key made: SoftHSM: .*no reason given; SoftHSM's is mostly a full disk" rs -j 1
	emptied "$T/tokens"
	ok 'the token is full: sound' sound
	ok 'the token is full: zones that have their keys go on' has_edit
	zones="$zones six.example"
	edit
	recovered 'the token is full'
else
	echo '# SKIP full disks: needs root and mount namespaces'
fi

# --- a clock that jumps back --------------------------------------------------------------------------
for back in 3600 259200; do
	NOW=$((NOW + 600))
	before=$NOW NOW=$((NOW - back))
	edit
	rejects 3 'keystate: warning: the clock jumped: no key changes its state' rs -j 1
	ok "back by $back s: the change is published all the same" has_edit
	NOW=$before
	edit
	recovers "a clock that was $back s behind"
done
done_testing

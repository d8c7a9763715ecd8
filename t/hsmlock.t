#!/bin/sh
# The token lock: SoftHSM rewrites token.object at login, and a program that
# starts meanwhile reads it half-written.  16 programs at once must all come
# up, round after round; t/unit/keylock.c has more of them at the same moment.
# LOCK_ROUNDS=200 is `make soak`.
. t/lib.sh
token_setup
rounds=${LOCK_ROUNDS:-3}

hsm() {
	hsmutil --module "$MODULE" --token test --pin-file "$T/pin" "$@"
}

bad=0
r=0
while [ "$r" -lt "$rounds" ]; do
	r=$((r + 1))
	pids=
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		hsm login >"$T/out.$i" 2>"$T/err.$i" &
		pids="$pids $!"
	done
	for p in $pids; do
		wait "$p" || bad=$((bad + 1))
	done
done
is "16 programs at once, $rounds times: starts that failed" "$bad" 0
[ "$bad" = 0 ] || cat "$T"/err.* | sort | uniq -c | sed 's/^/# /'

is 'one lock file, for its owner only' "$(cd "$T" && stat -c '%n %a' ./*.lock | sed 's/-[0-9a-f]\{16\}//')" './libsofthsm2.so.lock 600'
lock=$(echo "$T"/*.lock)

# Held: a program waits, and goes on when it is free.
flock "$lock" sleep 1.5 &
sleep 0.2
start=$(date +%s%N)
ok 'waits for the lock' hsm login
took=$((($(date +%s%N) - start) / 1000000))
is 'and did wait' "$([ "$took" -gt 900 ] && echo yes || echo "$took ms")" yes
wait
# A crashed holder leaves the file, but not the lock.
ok 'a file that is left is no lock' hsm login

# Where it may live.
mkdir "$T/open" && chmod 777 "$T/open"
rejects 3 'not open to everybody' env ZONEPIPE_LOCKDIR="$T/open" hsmutil --token test --pin-file "$T/pin" login
rejects 3 'nosuch: token lock: No such file' env ZONEPIPE_LOCKDIR="$T/nosuch" hsmutil --token test --pin-file "$T/pin" login
mkdir "$T/real" && ln -s real "$T/link"
rejects 3 'token lock' env ZONEPIPE_LOCKDIR="$T/link" hsmutil --token test --pin-file "$T/pin" login
echo precious >"$T/precious"
mkdir -m 700 "$T/trap" && ln -s ../precious "$T/trap/$(basename "$lock")"
rejects 3 'token lock: Too many levels' env ZONEPIPE_LOCKDIR="$T/trap" hsmutil --token test --pin-file "$T/pin" login
is 'the file behind the link is untouched' "$(cat "$T/precious")" precious
mkdir -m 770 "$T/group"
ok 'a folder for a group' env ZONEPIPE_LOCKDIR="$T/group" hsmutil --token test --pin-file "$T/pin" login
is 'has a lock that the group can take' "$(stat -c %a "$T/group"/*.lock)" 660
if [ "$(id -u)" = 0 ]; then
	mkdir -m 755 "$T/other" && chown nobody "$T/other"
	rejects 3 "must be root's or yours" env ZONEPIPE_LOCKDIR="$T/other" hsmutil --token test --pin-file "$T/pin" login
fi
done_testing

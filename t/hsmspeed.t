#!/bin/sh
# hsmspeed: the line that it prints, and that it leaves no key behind.
. t/lib.sh
token_setup
hsmutil --dir "$T/keys" init >"$T/out"

speed() {
	hsmspeed --module "$MODULE" --token test --pin-file "$T/pin" "$@" 2>"$T/err"
}

keys() {
	hsmutil --module "$MODULE" --token test --pin-file "$T/pin" list | sed -n 2p
}

shape='^2 threads, 5 signatures per thread, [0-9]+\.[0-9][0-9] sig/s \(%s bits\)$'
for a in '8:RSA 1024' '10:RSA 1024' '13:ECDSAP256SHA256 256' '14:ECDSAP384SHA384 384' '15:ED25519 256' 'ed448:ED448 456'; do
	re=$(printf "$shape" "${a#*:}")
	ok "token, ${a#*:}" sh -c 'hsmspeed --token test --pin-file "$1/pin" -t 2 -i 5 -a "$2" | grep -Eqx "$3"' - "$T" "${a%%:*}" "$re"
	ok "folder, ${a#*:}" sh -c 'hsmspeed --dir "$1/keys" -t 2 -i 5 -a "$2" | grep -Eqx "$3"' - "$T" "${a%%:*}" "$re"
done
is 'size of RSA' "$(speed -s 2048 | sed 's/.*(//')" 'RSA 2048 bits)'
is 'defaults: one thread, one signature, RSA of 1024 bits' "$(speed | sed 's,[0-9.]* sig/s,N sig/s,')" \
	'1 threads, 1 signatures per thread, N sig/s (RSA 1024 bits)'
ok 'progress goes to stderr' grep -q 'generating a key' "$T/err"
is 'no key is left in the token' "$(keys)" '0 keys found.'
is 'none in the folder' "$(ls -A "$T/keys")" ''

# TERM to the parent alone stops its processes, and the key goes too.
hsmspeed --token test --pin-file "$T/pin" -a 13 -t 2 -i 100000000 >"$T/out" 2>"$T/err" &
pid=$!
n=0
until grep -q 'signing, 2 processes' "$T/err" || [ $n -gt 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
sleep 0.2
kill -TERM "$pid"
wait "$pid"
is 'after TERM: status' $? 3
is 'after TERM: no key' "$(keys)" '0 keys found.'
is 'after TERM: no result' "$(cat "$T/out")" ''
ok 'after TERM: it says so' grep -q 'hsmspeed: interrupted' "$T/err"

rejects 2 "no algorithm '9'" hsmspeed --dir "$T/keys" -a 9
rejects 2 '-t 1 to 1024' hsmspeed --dir "$T/keys" -t 0
rejects 2 '-t 1 to 1024' hsmspeed --dir "$T/keys" -t 1025
rejects 2 'a multiple of 8' hsmspeed --dir "$T/keys" -s 1030
rejects 2 'takes no operands' hsmspeed --dir "$T/keys" x
rejects 2 'no token' hsmspeed --token nosuch --pin-file "$T/pin"
done_testing

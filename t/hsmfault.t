#!/bin/sh
# Key files when system calls fail: each read, write, open, fsync, rename and
# allocation in turn.  A key is there whole or not at all, what is told is true,
# and nothing half-done is left behind.
. t/lib.sh
SHIM=$PWD/${BUILD:-build/release}/t/faultio.so
[ -e "$SHIM" ] || skip_all "no $SHIM: make check builds it"
ldd "$(command -v hsmutil)" | grep -q libasan && skip_all 'the sanitizer wants to be preloaded first'
hsmutil --dir "$T/keys" init >/dev/null
openssl genpkey -algorithm ED25519 -out "$T/o.pem" 2>/dev/null
want=$(hsmutil dnskey "file:$T/o.pem" x)

whole() { # every file in the folder is a whole key
	for f in "$T"/keys/* "$T"/keys/.[!.]*; do
		[ -e "$f" ] || continue
		case $f in *.pem) ;; *) echo "left: $f"; continue ;; esac
		[ "$(hsmutil dnskey "file:$f" x 2>&1)" = "$want" ] || echo "not whole: $f"
	done
}

# verdict FAULT VERB...: run it once with that fault
run() {
	fault=$1
	shift
	env LD_PRELOAD="$SHIM" FAULTIO="$fault" FAULTIO_PROGRAM=hsmutil hsmutil --dir "$T/keys" "$@" >"$T/out" 2>"$T/err"
}

# How often each is called when nothing fails.
env LD_PRELOAD="$SHIM" FAULTIO_COUNT="$T/counts" FAULTIO_PROGRAM=hsmutil \
	hsmutil --dir "$T/keys" import "$T/o.pem" --id aa >/dev/null
total=0
failed=0
bad=
for call in read write open close fsync rename stat alloc; do
	calls=$(awk -v c=$call '$1 == c { print $2 }' "$T/counts")
	[ "${calls:-0}" -le 12 ] || calls=12
	n=0
	while n=$((n + 1)); [ "$n" -le "${calls:-0}" ]; do
		rm -f "$T"/keys/*
		run "$call:$n:EIO" import "$T/o.pem" --id aa
		status=$?
		total=$((total + 1))
		left=$(whole)
		[ -z "$left" ] || bad="$bad $call:$n($left)"
		if [ "$status" = 0 ]; then
			[ "$(cat "$T/out")" = aa ] && [ -e "$T/keys/aa.pem" ] || bad="$bad $call:$n(lied)"
		else
			failed=$((failed + 1))
			[ "$status" = 3 ] || [ "$status" = 2 ] || bad="$bad $call:$n(exit $status)"
			grep -q '^hsmutil: ' "$T/err" || bad="$bad $call:$n(silent)"
		fi
	done
done
is "import: $total faults, what went wrong" "$bad" ''
is 'some of them made it fail' "$([ "$failed" -gt 8 ] && echo yes || echo "$failed")" yes

bad=
for n in 1 2 3; do
	for call in write fsync rename; do
		rm -f "$T"/keys/*
		run "$call:$n:KILL" import "$T/o.pem" --id aa
		status=$?
		# Killed between: a file that was written aside may be left, a key not.
		for f in "$T"/keys/*.pem; do
			[ -e "$f" ] || continue
			[ "$(hsmutil dnskey "file:$f" x 2>&1)" = "$want" ] || bad="$bad $call:$n($f)"
		done
		is "killed at $call $n: list works" "$(hsmutil --dir "$T/keys" list >/dev/null 2>&1 && echo yes)" yes
	done
done
is 'killed: a key is whole or not there' "$bad" ''

rm -f "$T"/keys/*
hsmutil --dir "$T/keys" import "$T/o.pem" --id aa >/dev/null
run write:1:ENOSPC list
is 'a full disk under stdout' "$? $(grep -c 'stdout' "$T/err")" '3 1'
run fsync:1:EIO remove aa
is 'a removal that may not last' "$? $(grep -c 'keys: fsync' "$T/err")" '3 1'

# A signature in a process that has no memory left ends in an error, not a crash.
bad=
n=0
while n=$((n + 1)); [ "$n" -le 40 ]; do
	env LD_PRELOAD="$SHIM" FAULTIO="alloc:$((n * 37)):ENOMEM" hsmutil dnskey "file:$T/o.pem" x >"$T/out" 2>"$T/err"
	status=$?
	case $status in
	0) [ "$(cat "$T/out")" = "$want" ] || bad="$bad $n(wrong)" ;;
	1 | 2 | 3) [ -s "$T/out" ] && bad="$bad $n(output and $status)" ;;
	*) bad="$bad $n(exit $status)" ;;
	esac
done
is 'no memory: what went wrong' "$bad" ''
done_testing

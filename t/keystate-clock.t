#!/bin/sh
# keystate clock: what a kernel says of its clock.
. t/lib.sh
. t/keystate.sh
CC=${CC:-gcc}
command -v "${CC%% *}" >/dev/null || skip_all 'no compiler for t/noclock.c'
# shellcheck disable=SC2086 # it may have options
ok 'the kernel to be' $CC -O1 -shared -fPIC -o "$T/noclock.so" t/noclock.c
ks_installation
ks_key_files
ok 'setup' ks -q setup
EPERM=1 ENOSYS=38
with() { # NOCLOCK COMMAND...
	errno=$1
	shift
	NOCLOCK=$errno ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" LD_PRELOAD="$T/noclock.so" "$@"
}
rejects 3 'the clock is not synchronised: start NTP' with 0 keystate clock
# A container's clock is its host's: a warning, not a refusal.
for answer in "$EPERM (Operation not permitted)" "$ENOSYS (Function not implemented)"; do
	ok "no answer: ${answer#* }" with "${answer%% *}" keystate clock
	with "${answer%% *}" keystate clock 2>"$T/err" >/dev/null
	is 'which is told' "$(grep -cF "does not say whether the clock is synchronised ${answer#* }" "$T/err")" 1
done
with $EPERM resign -c "$T/etc/conf.xml" 2>"$T/err"
is 'resign goes on' $? 0
is 'and tells it once' "$(grep -c 'does not say whether' "$T/err")" 1
with $EPERM resign -c "$T/etc/conf.xml" --accept-clock 2>"$T/err"
is 'not with --accept-clock' "$? $(grep -c 'does not say whether' "$T/err")" '0 0'
done_testing

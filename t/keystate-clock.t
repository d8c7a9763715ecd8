#!/bin/sh
# keystate clock: only a kernel that says so has a clock that is right.
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
rejects 3 'does not say whether .*\(Operation not permitted\).*--now' with $EPERM keystate clock
rejects 3 'does not say whether .*\(Function not implemented\)' with $ENOSYS keystate clock
rejects 3 'does not say whether .*\(Operation not permitted\)' with $EPERM resign -c "$T/etc/conf.xml"
ok 'with --now it goes by that' with $EPERM resign -c "$T/etc/conf.xml" --now "$(date +%s)"
ok 'with --accept-clock by the clock' with $EPERM keystate clock --accept-clock
done_testing

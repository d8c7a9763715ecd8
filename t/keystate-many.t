#!/bin/sh
# A pass over many zones that changes nothing: it writes nothing, and its memory grows so slowly that
# 10,000 zones with 40,000 keys stay below 100 MB (t/bench/keystate measures those, and the time).
. t/lib.sh
. t/keystate.sh
. t/many.sh
ks_installation
ZONES=2500
ok "$ZONES zones with four keys each" ks_many $ZONES || done_testing
is 'as many keys are in the database' "$(grep -vc '^;' "$T/state/keys.db")" $((4 * ZONES))
is 'and as many signconfs written' "$(find "$T/state/signconf" -name '*.example.com.xml' | wc -l)" $ZONES

# Files, their contents and when they were written.
state() {
	find "$T/state" -type f -printf '%P %i %s %T@\n' | sort
	cat "$T/state"/*.db | cksum
}
state >"$T/before"
pass='keystate -q -c "$T/etc/conf.xml" enforce --now 20260106000002'
eval "$pass" >"$T/out" 2>&1
is 'nothing is said' "$?$(cat "$T/out")" 0
state >"$T/after"
same 'and nothing written' "$T/before" "$T/after"

export T
if ldd "$BIN/keystate" | grep -q libasan; then
	echo '# memory: the sanitizers have their own'
else
	base=$(t/bench/measure 'keystate clock --now 20260106000002 >/dev/null' | cut -d' ' -f2)
	kb=$(t/bench/measure "$pass" | cut -d' ' -f2)
	many=$((base + (kb - base) * 10000 / ZONES))
	ok "$kb KB, of which $base KB are no zone's: $many KB for 10,000 zones, at most 102400" \
		test "$kb" -gt "$base" -a "$many" -le 102400
fi

# One zone among many gets what it lacks, whether asked for alone or not.
ks zone add -z alone.example >/dev/null
ok 'one new zone' ks enforce -q --zone alone.example --now 20260106000003
is 'has its keys' "$(grep '^alone\.example' "$T/state/keys.db" | cut -f2,13 | sort | tr '\t\n' '  ')" 'KSK publish ZSK active ZSK publish '
is 'and no other zone got one' "$(grep -vc '^;' "$T/state/keys.db")" $((4 * ZONES + 3))
done_testing

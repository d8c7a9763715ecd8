#!/bin/sh
# resign under a clock that jumps: what is published is valid by the true time all along, and by the clock's.
. t/lib.sh
. t/keystate.sh
. t/resign.sh
ks_installation
zones='one.example two.example'
day=86400
start=$(date +%s)
sed -i "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|" "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
ok 'setup' ks setup
mkdir -p "$T/state/unsigned" "$T/state/signed"
edit() { # WORD: a change for one.example
	echo "$1 A 192.0.2.3" >>"$T/state/unsigned/one.example"
	touch -d '1 minute ago' "$T/state/unsigned/one.example"
}
rs() { # MOMENT [OPTION...]
	moment=$1
	shift
	resign -c "$T/etc/conf.xml" --now "$moment" "$@"
}
published() { grep -q "^$1\.one\.example.*RRSIG" "$T/state/signed/one.example"; }

for z in $zones; do
	p=default
	[ $z = one.example ] || p=nsec3
	ks_zone $z
	ks zone add -z $z -p $p >"$T/out" 2>&1 || cat "$T/out"
done
ok 'the first run' rs $start
ok 'sound' sound $start
cp -a "$T/state" "$T/state.0" && cp -a "$T/tokens" "$T/tokens.0"
anew() {
	rm -rf "$T/state" "$T/tokens" "$T"/serial.*
	cp -a "$T/state.0" "$T/state" && cp -a "$T/tokens.0" "$T/tokens"
}

# One run by a clock that is wrong, the next by one that is right again.
for jump in 3600 $((20 * 3600)) $((3 * day)) $((365 * day)) -3600 $((-365 * day)); do
	anew
	now=$((start + 600))
	edit wrong
	case $jump in
	3600 | 72000) ok "$jump: a late pass is believed" rs $((now + jump)) ;;
	*) rejects 3 'the clock is not believed: the publication counts once it is' rs $((now + jump)) ;;
	esac
	ok "$jump: the change is published" published wrong
	ok "$jump: good at the true time" sound $now
	ok "$jump: and by the clock" sound $((now + jump))
	case $jump in
	3600 | 72000) # it stays wrong
		for step in 600 12000; do
			edit "wrong-$step"
			ok "$jump: and wrong still after $step" rs $((now + step + jump))
			ok "$jump: published" published "wrong-$step"
			ok "$jump: good at the true time" sound $((now + step))
			ok "$jump: and by the clock" sound $((now + step + jump))
		done
		now=$((now + step))
		;;
	esac
	now=$((now + 600))
	edit right
	case $jump in
	3600 | 72000)
		rejects 3 'the clock jumped: no key changes its state before a pass at' rs $now
		ok "$jump: good" sound $now
		now=$((now + 3600))
		[ $jump = 3600 ] || rejects 3 'the publication counts once it is' rs $now
		now=$((now + 60))
		;;
	esac
	ok "$jump: the run after it" rs $now
	ok "$jump: the next change is published" published right
	ok "$jump: good again" sound $now
	is "$jump: and nothing is left to do" "$(rs $((now + 60)) -n 2>&1)" ''
	for z in $zones; do
		is "$jump: $z: its serial is known" "$(awk -F '\t' -v z=$z '$1 == z { print $7 }' "$T/state/zone.db")" "$(serial $z)"
	done
	edit last
	ok "$jump: a change as ever" rs $((now + 120))
	ok "$jump: published, good" sound $((now + 120))
done

# A clock that was wrong for so long that it was believed.
for jump in $((20 * day)); do
	anew
	now=$((start + 600))
	edit wrong
	rejects 3 "the clock jumped" rs $((now + jump))
	now=$((now + 3660))
	rejects 3 'the publication counts once it is' rs $((now + jump)) # its own reconcile comes before the pass
	ok "$jump: an hour later it is believed" rs $((now + jump + 60))
	edit wronger
	ok "$jump: as ever" rs $((now + jump + 120))
	# Set right.
	now=$((now + 120))
	rejects 3 'the clock jumped' rs $now
	ok "$jump, set right: good at once" sound $now
	ok "$jump: and by the other clock" sound $((now + jump))
	now=$((now + 3660))
	rejects 3 'the publication counts once it is' rs $now
	ok "$jump: an hour later that is believed" rs $((now + 60))
	ok "$jump: good" sound $now
	is "$jump: nothing is left to do" "$(rs $((now + 120)) -n 2>&1)" ''
done
anew
edit wrong
rs $((start + 20 * day)) --accept-clock 2>"$T/err"
ok 'a person who was wrong, and knows it' rs $((start + 600)) --accept-clock
ok 'good' sound $((start + 600))

# Nobody knows what to make of this one.
for jump in $((9999 * day)) $((-9999 * day)); do
	anew
	edit wrong
	cksum "$T"/state/signed/* >"$T/before"
	rejects 3 'it says .*, and the last pass was at .*: nothing is signed; set it right' rs $((start + jump))
	cksum "$T"/state/signed/* >"$T/after"
	same "$jump: nothing is touched" "$T/after" "$T/before"
	ok "$jump: the run after it" rs $((start + 600))
	ok "$jump: published" published wrong
done
done_testing

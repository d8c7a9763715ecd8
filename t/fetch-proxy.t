#!/bin/sh
# Between fetch-zone and its master a proxy cuts, reorders, doubles, delays and
# alters: no such transfer is ever taken, and what we have stays.
# FETCH_STEP: every how many octets (1: all of them, minutes).
. t/lib.sh
. t/masters.sh
for p in knotd named nsd kdig perl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done
step=${FETCH_STEP:-37}

for kind in knotd named nsd; do
	mkdir -p "$T/$kind"
	zone_file 40 10 >"$T/$kind/zone"
	eval "p_$kind=$(port)"
	eval "\"start_$kind\" $kind \$p_$kind" || skip_all "$kind does not start"
done
proxy=$(port)
M=$T/mode
echo pass >"$M"
start_proxy() { # MASTER-PORT
	perl t/xfr-proxy.pl "$proxy" "$1" "$M" &
	PIDS="$PIDS $!"
	proxy_pid=$!
	for i in $(seq 1 100); do
		kdig +short +time=1 +retry=0 @127.0.0.1 -p "$proxy" example. SOA 2>/dev/null | grep -q . && return
		sleep 0.05
	done
}
stop_proxy() {
	kill $proxy_pid
	wait $proxy_pid 2>/dev/null
}

# A transfer through the proxy in that mode; prints "taken" if a file came.
try() { # MODE...
	echo "$@" >"$M"
	fetch-zone --timeout 2 -c "$F/conf.xml" "$Z" >"$T/out" 2>"$T/err"
	echo "$? $*" >>"$T/exits"
	[ ! -e "$F/$Z.axfr" ] || {
		echo "taken: $*"
		cmp -s "$F/$Z.axfr" "$T/whole" || echo "AND CHANGED: $*"
		rm -f "$F/$Z.axfr" "$F/$Z.fetch"
	}
}

for kind in knotd named nsd; do
	# nsd's messages are like knotd's: a fifth of the places will do.
	[ $kind != nsd ] || [ "$step" = 1 ] || step=$((step * 5))
	eval "start_proxy \$p_$kind"
	for how in signed open; do
		F=$T/f-$kind-$how
		Z=example
		alg=hmac-sha256
		[ $how = signed ] || { Z=open.example; alg=none; }
		fetch_conf "$F" "$proxy" $alg $KEY_SECRET
		what="$kind, $how"
		: >"$T/exits"
		rm -f "$M.log"
		echo pass >"$M"
		ok "$what: through the proxy" fetch-zone -c "$F/conf.xml" $Z
		mv "$F/$Z.axfr" "$T/whole"
		rm -f "$F/$Z.fetch"
		for i in $(seq 1 40); do [ -s "$M.log" ] && break || sleep 0.05; done
		size=$(tail -n 1 "$M.log")
		is "$what: delayed, octet by octet" "$(try delay)" 'taken: delay'

		: >"$T/exits"
		n=0
		while [ $n -lt "$size" ]; do
			try cut $n
			n=$((n + step))
		done >"$T/taken"
		try cut $((size - 1)) >>"$T/taken"
		is "$what: cut at every ${step}th of $size octets" "$(cat "$T/taken")" ''
		is "$what: and it says that it was" "$(grep -cv '^3' "$T/exits")" 0
		is "$what: no file is left" "$(ls "$F" | grep -c "^$Z")" 0
		is "$what: lost message" "$(try drop 0)" ''
		is "$what: doubled message" "$(try dup 0 | grep -v '^taken: dup 0$')" ''
		is "$what: garbage" "$(try garbage)" ''
		is "$what: stalled" "$(try stall $((size / 2)))" ''
		is "$what: stalled is a time-out" "$(grep -c 'no answer in time' "$T/err")" 1
		[ $how = signed ] || continue
		: >"$T/exits"
		n=0
		while [ $n -lt "$size" ]; do
			# An odd mask: the case of a name is not all that changes.
			try flip $n $((1 + 2 * (n % 127)))
			n=$((n + step))
		done >"$T/taken"
		is "$what: changed at every ${step}th of $size octets" "$(cat "$T/taken")" ''
		is "$what: refused each time" "$(grep -c '^0' "$T/exits")" 0
	done
	stop_proxy
done

# A zone of many messages, of which some change places.
zone_file 8000 11 >"$T/knotd/zone"
reload knotd 11
start_proxy "$p_knotd"
F=$T/f-knotd-signed
Z=example
for mode in 'swap 0' 'swap 1' 'swap 2' 'drop 1' 'drop 3' 'dup 0' 'dup 2'; do
	is "knotd, signed, large: $mode" "$(try $mode)" ''
done
F=$T/f-knotd-open
Z=open.example
sed 's/example\./open.example./g' "$T/knotd/zone" >"$T/knotd/open"
kill -HUP "$PID_knotd"
for mode in 'swap 0' 'dup 0'; do
	is "knotd, open, large: $mode" "$(try $mode)" ''
done
# Slow as it likes, but not for ever.
F=$T/f-knotd-signed
Z=example
echo slow 100 >"$M"
rejects 3 'takes too long' fetch-zone --timeout 5 --longest 1 -c "$F/conf.xml" example

# A version that is there stays: file and state.
echo pass >"$M"
ok 'a whole one' fetch-zone -c "$F/conf.xml" example
cp -p "$F"/example.* "$T"
zone_file 8000 12 | sed 's/ns2.other/ns3.other/' >"$T/knotd/zone"
reload knotd 12
for mode in 'cut 100' 'cut 5000' 'flip 60 5' garbage; do
	echo "$mode" >"$M"
	fetch-zone --timeout 2 -c "$F/conf.xml" example 2>/dev/null
	same "$mode: what was there stays" "$F/example.axfr" "$T/example.axfr"
	same "$mode: and what is known of it" "$F/example.fetch" "$T/example.fetch"
done
stop_proxy
done_testing

#!/bin/sh
# IXFR: chains of 100 steps from knotd, named and nsd; what makes fetch-zone
# ask for the whole zone instead.
. t/lib.sh
. t/masters.sh
for p in knotd named nsd kdig perl nsupdate; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done

# Step K of a zone: records come, go, come again, change TTL and order.
step_records() { # K
	awk -v k="$1" 'BEGIN {
		for (i = 0; i < 20; i++) if ((k + i) % 7 < 4) print "r" i " 3600 A 192.0.2." i
		print "ttl " 100 + k % 3 " AAAA 2001:db8::99"
		print "step 3600 TXT \"" k "\""
		print "k" k " 3600 CNAME step.example."
		if (k % 10 == 5) print "deep.er.k" k % 20 " 3600 MX 5 step.example."
		print "@ 3600 NS ns" k % 4 ".steps.test."
	}'
}
step_zone() { # K
	zone_file 2000 $((1000 + $1))
	step_records "$1"
}
# The step from K - 1 to K as a dynamic update.
step_update() { # K
	step_records $(($1 - 1)) >"$T/was"
	step_records "$1" >"$T/is"
	diff "$T/was" "$T/is" | sed -n 's/^\([<>]\) @ /\1 example. /; s/^\([<>]\) \([^ .]*\|deep[^ ]*\) /\1 \2.example. /
		s/^< \([^ ]*\) [0-9]* /update delete \1 /p; s/^> /update add /p'
	echo send
}
for kind in knotd named nsd; do
	mkdir -p "$T/$kind"
	step_zone 0 >"$T/$kind/zone"
	P=$(port)
	UPDATES=1
	"start_$kind" "$kind" "$P" || skip_all "$kind does not start"
	F=$T/f-$kind
	fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET
	fetch-zone -c "$F/conf.xml" example >"$T/out"
	is "$kind: the first one is whole" "$(cut -f 2,4 "$T/out")" "1000	axfr"
	# signed and moved, as resign does
	mv "$F/example.axfr" "$F/example"
	mkdir "$T/mid-$kind"
	if [ "$kind" = nsd ]; then
		for k in $(seq 1 100); do
			step_zone "$k" >"$T/$kind/zone"
			reload "$kind" $((1000 + k)) || break
			[ "$k" != 1 ] || fetch-zone -c "$F/conf.xml" example >"$T/one"
		done
	else
		# the serial rises by one with each update
		for k in 1 $(seq 2 100); do
			[ "$k" != 1 ] || printf 'server 127.0.0.1 %s\nkey hmac-sha256:key. %s\nzone example.\n' "$P" $KEY_SECRET
			step_update "$k"
		done >"$T/updates"
		sed '/^send/q' "$T/updates" | nsupdate || echo "# nsupdate failed"
		fetch-zone -c "$F/conf.xml" example >"$T/one"
		{
			head -n 3 "$T/updates"
			sed '1,/^send/d' "$T/updates"
		} | nsupdate || echo "# nsupdate failed"
	fi
	cp -p "$F"/example* "$T/mid-$kind"
	cp -p "$F/example.axfr" "$F/example"
	is "$kind: one step" "$(cut -f 2,4 "$T/one")" "1001	ixfr"
	served "$P" example. "hmac-sha256:key.:$KEY_SECRET" >"$T/want"
	rm -f "$F"/example.axfr
	fetch-zone -v -c "$F/conf.xml" example >"$T/out" 2>"$T/err"
	is "$kind: 99 steps from the file that resign moved" "$(cut -f 2,4 "$T/out")" "1100	ixfr"
	sed 's/^/# /' "$T/err"
	records <"$F/example.axfr" >"$T/got"
	same "$kind: equal, record for record" "$T/got" "$T/want"
	cp "$F/example.axfr" "$T/$kind-by-ixfr"
	rm -f "$F"/example*
	fetch-zone -c "$F/conf.xml" example >/dev/null
	same "$kind: the same file as by AXFR" "$T/$kind-by-ixfr" "$F/example.axfr"
done

# --- with knotd -------------------------------------------------------------
F=$T/f-knotd
P=$PORT_knotd
restore() {
	rm -f "$F"/example*
	cp -p "$T/mid-knotd"/example.axfr "$T/mid-knotd"/example.fetch "$F"
}
restore
fetch-zone --axfr -c "$F/conf.xml" example >"$T/out"
is '--axfr' "$(cut -f 4 "$T/out")" axfr
restore
touch "$F/example.axfr"
fetch-zone -c "$F/conf.xml" example >"$T/out"
is 'an edited file is no base for differences' "$(cut -f 4 "$T/out")" axfr

# Same size and time, other content: the differences do not fit, and it shows.
for edit in 's/^r1\.example\.\(.*\)A\t192.0.2.1$/q1.example.\1A\t192.0.2.1/' \
	's/192.0.2.9$/192.0.2.8/' 's/"1"/"2"/'; do
	restore
	sed "$edit" "$F/example.axfr" >"$T/edited"
	touch -r "$F/example.axfr" "$T/edited"
	cmp -s "$T/edited" "$F/example.axfr" && echo "# nothing edited by $edit"
	cp -p "$T/edited" "$F/example.axfr"
	fetch-zone -v -c "$F/conf.xml" example >"$T/out" 2>"$T/err"
	is 'differences that do not fit' "$(cut -f 4 "$T/out") $(grep -c 'IXFR: .*in the differences, but we' "$T/err")" 'axfr 1'
	same 'whole again' "$F/example.axfr" "$T/knotd-by-ixfr"
done

# A master that no longer has our version answers with the whole zone.
restore
kill "$PID_knotd"
wait "$PID_knotd" 2>/dev/null
rm -rf "$T/knotd/journal"
step_zone 100 >"$T/knotd/zone"
start_knotd knotd "$P"
fetch-zone -c "$F/conf.xml" example >"$T/out"
is 'no journal: an IXFR is answered with the whole zone' "$(cut -f 2,4 "$T/out")" "1100	axfr"
done_testing

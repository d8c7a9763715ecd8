#!/bin/sh
# resign and its filters killed at random moments: what is published stays whole, and the next run goes on.
# KILL_ROUNDS=N: more of them (make soak).
. t/lib.sh
. t/keystate.sh
. t/resign.sh
ks_installation
NOW=$(($(date +%s) - 86400)) # time goes by faster than here, and ldns judges by the true one
rs() { resign -c "$T/etc/conf.xml" --now "$NOW" "$@"; }
sed -i "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|" "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
ok 'setup' ks setup
mkdir -p "$T/state/unsigned" "$T/state/signed"
zones='one.example two.example three.example'
for z in $zones; do
	{
		printf '$TTL 3600\n@ SOA ns h 1 7200 3600 604800 300\n@ NS ns\nns A 192.0.2.1\n'
		seq 300 | sed 's/.*/h& A 192.0.2.2/'
	} >"$T/state/unsigned/$z"
	touch -d '1 minute ago' "$T/state/unsigned/$z"
	p=default
	[ $z != two.example ] || p=nsec3
	ks zone add -z $z -p $p >"$T/out" 2>&1 || cat "$T/out"
done
ok 'the first run' rs
ok 'sound' sound

# How long a run takes here: the moments are spread over it.
edit() { # WORD: a change for each zone
	NOW=$((NOW + 60))
	for z in $zones; do
		echo "$1 A 192.0.2.3" >>"$T/state/unsigned/$z"
		touch -d '1 minute ago' "$T/state/unsigned/$z"
	done
}
edit whole
began=$(date +%s%N)
ok 'a run that is left alone' rs
length=$((($(date +%s%N) - began) / 1000000))
echo "# a run takes $length ms"

# Living ones: nobody may be there to reap what the dead left.
alive() { pgrep -r D,R,S,T -g "$group" "$@" >/dev/null; }
random() { awk -v i=$i -v most=$(($1)) 'BEGIN { srand(i); printf "%.3f", rand() * most / 1000 }'; }

filters='read-zone sort-zone keep-input set-serial add-nsec add-nsec3 sign-rrsets write-zones audit-zone keystate resign'
kinds=$(echo "$filters" | wc -w)
i=0 all=0 all_hit=0 one=0 one_hit=0
while [ $i -lt "${KILL_ROUNDS:-25}" ]; do
	i=$((i + 1))
	edit new$i
	setsid resign -c "$T/etc/conf.xml" --now "$NOW" >"$T/killed" 2>&1 9>&- &
	group=$!
	case $((i % 3)) in
	0)
		one=$((one + 1))
		who=$(echo "$filters" | cut -d' ' -f$((i / 3 % kinds + 1)))
		until alive -x "$who" || ! alive; do :; done
		sleep "$(random length/20)"
		pkill -9 -g $group -x "$who"
		;;
	*)
		all=$((all + 1))
		who='all of them'
		sleep "$(random length*6/10)"
		kill -s KILL -- "-$group"
		;;
	esac
	wait $group 2>/dev/null
	rc=$?
	case $who,$rc in
	'all of them,137') all_hit=$((all_hit + 1)) ;;
	*,0) ;;
	*) one_hit=$((one_hit + 1)) ;;
	esac
	while alive; do sleep 0.05; done
	ok "round $i, $who, status $rc: sound" sound
	NOW=$((NOW + 60))
	ok "round $i: the next run" rs
	ok "round $i: it publishes the change" sh -c 'for z; do
		grep -q "^new'$i'\..*RRSIG" "$z" || { echo "$z"; exit 1; }; done' sh \
		"$T/state/signed/one.example" "$T/state/signed/two.example" "$T/state/signed/three.example"
done
echo "# in time: $all_hit of $all whole runs, $one_hit of $one filters"
# Some end in time: a machine that is less busy than a moment ago is faster.  None at all: the kill is broken.
ok 'runs were killed before their end' test $((all_hit * 3)) -ge $all
ok 'and filters' test $((one_hit * 8)) -ge $one
ok 'sound at last' sound
is 'nothing is left behind' "$(ls -A "$T/state/tmp"; ls "$T/state/signed" | grep -c '\.new$')" 0
done_testing

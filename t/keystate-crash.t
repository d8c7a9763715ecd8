#!/bin/sh
# kill -9 as a system call is entered, each one of those that can change a file and a sample of the others: the
# database parses, no key is lost, no state is ahead of its evidence, the next run repairs the rest.
# KILL_AT=all: each one (make soak); KILL_FROM=N: from that one; KILL_ONLY=enforce, zone or import.
# KILL_SEED=N: that sample again.
. t/lib.sh
. t/keystate.sh
KILLAT=${BUILD:-build/release}/t/killat
[ -x "$KILLAT" ] || skip_all "no $KILLAT: make check builds it"
"$KILLAT" 100000 true 2>/dev/null || skip_all 'ptrace is not permitted here'
ks_installation
# keys in files: few system calls, and all of them keystate's own
ks_key_files
seed=${KILL_SEED:-$$}

# One zone is published, one was never; of a third there are no keys yet.
ks -q setup
ks zone add -z old.example >/dev/null
ks zone add -z unseen.example >/dev/null
ks_zone old.example
ks_publish 20260101000000 >"$T/out" 2>&1
ks zone add -z fresh.example >/dev/null
LATER=20260102000000 # old.example's KSK becomes ready; unseen.example's must not
known=$(grep -v '^;' "$T/state/keys.db" | cut -f3)

save() { # TO: as things stand
	rm -rf "$T/$1"
	mkdir "$T/$1"
	cp -a "$T/state" "$T/etc" "$T/keys" "$T/$1"
}
restore() {
	rm -rf "$T/state" "$T/etc" "$T/keys"
	cp -a "$T/before/state" "$T/before/etc" "$T/before/keys" "$T"
}

# known_rows FOLDER: what keys.db there says of the keys that were known before, evidence and all.
known_rows() { grep -F "$known" "$T/$1/keys.db"; }

# outcome: all that a run leaves but for what is random (ids, tags, public keys, digests), and what it left behind.
outcome() {
	awk -F'\t' -v OFS='\t' '
	FILENAME ~ /keys\.db$/ && !/^;/ { for (i = 1; i <= NF; i++) if (i == 3 || i == 6 || length($i) > 60) $i = "*"; print }
	FILENAME ~ /zone\.db$/ && !/^;/ { print $1, $2 }
	FILENAME ~ /xml$/ && !/<Locator>|<!--/ { print }' \
		"$T/state/keys.db" "$T/state/zone.db" "$T/etc/zonelist.xml" "$T/state/signconf/"*.xml | sort
	(cd "$T" && find state etc keys -type f ! -name '*.previous' ! -name '*.pem' | sort)
	[ $copies = no ] || ls "$T/keys" | wc -l
}
then_all() { # the run again, and a pass
	if ks "$@" >"$T/out" 2>&1 || grep -Eq 'is there already|is known already' "$T/out"; then :; else
		echo "$at: the next run: $(cat "$T/out")"
	fi
	ks enforce -q --now $LATER >"$T/out" 2>&1 || echo "$at: the next pass: $(cat "$T/out")"
}

# judge ARGUMENT...: what is there after the kill, and after the next run; prints what is wrong.
judge() {
	ks database check >"$T/out" 2>&1 || echo "$at: check: $(cat "$T/out")"
	for k in $known; do
		[ -s "$T/keys/$k.pem" ] || echo "$at: the private key $k is lost"
	done
	known_rows state >"$T/rows"
	cmp -s "$T/rows" "$T/rows.before" || cmp -s "$T/rows" "$T/rows.after" ||
		{ echo "$at: neither as before nor as after the run:"; diff "$T/rows.before" "$T/rows"; }
	# the signconf follows the database
	awk -F'[\t<>]' -v at="$at" 'FILENAME ~ /db$/ { known[$3] } /<Locator>/ && !($3 in known) {
		print at ": " FILENAME ": key " $3 " is not in keys.db" }' "$T/state/keys.db" "$T"/state/signconf/*.xml
	then_all "$@"
	outcome >"$T/outcome"
	cmp -s "$T/outcome" "$T/outcome.whole" ||
		{ echo "$at: not as after a whole run:"; diff "$T/outcome.whole" "$T/outcome"; }
}

untouched() {
	diff -rq "$T/before/state" "$T/state" && diff -rq "$T/before/keys" "$T/keys" && diff -rq "$T/before/etc" "$T/etc"
} >/dev/null

# kill_at OPTION N ARGUMENT...: false if there was no N-th call.
kill_at() {
	how="$1 $2"
	shift 2
	"$KILLAT" $how keystate -c "$T/etc/conf.xml" "$@" >"$T/out" 2>&1
	rc=$?
	[ $rc = 0 ] || [ $rc = 137 ] || echo "call $how: exit $rc: $(cat "$T/out")" >>"$T/bad"
	[ $rc = 137 ] || { restore; return 1; }
	killed=$((killed + 1))
	at="call $how"
	if untouched; then # judged once
		[ -z "$judged" ] || return 0
		judged=yes
	else
		changed=$((changed + 1))
	fi
	judge "$@" >>"$T/bad"
	restore
}

crashes() { # WHAT ARGUMENT...: keystate ARGUMENT... killed
	what=$1
	shift
	restore
	known_rows state >"$T/rows.before"
	ks "$@" >"$T/out" 2>&1 || sed 's/^/# /' "$T/out"
	known_rows state >"$T/rows.after"
	at='the whole run' then_all "$@" >"$T/bad"
	outcome >"$T/outcome.whole"
	restore
	killed=0 changed=0 judged= n=${KILL_FROM:-1}
	if [ "${KILL_AT:-}" = all ]; then
		while kill_at '' $n "$@"; do n=$((n + 1)); done
		least=60
	else
		while kill_at -c $n "$@"; do n=$((n + 1)); done
		least=$((killed + 1))
		for n in $(awk -v seed=$seed 'BEGIN { srand(seed); for (i = 0; i < 10; i++) print 1 + int(rand() * 300) }'); do
			kill_at '' $n "$@"
		done
	fi
	[ ! -s "$T/bad" ] && [ $killed -ge $least ] && [ $changed -ge 10 ]
	tap_result $? "$what: killed at $killed calls, $changed of them behind a change, seed $seed" || sed 's/^/# /' "$T/bad" | head -n 20
}

save before
copies=no # a key made by a run that was killed stays in its folder, unknown
[ -n "${KILL_ONLY:-}" ] && [ "$KILL_ONLY" != enforce ] || crashes enforce enforce -q --now $LATER
[ -n "${KILL_ONLY:-}" ] && [ "$KILL_ONLY" != zone ] || crashes 'zone add' zone add -z new.example
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/k.pem" 2>/dev/null
chmod 600 "$T/k.pem"
copies=counted # but one that is imported again is there once
[ -n "${KILL_ONLY:-}" ] && [ "$KILL_ONLY" != import ] || crashes 'key import' \
	key import -z old.example -r SoftHSM -t ZSK -e publish -g 13 --from "$T/k.pem" --now 20260101000100
done_testing

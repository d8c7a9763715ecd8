#!/bin/sh
# kill -9 at every system call that changes something: the database parses, no
# key is lost, nothing half done is left after the next run.  (Between two such
# calls nothing changes, so these are all the places there are.)
. t/lib.sh
. t/keystate.sh
command -v strace >/dev/null || skip_all 'no strace'
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
ks_installation
# keys in files: few system calls, and fsync where a token hides it
sed -i -e '/<Module>/d' -e "s|<TokenLabel>.*|<Directory>$T/keys</Directory>|" -e '/<PINFile>/d' "$T/etc/conf.xml"
CALLS='write rename unlink link ftruncate fchmod mkdir openat'
ks -q setup
ks zone add -z old.example >/dev/null
ks enforce -q --now 20260101000000
cp -a "$T/state" "$T/state.before"
cp -a "$T/etc" "$T/etc.before"
cp -a "$T/keys" "$T/keys.before"
keys_before=$(grep -v '^;' "$T/state/keys.db" | cut -f3 | sort)

restore() {
	rm -rf "$T/state" "$T/etc" "$T/keys"
	cp -a "$T/state.before" "$T/state"
	cp -a "$T/etc.before" "$T/etc"
	cp -a "$T/keys.before" "$T/keys"
}

# crashes WHAT CHECK ARGUMENT...: ks ARGUMENT... killed at each call in turn;
# then CHECK must hold, and again after ARGUMENT... (or REDO) ran to its end.
crashes() {
	what=$1
	check=$2
	shift 2
	killed=0
	: >"$T/bad"
	for call in $CALLS; do
		n=1
		while :; do
			restore
			strace -f -o /dev/null -e trace=$call -e "inject=$call:signal=KILL:when=$n" \
				keystate -c "$T/etc/conf.xml" "$@" >"$T/out" 2>&1
			[ $? = 137 ] || break
			killed=$((killed + 1))
			at="$call $n"
			ks key list >"$T/out" 2>&1 || { echo "$at: does not parse: $(cat "$T/out")" >>"$T/bad"; }
			now=$(grep -v '^;' "$T/state/keys.db" | cut -f3 | sort)
			for k in $keys_before; do
				case $now in *$k*) ;; *) echo "$at: key $k is lost" >>"$T/bad" ;; esac
			done
			ks ${redo:-"$@"} >"$T/out" 2>&1 || grep -q 'is there already' "$T/out" ||
				echo "$at: the next run: $(cat "$T/out")" >>"$T/bad"
			ks enforce -q --now 20260101000200 >"$T/out" 2>&1 ||
				echo "$at: the next pass: $(cat "$T/out")" >>"$T/bad"
			ks database check >"$T/out" 2>&1 || echo "$at: check: $(cat "$T/out")" >>"$T/bad"
			eval "$check" || echo "$at: not as after a whole run" >>"$T/bad"
			left=$(find "$T/state" "$T/etc" -name '*.tmp.*' -o -name zonelist.pending)
			[ -z "$left" ] || echo "$at: left behind: $left" >>"$T/bad"
			n=$((n + 1))
		done
	done
	[ ! -s "$T/bad" ] && [ $killed -ge 10 ]
	tap_result $? "$what: killed at $killed places" || sed 's/^/# /' "$T/bad" | head -n 20
}

zones() {
	grep -v '^;' "$T/state/zone.db" | cut -f1 | tr '\n' ' '
	ks zone list | sed 's/Found Zone: //; s/;.*//' | sort | tr '\n' ' '
}
CALLS='write rename unlink link ftruncate fchmod'
crashes 'zone add' '[ "$(zones)" = "new.example old.example new.example old.example " ]' \
	zone add -z new.example
restore
ks zone add -z gone.example >/dev/null
rm -rf "$T/state.before" "$T/etc.before"
cp -a "$T/state" "$T/state.before"
cp -a "$T/etc" "$T/etc.before"
redo='update zonelist'
crashes 'enforce' '[ "$(grep -c "^gone.example" "$T/state/keys.db")" = 2 ] && [ -s "$T/state/signconf/gone.example.xml" ]' \
	enforce -q --now 20260101000100
redo=
restore
command -v openssl >/dev/null && {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/k.pem" 2>/dev/null
	chmod 600 "$T/k.pem"
	redo='update zonelist'
	crashes 'key import' 'true' key import -z old.example -r SoftHSM -t ZSK -e publish -g 13 --from "$T/k.pem" --now 20260101000100
}
done_testing

# Sourced by t/resign*.t after t/keystate.sh: what is published, in $SIGNED.
: "${SIGNED:=$T/state/signed}"

serial() { # ZONE: of what is published
	sed -n 's/^;end .*sign-rrsets\.serial=\([0-9]*\).*/\1/p' "$SIGNED/$1"
}

# sound [MOMENT]: each of $zones is whole, valid (then, and to audit-zone too), of a serial that does not fall.
sound() {
	at=
	[ $# = 0 ] || at="-t $(date -u -d "@$1" +%Y%m%d%H%M%S)"
	for z in $zones; do
		ldns-verify-zone $at "$SIGNED/$z" >"$T/verdict" 2>&1 || { echo "$z"; cat "$T/verdict"; return 1; }
		[ $# = 0 ] || audit-zone -q --now "$1" "$SIGNED/$z" || return 1
		tail -n 1 "$SIGNED/$z" | grep -q '^;done zones=1 failed=0$' || { echo "$z: cut"; return 1; }
		[ "$(serial $z)" -ge "$(cat "$T/serial.$z" 2>/dev/null || echo 0)" ] || { echo "$z: serial"; return 1; }
		serial $z >"$T/serial.$z"
	done
}

# Sourced by every t/*.t: TAP in sh, and a folder of the test's own.
#   ok 'what' command...            the command succeeds
#   is 'what' "$got" "$want"        equal strings, or the diff is shown
#   rejects STATUS 'regex' command...   that exit status, and stderr says so
#   same 'what' FILE FILE           equal files, or the diff is shown
#   needs_fixtures / skip_all WHY   end the test, saying why
#   token_setup                     a SoftHSM token "test" with PIN 1234 of this test's own
#   done_testing                    last line
set -u
T=$(mktemp -d "${TMPDIR:-/tmp}/zonepipe-t.XXXXXX") || exit 1
[ -n "${KEEP_T:-}" ] || trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
tap_n=0
tap_bad=0

tap_result() { # GOOD WHAT
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
	else
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_n - $2"
	fi
	return "$1"
}

ok() {
	tap_what=$1
	shift
	if "$@" >"$T/ok.out" 2>&1; then
		tap_result 0 "$tap_what"
	else
		tap_result 1 "$tap_what"
		echo "# failed: $*"
		sed 's/^/# /' "$T/ok.out" | head -n 20
	fi
}

is() {
	if [ "$2" = "$3" ]; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		printf '%s\n' "$2" >"$T/is.got"
		printf '%s\n' "$3" >"$T/is.want"
		diff -u "$T/is.want" "$T/is.got" | sed 's/^/# /' | head -n 40
	fi
}

same() {
	if cmp -s "$2" "$3"; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		diff -u "$2" "$3" | sed 's/^/# /' | head -n 40
	fi
}

rejects() {
	tap_want=$1
	tap_re=$2
	shift 2
	"$@" >"$T/rejects.out" 2>"$T/rejects.err"
	tap_got=$?
	if [ "$tap_got" = "$tap_want" ] && grep -Eq -- "$tap_re" "$T/rejects.err"; then
		tap_result 0 "rejects: $tap_re"
	else
		tap_result 1 "rejects: $tap_re"
		echo "# $*: exit $tap_got, want $tap_want; stderr:"
		sed 's/^/# /' "$T/rejects.err" | head -n 10
	fi
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

needs_fixtures() {
	[ -d "$ZONE_FIXTURES" ] || skip_all "no fixtures at $ZONE_FIXTURES (ZONE_FIXTURES)"
}

softhsm_module() {
	for m in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
		[ -e "$m" ] && echo "$m" && return
	done
}

token_setup() {
	mkdir -p "$T/tokens"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' \
		"$T/tokens" >"$T/softhsm2.conf"
	SOFTHSM2_CONF=$T/softhsm2.conf
	ZONEPIPE_LOCKDIR=$T
	MODULE=$(softhsm_module)
	export SOFTHSM2_CONF ZONEPIPE_LOCKDIR
	printf 1234 >"$T/pin"
	chmod 600 "$T/pin"
	softhsm2-util --init-token --free --label test --pin 1234 --so-pin 1234 >/dev/null
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_bad" = 0 ]
	exit
}

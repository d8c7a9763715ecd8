#!/bin/sh
# Days of the whole system, and every hour in which a key or a signature changes its state: t/resign-year
# says what is judged.  YEAR_SEED is another history, YEAR_DAYS another length; the year itself is in t/soak.
. t/lib.sh
lived() { # WHAT OPTIONS...
	what=$1
	shift
	TMPDIR=$T t/resign-year "$@" >"$T/out" 2>&1
	tap_result $? "$what" || sed 's/^/# /' "$T/out" | cut -c 1-400 | tail -n 60
}
lived 'the judges see what is a second too early' --self-test
lived "${YEAR_DAYS:-4} days" --days "${YEAR_DAYS:-4}" --jump 6 --seed "${YEAR_SEED:-1}"
done_testing

#!/bin/sh
# etc/systemd: systemd itself finds nothing to say of the units, and they are hardened.
. t/lib.sh
command -v systemd-analyze >/dev/null || skip_all 'no systemd-analyze'
for f in etc/systemd/*; do
	# man: pages and programs are not installed here.
	sed "s|/usr/local/bin|$PWD/bin|; /^Documentation=/d" "$f" >"$T/${f##*/}"
done
systemd-analyze verify "$T"/zonepipe.timer >"$T/out" 2>&1 || grep -q zonepipe "$T/out" ||
	skip_all "systemd-analyze does not work here: $(head -n 1 "$T/out")"
for f in "$T"/zonepipe*.timer "$T"/zonepipe*.service "$T"/zonepipe*.socket; do
	systemd-analyze verify "$f" >"$T/out" 2>&1
	is "${f##*/}: verified" "$(grep zonepipe "$T/out")" ''
done
for f in etc/systemd/*.service; do
	for path in /var/opendnssec /var/lib/softhsm /run/lock; do
		ok "${f##*/}: may write $path" grep -Eq "^ReadWritePaths=(.* )?-?$path( |\$)" "$f"
	done
	for line in NoNewPrivileges=yes ProtectSystem=strict CapabilityBoundingSet= \
		'SystemCallFilter=@system-service adjtimex clock_adjtime'; do
		ok "${f##*/}: $line" grep -qx "$line" "$f"
	done
	# Of the clock only the question is asked, which ProtectClock would refuse.
	ok "${f##*/}: the clock can be asked" sh -c '! grep -q ^ProtectClock "$1"' sh "$f"
	if systemd-analyze security --offline=yes --no-pager "$f" >"$T/out" 2>&1; then
		ok "${f##*/}: exposure 2.5 at most" systemd-analyze security --offline=yes --threshold=25 --no-pager "$f"
	fi
done
ok 'resign waits for keystate setup' grep -qx 'ConditionPathExists=/var/opendnssec/keys.db' etc/systemd/zonepipe.service
ok "cron too" grep -q "keys.db \] .. resign" etc/cron.d/zonepipe
done_testing

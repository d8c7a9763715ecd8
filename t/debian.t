#!/bin/sh
# debian/: says what the Makefile and lib/version.h say; its timer and cron line wait for keystate setup.
. t/lib.sh
field() { # NAME PACKAGE-PARAGRAPH
	awk -v RS='' -v n="$2" 'NR == n' debian/control | awk -v name="$1" '
		/^[^ ]/ { on = $1 == name ":" } on { sub(/^[^ ]*: */, ""); print }' |
		tr ',' '\n' | sed 's/(.*//; s/[[:space:]]//g; /^$/d' | sort
}
field Build-Depends 1 | grep -v '^debhelper-compat$' >"$T/control"
printf 'all:\n\t@echo $(DEPS_BUILD)\ninclude Makefile\n' >"$T/deps.mk"
make -s -f "$T/deps.mk" all 2>/dev/null | tr ' ' '\n' | sort >"$T/makefile"
same 'Build-Depends are what make deps installs' "$T/control" "$T/makefile"
is 'the version' "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" "$(sed -n 's/.*ZONEPIPE_VERSION "\(.*\)"/\1/p' lib/version.h)"
for p in opendnssec-common opendnssec-enforcer opendnssec-signer; do
	ok "the names conflict with $p" sh -c 'grep -qx "$1" "$2"' sh $p /dev/stdin <<-EOF
	$(field Conflicts 3)
	EOF
done
for f in debian/*.postinst debian/*.postrm; do ok "$f" sh -n "$f"; done
ok 'cron waits for keystate setup' grep -q 'keys\.db \] || resign$' debian/zonepipe.cron.d
is 'one line of cron, and not beside the timer' "$(grep -c 'run/systemd/system \] || .*resign' debian/zonepipe.cron.d)" 1
if command -v dpkg-parsechangelog >/dev/null; then
	ok 'the changelog parses' sh -c 'dpkg-parsechangelog -l debian/changelog 2>&1 | grep -qx "Source: zonepipe"'
fi
done_testing

#!/bin/sh
# man/zonepipe-quickstart.7: its commands as written, other paths aside, lead to a signed zone.
. t/lib.sh
token_setup
# /etc/opendnssec, /var/opendnssec and what make install puts there, below $T.
paths() {
	sed "s|/etc/opendnssec|$T/etc|g; s|/var/opendnssec|$T/state|g; s|/usr/local/share/zonepipe|$T/share|g
		s|/usr/lib/softhsm/libsofthsm2.so|$MODULE|"
}
mkdir "$T/share" "$T/bin"
for f in etc/*.xml; do paths <"$f" >"$T/share/${f##*/}"; done
# The default of -c, and a clock that may not be synchronised here.
for p in keystate kaspcheck; do
	printf '#!/bin/sh\nexec %s "$@" -c %s\n' "$PWD/$BIN/$p" "$T/etc/conf.xml" >"$T/bin/$p"
done
printf '#!/bin/sh\nexec %s -c %s --now %s "$@"\n' "$PWD/bin/resign" "$T/etc/conf.xml" "$(date +%s)" >"$T/bin/resign"
chmod 755 "$T/bin"/*
awk '/^\.Sh/ { on = $2 == "EXAMPLES" } /^\.Ed/ { on = 0 } on && !/^\./' man/zonepipe-quickstart.7 | paths >"$T/script"
is 'ten commands' "$(wc -l <"$T/script")" 10
cd "$T" || exit 1
sed 's/^$ORIGIN .*/$ORIGIN example.com./' "$ZONEPIPE_SOURCE/etc/demo/example.zone" >example.com.zone
ok 'they work' env PATH="$T/bin:$PATH" sh -e script
ok 'the zone is signed' dnssec-verify -q -o example.com state/signed/example.com
done_testing

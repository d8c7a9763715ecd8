# Sourced by t/keystate*.t after t/lib.sh: an installation of the test's own in
# $T, and ks, which runs keystate on it.
ks_installation() {
	mkdir -p "$T/tokens" "$T/etc"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' \
		"$T/tokens" >"$T/softhsm2.conf"
	SOFTHSM2_CONF=$T/softhsm2.conf
	ZONEPIPE_LOCKDIR=$T
	export SOFTHSM2_CONF ZONEPIPE_LOCKDIR
	sed -e "s|/etc/opendnssec|$T/etc|; s|/var/opendnssec|$T/state|" \
		-e "s|/usr/lib/softhsm/libsofthsm2.so|$(softhsm_module)|" \
		etc/conf.xml >"$T/etc/conf.xml"
	cp etc/kasp.xml "$T/etc/kasp.xml"
}

ks() {
	keystate -c "$T/etc/conf.xml" "$@"
}

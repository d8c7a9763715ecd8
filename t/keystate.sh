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

# ks_key_files [SED-OPTION...]: its keys are files in $T/keys, in place of the token; what else conf.xml is to be.
ks_key_files() {
	sed -i -e '/<Module>/d' -e "s|<TokenLabel>.*|<Directory>$T/keys</Directory>|" -e '/<PINFile>/d' \
		"$@" "$T/etc/conf.xml"
}

ks() {
	keystate -c "$T/etc/conf.xml" "$@"
}

# ks_publish MOMENT: one run of everything, as resign does it.
ks_publish() {
	ks enforce -q --now "$1" && ks due --now "$1" >"$T/jobs" || return
	[ -s "$T/jobs" ] || return 0
	read-zone --jobs - <"$T/jobs" | sort-zone --batch | set-serial --batch |
		add-nsec --batch | add-nsec3 --batch |
		sign-rrsets --batch -c "$T/etc/conf.xml" --now "$1" |
		write-zones --batch >"$T/lines"
	write-zones --commit <"$T/lines" >"$T/done"
	ks published - --now "$1" <"$T/done"
}

# ks_zone ZONE: a small unsigned zone of that name, settled.
ks_zone() {
	printf '$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 192.0.2.1\n' \
		>"$T/state/unsigned/$1"
	touch -d '1 hour ago' "$T/state/unsigned/$1"
}

# ks_dnskeys ZONE: the DNSKEY records of the published zone, sorted.
ks_dnskeys() {
	awk -F'\t' '$4 == "DNSKEY" { print $5 }' "$T/state/signed/$1" | sort
}

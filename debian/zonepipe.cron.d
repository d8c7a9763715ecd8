# Where no systemd timer runs it: resign(8) every hour, once keystate setup has been run.
PATH=/usr/bin:/bin
17 * * * *	opendnssec	[ -d /run/systemd/system ] || [ ! -e /var/opendnssec/keys.db ] || resign

#!/bin/sh
# Catalog zones (RFC 9432) from knotd, which generates one, and named: fetched,
# applied, their members fetched; the same while listening.
. t/lib.sh
. t/masters.sh
. t/keystate.sh
for p in knotd named kdig perl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done

ks_installation
C=$T/etc/conf.xml
U=$T/state/unsigned
zones() { # name and policy of the zones in the list
	ks zone list 2>/dev/null | sed -n 's/^Found Zone: \(.*\); on policy \(.*\)/\1:\2/p' | LC_ALL=C sort | tr '\n' ' '
}
sed -i "s|</Common>|<ZoneFetchFile>$T/etc/zonefetch.xml</ZoneFetchFile></Common>|" "$C"
sed -i '/<!--.*ZoneFetchFile/d' "$C"
P=$(port)
L=$(port)
masters() { # PORT...
	{
		echo "<ZoneFetch><NotifyListen><IPv4>127.0.0.1</IPv4><Port>$L</Port></NotifyListen><Default>"
		for p; do echo "<RequestTransfer><IPv4>127.0.0.1</IPv4><Port>$p</Port></RequestTransfer>"; done
		echo '</Default></ZoneFetch>'
	} >"$T/etc/zonefetch.xml"
}
small() { # ZONE
	printf '$ORIGIN %s.\n@ 3600 SOA ns1 host 1 7200 3600 1209600 3600\n@ 3600 NS ns1\nns1 3600 A 192.0.2.1\n' "$1"
}
knot_conf() { # ZONE:GROUP...
	mkdir -p "$T/knotd"
	cat <<-X
	server:
	    listen: 127.0.0.1@$P
	    rundir: $T/knotd
	log:
	  - target: stderr
	    any: info
	database:
	    storage: $T/knotd
	remote:
	  - id: us
	    address: 127.0.0.1@$L
	acl:
	  - id: open
	    address: 127.0.0.1
	    action: transfer
	template:
	  - id: default
	    storage: $T/knotd
	    acl: open
	    zonefile-sync: -1
	    zonefile-load: whole
	zone:
	  - domain: open.example
	    file: $T/knotd/open
	  - domain: knot.example
	    catalog-role: generate
	    notify: us
	X
	small open.example >"$T/knotd/open"
	for z; do
		small "${z%:*}" >"$T/knotd/${z%:*}"
		cat <<-X
		  - domain: ${z%:*}
		    file: $T/knotd/${z%:*}
		    catalog-role: member
		    catalog-zone: knot.example
		    catalog-group: "${z#*:}"
		X
	done
}
ok 'setup' ks setup
mkdir -p "$U"
sed -i "s|<ZoneList>|&<Adapters>$(printf '%s' "<Catalog name=\"knot.example\"><Input><File>$U/knot.example</File></Input>" \
	'<Policy>default</Policy><Group name="big">nsec3</Group></Catalog>' \
	"<Catalog name=\"named.example\"><Input><File>$U/named.example</File></Input><Policy>default</Policy></Catalog>")</Adapters>|" "$T/etc/zonelist.xml"
knot_conf k1.example:small k2.example:big >"$T/knotd.conf"
knotd -c "$T/knotd.conf" >"$T/knotd/log" 2>&1 &
PIDS="$PIDS $!"
knot=$!
wait_port "$P" $knot || skip_all 'knotd does not start'

# named serves a catalog, which is a zone like others to it.
N=$(port)
mkdir -p "$T/named"
named_catalog() { # SERIAL ZONE...
	printf '$ORIGIN named.example.\n@ 0 SOA invalid. invalid. %s 3600 600 2147483646 0\n@ 0 NS invalid.\nversion 0 TXT "2"\n' "$1"
	shift
	for z; do echo "id-$z.zones 0 PTR $z.example."; done
}
named_catalog 1 n1 n2 >"$T/named/cat"
cat >"$T/named/conf" <<-X
	options { directory "$T/named"; pid-file none; session-keyfile none; lock-file none; listen-on port $N { 127.0.0.1; };
		listen-on-v6 { none; }; recursion no; notify no; managed-keys-directory "$T/named"; dnssec-validation no; };
	controls { };
	zone "named.example" { type primary; file "cat"; };
	$(for z in n1 n2 n3; do small $z.example >"$T/named/$z"; echo "zone \"$z.example\" { type primary; file \"$z\"; };"; done)
	zone "open.example" { type primary; file "open"; };
X
small open.example >"$T/named/open"
named -g -n 1 -c "$T/named/conf" >"$T/named/log" 2>&1 &
PIDS="$PIDS $!"
named=$!
wait_port "$N" $named || skip_all 'named does not start'

# Each is asked for all: it is the second that has the other's.
masters "$P" "$N"
fetch-zone -c "$C" >"$T/out" 2>"$T/err"
is 'knotd and named: catalogs come, then their zones' "$(cut -f 1 "$T/out" | LC_ALL=C sort | tr '\n' ' ')" \
	'add add add add k1.example. k2.example. knot.example. n1.example. n2.example. named.example. '
sed 's/^/# /' "$T/err" | grep -v 'the master answers' | head -n 5
is 'policies by group' "$(zones)" 'k1.example:default k2.example:nsec3 n1.example:default n2.example:default '
is 'the zones are there' "$(ls "$U" | grep -c '^[kn][12].example.axfr$')" 4
is 'the settings tell them apart' "$(fetch-zone -i -c "$C" | cut -f 1 | grep -c '^catalog')" 2

# The same while listening: knotd sends NOTIFY for the catalog it generates.
fetch-zone --listen -r '' -c "$C" >"$T/listen.out" 2>"$T/listen.err" &
PIDS="$PIDS $!"
listener=$!
for i in $(seq 1 100); do
	perl t/notify.pl "$L" knot.example. | grep -q 0 && break
	sleep 0.05
done
knot_conf k2.example:big k3.example:small >"$T/knotd.conf"
kill -HUP $knot
named_catalog 2 n1 n3 >"$T/named/cat"
kill -HUP $named
for i in $(seq 1 100); do
	[ "$(soa_serial "$N" named.example)" = 2 ] && break
	sleep 0.05
done
perl t/notify.pl "$L" named.example. >/dev/null
for i in $(seq 1 600); do
	[ -e "$U/k3.example.axfr" ] && [ -e "$U/n3.example.axfr" ] && break
	[ $((i % 100)) != 0 ] || perl t/notify.pl "$L" knot.example. >/dev/null
	sleep 0.05
done
is 'listening: members come and go' "$(zones)" 'k2.example:nsec3 k3.example:default n1.example:default n3.example:default '
is 'and the new ones are fetched' "$(ls "$U" | grep -c '^[kn]3.example.axfr$')" 2
kill $listener
wait $listener
is 'it ends well' $? 0
is 'the listener said what was done' "$(grep -c '^\(add\|delete\)' "$T/listen.out")" 4
done_testing

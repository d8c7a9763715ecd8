# Sourced behind t/lib.sh by tests that need real masters: knotd, named and nsd
# on 127.0.0.1, on ports of a random high range, stopped when the test ends.
#   port                    prints a port that nobody listens on
#   zone_file N SERIAL      prints a zone "example." of about N records
#   start_knotd NAME PORT   and start_named, start_nsd: serve $T/NAME/zone as
#                           example. with TSIG key "key." (see KEY_ALG), and
#                           the same as open.example. to everybody
#                           with UPDATES=1 it takes dynamic updates, and does not
#                           reload; with KNOT_NOTIFY=PORT knotd sends NOTIFY there;
#                           with KEYS="ALGORITHM ..." it takes a key k-ALGORITHM
#                           of each too
#   reload NAME             the zone files have changed
#   fetch_conf DIR PORT ALG SECRET [MORE]
#                           a conf.xml in DIR with one master; ALG none: no TSIG
KEY_SECRET=c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=
WRONG_SECRET=d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3I=
PIDS=
cleanup() {
	for p in $PIDS; do kill "$p" 2>/dev/null; done
	for p in $PIDS; do wait "$p" 2>/dev/null; done
	rm -rf "$T"
}
trap cleanup EXIT

port() {
	perl -MIO::Socket::INET -e 'for (1 .. 100) { my $p = 20000 + int(rand(40000));
		my $t = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $p, Listen => 1) or next;
		my $u = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $p, Proto => "udp") or next;
		print "$p\n"; exit } die "no free port"'
}

zone_file() { # RECORDS SERIAL
	awk -v n="$1" -v serial="$2" 'BEGIN {
		print "$ORIGIN example.\n$TTL 3600"
		print "@ IN SOA ns1 host.example. " serial " 7200 900 1209600 300"
		print "@ NS ns1\n@ NS ns2.other.test.\nns1 A 192.0.2.1\nns1 AAAA 2001:db8::1"
		print "Mixed.CASE MX 10 Mail.Example."
		print "*.wild TXT \"a \\\"quoted\\\" text; with ; and \\\\\" \"two\""
		print "a\\.dot.b\\009 TYPE65400 \\# 4 0a000001"
		for (i = 9; i < n; i++) {
			m = i % 5
			if (m == 0) print "n" i " A 192.0.2." i % 250
			else if (m == 1) print "n" i " 60 NS ns" i % 7 ".other.test."
			else if (m == 2) print "h" i ".sub" i % 9 " AAAA 2001:db8::" i % 9999
			else if (m == 3) print "t" i " TXT \"number " i "\""
			else print "_sip._tcp.s" i " SRV 0 5 5060 h" i ".sub1"
		}
	}'
}

KEY_ALG=hmac-sha256
wait_port() { # PORT PID
	for i in $(seq 1 $((20 * ${wait_port_seconds:-10}))); do
		kdig +short +time=1 +retry=0 @127.0.0.1 -p "$1" open.example. SOA 2>/dev/null | grep -q . && return 0
		kill -0 "$2" 2>/dev/null || break
		sleep 0.05
	done
	echo "# a server on port $1 does not come up"
	sed 's/^/# /' "$T"/*/log | tail -n 20
	return 1
}

start_knotd() { # NAME PORT
	mkdir -p "$T/$1"
	cat >"$T/$1/conf" <<EOF
server:
    listen: 127.0.0.1@$2
    rundir: $T/$1
log:
  - target: stderr
    any: info
database:
    storage: $T/$1
key:
  - id: key.
    algorithm: $KEY_ALG
    secret: $KEY_SECRET
$(for a in ${KEYS:-}; do printf '  - id: k-%s.\n    algorithm: %s\n    secret: %s\n' $a $a $KEY_SECRET; done)
remote:
  - id: us
    address: 127.0.0.1@${KNOT_NOTIFY:-1}
    key: key.
acl:
  - id: signed
    key: [key.$(for a in ${KEYS:-}; do printf ', k-%s.' $a; done)]
    action: [transfer${UPDATES:+, update}]
  - id: open
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    file: $T/$1/zone
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: changes
    journal-max-depth: 1000
    semantic-checks: off
zone:
  - domain: example.
    acl: signed
${KNOT_NOTIFY:+    notify: us}
  - domain: open.example.
    file: $T/$1/open
    acl: [open, signed]
EOF
	sed 's/example\./open.example./g' "$T/$1/zone" >"$T/$1/open"
	knotd -c "$T/$1/conf" >"$T/$1/log" 2>&1 &
	PIDS="$PIDS $!"
	eval "PID_$1=$! PORT_$1=$2 KIND_$1=knotd"
	wait_port "$2" $!
}

start_named() { # NAME PORT
	mkdir -p "$T/$1"
	named_updates=
	[ -z "${UPDATES:-}" ] || named_updates='allow-update { key "key."; };'
	cat >"$T/$1/conf" <<EOF
${NAMED_MORE:-}options {
	directory "$T/$1";
	pid-file none;
	session-keyfile none;
	lock-file none;
	listen-on port $2 { 127.0.0.1; };
	${NAMED_LISTEN:-}
	listen-on-v6 { none; };
	recursion no;
	notify no;
	ixfr-from-differences yes;
	max-journal-size unlimited;
	check-names master ignore;
	check-integrity no;
	transfer-format many-answers;
	managed-keys-directory "$T/$1";
	dnssec-validation no;
};
controls { };
key "key." { algorithm $KEY_ALG; secret "$KEY_SECRET"; };
$(for a in ${KEYS:-}; do echo "key \"k-$a.\" { algorithm $a; secret \"$KEY_SECRET\"; };"; done)
zone "example" { type primary; file "zone"; allow-transfer { key "key."; $(for a in ${KEYS:-}; do echo "key \"k-$a.\";"; done) }; $named_updates };
zone "open.example" { type primary; file "open"; allow-transfer { 127.0.0.1; }; };
EOF
	sed 's/example\./open.example./g' "$T/$1/zone" >"$T/$1/open"
	named -g -n 1 -c "$T/$1/conf" >"$T/$1/log" 2>&1 &
	PIDS="$PIDS $!"
	eval "PID_$1=$! PORT_$1=$2 KIND_$1=named"
	wait_port "$2" $!
}

start_nsd() { # NAME PORT
	mkdir -p "$T/$1"
	cat >"$T/$1/conf" <<EOF
server:
	ip-address: 127.0.0.1@$2
	username: ""
	chroot: ""
	zonesdir: "$T/$1"
	database: ""
	pidfile: "$T/$1/pid"
	xfrdfile: "$T/$1/xfrd"
	xfrdir: "$T/$1"
	zonelistfile: "$T/$1/zones"
	server-count: 1
	rrl-ratelimit: 0
remote-control:
	control-enable: no
key:
	name: "key."
	algorithm: $KEY_ALG
	secret: "$KEY_SECRET"
$(for a in ${KEYS:-}; do printf 'key:\n\tname: "k-%s."\n\talgorithm: %s\n\tsecret: "%s"\n' $a $a $KEY_SECRET; done)
zone:
	name: example
	zonefile: zone
	provide-xfr: 127.0.0.1 key.
$(for a in ${KEYS:-}; do printf '\tprovide-xfr: 127.0.0.1 k-%s.\n' $a; done)
	store-ixfr: yes
	create-ixfr: yes
	ixfr-number: 200
zone:
	name: open.example
	zonefile: open
	provide-xfr: 127.0.0.1 NOKEY
EOF
	sed 's/example\./open.example./g' "$T/$1/zone" >"$T/$1/open"
	nsd -d -c "$T/$1/conf" >"$T/$1/log" 2>&1 &
	PIDS="$PIDS $!"
	eval "PID_$1=$! PORT_$1=$2 KIND_$1=nsd"
	wait_port "$2" $!
}

soa_serial() { # PORT ZONE
	kdig +short +time=1 +retry=1 @127.0.0.1 -p "$1" "$2" SOA | awk '{ print $3 }'
}

reload() { # NAME SERIAL
	eval "kill -HUP \$PID_$1; reload_port=\$PORT_$1"
	for i in $(seq 1 100); do
		[ "$(soa_serial "$reload_port" example.)" = "$2" ] && return 0
		sleep 0.05
	done
	echo "# $1 does not reload to $2"
	sed 's/^/# /' "$T/$1/log" | tail -n 5
	return 1
}

fetch_conf() { # DIR PORT ALG SECRET [ZONES] [MORE-IN-DEFAULT]
	mkdir -p "$1"
	cat >"$1/conf.xml" <<EOF
<Configuration>
  <RepositoryList/>
  <Common>
    <PolicyFile>$1/kasp.xml</PolicyFile>
    <ZoneListFile>$1/zonelist.xml</ZoneListFile>
    <ZoneFetchFile>$1/zonefetch.xml</ZoneFetchFile>
  </Common>
  <Enforcer><Datastore><SQLite>$1/kasp.db</SQLite></Datastore><Interval>PT3600S</Interval></Enforcer>
</Configuration>
EOF
	{
		echo '<ZoneList>'
		for z in ${5:-example open.example}; do
			echo "<Zone name=\"$z\"><Policy>default</Policy><SignerConfiguration>$1/$z.xml</SignerConfiguration>"
			echo "<Adapters><Input><File>$1/$z</File></Input><Output><File>$1/$z.signed</File></Output></Adapters></Zone>"
		done
		echo '</ZoneList>'
	} >"$1/zonelist.xml"
	{
		echo '<ZoneFetch><Default>'
		[ "$3" = none ] || echo "<TSIG><Name>key</Name><Algorithm>$3</Algorithm><Secret>$4</Secret></TSIG>"
		for p in $2; do
			echo "<RequestTransfer><IPv4>127.0.0.1</IPv4><Port>$p</Port></RequestTransfer>"
		done
		echo "${6:-}</Default></ZoneFetch>"
	} >"$1/zonefetch.xml"
}

# What a master serves, from another program, one canonical record a line.
served() { # PORT ZONE [KEY]
	kdig +time=60 +noall +answer @127.0.0.1 -p "$1" ${3:+-y "$3"} "$2" AXFR |
		awk '$4 != "SOA" || !soa++' |
		sed 's/^Mixed\.CASE/mixed.case/; s/Mail\.Example/mail.example/' | records
}

# The records of a file of zone text, sorted.
records() {
	grep -v '^;' | grep . | sed 's/[ 	][ 	]*/ /g' | LC_ALL=C sort
}

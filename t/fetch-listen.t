#!/bin/sh
# fetch-zone --listen: NOTIFY from real masters and forged ones, over UDP and
# TCP, IPv4 and IPv6, with and without TSIG; timers; a flood; reloading.
. t/lib.sh
. t/masters.sh
for p in knotd named kdig perl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done

# Wait up to N seconds for a command to succeed.
within() { # SECONDS COMMAND...
	within_n=$(($1 * 20))
	shift
	while [ $within_n -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
		within_n=$((within_n - 1))
	done
	echo "# never: $*"
	return 1
}
has_serial() { grep -q "^[^ ]*	3600	IN	SOA	[^ ]* [^ ]* $2 " "$1"; }
serves() { [ "$(perl t/notify.pl -o opcode "$L" example. >/dev/null; perl t/notify.pl $KEYED "$L" example.)" != none ]; }
listen_conf() { # DIR MASTER-PORT [DEFAULT-MORE] [ALG]
	fetch_conf "$1" "$2" "${4:-hmac-sha256}" $KEY_SECRET "${ZONES:-example open.example}" "${3:-}"
	sed "s|<ZoneFetch>|&<NotifyListen><IPv4>127.0.0.1</IPv4><Port>$L</Port></NotifyListen>$V6|
		s|</Default>|$V6MASTER&|" "$1/zonefetch.xml" >"$1/zonefetch.new"
	# RequestTransfer before the limits
	perl -0pi -e 's|(<RequireNotifyTSIG/>)(.*)(</Default>)|$2$1$3|s' "$1/zonefetch.new"
	mv "$1/zonefetch.new" "$1/zonefetch.xml"
}
cat >"$T/run" <<EOF
#!/bin/sh
echo "\$@" >>"$T/ran"
EOF
chmod +x "$T/run"
: >"$T/ran"
start_listener() { # DIR OPTION...
	listen_dir=$1
	shift
	fetch-zone --listen -v -r "$T/run" -c "$listen_dir/conf.xml" --timeout 3 "$@" >"$T/listen.out" 2>"$T/listen.err" &
	LISTENER=$!
	PIDS="$PIDS $LISTENER"
}
stop_listener() {
	kill "$LISTENER"
	wait "$LISTENER"
}

L=$(port)
V6= V6MASTER=
if perl -MIO::Socket::IP -e 'exit !IO::Socket::IP->new(LocalHost => "::1", LocalPort => 0, Type => SOCK_DGRAM)'; then
	V6="<NotifyListen><IPv6>::1</IPv6><Port>$L</Port></NotifyListen>"
	V6MASTER="<RequestTransfer><IPv6>::1</IPv6><Port>$L</Port></RequestTransfer>"
fi
KEYED="-k key:$KEY_SECRET"
mkdir -p "$T/knotd" "$T/named"
zone_file 100 10 >"$T/knotd/zone"
zone_file 100 10 >"$T/named/zone"
P=$(port)
KNOT_NOTIFY="$L" start_knotd knotd "$P" || skip_all "knotd does not start"
start_named named "$(port)" || skip_all "named does not start"
F=$T/f
listen_conf "$F" "$P"
start_listener "$F"

ok 'every zone is fetched at the start' within 10 has_serial "$F/example.axfr" 10
ok 'open.example too' within 5 has_serial "$F/open.example.axfr" 10
ok 'the command ran with them' within 5 grep -q 'open.example\.' "$T/ran"
within 5 grep -Eq '(^| )example\.' "$T/ran"
is 'each once' "$(tr ' ' '\n' <"$T/ran" | sort | tr '\n' ' ')" 'example. open.example. '

# A real master's NOTIFY.
zone_file 100 11 >"$T/knotd/zone"
: >"$T/ran"
reload knotd 11
ok 'knotd: its signed NOTIFY brings the zone' within 8 has_serial "$F/example.axfr" 11
ok 'and runs the command' within 5 grep -qx 'example\.' "$T/ran"
ok 'knotd got its answer' within 3 grep -q 'notify, outgoing.*serial 11' "$T/knotd/log"

# Anybody's.
is 'UDP, signed: accepted, answer signed' "$(perl t/notify.pl $KEYED "$L" example.)" '0 signed'
is 'UDP, unsigned: accepted' "$(perl t/notify.pl "$L" example.)" 0
is 'UDP, case does not matter' "$(perl t/notify.pl "$L" EXAMPLE.)" 0
is 'UDP, with EDNS' "$(perl t/notify.pl -o edns "$L" example.)" 0
is 'TCP, signed' "$(perl t/notify.pl -p tcp $KEYED "$L" example.)" '0 signed'
is 'TCP, two on one connection' "$(perl t/notify.pl -n 2 -p tcp "$L" example. | tr '\n' ' ')" '0 0 '
if [ -n "$V6" ]; then
	is 'IPv6, UDP' "$(perl t/notify.pl -6 "$L" example.)" 0
	is 'IPv6, TCP' "$(perl t/notify.pl -6 -p tcp $KEYED "$L" example.)" '0 signed'
fi
is 'a zone we do not have: NOTAUTH' "$(perl t/notify.pl "$L" other.example.)" 9
is 'a wrong secret: NOTAUTH' "$(perl t/notify.pl -k key:$WRONG_SECRET "$L" example. | cut -c 1)" 9
is 'an unknown key: NOTAUTH' "$(perl t/notify.pl -k yek:$KEY_SECRET "$L" example. | cut -c 1)" 9
is 'an old signature: NOTAUTH, signed' "$(perl t/notify.pl -t -1000 $KEYED "$L" example.)" '9 signed'
is 'not for an SOA: FORMERR' "$(perl t/notify.pl -o type "$L" example.)" 1
is 'another class: FORMERR' "$(perl t/notify.pl -o class "$L" example.)" 1
is 'cut short: FORMERR' "$(perl t/notify.pl -o short "$L" example.)" 1
is 'octets behind it: FORMERR' "$(perl t/notify.pl -o trailing "$L" example.)" 1
is 'an answer is not answered' "$(perl t/notify.pl -o response "$L" example.)" none
is 'a query is not answered' "$(perl t/notify.pl -o opcode "$L" example.)" none
is 'a stranger is not answered' "$(perl t/notify.pl -s 127.0.0.2 "$L" example.)" none
is 'nor over TCP' "$(perl t/notify.pl -p tcp -s 127.0.0.2 "$L" example.)" none
ok 'it said why' grep -q 'NOTIFY from 127.0.0.1#[0-9]*: a wrong signature (BADSIG)' "$T/listen.err"

# Confined.
kids=$(cat /proc/"$LISTENER"/task/"$LISTENER"/children 2>/dev/null)
for k in $kids; do
	if grep -q '^Seccomp:' "/proc/$k/status" 2>/dev/null; then
		is 'the listener is under seccomp' "$(awk '/^Seccomp:/ { print $2 }' "/proc/$k/status")" 2
		break
	fi
done

# Many of them are one.
sleep 1.2
before=$(grep -c 'NOTIFY from 127.0.0.1#[0-9]*$' "$T/listen.err")
perl t/notify.pl -n 500 -r 2000 "$L" example. >/dev/null
sleep 1.5
looks=$(grep -c 'example.: serial 11 is current' "$T/listen.err")
ok 'and answered it is still' within 3 serves
after=$(grep -c '^fetch-zone: example.: NOTIFY from' "$T/listen.err")
[ $((after - before)) -lt 50 ] && tap_result 0 "500 NOTIFYs are coalesced ($((after - before)))" ||
	tap_result 1 "500 NOTIFYs are coalesced ($((after - before)))"

# A flood of forged ones: strangers, and the master's address with wrong TSIG.
axfrs() { grep -c 'FR, outgoing.*finished' "$T/knotd/log"; }
before=$(axfrs)
perl t/notify.pl -s 127.0.0.2 -n 40000 -r 10000 "$L" example. >"$T/flood1" &
f1=$!
perl t/notify.pl -k "key:$WRONG_SECRET" -n 8000 -r 2000 "$L" open.example. >"$T/flood2" &
f2=$!
sleep 1
is 'under the flood a NOTIFY is answered' "$(perl t/notify.pl $KEYED "$L" example.)" '0 signed'
is 'and over TCP' "$(perl t/notify.pl -p tcp $KEYED "$L" example.)" '0 signed'
zone_file 100 12 >"$T/knotd/zone"
reload knotd 12
ok 'and a real one brings the zone' within 8 has_serial "$F/example.axfr" 12
wait $f1 $f2
sed 's/^/# flood: /' "$T/flood1" "$T/flood2"
is 'one transfer, none by the forged ones' "$(($(axfrs) - before))" 1
lines=$(grep -c 'NOTIFY from' "$T/listen.err")
[ "$lines" -lt 200 ] && tap_result 0 "it does not fill the log ($lines lines)" || tap_result 1 "it does not fill the log ($lines lines)"
ok 'but counts' within 12 grep -q '[0-9][0-9]* more messages were refused' "$T/listen.err"

# The zone list changes.
ZONES='open.example third.example' listen_conf "$F" "$P"
sed 's/example\./third.example./g' "$T/knotd/zone" >"$T/knotd/third"
cat >>"$T/knotd/conf" <<EOF
  - domain: third.example.
    file: $T/knotd/third
    acl: signed
EOF
kill -HUP "$PID_knotd"
within 5 kdig +short @127.0.0.1 -p "$P" third.example SOA
kill -HUP "$LISTENER"
ok 'SIGHUP: a new zone is fetched' within 8 test -s "$F/third.example.axfr"
is 'and served' "$(perl t/notify.pl "$L" third.example.)" 0
is 'one that left the list is not' "$(perl t/notify.pl "$L" example.)" 9
echo '<ZoneList><nonsense/></ZoneList>' >"$F/zonelist.xml"
kill -HUP "$LISTENER"
ok 'a broken list is refused' within 5 grep -q 'stays in force' "$T/listen.err"
is 'and the old one stays' "$(perl t/notify.pl "$L" third.example.)" 0

stop_listener
is 'SIGTERM ends it well' $? 0
is 'no process is left' "$(pgrep -P "$LISTENER" | wc -l | tr -d ' ')" 0
is 'nothing answers' "$(perl t/notify.pl "$L" third.example.)" none

# --- TSIG is a must; named as master; timers --------------------------------
sed 's/ 7200 900 1209600 / 2 2 1209600 /' "$T/named/zone" >"$T/named/z" && mv "$T/named/z" "$T/named/zone"
F=$T/g
listen_conf "$F" "$PORT_named" '<RequireNotifyTSIG/>'
sed 's/ 10 7200 900 / 13 2 2 /' "$T/named/zone" >"$T/named/z"
zone_file 100 13 | sed 's/ 7200 900 / 7200 2 /' >"$T/named/zone"
reload named 13
start_listener "$F"
ok 'named: fetched' within 10 has_serial "$F/example.axfr" 13
is 'unsigned: REFUSED' "$(perl t/notify.pl "$L" example.)" 5
is 'signed: accepted' "$(perl t/notify.pl $KEYED "$L" example.)" '0 signed'
zone_file 100 14 | sed 's/ 7200 900 / 2 2 /' >"$T/named/zone"
reload named 14
perl t/notify.pl $KEYED "$L" example. >/dev/null
ok 'named: NOTIFY brings the zone' within 8 has_serial "$F/example.axfr" 14
zone_file 100 15 | sed 's/ 7200 900 / 2 2 /' >"$T/named/zone"
reload named 15
ok 'refresh (2 s) brings it without NOTIFY' within 8 has_serial "$F/example.axfr" 15
kill "$PID_named"
wait "$PID_named" 2>/dev/null
ok 'a master that is away' within 12 grep -q 'example.: not refreshed' "$T/listen.err"
zone_file 100 16 | sed 's/ 7200 900 / 2 2 /' >"$T/named/zone"
rm -f "$T/named"/*.jnl
start_named named "$PORT_named"
ok 'and comes back: retry (2 s)' within 10 has_serial "$F/example.axfr" 16
zone_file 100 17 | sed 's/ 7200 900 1209600 / 2 2 4 /' >"$T/named/zone"
reload named 17
ok 'with an expire of 4 s' within 10 has_serial "$F/example.axfr" 17
kill "$PID_named"
wait "$PID_named" 2>/dev/null
ok 'expire: the input is put aside' within 20 test -e "$F/example.expired"
is 'and counts as missing' "$(ls "$F" | grep -c '^example\(.axfr\)\{0,1\}$')" 0
ok 'it says so' grep -q "example.: no master has confirmed serial 17 for .* s, its SOA expire is 4" "$T/listen.err"
zone_file 100 18 >"$T/named/zone"
rm -f "$T/named"/*.jnl
start_named named "$PORT_named"
ok 'and comes again' within 10 has_serial "$F/example.axfr" 18
stop_listener

# --- a master that hangs does not stop the others ---------------------------
F=$T/h
proxy=$(port)
echo stall 50 >"$T/mode"
perl t/xfr-proxy.pl "$proxy" "$P" "$T/mode" &
PIDS="$PIDS $!"
within 5 kdig +short +time=1 +retry=0 @127.0.0.1 -p "$proxy" example. SOA
listen_conf "$F" "$proxy"
start_listener "$F" --timeout 20
within 5 serves
t0=$(date +%s)
is 'answered while transfers hang' "$(perl t/notify.pl $KEYED "$L" example.)" '0 signed'
t1=$(date +%s)
[ $((t1 - t0)) -le 2 ] && tap_result 0 'at once' || tap_result 1 'at once'
stop_listener
is 'hanging transfers end with it' $? 0
is 'and leave no file' "$(ls "$F" | grep -c axfr)" 0

# --- sockets from systemd and inetd -----------------------------------------
listen_conf "$F" "$P"
cat >"$T/activate" <<'EOF'
use IO::Socket::IP;
my ($port, $mode, @command) = @ARGV;
$^F = 20;
my @a = (LocalHost => '127.0.0.1', LocalPort => $port, ReuseAddr => 1);
my $udp = IO::Socket::IP->new(@a, Type => SOCK_DGRAM) or die;
my $tcp = IO::Socket::IP->new(@a, Type => SOCK_STREAM, Listen => 5) or die;
use POSIX;
if ($mode eq 'systemd') {
	my ($u, $t) = (POSIX::fcntl(fileno $udp, F_DUPFD, 10), POSIX::fcntl(fileno $tcp, F_DUPFD, 11)) if 0;
	$u = POSIX::dup(fileno $udp); $t = POSIX::dup(fileno $tcp);
	my ($uu, $tt) = map { my $f = POSIX::dup2($_, $_ + 30); $f } $u, $t;
	POSIX::dup2($uu, 3); POSIX::dup2($tt, 4);
	$ENV{LISTEN_FDS} = 2; $ENV{LISTEN_PID} = $$;
} else {
	POSIX::dup2(fileno $udp, 0);
}
exec @command;
EOF
other=$(port)
for how in systemd inetd; do
	# NotifyListen names a port that is taken, so that it can only be the socket given
	opt=--listen
	[ $how = systemd ] || opt=--inetd
	sed "s|<Port>$L</Port></NotifyListen>|<Port>1</Port></NotifyListen>|" "$F/zonefetch.xml" >"$F/z" && mv "$F/z" "$F/zonefetch.xml"
	perl "$T/activate" "$other" $how fetch-zone $opt -r '' -c "$F/conf.xml" --timeout 3 >/dev/null 2>"$T/act.err" &
	LISTENER=$!
	PIDS="$PIDS $LISTENER"
	L=$other
	ok "$how: the socket handed over serves" within 5 serves
	[ $how = inetd ] || is "$how: TCP too" "$(perl t/notify.pl -p tcp "$L" example.)" 0
	stop_listener
done

# --- privileges ---------------------------------------------------------------
if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1; then
	L=$(port)
	F=$T/p
	listen_conf "$F" "$P"
	chmod 755 "$T"
	chown -R nobody "$F"
	start_listener "$F" -u nobody
	ok 'as nobody it fetches' within 8 test -s "$F/example.axfr"
	is 'every process is nobody' "$(for p in $LISTENER $(pgrep -P "$LISTENER"); do awk '/^Uid:/ { print $2, $3, $4 }' "/proc/$p/status"; done | sort -u)" \
		"$(id -u nobody) $(id -u nobody) $(id -u nobody)"
	stop_listener
	rejects 2 'no such user: nosuchuser' fetch-zone --listen -u nosuchuser -c "$F/conf.xml"
fi
rejects 2 'for all zones' fetch-zone --listen -c "$F/conf.xml" example
done_testing

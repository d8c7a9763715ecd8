#!/bin/sh
# keystate and the world outside: ServedBy asks name servers, and what it has to
# say reaches syslog at its level.
. t/lib.sh
. t/keystate.sh
TZ=UTC
export TZ
ks_installation
ks_key_files

# --- ServedBy ------------------------------------------------------------------
echo silent >"$T/how"
perl t/soa.pl "$T/how" >"$T/port" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$T"' EXIT
while [ ! -s "$T/port" ]; do sleep 0.1; done
sed -i "/<Policy name=\"default\">/,/<\/Policy>/s|</Zone>|<ServedBy port=\"$(cat "$T/port")\">127.0.0.1</ServedBy>&|" "$T/etc/kasp.xml"
ks -q setup
ks zone add -z a.example >/dev/null
ks_zone a.example
published() { awk -F'\t' '$1 == "a.example" { print $6 }' "$T/state/zone.db"; }
serial() { awk -F'\t' '$4 == "SOA" { split($5, f, " "); print f[3] }' "$T/state/signed/a.example"; }

ok 'a run whose zone no server has yet' ks_publish 20260101000000
is 'is no publication' "$(published)" -
for how in silent id empty short refused; do
	echo $how >"$T/how"
	rejects 3 'ServedBy: 127.0.0.1#[0-9]+: no answer with a SOA' \
		ks published a.example --now 20260101000100
done
echo $(($(serial) - 1)) >"$T/how"
rejects 3 "ServedBy: 127.0.0.1#[0-9]+ has serial $(($(serial) - 1)), not $(serial) yet" \
	ks published --reconcile --now 20260101000200
is 'an older one does not count' "$(published)" -
rejects 3 'has serial [0-9]+, not [0-9]+ yet' ks enforce --reconcile --due "$T/due" --now 20260101000200
is 'nor in a pass, which says so and goes on' "$(cut -f1 "$T/due") $(published)" 'a.example. -'
ks due --now 20260101000200 -q >"$T/want"
same 'is the same list by itself' "$T/due" "$T/want"
serial >"$T/how"
ok 'with the serial' ks published --reconcile --now 20260101000300
is 'it counts, from now on' "$(published)" 20260101000300
ok 'and so does a later one' ks published a.example --now 20260101000400
is 'served is what counts' "$(published)" 20260101000400

# --- a pass that lists what is due ------------------------------------------------
ok 'nothing is due' ks enforce --due "$T/due" --now 20260101000400 -q
is 'which is a list too' "$(wc -c <"$T/due")" 0
ok 'but all of them, where asked' ks enforce --due "$T/due" -a --now 20260101000400 -q
is 'are there' "$(cut -f1 "$T/due")" a.example.
ks zone add -z new.example >/dev/null
rm "$T/due" && mv "$T/state/history.log" "$T/history" && mkdir "$T/state/history.log"
rejects 3 'history.log: Is a directory' ks enforce --due "$T/due" -a --now 20260101000400 -q
is 'a pass that failed: what was committed before is due' "$(cut -f1 "$T/due")" a.example.
rmdir "$T/state/history.log" && mv "$T/history" "$T/state/history.log"
rejects 3 'none/due.*No such file' ks enforce --due "$T/none/due" -a --now 20260101000400 -q
ks zone delete -z new.example --yes >/dev/null
echo $(($(serial) + 1)) >"$T/how"
kill $server

# --- syslog: a /dev of our own, where root may make one --------------------------
cat >"$T/syslog.pl" <<'X'
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => '/dev/log') or die $!;
open my $out, '>', "$ARGV[0]/log" or die;
$out->autoflush(1);
alarm 300;
if (my $pid = fork) {
	while (defined $s->recv(my $m, 8192)) { last if $m =~ /END/; print $out "$m\n" }
	exit;
}
chdir $ARGV[1];
my $ks = "keystate -c $ARGV[0]/etc/conf.xml";
system "$ks zone add -z b.example >$ARGV[0]/out 2>&1";
system "$ks enforce -v --now 20260101000500 >$ARGV[0]/out 2>$ARGV[0]/err";
system "$ks enforce --log local3 --now 20250101000000 >>$ARGV[0]/out 2>>$ARGV[0]/err";
system "$ks enforce --log nowhere >>$ARGV[0]/out 2>$ARGV[0]/nowhere";
IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => '/dev/log')->send('LEVELS');
system "sh $ARGV[0]/levels.sh >$ARGV[0]/out 2>&1";
IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => '/dev/log')->send('END');
wait;
X
# What the manual's list of log messages tells, each made to happen.
cat >"$T/levels.sh" <<X
TOP=$T
X
cat >>"$T/levels.sh" <<'X'
. t/lib.sh
rm -rf "$T"
. t/keystate.sh
# begin 'sed script for conf.xml' 'sed script for kasp.xml'
begin() {
	T=$TOP/levels
	rm -rf "$T"
	ks_installation
	ks_key_files -e "$1"
	sed -i -e "$2" "$T/etc/kasp.xml"
	ks -q setup && ks zone add -z a.example
}
begin 's|</Directory>|&<RequireBackup/>|' ''
ks enforce --now 20260101000000
ks enforce --now 20260101000100
begin 's|</Directory>|&<Capacity>1</Capacity>|' ''
ks enforce --now 20260101000000
ks enforce --now 20260101000100
begin 's|</Enforcer>|<ManualKeyGeneration/>&|' ''
ks enforce --now 20260101000000
begin 's|</Enforcer>|<RolloverNotification>P30D</RolloverNotification>&|' ''
ks enforce --assume-published --now 20260101000000
ks enforce --assume-published --now 20260102140000
ks key ds-seen -z a.example -k "$(awk '$2 == "KSK" { print $3 }' "$T/state/keys.db")" --now 20260102150000
rm -rf "$T/state/signconf"
ks enforce --assume-published --accept-clock --now 20261220000000
begin '' 's|<Standby>0</Standby>|&<ManualRollover/>|'
ks enforce --assume-published --now 20260101000000
ks key rollover -z a.example -t ZSK --now 20260101000100
ks enforce --now 20260101000200
perl -e 'use Fcntl; open my $f, "+<", $ARGV[0] or die;
	my $lock = pack "s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0; fcntl $f, F_SETLK, $lock or die;
	system "keystate", "-c", $ARGV[1], "enforce", "--wait", "PT0S"; exit $? >> 8' "$T/state/lock" "$T/etc/conf.xml"
echo $? >"$TOP/locked"
echo '<' >"$T/etc/conf.xml"
ks enforce --log local0
X
if unshare -rm sh -c 'mount -t tmpfs none /dev && : >/dev/null' 2>/dev/null; then
	unshare -rm sh -c 'mount -t tmpfs none /dev && : >/dev/null && perl "$0/syslog.pl" "$0" "$1"' "$T" "$PWD"
	# <facility * 8 + level>
	logged() { # CODE 'regex' WHAT
		grep -Eq "^<$1>.*keystate\[[0-9]+\]: $2" "$T/log"
		tap_result $? "syslog: $3" || sed 's/^/# /' "$T/log" | head -n 20
	}
	logged 134 'zone b.example: KSK [0-9a-f]+ .tag [0-9]+.: generate -> publish' 'info of the facility in conf.xml'
	logged 132 'warning: Making non-backed up ZSK active' 'warnings'
	logged 135 'next change at 20' 'debug with -v'
	logged 156 'warning: the clock jumped' '--log names another facility'
	sed '/^LEVELS/,$d; s/^<[0-9]*>.*keystate\[[0-9]*\]: /keystate: /' "$T/log" | sort >"$T/said"
	sort "$T/err" | cmp -s - "$T/said"
	tap_result $? 'what stderr got is what syslog got' || diff "$T/err" "$T/said" | sed 's/^/# /' | head -n 20
	is 'a database that another holds: exit 3' "$(cat "$T/locked")" 3
	while read -r code text; do
		logged "$code" "$text" "$text"
	done <<'X'
131 Trying to make non-backed up ZSK active when RequireBackup flag is set
132 warning: Making non-backed up ZSK active, PLEASE make sure
132 warning: key rollover not completed as there are no keys in the ready state
132 warning: Not enough keys to satisfy [kz]sk policy for zone
134 Rollover of KSK expected at .* for a.example
132 warning: KSK Retirement reached; please submit the new DS for a.example
134 DS Record set has changed, the current set looks like:
131 Error reading config
131 .*Error getting db lock
131 Repository SoftHSM is full, cannot create more [KZ]SKs for policy default
134 NOTE: keys generated in repository SoftHSM will not become active until they have been backed up
131 Signconf not written for a.example
132 warning: There are no KSKs in the generate state; please use
X
	is 'no such facility' "$(cat "$T/nowhere")" 'keystate: --log: no such facility: nowhere'
else
	tap_result 0 'syslog # SKIP no mount namespace of our own here'
fi
done_testing

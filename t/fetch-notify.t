#!/bin/sh
# fetch-zone --notify to a real secondary (knotd) and to our own listener.
. t/lib.sh
. t/masters.sh
for p in knotd kdig perl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done
within() { # SECONDS COMMAND...
	within_n=$(($1 * 20))
	shift
	while [ $within_n -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
		within_n=$((within_n - 1))
	done
	return 1
}
mkdir -p "$T/knotd" "$T/second"
zone_file 20 10 >"$T/knotd/zone"
P=$(port)
start_knotd knotd "$P" || skip_all 'knotd does not start'
S=$(port)
cat >"$T/second/conf" <<EOF
server:
    listen: 127.0.0.1@$S
    rundir: $T/second
log:
  - target: stderr
    any: info
database:
    storage: $T/second
key:
  - id: key.
    algorithm: hmac-sha256
    secret: $KEY_SECRET
  - id: notify.
    algorithm: hmac-sha384
    secret: $KEY_SECRET
remote:
  - id: master
    address: 127.0.0.1@$P
    key: key.
acl:
  - id: notify
    address: 127.0.0.1
    key: notify.
    action: notify
  - id: plain
    address: 127.0.0.1
    action: notify
zone:
  - domain: example.
    file: $T/second/zone
    master: master
    acl: notify
  - domain: open.example.
    file: $T/second/open
    master: master
    acl: plain
EOF
knotd -c "$T/second/conf" >"$T/second/log" 2>&1 &
PIDS="$PIDS $!"
serial_is() { [ "$(soa_serial "$S" "$1")" = "$2" ]; }
ok 'the secondary has the zone' within 10 serial_is example. 10
printf 'hmac-sha384:notify:%s\n' $KEY_SECRET >"$T/key"
printf 'hmac-sha384:notify:%s\n' $WRONG_SECRET >"$T/wrong"
chmod 600 "$T/key" "$T/wrong"

zone_file 20 11 >"$T/knotd/zone"
reload knotd 11
ok 'signed' fetch-zone --notify -k "$T/key" --serial 11 example "127.0.0.1#$S"
ok 'the secondary fetches' within 5 serial_is example. 11
sed 's/example\./open.example./g' "$T/knotd/zone" >"$T/knotd/open"
kill -HUP "$PID_knotd"
ok 'unsigned where it may be' fetch-zone --notify open.example. "127.0.0.1#$S"
ok 'the secondary fetches that too' within 5 serial_is open.example. 11

rejects 1 'NOTIFY: .*answers (NOTAUTH|REFUSED)' fetch-zone --notify example "127.0.0.1#$S"
rejects 1 'refuses our TSIG: BADSIG' fetch-zone --notify -k "$T/wrong" example "127.0.0.1#$S"
rejects 1 'answers NOTAUTH' fetch-zone --notify nowhere.test "127.0.0.1#$S"
closed=$(port)
rejects 3 'Connection refused' fetch-zone --notify example "127.0.0.1#$closed"
fetch-zone -v --notify -k "$T/key" example "127.0.0.1#$closed" "127.0.0.1#$S" 2>"$T/err"
is 'one that is away does not stop the others' "$? $(grep -c 'was told' "$T/err")" '3 1'

rejects 2 'ZONE SERVER' fetch-zone --notify example
rejects 2 'not ADDRESS' fetch-zone --notify example host.name
rejects 2 'port behind' fetch-zone --notify example '127.0.0.1#0'
rejects 2 'not a serial' fetch-zone --notify --serial x example 127.0.0.1
rejects 2 'not a domain name' fetch-zone --notify 'a..b' 127.0.0.1
chmod 644 "$T/key"
rejects 2 'others can read' fetch-zone --notify -k "$T/key" example "127.0.0.1#$S"
rejects 3 'No such file' fetch-zone --notify -k "$T/nokey" example "127.0.0.1#$S"

# To our own listener, which asks for TSIG.
L=$(port)
F=$T/f
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET '' '<RequireNotifyTSIG/>'
sed "s|<ZoneFetch>|&<NotifyListen><IPv4>127.0.0.1</IPv4><Port>$L</Port></NotifyListen>|" "$F/zonefetch.xml" >"$F/z"
mv "$F/z" "$F/zonefetch.xml"
fetch-zone --listen -r '' -c "$F/conf.xml" >/dev/null 2>"$T/err" &
PIDS="$PIDS $!"
printf 'key:%s\n' $KEY_SECRET >"$T/ours"
chmod 600 "$T/ours"
ok 'to ourselves, signed' within 5 fetch-zone --notify -k "$T/ours" example "127.0.0.1#$L"
rejects 1 'answers REFUSED' fetch-zone --notify example "127.0.0.1#$L"
done_testing

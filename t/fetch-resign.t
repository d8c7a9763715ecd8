#!/bin/sh
# From a master's zone to a signed one: fetch-zone, resign, a change, IXFR,
# resign again; then --listen runs resign by itself.
. t/lib.sh
. t/masters.sh
. t/keystate.sh
for p in knotd kdig perl softhsm2-util; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done
mkdir -p "$T/knotd"
zone_file 50 10 | sed '/TYPE65400/d' >"$T/knotd/zone"
P=$(port)
L=$(port)
KNOT_NOTIFY=$L start_knotd knotd "$P" || skip_all 'knotd does not start'

ks_installation
sed -i "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|
	s|</Common>|<ZoneFetchFile>$T/etc/zonefetch.xml</ZoneFetchFile></Common>|" "$T/etc/conf.xml"
sed -i '/<!--.*ZoneFetchFile/d' "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
cat >"$T/etc/zonefetch.xml" <<EOF
<ZoneFetch>
  <NotifyListen><IPv4>127.0.0.1</IPv4><Port>$L</Port></NotifyListen>
  <Default>
    <TSIG><Name>key</Name><Algorithm>hmac-sha256</Algorithm><Secret>$KEY_SECRET</Secret></TSIG>
    <RequestTransfer><IPv4>127.0.0.1</IPv4><Port>$P</Port></RequestTransfer>
  </Default>
</ZoneFetch>
EOF
C=$T/etc/conf.xml
SIGNED=$T/state/signed/example
ok 'setup' ks setup
mkdir -p "$T/state/unsigned" "$T/state/signed"
ok 'the zone' ks zone add -z example
ok 'fetched' fetch-zone -c "$C"
ok 'signed' resign -c "$C" --now "$(date +%s)"
ok 'dnssec-verify' dnssec-verify -q -o example. "$SIGNED"
is 'what arrived is the input now' "$(ls "$T/state/unsigned" | tr '\n' ' ')" 'example example.fetch '

zone_file 50 11 | sed '/TYPE65400/d; s/ns2.other/ns3.other/' >"$T/knotd/zone"
reload knotd 11
fetch-zone -c "$C" >"$T/out"
is 'a change comes as IXFR to what resign moved' "$(cut -f 2,4 "$T/out")" '11	ixfr'
ok 'signed again' resign -c "$C" --now "$(date +%s)"
ok 'dnssec-verify again' dnssec-verify -q -o example. "$SIGNED"
ok 'the change is in it' grep -q '^example.*NS	ns3.other.test.' "$SIGNED"

# The whole path without a hand: NOTIFY, transfer, resign.
# The clock of a container may count as not synchronised: --now.
mkdir "$T/bin"
real=$(command -v resign)
cat >"$T/bin/resign" <<EOF
#!/bin/sh
echo "\$@" >>"$T/given"
exec "$real" --now "\$(date +%s)" "\$@"
EOF
chmod +x "$T/bin/resign"
# cron's resign is at work just then: the listener's waits for it.
exec 8>"$T/state/resign.lock"
flock 8
PATH=$T/bin:$PATH fetch-zone --listen -c "$C" >"$T/listen.out" 2>"$T/listen.err" 8>&- &
PIDS="$PIDS $!"
listener=$!
for i in $(seq 1 100); do
	perl t/notify.pl "$L" example. | grep -q 0 && break
	sleep 0.05
done
zone_file 50 12 | sed '/TYPE65400/d; s/ns2.other/ns4.other/' >"$T/knotd/zone"
reload knotd 12
for i in $(seq 1 400); do
	grep -q '^example.	12' "$T/listen.out" && break
	sleep 0.05
done
ok 'fetched while resign is at work' grep -q '^example.	12' "$T/listen.out"
exec 8>&-
for i in $(seq 1 400); do
	grep -qs '^example.*NS	ns4.other.test.' "$SIGNED" && break
	sleep 0.05
done
ok 'NOTIFY to a signed zone by itself' grep -q '^example.*NS	ns4.other.test.' "$SIGNED"
sed 's/^/# /' "$T/listen.err"
is 'resign got our configuration' "$(sort -u "$T/given")" "-c $C --wait -- example."
kill "$listener"
wait "$listener"
is 'and it ends well' $? 0
ok 'dnssec-verify once more' dnssec-verify -q -o example. "$SIGNED"
done_testing

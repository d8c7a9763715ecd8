#!/bin/sh
# resign: from a configuration to published zones, run after run.
. t/lib.sh
. t/keystate.sh
. t/resign.sh
ks_installation
zone() { # NAME: an unsigned zone
	mkdir -p "$T/state/unsigned" "$T/state/signed"
	cat >"$T/state/unsigned/$1" <<-EOF
	\$TTL 3600
	@ SOA ns.$1. h.$1. 1 7200 3600 604800 300
	@ NS ns.$1.
	ns.$1. A 192.0.2.1
	www.$1. A 192.0.2.2
	sub.$1. NS ns.example.net.
	EOF
}
rs() { resign -c "$T/etc/conf.xml" --now "$NOW" "$@"; }
signed() { echo "$T/state/signed/$1"; }
NOW=$(date +%s)

sed -i "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|" "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
ok 'setup' ks setup
for z in one.example two.example three.example; do
	zone $z
	p=default
	[ $z = two.example ] && p=nsec3
	ks zone add -z $z -p $p >"$T/out" 2>&1 || cat "$T/out"
done

ok 'the first run' rs
for z in one.example two.example three.example; do
	ok "$z: dnssec-verify" dnssec-verify -q -o $z. "$(signed $z)"
	ok "$z: readable by a name server" test "$(stat -c %a "$(signed $z)")" = 644
done
ok 'two.example has NSEC3' grep -q NSEC3 "$(signed two.example)"
is 'published is evidence' "$(awk -F '\t' '$1 == "one.example" { print ($6 != "-") }' "$T/state/zone.db")" 1
cksum "$T/state/signed"/* >"$T/before"
NOW=$((NOW + 60))
ok 'a minute later nothing is due' rs
cksum "$T/state/signed"/* >"$T/after"
same 'and nothing is touched' "$T/after" "$T/before"

before=$(serial one.example)
sleep 1.1 # so that the input's time is settled
echo "new.one.example. A 192.0.2.9" >>"$T/state/unsigned/one.example"
NOW=$((NOW + 60))
ok 'a changed input is noticed' rs
ok 'its new name is signed' grep -q '^new.one.example.*RRSIG' "$(signed one.example)"
ok 'the serial rose' test "$(serial one.example)" -gt "$before"
is 'the others are as they were' "$(cksum "$T/state/signed/two.example")" "$(grep two.example "$T/before" | head -n 1)"

# What filters say goes to syslog too, each line at its own level.
mkdir "$T/fake"
cat >"$T/fake/logger" <<-EOF
	#!/bin/sh
	echo "\$*" >>"$T/logged"
EOF
chmod +x "$T/fake/logger"
echo "www.elsewhere. A 192.0.2.1" >>"$T/state/unsigned/one.example"
NOW=$((NOW + 60))
(PATH=$T/fake:$PATH && rs) 2>"$T/err"
is 'a warning of a filter is one to people' "$(grep -c '^read-zone: warning: one.example.: 1 out-of-zone records dropped$' "$T/err")" 1
is 'and to syslog' "$(grep -c '^-t read-zone -p [a-z0-9]*\.warning -- warning: one.example.: 1 out-of-zone records dropped$' "$T/logged")" 1
sed -i '/elsewhere/d' "$T/state/unsigned/one.example"
sleep 1.1
NOW=$((NOW + 60))
ok 'it is taken out again' rs

# A bad input keeps the published zone and is told each time, and the others go on.
echo "www.two.example. CNAME x." >>"$T/state/unsigned/two.example"
echo "new.three.example. A 192.0.2.9" >>"$T/state/unsigned/three.example"
NOW=$((NOW + 60))
rejects 1 'two.example.: its input is refused.*CNAME' rs
ok 'two.example is still whole' dnssec-verify -q -o two.example. "$(signed two.example)"
is 'without what was refused' "$(grep -c '^www.two.example.*CNAME' "$(signed two.example)")" 0
ok 'three.example went on' grep -q '^new.three.example.*RRSIG' "$(signed three.example)"
# ... over validity and a week: it never expires.
step=0
while [ $step -lt 8 ]; do
	NOW=$((NOW + 3 * 86400))
	rs --accept-clock 2>"$T/err"
	step=$((step + 1))
done
ok 'the refusal is still told, with file and line' grep -q 'two.example:[0-9]*:' "$T/err"
ok 'after validity and more, two.example is valid' audit-zone -q --now $NOW "$(signed two.example)"
sed -i '$d' "$T/state/unsigned/two.example"
# ... nor does one whose input only the audit refuses.
echo '@ NS ns9.two.example.' >>"$T/state/unsigned/two.example"
NOW=$((NOW + 60))
rejects 1 'two.example.: its input is refused.*apex-ns-no-address' rs
ok 'it was signed again all the same' grep -q "^;end .*sign-rrsets" "$(signed two.example)"
is 'without that name server' "$(grep -c 'ns9' "$(signed two.example)")" 0
ok 'and is valid' audit-zone -q --now $NOW "$(signed two.example)"
is 'what was refused is kept for a look' "$(grep -c 'NS.ns9' "$(signed two.example).rejected")" 1
sed -i '$d' "$T/state/unsigned/two.example"
mv "$T/state/unsigned/three.example" "$T/three"
NOW=$((NOW + 60))
before=$(serial three.example)
NOW=$((NOW + 12 * 86400))
rejects 1 'three.example.: its input is refused.*No such file' rs --accept-clock
ok 'a missing input too is signed from the last' test "$(serial three.example)" -gt "$before"
is 'of which keystate'"'"'s keys are no part' "$(grep -c DNSKEY "$(signed three.example).input")" 0
cp "$T/rejects.err" "$T/err"
before=$(serial three.example)
NOW=$((NOW + 60))
rejects 1 'three.example.: its input is refused' rs
is 'each run says so, without a serial for it' "$(serial three.example)" "$before"
ok 'and two.example is itself again' sh -c "! grep 'two.example.: its input' $T/err"
mv "$T/three" "$T/state/unsigned/three.example"
NOW=$((NOW + 60))
ok 'mended' rs
ok 'and all is well' sh -c "rm '$T/state/unsigned/none' 2>/dev/null; resign -c '$T/etc/conf.xml' --now $((NOW + 60)) -n | cmp - /dev/null"

# A file that shrinks by much is not published before a person says so.
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	echo "h$i A 192.0.2.3"
done >>"$T/state/unsigned/three.example"
sleep 1.1
NOW=$((NOW + 60))
ok 'a zone grows' rs
cp "$T/state/unsigned/three.example" "$T/large"
head -n 150 "$T/large" >"$T/state/unsigned/three.example"
NOW=$((NOW + 60))
rejects 1 'three.example.: its input is refused.* 149 records in place of 306: more than MaxShrink, 20%' rs
ok 'what shrank is not published' grep -q '^h300.three.example' "$(signed three.example)"
rejects 2 'no others here' rs --accept-shrink three.example two.example
head -n 140 "$T/large" >"$T/other"
mkdir "$T/state/shrink" && sha256sum <"$T/other" >"$T/state/shrink/three.example."
rejects 1 'MaxShrink' rs
ok 'accepted for one input is not for another' grep -q '^h300.three.example' "$(signed three.example)"
NOW=$((NOW + 60))
ok 'accepted' rs --accept-shrink three.example
is 'it is published' "$(grep -c '^h300.three.example' "$(signed three.example)")" 0
is 'and that was for once' "$(ls "$T/state/shrink")" ''

ks enforce -q --now $NOW --accept-clock >"$T/out" 2>&1 # it jumped by days
# NotifyCommand: the zone is a word, never a command; its failure is told.
sed -i "s|</Signer>|<NotifyCommand>echo %zone %zonefile >>$T/notified</NotifyCommand></Signer>|" "$T/etc/conf.xml"
sleep 1.1
echo "x.one.example. A 192.0.2.10" >>"$T/state/unsigned/one.example"
NOW=$((NOW + 60))
rs one.example 2>"$T/err"
is 'NotifyCommand' "$(grep one.example "$T/notified")" "one.example $(signed one.example)"
sed -i "s|<NotifyCommand>.*</NotifyCommand>|<NotifyCommand>false %zone</NotifyCommand>|" "$T/etc/conf.xml"
echo "y.one.example. A 192.0.2.10" >>"$T/state/unsigned/one.example"
NOW=$((NOW + 60))
rejects 1 'NotifyCommand failed' rs one.example
recorded() { awk -F '\t' -v zone="$1" '$1 == zone { print $7 }' "$T/state/zone.db"; }
ok 'without evidence' test "$(recorded one.example)" -lt "$(serial one.example)"
sed -i "s|<NotifyCommand>.*</NotifyCommand>|<NotifyCommand>true %zone</NotifyCommand>|" "$T/etc/conf.xml"
ok 'the next run repeats it, and counts it' rs one.example
is 'as published' "$(recorded one.example)" "$(serial one.example)"

# ... and one that a killed run had no time for is made good.
sed -i "s|<NotifyCommand>.*</NotifyCommand>|<NotifyCommand>echo %zone >>$T/notified; kill -s KILL \$(cat $T/pid)</NotifyCommand>|" "$T/etc/conf.xml"
for z in one three; do echo "z.$z.example. A 192.0.2.10" >>"$T/state/unsigned/$z.example"; done
NOW=$((NOW + 60))
: >"$T/notified"
sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$T/pid" resign -c "$T/etc/conf.xml" --now $NOW >"$T/out" 2>&1
is 'killed while it told of the first zone' "$? $(wc -l <"$T/notified")" '137 1'
sed -i "s|<NotifyCommand>.*</NotifyCommand>|<NotifyCommand>echo %zone >>$T/notified</NotifyCommand>|" "$T/etc/conf.xml"
: >"$T/notified"
ok 'the run after it' rs
is 'tells of all that may be new' "$(sort -u "$T/notified" | tr '\n' ' ')" 'one.example three.example '
ok 'and forgets it' test ! -e "$T/state/unnotified"
sed -i "s|<NotifyCommand>.*</NotifyCommand>|<NotifyCommand>true %zone</NotifyCommand>|" "$T/etc/conf.xml"

# On a terminal people see how far it is: the zones, or where they are few the RRsets.
seq 12000 | sed 's/.*/h&.one.example. A 192.0.2.2/' >>"$T/state/unsigned/one.example"
sleep 1.1
NOW=$((NOW + 60))
on_terminal() { script -qec "resign -c $T/etc/conf.xml --now $NOW $1" /dev/null </dev/null | tr '\r' '\n'; }
on_terminal '-j 1 --renew one.example' >"$T/tty"
ok 'a bar of RRsets' grep -q 'one.example. .*RRsets' "$T/tty"
on_terminal '-j 1 --force --renew' >"$T/tty"
ok 'a count of zones' grep -q 'resign: [0-3] of 3 zones' "$T/tty"
ok 'none elsewhere' sh -c "! grep -q 'of 3 zones' '$T/err'"

# One run at a time.
(exec 9>"$T/state/resign.lock"; flock 9; sleep 5) &
sleep 0.5
rejects 3 'another run holds' rs
wait
is '-n says what is due' "$(rs -n --force | sort | tr '\n' ' ')" 'one.example. three.example. two.example. '
rejects 2 'no such option' rs --bogus
rejects 3 'no-such-file' resign -c "$T/no-such-file"
done_testing

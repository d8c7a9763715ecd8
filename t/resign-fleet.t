#!/bin/sh
# resign --fleet: three hosts, each with sshd, a state directory and keys of its own.  In network namespaces where
# there may be some, else on three loopback addresses.  One is killed in the midst of signing.
. t/lib.sh
PATH=$PATH:/usr/sbin:/sbin
for p in parallel rsync ssh ssh-keygen sshd; do
	command -v $p >/dev/null || skip_all "no $p"
done
parallel --version 2>/dev/null | grep -q '^GNU parallel' || skip_all 'parallel is not that of GNU'
N=zp$$
net=198.18.$(($$ % 256)) # RFC 2544: nobody's
NOW=$(date +%s)
HOSTS='h1 h2 h3'
mkdir "$T/home" # GNU parallel writes there
sshd=$(command -v sshd)
if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi

# --- the hosts ----------------------------------------------------------------
alive() { # HOST: the processes there
	if [ $spaces = yes ]; then ip netns pids $N$1 2>/dev/null; fi
	ps -e -o pid= -o ppid= | awk -v top="$(cat "$T/$1/pid")" '{ parent[$1] = $2 } END { for (p in parent) {
		for (q = p; q > 1 && q != top; q = parent[q]); if (q == top) print p } }'
	grep -lF "HOME=$T/$1/home" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 # orphans
}
down() { # HOST: all its processes are killed, as if at once: none goes on because another ended
	rm -f "$T/$1/before"
	until alive "$1" | sort -u >"$T/$1/pids" && cmp -s "$T/$1/pids" "$T/$1/before"; do
		xargs -r kill -STOP <"$T/$1/pids" 2>/dev/null
		cp "$T/$1/pids" "$T/$1/before"
	done
	xargs -r kill -9 <"$T/$1/pids" 2>/dev/null
}
up() { # HOST
	port=$((21000 + $$ % 4000))
	if [ $spaces = yes ]; then port=22; fi
	until [ -e "$T/$1/up" ]; do
		sed -i "/^Port/d" "$T/$1/sshd_config" && echo "Port $port" >>"$T/$1/sshd_config"
		: >"$T/$1/sshd.log"
		if [ $spaces = yes ]; then ip netns exec $N$1 "$sshd" -f "$T/$1/sshd_config" -D -E "$T/$1/sshd.log" &
		else "$sshd" -f "$T/$1/sshd_config" -D -E "$T/$1/sshd.log" & fi
		echo $! >"$T/$1/pid"
		tries=0
		until grep -q '^Server listening' "$T/$1/sshd.log" || [ $tries = 100 ]; do
			tries=$((tries + 1))
			kill -0 "$(cat "$T/$1/pid")" 2>/dev/null || break
			sleep 0.1
		done
		grep -q '^Server listening' "$T/$1/sshd.log" && touch "$T/$1/up"
		[ $spaces = no ] && [ $port -lt 26000 ] || break
		[ -e "$T/$1/up" ] || port=$((port + 7)) # that one was taken
	done
	rm -f "$T/$1/up"
	sed -i "/^Host $1\$/,/Port/s/Port .*/Port $port/" "$T/ssh_config"
}
cleanup() {
	for h in $HOSTS; do
		[ -e "$T/$h/pid" ] && down $h
		[ $spaces = yes ] && ip netns del $N$h 2>/dev/null
	done
	[ -n "${KEEP_T:-}" ] || rm -rf "$T"
}
spaces=no
if [ "${FLEET_NETNS:-yes}" = yes ] && ip netns add ${N}h0 2>/dev/null; then
	ip link add ${N}v type veth peer name e0 netns ${N}h0 2>/dev/null && spaces=yes
	ip netns del ${N}h0
fi
trap cleanup EXIT
[ $spaces = yes ] || echo '# no network namespaces here: three loopback addresses'

ssh-keygen -q -t ed25519 -N '' -f "$T/key" && ssh-keygen -q -t ed25519 -N '' -f "$T/hostkey"
i=0
for h in $HOSTS; do
	i=$((i + 1))
	mkdir -p "$T/$h/etc" "$T/$h/bin" "$T/$h/home"
	address=127.0.0.1$i
	if [ $spaces = yes ]; then
		address=$net.$((4 * i + 1))
		ip netns add $N$h && ip link add $N$h type veth peer name e0 netns $N$h &&
			ip addr add $net.$((4 * i + 2))/30 dev $N$h && ip link set $N$h up &&
			ip -n $N$h addr add $address/30 dev e0 && ip -n $N$h link set e0 up || skip_all "network namespace $N$h: not set up"
	fi
	for p in "$PWD"/bin/* "$PWD/$BIN"/*; do ln -sf "$p" "$T/$h/bin"; done
	# SHLVL: so that no .bashrc of the person who tests this is read.
	cat >"$T/$h/sshd_config" <<-EOF
	ListenAddress $address
	HostKey $T/hostkey
	AuthorizedKeysFile $T/key.pub
	PidFile none
	StrictModes no
	UsePAM no
	UseDNS no
	PermitRootLogin yes
	SetEnv PATH=$T/$h/bin:$PATH HOME=$T/$h/home ZONEPIPE_LOCKDIR=$T/$h SHLVL=2
	EOF
	cat >>"$T/ssh_config" <<-EOF
	Host $h
	  HostName $address
	  Port 22
	EOF
	# The repository of the sample policies, as key files; %zone tells who published what.
	sed -e "s|/etc/opendnssec|$T/$h/etc|; s|/var/opendnssec|$T/$h/state|" \
		-e "s|<Module>.*</Module>|<Directory>$T/$h/keys</Directory>|; /<TokenLabel>OpenDNSSEC/d; /<PINFile>/d" \
		-e "s|<WorkerThreads>.*|&<NotifyCommand>echo $h %zone >> $T/published</NotifyCommand>|" etc/conf.xml >"$T/$h/etc/conf.xml"
	cp etc/kasp.xml "$T/$h/etc/kasp.xml"
	keystate setup -c "$T/$h/etc/conf.xml" >"$T/$h/out" 2>&1 || sed 's/^/# /' "$T/$h/out"
	up $h
done
cat >>"$T/ssh_config" <<EOF
Host *
  IdentityFile $T/key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  BatchMode yes
  ConnectTimeout 5
  ControlMaster auto
  ControlPath $T/to.%n
  ControlPersist 20
  ServerAliveInterval 2
  ServerAliveCountMax 3
EOF
ssh -F "$T/ssh_config" h3 true >"$T/out" 2>&1 || skip_all "ssh to this machine does not work: $(head -n 1 "$T/out")"

# --- the coordinator ------------------------------------------------------------
mkdir -p "$T/c/etc" "$T/c/state/unsigned" "$T/c/state/signed"
chmod -R go-w "$T/c"
sed -e "s|/etc/opendnssec|$T/c/etc|; s|/var/opendnssec|$T/c/state|" etc/conf.xml >"$T/c/etc/conf.xml"
# The sample policy default, and one whose zones share keys.
awk '/<Policy name="default">/ { on = 1 } on { text = text $0 "\n" } /<\/Policy>/ { on = 0 } { all = all $0 "\n" } END {
	sub(/name="default"/, "name=\"shared\"", text); sub(/<Keys>\n/, "<Keys>\n<TTL>PT1H</TTL>@", text)
	sub(/@[^\n]*<TTL>PT1H<\/TTL>/, "", text); sub(/<Purge>/, "<ShareKeys/><Purge>", text)
	sub(/<\/KASP>/, text "</KASP>", all); printf "%s", all }' etc/kasp.xml >"$T/c/etc/kasp.xml"
list() { # ZONE=POLICY...
	echo '<ZoneList>'
	for z; do
		cat <<-EOF
		<Zone name="${z%=*}"><Policy>${z#*=}</Policy>
		<SignerConfiguration>$T/c/state/signconf/${z%=*}.xml</SignerConfiguration><Adapters>
		<Input><File>$T/c/state/unsigned/${z%=*}</File></Input>
		<Output><File>$T/c/state/signed/${z%=*}</File></Output></Adapters></Zone>
		EOF
	done >"$T/list" && cat "$T/list"
	echo '</ZoneList>'
}
zone() { # NAME
	printf '$TTL 3600\n@ SOA ns h 1 7200 3600 1209600 3600\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.2\n' >"$T/c/state/unsigned/$1"
	touch -d '1 hour ago' "$T/c/state/unsigned/$1"
}
ZONES='a.test b.test c.test d.test e.test s1.test s2.test s3.test'
for z in $ZONES; do zone $z; done
LIST='a.test=default b.test=default s1.test=shared c.test=default s2.test=shared d.test=default e.test=nsec3 s3.test=shared'
# shellcheck disable=SC2086
list $LIST >"$T/c/etc/zonelist.xml"
for h in $HOSTS; do echo "$h conf=$T/$h/etc/conf.xml"; done >"$T/hosts"
echo '# nobody' >>"$T/hosts"

fleet() {
	HOME=$T/home resign --fleet "$T/hosts" -c "$T/c/etc/conf.xml" --ssh "ssh -F $T/ssh_config" --now "$NOW" "$@"
}
fleet_as() { # STATUS WHAT OPTIONS...: and stderr into $T/err
	want=$1 what=$2
	shift 2
	fleet "$@" >"$T/stdout" 2>"$T/err"
	is "$what" "$?" "$want"
	[ "$tap_bad" = 0 ] || sed 's/^/# /' "$T/err"
}
home_of() { awk -F '\t' '$1 == zone { print $2 }' zone="$1." "$T/c/state/fleet/homes"; }
zones_at() { awk -F '\t' '$2 == host { print $1 }' host="$1" "$T/c/state/fleet/homes" | sort; }
named() { grep -o "resign-fleet: [^ ]*: not signed: its home $1" "$T/err" | cut -d ' ' -f 2 | sed 's/:$//' | sort; }
ZONE_KEYS() { awk -F '\t' '!/^;/ && $1 ~ /test/ { print $1 }' "$T/$1/state/zone.db" | sort -u; }

published() { # host and zone, once for each serial that the host knows it published
	for h in $HOSTS; do
		awk -F '\t' -v host=$h '$5 == "published" { print host, $2, $7 }' "$T/$h/state/history.log"
	done | sort -u | cut -d ' ' -f 1,2
}

fleet_as 0 '-n says what would be' -n
is 'each zone has one home' "$(cut -f 1 "$T/stdout" | sort -u | wc -l)" 8
ok 'and nothing is recorded' [ ! -s "$T/c/state/fleet/homes" ]

# --- the first run; one host dies while it signs ---------------------------------------------------
victim=$(awk -F '\t' '$1 == "b.test." { print $2 }' "$T/stdout")
rm "$T/$victim/bin/sort-zone"
cat >"$T/$victim/bin/sort-zone" <<EOF
#!/bin/sh
if [ ! -e $T/reached ]; then touch $T/reached; sleep 300; fi
exec $PWD/$BIN/sort-zone "\$@"
EOF
chmod 755 "$T/$victim/bin/sort-zone"
fleet >"$T/stdout" 2>"$T/err" &
run=$!
tries=0
until [ -e "$T/reached" ] || [ $tries = 600 ]; do sleep 0.1; tries=$((tries + 1)); done
ok 'a host is in the midst of signing' [ -e "$T/reached" ]
down "$victim"
wait $run
is 'it is killed: the run fails' $? 1
is 'its zones are named, and no others' "$(named '[^ ]*')" "$(zones_at "$victim")"
ok 'they are some' [ -n "$(zones_at "$victim")" ]
is 'zones that share keys have one home' "$(for z in s1.test s2.test s3.test; do home_of $z; done | sort -u | wc -l)" 1
for z in $ZONES; do [ "$(home_of $z)" = "$victim" ] || echo "$(home_of $z) $z"; done | sort >"$T/want"
published >"$T/got"
same 'all others are published, once, at their homes' "$T/got" "$T/want"
cp "$T/c/state/fleet/homes" "$T/homes"

[ "$tap_bad" = 0 ] || done_testing

# --- while it is away ----------------------------------------------------------------------------------
NOW=$((NOW + 60))
fleet_as 1 'while it is away the run fails'
is 'and names its zones again' "$(named "$victim")" "$(zones_at "$victim")"
same 'they are given to nobody' "$T/c/state/fleet/homes" "$T/homes"
published >"$T/got"
same 'nothing else was due' "$T/got" "$T/want"

# --- it is back -------------------------------------------------------------------------------------------
up "$victim"
NOW=$((NOW + 60))
fleet_as 0 'it is back: --resume asks that host only' --resume
ok 'it alone' grep -q '1 hosts asked: 1 done' "$T/err"
for z in $ZONES; do echo "$(home_of $z) $z"; done | sort >"$T/want"
published >"$T/got"
same 'every zone was published once, at its home' "$T/got" "$T/want"
for z in $ZONES; do
	ok "$z: signed" dnssec-verify -q -o $z "$T/$(home_of $z)/state/signed/$z"
	is "$z: at one place" "$(ls "$T"/h?/state/signed/$z | wc -l)" 1
done
for h in $HOSTS; do is "$h knows no other zones" "$(ZONE_KEYS $h)" "$(zones_at $h | sed 's/\.$//')"; done

# --- changes ------------------------------------------------------------------------------------------------
NOW=$((NOW + 60))
: >"$T/published"
echo 'new A 192.0.2.3' >>"$T/c/state/unsigned/a.test"
touch -d '5 seconds ago' "$T/c/state/unsigned/a.test"
zone f.test
# shellcheck disable=SC2086
list $LIST f.test=default >"$T/c/etc/zonelist.xml"
mv "$T/c/state/unsigned/c.test" "$T/c.test"
fleet_as 1 'an input is missing'
ok 'it is named' grep -q 'unsigned/c.test: is missing' "$T/err"
mv "$T/c.test" "$T/c/state/unsigned/c.test"
is 'what changed and what is new was published' "$(cut -d ' ' -f 2 "$T/published" | sort | xargs)" 'a.test f.test'
ok 'the change has arrived' grep -q '^new.a.test' "$T/$(home_of a.test)/state/signed/a.test"
ok 'all hosts are done' grep -q '3 hosts asked: 3 done, 0 failed' "$T/err"

# --- another home ---------------------------------------------------------------------------------------------
at=$(home_of a.test)
to=h1
[ "$at" != h1 ] || to=h2
move() { fleet -n >/dev/null 2>&1; resign-fleet --move $to --ssh "ssh -F $T/ssh_config" -c "$T/c/etc/conf.xml" "$@"; }
rejects 1 'no KSK of it' move "$T/hosts" a.test
s=$(home_of s1.test)
[ "$s" = $to ] || rejects 1 'shares the keys' move --new-keys "$T/hosts" s1.test
is 'nothing has moved' "$(home_of a.test)" "$at"
ok 'a move' move --new-keys "$T/hosts" a.test
is 'is recorded' "$(home_of a.test)" $to
: >"$T/published"
NOW=$((NOW + 60))
fleet_as 0 'the run after, of all zones' --force
is 'signs it at its new home only' "$(grep 'a\.test' "$T/published")" "$to a.test"
is 'and each other once' "$(cut -d ' ' -f 2 "$T/published" | sort | uniq -d)" ''

# --- what is refused ---------------------------------------------------------------------------------------------
sed -i '/of the fleet/d' "$T/h2/etc/zonelist.xml"
grep -v '^h3' "$T/hosts" >"$T/hosts.new" && mv "$T/hosts.new" "$T/hosts"
fleet_as 1 'a zone list that is not ours, a home that is no longer in the file'
ok 'the list is left as it is' grep -q 'h2: .*has zones that are not of the fleet' "$T/err"
is 'its zones are named' "$(named h2)" "$(zones_at h2)"
is 'those of the home are, too' "$(named 'h3 is not in')" "$(zones_at h3)"
echo 'h1;rm' >"$T/hosts"
rejects 2 'not a host' fleet
touch "$T/c/state/keys.db"
rejects 2 'signs by itself' fleet
rejects 2 'comes first' resign -v --fleet "$T/hosts"
done_testing

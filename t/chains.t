#!/bin/sh
# The denial chains, record for record, against dnssec-signzone's and kzonesign's.
. t/lib.sh

# Every pairing of what a chain depends on.
zone() {
	cat <<'Z'
$ORIGIN example.
$TTL 3600
@ 7200 SOA ns hostmaster 1 7200 3600 604800 300
@ NS ns
@ NS ns.secure
ns A 192.0.2.1
*.wild TXT "wildcard below an empty non-terminal"
* A 192.0.2.2
secure NS ns.secure
secure DS 1 13 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
ns.secure A 192.0.2.3
plain NS ns.plain
ns.plain AAAA 2001:db8::1
a.b.ns.plain TXT "deep below a cut"
outside NS ns.example.net.
deep.empty.path.one A 192.0.2.4
secure.empty.path.two NS ns.example.net.
secure.empty.path.two DS 1 13 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
plain.empty.path.three NS ns.example.net.
plain.mixed.path.four NS ns.example.net.
a.mixed.path.four A 192.0.2.5
self NS self
self A 192.0.2.6
dn DNAME example.net.
under.ent.dn2 DNAME example.net.
cn CNAME ns
many A 192.0.2.7
many AAAA 2001:db8::2
many MX 10 ns
many TXT "x"
many TYPE65280 \# 1 00
many TYPE1000 \# 1 00
many CAA 0 issue "ca.example"
Z
}

one_name() {
	printf '$ORIGIN example.\n$TTL 60\n@ SOA ns.example.net. h.example.net. 1 2 3 4 300\n@ NS ns.example.net.\n'
}

keys() {
	(cd "$T" && dnssec-keygen -q -a 13 example. && dnssec-keygen -q -a 13 -f KSK example.) >"$T/keys"
	cat "$T"/K*.key >"$T/dnskeys.zone"
}

# TYPE records of a file: one space between fields, lower case, sorted.
chain() { # TYPE FILE
	awk -v type="$1" 'tolower($4) == type { $1 = $1; print tolower($0) }' "$2" | LC_ALL=C sort
}

bind() { # OUT OPTIONS...: what dnssec-signzone makes of $T/zone
	bind_out=$1
	shift
	cat "$T/zone" "$T/dnskeys.zone" >"$T/bind.in"
	(cd "$T" && dnssec-signzone -q -P -o example. -O full -f bind.out "$@" bind.in $(sed 's/$/.private/; s/.private$//' keys)) >/dev/null 2>"$T/bind.err"
	grep -v '^;' "$T/bind.out" >"$bind_out"
}

knot() { # OUT POLICY-LINES
	rm -rf "$T/knot"
	mkdir "$T/knot" "$T/knot/out"
	cat "$T/zone" >"$T/knot/example.zone"
	cat >"$T/knot/conf" <<-EOF
	policy:
	  - id: p
	    algorithm: ecdsap256sha256
	    cds-cdnskey-publish: none
	$2
	template:
	  - id: default
	    storage: $T/knot
	    kasp-db: $T/knot/keys
	    file: example.zone
	    dnssec-signing: on
	    dnssec-policy: p
	zone:
	  - domain: example.
	EOF
	kzonesign -c "$T/knot/conf" -o "$T/knot/out" example. >"$T/knot.err" 2>&1
	awk '!/^;/ { $3 = "IN " $3; print }' "$T/knot/out/example.zone" >"$1"
}

ours() { # OUT FILTER OPTIONS...
	ours_out=$1
	shift
	read-zone -o example. "$T/zone" "$T/dnskeys.zone" | sort-zone 2>/dev/null | "$@" >"$ours_out"
}

compare() { # WHAT TYPE JUDGE FILTER...
	what=$1 type=$2 judge=$3
	shift 3
	ours "$T/ours" "$@" 2>"$T/err"
	chain "$type" "$T/ours" >"$T/ours.chain"
	chain "$type" "$T/$judge" >"$T/judge.chain"
	[ -s "$T/judge.chain" ] || echo "$judge made no chain" >"$T/judge.chain"
	same "$what: as $judge makes it" "$T/ours.chain" "$T/judge.chain"
}

keys
for z in zone one_name; do
	$z >"$T/zone"
	bind "$T/bind"
	compare "$z, NSEC" nsec bind add-nsec
	knot "$T/knot.signed" ''
	compare "$z, NSEC" nsec knot.signed add-nsec
	for salt in - AABBCCDD; do
		for optout in '' --opt-out; do
			[ -z "$optout" ] && a='' k=off || a=-A k=on
			bind "$T/bind" -3 $salt -H 0 $a
			compare "$z, NSEC3 $salt $optout" nsec3 bind add-nsec3 --salt $salt $optout
		done
	done
	knot "$T/knot.signed" "    nsec3: on
    nsec3-iterations: 0
    nsec3-salt-length: 0
    nsec3-opt-out: off"
	compare "$z, NSEC3" nsec3 knot.signed add-nsec3
	knot "$T/knot.signed" "    nsec3: on
    nsec3-iterations: 3
    nsec3-salt-length: 0
    nsec3-opt-out: on"
	compare "$z, NSEC3 opt-out, 3 iterations" nsec3 knot.signed add-nsec3 --opt-out --iterations 3
done

is 'NSEC3PARAM has TTL 0 and no flags' "$(grep NSEC3PARAM "$T/ours" | head -n 1)" 'example.	0	IN	NSEC3PARAM	1 0 3 -'
ok 'iterations are warned of' grep -q 'RFC 9276' "$T/err"

# A million names under one cut wait for the next name, and not in memory.
{
	printf ';zonetext 1\n;zone example.\nexample.\t60\tIN\tSOA\tns. h. 1 2 3 4 5\ncut.example.\t60\tIN\tNS\tns.\n'
	perl -e 'printf "n%07d.cut.example.\t60\tIN\tA\t192.0.2.1\n", $_ for 1 .. 1000000'
	printf 'zz.example.\t60\tIN\tA\t192.0.2.1\n;end example. records=1000003 max-ttl=60\n;done zones=1 failed=0\n'
} >"$T/cut"
for f in add-nsec add-nsec3; do
	perl -e 'my $p = fork // die; if (!$p) { open STDIN, "<", $ARGV[1]; open STDOUT, ">", $ARGV[2]; exec $ARGV[0] }
		waitpid $p, 0; exit 1 if $?;
		my ($usage, %number) = ("\0" x 144, x86_64 => 98, aarch64 => 165); # getrusage
		my $n = $number{(split " ", `uname -m`)[0]} or die "no number for getrusage here";
		syscall($n, -1, $usage); print unpack("x32 q", $usage)' $f "$T/cut" "$T/cut.out" >"$T/rss"
	ok "$f: a million names under one cut in 16 MB ($(cat "$T/rss") KB)" test "$(cat "$T/rss")" -lt 16384
	is "$f: all of them come out" "$(grep -c 'cut.example.	60	IN	A' "$T/cut.out")" 1000000
done

rejects 2 'salt' add-nsec3 --salt ABC <"$T/cut"
rejects 2 'iterations' add-nsec3 --iterations 2501 <"$T/cut"
done_testing

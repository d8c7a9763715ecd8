#!/bin/sh
# sort-zone: the order of zonetext(5), what it mends, counts and refuses.
. t/lib.sh

# stream ZONE [KEYS]: lines "owner ttl type rdata..." on stdin to a stream of one zone.
stream() {
	awk -v zone="$1" -v keys="${2-}" '
	BEGIN { print ";zonetext 1\n;zone " zone (keys == "" ? "" : " " keys) }
	{
		owner = $1; ttl = $2; type = $3
		sub(/^[^ ]+ [^ ]+ [^ ]+ /, "")
		printf "%s\t%s\tIN\t%s\t%s\n", owner, ttl, type, $0
		n++
		if (ttl + 0 > max) max = ttl
	}
	END { printf ";end %s records=%d max-ttl=%d\n;done zones=1 failed=0\n", zone, n, max }'
}
# the records alone, with spaces for tabs and without IN
records() {
	grep -v '^;' | sed 's/	IN	/	/' | tr '\t' ' '
}
SOA='e. 60 SOA ns.e. h.e. 7 1 2 3 4'
NS='e. 60 NS ns.x.'
# zone LINES...: a sound zone "e." and more lines
zone() {
	{
		printf '%s\n%s\n' "$SOA" "$NS"
		[ $# = 0 ] || printf '%s\n' "$@"
	} | stream e.
}

# ---- order -----------------------------------------------------------------
# RFC 4034 §6.1's own example is the list of owners.
shuf --random-source=/dev/zero >"$T/in" <<-'X'
	example. 60 NS ns.x.
	example. 60 SOA ns.x. h.x. 2026112401 1 2 3 4
	example. 60 RRSIG SOA 13 1 60 20300101000000 20200101000000 1 example. AAAA
	example. 60 RRSIG NS 13 1 60 20300101000000 20200101000000 1 example. AAAA
	example. 60 RRSIG NSEC 13 1 60 20300101000000 20200101000000 1 example. AAAA
	example. 60 NSEC a.example. NS SOA RRSIG NSEC
	example. 60 TYPE65535 \# 1 00
	example. 60 CAA 0 issue "ca.x"
	a.example. 60 A 192.0.2.1
	yljkjljk.a.example. 60 A 192.0.2.1
	z.a.example. 60 A 192.0.2.1
	zabc.a.example. 60 A 192.0.2.1
	z.example. 60 A 192.0.2.1
	\001.z.example. 60 A 192.0.2.1
	*.z.example. 60 A 192.0.2.1
	\200.z.example. 60 A 192.0.2.1
	X
cat >"$T/want" <<-'X'
	example. 60 SOA ns.x. h.x. 2026112401 1 2 3 4
	example. 60 RRSIG SOA 13 1 60 20300101000000 20200101000000 1 example. AAAA
	example. 60 NS ns.x.
	example. 60 RRSIG NS 13 1 60 20300101000000 20200101000000 1 example. AAAA
	example. 60 CAA 0 issue "ca.x"
	example. 60 TYPE65535 \# 1 00
	example. 60 NSEC a.example. NS SOA RRSIG NSEC
	example. 60 RRSIG NSEC 13 1 60 20300101000000 20200101000000 1 example. AAAA
	a.example. 60 A 192.0.2.1
	yljkjljk.a.example. 60 A 192.0.2.1
	z.a.example. 60 A 192.0.2.1
	zabc.a.example. 60 A 192.0.2.1
	z.example. 60 A 192.0.2.1
	\001.z.example. 60 A 192.0.2.1
	*.z.example. 60 A 192.0.2.1
	\200.z.example. 60 A 192.0.2.1
	X
ok 'sorts' sh -c "$(cat <<-X
	sort-zone >"$T/out" <<-'Y'
	$(stream example. x=1 <"$T/in")
	Y
	X
)"
records <"$T/out" >"$T/got"
same 'RFC 4034 §6.1: owners; SOA, types by number, NSEC; RRSIGs behind their RRset' \
	"$T/got" "$T/want"
is 'header: keys are carried, the serial of the SOA is noted' \
	"$(sed -n 2p "$T/out")" ';zone example. x=1 records=16 input-serial=2026112401'
ok 'sorted input stays as it is' sh -c "sort-zone <'$T/out' | cmp - '$T/out'"

zone 'e. 60 NSEC3PARAM 1 0 0 -' \
	'v0.e. 60 NSEC3 1 0 0 - 0 A' 'v0.e. 60 RRSIG NSEC3 13 2 60 20300101000000 20200101000000 1 e. AAAA' \
	'b.e. 60 A 192.0.2.1' 'v0.e. 60 A 192.0.2.1' '0v.e. 60 NSEC3 1 0 0 - V0' |
	sort-zone | records >"$T/got"
is 'section two: NSEC3 records by hash, behind all owners' "$(tail -n 5 "$T/got")" \
	'b.e. 60 A 192.0.2.1
v0.e. 60 A 192.0.2.1
0v.e. 60 NSEC3 1 0 0 - V0
v0.e. 60 NSEC3 1 0 0 - 0 A
v0.e. 60 RRSIG NSEC3 13 2 60 20300101000000 20200101000000 1 e. AAAA'

# By octets: a length octet sorts before letters, numbers by value, not as text.
zone 'a.e. 60 MX 10 a.' 'a.e. 60 MX 9 z.' 'a.e. 60 MX 300 a.' \
	'b.e. 60 NS bbb.' 'b.e. 60 NS aaaa.' 'b.e. 60 NS c.' \
	'c.e. 60 TXT "b"' 'c.e. 60 TXT "aa"' 'c.e. 60 TXT ""' \
	'd.e. 60 A 10.0.0.10' 'd.e. 60 A 10.0.0.9' | sort-zone | records >"$T/got"
is 'RFC 4034 §6.3: RDATA in order of its octets' "$(sed -n '3,$p' "$T/got")" \
	'a.e. 60 MX 9 z.
a.e. 60 MX 10 a.
a.e. 60 MX 300 a.
b.e. 60 NS c.
b.e. 60 NS bbb.
b.e. 60 NS aaaa.
c.e. 60 TXT ""
c.e. 60 TXT "b"
c.e. 60 TXT "aa"
d.e. 60 A 10.0.0.9
d.e. 60 A 10.0.0.10'

# The root as a zone, and names whose escapes hide dots.
printf '%s\n' '. 60 NS a.b.' '. 60 SOA a. b. 1 1 1 1 1' 'b.a. 60 A 192.0.2.1' \
	'b\.a. 60 A 192.0.2.1' 'a. 60 A 192.0.2.1' | stream . | sort-zone 2>"$T/err" | records >"$T/got"
is 'the root zone' "$(cut -d' ' -f1 "$T/got" | tr '\n' ' ')" '. . a. b.a. b\.a. '

# ---- memory, an independent judge ------------------------------------------
perl -e '
	srand 5; my ($o, %seen) = "big.example.";
	print "$o 3600 SOA ns1.$o h.$o 1 1 1 1 1\n$o 3600 NS ns1.$o\nns1.$o 3600 A 192.0.2.1\n";
	for (1 .. 60000) {
		my $n = join ".", map { substr "a1bc-2dq", rand 7, 1 + rand 2 } 0 .. rand 4;
		$n =~ s/(^|\.)-|-(\.|$)/$1x$2/g;
		my $r = join ".", 10, map { int rand 200 } 1 .. 3;
		print "$n$_.$o 3600 A $r\n";
		print "$n$_.$o 3600 MX ", int rand 2000, " m$_.x.\n" for 1 .. rand 3;
	}' >"$T/big"
stream big.example. <"$T/big" >"$T/big.in"
sort-zone <"$T/big.in" >"$T/big.48" 2>"$T/err"
sort-zone -v -S 12M -T "$T" <"$T/big.in" >"$T/big.12" 2>"$T/err"
ok 'a zone larger than the memory is spilled' grep -q ' [1-9][0-9]* octets spilled in [1-9]' "$T/err"
same 'the result does not depend on the memory' "$T/big.12" "$T/big.48"
is 'nothing is left in the folder' "$(ls "$T" | grep -c zonepipe)" 0
if command -v ldns-read-zone >/dev/null; then
	grep -v '^;' "$T/big.in" | ldns-read-zone -z /dev/stdin | uniq >"$T/ldns"
	grep -v '^;' "$T/big.48" >"$T/got"
	same 'the order is that of ldns' "$T/got" "$T/ldns"
else
	echo "# SKIP the order is that of ldns: no ldns-read-zone"
fi
rejects 3 '/nonexistent: cannot spill' sort-zone -S 12M -T /nonexistent <"$T/big.in"
is 'and its zone failed' "$(tail -n 2 "$T/rejects.out" | sed 's/ 3 .*//')" \
	';fail big.example.
;done zones=1 failed=1'
if nm "$(command -v sort-zone)" 2>/dev/null | grep -q __asan; then
	echo '# SKIP in bounded memory: AddressSanitizer takes its own'
else
	# address space: 12M, threads and libraries; the records alone are more
	ok 'in bounded memory' sh -c "ulimit -v 65536; sort-zone -S 12M <'$T/big.in'"
	rejects 3 'memory' sh -c "ulimit -v 65536; sort-zone -S 80M <'$T/big.in'"
fi

# ---- --check ---------------------------------------------------------------
ok '--check: sorted' sort-zone --check <"$T/big.48"
is '--check writes nothing' "$(sort-zone --check <"$T/big.48")" ''
rejects 1 'stdin:4: a.big.example.|stdin:[0-9]+: .* behind the record before \(RFC 4034 §6.1\)' \
	sort-zone --check <"$T/big.in"
check() { # REGEX LINES...
	re=$1
	shift
	zone "$@" >"$T/in"
	rejects 1 "$re" sort-zone --check <"$T/in"
}
check 'stdin:6: b.e. A: RDATA not in canonical order \(RFC 4034 §6.3\)' 'b.e. 1 A 10.0.0.9' 'b.e. 1 A 10.0.0.8'
check 'stdin:6: b.e. A: given more than once' 'b.e. 1 A 10.0.0.9' 'b.e. 1 A 10.0.0.9'
check 'stdin:6: b.e. A: does not stand behind' 'b.e. 1 MX 1 a.' 'b.e. 1 A 10.0.0.9'
check 'stdin:6: b.e. A: does not stand behind' '0b.e. 1 NSEC3 1 0 0 - 1B' 'b.e. 1 A 10.0.0.9'
check 'stdin:5: e.x. A: outside of the zone' 'e.x. 1 A 10.0.0.9'
zone 'b.e. 1 A 10.0.0.9' >"$T/in"
ok '--check: a sound zone' sort-zone --check <"$T/in"
rejects 2 'makes no sense' sort-zone --check -w "$T/x" <"$T/in"

# ---- what is mended and counted --------------------------------------------
ends() { # WHAT COUNTS STDERR-REGEX LINES...
	what=$1 counts=$2 re=$3
	shift 3
	zone "$@" >"$T/in"
	sort-zone <"$T/in" >"$T/out" 2>"$T/err"
	status=$?
	is "$what: counted" "$status $(sed -n 's/^;end .* max-ttl=[0-9]* *//p' "$T/out")" "0 $counts"
	ok "$what: said" grep -Eq "warning: e\.: $re" "$T/err"
	rejects 1 "e\.: $re" sort-zone --strict <"$T/in"
}
ends 'duplicate' 'sort-zone.duplicates=2 sort-zone.warnings=1' \
	'b.e. A: given more than once: left out \(RFC 2181 §5\)' \
	'b.e. 1 A 10.0.0.9' 'b.e. 1 A 10.0.0.9' 'b.e. 1 A 10.0.0.9'
is 'one is left' "$(sort-zone <"$T/in" 2>&1 | grep -c '^b.e.')" 1
ends 'TTLs' 'sort-zone.ttls-lowered=2 sort-zone.warnings=1' \
	'b.e. A: TTLs differ inside the RRset: the lowest is used \(RFC 2181 §5.2\)' \
	'b.e. 9 A 10.0.0.9' 'b.e. 10 A 10.0.0.8' 'b.e. 11 A 10.0.0.1'
is 'the lowest TTL' "$(sort-zone <"$T/in" 2>/dev/null | grep '^b.e.' | cut -f2 | tr '\n' ' ')" '9 9 9 '
ends 'a duplicate with another TTL' 'sort-zone.duplicates=1 sort-zone.warnings=2' \
	'b.e. A: TTLs differ' 'b.e. 9 A 10.0.0.9' 'b.e. 8 A 10.0.0.9'
is 'the lowest TTL stays' "$(sort-zone <"$T/in" 2>/dev/null | grep '^b.e.' | cut -f2)" 8
ends 'out of zone' 'sort-zone.out-of-zone=2 sort-zone.warnings=2' \
	'be. A: outside of the zone: left out' 'be. 9 A 10.0.0.9' 'b.f. 8 A 10.0.0.9'
is 'TTLs of RRSIGs are not an RRset'"'"'s' "$(zone \
	'e. 1 RRSIG NS 13 1 60 20300101000000 20200101000000 1 e. AAAA' \
	'e. 2 RRSIG NS 13 1 60 20300101000000 20200101000000 2 e. AAAA' |
	sort-zone 2>&1 | grep -c 'RRSIG.*AAAA$')" 2
for t in DNSKEY CDS CDNSKEY NSEC3PARAM ZONEMD; do
	case $t in
	*DNSKEY) rdata='257 3 13 AAAA' ;;
	CDS) rdata='1 13 2 AA00000000000000000000000000000000000000000000000000000000000000' ;;
	NSEC3PARAM) rdata='1 0 0 -' ;;
	ZONEMD) rdata='1 1 1 AA0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000' ;;
	esac
	ends "$t" 'sort-zone.warnings=1' "b.e. $t: not at the apex" "b.e. 9 $t $rdata"
	zone "e. 9 $t $rdata" | sort-zone >/dev/null 2>"$T/err"
	is "$t at the apex is silent" "$(cat "$T/err")" ''
done

# Servers in the zone need addresses: before or behind the NS record, glue or not.
ends 'glue' 'sort-zone.warnings=1' 'b.e. NS: no address in the zone for ns.b.e. \(RFC 1034 §4.2.1\)' \
	'b.e. 9 NS ns.b.e.' 'c.e. 9 NS ns.b.e.'
ends 'authoritative server' 'sort-zone.warnings=1' 'e. NS: no address in the zone for z.e.' 'e. 60 NS z.e.'
silent() { # WHAT LINES...
	what=$1
	shift
	zone "$@" | sort-zone >/dev/null 2>"$T/err"
	is "silent: $what" "$? $(cat "$T/err")" '0 '
}
silent 'addresses' 'b.e. 9 NS ns.b.e.' 'ns.b.e. 9 A 10.0.0.1' 'c.e. 9 NS a.e.' 'a.e. 9 AAAA 2001:db8::1' \
	'd.e. 9 NS ns.z.e.' 'z.e. 9 NS ns.z.e.' 'ns.z.e. 9 AAAA 2001:db8::1' 'f.e. 9 NS ns.x.'
silent 'a wildcard that gives it' 'b.e. 9 NS ns.e.' '*.e. 9 A 10.0.0.1'
ends 'a wildcard gives no glue' 'sort-zone.warnings=1' 'b.e. NS: no address' 'b.e. 9 NS ns.b.e.' '*.e. 9 A 10.0.0.1'
silent 'NS records below a cut are not ours' 'b.e. 9 NS ns.x.' 'c.b.e. 9 NS ns.c.b.e.'

# ---- what is refused -------------------------------------------------------
refuses() { # REGEX LINES...
	re=$1
	shift
	zone "$@" >"$T/in"
	rejects 1 "e\.: $re" sort-zone <"$T/in"
	ok 'the zone failed' grep -Eq '^;fail e\. 1 ' "$T/rejects.out"
}
printf '%s\n' "$NS" | stream e. >"$T/in"
rejects 1 'e\. SOA: none at the apex \(RFC 1035 §5.2\)' sort-zone <"$T/in"
printf '%s\n' "$SOA" | stream e. >"$T/in"
rejects 1 'e\. NS: none at the apex \(RFC 1034 §4.2.1\)' sort-zone <"$T/in"
stream e. </dev/null >"$T/in"
rejects 1 'e\. SOA: none at the apex' sort-zone <"$T/in"
refuses 'e\. SOA: more than one \(RFC 1035 §5.2\)' 'e. 60 SOA ns.e. h.e. 8 1 2 3 4'
refuses 'b\.e\. SOA: not at the apex \(RFC 1035 §5.2\)' 'b.e. 60 SOA ns.e. h.e. 8 1 2 3 4'
refuses 'b\.e\. CNAME: beside other data \(RFC 1034 §3.6.2' 'b.e. 60 CNAME x.' 'b.e. 60 A 10.0.0.1'
refuses 'e\. CNAME: beside other data' 'e. 60 CNAME x.'
refuses 'b\.e\. CNAME: more than one \(RFC 2181 §10.1\)' 'b.e. 60 CNAME x.' 'b.e. 60 CNAME y.'
refuses 'b\.e\. DNAME: beside a CNAME \(RFC 6672 §2.4\)' 'b.e. 60 CNAME x.' 'b.e. 60 DNAME x.'
refuses 'b\.e\. DNAME: more than one \(RFC 6672 §2.4\)' 'b.e. 60 DNAME x.' 'b.e. 60 DNAME y.'
refuses 'c\.b\.e\.: below a DNAME \(RFC 6672 §2.4\)' 'b.e. 60 DNAME x.' 'c.b.e. 60 A 10.0.0.1'
refuses 'b\.e\.: below a DNAME' 'e. 60 DNAME x.' 'b.e. 60 A 10.0.0.1'
refuses 'b\.e\. DNAME: beside NS below the apex \(RFC 6672 §2.3\)' 'b.e. 60 DNAME x.' 'b.e. 60 NS y.'
refuses 'e\. DS: at the apex \(RFC 4035 §2.4\)' 'e. 60 DS 1 13 2 AA00000000000000000000000000000000000000000000000000000000000000'
refuses 'b\.e\. DS: where no NS is \(RFC 4035 §2.4\)' 'b.e. 60 A 10.0.0.1' \
	'b.e. 60 DS 1 13 2 AA00000000000000000000000000000000000000000000000000000000000000'
silent 'KEY, RRSIG and NSEC beside a CNAME' 'b.e. 60 CNAME x.' 'b.e. 60 KEY 512 3 13 AAAA' \
	'b.e. 60 NSEC e. CNAME RRSIG NSEC' 'b.e. 60 RRSIG CNAME 13 2 60 20300101000000 20200101000000 1 e. AAAA'
silent 'DNAME at the apex with the chain below' 'e. 60 DNAME x.' 'v0.e. 60 NSEC3 1 0 0 - 0 A'
silent 'what a DNAME does not hold' 'b.e. 60 DNAME x.' 'bb.e. 60 A 10.0.0.1' 'b.e. 60 A 10.0.0.1'
silent 'DS at a delegation' 'b.e. 60 NS x.' \
	'b.e. 60 DS 1 13 2 AA00000000000000000000000000000000000000000000000000000000000000'
# 300 records of 12 + 201 octets make 63900, 310 make 66030.
big_rrset() {
	perl -e 'printf "b.e. 60 TXT \"%0200d\"\n", $_ for 1 .. shift' "$1"
}
{ printf '%s\n%s\n' "$SOA" "$NS"; big_rrset 310; } | stream e. >"$T/in"
rejects 1 'b\.e\. TXT: the RRset is longer than a message of 65535 octets' sort-zone <"$T/in"
{ printf '%s\n%s\n' "$SOA" "$NS"; big_rrset 300; } | stream e. >"$T/in"
ok 'an RRset that just fits' sort-zone <"$T/in"
{ printf '%s\n%s\n' "$SOA" "$NS"; big_rrset 200000; } | stream e. >"$T/in"
rejects 1 'b\.e\. TXT: the RRset is longer' sort-zone <"$T/in"
refuses 'b\.e\.: an RRSIG that covers no type' 'b.e. 60 RRSIG x 13'
refuses 'b\.e\. A: ' 'b.e. 60 A 10.0.0.1' 'b.e. 60 A 10.0.0'
refuses '2 errors, first: b.e. CNAME' 'b.e. 60 CNAME x.' 'b.e. 60 CNAME y.' 'c.e. 60 CNAME x.' 'c.e. 60 CNAME y.'
perl -e 'print "n$_.e. 60 CNAME x.\nn$_.e. 60 A 10.0.0.1\n" for 1 .. 1000' >"$T/many"
{ printf '%s\n%s\n' "$SOA" "$NS"; cat "$T/many"; } | stream e. >"$T/in"
rejects 1 '990 more of this kind: cname-other-data' sort-zone <"$T/in"
is 'no flood' "$(wc -l <"$T/rejects.err" | tr -d ' ')" 13

# ---- file and line ---------------------------------------------------------
if command -v read-zone >/dev/null; then
	cat >"$T/m.zone" <<-'X'
	e. 60 SOA ns.x. h.x. 1 1 1 1 1
	 60 NS ns.x.
	$INCLUDE m.inc
	b CNAME x.
	c 60 DS 1 13 2 AA00000000000000000000000000000000000000000000000000000000000000
	X
	printf 'b 60 A 10.0.0.1\nb 9 (\n A 10.0.0.2 )\n' >"$T/m.inc"
	read-zone -o e. "$T/m.zone" >"$T/m.in"
	rejects 1 '/m.zone:4: b.e. CNAME: beside other data' sort-zone --batch <"$T/m.in"
	ok 'DS without NS' grep -q '/m.zone:5: c.e. DS: where no NS is' "$T/rejects.err"
	ok 'an included file, and where the other one stands' \
		grep -q 'warning: .*/m.inc:1: b.e. A: TTLs differ.*; another at .*/m.inc:2$' "$T/rejects.err"
	ok 'the reason of ;fail too' grep -q '^;fail e. 1 2 errors, first: .*/m.zone:4: b.e. CNAME' "$T/rejects.out"
	rejects 1 '/m.zone:4: b.e. CNAME: beside other data' sort-zone --inputs "$T/m.zone" <"$T/m.in"
	rejects 1 '^sort-zone: e.: .*/nowhere: ' sort-zone --inputs "$T/nowhere" <"$T/m.in"
	rejects 1 'e.: give the zone.s master files with --inputs' sort-zone <"$T/m.in"
	printf 'e. 60 SOA ns.x. h.x. 1 1 1 1 1\n 60 NS ns.x.\n 60 NS ns.x.\n' >"$T/m.zone"
	read-zone -o e. "$T/m.zone" | sort-zone --inputs "$T/m.zone" 2>"$T/err" >/dev/null
	ok 'warnings with --inputs' grep -q 'warning: .*/m.zone:2: e. NS: given more than once.*another at .*:3' "$T/err"
fi

# ---- streams ---------------------------------------------------------------
{
	zone | sed '$d'
	printf ';zone f.\nf.\t60\tIN\tA\t10.0.0.1\n;end f. records=1 max-ttl=60 x.y=3\n'
	printf ';zone g.\n;fail g. 3 disk%%20full\n'
	zone 'b.e. 60 A 10.0.0.1' | sed -e '1d; $d; s/ e\./ h./; s/^e\./h./; s/^b.e/b.h/'
	echo ';done zones=4 failed=1'
} >"$T/in"
rejects 3 'f\. SOA: none at the apex' sort-zone <"$T/in"
is 'one bad zone does not stop the others' "$(grep '^;' "$T/rejects.out" | cut -d' ' -f1-4)" \
	';zonetext 1
;zone e. records=2 input-serial=7
;end e. records=2 max-ttl=60
;zone f. records=1
;fail f. 1 2
;zone g.
;fail g. 3 disk
;zone h. records=3 input-serial=7
;end h. records=3 max-ttl=60
;done zones=4 failed=2'
ok 'counts of others are carried' sh -c "
	printf ';zonetext 1\n;zone e.\ne.\t1\tIN\tSOA\ta. b. 1 1 1 1 1\ne.\t1\tIN\tNS\ta.\n;end e. records=2 max-ttl=1 x.y=3\n;done zones=1 failed=0\n' |
	sort-zone | grep -q '^;end e. records=2 max-ttl=1 x.y=3$'"
zone >"$T/in"
head -n 3 "$T/in" >"$T/cut"
rejects 1 'truncated' sort-zone <"$T/cut"
is 'nothing is emitted before ;end' "$(grep -cv '^;zonetext' "$T/rejects.out")" 0
rejects 1 'not a zonetext stream' sort-zone <"$T/many"
rejects 2 'at least 12M' sort-zone -S 4M <"$T/in"
rejects 2 'no operands' sort-zone x <"$T/in"
done_testing

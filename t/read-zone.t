#!/bin/sh
# read-zone: what it keeps, drops, refuses and says.
. t/lib.sh

SOA='example. 3600 IN SOA ns.example. host.example. 1 7200 3600 1209600 300'
zone() { # the records of a zone, one an argument
	printf '%s\n' "$SOA" "$@"
}
records() { grep -v '^;' "$1"; }

# --- the stream -------------------------------------------------------------
zone 'www A 192.0.2.1' 'WWW.EXAMPLE. MX 10 Mail' >"$T/zone"
read-zone -o example "$T/zone" >"$T/out" 2>"$T/err"
is 'exit status' "$?" 0
is 'says nothing' "$(cat "$T/err")" ''
printf ';zonetext 1\n;zone example. inputs=%s\n' "$T/zone" >"$T/want"
printf '%s\t%s\tIN\t%s\t%s\n' \
	example. 3600 SOA 'ns.example. host.example. 1 7200 3600 1209600 300' \
	www.example. 3600 A 192.0.2.1 \
	www.example. 3600 MX '10 mail.example.' >>"$T/want"
printf ';end example. records=3 max-ttl=3600 read-zone.max-ttl=3600\n;done zones=1 failed=0\n' >>"$T/want"
same 'a zone' "$T/out" "$T/want"

sed 's/ inputs=.*/ inputs=-/' "$T/want" >"$T/want-"
read-zone <"$T/zone" >"$T/out"
same 'from stdin, the name from the SOA' "$T/out" "$T/want-"
read-zone -o example. - <"$T/zone" >"$T/out"
same 'from -' "$T/out" "$T/want-"
mkfifo "$T/fifo"
cat "$T/zone" >"$T/fifo" &
timeout 20 read-zone "$T/fifo" >"$T/out"
sed "s, inputs=.*, inputs=$T/fifo," "$T/want" >"$T/want-"
same 'from a fifo' "$T/out" "$T/want-"
read-zone -w "$T/written" "$T/zone" >"$T/out"
same '-w writes the file' "$T/written" "$T/want"
is '-w writes nothing else' "$(cat "$T/out")" ''
ok '-v names the zone' sh -c "read-zone -v '$T/zone' 2>&1 >/dev/null | grep -q 'example. is the zone'"
printf '; a comment\nwww.example. 5 A 192.0.2.1\n%s\n' "$SOA" >"$T/later"
ok 'the SOA may stand anywhere in a file' read-zone "$T/later"
rejects 1 'stdin:2: a record before the SOA.*RFC 1035' sh -c "read-zone <'$T/later'"

# --- several files ----------------------------------------------------------
printf 'example. DNSKEY 257 3 13 AAAA\n' >"$T/keys,1%"
read-zone -o example. "$T/zone" "$T/keys,1%" >"$T/out"
is 'a second file, its TTL the SOA minimum' "$(records "$T/out" | grep DNSKEY)" \
	"$(printf 'example.\t300\tIN\tDNSKEY\t257 3 13 AAAA')"
is 'commas of a path in inputs=' "$(sed -n 's/.*inputs=//p' "$T/out")" "$T/zone,$T/keys%252C1%2525"
rejects 1 'nothing: No such file' read-zone -o example. "$T/zone" "$T/nothing"
is 'which fails the zone' "$(grep -c '^;fail example. 1 .*nothing: No such file' "$T/rejects.out")" 1

# --- DNSSEC records ---------------------------------------------------------
R='13 1 300 20300101000000 20200101000000 1 example. AAAA'
zone 'example. NS ns' "example. RRSIG SOA $R" "example. RRSIG NS $R" \
	'example. NSEC ns NS SOA RRSIG NSEC' 'example. NSEC3PARAM 1 0 0 -' \
	'8f1tmio9avcom2k0frp92lgcumak0cad NSEC3 1 0 0 - 8FPNS2UCT7FBS643THP2B77PEQ77K6IU A' \
	"example. ZONEMD 1 1 1 $(printf '%096d' 0)" "sub ZONEMD 1 1 1 $(printf '%096d' 0)" \
	'example. DNSKEY 256 3 13 AAAA' 'example. CDS 0 0 0 00' 'example. CDNSKEY 0 3 0 AA==' >"$T/signed"
read-zone "$T/signed" >"$T/out" 2>"$T/err"
is 'signatures and chains are left out' \
	"$(records "$T/out" | cut -f4 | tr '\n' ' ')" 'SOA NS ZONEMD DNSKEY CDS CDNSKEY '
is 'and counted' "$(sed -n 's/.*max-ttl=[0-9]* //p' "$T/out")" \
	'read-zone.rrsig=2 read-zone.nsec=1 read-zone.nsec3=1 read-zone.nsec3param=1 read-zone.zonemd=1'
ok 'and said' grep -q 'warning: example.: 2 RRSIG records dropped' "$T/err"
ok '--strict does not mind' read-zone --strict "$T/signed"
read-zone --strip "$T/signed" 2>/dev/null >"$T/out"
is '--strip leaves keys out' "$(records "$T/out" | cut -f4 | tr '\n' ' ')" 'SOA NS ZONEMD '
is 'and counts them' "$(sed -n 's/.*zonemd=1 //p' "$T/out")" 'read-zone.dnskey=1 read-zone.cds=1 read-zone.cdnskey=1'
read-zone --keep-dnssec "$T/signed" >"$T/out"
is '--keep-dnssec keeps all' "$(grep '^;end' "$T/out")" ';end example. records=12 max-ttl=3600 read-zone.max-ttl=3600'
is 'hash labels lower, digests upper' "$(grep -c '^8f1t.*	1 0 0 - 8fpns2uct7fbs643thp2b77peq77k6iu A$' "$T/out")" 1
rejects 2 'contradict' read-zone --strip --keep-dnssec "$T/signed"

# --- out of zone ------------------------------------------------------------
zone 'a.org. A 192.0.2.1' 'notexample. A 192.0.2.1' 'x\.example. A 192.0.2.1' 'b.org. A 192.0.2.1' \
	'. A 192.0.2.1' 'in A 192.0.2.1' >"$T/out-of-zone"
read-zone "$T/out-of-zone" >"$T/out" 2>"$T/err"
is 'out-of-zone records are dropped' "$?.$(records "$T/out" | cut -f1 | tr '\n' ' ')" '0.example. in.example. '
is 'and counted' "$(sed -n 's/.*max-ttl=[0-9]* //p' "$T/out")" 'read-zone.out-of-zone=5'
is 'the first ones are named' "$(grep -c 'out-of-zone:[234]: .* is not in zone example.: dropped (RFC' "$T/err")" 3
is 'the others are not' "$(grep -c 'out-of-zone:[56]' "$T/err")" 0
ok 'all are summed up' grep -q '5 out-of-zone records dropped' "$T/err"
rejects 1 'out-of-zone:2: a.org. is not in zone.*--strict' read-zone --strict "$T/out-of-zone"
read-zone --strict "$T/out-of-zone" 2>/dev/null >"$T/out"
is '--strict fails the zone' "$(grep -c '^;fail example. 1 ' "$T/out")" 1

# --- SOA --------------------------------------------------------------------
{ zone 'a A 192.0.2.1'; printf '%s\n' "$SOA" | sed 's/ 1 / 2 /'; } >"$T/two"
rejects 1 'two:3: a second SOA; the first is at .*two:1 \(RFC 1035' read-zone "$T/two"
{ zone 'a A 192.0.2.1'; printf '%s\n' "$SOA"; } >"$T/axfr"
read-zone "$T/axfr" 2>/dev/null >"$T/out"
is 'the same SOA again is dropped (a transfer ends so)' "$(grep ^.end "$T/out")" \
	';end example. records=2 max-ttl=3600 read-zone.max-ttl=3600 read-zone.repeated-soa=1'
zone 'sub SOA a b 1 2 3 4 5' >"$T/deep"
rejects 1 'deep:2: SOA at sub.example., which is not the apex' read-zone -o example. "$T/deep"
printf 'www.example. 5 A 192.0.2.1\n' >"$T/none"
rejects 1 'none: example. has no SOA' read-zone -o example. "$T/none"
rejects 1 'no SOA could be read' read-zone "$T/none"
zone 'example. NS ns.example.net.' 'a 9000 A 192.0.2.1' 'a 60 A 192.0.2.2' 'example. 20000 NSEC a A' 'x.org. 30000 A 192.0.2.1' >"$T/ttls"
is 'how long the zone of the files may be cached, for keystate: what sort-zone lowers and what is dropped counts' \
	"$(read-zone "$T/ttls" 2>/dev/null | sort-zone 2>/dev/null | sed -n 's/^;end.* \(max-ttl=.*read-zone.max-ttl=[0-9]*\).*/\1/p')" \
	'max-ttl=3600 read-zone.max-ttl=20000'
is 'without a name nothing is written' "$(read-zone "$T/none" 2>/dev/null)" ''
: >"$T/empty"
rejects 1 'no SOA' read-zone "$T/empty"
rejects 1 'is a folder' read-zone -o example. "$T"

# --- single records ---------------------------------------------------------
refused() { # MESSAGE RECORD
	zone "$2" >"$T/refused"
	rejects 1 "refused:2: $1" read-zone "$T/refused"
}
refused 'class CH: only IN' 'a CH A 192.0.2.1'
refused 'class CLASS3: only IN' 'a CLASS3 A 192.0.2.1'
refused 'TTL 2147483648 is above 2147483647 \(RFC 2181' 'a 2147483648 A 192.0.2.1'
refused 'TTL 2147644800 is above' 'a 3551w A 192.0.2.1'
for t in MD MF WKS GPOS SIG KEY NXT A6 NSAP-PTR; do
	refused "$t is an obsolete type" "a $t x"
done
for t in NULL OPT TKEY TSIG IXFR AXFR MAILB MAILA; do
	refused "$t is no type for a master file" "a $t x"
done
refused "'\*' is no type" 'a * x'
refused 'OPT is no type' 'a TYPE41 \# 0'
refused 'NXT is an obsolete' 'a TYPE30 \# 0'
l=$(printf '%063d' 0)
refused 'A: maximal domain name length' "$l.$l.$l.$l A 192.0.2.1"
refused 'A: maximal domain name label length' "0$l A 192.0.2.1"
refused 'NS: .*name' "a NS $l.$l.$l.$l"
refused 'A: malformed RDATA' 'a A \# 3 010203'
refused "TXT: .*" 'a TXT'
refused 'a quote is not closed' 'a TXT "x'
refused "'\\(' is not closed" 'a TXT ( x'
refused "'FOO' is no type" 'a FOO x'
perl -e 'print "'"$SOA"'\na TXT"; print " \"" . ("x" x 255) . "\"" for 1 .. 256; print "\n"' >"$T/long"
rejects 1 'long:2: TXT: ' read-zone "$T/long"
perl -e 'print "'"$SOA"'\na TXT "; print "\"" . ("\\000" x 255) . "\" " for 1 .. 255; print "\"" . ("\\000" x 254) . "\"\n"' >"$T/long"
is 'RDATA of 65,535 octets' "$(read-zone "$T/long" | grep -c '^;end example. records=2')" 1
{ zone; perl -e 'print "a TXT (\n"; print "; x\n" x 300000'; } >"$T/endless"
rejects 1 'endless:2: a record without end' read-zone "$T/endless"

perl -e 'print "'"$SOA"'\n"; print "x$_ A x\n" for 1 .. 50' >"$T/many"
read-zone "$T/many" >"$T/out" 2>"$T/err"
is 'twenty errors are shown, then their number' \
	"$(grep -c 'many:[0-9]*: A:' "$T/err") $(grep -c '50 errors in all' "$T/err")" '20 1'

# --- changes while it is read -----------------------------------------------
perl -e 'print "'"$SOA"'\n"; print "x$_ A 192.0.2.1\n" for 1 .. 200000' >"$T/changing"
# The full pipe holds the reader back until the file has grown.
rejects 3 'changing: changed while it was read' sh -c "
	{ read-zone '$T/changing'; echo \$? >'$T/status'; } |
		{ sleep 1; echo 'b A 192.0.2.2' >>'$T/changing'; cat >'$T/out'; }
	exit \$(cat '$T/status')"
is 'a changed file fails its zone' "$(grep -c '^;fail example. 3 .*changed while' "$T/out")" 1

# --- job lists --------------------------------------------------------------
printf 'example.\tinputs=%s\tsigncon=\n' "$T/zone" >"$T/jobs"
printf 'A.example.\tinputs=%s,%s\tsignconf=/etc/a b\tdenial=nsec3\n' "$T/none" "$T/zone" >>"$T/jobs"
printf 'b.example.\tinputs=%s\n' "$T/nothing" >>"$T/jobs"
printf 'c.example.\tdenial=nsec\n' >>"$T/jobs"
printf 'd.example.\tinputs=x\tinputs=x\n' >>"$T/jobs"
read-zone --jobs "$T/jobs" >"$T/out" 2>"$T/err"
is 'the highest status' "$?" 2
grep '^;' "$T/out" | cut -d' ' -f1-3 >"$T/got"
cat >"$T/want" <<EOF
;zonetext 1
;zone example. inputs=$T/zone
;end example. records=3
;zone a.example. inputs=$T/none,$T/zone
;fail a.example. 1
;zone b.example. inputs=$T/nothing
;fail b.example. 1
;zone c.example.
;fail c.example. 2
;zone d.example.
;fail d.example. 2
;done zones=5 failed=4
EOF
same 'a job list' "$T/got" "$T/want"
is 'other keys go into the header' "$(sed -n 's/^;zone a.*zone signconf/signconf/p' "$T/out")" \
	'signconf=/etc/a%20b denial=nsec3'
ok 'the list from stdin' sh -c "head -n 1 '$T/jobs' | read-zone --jobs -"
rejects 2 'no ORIGIN, no FILE' read-zone --jobs "$T/jobs" "$T/zone"
rejects 2 'a.example.: inputs=: standard input cannot' sh -c "printf 'a.example.\\tinputs=-\\n' | read-zone --jobs -"
rejects 2 'stdin:1: .* is not an absolute zone name' sh -c "echo example | read-zone --jobs -"
rejects 1 'truncated' sh -c "printf 'example.\tinputs=x' | read-zone --jobs -"
rejects 3 'jobs.none: No such file' read-zone --jobs "$T/jobs.none"

# --- output -----------------------------------------------------------------
rejects 3 'stdout: write: No space left' sh -c "read-zone '$T/zone' >/dev/full"
echo old >"$T/kept"
rejects 1 'second SOA' read-zone -w "$T/kept" "$T/two"
is 'no file is replaced by a zone that failed' "$(cat "$T/kept")" old

# --- independent judges -----------------------------------------------------
if [ -d "$ZONE_FIXTURES/alltypes" ] && command -v named-compilezone >/dev/null; then
	Z=$ZONE_FIXTURES/alltypes/genzone-all-types.db
	bad=$(read-zone -o example.com "$Z" 2>&1 >/dev/null | sed -n 's/.*:\([0-9]*\): .*obsolete.*/\1/p')
	is 'obsolete types of the all-types zone' "$(echo $bad)" '48 49 50 114 115 135 136 184 185 186 187'
	# shellcheck disable=SC2046
	sed $(for l in $bad; do printf ' -e %dd' "$l"; done) "$Z" >"$T/alltypes"
	read-zone --keep-dnssec -o example.com "$T/alltypes" >"$T/alltypes.stream"
	for f in alltypes alltypes.stream; do
		named-compilezone -q -i none -k ignore -n ignore -m ignore -r ignore -S ignore -M ignore \
			-T ignore -W ignore -F text -s full -o "$T/$f.bind" example.com "$T/$f" 2>"$T/bind.err" ||
			sed 's/^/# /' "$T/bind.err"
	done
	same 'named-compilezone reads the all-types zone and our stream as the same' \
		"$T/alltypes.bind" "$T/alltypes.stream.bind"
fi
if [ -r "$ZONE_ZONES/root-2020-10-19.signed.zone" ]; then
	read-zone --keep-dnssec -o . "$ZONE_ZONES/root-2020-10-19.signed.zone" >"$T/root"
	ok 'kzonecheck accepts the root zone as we write it' \
		kzonecheck -d on -t 1603130400 -o . "$T/root"
	for f in "$ZONE_ZONES/root-2020-10-19.signed.zone" "$T/root"; do
		named-compilezone -q -i none -k ignore -F text -s full -o - . "$f" 2>/dev/null |
			grep -v '^;' >"$T/$(basename "$f").bind"
	done
	same 'named-compilezone finds the same records in it' \
		"$T/root-2020-10-19.signed.zone.bind" "$T/root.bind"
	is 'all of them' "$(wc -l <"$T/root.bind")" "$(records "$T/root" | wc -l)"
fi
done_testing

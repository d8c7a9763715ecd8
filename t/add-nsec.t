#!/bin/sh
# The NSEC chain by hand-made cases; the references are in t/add-nsec-peers.t.
. t/lib.sh

stream() { # RECORDS-WITHOUT-SOA [HEADER] [SOA-TTL] [MINIMUM]: owner type rdata, one a line
	printf ';zonetext 1\n;zone z.%s\n' "${2:+ $2}"
	printf 'z.\t%s\tIN\tSOA\tns.z. h.z. 1 7200 3600 1209600 %s\n' "${3:-300}" "${4:-60}"
	printf '%s' "$1" | awk -v OFS='\t' -v ttl="${3:-300}" '{ o = $1; t = $2; $1 = $2 = ""; sub("^\t*", ""); gsub("\t", " "); print o, ttl, "IN", t, $0 }'
	printf ';end z. records=%s max-ttl=%s\n;done zones=1 failed=0\n' \
		$(($(printf '%s' "$1" | grep -c .) + 1)) "${3:-300}"
}
chain() { # the NSEC records as "owner next types"
	add-nsec | awk -F '\t' '$4 == "NSEC" { print $1, $5 }'
}
apex='z. NS ns.z.
'

is 'one name' "$(stream "$apex" | chain)" 'z. z. NS SOA RRSIG NSEC'
is 'an empty non-terminal gets none' "$(stream "${apex}a.b.z. A 192.0.2.1
" | chain)" 'z. a.b.z. NS SOA RRSIG NSEC
a.b.z. z. A RRSIG NSEC'
is 'signed and unsigned delegations, glue passed over' "$(stream "${apex}a.z. A 192.0.2.1
a.z. NS ns.a.z.
a.z. TXT x
ns.a.z. A 192.0.2.1
b.z. NS ns.a.z.
b.z. DS 1 13 2 00
*.b.z. A 192.0.2.1
bb.z. AAAA 2001:db8::1
" | chain)" 'z. a.z. NS SOA RRSIG NSEC
a.z. b.z. NS RRSIG NSEC
b.z. bb.z. NS DS RRSIG NSEC
bb.z. z. AAAA RRSIG NSEC'
is 'a wildcard is a name like others' "$(stream "${apex}*.z. MX 1 a.
*.a.z. CAA 0 issue x
" | chain)" 'z. *.z. NS SOA RRSIG NSEC
*.z. *.a.z. MX RRSIG NSEC
*.a.z. z. RRSIG NSEC CAA'
is 'below a DNAME nothing' "$(stream "${apex}d.z. TXT x
d.z. DNAME e.
a.d.z. A 192.0.2.1
e.z. TYPE65280 \\# 0
" | chain)" 'z. d.z. NS SOA RRSIG NSEC
d.z. e.z. TXT DNAME RRSIG NSEC
e.z. z. RRSIG NSEC TYPE65280'
is 'the NSEC stands behind its owner and before the glue' "$(stream "${apex}a.z. NS ns.a.z.
ns.a.z. A 192.0.2.1
" | add-nsec | awk -F '\t' '!/^;/ { print $1, $4 }')" 'z. SOA
z. NS
z. NSEC
a.z. NS
a.z. NSEC
ns.a.z. A'
is 'TTL: the lesser of SOA TTL and minimum (RFC 9077)' \
	"$(stream "$apex" '' 30 60 | add-nsec | awk '$4 == "NSEC" { print $2 }') $(stream "$apex" '' 60 30 | add-nsec | awk '$4 == "NSEC" { print $2 }')" '30 30'
is 'counted' "$(stream "${apex}a.z. A 192.0.2.1
" | add-nsec | grep '^;end')" ';end z. records=5 max-ttl=300 add-nsec.names=2'
printf ';zonetext 1\n;zone .\n.\t9\tIN\tSOA\ta. b. 1 2 3 4 5\n.\t9\tIN\tNS\ta.\na.\t9\tIN\tNS\tx.a.\nx.a.\t9\tIN\tA\t192.0.2.1\nb.\t9\tIN\tNS\ta.\n;end . records=5 max-ttl=9\n;done zones=1 failed=0\n' >"$T/root"
is 'the root zone' "$(chain <"$T/root")" '. a. NS SOA RRSIG NSEC
a. b. NS RRSIG NSEC
b. . NS RRSIG NSEC'

# --- batches ---
stream "$apex" denial=nsec3 >"$T/nsec3"
ok 'a zone of add-nsec3 is copied' sh -c 'add-nsec <"$0" | cmp - "$0"' "$T/nsec3"
is 'denial=nsec is ours' "$(stream "$apex" denial=nsec | chain)" 'z. z. NS SOA RRSIG NSEC'
stream "$apex" denial=none >"$T/none"
ok 'a zone that goes insecure is copied' sh -c 'add-nsec <"$0" | cmp - "$0"' "$T/none"
stream "$apex" denial=nsec2 >"$T/bad"
rejects 1 'denial=nsec2 is neither nsec nor nsec3 nor none' add-nsec <"$T/bad"

# --- what is refused ---
for t in 'NSEC z. A' 'RRSIG A' 'NSEC3 1 0 0 -' 'NSEC3PARAM 1 0 0 -'; do
	stream "${apex}z. $t
" >"$T/in"
	rejects 1 "z\. ${t%% *}: is there already" add-nsec <"$T/in"
done
stream "${apex}b.z. A 192.0.2.1
a.z. A 192.0.2.1
" >"$T/in"
rejects 1 'a\.z\.: not in canonical order behind b\.z\.' add-nsec <"$T/in"
stream "${apex}b.y. A 192.0.2.1
" >"$T/in"
rejects 1 'b\.y\.: not in the zone' add-nsec <"$T/in"
stream "$apex" | sed -e '/SOA/d' -e 's/records=2/records=1/' >"$T/nosoa"
rejects 1 'the first record is not the zone.s SOA' add-nsec <"$T/nosoa"
stream '' | sed -e '/SOA/d' -e 's/records=1 max-ttl=300/records=0 max-ttl=0/' >"$T/nothing"
rejects 1 'no SOA' add-nsec <"$T/nothing"
rejects 2 'no operands' add-nsec x <"$T/in"

# --- a million names under one cut, and a name behind them ---
perl -e '
	print ";zonetext 1\n;zone z.\nz.\t60\tIN\tSOA\ta. b. 1 2 3 4 5\nz.\t60\tIN\tNS\ta.\nc.z.\t60\tIN\tNS\ta.c.z.\n";
	printf "n%07d.c.z.\t60\tIN\tA\t192.0.2.1\n", $_ for 1 .. 1000000;
	print "d.z.\t60\tIN\tA\t192.0.2.1\n;end z. records=1000004 max-ttl=60\n;done zones=1 failed=0\n";' >"$T/glue"
add-nsec -T "$T" <"$T/glue" >"$T/out"
is 'a million names under a cut' "$? $(tail -n 2 "$T/out" | head -n 1)" '0 ;end z. records=1000007 max-ttl=60 add-nsec.names=3'
ok 'they come behind their cut, in order' sh -c 'grep -v NSEC "$1" | sed -e "s/ add-nsec.*//" -e s/1000007/1000004/ | cmp - "$0"' "$T/glue" "$T/out"
is 'its NSEC before them' "$(sed -n 7p "$T/out")" "$(printf 'c.z.\t5\tIN\tNSEC\td.z. NS RRSIG NSEC')"
if (ulimit -v 16384 && add-nsec --version) >/dev/null 2>&1; then
	ok 'in 16 MB of address space' sh -c 'ulimit -v 16384 && add-nsec -T "$1" <"$0" >"$1/out2" && cmp "$1/out" "$1/out2"' "$T/glue" "$T"
fi
rejects 3 'cannot spill there' add-nsec -T /nonexistent <"$T/glue"
is 'and no ;end then' "$(grep -c '^;end' "$T/rejects.out")" 0
done_testing

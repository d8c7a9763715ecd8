#!/bin/sh
# The NSEC3 chain: parameters, headers, opt-out, what is refused.  Whole chains
# against other signers' are in t/chains.t.
. t/lib.sh

stream() { # RECORDS-WITHOUT-SOA [HEADER] [ZONE]: owner type rdata, one a line
	printf ';zonetext 1\n;zone %s%s\n' "${3:-z.}" "${2:+ $2}"
	printf '%s\t300\tIN\tSOA\tns.z. h.z. 1 7200 3600 1209600 60\n' "${3:-z.}"
	printf '%s' "$1" | awk -v OFS='\t' '{ o = $1; t = $2; $1 = $2 = ""; sub("^\t*", ""); gsub("\t", " "); print o, 300, "IN", t, $0 }'
	printf ';end %s records=%s max-ttl=300\n;done zones=1 failed=0\n' "${3:-z.}" $(($(printf '%s' "$1" | grep -c .) + 1))
}
hash() { # NAME [SALT ITERATIONS]: by BIND
	nsec3hash "${2:--}" 1 "${3:-0}" "$1" | awk '{ print tolower($1) }'
}
has() { # NAME FILE: the types that the NSEC3 of NAME shows, or none
	awk -F '\t' -v o="$(hash "$1").z." '$1 == o && $4 == "NSEC3" { n = split($5, w, " "); t = ""
		for (i = 6; i <= n; i++) t = t (i > 6 ? " " : "") w[i]
		print "<" t ">"; found = 1 } END { if (!found) print "none" }' "$2"
}
apex='z. NS ns.z.
'
all="${apex}a.z. A 192.0.2.1
x.ent.z. A 192.0.2.1
s.deep.signed.z. NS ns.z.
s.deep.signed.z. DS 1 13 2 00
d.z. DNAME e.
x.d.z. A 192.0.2.1
p.deep.plain.z. A 192.0.2.9
p.deep.plain.z. NS ns.p.deep.plain.z.
ns.p.deep.plain.z. A 192.0.2.1
both.z. NS ns.z.
c.mixed.z. NS ns.z.
d.mixed.z. TXT x
"
all="$(printf %s "$all" | perl -e 'print sort { join("\0", reverse split /\./, (split / /, $a)[0]) cmp join("\0", reverse split /\./, (split / /, $b)[0]) } <>')
"
stream "$all" >"$T/in"
add-nsec3 <"$T/in" >"$T/all"
add-nsec3 --opt-out <"$T/in" >"$T/out"
while IFS=: read -r name without with; do
	is "$name" "$(has $name "$T/all")" "$without"
	is "$name, opt-out" "$(has $name "$T/out")" "$with"
done <<'E2'
z.:<NS SOA RRSIG NSEC3PARAM>:<NS SOA RRSIG NSEC3PARAM>
a.z.:<A RRSIG>:<A RRSIG>
x.ent.z.:<A RRSIG>:<A RRSIG>
ent.z.:<>:<>
s.deep.signed.z.:<NS DS RRSIG>:<NS DS RRSIG>
deep.signed.z.:<>:<>
signed.z.:<>:<>
d.z.:<DNAME RRSIG>:<DNAME RRSIG>
x.d.z.:none:none
p.deep.plain.z.:<NS>:none
deep.plain.z.:<>:none
plain.z.:<>:none
ns.p.deep.plain.z.:none:none
both.z.:<NS>:none
mixed.z.:<>:<>
c.mixed.z.:<NS>:none
d.mixed.z.:<TXT RRSIG>:<TXT RRSIG>
E2
is 'counts' "$(grep '^;end' "$T/all" | sed 's/.*max-ttl=300 //')" 'add-nsec3.names=15 add-nsec3.opted-out=0'
is 'counts, opt-out' "$(grep '^;end' "$T/out" | sed 's/.*max-ttl=300 //')" 'add-nsec3.names=10 add-nsec3.opted-out=3'
is 'flags' "$(awk -F '\t' '$4 == "NSEC3" { print substr($5, 1, 3) }' "$T/out" | sort -u) $(awk -F '\t' '$4 == "NSEC3" { print substr($5, 1, 3) }' "$T/all" | sort -u)" '1 1 1 0'
is 'hash order, closed' "$(awk -F '\t' '$4 == "NSEC3" { sub(/\..*/, "", $1); print $1 }' "$T/all" | sort -c && awk -F '\t' '$4 == "NSEC3" { split($5, w, " "); print w[5] }' "$T/all" | sort | uniq -c | awk '{ print $1 }' | sort -u)" 1
ok 'section one is as it was, but for NSEC3PARAM' sh -c 'grep -v "^;\|	NSEC3" "$0" >"$0.1"; grep -v "^;" "$1" | cmp - "$0.1"' "$T/all" "$T/in"

# NSEC3PARAM by type number, wherever that is
is 'NSEC3PARAM before CAA' "$(stream "${apex}z. CAA 0 issue x
" | add-nsec3 | awk -F '\t' '$1 == "z." { printf "%s ", $4 }')" 'SOA NS NSEC3PARAM CAA '
is 'NSEC3PARAM last' "$(stream "${apex}a.z. A 192.0.2.1
" | add-nsec3 | awk -F '\t' '!/^;/ && $4 != "NSEC3" { printf "%s %s,", $1, $4 }')" 'z. SOA,z. NS,z. NSEC3PARAM,a.z. A,'
is 'NSEC3PARAM: TTL 0, flags 0' "$(stream "$apex" | add-nsec3 --opt-out | awk -F '\t' '$4 == "NSEC3PARAM" { print $2, $5 }')" '0 1 0 0 -'
printf ';zonetext 1\n;zone .\n.\t9\tIN\tSOA\ta. b. 1 2 3 4 5\n.\t9\tIN\tNS\ta.\n;end . records=2 max-ttl=9\n;done zones=1 failed=0\n' >"$T/root"
is 'the root' "$(add-nsec3 <"$T/root" | awk -F '\t' '$4 == "NSEC3" { print $1, $2, $5 }')" \
	"$(hash .). 5 1 0 0 - $(hash .) NS SOA RRSIG NSEC3PARAM"

# --- parameters ---
params() { awk -F '\t' '$4 == "NSEC3PARAM" { print $5 }'; }
flags() { awk -F '\t' '$4 == "NSEC3" { print substr($5, 3, 1); exit }'; }
is 'salt and iterations' "$(stream "$apex" | add-nsec3 --salt aAbB --iterations 3 2>"$T/err" | awk -F '\t' '$4 == "NSEC3" { print $1, $5 }')" \
	"$(hash z. aabb 3).z. 1 0 3 AABB $(hash z. aabb 3) NS SOA RRSIG NSEC3PARAM"
ok 'iterations are warned of' grep -q 'z\.: 3 NSEC3 iterations.*RFC 9276' "$T/err"
stream "$apex" | add-nsec3 2>"$T/err" >/dev/null
is 'no iterations, no warning' "$(cat "$T/err")" ''
salt=$(printf '%0510d' 7)
is 'a salt of 255 octets' "$(stream "$apex" | add-nsec3 --salt "$salt" | params)" "1 0 0 $salt"
stream "$apex" 'denial=nsec3 opt-out=1 salt=ab iterations=2' >"$T/header"
is 'the header' "$(add-nsec3 <"$T/header" 2>/dev/null | params) $(add-nsec3 <"$T/header" 2>/dev/null | flags)" '1 0 2 AB 1'
is 'options beat it' "$(add-nsec3 --salt - --iterations 0 <"$T/header" | params)" '1 0 0 -'
is 'salt=- is none' "$(stream "$apex" 'salt=- opt-out=0' | add-nsec3 | params)" '1 0 0 -'
stream "$apex" denial=nsec >"$T/nsec"
ok 'a zone of add-nsec is copied' sh -c 'add-nsec3 <"$0" | cmp - "$0"' "$T/nsec"
ok 'both in one pipeline' sh -c 'cat "$0" "$1" | add-nsec | add-nsec3 2>/dev/null | awk -F "\t" "{ n[\$4]++ } END { exit !(n[\"NSEC\"] == 1 && n[\"NSEC3\"] == 1) }"' "$T/nsec" "$T/header"
is 'a small memory gives the same' "$(perl -e 'printf "n%06d.z. A 192.0.2.1\n", $_ for 1 .. 100000' >"$T/names"; stream "$apex$(cat "$T/names")
" >"$T/big"; add-nsec3 -S 4M -T "$T" <"$T/big" | cksum)" "$(add-nsec3 -S 100M <"$T/big" | cksum)"

# --- what is refused ---
rejects 2 "salt 'ABC': not hex digits" add-nsec3 --salt ABC <"$T/root"
rejects 2 'of at most 255 octets' add-nsec3 --salt "${salt}00" <"$T/root"
rejects 2 "iterations '2501'" add-nsec3 --iterations 2501 <"$T/root"
rejects 2 'no operands' add-nsec3 x <"$T/root"
for h in salt=xy iterations=-1 opt-out=yes; do
	stream "$apex" $h >"$T/bad"
	rejects 2 "${h%=*}" add-nsec3 <"$T/bad"
done
for t in 'NSEC z. A' 'RRSIG A' 'NSEC3 1 0 0 -' 'NSEC3PARAM 1 0 0 -'; do
	stream "${apex}z. $t
" >"$T/bad"
	rejects 1 "z\. ${t%% *}: is there already" add-nsec3 <"$T/bad"
done
stream "${apex}b.z. A 192.0.2.1
a.z. A 192.0.2.1
" >"$T/bad"
rejects 1 'not in canonical order' add-nsec3 <"$T/bad"
rejects 1 'no SOA' sh -c 'printf ";zonetext 1\n;zone z.\n;end z. records=0 max-ttl=0\n;done zones=1 failed=0\n" | add-nsec3'
label=$(printf '%063d' 0)
long="$label.$label.$label.$(printf '%030d' 0)."
stream "$long NS z.
" '' "$long" >"$T/bad"
rejects 1 'no room for a hash' add-nsec3 <"$T/bad"
fits="$label.$label.$label.$(printf '%028d' 0)."
is 'a name that just leaves room' "$(stream "$fits NS z.
" '' "$fits" | add-nsec3 | grep -c '	NSEC3	')" 1
rejects 3 'cannot spill|No such file' sh -c 'add-nsec3 -S 4M -T /nonexistent <"$0"' "$T/big"
done_testing

#!/bin/sh
# keep-input: passes a stream on, keeps its text, refuses what shrank.
. t/lib.sh
tab=$(printf '\t')
zone() { # RECORDS [DELEGATIONS]: a sorted stream of z.
	{
		echo 'z. 60 SOA ns.z. h.z. 1 2 3 4 5'
		echo 'z. 60 NS ns.z.'
		seq "$1" | sed 's/.*/h&.z. 60 A 192.0.2.1/'
		[ "${2:-0}" = 0 ] || seq "$2" | sed 's/.*/d&.z. 60 NS a.x./;p;s/a.x/b.x/'
	} | read-zone -o z. - 2>/dev/null | sort-zone
}
keep() { keep-input -k "$T/kept" "$@"; }

zone 200 30 >"$T/in"
ok 'a stream' sh -c 'keep-input -k "$0" <"$1" >"$2"' "$T/kept" "$T/in" "$T/out"
same 'passes on as it is' "$T/out" "$T/in"
is 'and is kept' "$(grep -v '^;' "$T/kept.new")" "$(grep -v '^;' "$T/in")"
is 'delegations are counted, names and not records' \
	"$(tail -n 2 "$T/kept.new")" ";end z. records=262 max-ttl=60 keep-input.delegations=30
;done zones=1 failed=0"
ok 'what is kept is a stream' sort-zone -w "$T/sorted" <"$T/kept.new"
mv "$T/kept.new" "$T/kept"

zone 150 30 >"$T/in"
ok 'fewer than 100 are gone' keep --max-shrink 1 <"$T/in"
zone 90 30 >"$T/in"
ok 'without a limit' keep <"$T/in"
ok 'within the limit' keep --max-shrink 42 <"$T/in"
rm "$T/kept.new" && ln -s "$T/elsewhere" "$T/kept.new"
ok 'a link in place of FILE.new is replaced, not followed' keep <"$T/in"
ok 'nothing went elsewhere' test ! -e "$T/elsewhere" -a ! -L "$T/kept.new"
ok 'the text is there' test -s "$T/kept.new"
rejects 1 'z\.: 152 records in place of 262: more than MaxShrink, 41%, is gone.*resign --accept-shrink z\.' keep --max-shrink 41 <"$T/in"
ok 'and what was refused is not kept' test ! -e "$T/kept.new"
keep --max-shrink 41 <"$T/in" >"$T/out" 2>/dev/null
is 'the zone fails downstream' "$(grep -c '^;fail z\. 1' "$T/out")" 1
zone 290 10 >"$T/in"
rejects 1 '10 delegations in place of 30' keep --max-shrink 50 <"$T/in"
zone 290 11 >"$T/in"
ok 'fewer than 20 delegations are gone' keep --max-shrink 50 <"$T/in"
echo ';rubbish' >"$T/kept"
rejects 0 'warning: .*kept: not a whole zone' keep --max-shrink 0 <"$T/in"
rejects 2 'a percentage' keep --max-shrink 101 <"$T/in"
rejects 2 'give -k FILE' keep-input <"$T/in"
rejects 3 "$T/none/kept.new: cannot create" keep-input -k "$T/none/kept" <"$T/in"
sed '/^;end/,$d' "$T/in" >"$T/cut"
rejects 1 'ends without' keep <"$T/cut"
ok 'and nothing is kept of a stream that is cut' test ! -e "$T/kept.new"

# In a batch: beside the output, by the header, without keystate's records.
printf 'z.\t3600\tIN\tDNSKEY\t257 3 13 aaaa\n' >"$T/dnskeys"
printf '%s\n' ';zonetext 1' ";zone z. inputs=$T/none,$T/dnskeys output=$T/z max-shrink=20" \
	"z.${tab}60${tab}IN${tab}SOA${tab}ns.z. h.z. 1 2 3 4 5" "z.${tab}60${tab}IN${tab}NS${tab}ns.z." \
	"z.${tab}60${tab}IN${tab}DNSKEY${tab}257 3 13 aaaa" "z.${tab}60${tab}IN${tab}DNSKEY${tab}257 3 13 bbbb" \
	';end z. records=4 max-ttl=60' ';done zones=1 failed=0' >"$T/in"
ok 'a batch' keep-input --batch <"$T/in"
is 'keystate'"'"'s keys are not kept, others are' "$(grep -o 'DNSKEY.*' "$T/z.input.new")" "DNSKEY${tab}257 3 13 bbbb"
is 'nobody else reads it' "$(stat -c %a "$T/z.input.new")" 600

# write-zones puts it in place with the zone, or not at all.
printf 'z.\t%s\t1\t4\t0\t0\t1\t1\tbad\n' "$T/z" >"$T/job"
write-zones --commit <"$T/job" >/dev/null 2>&1
ok 'not with a zone that is refused' test ! -e "$T/z.input.new" -a ! -e "$T/z.input"
keep-input --batch <"$T/in" >"$T/out"
sed '/^;end/s/$/ sign-rrsets.serial=1/' "$T/in" >"$T/z.new"
printf 'z.\t%s\t1\t4\t0\t0\t1\t0\t-\n' "$T/z" >"$T/job"
ok 'with one that is published' write-zones --commit <"$T/job"
ok 'it is in place' test -s "$T/z.input" -a ! -e "$T/z.input.new"
done_testing

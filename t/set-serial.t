#!/bin/sh
. t/lib.sh

stream() { # SERIAL [EXTRA-HEADER] [A-ADDRESS]: a small zone
	printf ';zonetext 1\n;zone z.%s\n' "${2:+ $2}"
	printf 'z.\t3600\tIN\tSOA\tns.z. host\\.master.z. %s 7200 3600 1209600 300\n' "$1"
	printf 'z.\t60\tIN\tNS\tns.z.\nns.z.\t60\tIN\tA\t%s\n' "${3:-192.0.2.1}"
	printf ';end z. records=3 max-ttl=3600 read-zone.left-out=2\n;done zones=1 failed=0\n'
}
soa() { awk -F '\t' '$4 == "SOA" { print $2, $5 }'; }
serial() { soa | cut -d ' ' -f 4; }
now=20260301120000

is 'unixtime is the default' "$(stream 5 | set-serial --now $now | serial)" 1772366400
is 'counter' "$(stream 5 | set-serial -m counter | serial)" 6
is 'counter from the last one' "$(stream 5 | set-serial -m counter --last 7 | serial)" 8
is 'datecounter, in UTC' "$(stream 5 | TZ=Pacific/Auckland set-serial -m datecounter --now $now | serial)" 2026030100
is 'keep' "$(stream 5 | set-serial -m keep --last 4 | serial)" 5
is 'keep, never published' "$(stream 5 | set-serial -m keep | serial)" 5
is 'keep over the end of the circle' "$(stream 5 | set-serial -m keep --last 4294967000 | serial)" 5
is 'TTL and minimum' "$(stream 5 | set-serial -m counter --ttl PT2H --minimum 0 | soa)" \
	'7200 ns.z. host\.master.z. 6 7200 3600 1209600 0'
is 'TTL 0' "$(stream 5 | set-serial -m counter --ttl P0D | soa)" \
	'0 ns.z. host\.master.z. 6 7200 3600 1209600 300'
is 'nothing else changes' "$(stream 5 | set-serial -m keep | grep -v '^;')" "$(stream 5 | grep -v '^;')"
is 'the header tells the input serial, the end the new one' \
	"$(stream 5 | set-serial -m counter | grep '^;[ze][on]')" \
	"$(printf ';zonetext 1\n;zone z. input-serial=5\n;end z. records=3 max-ttl=3600 read-zone.left-out=2 set-serial.serial=6')"

# --- the header of a batch ---
is 'header keys' "$(stream 5 'serial-mode=counter last-serial=9 soa-ttl=PT1M soa-minimum=60' | set-serial | soa)" \
	'60 ns.z. host\.master.z. 10 7200 3600 1209600 60'
is 'an option beats the header' "$(stream 5 'serial-mode=counter last-serial=9 soa-ttl=1' |
	set-serial -m unixtime --now $now --last 1772366405 --ttl 2 | soa)" \
	'2 ns.z. host\.master.z. 1772366406 7200 3600 1209600 300'
is 'the time of the header' "$(stream 5 "now=$now" | set-serial | serial)" 1772366400
stream 20 >"$T/published"
is 'the last serial is read from --previous' "$(stream 5 | set-serial -m counter -p "$T/published" | serial)" 21
is 'from previous= with --batch' "$(stream 5 "previous=$T/published" | set-serial -m counter --batch | serial)" 21
is 'without --batch no path of a header is opened' \
	"$(stream 5 "previous=$T/published" | set-serial -m counter | serial)" 6
is 'a previous that is not there' "$(stream 5 "previous=$T/none" | set-serial -m counter --batch | serial)" 6
stream 20 | sed '$d' >"$T/cut"
stream 20 'x=1' | sed 's/z\./y./g' >"$T/other"
stream 5 >"$T/in"
rejects 1 'published.*not a stream of z\.|other.*not a stream of z\.' set-serial -p "$T/other" <"$T/in"

# --- keep ---
rejects 1 'z\.: SOA serial 5 is that of 5, which is published: raise it in the input .*; its signatures expire 20260401000000' \
	set-serial -m keep --last 5 --expires 20260401000000 <"$T/in"
rejects 1 'SOA serial 5 is not above 6, which is published' set-serial -m keep --last 6 <"$T/in"
rejects 1 'SOA serial 5 is not above 2147483653' set-serial -m keep --last 2147483653 <"$T/in"
rejects 1 'expire 20260401000000' sh -c 'sed "s/^;zone z./& expires=20260401 serial-mode=keep last-serial=5/" "$0" | set-serial' "$T/in"
awk -F '\t' -v OFS='\t' '/^;end/ { $0 = ";end z. records=7 max-ttl=3600" } { print }
	$4 == "SOA" { $4 = "RRSIG"; $5 = "SOA signature"; print }
	$4 == "NS" { $4 = "NSEC3PARAM"; $5 = "1 0 0 -"; print; $4 = "ZONEMD"; $5 = "5 1 1 00"; print }
	$4 == "A" { $4 = "NSEC"; $5 = "z. A"; print }' "$T/in" >"$T/signed"
is 'keep: the same content may keep its serial' \
	"$(set-serial -m keep -p "$T/signed" <"$T/in" | grep -c '^z')" 2
stream 5 '' 192.0.2.2 >"$T/changed"
rejects 1 'SOA serial 5 stands for other content than 5' set-serial -m keep -p "$T/signed" <"$T/changed"
sed -e '/^ns/d' -e 's/records=3/records=2/' "$T/in" >"$T/less"
rejects 1 'stands for other content' set-serial -m keep -p "$T/signed" <"$T/less"
sed -e 's/^ns.*/&\nx.z.\t60\tIN\tA\t192.0.2.1/' -e 's/records=3/records=4/' "$T/in" >"$T/more"
rejects 1 'stands for other content' set-serial -m keep -p "$T/signed" <"$T/more"
rejects 1 'stands for other content' set-serial -m keep --ttl 1 -p "$T/signed" <"$T/in"
sed '$d' "$T/signed" | sed '$d' >"$T/broken"
rejects 1 'broken.*truncated' set-serial -m keep -p "$T/broken" <"$T/in"

# --- what is wrong ---
stream 2147483653 >"$T/far"
set-serial -m counter --last 5 <"$T/far" >"$T/out" 2>"$T/err"
is 'far apart: a warning' "$? $(serial <"$T/out") $(grep -c "cannot be above the input's 2147483653 too" "$T/err")" '0 6 1'
rejects 2 '-m sometimes: not counter' set-serial -m sometimes <"$T/in"
rejects 2 'last serial 5x' set-serial --last 5x <"$T/in"
rejects 2 'last serial 4294967296' set-serial --last 4294967296 <"$T/in"
rejects 2 'above 2147483647' set-serial --ttl 2147483648 <"$T/in"
rejects 2 'no operands' set-serial x <"$T/in"
rejects 2 'serial-mode|-m often' sh -c 'sed "s/^;zone z./& serial-mode=often/" "$0" | set-serial' "$T/in"
rejects 1 'not two names and five numbers' sh -c 'sed "s/ 300$/ 300 1/" "$0" | set-serial' "$T/in"
rejects 1 'not two names and five numbers' sh -c 'sed "s/ 5 7200/ x 7200/" "$0" | set-serial' "$T/in"
rejects 1 'the first record is not the zone.s SOA' sh -c 'sed "s/SOA.*/NS	a./" "$0" | set-serial' "$T/in"
rejects 1 'no SOA' sh -c 'printf ";zonetext 1\n;zone z.\n;end z. records=0 max-ttl=0\n;done zones=1 failed=0\n" | set-serial'
rejects 1 'truncated' sh -c 'head -n 4 "$0" | set-serial' "$T/in"
(sed '$d' "$T/in" | sed 's/^;zone z./& serial-mode=keep last-serial=5/'; stream 7 serial-mode=keep | sed -e 1d -e 's/zones=1 failed=0/zones=2 failed=0/') >"$T/two"
set-serial <"$T/two" >"$T/out" 2>"$T/err"
is 'one bad zone of two' "$? $(grep -c '^;fail z. 1 ' "$T/out") $(tail -n 1 "$T/out") $(serial <"$T/out")" \
	'1 1 ;done zones=2 failed=1 7'
done_testing

#!/bin/sh
# resign --status: text for people, JSON and metrics for programs, a page to look at.
. t/lib.sh
. t/keystate.sh
ks_installation
NOW=$(date +%s)
rs() { resign -c "$T/etc/conf.xml" --now "$NOW" "$@"; }
sed -i "s|<WorkingDirectory>.*|<WorkingDirectory>$T/state/tmp</WorkingDirectory>|" "$T/etc/conf.xml"
printf 1234 >"$T/etc/pin" && chmod 600 "$T/etc/pin"
ok 'setup' ks setup
mkdir -p "$T/state/unsigned" "$T/state/signed"
for z in one.example a-zone-with-a-longer-name.example bad.example; do
	printf '$TTL 3600\n@ SOA ns h 1 7200 3600 604800 300\n@ NS ns\nns A 192.0.2.1\n' >"$T/state/unsigned/$z"
	touch -d '1 minute ago' "$T/state/unsigned/$z"
	ks zone add -z $z >"$T/out" 2>&1 || cat "$T/out"
done
rs --status >"$T/text"
is 'before the first run' $? 0
ok 'nothing is published' grep -q '3 zones: 3 due, .* 3 never published' "$T/text"
# Without NS, and with markup where an error message has it.
printf '$TTL 3600\n@ SOA ns h 1 7200 3600 604800 300\nx TXT <script>alert(1)</script> "\n' >"$T/state/unsigned/bad.example"
touch -d '1 minute ago' "$T/state/unsigned/bad.example"
rejects 1 'bad.example' rs

# --- text -----------------------------------------------------------------------------------------
rs --status >"$T/text"
is 'a failing zone makes the status 1' $? 1
is 'a line a zone, one for a long name, an error, a sum' "$(grep -c '' "$T/text")" 7
ok '80 columns, but for the error' sh -c '! grep -v "failed" "$1" | grep -q ".\{81\}"' sh "$T/text"
ok 'the serial of the signed file' grep -Eq "^one.example  *$(sed -n 's/^;end .*sign-rrsets\.serial=\([0-9]*\).*/\1/p' "$T/state/signed/one.example") $(date -u -d "@$NOW" '+%Y-%m-%d %H:%M')" "$T/text"
ok 'the error of the bad one' grep -q '^  failed 1 times: .*bad.example' "$T/text"
is 'the sum' "$(tail -n 1 "$T/text")" '3 zones: 1 due, 1 failing, 0 expired, 1 never published'

# --- JSON -----------------------------------------------------------------------------------------
rs --status --json >"$T/json"
json() { perl -MJSON::PP -e 'local $/; my $j = decode_json(<STDIN>); my %z = map { $_->{zone} => $_ } @{$j->{zones}};
	print $z{$ARGV[0]}{$ARGV[1]} // "null"' "$@" <"$T/json"; }
file() { sed -n "s/^;end .*sign-rrsets\.$1=\([0-9]*\).*/\1/p" "$T/state/signed/one.example"; }
is 'serial' "$(json one.example serial)" "$(file serial)"
is 'no error' "$(json one.example error)" null
is 'one failure' "$(json bad.example failures)" 1
is 'its words, as they are' "$(json bad.example error | grep -c 'bad.example')" 1
is 'never published' "$(json bad.example published)" null
# The first expiration, against the signatures themselves.
first=$(awk -F '\t' '$4 == "RRSIG" { split($5, f, " "); print f[5] }' "$T/state/signed/one.example" | sort | head -n 1)
is 'the first expiration' "$(json one.example expires | tr -dc 0-9 | cut -c1-14)" "$first"

# --- metrics --------------------------------------------------------------------------------------
rs --status --metrics "$T/metrics" --html "$T/page.html" >/dev/null
is 'lines that Prometheus reads' "$(grep -Evc \
	'^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9]+)$' "$T/metrics")" 0
ok 'the serial' grep -qx "zonepipe_zone_serial{zone=\"one.example\"} $(file serial)" "$T/metrics"
ok 'the failure' grep -qx 'zonepipe_zone_failures{zone="bad.example"} 1' "$T/metrics"
before=$(stat -c %i "$T/metrics")
rs --status --metrics "$T/metrics" >/dev/null
ok 'replaced, not written over' test "$(stat -c %i "$T/metrics")" != "$before"

# --- the page -------------------------------------------------------------------------------------
ok 'well-formed' sh -c '! xmllint --html --noout "$1" 2>&1 | grep error | grep -v "Tag .* invalid"' sh "$T/page.html"
ok 'days as lines too, for narrow screens' grep -Eq '<dt>(over|in [^<]*)</dt><dd><i style="width:[0-9]+%' "$T/page.html"
ok 'keys as a picture' grep -q '<svg' "$T/page.html"
ok 'nothing from elsewhere' sh -c '! sed "s|http://www.w3.org/[^\"]*||g" "$1" | grep -Eq "https?://|<script|@import"' sh "$T/page.html"
for z in one.example a-zone-with-a-longer-name.example bad.example; do
	ok "$z is there" grep -q ">$z<" "$T/page.html"
done
rejects 3 '/nowhere' rs --status --html "$T/nowhere/page.html"

# --- expired --------------------------------------------------------------------------------------
NOW=$((NOW + 40 * 86400))
rs --status >"$T/text"
ok 'an expired zone is called so' sh -c 'grep -q "^  EXPIRED" "$1"' sh "$T/text"
done_testing

#!/bin/sh
# fetch-zone against knotd, named and nsd: TSIG right, wrong and absent, sizes
# from 10 to 100,000 records, serials, limits, masters in turn.
. t/lib.sh
. t/masters.sh
for p in knotd named nsd kdig perl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done

for kind in knotd named nsd; do
	mkdir -p "$T/$kind"
	zone_file 1000 10 >"$T/$kind/zone"
	port_of=$(port)
	eval "p_$kind=$port_of"
	"start_$kind" "$kind" "$port_of" || skip_all "$kind does not start"
	F=$T/f-$kind
	fetch_conf "$F" "$port_of" hmac-sha256 $KEY_SECRET

	ok "$kind: TSIG right" fetch-zone -c "$F/conf.xml" example
	served "$port_of" example. "hmac-sha256:key.:$KEY_SECRET" >"$T/want"
	records <"$F/example.axfr" >"$T/got"
	same "$kind: equal, record for record" "$T/got" "$T/want"
	[ -x bin/sort-zone ] && ok "$kind: in the order of the stream" sort-zone --check <"$F/example.axfr"
	is "$kind: one record in 1000 is no accident" "$(wc -l <"$T/got" | tr -d ' ')" 999
	is "$kind: it is canonical" "$(head -n 2 "$F/example.axfr")" ";zonetext 1
;zone example."
	is "$kind: it is whole" "$(tail -n 1 "$F/example.axfr")" ";done zones=1 failed=0"
	ok "$kind: nothing newer, nothing to do" fetch-zone -v -c "$F/conf.xml" example
	is "$kind: it says so" "$(cat "$T/ok.out")" \
		"fetch-zone: example.: serial 10 is current at 127.0.0.1#$port_of"

	fetch_conf "$F" "$port_of" hmac-sha256 $WRONG_SECRET
	rm -f "$F"/example*
	rejects 1 'refuses our TSIG: BADSIG|TSIG: the MAC is wrong' fetch-zone --timeout 3 -c "$F/conf.xml" example
	fetch_conf "$F" "$port_of" hmac-sha512 $KEY_SECRET
	rejects 1 'refuses our TSIG|master answers REFUSED' fetch-zone --timeout 3 -c "$F/conf.xml" example
	fetch_conf "$F" "$port_of" none
	rejects 1 "master answers (REFUSED|NOTAUTH)" fetch-zone -c "$F/conf.xml" example
	is "$kind: nothing came of it" "$(ls "$F" | grep -c '^example')" 0
	ok "$kind: no TSIG where none is asked for" fetch-zone -c "$F/conf.xml" open.example
	served "$port_of" open.example. >"$T/want"
	records <"$F/open.example.axfr" >"$T/got"
	same "$kind: equal without TSIG" "$T/got" "$T/want"
done

# --- from here on with knotd ------------------------------------------------
P=$p_knotd
F=$T/f
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET
ok 'serial 10 arrives' fetch-zone -c "$F/conf.xml" example
cp -p "$F/example.axfr" "$T/before"

# Serials.
zone_file 100 9 | sed 's/ns2/ns3/' >"$T/nsd/zone"
reload nsd 9
fetch_conf "$F" "$p_nsd" hmac-sha256 $KEY_SECRET
rejects 1 'serial 9, lower than our 10.*--force' fetch-zone -c "$F/conf.xml" example
same 'a lower serial changes nothing' "$F/example.axfr" "$T/before"
ok '--force takes it' fetch-zone --force -c "$F/conf.xml" example
is 'and it is the other one' "$(grep -c '^example.*NS	ns3' "$F/example.axfr")" 1

# Masters in turn, each with its own port.
rm -f "$F"/example*
closed=$(port)
fetch_conf "$F" "$closed $P" hmac-sha256 $KEY_SECRET
ok 'the second master serves when the first is away' fetch-zone -c "$F/conf.xml" example
rejects 3 'Connection refused' fetch-zone -c "$(fetch_conf "$T/g" "$closed" none && echo "$T/g/conf.xml")" example

# The input itself counts as held once resign has moved it.
mv "$F/example.axfr" "$F/example"
ok 'moved to its place it is still ours' fetch-zone -v -c "$F/conf.xml" example
is 'no transfer' "$(grep -c 'serial 10 is current' "$T/ok.out")" 1
[ ! -e "$F/example.axfr" ] && tap_result 0 'no file' || tap_result 1 'no file'

# Limits.
rm -f "$F"/example*
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET '' '<MaxRecords>998</MaxRecords>'
rejects 1 'more than 998 records' fetch-zone -c "$F/conf.xml" example
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET '' '<MaxRecords>999</MaxRecords>'
ok 'as many as allowed' fetch-zone -c "$F/conf.xml" example
rm -f "$F"/example*
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET '' '<MaxBytes>10K</MaxBytes>'
rejects 1 'more than 10240 bytes' fetch-zone -c "$F/conf.xml" example
is 'nothing is left of a refused transfer' "$(ls "$F" | grep -c '^example')" 0

# Expiry: the SOA says 1209600.
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET
ok 'fetched at 2000000000' fetch-zone --now 2000000000 -c "$F/conf.xml" example
fetch_conf "$F" "$closed" hmac-sha256 $KEY_SECRET
rejects 3 'not refreshed' fetch-zone --now 2001209600 -c "$F/conf.xml" example
is 'not yet expired' "$(ls "$F" | grep '^example' | tr '\n' ' ')" 'example.axfr example.fetch '
rejects 3 'expire is 1209600: the input is put aside' fetch-zone --now 2001209601 -c "$F/conf.xml" example
is 'expired' "$(ls "$F" | grep '^example' | tr '\n' ' ')" 'example.expired example.fetch '
fetch_conf "$F" "$P" hmac-sha256 $KEY_SECRET
ok 'and it comes again' fetch-zone --now 2001209700 -c "$F/conf.xml" example
ok 'whole' test -s "$F/example.axfr"

# Usage.
rejects 2 'nowhere.test: not in' fetch-zone -c "$F/conf.xml" nowhere.test
fetch_conf "$T/g" "$P" hmac-sha3 $KEY_SECRET
rejects 2 'no such algorithm: hmac-sha3' fetch-zone -c "$T/g/conf.xml"
fetch_conf "$T/g" "$P" hmac-sha256 'not base64!'
rejects 2 'base64' fetch-zone -c "$T/g/conf.xml"
fetch-zone -i -c "$F/conf.xml" >"$T/info"
is 'settings are shown' "$(grep -c "master.127.0.0.1#$P" "$T/info")" 1
is 'the secret is not' "$(grep -c "$KEY_SECRET" "$T/info")" 0

# Sizes.
serial=20
for size in 10 10000 ${FETCH_SIZE:-100000}; do
	for kind in knotd named nsd; do
		serial=$((serial + 1))
		eval "kill \$PID_$kind; wait \$PID_$kind 2>/dev/null; P=\$p_$kind"
		zone_file "$size" $serial >"$T/$kind/zone"
		rm -rf "$T/$kind"/journal "$T/$kind"/*.jnl "$T/$kind"/zone.ixfr* "$T/$kind"/xfrd
		"start_$kind" "$kind" "$P"
		fetch_conf "$T/s" "$P" hmac-sha256 $KEY_SECRET
		rm -f "$T/s"/example*
		ok "$kind: $size records" fetch-zone -S 4M -c "$T/s/conf.xml" example
		served "$P" example. "hmac-sha256:key.:$KEY_SECRET" >"$T/want"
		records <"$T/s/example.axfr" >"$T/got"
		same "$kind: $size records are equal" "$T/got" "$T/want"
	done
done
done_testing

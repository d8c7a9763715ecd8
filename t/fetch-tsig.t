#!/bin/sh
# TSIG with the six algorithms of RFC 8945 §6 that are in use, at knotd, named
# and nsd: right, wrong, of another algorithm, unknown, absent; and NOTIFY.
. t/lib.sh
. t/masters.sh
for p in knotd named nsd kdig perl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done
all='hmac-md5 hmac-sha1 hmac-sha224 hmac-sha256 hmac-sha384 hmac-sha512'
key_conf() { # NAME ALGORITHM SECRET
	fetch_conf "$F" "$P" "$2" "$3" example
	sed -i "s|<Name>key</Name>|<Name>$1</Name>|" "$F/zonefetch.xml"
	rm -f "$F"/example*
}
try() { fetch-zone --timeout 3 -c "$F/conf.xml" example; }

for kind in knotd named nsd; do
	mkdir -p "$T/$kind"
	zone_file 300 10 >"$T/$kind/zone"
	P=$(port)
	F=$T/f-$kind
	KEYS=$all "start_$kind" "$kind" "$P" || skip_all "$kind does not start"
	for alg in $all; do
		key_conf "k-$alg" "$alg" $KEY_SECRET
		ok "$kind, $alg: right" try
		is "$kind, $alg: whole" "$(grep -c '^[^;]' "$F/example.axfr")" 299
		key_conf "k-$alg" "$alg" $WRONG_SECRET
		rejects 1 "refuses our TSIG: BADSIG|TSIG: the MAC is wrong" try
		is "$kind, $alg: wrong, nothing came" "$(ls "$F" | grep -c '^example')" 0
	done
	# md5's long name (RFC 8945 §6)
	key_conf k-hmac-md5 hmac-md5.sig-alg.reg.int $KEY_SECRET
	ok "$kind: md5 by its long name" try
	key_conf k-hmac-sha256 hmac-sha512 $KEY_SECRET
	rejects 1 'refuses our TSIG: BAD|master answers (REFUSED|NOTAUTH)' try
	key_conf nobodys hmac-sha256 $KEY_SECRET
	rejects 1 'refuses our TSIG: BADKEY|master answers (REFUSED|NOTAUTH)' try
	key_conf key none ''
	rejects 1 'master answers (REFUSED|NOTAUTH)' try
	is "$kind: nothing came" "$(ls "$F" | grep -c '^example')" 0
done
done_testing

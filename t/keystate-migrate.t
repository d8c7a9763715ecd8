#!/bin/sh
# zonepipe-migrate(7): its ways, each walked to the end.
. t/lib.sh
. t/keystate.sh
command -v dnssec-keygen >/dev/null || skip_all 'no dnssec-keygen (bind9-utils)'
command -v sqlite3 >/dev/null || skip_all 'no sqlite3'
TZ=UTC
export TZ

# What does not change as a zone moves, of any signed zone with a record a line: the DNSKEY RRset whole, with its
# owner and TTL; and which keys sign it, and which the rest.
rrset() {
	awk '$4 == "DNSKEY" { key = ""; for (i = 8; i <= NF && $i !~ /^;/; i++) key = key $i; print $1, $2, $5, $6, $7, key }' \
		"$1" | sort
}
signers() {
	awk '$4 == "RRSIG" { print ($5 == "DNSKEY" ? "DNSKEY" : "the rest"), $11 }' "$1" | sort -u
}
ds_of() { ks key export --ds -z "$@" | grep -v '^;' | cut -f5; }

# bind_signed ZONE KSK ZSK [K.key...]: the zone as BIND signs it on 2026-02-01, in $T/ZONE.bind, with more DNSKEYs.
bind_signed() (
	zone=$1 ksk=$2 zsk=$3
	shift 3
	cd "$T" || exit
	{
		printf '$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 192.0.2.1\n'
		cat "$ksk.key" "$zsk.key" "$@" | grep -v '^;'
	} >"$zone.db"
	dnssec-signzone -q -x -P -O full -o "$zone" -s 20260131000000 -e 20260302000000 -k "$ksk" -f "$zone.bind" \
		"$zone.db" "$zsk" >"$zone.log" 2>&1 || cat "$zone.log" >&2
)

# --- export the keys: K*.private of BIND -----------------------------------
ks_installation
ks -q setup
ks zone add -z example.com >/dev/null
ks_zone example.com
ksk=$(cd "$T" && dnssec-keygen -q -a ECDSAP256SHA256 -f KSK example.com 2>/dev/null)
zsk=$(cd "$T" && dnssec-keygen -q -a ECDSAP256SHA256 example.com 2>/dev/null)
chmod 600 "$T"/K*.private
is 'key import --from: the KSK' "$(ks key import -z example.com -r SoftHSM -t KSK -e active \
	-w 20260101 --from "$T/$ksk.private" --now 20260201000000 | sed 's/: [0-9a-f]*,/: ID,/')" \
	"Key imported into example.com: ID, KSK, tag $(echo "$ksk" | sed 's/.*+0*//'), active"
ok 'key import --from: the ZSK' ks key import -z example.com -r SoftHSM -t ZSK -e active \
	-w '01-JAN-2026 12:00:00' --from "$T/$zsk.private" --now 20260201000000
rejects 2 'is there already' ks key import -z example.com -r SoftHSM -t ZSK \
	-e active --from "$T/$zsk.private" -k "$(awk '$2 == "ZSK" { print $3 }' "$T/state/keys.db")"
rejects 2 'keystate: one of' ks key import -z example.com -r SoftHSM -t ZSK --from "$T/$zsk.private"
rejects 2 'keytype is needed' ks key import -z example.com -r SoftHSM -e active --from "$T/$zsk.private"
rejects 2 'repository is needed' ks key import -z example.com
rejects 2 'is not a date' ks key import -z example.com -r SoftHSM -t ZSK -e active -k 00 -g 13 -y soon
rejects 2 'goes only with' ks key import -z example.com -r SoftHSM -t ZSK -e ready -k 00 -g 13 -y 20270101
rejects 2 "'30-FEX-2026' is not" ks key import -z example.com -r SoftHSM -t ZSK -e ready -k 00 -g 13 -w 30-FEX-2026
rejects 1 'cannot sign' ks key import -z example.com -r SoftHSM -t ZSK -e ready -k 00 -g 3
is 'what was refused left no copy of a key' "$(hsmutil -c "$T/etc/conf.xml" list 2>&1 | sed -n 2p)" '2 keys found.'
ok 'first pass and signing' ks_publish 20260201000000
bind_signed example.com "$ksk" "$zsk"
is 'the DNSKEY RRset is that of BIND' "$(rrset "$T/state/signed/example.com")" "$(rrset "$T/example.com.bind")"
is 'and the same keys sign' "$(signers "$T/state/signed/example.com")" "$(signers "$T/example.com.bind")"
is 'and the DS in the parent stays' "$(ds_of example.com)" \
	"$(dnssec-dsfromkey -2 "$T/$ksk.key" | cut -d' ' -f4-)"
is 'both are active, their dates kept' "$(ks key list --now 20260201000000 | awk '{ print $2, $3, $4 }' | sed -n '3,4p')" \
	"$(printf 'KSK active 2027-01-01\nZSK active 2026-04-01')"

# --- export the keys: already in the token (softhsm --import, of old) --------
ks zone add -z token.example >/dev/null
ks_zone token.example
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/k.pem" 2>/dev/null
chmod 600 "$T/k.pem"
softhsm2-util --import "$T/k.pem" --token OpenDNSSEC --pin "$(cat "$T/etc/pin")" --label A2 --id A2 >/dev/null
ok 'key import -k of a key that the token has' ks key import --cka_id A2 -r SoftHSM -z token.example \
	-g 13 -b 256 -e active -t KSK --time 202601011000 --retire 20270101
is 'its retire date is pinned' "$(ks rollover list -z token.example | awk '/KSK/ { print $3 }')" 2027-01-01
rejects 2 'no private key with id ffee' ks key import --cka_id ffee -r SoftHSM -z token.example -g 13 -e active -t ZSK

# --- prepublish: our keys in the old zone, then theirs in ours ----------------
ks zone add -z pre.example >/dev/null
ks_zone pre.example
ks enforce -q --now 20260201000000
ks key export --published pre.example >"$T/ours"
is 'what the old signer is to publish' "$(cut -f4 "$T/ours" | sort | uniq -c | tr -s ' ')" ' 2 DNSKEY'
old=$(cd "$T" && dnssec-keygen -q -a ECDSAP256SHA256 -f KSK pre.example 2>/dev/null)
oldz=$(cd "$T" && dnssec-keygen -q -a ECDSAP256SHA256 pre.example 2>/dev/null)
bind_signed pre.example "$old" "$oldz" "$T/ours"
# theirs go into our unsigned zone, so that both sets stand in both zones
cat "$T/$old.key" "$T/$oldz.key" | grep -v '^;' >>"$T/state/unsigned/pre.example"
touch -d '1 hour ago' "$T/state/unsigned/pre.example"
ok 'signed here' ks_publish 20260201010000
is 'four keys, theirs and ours' "$(rrset "$T/pre.example.bind" | wc -l | tr -d ' ')" 4
is 'one DNSKEY RRset here and there: either verifies either zone' \
	"$(rrset "$T/state/signed/pre.example")" "$(rrset "$T/pre.example.bind")"
is 'and only ours sign here' "$(signers "$T/state/signed/pre.example" | cut -d' ' -f2- | grep -o '[0-9]*$' | sort)" \
	"$(awk '$1 == "pre.example" { print $6 }' "$T/state/keys.db" | sort)"
is 'and the DS that the parent gets before is of our KSK' "$(ds_of pre.example -e publish | cut -d' ' -f1)" \
	"$(signers "$T/state/signed/pre.example" | sed -n 's/^DNSKEY //p')"
tag=$(ds_of pre.example -e publish | cut -d' ' -f1)
rejects 1 'is not ready' ks key ds-seen -z pre.example --keytag "$tag" --now 20260201010000

# --- start fresh: an unsigned zone, which waits for its caches -----------------
ks zone add -z fresh.example >/dev/null
ks_zone fresh.example
ok 'signed for the first time' ks_publish 20260201020000
ok 'a pass too early' ks enforce -q --now 20260201155959
is 'no DS is asked for yet' "$(ks key list -z fresh.example --now 20260201155959 | awk '/KSK/ { print $3 }')" publish
ok 'a pass in time' ks enforce -q --now 20260201160000
is 'the DS is asked for' "$(ks key list -z fresh.example --now 20260201160000 | awk '/KSK/ { print $3, $4, $5, $6 }')" \
	'ready waiting for ds-seen'
ok 'ds-seen, and the zone is secure' ks key ds-seen -z fresh.example --now 20260201170000 \
	--keytag "$(ds_of fresh.example -e ready | cut -d' ' -f1)"
is 'its KSK is active' "$(ks key list -z fresh.example --now 20260201170000 | awk '/KSK/ { print $3 }')" active

# --- prepublish, its end: our DS is there alone, and their keys go --------------
ok 'our KSK is ready by now: ds-seen' ks key ds-seen -z pre.example --keytag "$tag" --now 20260201170000
grep -v DNSKEY "$T/state/unsigned/pre.example" >"$T/without"
cat "$T/without" >"$T/state/unsigned/pre.example"
touch -d '1 minute ago' "$T/state/unsigned/pre.example"
ok 'their DNSKEYs are taken out' ks_publish 20260202170000
is 'ours are left' "$(rrset "$T/state/signed/pre.example")" "$(rrset "$T/ours")"

# --- an installation of OpenDNSSEC 1.x: conf, kasp, zonelist, kasp.db ----------
old_installation() { # SCHEMA: where the state stands
	rm -rf "$T/state" "$T/etc" "$T/tokens"
	ks_installation
	printf 1234 >"$T/etc/pin"
	chmod 600 "$T/etc/pin"
	sed -i "s|<FlatFile>.*</FlatFile>|<SQLite>$T/state/kasp.db</SQLite>|" "$T/etc/conf.xml"
	mkdir -p "$T/state"
	cat >"$T/etc/zonelist.xml" <<-X
	<ZoneList>
	  <Zone name="one.example">
	    <Policy>classic</Policy>
	    <SignerConfiguration>$T/state/signconf/one.example.xml</SignerConfiguration>
	    <Adapters><Input><File>$T/state/unsigned/one.example</File></Input>
	      <Output><File>$T/state/signed/one.example</File></Output></Adapters>
	  </Zone>
	</ZoneList>
	X
	state="state tinyint, publish varchar(64), ready varchar(64), active varchar(64), retire varchar(64), dead varchar(64)"
	pair= zonekey=
	[ "$1" = 1.1 ] && pair=", $state" || zonekey=", $state"
	sqlite3 "$T/state/kasp.db" <<-X
	create table dbadmin (version int);
	insert into dbadmin values (2);
	create table securitymodules (id integer primary key, name varchar(30), capacity int, requirebackup int);
	create table policies (id integer primary key, name varchar(30), description varchar(255), salt varchar(512), salt_stamp varchar(64), audit text);
	create table zones (id integer primary key, name varchar(300), policy_id int);
	create table keypairs (id integer primary key, HSMkey_id varchar(255), algorithm int, size int, securitymodule_id int,
	  generate varchar(64), policy_id int, compromisedflag int, backup varchar(64), fixedDate int $pair);
	create table dnsseckeys (id integer primary key, keypair_id int, zone_id int, keytype int $zonekey);
	insert into securitymodules values (1, 'SoftHSM', null, 0);
	insert into policies values (1, 'classic', 'x', 'ABCDEF0123456789', '2026-01-01 00:00:00', null);
	insert into zones values (1, 'one.example', 1), (2, 'gone.example', 1);
	X
}
# add_key N ID FLAGS ZONE STATE publish ready active retire dead
add_key() {
	dates="'$6', '$7', '$8', '$9', ''"
	if [ "$schema" = 1.1 ]; then
		sqlite3 "$T/state/kasp.db" "insert into keypairs values ($1, '$2', 8, 2048, 1, '2025-12-01 00:00:00', 1, 0, '2025-12-02 00:00:00', 0, $5, $dates);
			insert into dnsseckeys values ($1, $1, $4, $3)"
	else
		sqlite3 "$T/state/kasp.db" "insert into keypairs values ($1, '$2', 8, 2048, 1, '2025-12-01 00:00:00', 1, 0, '2025-12-02 00:00:00', 0);
			insert into dnsseckeys values ($1, $1, $4, $3, $5, $dates)"
	fi
}
# The keys of old: made by BIND, taken by OpenDNSSEC as its manual says (keyconv), three in the zone, two of them sign.
for flags in '-f KSK' '' ''; do
	(cd "$T" && dnssec-keygen -q -a RSASHA256 -b 2048 $flags one.example 2>/dev/null)
done >"$T/of-old"
ids='0a01 0b02 0c03'
set -- $ids
while read -r k; do
	chmod 600 "$T/$k.private"
	softhsm2-keyconv --in "$T/$k.private" --out "$T/$1.pem" >/dev/null
	chmod 600 "$T/$1.pem"
	shift
done <"$T/of-old"
set -- $(cat "$T/of-old")
bind_signed one.example "$1" "$2" "$T/$3.key"
for schema in 1.1 1.3; do
	old_installation $schema
	is "$schema: conf.xml with SQLite is taken as it is" \
		"$(ks setup 2>&1 | grep -c 'keystate import-opendnssec')" 1
	for id in $ids; do
		softhsm2-util --import "$T/$id.pem" --token OpenDNSSEC --pin "$(cat "$T/etc/pin")" --label x --id $id >/dev/null
	done
	add_key 1 0A01 257 1 4 '2025-12-01 00:00:00' '2025-12-02 00:00:00' '2025-12-03 00:00:00' '2026-12-03 00:00:00'
	add_key 2 0b02 256 1 4 '2026-01-01 00:00:00' '2026-01-02 00:00:00' '2026-01-20 00:00:00' '2026-02-19 00:00:00'
	add_key 3 0c03 256 1 2 '2026-01-31 00:00:00' '2026-02-01 12:00:00' '' ''
	add_key 4 0d04 256 1 6 '2025-12-01 00:00:00' '' '' ''
	add_key 5 0e05 256 2 4 '2025-12-01 00:00:00' '' '2025-12-01 00:00:00' ''
	is "$schema: import-opendnssec" "$(ks import-opendnssec --now 20260201000000 2>"$T/err")" \
		"3 keys of $T/state/kasp.db imported; key list -v shows them"
	ok "$schema: a dead key is left out, and a zone that is gone" \
		sh -c "grep -q '0d04 is dead' $T/err && grep -q 'gone.example is not in' $T/err"
	is "$schema: states and dates" "$(ks key list --now 20260201000000 | sed -e '1,2d' -e '/^$/d' -e 's/  */ /g')" \
		"$(printf 'one.example KSK active 2026-12-03 00:00:00 \none.example ZSK active 2026-02-19 00:00:00 \none.example ZSK publish 2026-01-31 14:00:00 \n')"
	ks_zone one.example
	ok "$schema: first pass and signing" ks_publish 20260201000000
	is "$schema: the DNSKEY RRset is that of old" "$(rrset "$T/state/signed/one.example")" \
		"$(rrset "$T/one.example.bind")"
	is "$schema: and the same keys sign" "$(signers "$T/state/signed/one.example")" "$(signers "$T/one.example.bind")"
	is "$schema: and the DS in the parent stays" "$(ds_of one.example)" \
		"$(dnssec-dsfromkey -2 "$T/$1.key" | cut -d' ' -f4-)"
	is "$schema: the salt is the one of old" \
		"$(awk -F'\t' '$4 == "NSEC3PARAM" { print $5 }' "$T/state/signed/one.example")" '1 0 0 ABCDEF0123456789'
	rejects 1 'already' ks import-opendnssec
done
schema=1.1
old_installation 1.1
ks -q setup 2>/dev/null
add_key 1 0099 257 1 4 '2025-12-01 00:00:00' '' '2025-12-03 00:00:00' ''
rejects 1 'nothing was imported' ks import-opendnssec
is 'a key that is not in the token: nothing is imported' "$(grep -vc '^;' "$T/state/keys.db")" 0
echo 'no database' >"$T/not.db"
rejects 2 'not a kasp.db' ks import-opendnssec "$T/not.db"
done_testing

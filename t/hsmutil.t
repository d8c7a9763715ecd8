#!/bin/sh
# hsmutil on a SoftHSM token and on a folder of key files; DS, tags and
# signatures are judged by BIND's and ldns' tools and by OpenSSL.
. t/lib.sh
token_setup

hsm() {
	hsmutil --module "$MODULE" --token test --pin-file "$T/pin" "$@"
}

files() {
	hsmutil --dir "$T/keys" "$@"
}

# As is, but nothing is equal to nothing.
equal() {
	[ -n "$3" ] || set -- "$1" "$2" '(the judge says nothing)'
	is "$@"
}

tag_of() { # DNSKEY-FILE: BIND's opinion
	dnssec-dsfromkey -2 "$1" | awk '{ print $4 }'
}

# --- usage
rejects 2 'no verb; try --help' hsmutil
rejects 2 'generate abc: which kind' hsmutil --dir "$T" generate abc
rejects 2 "no verb 'frobnicate'" hsmutil --dir "$T" frobnicate
rejects 2 'usage: hsmutil remove ID' hsmutil --dir "$T" remove
rejects 2 'needs --token' hsmutil --module "$MODULE" list
rejects 2 'excludes --module' hsmutil --dir "$T" --token test list
rejects 2 'excludes --module' hsmutil -c x --token test list
rejects 2 'no PKCS#11 module' hsmutil --module /nonexistent.so --token test --pin-file "$T/pin" list
rejects 2 'no token nosuch' hsmutil --token nosuch --pin-file "$T/pin" list
rejects 2 "'zz': a key's id" hsm remove zz
is 'help fits 80x24' "$(hsmutil --help | awk 'length > 80' ; hsmutil --help | awk 'END { print NR <= 24 }')" 1

# --- PINs
rejects 2 'no PIN, and no terminal' setsid hsmutil --module "$MODULE" --token test list
printf '4321\n' >"$T/wrong"
chmod 600 "$T/wrong"
rejects 2 'login: .*incorrect' hsmutil --token test --pin-file "$T/wrong" login
is 'the PIN is in no message' "$(grep -c 4321 "$T/rejects.err" "$T/rejects.out")" \
	"$T/rejects.err:0
$T/rejects.out:0"
chmod 640 "$T/wrong"
rejects 2 'others can reach .mode 640.: chmod 600' hsmutil --token test --pin-file "$T/wrong" login
: >"$T/empty"
chmod 600 "$T/empty"
rejects 2 'must hold a PIN' hsmutil --token test --pin-file "$T/empty" login
mkfifo -m 600 "$T/fifo"
rejects 2 'not a regular file' hsmutil --token test --pin-file "$T/fifo" login
rejects 2 'pin-value= shows the PIN' hsmutil dnskey 'pkcs11:token=test;object=x?pin-value=1234' example
is 'nor is that repeated' "$(grep -c 1234 "$T/rejects.err")" 0
ok 'login' hsm login
ok 'login by URI' hsmutil --token "pkcs11:token=test?module-path=$MODULE&pin-source=file:$T/pin" login

# --- init
ok 'init makes a folder' files init
is 'for its owner only' "$(stat -c %a "$T/keys")" 700
is 'init again leaves it' "$(files init)" "$T/keys: is there already, left as it is."
is 'init makes a token' "$(hsmutil --module "$MODULE" --token two --pin-file "$T/pin" init)" 'two: made.'
is 'init again leaves it' "$(hsmutil --module "$MODULE" --token two --pin-file "$T/pin" init)" \
	'two: is there already, left as it is.'
ok "SoftHSM's own tool sees it" sh -c 'softhsm2-util --show-slots | grep -q "Label:  *two"'
is 'two tokens, two sets of keys' "$(hsmutil --token two --pin-file "$T/pin" list | sed -n 2p)" '0 keys found.'

# --- generate, list, dnskey, remove in both kinds of store
: >"$T/zone.keys"
for store in hsm files; do
	is "$store: list of none" "$($store list)" \
"Listing keys in all repositories.
0 keys found.

Repository            ID                                Type      
----------            --                                ----      "
	n=0
	for kind in 'rsa 1024:5 7 8 10:RSA/1024' 'rsa 2048:8 10:RSA/2048' 'rsa 4096:8:RSA/4096' 'ecdsa 256:13:ECDSA/256' \
		'P-384:14:ECDSA/384' 'ed25519:15:Ed25519' 'ed448:16:Ed448'; do
		k=${kind%%:*} type=${kind##*:}
		algs=${kind#*:} algs=${algs%:*}
		# shellcheck disable=SC2086
		id=$($store generate $k 2>"$T/err") || { sed 's/^/# /' "$T/err"; }
		n=$((n + 1))
		is "$store: generate $k: an id" "$(echo "$id" | grep -cE '^[0-9a-f]{32}$')" 1
		is "$store: listed as $type" "$($store list | awk -v i="$id" '$2 == i { print $3 }')" "$type"
		for a in $algs; do
			$store dnskey "$id" Sub.Example 257 "$a" >"$T/k.key" 2>"$T/err"
			is "$store: dnskey, algorithm $a" "$(awk '{ print $1, $2, $3, $4, $5, $6, $7 }' "$T/k.key")" \
				"sub.example. 3600 IN DNSKEY 257 3 $a"
			equal "$store: its tag is BIND's" "$(sed 's/.*id = \([0-9]*\).*/\1/' "$T/k.key")" "$(tag_of "$T/k.key")"
			equal "$store: its tag is ldns'" "$(sed 's/.*id = \([0-9]*\).*/\1/' "$T/k.key")" "$(ldns-key2ds -n -2 "$T/k.key" | awk '{ print $5 }')"
			[ "$a" = "${algs%% *}" ] || continue
			for d in 1 2 4; do
				equal "$store: DS $d is BIND's" \
					"$($store dnskey "$id" Sub.Example KSK "$a" --ds $d 2>/dev/null | tr '\t' ' ' | cut -d' ' -f4-)" \
					"$(dnssec-dsfromkey -a $d "$T/k.key" 2>/dev/null | cut -d' ' -f3-)"
			done
		done
	done
	is "$store: count" "$($store list | sed -n 2p)" "$n keys found."
	ok "$store: remove" $store remove "$id"
	is "$store: is gone" "$($store list | awk -v i="$id" '$2 == i { n++ } NR == 2 { c = $1 } END { print c, n + 0 }')" "$((n - 1)) 0"
	rejects 2 "no repository holds a key with id $id" $store remove "$id"
	ok "$store: info" $store info
	is "$store: info counts" "$($store info | awk '$1 == "Keys:" { print $2 }')" $((n - 1))
done

# --- dnskey
id=$(files generate p256 --label nonsense --id A2b3)
is 'id as given' "$id" a2b3
rejects 2 'already' files generate p256 --id a2b3
rejects 2 'algorithm 8 .RSASHA256. is not for a key of kind ECDSA' files dnskey a2b3 example -a 8
rejects 2 "no algorithm '12'" files dnskey a2b3 example -a 12
rejects 2 'not a domain name' files dnskey a2b3 'a..b'
rejects 2 "not one of 1, 2, 4" files dnskey a2b3 example --ds 3
rejects 2 '2.31-1' files dnskey a2b3 example --ttl 2147483648
is 'dnskey of a zone signing key' "$(files dnskey a2b3 . --ttl P1D | cut -f1-4)" ".	86400	IN	DNSKEY"
equal 'by file' "$(hsmutil dnskey "file:$T/keys/a2b3.pem" .)" "$(files dnskey a2b3 .)"
equal 'by file and algorithm' "$(hsmutil dnskey "ECDSAP256SHA256:file:$T/keys/a2b3.pem" .)" "$(files dnskey a2b3 .)"
is 'REVOKE and other flags' "$(files dnskey a2b3 . --flags 385 | awk '{ print $5 }')" 385
files dnskey a2b3 . 2>/dev/null | awk '{ print $8 }' | base64 -d >"$T/pub"
equal 'the public key is the one that OpenSSL sees' "$(od -An -tx1 <"$T/pub" | tr -d ' \n')" \
	"$(openssl pkey -in "$T/keys/a2b3.pem" -pubout -outform DER | tail -c 64 | od -An -tx1 | tr -d ' \n')"
id=$(hsm generate ed25519 --label 'my zsk')
equal 'by label' "$(hsmutil dnskey "pkcs11:token=test;object=my%20zsk?pin-source=file:$T/pin" x)" "$(hsm dnskey "$id" x)"
hsm generate ed25519 --label 'my zsk' >"$T/dup"
rejects 2 'several private keys with object my zsk' \
	hsmutil dnskey "pkcs11:token=test;object=my%20zsk?pin-source=file:$T/pin" x
rejects 2 'no private key with object nosuch' \
	hsmutil dnskey "pkcs11:token=test;object=nosuch?pin-source=file:$T/pin" x
is 'list -v shows labels' "$(hsm -v list | grep -c 'my zsk$')" 2

# --- import: what others made
for a in RSASHA1 NSEC3RSASHA1 RSASHA256 RSASHA512 ECDSAP256SHA256 ECDSAP384SHA384 ED25519 ED448; do
	case $a in *RSA*) bits='-b 1024' ;; *) bits= ;; esac
	case $a in ECDSA*) bits= ;; esac
	# shellcheck disable=SC2086
	k=$(dnssec-keygen -q -K "$T" -a $a $bits -f KSK imported.example 2>/dev/null)
	if [ -z "$k" ]; then
		echo "# dnssec-keygen cannot make $a here"
		continue
	fi
	num=$(echo "$k" | sed 's/.*+0*\([0-9]*\)+.*/\1/')
	for store in hsm files; do
		id=$($store import "$T/$k.private" 2>"$T/err") || sed 's/^/# /' "$T/err"
		equal "$store: BIND's key of $a" "$($store dnskey "$id" imported.example -k -a "$num" 2>/dev/null | awk '{ print $8 }')" \
			"$(awk '!/^;/ { for (i = 7; i <= NF; i++) printf "%s", $i; print "" }' "$T/$k.key")"
	done
done
for a in 'EC -pkeyopt ec_paramgen_curve:P-256' 'EC -pkeyopt ec_paramgen_curve:P-384' 'RSA -pkeyopt rsa_keygen_bits:3072' ED25519 ED448; do
	rm -f "$T/o.pem"
	# shellcheck disable=SC2086
	openssl genpkey -algorithm $a -out "$T/o.pem" 2>/dev/null
	h=$(hsm import "$T/o.pem")
	f=$(files import "$T/o.pem")
	equal "OpenSSL's ${a%% *} is one key in both" "$(hsm dnskey "$h" x)" "$(files dnskey "$f" x)"
	equal "and in the file itself" "$(hsmutil dnskey "file:$T/o.pem" x)" "$(files dnskey "$f" x)"
done
k=$(ldns-keygen -a ECDSAP256SHA256 -k ldns.example 2>/dev/null && true)
for f in "$k.private" "$k.key" "$k.ds"; do [ -e "$f" ] && mv "$f" "$T"; done
chmod 600 "$T/$k.private"
id=$(files import "$T/$k.private")
equal "ldns' key and its tag" "$(files dnskey "$id" ldns.example -k | sed 's/.*id = \([0-9]*\).*/\1/')" \
	"$(echo "${k##*+}" | sed 's/^0*//')"

openssl ecparam -name secp521r1 -genkey -noout -out "$T/p521.pem"
chmod 600 "$T/p521.pem"
rejects 2 'does not sign with' hsm import "$T/p521.pem"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass pass:x -out "$T/enc.pem" 2>/dev/null
rejects 2 'encrypted: decrypt it' hsm import "$T/enc.pem"
rejects 2 'no private key in PEM' hsm import "$T/pin"
chmod 644 "$T/o.pem"
rejects 2 'others can reach' hsm import "$T/o.pem"
bad() { # TEXT REGEX
	printf 'Private-key-format: v1.3\n%b' "$1" >"$T/bad.private"
	chmod 600 "$T/bad.private"
	rejects 2 "$2" files import "$T/bad.private"
}
bad '' 'no Algorithm'
bad 'Algorithm: 12 (ECC-GOST)\n' 'line 2: algorithm 12: not one of'
bad 'Algorithm: 13 (X)\n' 'no PrivateKey'
bad 'Algorithm: 13 (X)\nPrivateKey: !!!!\n' 'line 3: PrivateKey: not base64'
bad 'Algorithm: 13 (X)\nPrivateKey: AAAA\nPrivateKey: AAAA\n' 'line 4: a second PrivateKey'
bad 'Algorithm: 13 (X)\nPrivateKey: AAAA\n' 'numbers are no key of algorithm 13'
bad 'Algorithm: 13 (X)\nPrivateKey: //////////////////////////////////////////8=\n' 'no key of algorithm 13'
bad 'Algorithm: 15 (X)\nPrivateKey: AAAA\n' 'no key of algorithm 15'
bad 'Algorithm: 8 (X)\nModulus: AAAA\n' 'no PublicExponent'
bad 'Algorithm: 8 (X)\nModulus: Aw==\nPublicExponent: Aw==\nPrivateExponent: Aw==\nPrime1: Aw==\nPrime2: Aw==\nExponent1: Aw==\nExponent2: Aw==\nCoefficient: Aw==\n' \
	'no key of algorithm 8'
bad 'nonsense\n' "line 2: not 'Name: value'"
if [ -d "$ZONE_FIXTURES" ]; then
	for f in "$ZONE_FIXTURES"/signed-exact/test-data/K*.private \
		"$ZONE_FIXTURES"/audit/validns/t/issues/51-support-curved-algorithms/K*.private \
		"$ZONE_FIXTURES"/audit/validns/t/zones/Kexample.sec.+0[01][058]*.private; do
		install -m 600 "$f" "$T/fixture.private"
		base=$(basename "$f" .private) num=${base#*+0} num=${num%+*} num=${num#0}
		id=$(files import "$T/fixture.private" 2>"$T/err") || sed 's/^/# /' "$T/err"
		flags=$(awk '!/^;/ { for (i = 1; i <= NF; i++) if ($i == "DNSKEY") print $(i + 1) }' "${f%.private}.key")
		equal "fixture $base: its tag" "$(files dnskey "$id" example --flags "$flags" -a "$num" 2>/dev/null | sed 's/.*id = \([0-9]*\).*/\1/')" \
			"$(echo "${base##*+}" | sed 's/^0*//')"
	done
else
	echo "# SKIP fixtures: none at $ZONE_FIXTURES"
fi

# --- files are private, whatever the umask
is 'key files are 0600' "$(cd "$T/keys" && stat -c %a ./*.pem | sort -u)" 600
(umask 0 && files generate p256 >/dev/null)
is 'with umask 0 too' "$(cd "$T/keys" && stat -c %a ./*.pem | sort -u)" 600

# --- conf.xml
cat >"$T/conf.xml" <<EOF
<Configuration><RepositoryList>
<Repository name="soft"><Module>$MODULE</Module><TokenLabel>two</TokenLabel><PIN>1234</PIN><Capacity>2</Capacity><SkipPublicKey/></Repository>
<Repository name="folder"><Directory>$T/conf-keys</Directory></Repository>
</RepositoryList></Configuration>
EOF
chmod 600 "$T/conf.xml"
conf() {
	hsmutil -c "$T/conf.xml" "$@"
}
ok 'init by name' conf init folder
rejects 2 'which repository. one of: soft folder' conf generate ed25519
rejects 2 'no repository x; there are: soft folder' conf generate x ed25519
ok 'generate by name' conf generate soft rsa 1024
id=$(conf generate soft p256)
rejects 2 'holds 2 keys, its Capacity' conf generate soft ed25519
rejects 2 'holds 2 keys, its Capacity' conf import soft "$T/p521.pem"
f=$(conf generate folder p384)
is 'all repositories' "$(conf list | awk 'NR > 5 { print $1 }' | sort | uniq -c | awk '{ print $1 $2 }' | xargs)" '1folder 2soft'
is 'one repository' "$(conf list folder | sed -n 1,2p)" "Listing keys in repository: folder
1 key found."
ok 'SkipPublicKey keeps what an EC key needs' conf dnskey "$id" x
is 'and leaves out what RSA does not' "$(pkcs11-tool --module "$MODULE" --token-label two --login --pin 1234 -O 2>/dev/null | grep -c 'Public Key Object; RSA')" 0
ok 'an id is found in whichever store' conf dnskey "$f" x
rejects 1 'holds a PIN and everybody|nothing removed' sh -c "chmod 604 $T/conf.xml; echo no | hsmutil -c $T/conf.xml purge soft"
is 'asked, and no means no' "$(conf list soft | sed -n 2p)" '2 keys found.'
is 'Yes means yes' "$(echo YeS | conf purge soft 2>/dev/null)" 'soft: 2 keys removed, 0 failed.'
rejects 1 'holds no keys' conf purge soft -y
rejects 2 'which repository' conf purge -y
for bad in '<Repository name="a"><Module>m</Module></Repository>:needs Module and TokenLabel' \
	'<Repository name="a"><Module>m</Module><TokenLabel>t</TokenLabel><Directory>d</Directory></Repository>:Directory excludes' \
	'<Repository name="a"><Directory>d</Directory></Repository><Repository name="a"><Directory>e</Directory></Repository>:a second repository a' \
	'<Repository name="a"><Directory>d</Directory></Repository><Repository name="b"><Directory>d</Directory></Repository>:the same store as repository a' \
	'<Repository name=""><Directory>d</Directory></Repository>:name must not be empty' \
	'<Repository><Directory>d</Directory></Repository>:name' \
	'<Repository name="a"><Directory>d</Directory><Capacity>-1</Capacity></Repository>:Capacity' \
	'<Repository name="a"><Directory>d</Directory><Colour/></Repository>:Colour'; do
	printf '<Configuration><RepositoryList>\n%s\n</RepositoryList></Configuration>\n' "${bad%:*}" >"$T/bad.xml"
	rejects 2 "bad.xml:.*${bad##*:}" hsmutil -c "$T/bad.xml" list
done

# --- AllowExtraction: only then does the private key leave the token
cat >"$T/extract.xml" <<EOF
<Configuration><RepositoryList>
<Repository name="soft"><Module>$MODULE</Module><TokenLabel>two</TokenLabel><PINFile>$T/pin</PINFile><AllowExtraction/></Repository>
</RepositoryList></Configuration>
EOF
access() {
	pkcs11-tool --module "$MODULE" --token-label two --login --pin 1234 -O --type privkey 2>/dev/null | grep -c "$1"
}
conf generate soft p256 >/dev/null 2>&1
is 'private keys do not leave' "$(access 'never extractable')" 1
hsmutil -c "$T/extract.xml" generate p256 >/dev/null
is 'but where it is allowed' "$(access 'Access:  *.*extractable' >/dev/null; pkcs11-tool --module "$MODULE" --token-label two --login --pin 1234 -O --type privkey 2>/dev/null | grep 'Access:' | grep -vc 'never extractable')" 1

# --- the examples of the man page, as they stand there
awk '/^\.Bd/ { on = 1; next } /^\.Ed/ { on = 0 } on && !/^\./' man/hsmutil.1 >"$T/examples"
mkdir "$T/demo"
ok 'hsmutil.1: the examples work' sh -euc "cd '$T/demo' && . '$T/examples' && ldns-key2ds -n -2 dnskeys.zone"
is 'two DNSKEY records' "$(awk '{ print $4, $5 }' "$T/demo/dnskeys.zone" | xargs)" 'DNSKEY 257 DNSKEY 256'

# --- test
ok 'test of a token' hsmutil -c "$T/extract.xml" test
is 'leaves nothing behind' "$(hsmutil -c "$T/extract.xml" list | sed -n 2p)" '2 keys found.'
is 'test of a folder says OK 29 times' "$(files test | grep -c ': OK$')" 29

# --- a full disk, a read-only folder, output that cannot be written
ok 'stdout is checked' sh -c "! hsmutil --dir '$T/keys' list >/dev/full 2>'$T/err'"
is 'and said' "$(grep -c 'stdout: write: No space' "$T/err")" 1
is 'logout' "$(hsmutil logout)" 'Every program logs out as it ends: nothing to do.'
done_testing

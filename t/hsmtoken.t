#!/bin/sh
# Tokens that are not like SoftHSM: t/p11shim.c plays them.
. t/lib.sh
SHIM=${BUILD:-build/release}/t/p11shim.so
[ -e "$SHIM" ] || skip_all "no $SHIM: make check builds it"
token_setup
P11SHIM_MODULE=$MODULE
export P11SHIM_MODULE

hsm() { # WAYS VERB...
	ways=$1
	shift
	P11SHIM=$ways hsmutil --module "$SHIM" --token test --pin-file "$T/pin" "$@"
}

p256=$(hsm '' generate p256)
p384=$(hsm '' generate p384)
ed=$(hsm '' generate ed25519)
rsa=$(hsm '' generate rsa 1024)

for id in "$p256" "$p384" "$ed" "$rsa"; do
	hsm '' dnskey "$id" example. >"$T/want"
	for way in raw-point no-copy no-rw one-by-one stops-early; do
		hsm $way dnskey "$id" example. >"$T/got" 2>&1
		same "$way: the same DNSKEY" "$T/got" "$T/want"
	done
done

# A DNSKEY whose private key does not fit is never printed.
for id in "$ed" "$rsa"; do
	rejects 1 'key proof|no public key of algorithm' hsm wrong-public dnskey "$id" example.
	is 'and nothing on stdout' "$(cat "$T/rejects.out")" ''
done
rejects 1 'not on the curve' hsm wrong-public dnskey "$p256" example.
rejects 2 'does not give modulus and public exponent' hsm no-modulus dnskey "$rsa" example.

# PKCS#11 lets r and s be short if both are; the proof verifies what we made.
hsm '' dnskey "$p256" example. >"$T/want"
hsm short-rs dnskey "$p256" example. >"$T/got" 2>&1
same 'short r and s are padded' "$T/got" "$T/want"

# A token without Edwards curves, and one that names them by OID only.
hsm no-eddsa test >"$T/test.out"
is 'test: Ed25519 and Ed448 may be missing' $? 0
is 'which it says' "$(grep -c ': not in this store' "$T/test.out")" 2
rejects 2 'cannot make a key of kind Ed25519: .*mechanism' hsm no-eddsa generate ed25519
is 'Ed25519 by OID' "$(hsm oid-only generate ed25519 | grep -cE '^[0-9a-f]{32}$')" 1
rejects 2 'session for writing' hsm no-rw generate p256
rejects 2 'session for writing' hsm no-rw remove "$p256"
is 'nothing was removed' "$(hsm '' list | sed -n 2p)" '5 keys found.'

# The last try of a PIN is not spent by a program.
rejects 2 'one try is left' hsm final-try login
P11SHIM_COUNT=$T/count
export P11SHIM_COUNT
P11SHIM=final-try hsmutil --module "$SHIM" --token test --pin-file "$T/pin" login 2>/dev/null
is 'no login was tried' "$(cat "$T/count" 2>/dev/null)" ''

# A signature that fails ends the run.
rejects 3 'cannot sign: .*device|cannot sign' env P11SHIM=sign-fails \
	hsmspeed --module "$SHIM" --token test --pin-file "$T/pin" -a 13 -i 5
is 'and the key is removed' "$(hsm '' list | sed -n 2p)" '5 keys found.'

# One sweep, and one question for each of the ten objects, however many keys are wanted; only RSA keys are asked
# again.  One login.  A copy in the session only for keys that sign often.
cat >"$T/conf.xml" <<EOF
<Configuration><RepositoryList>
<Repository name="s"><Module>$SHIM</Module><TokenLabel>test</TokenLabel><PINFile>$T/pin</PINFile></Repository>
</RepositoryList></Configuration>
EOF
rm -f "$T/count"
hsmutil -c "$T/conf.xml" dnskey "$p256" example. >/dev/null
is 'an EC key: one sweep' "$(cat "$T/count")" 'find 1 ask 10 copy 0 login 1'
hsmutil -c "$T/conf.xml" dnskey "$rsa" example. >/dev/null
is 'an RSA key: one sweep' "$(cat "$T/count")" 'find 1 ask 14 copy 0 login 1'
hsmutil -c "$T/conf.xml" list >/dev/null
is 'a list: one sweep' "$(cat "$T/count")" 'find 1 ask 12 copy 0 login 1'
{
	printf '$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n'
	printf 'a%d A 192.0.2.1\n' 1 2 3 4 5
} >"$T/zone"
copies() { # KSK ZSK: keys that have one when the zone is signed by one process
	uri="pkcs11:token=test?module-path=$SHIM&pin-source=file:$T/pin"
	sign-zone -j 1 --no-verify --ksk "${uri%\?*};id=%$(echo "$1" | sed 's/../&%/g; s/%$//')?${uri#*\?}" \
		--zsk "${uri%\?*};id=%$(echo "$2" | sed 's/../&%/g; s/%$//')?${uri#*\?}" "$T/zone" "$T/signed" >"$T/log" 2>&1 || cat "$T/log"
	grep -o 'copy [0-9]*' "$T/count"
}
is 'a copy of the key that signs often' "$(copies "$p256" "$(hsm '' generate p256)")" 'copy 1'
done_testing

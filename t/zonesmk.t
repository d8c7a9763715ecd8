#!/bin/sh
# etc/zones.mk signs what changed, and etc/ci/check-zone says of a change whether it would sign.
. t/lib.sh
cd "$T" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make check that runs this
mk() { make -k -j2 -f "$ZONEPIPE_SOURCE/etc/zones.mk" "$@"; }
hsmutil --dir keys init && hsmutil --dir keys --id 01 generate ecdsa 256 >out && hsmutil --dir keys --id 02 generate ecdsa 256 >out
mv keys/01.pem keys/ksk.pem
mv keys/02.pem keys/zsk.pem
mkdir unsigned
for z in one.example two.example three.example; do
	sed "s/^\$ORIGIN .*/\$ORIGIN $z./" "$ZONEPIPE_SOURCE/etc/demo/example.zone" >unsigned/$z
	touch -d '1 hour ago' unsigned/$z
done
ok 'all zones' mk
for z in one.example two.example three.example; do
	ok "$z: dnssec-verify" dnssec-verify -q -o $z signed/$z
done
cksum signed/t* >before
is 'nothing changed, nothing is done' "$(mk -n)" "make: Nothing to be done for 'signed-zones'."
touch -d '1 minute ago' signed/*
echo 'new A 192.0.2.9' >>unsigned/one.example
mk >out 2>&1
is 'one changed, one is signed' "$(grep -c 'sign-zone -o' out)" 1
ok 'its new name is there' grep -q '^new.one.example' signed/one.example
cksum signed/t* >after
same 'the others are as they were' after before
touch -d '1 minute ago' signed/*
echo 'www A 192.0.2.9' >>unsigned/two.example # beside a CNAME
echo 'new A 192.0.2.9' >>unsigned/three.example
ok 'a bad one fails' sh -c "! make -k -f $ZONEPIPE_SOURCE/etc/zones.mk >out 2>&1"
is 'its old file stays' "$(cksum signed/two.example)" "$(grep two before)"
ok 'the others go on' grep -q '^new.three.example' signed/three.example

check="sh $ZONEPIPE_SOURCE/etc/ci/check-zone"
ok 'CI: good zones' $check one.example unsigned/one.example three.example unsigned/three.example
$check one.example unsigned/one.example two.example unsigned/two.example >out 2>&1
is 'CI: a bad one' $? 1
ok 'CI: as an annotation' grep -q '^::error file=unsigned/two.example::.*CNAME' out
rejects 2 usage $check one.example
done_testing

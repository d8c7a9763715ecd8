#!/bin/sh
# The whole pipeline, in a shell that knows no pipefail: whatever program is
# killed, wherever, the published file is the old one or the new one, whole.
# And one bad zone among 1000 does not stop the others.
. t/lib.sh
BIN=${BIN:-bin}
SHIM=$PWD/${BUILD:-build/release}/t/faultio.so
[ -e "$SHIM" ] || skip_all "no $SHIM: make check builds it"
for p in read-zone sort-zone set-serial add-nsec sign-rrsets write-zones; do
	[ -x "$BIN/$p" ] || skip_all "no $p"
done
# The sanitizer's library wants to be first.
asan=$(ldd "$BIN/sort-zone" | sed -n 's|.*=> \(.*/libasan[^ ]*\) .*|\1 |p')
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
NOW=20260101000000

openssl genpkey -algorithm ED25519 -out "$T/key.pem" 2>/dev/null
chmod 600 "$T/key.pem"
PUBLIC=$(openssl pkey -in "$T/key.pem" -pubout -outform DER | tail -c 32 | base64 -w0)
sign() {
	sign-rrsets --ksk "15:file:$T/key.pem" --zsk "15:file:$T/key.pem" --now $NOW --seed x -j 1
}
zone() { # NAME SERIAL
	cat <<-X
	$1 60 IN SOA ns.$1 h.$1 $2 3600 900 604800 300
	$1 60 IN NS ns.$1
	$1 60 IN DNSKEY 257 3 15 $PUBLIC
	ns.$1 60 IN A 192.0.2.1
	www.$1 60 IN TXT "serial $2"
	X
}
pipeline() { # a master file to FILE.new and a job line
	read-zone -o example. "$1" | sort-zone | set-serial -m keep --last 1 --now $NOW |
		add-nsec | sign | write-zones -o "$T/out"
}

zone example. 2 >"$T/old.zone"
zone example. 3 >"$T/new.zone"
pipeline "$T/old.zone" >"$T/job" 2>"$T/err"
cp "$T/out.new" "$T/old"
pipeline "$T/new.zone" >"$T/job.new" 2>>"$T/err"
cp "$T/out.new" "$T/new"
is 'works without faults' "$(cut -f1,3,8 "$T/job.new" | tr '\t' ' ')$(cat "$T/err")" 'example. 3 0'

# faulty PROGRAM FAULTIO
faulty() {
	rm -f "$T"/out*
	cp "$T/old" "$T/out"
	(
		FAULTIO_PROGRAM=$1 FAULTIO=$2 LD_PRELOAD=$asan$SHIM
		export FAULTIO_PROGRAM FAULTIO LD_PRELOAD
		pipeline "$T/new.zone" >"$T/job" 2>/dev/null
		write-zones --commit <"$T/job" >"$T/done" 2>/dev/null
	)
	if cmp -s "$T/out" "$T/old"; then
		grep -q '	1	0	-	' "$T/done" && echo "$1 $2: told as published, and was not"
	elif cmp -s "$T/out" "$T/new"; then
		: whole
	else
		echo "$1 $2: neither the old file nor the new one"
	fi
}
faults() { # PROGRAM WHAT FAULT...
	program=$1 what=$2
	shift 2
	for fault; do
		faulty "$program" "$fault"
	done >"$T/bad"
	is "$program: $what" "$(cat "$T/bad")" ''
}
for program in read-zone sort-zone set-serial add-nsec sign-rrsets write-zones; do
	faults $program 'killed' '*:1:KILL' '*:3:KILL' '*:6:KILL' '*:9:KILL' 'write:1:HALF' 'write:2:KILL'
	faults $program 'its disk or pipe fails' 'write:1:EIO' 'write:1+:ENOSPC' 'read:1:EIO' 'read:2:EIO'
done
# killed late enough, all was done
faulty write-zones '*:1000:KILL' >"$T/bad"
is 'without the fault it is published' "$(cmp "$T/out" "$T/new" && cat "$T/bad")" ''

# ---- a full disk, a real one -----------------------------------------------
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir "$T/small"
	awk 'BEGIN {
		print ";zonetext 1\n;zone example."
		print "example.\t60\tIN\tSOA\tns. h. 1 1 1 1 1\nexample.\t60\tIN\tNS\tns."
		for (i = 0; i < 120000; i++)
			printf "n%06d.example.\t60\tIN\tTXT\t\"some text to fill the memory %d\"\n", i * 7919 % 120000, i
		print ";end example. records=120002 max-ttl=60\n;done zones=1 failed=0"
	}' >"$T/large"
	# 4 MB are sorted in memory; 1 MB is too little for the rest
	ok 'a full disk below the spill' unshare -m sh -c "
		mount -t tmpfs -o size=1m tmpfs '$T/small'
		sort-zone -S 12M -T '$T/small' <'$T/large' >'$T/got' 2>'$T/err'
		[ \$? = 3 ]"
	ok 'said' grep -q 'spill: write: No space left on device' "$T/err"
	is 'no ;end' "$(grep -c '^;end' "$T/got")" 0
	echo old >"$T/kept"
	ok 'a full disk below -w' unshare -m sh -c "
		mount -t tmpfs -o size=1m tmpfs '$T/small'
		cp '$T/kept' '$T/small/out'
		sort-zone -w '$T/small/out' <'$T/large' 2>'$T/err'
		[ \$? = 3 ] && cmp '$T/small/out' '$T/kept' && [ \$(ls '$T/small' | wc -l) = 1 ]"
else
	echo '# SKIP a real full disk: needs root and mount namespaces'
fi

# ---- one bad zone among 1000 -----------------------------------------------
mkdir "$T/zones" "$T/signed"
i=0
while [ $i -lt 1000 ]; do
	i=$((i + 1))
	printf 'z%d.\tinputs=%s\toutput=%s\n' $i "$T/zones/$i" "$T/signed/$i"
done >"$T/jobs"
awk -v dir="$T/zones" -v public="$PUBLIC" 'BEGIN {
	for (i = 1; i <= 1000; i++) {
		f = dir "/" i
		z = "z" i "."
		printf "%s 60 SOA ns.x. h.x. 7 1 1 1 1\n%s 60 NS ns.x.\n%s 60 DNSKEY 257 3 15 %s\n", z, z, z, public >f
		if (i == 500)
			printf "a.%s 60 CNAME x.\na.%s 60 A 192.0.2.1\n", z, z >f
		close(f)
	}
}'
read-zone --jobs "$T/jobs" | sort-zone --batch 2>"$T/err" | set-serial -m keep --last 1 --now $NOW |
	add-nsec | sign 2>/dev/null | write-zones --batch >"$T/done"
is '1000 zones, one is bad: the status of the last program' $? 1
is '999 come out' "$(find "$T/signed" -name '*.new' | wc -l | tr -d ' ')" 999
is 'as told' "$(cut -f8 "$T/done" | sort | uniq -c | tr -s ' ' | tr '\n' ' ')" ' 999 0  1 1 '
is 'the bad one, with file, line and rule' \
	"$(awk -F '\t' '$8 != 0 { print $1, $9 }' "$T/done" | sed "s|$T||")" \
	'z500. 1 error: /zones/500:4: a.z500. CNAME: beside other data (RFC 1034 %C2%A73.6.2, RFC 4035 %C2%A72.5)'
done_testing

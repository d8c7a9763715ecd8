#!/bin/sh
# write-zones: aside, judged, in place.
. t/lib.sh

signed() { # SERIAL CHANGED: what sign-rrsets would write
	printf ';zonetext 1\n;zone example.\n'
	printf 'example.\t60\tIN\tSOA\tns. h. %s 2 3 4 5\n' "$1"
	printf ';end example. records=1 max-ttl=60 sign-rrsets.serial=%s sign-rrsets.changed=%s sign-rrsets.signed=1 sign-rrsets.kept=0\n' "$1" "$2"
	printf ';done zones=1 failed=0\n'
}
publish() { # SERIAL CHANGED
	signed "$1" "$2" | write-zones -o "$T/z" >"$T/job" && write-zones --commit <"$T/job" >"$T/done"
}

signed 1 1 | write-zones -o "$T/z" >"$T/job"
ok 'written aside' test -e "$T/z.new" -a ! -e "$T/z"
is 'the job line' "$(cut -f1-9 "$T/job" | tr '\t' ' ')" "example. $T/z 1 1 1 0 1 0 -"
is 'its digest is that of the file' "$(sed 's/.*digest=//' "$T/job")" "$(sha256sum <"$T/z.new" | cut -d' ' -f1)"
awk -v dir="$T" 'BEGIN {
	print ";zonetext 1"
	for (z = 1; z <= 3; z++) {
		printf ";zone z%d. output=%s/d%d\n", z, dir, z
		for (i = 1; i <= 3000; i++)
			printf "n%d.z%d.\t60\tIN\tTXT\t\"more than one buffer holds\"\n", i, z
		print z == 2 ? ";fail z2. 1 too%20late" : ";end z" z ". records=3000 max-ttl=60"
	}
	print ";done zones=3 failed=1" }' >"$T/three"
write-zones --batch <"$T/three" >"$T/jobs"
is 'and of each file of a batch, after a failed one too' \
	"$(sed -n 's/^\(z.\).*digest=/\1 /p' "$T/jobs")" \
	"$(for z in 1 3; do echo "z$z $(sha256sum <"$T/d$z.new" | cut -d' ' -f1)"; done)"
ok 'committed' write-zones --commit <"$T/job"
ok 'in place' test -e "$T/z" -a ! -e "$T/z.new"
signed 1 1 >"$T/want"
same 'whole' "$T/z" "$T/want"

echo 'of a killed run' >"$T/z.new"
ln "$T/z.new" "$T/z.previous.tmp"
umask 077
ok 'a newer one, over what a killed run left' publish 2 1
is 'name servers may read it, whatever the umask' "$(stat -c %a "$T/z")" 644
ok 'no left-over stays' test ! -e "$T/z.previous.tmp"
umask 022
same 'the old one is kept' "$T/z.previous" "$T/want"
signed 2 1 >"$T/want"
ok 'nothing changed: not published' publish 3 0
same 'the file stays' "$T/z" "$T/want"
ok 'nothing is left aside' test ! -e "$T/z.new"

signed 1 1 | write-zones -o "$T/z" >"$T/job"
rejects 1 'serial 1 is not newer.*RFC 1982' write-zones --commit <"$T/job"
same 'the file stays' "$T/z" "$T/want"
ok 'the older one is there to be looked at' test -e "$T/z.rejected"
signed 3 1 | write-zones -o "$T/z" >"$T/job"
sed 's/	0	-	/	1	expired	/' "$T/job" >"$T/judged"
write-zones --commit <"$T/judged" >"$T/done" 2>/dev/null
is 'a verdict is obeyed and passed on' "$?/$(cut -f8,9 "$T/done" | tr '\t' ' ')" '1/1 expired'
same 'the file stays' "$T/z" "$T/want"
signed 4 1 | write-zones -o "$T/z" >"$T/job"
head -n 3 "$T/z.new" >"$T/cut" && cp "$T/cut" "$T/z.new"
rejects 1 'not a whole zone' write-zones --commit <"$T/job"
signed 4 1 | write-zones -o "$T/z" >"$T/job"
sed 's/records=1/records=9/' "$T/z.new" >"$T/cut" && cp "$T/cut" "$T/z.new"
rejects 1 'not the zone that the job line' write-zones --commit <"$T/job"
rejects 3 'No such file' write-zones --commit <"$T/job"
same 'the file stays' "$T/z" "$T/want"

rejects 2 'nowhere to write' write-zones <"$T/want"
head -n 3 "$T/want" >"$T/cut"
rejects 1 'truncated' write-zones -o "$T/y" <"$T/cut"
ok 'a cut stream leaves nothing' test ! -e "$T/y.new" -a ! -e "$T/y"
printf 'x\n' >"$T/job"
rejects 1 'not a job line' write-zones --commit <"$T/job"

# The serial: RFC 1982, and the same one never twice
ok 'near the end of the circle' publish 2147483649 1
ok 'and over it' publish 4294967290 1
ok 'round' publish 3 1
signed 3 1 >"$T/want"
signed 3 1 | sed 's/h\. 3/H. 3/' | write-zones -o "$T/z" >"$T/job"
rejects 1 'serial 3 is not newer than the published 3' write-zones --commit <"$T/job"
signed 2147483651 1 | write-zones -o "$T/z" >"$T/job"
rejects 1 'is not newer' write-zones --commit <"$T/job"
same 'the file stays' "$T/z" "$T/want"
ok 'never published: written even where nothing changed' sh -c 'rm "$0"; exit 0' "$T/z"
ok 'so is the first' publish 9 0
ok 'it is there' test -e "$T/z"

# What is in the way, and names that are none of ours
ln -s "$T/elsewhere" "$T/l.new"
ok 'a link in place of FILE.new is replaced, not followed' sh -c 'write-zones -o "$0" <"$1" >"$2"' "$T/l" "$T/want" "$T/job"
ok 'nothing went elsewhere' test ! -e "$T/elsewhere" -a ! -L "$T/l.new"
mv "$T/l.new" "$T/l.real" && ln -s "$T/l.real" "$T/l.new"
rejects 3 'l.new: Too many levels|l.new: fsync' write-zones --commit <"$T/job"
rejects 3 'No such file' write-zones -o "$T/no/folder" <"$T/want"
rejects 2 'takes a stream of one zone' sh -c 'cat "$0" "$0" | write-zones -o "$1"' "$T/want" "$T/two"
rejects 2 'nowhere to write' sh -c 'sed "s|^;zone example.|& output=$1|" "$0" | write-zones' "$T/want" "$T/unasked"
ok 'without --batch no path of a header is written' test ! -e "$T/unasked.new"
rejects 2 'no operands' write-zones x <"$T/want"
rejects 2 'commit alone' write-zones --commit -o x <"$T/job"
printf 'a\n' | sed "s|a|$(printf '%01025d' 1 | sed 's/[01]/a/g')|" >"$T/job"
rejects 1 'not a job line' write-zones --commit <"$T/job"

# More than a batch, in two folders
mkdir "$T/even" "$T/odd"
perl -e 'print ";zonetext 1\n"; for (1 .. 600) { my $f = "$ARGV[0]/" . ($_ % 2 ? "odd" : "even") . "/$_";
	print ";zone z$_. output=$f\nz$_.\t60\tIN\tSOA\tns. h. 1 2 3 4 5\n;end z$_. records=1 max-ttl=60 sign-rrsets.serial=1 sign-rrsets.changed=1\n" }
	print ";done zones=600 failed=0\n"' "$T" >"$T/many"
write-zones --batch <"$T/many" >"$T/jobs"
rm "$T/odd/599.new"
sed 's/^\(z300\.\t.*\)\t0\t-\t/\1\t1\tbad\t/' "$T/jobs" >"$T/judged"
write-zones --commit <"$T/judged" >"$T/done" 2>"$T/err"
is 'many: status, and what became of them' "$? $(cut -f8 "$T/done" | sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }')" '3 0:598 1:1 3:1 '
is 'in the order they came' "$(cut -f1 "$T/done" | cksum)" "$(cut -f1 "$T/jobs" | cksum)"
is 'in place' "$(find "$T/even" "$T/odd" -type f | sed 's|.*/||' | grep -c '^[0-9]*$') $(find "$T/even" "$T/odd" -name '*.*' | sed 's|.*/||')" '598 300.rejected'

# Two zones in a batch, one of which failed on its way.
{
	printf ';zonetext 1\n;zone a. output=%s\n;fail a. 1 no luck\n' "$T/a"
	signed 7 1 | sed "1d; s|^;zone example.|& output=$T/b|; s/;done.*/;done zones=2 failed=1/"
} | write-zones --batch >"$T/job"
is 'a batch: status' $? 1
is 'the failed zone is told' "$(sed -n 1p "$T/job" | cut -f1,8,9)" 'a.	1	no luck'
write-zones --commit <"$T/job" >/dev/null
ok 'the other is published' test -e "$T/b" -a ! -e "$T/a"
done_testing

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
ok 'committed' write-zones --commit <"$T/job"
ok 'in place' test -e "$T/z" -a ! -e "$T/z.new"
signed 1 1 >"$T/want"
same 'whole' "$T/z" "$T/want"

ok 'a newer one' publish 2 1
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

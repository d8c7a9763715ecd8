#!/bin/sh
# make demo: the whole system, twice, as root and as another, and stopped half way.  Its server is gone afterwards.
. t/lib.sh
for p in knotd dig delv dnssec-verify; do
	PATH=$PATH:/usr/sbin command -v $p >/dev/null || skip_all "no $p"
done
[ -n "$(softhsm_module)" ] || skip_all 'no SoftHSM'

tree() { # FOLDER: the project as etc/demo/run sees it, with a demo/ of its own
	mkdir -p "$1" && ln -s "$PWD/bin" "$PWD/etc" "$1"
	[ "$BIN" = bin ] || { rm "$1/bin" && ln -s "$PWD/$BIN" "$1/bin"; }
}
serial() { sed -n 's/^;end .*[ .]serial=\([0-9]*\).*/\1/p' "$T/a/demo/signed/$1" | head -n 1; }
narrow() { awk 'length > 80 { print; bad = 1 } END { exit bad }' "$1"; }

tree "$T/a"
ok 'the demo runs' sh -c "sh $T/a/etc/demo/run >$T/first 2>&1 || { tail $T/first; exit 1; }"
is 'three answers validate' "$(grep -c 'fully validated' "$T/first")" 3
ok 'a denial of existence is one of them' grep -q '^; negative response, fully validated' "$T/first"
ok 'a line fits 80 columns' narrow "$T/first"
is 'nobody is named in it' "$(grep -c "$T" "$T/first")" 0
for z in example example.org example.net; do
	ok "$z: dnssec-verify" dnssec-verify -q -o $z. "$T/a/demo/signed/$z"
done
ok 'one policy has NSEC' grep -q '	NSEC	' "$T/a/demo/signed/example"
ok 'another has NSEC3' grep -q '	NSEC3	' "$T/a/demo/signed/example.org"
missing=
for f in $(grep -oE 'demo/[A-Za-z./0-9-]+' "$T/first" | sed 's/[.,]*$//' | sort -u); do
	[ -e "$T/a/$f" ] || missing="$missing $f"
done
is 'the files that it names are there' "$missing" ''
is 'its server is gone' "$(tail -n 1 "$T/a/demo/knotd.log" | cut -d ' ' -f 2-)" 'info: shutting down'

before=$(serial example.net)
untouched=$(cksum <"$T/a/demo/signed/example.org")
ok 'a second time' sh -c "sh $T/a/etc/demo/run >$T/second 2>&1 || { tail $T/second; exit 1; }"
ok 'the zone that changed has a new serial' [ "$(serial example.net)" -gt "$before" ]
is 'one that did not is as it was' "$(cksum <"$T/a/demo/signed/example.org")" "$untouched"
ok 'a line fits 80 columns, still' narrow "$T/second"

# Stopped while its server runs: by a delv that sends the signal (no SIGINT: a shell in the background ignores it).
rm "$T/a/bin"
mkdir "$T/a/bin"
ln -s "$PWD/bin"/* "$T/a/bin"
[ "$BIN" = bin ] || ln -sf "$PWD/$BIN"/* "$T/a/bin"
printf '#!/bin/sh\ncat demo/knotd.pid >%s/pid && kill -TERM $PPID\n' "$T" >"$T/a/bin/delv"
chmod 755 "$T/a/bin/delv"
sh "$T/a/etc/demo/run" >"$T/third" 2>&1
is 'interrupted: the status says so' $? 130
ok 'interrupted: the server ran then' test -s "$T/pid"
ok 'interrupted: and is gone' sh -c '! kill -0 "$(cat "$1")"' sh "$T/pid"

if [ "$(id -u)" = 0 ] && chmod 711 "$T" && runuser -u nobody -- test -r "$PWD/etc/demo/run" -a -x "$PWD/bin/keystate"; then
	tree "$T/c" && chown nobody "$T/c"
	ok 'as a plain user' runuser -u nobody -- sh "$T/c/etc/demo/run"
	is 'all is that user'"'"'s' "$(find "$T/c/demo" ! -user nobody)" ''
else
	echo '# not root, or the tree is closed to others: a plain user is not tried apart'
fi
done_testing

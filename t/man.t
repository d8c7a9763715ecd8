#!/bin/sh
# The man pages: clean mdoc, complete, true to --help, and with examples that work.
. "$ZONEPIPE_SOURCE/t/lib.sh"
command -v mandoc >/dev/null || skip_all "no mandoc"
MAN=$ZONEPIPE_SOURCE/man
PROGRAMS=$(cd "$ZONEPIPE_SOURCE" && sed -n 's/.*call program,\([^,]*\),.*/\1/p' programs.mk; echo sign-zone resign resign-fleet)

# fits FILE: no line is wider than a terminal.
fits() {
	awk 'length > 80 { print FILENAME ": " length ": " $0; bad = 1 } END { exit bad }' "$1"
}

# --- pages --------------------------------------------------------------------
has() { # PAGE SECTION...
	has_page=$1
	shift
	for s; do
		grep -q "^\.Sh $s\$" "$has_page" || { echo "$has_page: no $s"; return 1; }
	done
}

described() { has "$1" SYNOPSIS || has "$1" DESCRIPTION; }

for page in "$MAN"/*.[1578]; do
	name=${page##*/}
	ok "$name: mandoc -Tlint" mandoc -Tlint -Wwarning "$page"
	ok "$name: says what it is" described "$page"
	case $name in
	*.[18]) ok "$name: status, examples, standards" \
		has "$page" 'EXIT STATUS' EXAMPLES STANDARDS ;;
	esac
done

# --- programs -----------------------------------------------------------------
# documented HELP PAGE: every long option of HELP stands in PAGE.
documented() {
	mandoc -Tascii -Owidth=1000 "$2" | sed 's/.\x08//g' >"$T/page"
	bad=0
	for o in $(grep -oE -e '(^|[^-a-z])--[a-z][-a-z0-9]*' "$1" | grep -oE -e '--.*' | sort -u); do
		[ "$o" = --help ] || grep -Eq -e "(^|[^-a-z])$o([^-a-z]|\$)" "$T/page" ||
			{ echo "$2: no $o"; bad=1; }
	done
	return $bad
}

for p in $PROGRAMS; do
	page=
	for f in "$MAN/$p".[18]; do [ -e "$f" ] && page=$f; done
	ok "$p has a man page" [ -n "$page" ]
	ok "$p --help" sh -c '"$1" --help >"$2" 2>&1' sh "$p" "$T/help"
	ok "$p --help fits 80 columns" fits "$T/help"
	ok "$p --help fits 24 lines" [ "$(wc -l <"$T/help")" -le 24 ]
	[ -n "$page" ] && ok "$p: its man page has every option" documented "$T/help" "$page"
done

# keystate has a --help for each command: "  key list, rollover list"
keystate --help | sed -n 's/^  \([a-z].*\)/\1/p' | tr ',' '\n' | sed 's/^ *//; /^$/d' >"$T/commands"
ok "keystate --help names its commands" [ "$(wc -l <"$T/commands")" -gt 20 ]
: >"$T/help"
failed=
while read -r c; do
	# shellcheck disable=SC2086
	keystate $c --help </dev/null >"$T/one" 2>&1 || failed="$failed $c"
	grep '^  ' "$T/one" >>"$T/help" # the options, not the text above
	fits "$T/one" || failed="$failed $c"
done <"$T/commands"
is "keystate COMMAND --help, of each, fits 80 columns" "$failed" ""
ok "keystate.1 has the options of every command" documented "$T/help" "$MAN/keystate.1"

# --- examples -----------------------------------------------------------------
# Those that cannot run here: page, text that tells the example, reason.
cannot() {
	cat <<-'END'
	conf.xml.5|<Configuration>|a file, not commands
	fetch-zone.1|*/10 * * * *|a crontab line
	fetch-zone.1|fetch-zone -v --axfr|needs a master
	fetch-zone.1|--catalogs --dry-run|reads /etc/opendnssec
	fetch-zone.1|<NotifyCommand>|a line of conf.xml
	hsmspeed.1|hsmspeed|measures
	hsmutil.1|import Kexample.+008+31967|a key of somebody's BIND
	jobs.5|inputs=unsigned|a job, not commands
	kasp.xml.5|keystate policy export|reads /etc/opendnssec
	kaspcheck.1|kaspcheck|reads /etc/opendnssec
	keys.db.5|awk|reads the state directory
	keystate.1|keystate|reads /etc/opendnssec
	ods.1|ods-|reads /etc/opendnssec; t/ods.t runs them
	resign.8|0 * * * *|a crontab line
	resign-fleet.8|opendnssec@signer1|a file, not commands
	resign-fleet.8|systemctl|for a host that signs
	resign-fleet.8|--move|needs hosts
	sign-rrsets.1|pkcs11:token=demo|a stage without the rest of its pipeline
	signconf.xml.5|xmllint|reads the state directory
	sort-zone.1|/srv/tmp|a disk of the reader's
	zonefetch.xml.5|<ZoneFetch>|a file, not commands
	zonefetch.xml.5|master.pem|a master's certificate
	zonelist.xml.5|<ZoneList>|a file, not commands
	zonepipe-quickstart.7|keystate setup|writes /etc/opendnssec; t/quickstart.t runs it
	zonepipe-migrate.7|Kexample.com|keys of somebody's BIND
	END
}

# examples PAGE: .Bd -literal blocks and .Dl lines of EXAMPLES, each to $T/ex.N, roff undone.
examples() {
	rm -f "$T"/ex.*
	sed 's/\\e/\\/g; s/\\(dq/"/g; s/\\&//g' "$1" | awk -v to="$T/ex." '
		/^\.Sh/ { on = $2 == "EXAMPLES" }
		!on { next }
		/^\.Bd -literal/ { block = 1; n++; next }
		/^\.Ed/ { block = 0; next }
		block { sub(/^\$ /, ""); print > (to sprintf("%02d", n)) }
		/^\.Dl / { n++; sub(/^\.Dl (\$ )?/, ""); print > (to sprintf("%02d", n)) }'
}

runs() { # NAME: may the example in $T/ex.one run?
	cannot >"$T/cannot"
	while IFS='|' read -r page text why; do
		[ "$page" = "$1" ] && grep -qF -e "$text" "$T/ex.one" && return 1
	done <"$T/cannot"
	return 0
}

# A folder as the pages take it for granted.
token_setup
mkdir "$T/zone"
cd "$T/zone" || exit 1
umask 077
cp "$ZONEPIPE_SOURCE/etc/demo/example.zone" .
cp example.zone old.zone
cp example.zone new.zone
for z in a b; do sed "s/example\\./$z.example./" example.zone >$z.zone; done
hsmutil --dir . --id 01 generate ecdsa 256 >/dev/null && mv 01.pem ksk.pem
hsmutil --dir . --id 02 generate ecdsa 256 >/dev/null && mv 02.pem zsk.pem
{ hsmutil --ksk dnskey file:ksk.pem example. && hsmutil dnskey file:zsk.pem example.; } >dnskeys.zone
ok "sign-zone, for the examples" \
	sign-zone --ksk file:ksk.pem --zsk file:zsk.pem example.zone example.signed
cp example.signed example.signed.previous
read-zone example.zone dnskeys.zone | sort-zone >example.sorted

# What "... |" stands for in a page.
before='read-zone -o example. example.zone dnskeys.zone | sort-zone |
    set-serial -p example.signed | add-nsec |'

for page in "$MAN"/*.[1578]; do
	name=${page##*/}
	examples "$page"
	cp -R "$T/zone" "$T/try"
	cd "$T/try" || exit 1
	: >"$T/script"
	count=0
	for e in "$T"/ex.[0-9]*; do
		[ -e "$e" ] || continue
		awk -v before="$before" '/^\.\.\. \|/ { print before; sub(/^\.\.\. \| */, "") } { print }' \
			"$e" >"$T/ex.one"
		runs "$name" || continue
		cat "$T/ex.one" >>"$T/script"
		count=$((count + 1))
	done
	# One script a page: later examples use the variables of earlier ones.
	[ $count = 0 ] ||
		ok "$name: its examples work ($count)" bash -eo pipefail "$T/script" </dev/null
	cd "$T" || exit 1
	rm -rf "$T/try"
done

# --- README -------------------------------------------------------------------
cp -R "$T/zone" "$T/readme" && cd "$T/readme" && rm ./*
ln -s "$ZONEPIPE_SOURCE/etc" etc
sed -n '/^## One zone by hand/,/^| program/s/^    //p' "$ZONEPIPE_SOURCE/README.md" >"$T/script"
ok "README: one zone by hand" bash -eo pipefail "$T/script" </dev/null
ok "README: and it is signed" audit-zone -q try/example.signed
cd "$T" || exit 1

# The list above names nothing that is not there, so that it cannot hide an example by mistake.
stale=
cannot >"$T/list"
while IFS='|' read -r p text why; do
	examples "$MAN/$p"
	grep -qF -e "$text" "$T"/ex.[0-9]* 2>/dev/null || stale="$stale $p"
done <"$T/list"
is "the list of examples that cannot run is of these pages" "$stale" ""
done_testing

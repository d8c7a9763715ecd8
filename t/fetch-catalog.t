#!/bin/sh
# Catalog zones (RFC 9432): members become zones of the zone list and go again,
# within limits; hostile and broken catalogs.
. t/lib.sh
. t/keystate.sh

ks_installation
C=$T/etc/conf.xml
ok 'setup' ks setup
U=$T/state/unsigned
mkdir -p "$U" "$T/state/signed"
apply() {
	fetch-zone -c "$C" --catalogs "$@"
}
zones() { # name and policy of the zones in the list
	ks zone list 2>/dev/null | sed -n 's/^Found Zone: \(.*\); on policy \(.*\)/\1:\2/p' | LC_ALL=C sort | tr '\n' ' '
}
# The catalogs of the list: CATALOG MORE-XML ..., the zones stay.
catalogs() {
	sed -i '/<Adapters><Catalog/d' "$T/etc/zonelist.xml"
	line='<Adapters>'
	while [ $# -gt 0 ]; do
		line="$line<Catalog name=\"$1\"><Input><File>$U/$1</File></Input><Policy>default</Policy>$2</Catalog>"
		shift 2
	done
	sed -i "s|<ZoneList>|&\n$line</Adapters>|" "$T/etc/zonelist.xml"
}
# A catalog as canonical text: NAME, then records "owner type rdata" on stdin.
catalog() {
	awk -v z="$1" 'BEGIN {
			printf ";zonetext 1\n;zone %s.\n%s.\t0\tIN\tSOA\tinvalid. invalid. 1 3600 600 2147483646 0\n", z, z
			n = 1
		}
		{ owner = $1; type = $2; sub(/^[^ ]+ [^ ]+ /, ""); n++
		  printf "%s.%s.\t0\tIN\t%s\t%s\n", owner, z, type, $0 }
		END { printf ";end %s. records=%d max-ttl=0\n;done zones=1 failed=0\n", z, n }' >"$U/$1"
}
members() { # CATALOG ZONE...: label is a digest of the name
	c=$1
	shift
	{
		echo 'version TXT "2"'
		for z; do echo "m$(printf %s "$z" | cksum | cut -d' ' -f1).zones PTR $z."; done
	} | catalog "$c"
}
quiet() { # nothing to say, nothing to do, nothing written
	ls -l --time-style=full-iso "$T/etc" "$U" "$T/state" | grep -v lock >"$T/was"
	apply >"$T/quiet" 2>&1
	echo "$?" >>"$T/quiet"
	ls -l --time-style=full-iso "$T/etc" "$U" "$T/state" | grep -v lock | cmp -s - "$T/was" || echo changed >>"$T/quiet"
	is "$1" "$(cat "$T/quiet")" 0
}

ks zone add -z mine.example >/dev/null
is 'no catalogs, nothing to do' "$(apply 2>&1)$?" 0
catalogs cat.example '<Group name="big">nsec3</Group><Group name="other">default</Group><MaxRemovals>2</MaxRemovals><MaxMembers>12</MaxMembers>'
ok 'one that is not there yet' apply
is 'it says so' "$(grep -c 'cat.example.: is not at' "$T/ok.out")" 1

# --- members come -------------------------------------------------------------
{
	echo 'version TXT "2"'
	echo 'a1.zones PTR a.example.'
	echo 'b1.zones PTR b.example.'
	echo 'group.b1.zones TXT "unknown"'
	echo 'group.b1.zones TXT "big"'
	echo 'c1.zones PTR 0/25.2.0.192.in-addr.arpa.'
	echo 'x-custom.c1.zones TXT "ignored"'
} | catalog cat.example
cp "$T/etc/zonelist.xml" "$T/before"
is '--dry-run prints' "$(apply --dry-run 2>&1 | LC_ALL=C sort | cut -f 1-3 | tr '\t\n' ' ;')" \
	'add 0/25.2.0.192.in-addr.arpa. default;add a.example. default;add b.example. nsec3;'
same '--dry-run changes nothing' "$T/etc/zonelist.xml" "$T/before"
is '--dry-run writes nothing' "$(ls "$U")" cat.example
is 'they are added' "$(apply 2>&1 | LC_ALL=C sort | cut -f 1,2,4 | tr '\t\n' ' ;')" \
	'add 0/25.2.0.192.in-addr.arpa. cat.example.;add a.example. cat.example.;add b.example. cat.example.;'
is 'with their policies' "$(zones)" '0/25.2.0.192.in-addr.arpa:default a.example:default b.example:nsec3 mine.example:default '
quiet 'a second time there is nothing to do'
is 'what came from the catalog is known' "$(cut -f 1 "$U/cat.example.members" | grep -v ';' | tr '\n' ' ')" \
	'0/25.2.0.192.in-addr.arpa. a.example. b.example. '

# --- members go ---------------------------------------------------------------
members cat.example a.example d.example
sed -i 's/^m[0-9]*\.\(zones.cat.example.*a.example.\)$/a1.\1/' "$U/cat.example"
is 'one comes, two go' "$(apply 2>/dev/null | LC_ALL=C sort | cut -f 1,2 | tr '\t\n' ' ;')" \
	'add d.example.;delete 0/25.2.0.192.in-addr.arpa.;delete b.example.;'
is 'and nothing else' "$(zones)" 'a.example:default d.example:default mine.example:default '
quiet 'nothing more to do'
members cat.example b.example a.example d.example
sed -i 's/^m[0-9]*\.\(zones.cat.example.*a.example.\)$/a1.\1/' "$U/cat.example"
rejects 1 'b.example.: not added: keystate' apply
is 'whose keys are not purged yet is said' "$(grep -c 'key purge --zone b.example first' "$T/rejects.err")" 1
is 'it is not the catalog'"'s before it is added" "$(grep -c '^b.example' "$U/cat.example.members")" 0

# --- limits -------------------------------------------------------------------
members cat.example a.example d.example e.example f.example g.example
sed -i 's/^m[0-9]*\.\(zones.cat.example.*a.example.\)$/a1.\1/' "$U/cat.example"
ok 'three more' apply
members cat.example d.example h.example
rejects 1 '4 of its . zones are gone, more than MaxRemovals 2: none is removed; --force' apply
is 'none went, one came' "$(zones)" 'a.example:default d.example:default e.example:default f.example:default g.example:default h.example:default mine.example:default '
is '--force, but dry' "$(apply --force --dry-run | grep -c ^delete)" 4
ok '--force' apply --force
is 'they went' "$(zones)" 'd.example:default h.example:default mine.example:default '
members cat.example $(seq -f 'n%g.example' 1 13)
rejects 1 'more than 12 members \(MaxMembers\)' apply
sed -i 's|<MaxRemovals>2|<MaxRemovals>0|' "$T/etc/zonelist.xml"
members cat.example d.example
rejects 1 'more than MaxRemovals 0' apply
sed -i 's|<MaxRemovals>0|<MaxRemovals>2|' "$T/etc/zonelist.xml"

# --- hostile and broken ---------------------------------------------------------
want='d.example:default h.example:default mine.example:default '
broken() { # WHAT REGEX, records on stdin
	catalog cat.example
	rejects 1 "$2" apply
	is "$1: nothing changes" "$(zones)" "$want"
}
broken 'no version' 'cat.example.: its 2 zones stay as they are: .*no version.cat.example. TXT' <<-X
	a.zones PTR x.example.
X
broken 'version 1' "version '1'" <<-X
	version TXT "1"
X
broken 'two versions' 'more than one TXT' <<-X
	version TXT "2"
	version TXT "1"
X
broken 'two PTR' 'more than one PTR' <<-X
	version TXT "2"
	a.zones PTR x.example.
	a.zones PTR y.example.
X
broken 'a zone twice' 'x.example. is a member twice, as (a|b) and as (a|b)' <<-X
	version TXT "2"
	a.zones PTR x.example.
	b.zones PTR X.example.
X
echo 'half' >"$U/cat.example"
rejects 1 'cat.example: *.*' apply
members cat.example d.example h.example
sed -i '/^;done/d' "$U/cat.example"
rejects 1 'its 2 zones stay' apply
mv "$U/cat.example" "$T/aside"
rejects 3 'its 2 zones stay as they are: .*No such file' apply
cp "$T/aside" "$U/cat.example"
is 'broken files: nothing changes' "$(zones)" "$want"
{
	echo 'version TXT "2"'
	sed -n 's/^\(m[0-9]*\.zones\)\.cat.example.*PTR\t/\1 PTR /p' "$T/aside"
	echo 'e0.zones PTR .'
	echo 'e1.zones PTR cat.example.'
	echo 'e2.zones PTR *.example.'
	echo 'e3.zones PTR ..\\/etc\\;.example.'
	echo 'e4.zones PTR a\\000b.example.'
	echo 'e5.zones PTR mine.example.'
	echo 'e6.zones PTR -m.example.'
	echo 'e7.zones PTR good.example.'
	printf 'e8.zones PTR %s.%s.%s.%s.\n' $(for i in 1 2 3 4; do printf 'l%.0s' $(seq 60); echo; done)
	echo 'e9.zones PTR ok.example.'
} | sed 's/\\\\/\\/g' | catalog cat.example
sed -i 's/^e3\..*/e3.zones.cat.example.\t0\tIN\tPTR\t\\.\\.\/etc\\;.example./' "$U/cat.example"
apply >"$T/out" 2>"$T/err"
is 'names that cannot be zones: refused each' "$? $(grep -c 'not a name that a catalog may bring' "$T/err")" '1 3'
is 'the root' "$(grep -c 'cat.example.: .: the root is not added' "$T/err")" 1
is 'the catalog itself' "$(grep -c 'cat.example.: cat.example.: is a catalog itself' "$T/err")" 1
is "somebody else's zone" "$(grep -c 'mine.example.: stands in the zone list and did not come' "$T/err")" 1
is 'a name too long for a file' "$(grep -c 'lll.: is too long' "$T/err")" 1
is 'the others come' "$(cut -f 1,2 "$T/out" | LC_ALL=C sort | tr '\t\n' ' ;')" 'add -m.example.;add good.example.;add ok.example.;'
members cat.example d.example h.example good.example
apply >"$T/out" 2>"$T/err"
is 'and go, the hyphen too' "$(cut -f 1,2 "$T/out" | LC_ALL=C sort | tr '\t\n' ' ;')" 'delete -m.example.;delete ok.example.;'
is 'a label that changed keeps the keys' "$(grep -c 'good.example.: its label e7 has become m.*key purge' "$T/err")" 1

# What somebody took out of the list by hand comes again; what is damaged is said.
cp "$U/cat.example.members" "$T/members"
sed -i '/^h.example/d' "$U/cat.example.members"
rejects 1 'cat.example.members: is not whole' apply
cp "$T/members" "$U/cat.example.members"
sed -i 's/members 1 cat/members 1 cut/' "$U/cat.example.members"
rejects 1 'does not begin with' apply
cp "$T/members" "$U/cat.example.members"
is 'all is as it was' "$(zones)" 'd.example:default good.example:default h.example:default mine.example:default '

# As if stopped between: known, but not in the list yet; deleted, but still known.
members cat.example d.example h.example i.example
sed -i 's/^; end.*/i.example.\tx\tdefault\ngone.example.\ty\tdefault\n; end 5/' "$U/cat.example.members"
is 'a run that was stopped is finished' "$(apply 2>/dev/null | cut -f 1,2 | tr '\t\n' ' ;')" 'delete good.example.;add i.example.;'
quiet 'and then nothing is left to do'

# --- groups that change -----------------------------------------------------
group() {
	members cat.example d.example h.example i.example
	sed -i 's/^\(m[0-9]*\)\(.zones.cat.example.\)\(.*\)\(h.example.\)$/&\ngroup.\1\2\t0\tIN\tTXT\t"big"/
		s/records=5/records=6/' "$U/cat.example"
}
group
rejects 1 'h.example.: its group asks for policy nsec3 now, it is on default: change it in the zone list' apply
sed -i '/name="h.example"/,/Policy/s/default/nsec3/' "$T/etc/zonelist.xml"
ok 'changed as it said' apply
quiet 'and that was all'

# --- from one catalog to another (coo) -----------------------------------------
catalogs cat.example '<Group name="big">nsec3</Group>' two.example ''
members two.example d.example
rejects 1 'two.example.: d.example.: is a member of cat.example., which has no coo' apply
members cat.example h.example i.example
rejects 1 'cat.example.: d.example.: has gone to two.example. without coo' apply
is 'the zone stays' "$(zones)" 'd.example:default h.example:nsec3 i.example:default mine.example:default '
members cat.example d.example h.example i.example
sed -i 's/^\(m[0-9]*\)\(.zones.cat.example.\)\(.*\)\(d.example.\)$/&\ncoo.\1\2\t0\tIN\tPTR\ttwo.example./
	s/records=5/records=6/' "$U/cat.example"
is 'with coo it moves' "$(apply 2>/dev/null | tr '\t\n' ' ;')" 'move d.example. default two.example.;'
is 'it is the other one'"'s" "$(grep -c '^d.example' "$U/cat.example.members") $(grep -c '^d.example' "$U/two.example.members")" '0 1'
apply >"$T/out" 2>"$T/err"
is 'and stays there' "$? $(cat "$T/out")" '1 '
is 'h.example has lost its group' "$(cut -d: -f 3- "$T/err" | cut -c 1-30)" ' h.example.: its group asks fo'
members cat.example h.example i.example
ok 'policy back' sed -i '/name="h.example"/,/Policy/s/nsec3/default/' "$T/etc/zonelist.xml"
ok 'one list without it' apply
quiet 'all is well'
members two.example
is 'the other one may remove it' "$(apply 2>/dev/null | cut -f 1,2,4 | tr '\t\n' ' ;')" 'delete d.example. two.example.;'

rejects 2 'is for all catalogs' fetch-zone -c "$C" --catalogs x
rejects 2 'dry-run is for --catalogs' fetch-zone -c "$C" --dry-run

# Many: one keystate for 256, not for each.
catalogs many.example ''
members many.example $(seq -f 'z%g.example' 1 300)
ok 'three hundred at once' apply
is 'all there' "$(zones | tr ' ' '\n' | grep -c '^z[0-9]')" 300

done_testing

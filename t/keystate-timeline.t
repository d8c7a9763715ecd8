#!/bin/sh
# The original's own test of its enforcer, steps 0-8 of rollovers-many, with
# --assume-published: the same keys in the same states at the same times, and
# the same signconf files, but for the rows of "explained", each of which names
# the rule that moves it.
. t/lib.sh
. t/keystate.sh
needs_fixtures
F=$ZONE_FIXTURES/timelines/rollovers-many
[ -d "$F" ] || skip_all "no $F"
ks_installation
TZ=UTC
export TZ
for f in conf kasp zonelist; do
	sed -e "s|@INSTALL_ROOT@/etc/opendnssec|$T/etc|; s|@INSTALL_ROOT@/var/opendnssec|$T/state|" \
		-e "s|@SOFTHSM_MODULE@|$(softhsm_module)|" "$F/$f.xml" >"$T/etc/$f.xml"
done
ks -q setup

# Dates: - what the original shows, + what we show.
#
# lead: the successor of a KSK is published Ipub + lead before it is needed; the
#   original's lead is Enforcer/Interval (PT1M), ours the longest gap between
#   passes of the last 30 days (issue 4, "Lead times"), here 6:30 from step 2 on.
#   So it stands in the zone earlier than needed, never later.
# Iret: RFC 7583 §3.2.1 has Iret begin when the last signature by the old ZSK
#   is gone, Dsgn after the switch, and last TTLsig + Dprp + RetireSafety.  The
#   original put Validity in place of Dsgn + TTLsig and left out the jitter; we
#   wait for evidence, so there is no date yet.
cat >"$T/explained" <<'X'
5	+	ods1 KSK publish 2010-01-01 12:28:10	lead
6	+	ods1 KSK publish 2010-01-01 12:28:10	lead
7	+	ods1 KSK publish 2010-01-01 12:28:10	lead
7	-	ods1 ZSK retire 2010-01-01 12:42:40	Iret
7	+	ods1 ZSK retire waiting for publication	Iret
7	-	ods2 ZSK retire 2010-01-01 12:44:30	Iret
7	+	ods2 ZSK retire waiting for publication	Iret
8	-	ods1 KSK publish 2010-01-01 12:33:40	lead
8	+	ods1 KSK ready waiting for ds-seen	lead
8	-	ods1 ZSK retire 2010-01-01 12:42:40	Iret
8	+	ods1 ZSK retire waiting for publication	Iret
8	-	ods2 ZSK retire 2010-01-01 12:44:30	Iret
8	+	ods2 ZSK publish 2010-01-01 12:44:30	lead
8	+	ods2 ZSK retire waiting for publication	Iret
X

# Ours and theirs at a step, as sorted lines; what differs goes to $T/differs.
: >"$T/differs"
compare_list() { # STEP MOMENT NAME
	ks key list --now "$2" | sed -e '1,2d' -e '/^$/d' -e 's/  */ /g' -e 's/ $//' |
		LC_ALL=C sort >"$T/ours"
	awk -F'\t' -v k="expect:$3" '$3 == k { print $4 }' "$F/steps-0-8.tsv" |
		sed 's/  */ /g' | LC_ALL=C sort >"$T/theirs"
	is "step $1: the original expects something of $3" \
		"$(test -s "$T/theirs" && echo yes)" yes
	{
		comm -23 "$T/theirs" "$T/ours" | sed "s/^/$1	-	/"
		comm -13 "$T/theirs" "$T/ours" | sed "s/^/$1	+	/"
	} >>"$T/differs"
}

# A signconf without what is ours alone, ids by their order of appearance.
plain() {
	sed -e '/<Repository>/d' -e 's|<Salt>.*</Salt>|<Salt/>|' "$1" | awk '
	/<Locator>/ {
		id = $0; sub(/.*<Locator>/, "", id); sub(/<.*/, "", id)
		if (!(id in n)) n[id] = ++count
		sub(id, "key" n[id])
	}
	{ print }'
}

signconf() { # STEP ZONE KEYS-MORE: how many keys we show earlier
	plain "$F/gold/ods_signconf_$2_$1.xml" >"$T/gold.xml"
	plain "$T/state/signconf/$2.xml" >"$T/mine.xml"
	if [ "$3" = 0 ]; then
		same "step $1: signconf of $2" "$T/mine.xml" "$T/gold.xml"
	else
		# the same roles, and the keys published early beside them
		is "step $1: signconf of $2: $3 more published early" \
			"$(grep -c '<Publish />' "$T/mine.xml")" \
			"$(($(grep -c '<Publish />' "$T/gold.xml") + $3))"
		is "step $1: signconf of $2: one ZSK signs" \
			"$(grep -c '<ZSK />' "$T/mine.xml")" "$(grep -c '<ZSK />' "$T/gold.xml")"
	fi
}

seen() { # ZONE MOMENT
	ok "ds-seen $1" ks key ds-seen --zone "$1" --now "$2" \
		-k "$(awk -v z="$1" '$1 == z && $2 == "KSK" { print $3 }' "$T/state/keys.db")"
}

pass() { # STEP MOMENT MORE-ods1 MORE-ods2
	ok "step $1" ks enforce --assume-published --now "$2"
	signconf "$1" ods1 "$3"
	signconf "$1" ods2 "$4"
}

pass 0 20100101120000 0 0
compare_list 0 20100101120000 ods-ksmutil-key-list0
pass 1 20100101120340 0 0
compare_list 1 20100101120340 ods-ksmutil-key-list1_1
seen ods1 20100101120340
compare_list 1 20100101120340 ods-ksmutil-key-list1_2
pass 2 20100101121000 0 0
compare_list 2 20100101121000 ods-ksmutil-key-list2
pass 3 20100101121430 0 0
compare_list 3 20100101121430 ods-ksmutil-key-list3_1
seen ods2 20100101121430
compare_list 3 20100101121430 ods-ksmutil-key-list3_2
pass 4 20100101122100 0 0
compare_list 4 20100101122100 ods-ksmutil-key-list4
pass 5 20100101122430 1 0
compare_list 5 20100101122430 ods-ksmutil-key-list5
pass 6 20100101122440 1 0
compare_list 6 20100101122440 ods-ksmutil-key-list6
pass 7 20100101122500 1 0
compare_list 7 20100101122500 ods-ksmutil-key-list7
pass 8 20100101123000 0 1
compare_list 8 20100101123000 ods-ksmutil-key-list8

is 'every difference is explained, and every explanation needed' \
	"$(sort "$T/differs")" "$(cut -f1-3 "$T/explained" | sort)"
done_testing

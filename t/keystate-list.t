#!/bin/sh
# What keystate lists on a terminal of 80 columns fits it, for names of real length; what it lists for
# programs is valid JSON.
. t/lib.sh
. t/keystate.sh
. t/many.sh
ks_installation
ks_many 3 || { cat "$T/many.log"; exit 1; }
ks zone add -z a-customer-with-a-long-name.subsidiary.example.co.uk -p classic >/dev/null
ks enforce -q --now 20260106000003 2>/dev/null

at_terminal() { # COMMAND: its lines on a terminal
	script -q -e -c "stty cols 80 rows 24; keystate -c $T/etc/conf.xml $1 --now 20260106000003" /dev/null </dev/null | tr -d '\r'
}
wide() { # lines above 80 columns, without the commands to be typed
	perl -CSD -ne 'chomp; print "$_\n" if length > 80 && !/^ *keystate /' "$T/listing"
}
works() { script -q -e -c 'stty cols 80' /dev/null </dev/null >/dev/null 2>&1; }
if works; then
	for verb in 'key list' 'key list -v' 'key list -a -v' 'rollover list' 'zone list' 'repository list' 'policy list' \
	    'backup list' 'status' 'plan --until P1Y'; do
		at_terminal "$verb" >"$T/listing"
		is "$verb: 80 columns" "$([ -s "$T/listing" ] || echo nothing; wide)" ''
	done
	at_terminal 'key list -v -z zone-00001.example.com' >"$T/listing"
	id=$(awk -F '\t' '$1 == "zone-00001.example.com" && $13 == "active" && $2 == "KSK" { print $3 }' "$T/state/keys.db")
	tag=$(awk -F '\t' '$1 == "zone-00001.example.com" && $13 == "active" && $2 == "KSK" { print $6 }' "$T/state/keys.db")
	is 'key list -v: tag, id, repository, backup' "$(grep "$id" "$T/listing")" \
		"  tag $(printf '%-5s' "$tag")  $id  SoftHSM, no backup"
	ok 'and state and next transition' grep -q '^zone-00001.example.com  *KSK  active  *2027-01-0' "$T/listing"
	at_terminal 'plan --until P1Y' >"$T/listing"
	ok 'plan: a command stays on one line' \
		grep -Eq '^ *keystate key ds-seen --zone zone-00001.example.com --cka_id [0-9a-f]{32}$' "$T/listing"
	at_terminal 'policy list' >"$T/listing"
	is 'policy list: no word is lost' "$(tr -s ' \n' '  ' <"$T/listing")" \
		"$(ks policy list | tr -s ' \n' '  ')"
else
	echo '# script(1) makes no terminal here: the columns are not tested'
fi

for verb in 'key list' 'key list -v -a' 'rollover list' 'zone list' 'repository list' 'policy list' 'backup list' \
    'status' 'plan --until P1M' 'enforce --dry-run'; do
	ks $verb --json --now 20260106000004 >"$T/json" 2>"$T/err"
	ok "$verb --json" perl -MJSON::PP -e 'local $/; decode_json(<STDIN>)' <"$T/json"
done
ks key list --json --now 20260106000004 >"$T/json"
ok 'a key has all that -v shows' perl -MJSON::PP -e 'local $/; my @k = @{decode_json(<STDIN>)};
	@k == 14 or die scalar @k;
	for my $k (@k) { exists $k->{$_} or die $_ for qw(zone keytype state id tag repository backed_up next next_at) }' <"$T/json"

# Each verb's help is a screen.
keystate --help >"$T/help"
is 'help: a screen' "$(awk 'length($0) > 80; END { if (NR > 24) print NR }' "$T/help")" ''
for verb in setup update 'zone add' 'zone delete' 'zone list' 'zone unsign' 'zonelist export' 'zonelist import' \
    'repository list' 'policy list' 'policy export' 'policy import' 'policy purge' 'key list' 'rollover list' 'key generate' \
    'key import' 'key rollover' 'key purge' 'key ds-seen' 'key ds-gone' 'key ksk-retire' 'key export' 'backup prepare' \
    'backup commit' 'backup rollback' 'backup done' 'backup list' 'database backup' 'database check' 'database restore' \
    enforce clock due published plan import-opendnssec settings 'settings zones' status; do
	keystate $verb --help >"$T/help" 2>&1 || echo "$verb: $?"
	awk -v verb="$verb" 'length($0) > 80 { print verb ": " $0 } END { if (NR > 24 || NR < 3) print verb ": " NR }' "$T/help"
done >"$T/bad"
is 'help of each verb: a screen' "$(cat "$T/bad")" ''
done_testing

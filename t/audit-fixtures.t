#!/usr/bin/perl
# The verdicts of t/data/verdicts.tsv on zones of other projects' test suites;
# every difference to those suites has its reason there.
use strict;
use warnings;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $F = $ENV{ZONE_FIXTURES} // '';
plan skip_all => "no fixtures at '$F' (ZONE_FIXTURES)" unless -d $F;

my %listed;
open my $t, '<', 't/data/verdicts.tsv' or die "verdicts.tsv: $!";
while (<$t>) {
	chomp;
	next if /^#/ || /^file\t/;
	my ($file, $options, $theirs, $ours, $checks, $why) = split /\t/, $_, -1;
	$listed{$file}{$theirs} = 1;
	$options = '' if $options eq '-';
	my $out = `audit-zone --show 1 $options $F/$file 2>/dev/null`;
	my $status = $? >> 8;
	is($status, $ours eq 'OK' ? 0 : 1, "$file $options: $ours");
	my @errors = sort $out =~ /^\S+ error (\S+) \d+$/mg;
	is(join(',', @errors) || '-', $checks, "$file: for these reasons");
	ok($theirs eq $ours || $why =~ /^RFC \d+ §\S/, "$file: the difference is explained by a clause");
}

# Nothing of the suites is left out, and their verdicts are copied right.
for my $suite (qw(knot-semantic validns)) {
	open my $e, '<', "$F/audit/$suite/EXPECTED.tsv" or die;
	<$e>;
	while (<$e>) {
		chomp;
		my ($file, $a, $b) = split /\t/;
		my $verdict = $a =~ /^(OK|BAD)/ ? $a : $b;
		next if $verdict =~ /without-dnssec/ || $a =~ / x \d+$/; # options of theirs
		ok($listed{"audit/$suite/$file"}{$verdict}, "$suite: $file is listed as $verdict");
	}
}

# The original auditor's good cases: by options, and as a zone list.
chdir "$F/opendnssec-1.1.1/signer_test_good" or die;
for my $d (qw(nsec nsec3)) {
	for my $mode ('', '--partial') {
		my ($status, $count, $err) = Zone::audit("signed_zones/tjeb.nl.$d", '--now 1245393132', $mode,
		    "--signconf zone_config/tjeb.nl.xml.$d", "--kasp kasp_$d.xml");
		is($status, 0, "OpenDNSSEC 1.1.1, $d $mode: no error") or diag $err;
	}
	my $list = Zone::spew("$Zone::T/zonelist", do { local $/; open my $l, '<', "zonelist_$d.xml" or die; <$l> } =~
	    s{unsigned_zones/tjeb.nl}{$Zone::T/unsigned}r =~ s{signed_zones/}{$Zone::T/}r);
	my $conf = Zone::spew("$Zone::T/conf.xml", "<Configuration><Common><PolicyFile>kasp_$d.xml</PolicyFile>" .
	    "<ZoneListFile>$list</ZoneListFile></Common><Enforcer><Interval>PT1H</Interval></Enforcer></Configuration>");
	my $signed = do { local $/; open my $l, '<', "signed_zones/tjeb.nl.$d" or die; <$l> };
	Zone::spew("$Zone::T/tjeb.nl.$d", $signed);
	Zone::spew("$Zone::T/unsigned", join '', grep { !/\s(RRSIG|NSEC3?|NSEC3PARAM)\s/ } split /(?<=\n)/, $signed);
	my ($status, $count, $err) = Zone::audit('', '--now 1245393132', "--conf $conf");
	is($status, 0, "$d by conf.xml: no error") or diag $err;
	ok(-s "$Zone::T/tjeb.nl.$d.audit", 'and its record is kept');
	($status) = Zone::audit('tjeb.nl', '--now 1245393132', "--conf $conf");
	is($status, 0, 'the zone by name');
	($status) = Zone::audit('', '--now 1245393132', "-c $conf -z tjeb.nl -f -v");
	is($status, 0, 'the options of ods-auditor');
	($status) = Zone::audit('', '--now 1245393132', "-c $conf -z tjeb.nl -s signed_zones/tjeb.nl.$d -u $Zone::T/unsigned");
	is($status, 0, 'with the files named');
	($status) = Zone::audit('nowhere', "--conf $conf");
	is($status, 2, 'a zone that is not in the list');
	($status) = Zone::audit('', "--conf $conf -f -p");
	is($status, 2, 'full and partial together');
}
chdir $ENV{ZONEPIPE_SOURCE} // '/' or die;

# The example zones of RFC 4035, 5155, 8976 and 9077, signed byte-exactly.
for my $f (sort glob "$F/signed-exact/expected/*.expected") {
	my ($name) = $f =~ m{([^/]+)\.expected$};
	next if -s $f == 0;
	open my $z, '<', $f or die;
	my ($from, $to, %zone);
	while (<$z>) {
		next unless /\sRRSIG\s+\S+ \d+ \d+ \d+ (\d+) (\d+) \d+ (\S+)/;
		$to = $1 if !defined $to || $1 < $to;
		$from = $2 if !defined $from || $2 > $from;
	}
	# Some have no NS; one tool writes opt-out into NSEC3PARAM (RFC 5155 §4.1.2).
	my ($status, $count, $err, $line) = Zone::audit($f, defined $from ? "--now $from" :
	    '--ignore zone-unsigned --ignore rrsig-missing', qw(--horizon P0D --ignore ns-missing --ignore nsec3param-flags));
	is($status, 0, "$name: valid") or diag "$line\n$err";
}

# The signatures that RFC 6605, 8080 and 5702 print.
open my $v, '<', "$F/rfc/vectors.tsv" or die;
<$v>;
while (<$v>) {
	chomp;
	my ($id, $verdict, $time, $dnskey, $rrset, $rrsig, $ds) = split /\t/;
	next unless $dnskey =~ /DNSKEY/ && $rrsig =~ /RRSIG/;
	my ($zone) = $dnskey =~ /^(\S+)/;
	my $file = Zone::spew("$Zone::T/vector", join("\n", "$zone 3600 IN SOA . . 1 1 1 1 1", $dnskey,
	    split(/ *\|\| */, $rrset), $rrsig) . "\n");
	my ($status, $count, $err, $line) = Zone::audit($file, "--now $time");
	my $defects = grep { /^rrsig-(bogus|labels|signer|expired|not-yet-valid)$/ } keys %$count;
	is($defects, $verdict =~ /^VALID/ ? 0 : 1, "$id: $verdict") or diag $err;
	like($line, qr/ verified=1 /, "$id: one signature was verified");
}

# RFC 5155 appendix A: every hash, and the signed zone.
my ($status, $count, $err, $line) = Zone::audit("$F/rfc/rfc5155-example.zone.signed",
    '--now 20060101000000', '--horizon P0D');
ok(!$count->{$_}, "RFC 5155 appendix A: no $_") for qw(nsec3-missing nsec3-extra nsec3-chain nsec3-bitmap nsec3-opt-out rrsig-bogus);
diag $line, $err if $status;
done_testing();

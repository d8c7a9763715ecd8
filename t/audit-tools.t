#!/usr/bin/perl
# A clean verdict on what other signers make: three tools, every algorithm,
# NSEC, NSEC3 and opt-out, each where it may stand.
use strict;
use warnings;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $T = $Zone::T;
my %bits = map { $_ => '-b 2048' } 5, 7, 8, 10;
# Legal, and not what this test is about.
my @quiet = map { "--ignore $_" } qw(dnskey-algorithm dnskey-response-size nsec3-salt);

sub clean {
	my ($what, $file, @options) = @_;
	my ($status, $count, $err, $line) = Zone::audit($file, @quiet, @options);
	is_deeply($count, {}, "$what: clean") or diag $err;
	is($status, 0, "$what: exit 0");
}

for my $alg (5, 7, 8, 10, 13, 14, 15, 16) {
	my @k = map { Zone::keygen('example.', $alg, $bits{$alg} // '', $_) } '-f KSK', '';
	my @denial = ([ 'NSEC', '' ]);
	push @denial, [ 'NSEC3', '-3 - -H 0' ], [ 'opt-out', '-3 - -H 0 -A' ] if $alg > 5;
	for my $d (@denial) {
		Zone::base('z', $Zone::PLAIN, @k, $d->[1]);
		clean("dnssec-signzone, algorithm $alg, $d->[0]", "$T/z.signed");
	}
	# ldns-signzone takes the same keys.
	Zone::spew("$T/l", $Zone::PLAIN);
	for my $d (@denial) {
		my $o = { NSEC => '', NSEC3 => '-n -t 0', 'opt-out' => '-n -t 0 -p' }->{$d->[0]};
		Zone::sh("ldns-signzone $o -o example. -e @{[time + 30 * 86400]} -i @{[time - 3600]} " .
		    "-f $T/l.signed $T/l " . join ' ', map { $_->{base} } @k);
		clean("ldns-signzone, algorithm $alg, $d->[0]", "$T/l.signed");
	}
}

# kzonesign makes its own keys.
for my $alg (qw(rsasha256 rsasha512 ecdsap256sha256 ecdsap384sha384 ed25519 ed448)) {
	for my $nsec3 ('off', 'on', 'on optout') {
		my $dir = "$T/k-$alg-" . $nsec3 =~ s/ /-/r;
		mkdir $dir;
		my ($on, $optout) = split / /, $nsec3;
		Zone::spew("$dir/example.zone", $Zone::PLAIN);
		Zone::spew("$dir/knot.conf", <<EOF);
database:
    storage: $dir
policy:
  - id: p
    algorithm: $alg
    rrsig-lifetime: 30d
    rrsig-refresh: 10d
    nsec3: $on
    nsec3-iterations: 0
    nsec3-salt-length: 0
    nsec3-opt-out: @{[$optout ? 'on' : 'off']}
    cds-cdnskey-publish: none
zone:
  - domain: example
    storage: $dir
    file: example.zone
    dnssec-signing: on
    dnssec-policy: p
EOF
		Zone::sh("kzonesign -c $dir/knot.conf -o $dir -r example");
		clean("kzonesign, $alg, NSEC3 $nsec3", "$dir/example.zone");
	}
}
done_testing();

#!/usr/bin/perl
# Outages of the past, played again: each must be stopped before publication.
use strict;
use warnings;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $T = $Zone::T;
my ($ksk, $zsk) = Zone::keys_of('example.', 13);
my ($ksk2, $zsk2) = Zone::keys_of('example.', 13);
my %base = (
	nsec => Zone::base('nsec', $Zone::PLAIN, $ksk, $zsk),
	nsec3 => Zone::base('nsec3', $Zone::PLAIN, $ksk, $zsk, '-3 -', '-H 0'),
);
my @ds = map { 'example. 3600 DS ' . Zone::ds_text('example.', $_) } $ksk, $ksk2;

# The zone as it was published before, with its audit record.
my $before = $base{nsec}->save("$T/before");
my ($s0) = Zone::audit($before, "--record $before.audit --parent-ds '$ds[0]'");
is($s0, 0, 'the zone before: valid');

sub stops {
	my ($cause, $z, $checks, @options) = @_;
	my $file = ref $z ? $z->save("$T/zone") : Zone::spew("$T/zone", $z);
	my ($status, $count, $err) = Zone::audit($file, @options);
	is($status, 1, "$cause: stopped");
	ok($count->{$_}, "$cause: $_") or diag $err for @$checks;
}
sub all_sets {
	my ($z, $key) = @_;
	my $tag = Zone::key_tag($key);
	return map { $_->{r} =~ /^(\S+) (?:\S+ ){5}$tag / ? [ $_->{o}, $1 ] : () }
	    grep { $_->{t} eq 'RRSIG' } @{ $z->{rr} };
}

my $z = $base{nsec}->copy;
$z->resign(@$_, keys => [ $zsk2 ], tag => Zone::key_tag($zsk)) for all_sets($z, $zsk);
stops('.de 2026, .ru 2024: the key pair on the token is not the published one', $z, ['rrsig-bogus']);

$z = $base{nsec}->copy;
$z->ttl('www', 'A', 2 * 86400);
$z->resign('www', 'A', exp => time + 86400);
stops('ripe.net 2023: a TTL above what the signature has left', $z, ['horizon-ttl']);

$z = $base{nsec}->copy;
$z->add('@', 3600, 'DNSKEY', Zone::key_text($ksk2));
$z->resign('@', 'DNSKEY', keys => [ $ksk2 ]);
stops('.nz 2023: the old KSK\'s signature is gone, its DS is cached', $z, ['cache-old-ds'],
    "--previous $before --parent-ds '$ds[1]'");

$z = $base{nsec3}->copy;
my @signed = grep { $_->{t} eq 'RRSIG' } @{ $z->{rr} };
my $r = $signed[@signed / 2];
$r->{r} =~ s{([A-Za-z0-9])([A-Za-z0-9+/]{20}\S*)$}{($1 eq 'A' ? 'B' : 'A') . $2}e;
stops('.se 2022: one broken signature among many', $z, ['rrsig-bogus']);

$z = $base{nsec}->copy;
$z->resign(@$_, keys => [ $zsk2 ]) for all_sets($z, $zsk);
stops('.fj 2022: signed by a key outside the chain', $z, ['rrsig-algorithm', 'rrsig-unknown-key']);

stops('.bn 2022: expired', $base{nsec}, ['rrsig-expired'], '--now ' . (time + 40 * 86400));

$z = $base{nsec}->copy;
$z->edit('*.wild', 'NSEC', sub { s/ TXT//; s/ / A AAAA / });
$z->resign('*.wild', 'NSEC');
stops('slack.com 2021: a wrong bitmap at a wildcard', $z, ['nsec-bitmap']);

$z = $base{nsec}->copy;
$z->edit('@', 'DNSKEY', sub { $_ = Zone::key_text($zsk2) if /^256/ });
$z->resign('@', 'DNSKEY');
$z->resign(@$_, keys => [ $zsk2 ]) for all_sets($z, $zsk);
$z->edit('@', 'SOA', sub { s/(\d{10})/$1 + 1/e });
$z->resign('@', 'SOA', keys => [ $zsk2 ]);
stops('APNIC 2012: another signer\'s ZSKs', $z, [ 'cache-old-dnskey', 'cache-old-signatures' ],
    "--previous $before --parent-ds '$ds[0]'");

$z = $base{nsec}->copy;
$z->add('@', 3600, 'DNSKEY', Zone::key_text($ksk2));
$z->resign('@', 'DNSKEY', keys => [ $ksk2, $zsk ]);
stops('ripe.net 2011: DNSKEY not signed by a KSK that a DS names', $z, ['ds-chain'], "--parent-ds '$ds[0]'");

$z = $base{nsec3}->copy;
my @chain = sort map { $_->{o} } grep { $_->{t} eq 'NSEC3' } @{ $z->{rr} };
my %half = map { $_ => 1 } @chain[0 .. $#chain / 2];
$z->{rr} = [ grep { !$half{$_->{o}} } @{ $z->{rr} } ];
stops('.fr 2011: half an NSEC3 chain', $z, [ 'nsec3-missing', 'nsec3-chain' ]);

$z = $base{nsec}->copy;
my @names = $z->names;
my %gone = map { $_ => 1 } @names[@names / 2 .. $#names];
$z->{rr} = [ grep { my $o = $_->{o}; !grep { $o eq $_ || $o =~ /\.\Q$_\E$/ } keys %gone } @{ $z->{rr} } ];
$z->rechain; # signed again, as it was
$z->edit('@', 'SOA', sub { s/(\d{10})/$1 + 1/e });
$z->resign('@', 'SOA');
stops('.de 2010: half a zone, well signed', $z, ['zone-shrunk'], "--previous $before --max-removed 20%");
my $stream = $base{nsec}->stream;
stops('.de 2010: half a file', substr($stream, 0, length($stream) / 2), []);
my $text = do { local $/; open my $f, '<', $before or die; <$f> };
{ # where it is cut, a name is without its NSEC, or an NSEC leads to a name that is gone
	my $half = Zone::spew("$T/half", substr $text, 0, length($text) / 2);
	my ($status, $count, $err) = Zone::audit($half);
	is($status, 1, '.de 2010: half a master file: stopped');
	ok($count->{'nsec-chain'} || $count->{'nsec-missing'}, '.de 2010: half a master file: by its NSECs') or diag $err;
}
done_testing();

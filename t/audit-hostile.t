#!/usr/bin/perl
# Zones made to cost much: a verdict comes all the same, and soon.
use strict;
use warnings;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $T = $Zone::T;
my $SECONDS = 60; # of processor time, for a slow machine and the sanitizers; each takes about one
my ($ksk, $zsk) = Zone::keys_of('example.', 13);
my $small = $Zone::PLAIN =~ s/\n.*secure.*//gr;
my $base = Zone::base('base', $small, $ksk, $zsk);
my ($rrsig) = $base->find('www', 'RRSIG(A)');
my ($head, $signature) = $rrsig->{r} =~ /^(.*\s)(\S+)$/;

# bad(NAME, zone, lines behind it, regular expression of what is said)
sub bad {
	my ($name, $z, $lines, $re) = @_;
	my $file = $z->save("$T/zone");
	open my $f, '>>', $file or die "$file: $!";
	print $f $_ while defined($_ = $lines->());
	close $f or die "$file: $!";
	my $out = `ulimit -t $SECONDS; audit-zone --show 2 $file 2>&1`;
	is($? >> 8, 1, "$name: bad, within $SECONDS seconds");
	like($out, $re, "$name: and why");
}
sub times_ { # N, line of its number
	my ($n, $line) = @_;
	my $i = 0;
	return sub { return $i++ < $n ? $line->($i) : undef };
}
sub garbage { # RRSIGs of an owner that do not verify
	my ($owner, $i) = @_;
	return sprintf "%s.example. 3600 IN RRSIG %sAAAA%08d%s\n", $owner, $head, $i, substr $signature, 12;
}

bad('30,000 signatures of one RRset', $base, times_(30000, sub { garbage('www', shift) }), qr/rrset-work/);
bad('so many that no server could hold them', $base, times_(250000, sub { garbage('www', shift) }),
    qr/more than \d+ octets at one name/);
bad('an RRset of 64 KB with 1,000 signatures', $base, times_(5000, sub {
	my $i = shift;
	return $i > 4000 ? garbage('big', $i) : sprintf "big.example. 3600 IN A 10.0.%d.%d\n", $i >> 8, $i & 255;
}), qr/rrset-work/);
bad('an RRset of 100,000 addresses', $base, times_(100000, sub {
	my $i = shift;
	return sprintf "big.example. 3600 IN A 10.%d.%d.%d\n", $i >> 16, $i >> 8 & 255, $i & 255;
}), qr/rrset-size/);

{ # KeyTrap: the tag of an RSA key stays when two words of its modulus change places
	my $modulus = join '', map { chr(1 + $_ * 37 % 255) } 1 .. 255;
	my $raw = "\3\1\0\1$modulus\1";
	my (@keys, $lines);
	for my $i (1 .. 8) {
		my $k = $raw;
		(substr($k, 40, 2), substr($k, 40 + 2 * $i, 2)) = (substr($k, 40 + 2 * $i, 2), substr($k, 40, 2));
		push @keys, { flags => 256, protocol => 3, algorithm => 8, public => MIME::Base64::encode_base64($k, '') };
	}
	my $z = $base->copy;
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($_)) for @keys;
	$z->resign('@', 'DNSKEY');
	my $fields = join ' ', 'A 8 2 3600', Zone::date(time + 86400), Zone::date(time - 60), Zone::key_tag($keys[0]), 'example.';
	bad('KeyTrap: eight keys of one tag, 100 signatures of each of 50 RRsets', $z, times_(50, sub {
		my $h = shift;
		return join '', "h$h.example. 3600 IN A 192.0.2.1\n",
		    map { sprintf "h%d.example. 3600 IN RRSIG %s %04d%s=\n", $h, $fields, $_, 'A' x 339 } 1 .. 100;
	}), qr/dnskey-tag-collision.*rrset-work/s);
	# An exponent as long as the modulus makes each verification take milliseconds.
	my $slow = MIME::Base64::encode_base64("\0\1\0" . $modulus . "\1" . $modulus . "\1", '');
	$z = $base->copy;
	$z->add('@', 3600, 'DNSKEY', "256 3 8 $slow");
	$z->resign('@', 'DNSKEY');
	bad('an exponent of 2,048 bits', $z, times_(0), qr/dnskey-malformed/);
}
{
	my $z = Zone::base('nsec3', $small, $ksk, $zsk, '-3 -', '-H 0');
	$z->del('@', 'NSEC3PARAM');
	$z->add('@', 0, 'NSEC3PARAM', "1 0 $_ " . 'AB' x 255) for 65535, 500, 499;
	$z->resign('@', 'NSEC3PARAM');
	bad('NSEC3 of 65,535 and of 500 iterations, 3,000 names', $z,
	    times_(3000, sub { "h$_[0].example. 3600 IN A 192.0.2.1\n" }), qr/65535 iterations: names are not hashed/);
}
my $types = join ' ', map { "TYPE$_" } 1 .. 40000;
bad('bitmaps of 40,000 types', $base, times_(10, sub { "h$_[0].example. 3600 IN A 192.0.2.1\nh$_[0].example. 300 IN NSEC www.example. $types\n" }), qr/malformed NSEC/);
bad('names of 100 labels', $base, times_(2000, sub { join('.', map { $_ % 10 } 1 .. 100) . ".x$_[0].example. 3600 IN A 192.0.2.1\n" }),
    qr/rrsig-missing/);
bad('$GENERATE of more than there should be', $base, times_(3, sub { "\$GENERATE 0-99999999 g\$ A 10.0.0.1\n" }), qr/syntax/);
bad('$INCLUDE of itself', $base, times_(1, sub { "\$INCLUDE $T/zone\n" }), qr/syntax/);
bad('one record of 40 MB', $base, times_(1000001, sub { $_[0] == 1 ? 'example. 3600 IN TXT (' : ' "' . 'a' x 38 . '"' }), qr/\S/);
done_testing();

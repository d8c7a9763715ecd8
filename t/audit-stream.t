#!/usr/bin/perl
# A stream proves that it is whole: whatever is cut off it, and whatever its
# trailers do not fit, is no valid zone.
use strict;
use warnings;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $T = $Zone::T;
my $z = Zone::base('z', $Zone::PLAIN, Zone::keys_of('example.', 13), '-3 -', '-H 0', '-A');
my $s = $z->stream;

sub status { my ($text, @o) = @_; return (Zone::audit(Zone::spew("$T/s", $text), @o))[0, 2, 3] }
sub bad {
	my ($text, $re, $name) = @_;
	my ($status, $err) = status($text);
	is($status, 1, "$name: exit 1");
	like($err, $re, "$name: said");
}

is((status($s))[0], 0, 'whole');
is((status($s . $s))[0], 0, 'two streams, one behind the other');
is((status($s, '-j 1'))[0], 0, 'without threads');

# Every cut at a line's end, and a few inside lines.
my @lines = split /(?<=\n)/, $s;
my $text = '';
my ($valid, $said) = (0, 0);
for my $i (0 .. $#lines - 1) {
	$text .= $lines[$i];
	for my $cut ($text, $text . substr($lines[$i + 1], 0, int(length($lines[$i + 1]) / 2))) {
		my ($status, $err) = status($cut);
		$valid++ if $status == 0;
		$said++ if $err =~ /truncated|ends/;
	}
}
is($valid, 0, 'no cut of a stream is valid: ' . 2 * $#lines . ' tried');
is($said, 2 * $#lines, 'and each is called truncated');

(my $t = $s) =~ s/^www.*\n//m;
bad($t, qr/not as many records/, 'a record taken out');
($t = $s) =~ s/;end example\. records/;end other. records/;
bad($t, qr/;end of another zone/, 'another zone ends');
($t = $s) =~ s/zones=1/zones=2/;
bad($t, qr/as many zones/, 'a zone missing');
($t = $s) =~ s/^;zone example.*\n//m;
bad($t, qr/outside a zone/, 'no ;zone');
($t = $s) =~ s/\tIN\tA\t/ IN A /;
bad($t, qr/not five fields/, 'blanks for tabs');
bad("$s;zone x.\n", qr/behind ;done/, 'a zone behind ;done');
my ($status, $err) = status(";zonetext 1\n;fail example. 3 the token is away\n;done zones=0 failed=1\n");
is($status, 3, 'a zone that failed in a filter has its status');
like($err, qr/example\. failed in a filter: the token is away/, 'and its reason');
($t = $s) =~ s/^(;zonetext 1\n)/$1;fail other. 1 broken\n/;
$t =~ s/failed=0/failed=1/;
($status, $err, my $line) = status($t);
is($status, 1, 'one failed, one valid: exit 1');
like($line, qr/^example\. valid /, 'but the other is judged');
($status) = status(";zonetext 1\n;done zones=0 failed=0\n");
is($status, 0, 'an empty stream');
($status) = status('');
is($status, 1, 'an empty file is no zone');
done_testing();

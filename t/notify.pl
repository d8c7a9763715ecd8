#!/usr/bin/perl
# notify.pl [OPTION VALUE]... PORT ZONE: send NOTIFY messages to 127.0.0.1 and
# print the RCODE of each answer, or "none".
#   -p udp|tcp    -6           protocol, and ::1 in place of 127.0.0.1
#   -s ADDRESS                 source address
#   -k NAME:BASE64             TSIG, hmac-sha256
#   -t SECONDS                 sign as if it were so much later
#   -o TEXT                    what to spoil: opcode, class, type, response, short,
#                              trailing, edns
#   -n N -r RATE               so many, so many a second, without waiting for answers
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use Getopt::Std;
use IO::Select;
use IO::Socket::IP;
use MIME::Base64;
use Time::HiRes qw(sleep time);

my %o = (p => 'udp', n => 1, r => 0, o => '', t => 0);
getopts('p:6s:k:t:o:n:r:', \%o) or die;
my ($port, $zone) = @ARGV;

sub name { return join('', map { chr(length) . $_ } split /\./, $_[0]) . "\0" }

sub message {
	my $id = int rand 65536;
	my $flags = 0x2400;    # NOTIFY, AA
	$flags = 0x0400 if $o{o} eq 'opcode';
	$flags |= 0x8000 if $o{o} eq 'response';
	my $body = name($zone) . pack('n n', $o{o} eq 'type' ? 1 : 6, $o{o} eq 'class' ? 3 : 1);
	my $opt = $o{o} eq 'edns' ? pack('C n n N n', 0, 41, 1232, 0, 0) : '';
	my $extra = $opt eq '' ? 0 : 1;
	my $m = pack('n n n n n n', $id, $flags, 1, 0, 0, $extra) . $body . $opt;
	if ($o{k}) {
		my ($key, $secret) = split /:/, $o{k};
		my $now = int(time) + $o{t};
		my $alg = name('hmac-sha256');
		my $when = pack('n N n', 0, $now, 300);
		my $mac = hmac_sha256($m . name($key) . pack('n N', 255, 0) . $alg . $when . pack('n n', 0, 0), decode_base64($secret));
		my $rdata = $alg . $when . pack('n', length $mac) . $mac . pack('n n n', $id, 0, 0);
		$m .= name($key) . pack('n n N n', 250, 255, 0, length $rdata) . $rdata;
		substr($m, 10, 2) = pack 'n', 1 + $extra;
	}
	$m = substr($m, 0, length($m) - 3) if $o{o} eq 'short';
	$m .= 'xx' if $o{o} eq 'trailing';
	return $m;
}

my $s = IO::Socket::IP->new(PeerHost => $o{6} ? '::1' : '127.0.0.1', PeerPort => $port,
	Type => $o{p} eq 'udp' ? SOCK_DGRAM : SOCK_STREAM, $o{s} ? (LocalHost => $o{s}) : ()) or do { print "none\n"; exit };
my $start = time;
for my $i (1 .. $o{n}) {
	my $m = message();
	syswrite($s, $o{p} eq 'tcp' ? pack('n', length $m) . $m : $m);
	if ($o{r}) {
		my $ahead = $start + $i / $o{r} - time;
		sleep $ahead if $ahead > 0.005;
		next;
	}
	my $answer = '';
	if (!IO::Select->new($s)->can_read(1.5) || !sysread($s, $answer, 4096)) {
		print "none\n";
		next;
	}
	if ($o{p} eq 'tcp') {
		sysread($s, $answer, 4096) if length $answer == 2;
		substr($answer, 0, 2, '') if unpack('n', $answer) == length($answer) - 2;
	}
	my ($id, $flags) = unpack 'n n', $answer;
	my $signed = index($answer, name('hmac-sha256')) > 0 && length $answer > 100 ? ' signed' : '';
	print $flags & 15, $signed, "\n";
}
printf "%d in %.1f s\n", $o{n}, time - $start if $o{r};

#!/usr/bin/perl
# soa.pl FILE: a name server for tests.  Prints its UDP port on 127.0.0.1; each
# query is answered as FILE says then: a serial, or "silent", "id" (another
# one), "empty" (no SOA), "short", "refused".
use strict;
use warnings;
use IO::Socket::IP;

my $s = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Proto => 'udp') or die $@;
$| = 1;
print $s->sockport, "\n";
alarm 120; # a test that dies leaves nothing behind
while (defined(my $from = $s->recv(my $q, 4096))) {
	open my $f, '<', $ARGV[0] or die;
	chomp(my $how = <$f>);
	my $id = unpack('n', $q) ^ ($how eq 'id');
	next if $how eq 'silent';
	my $soa = $how =~ /^\d+$/;
	my $a = pack('n n n n n n', $id, 0x8400 | ($how eq 'refused' ? 5 : 0), 1, $soa ? 1 : 0, 0, 0) . substr($q, 12);
	$a .= pack('n n n N n', 0xc00c, 6, 1, 60, 22) . "\0\0" . pack('N5', $how, 7200, 3600, 86400, 300) if $soa;
	$s->send($how eq 'short' ? substr($a, 0, 11) : $a, 0, $from);
}

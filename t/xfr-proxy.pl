#!/usr/bin/perl
# xfr-proxy.pl PORT MASTER-PORT MODE-FILE: between fetch-zone and a master, both
# on 127.0.0.1.  UDP passes as it is.  What a TCP answer suffers stands in
# MODE-FILE, read anew for each connection:
#   pass           nothing
#   cut N          the connection ends after N octets of the answer
#   flip N MASK    octet N is changed
#   swap N         messages N and N+1 change places
#   drop N, dup N  message N is lost, or comes twice
#   delay          every octet by itself, the message lengths too
#   slow MS        one octet every MS milliseconds
#   stall N        silence after N octets
#   garbage        random octets instead of an answer
# The length of each passed answer is appended to MODE-FILE.log.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket qw(TCP_NODELAY IPPROTO_TCP);
use Time::HiRes qw(sleep);

my ($port, $master, $file) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';
my $tcp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 20, ReuseAddr => 1) or die $!;
my $udp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'udp') or die $!;

sub upstream {
	my ($proto) = @_;
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $master, Proto => $proto, Timeout => 5);
}

sub datagram {
	my $from = $udp->recv(my $query, 4096) or return;
	my $up = upstream('udp') or return;
	$up->send($query);
	IO::Select->new($up)->can_read(2) or return;
	$up->recv(my $answer, 65535);
	$udp->send($answer, 0, $from);
}

sub put {
	my ($to, $bytes) = @_;
	while (length $bytes) {
		my $n = syswrite($to, $bytes) or return 0;
		substr($bytes, 0, $n, '');
	}
	return 1;
}

sub connection {
	my ($c) = @_;
	open(my $f, '<', $file) or die $!;
	my ($mode, $n, $mask) = split ' ', <$f>;
	setsockopt($c, IPPROTO_TCP, TCP_NODELAY, 1);
	my $up = upstream('tcp') or return;
	my ($sent, $message, $buffer, $held) = (0, 0, '', undef);
	my $select = IO::Select->new($c, $up);
	while (my @ready = $select->can_read(20)) {
		for my $s (@ready) {
			my $got = sysread($s, my $bytes, 65536);
			if (!$got) {
				if ($s == $up) {
					open(my $log, '>>', "$file.log");
					print $log "$sent\n";
				}
				return;
			}
			if ($s == $c) {
				put($up, $bytes);
				next;
			}
			if ($mode =~ /^(swap|drop|dup)$/) {
				$buffer .= $bytes;
				$bytes = '';
				while (length $buffer >= 2 && length $buffer >= 2 + unpack 'n', $buffer) {
					my $frame = substr($buffer, 0, 2 + unpack('n', $buffer), '');
					my $this = $message++;
					if ($mode eq 'swap' && $this == $n) { $held = $frame; next }
					next if $mode eq 'drop' && $this == $n;
					$bytes .= $frame;
					$bytes .= $frame if $mode eq 'dup' && $this == $n;
					if (defined $held) { $bytes .= $held; $held = undef }
				}
			}
			my $len = length $bytes;
			if ($mode eq 'flip' && $n >= $sent && $n < $sent + $len) {
				substr($bytes, $n - $sent, 1) ^= chr $mask;
			}
			if ($mode eq 'cut' && $sent + $len > $n) {
				put($c, substr($bytes, 0, $n - $sent));
				return;
			}
			if ($mode eq 'stall' && $sent + $len > $n) {
				put($c, substr($bytes, 0, $n - $sent));
				IO::Select->new($c)->can_read(20);
				return;
			}
			$bytes = join '', map { chr int rand 256 } 1 .. $len if $mode eq 'garbage';
			if ($mode eq 'delay' || $mode eq 'slow') {
				for my $octet (split //, $bytes) {
					put($c, $octet) or return;
					sleep($n / 1000) if $mode eq 'slow';
				}
			} else {
				put($c, $bytes) or return;
			}
			$sent += $len;
		}
		# the answer's length, once nothing more is under way
		if ($mode eq 'pass' && $sent && !IO::Select->new($up)->can_read(0.1)) {
			open(my $log, '>', "$file.log");
			print $log "$sent\n";
		}
	}
}

my $select = IO::Select->new($tcp, $udp);
while (1) {
	for my $s ($select->can_read) {
		if ($s == $udp) { datagram(); next }
		my $c = $tcp->accept or next;
		my $pid = fork;
		if (!$pid) { connection($c); exit 0 }
		close $c;
	}
}

#!/usr/bin/perl
# "What must hold" 5: a filter killed at any point, a full disk, a stream cut
# anywhere, any single failing system call, short reads and writes all along:
# no ;end, no ;done, a non-zero exit, no file replaced; or else all is as if
# nothing had happened.  The programs run as they ship; t/faultio.c fails their
# calls.  One forked perl a filter, two at a time.
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Handle;
use POSIX ();

my $T = tempdir('zonepipe-t.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $SHIM = ($ENV{BUILD} // 'build/release') . '/t/faultio.so';
my $BIN  = $ENV{BIN} // 'bin';
$ENV{ASAN_OPTIONS} = 'verify_asan_link_order=0:detect_leaks=0';
$ENV{TMPDIR} = $T;
if (!-e $SHIM) {
	print "1..0 # SKIP no $SHIM: make check builds it\n";
	exit 0;
}
$SHIM = "$ENV{PWD}/$SHIM" if $SHIM !~ m{^/};

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or return undef;
	local $/;
	return scalar readline $f;
}

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die "$path: $!";
	return $path;
}

# A program that waits before main() for what to do (t/faultio.c).
package Server {
	sub new {
		my ($class, @argv) = @_;
		pipe my $orders, my $to or die "pipe: $!";
		pipe my $from, my $answers or die "pipe: $!";
		my $pid = fork // die "fork: $!";
		if ($pid == 0) {
			POSIX::dup2(fileno $orders, 198);
			POSIX::dup2(fileno $answers, 199);
			$ENV{LD_PRELOAD} = $SHIM;
			$ENV{FAULTIO_SERVE} = '198:199';
			exec { $argv[0] } @argv or POSIX::_exit(98);
		}
		$to->autoflush(1);
		return bless { to => $to, from => $from, pid => $pid }, $class;
	}

	# One run; returns the wait status.
	sub run {
		my ($self, %o) = @_;
		my $to = $self->{to};
		print $to join("\t", $o{in}, $o{out} // '/dev/null', $o{err} // '/dev/null',
			$o{fault} // '-', $o{short} // 0, $o{count} // '-'), "\n";
		my $status = readline $self->{from};
		die "no answer from the server\n" if !defined $status;
		return $status + 0;
	}

	sub DESTROY {
		my ($self) = @_;
		close $self->{to};
		local $?;
		waitpid $self->{pid}, 0;
	}
}

# ---- the filters and what they are fed --------------------------------------

my @zone = (
	'example. 3600 SOA ns1.example. hostmaster.example. 7 3600 900 604800 300',
	'example. 3600 NS ns1.example.', 'example. 3600 NS ns2.example.',
	(map { "ns$_.example. 3600 A 192.0.2.$_" } 1 .. 2),
	(map { ("host$_.example. 300 A 198.51.100.$_", "host$_.example. 300 TXT \"host number $_\"") } 1 .. 20),
	(map { ("child$_.example. 3600 NS ns.child$_.example.", "ns.child$_.example. 3600 A 203.0.113.$_") } 1 .. 3),
	'*.wild.example. 60 MX 10 host1.example.', 'alias.example. 60 CNAME host1.example.',
);

# Lines "owner ttl type rdata" as a stream's records.
sub records {
	return join '', map { /^(\S+) (\S+) (\S+) (.*)/; "$1\t$2\tIN\t$3\t$4\n" } @_;
}

sub stream {
	my ($name, $keys, @lines) = @_;
	my $max = 0;
	for (@lines) {
		my $ttl = (split / /)[1];
		$max = $ttl if $ttl > $max;
	}
	return ";zone $name$keys\n" . records(@lines) .
	    ";end $name records=" . @lines . " max-ttl=$max\n";
}

sub whole {
	my (@zones) = @_;
	return ";zonetext 1\n" . join('', @zones) . ";done zones=" . @zones . " failed=0\n";
}

my $key = "$T/key.pem";
system("openssl genpkey -algorithm ED25519 -out $key 2>/dev/null && chmod 600 $key") == 0
    or die 'openssl';
my @sign = ('--ksk', "15:file:$key", '--zsk', "15:file:$key", '--now', '20260101000000');
my $dnskey = '';

# name, arguments, and the stage whose output is its input
my @filters = (
	[ 'sort-zone', ['-S', '12M'], 'read' ],
	[ 'set-serial', ['-m', 'counter', '--now', '20260101000000'], 'sort-zone' ],
	[ 'add-nsec', [], 'set-serial' ],
	[ 'add-nsec3', [], 'set-serial' ],
	[ 'sign-rrsets', \@sign, 'add-nsec' ],
);

sub built {
	my ($name) = @_;
	return -x "$BIN/$name";
}

# ---- one filter -------------------------------------------------------------

my $report;    # where a filter's results go
sub result {
	my ($what, @bad) = @_;
	print $report @bad ? 'not ok' : 'ok', "\t$what\n";
	print $report "#\t$_\n" for @bad > 8 ? @bad[ 0 .. 7 ] : @bad;
}

package Case {

	# One filter with its input: a file that must stay, or become what it
	# becomes without faults.
	sub new {
		my ($class, $name, $args, $in) = @_;
		my $dir = "$T/$name";
		mkdir $dir;
		return bless {
			name => $name, dir => $dir, in => $in, err => "$dir/err",
			out => "$dir/out", argv => [ "$BIN/$name", @$args ],
		}, $class;
	}

	# With -w over an old file.  Takes fault, short, count, in.
	sub run {
		my ($self, %o) = @_;
		main::spew($self->{out}, "old\n");
		$self->{writes} //= Server->new(@{ $self->{argv} }, '-w', $self->{out});
		return $self->{writes}->run(in => $self->{in}, err => $self->{err}, %o);
	}

	# To stdout, which is a file.
	sub pipe {
		my ($self, %o) = @_;
		$self->{pipes} //= Server->new(@{ $self->{argv} });
		return $self->{pipes}->run(in => $self->{in}, err => $self->{err},
			out => "$self->{dir}/stdout", %o);
	}

	# Servers belong to the process that started them.
	sub stop {
		my ($self) = @_;
		delete @$self{qw(writes pipes)};
	}

	# All went well, and said so?
	sub good {
		my ($self, $status) = @_;
		return $status == 0 && main::slurp($self->{out}) eq $self->{want};
	}

	# What is wrong with this outcome, or nothing.
	sub wrong {
		my ($self, $status, $what, %may) = @_;
		my $out = main::slurp($self->{out}) // '(gone)';
		my $err = main::slurp($self->{err}) // '';
		$err =~ s/\n.*//s;
		return "$what: hangs" if ($status & 127) == 14;
		return "$what: signal " . ($status & 127) . ": $err"
		    if $status & 127 && !$may{killed};
		return () if $status == 0 && $out eq $self->{want};
		return "$what: exit 0 with another output" if $status == 0;
		return "$what: exit " . ($status >> 8) . ": $err"
		    if !($status & 127) && ($status >> 8 < 1 || $status >> 8 > 3);
		return "$what: no message" if $err eq '' && !$may{killed};
		return () if $out eq "old\n";
		# Only behind the rename may a whole new file stand there.
		return () if $out eq $self->{want} && $may{renamed};
		return "$what: the file was replaced";
	}
}

package main;

sub counts {
	my ($case) = @_;
	my $file = "$case->{dir}/counts";
	unlink $file;
	my $status = $case->run(count => $file);
	my %n;
	for (split /\n/, slurp($file) // '') {
		my ($call, $count) = split / /;
		$n{$call} = $count if $count > ($n{$call} // 0);
	}
	return ($status, \%n);
}

# 1 .. n, or so many of it, the first and the last always.
sub sample {
	my ($n, $most) = @_;
	return 1 .. $n if $n <= $most;
	my %seen;
	return grep { !$seen{$_}++ } map { 1 + int(($n - 1) * $_ / ($most - 1)) } 0 .. $most - 1;
}

sub single_failures {
	my ($case, $n) = @_;
	for my $call (sort keys %$n) {
		next if $call eq '*' || $n->{$call} == 0;
		my @bad;
		for my $at (sample($n->{$call}, $call eq 'alloc' ? 60 : 40)) {
			my $code = $call eq 'write' ? 'ENOSPC' : $call eq 'alloc' ? 'ENOMEM' : 'EIO';
			my $status = $case->run(fault => "$call:$at:$code");
			push @bad, $case->wrong($status, "$call number $at fails",
				renamed => $call eq 'fsync' || $call eq 'open' || $call eq 'unlink' || $call eq 'alloc');
		}
		result("$case->{name}: each $call ($n->{$call}) fails once", @bad);
	}
}

sub nuisances {
	my ($case) = @_;
	for my $env (
		{ short => 1 }, { short => 7 }, { short => 1000 },
		{ fault => 'read:%2:EINTR' }, { fault => 'write:%2:EINTR' }, { fault => 'poll:%2:EINTR' },
		{ fault => 'read:%3:EINTR', short => 50 },
	) {
		my $what = join ' ', map { "$_ $env->{$_}" } sort keys %$env;
		my $status = $case->run(%$env);
		result("$case->{name}: $what changes nothing",
			$case->good($status) ? () : ("status $status", $case->wrong($status, $what)));
	}
}

sub killed {
	my ($case, $n) = @_;
	my @bad;
	for my $at (sample($n->{'*'}, 100)) {
		my $status = $case->run(fault => "*:$at:KILL");
		push @bad, $case->wrong($status, "killed at call $at", killed => 1, renamed => 1);
	}
	result("$case->{name}: killed at each of $n->{'*'} calls", @bad);
	@bad = ();
	for my $at (sample($n->{write}, 20)) {
		my $status = $case->run(fault => "write:$at:HALF");
		push @bad, $case->wrong($status, "killed in write $at", killed => 1);
	}
	result("$case->{name}: killed in the midst of each write", @bad);
}

sub disk_full {
	my ($case, $n) = @_;
	my @bad;
	for my $at (sample($n->{write}, 20)) {
		my $status = $case->run(fault => "write:$at+:ENOSPC");
		push @bad, $case->wrong($status, "disk full from write $at on");
		push @bad, "full from write $at on: exit $status" if $status >> 8 != 3;
	}
	result("$case->{name}: the disk is full from each write on", @bad);
	my $status = $case->pipe(out => '/dev/full');
	result("$case->{name}: stdout is full", $status >> 8 == 3 ? () : "exit $status");
}

# Without -w: what a pipe would have carried.
sub cut {
	my ($case, $most) = @_;
	my $all = slurp($case->{in});
	my @bad;
	my $out = "$case->{dir}/stdout";
	# a whole number of zones is followed by ;done, so no cut is whole
	my @at = sample(length $all, $most);
	for my $at (@at) {
		next if $at == length $all;
		spew("$case->{dir}/cut", substr $all, 0, $at);
		my $status = $case->pipe(in => "$case->{dir}/cut");
		my $got = slurp($out);
		my $ended = $at > rindex($all, "\n;done");
		push @bad, "cut at $at: exit $status" if $status >> 8 != 1;
		push @bad, "cut at $at: ;done" if $got =~ /^;done/m;
		push @bad, "cut at $at: ;end" if !$ended && $got =~ /^;end/m;
	}
	result("$case->{name}: cut at each of " . @at . " offsets", @bad);
	@bad = ();
	for my $at (sample(length($all) - 1, 40)) {
		spew("$case->{dir}/cut", substr $all, 0, $at);
		push @bad, $case->wrong($case->run(in => "$case->{dir}/cut"), "cut at $at");
	}
	result("$case->{name}: cut, with -w", @bad);
}

# 1000 zones, the one in the middle with a record that cannot be.
sub one_bad_zone {
	my ($case, $bad_zone, $zone) = @_;
	my $in = spew("$case->{dir}/many", whole(map { $_ == 500 ? $bad_zone->("z$_.") : $zone->("z$_.") } 1 .. 1000));
	my $status = $case->pipe(in => $in);
	my $got = slurp("$case->{dir}/stdout");
	my $end = () = $got =~ /^;end /mg;
	my $fail = () = $got =~ /^;fail z500\. 1 /mg;
	result("$case->{name}: one bad zone of 1000: 999 come out",
		($status >> 8 == 1 ? () : "exit $status"), ($end == 999 ? () : "$end came out"),
		($fail == 1 ? () : 'no ;fail'), ($got =~ /^;done zones=1000 failed=1$/m ? () : 'no ;done'));
}

sub small {
	my ($name) = @_;
	return stream($name, '', "$name 60 SOA ns.x. h.x. 7 1 1 1 1", "$name 60 NS ns.x.");
}

sub unsorted {
	my ($name) = @_;
	return stream($name, '', "$name 60 SOA ns.x. h.x. 7 1 1 1 1", "$name 60 NS ns.x.",
		"b.$name 60 A 192.0.2.1", "b.$name 60 CNAME x.", "a.$name 60 A 192.0.2.1");
}

sub suite {
	my ($case) = @_;
	my $plain = $case->run();
	$case->{want} = slurp($case->{out});
	if ($plain != 0 || $case->{want} !~ /^;done/m) {
		result("$case->{name}: works without faults", "exit $plain", slurp("$case->{dir}/err"));
		return;
	}
	my ($status, $n) = counts($case);
	result("$case->{name}: works without faults",
		$case->good($status) && ($n->{read} // 0) > 0 ? () : "exit $status");
	single_failures($case, $n);
	nuisances($case);
	killed($case, $n);
	disk_full($case, $n);
	# All read through one reader, so the first shows every offset.
	cut($case, $ENV{FAULTS_CUTS} // ($case->{name} eq 'sort-zone' ? 2000 : 300));
	one_bad_zone($case, \&unsorted, \&small);
}

# ---- all of them ------------------------------------------------------------

spew("$T/read", whole(stream('example.', '', @zone[ 0, 1 ], reverse @zone[ 2 .. $#zone ])));
my %stage = (read => "$T/read");
my (@cases, @skipped);
for (@filters) {
	my ($name, $args, $after) = @$_;
	my $in = $stage{$after};
	if (!built($name) || !defined $in) {
		push @skipped, $name;
		# its input serves those behind it, as far as it can
		$stage{$name} = $in;
		next;
	}
	my $case = Case->new($name, $args, $in);
	push @cases, $case;
	$case->run();
	$case->stop;
	$stage{$name} = "$T/$name.stage";
	spew($stage{$name}, slurp($case->{out}));
}

sub start {
	my ($case) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	open $report, '>', "$case->{dir}/report" or die;
	suite($case);
	$case->stop;
	close $report or die;
	POSIX::_exit(0);
}

my @waiting = @cases;
my %running;
while (@waiting || %running) {
	while (@waiting && keys %running < 2) {
		my $case = shift @waiting;
		$running{ start($case) } = $case;
	}
	delete $running{ waitpid -1, 0 };
}
my ($n, $failed) = (0, 0);
for my $case (@cases) {
	my $text = slurp("$case->{dir}/report") // "not ok\t$case->{name}: no report\n";
	for (split /\n/, $text) {
		my ($verdict, $what) = split /\t/, $_, 2;
		if ($verdict eq '#') {
			print "# $what\n";
			next;
		}
		$failed++ if $verdict ne 'ok';
		printf "%s %d - %s\n", $verdict, ++$n, $what;
	}
}
print "# not built yet: @skipped\n" if @skipped;
print "1..$n\n";
exit($failed || $n == 0);

#!/usr/bin/perl
# "What must hold" 5: a filter killed at any point, a full disk, a stream cut
# anywhere, any single failing system call, short reads and writes all along:
# no ;end, no ;done, a non-zero exit, no file replaced; or else all is as if
# nothing had happened.  The programs run as they ship; t/faultio.c fails their
# calls.  One forked perl a program, two at a time.
#
# FAULTS_CUTS=N: cut at N offsets for each program; FAULTS_ONLY=NAME: one alone.
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Handle;
use MIME::Base64;
use POSIX ();

my $T = tempdir('zonepipe-t.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $BUILD = $ENV{BUILD} // 'build/release';
my $BIN   = $ENV{BIN}   // 'bin';
my $SHIM  = "$BUILD/t/faultio.so";
$SHIM = POSIX::getcwd() . "/$SHIM" if $SHIM !~ m{^/};
# The sanitizer's library wants to be first; its malloc() then hides ours.
my ($asan) = `ldd $BIN/sort-zone` =~ m{=> (\S*/libasan\S*)};
$ENV{ASAN_OPTIONS} = 'detect_leaks=0';
$ENV{TMPDIR} = $T;
$ENV{ZONEPIPE_LOCKDIR} = $T;
if (!-e $SHIM) {
	print "1..0 # SKIP no $SHIM: make check builds it\n";
	exit 0;
}

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
			$ENV{LD_PRELOAD} = defined $asan ? "$asan $SHIM" : $SHIM;
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
		print $to join("\t", $o{in}, $o{out}, $o{err}, $o{fault} // '-', $o{short} // 0,
			$o{count} // '-'), "\n";
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

# ---- what is run ------------------------------------------------------------
# A case has an input and a file that must stay as it was, or become what it
# becomes without faults.  few: a run takes long, so fewer of them; alone: not as
# one of 1000 zones.  Servers belong to the process that started them.

package Case {
	sub new {
		my ($class, $title, $program, $args, $in, %more) = @_;
		(my $dir = "$T/$title") =~ tr/ /_/;
		mkdir $dir;
		return bless {
			title => $title, program => $program, args => $args, in => $in, dir => $dir,
			err => "$dir/err", stdout => "$dir/stdout", out => "$dir/out", old => "old\n", bad => \&main::unsorted, %more,
		}, $class;
	}

	sub server {
		my ($self, @args) = @_;
		return $self->{servers}{"@args"} //= Server->new("$BIN/$self->{program}", @args);
	}

	sub stop {
		my ($self) = @_;
		delete $self->{servers};
	}

	# With -w over an old file.  Takes fault, short, count, in.
	sub run {
		my ($self, %o) = @_;
		$self->reset;
		return $self->server($self->writing)->run(in => $self->{in}, err => $self->{err},
			out => $self->{stdout}, %o);
	}

	sub reset {
		my ($self) = @_;
		main::spew($self->{out}, $self->{old});
	}

	sub writing {
		my ($self) = @_;
		return (@{ $self->{args} }, '-w', $self->{out});
	}

	# To stdout, which is a file.
	sub pipe {
		my ($self, %o) = @_;
		return $self->server(@{ $self->{args} })->run(in => $self->{in}, err => $self->{err},
			out => $self->{stdout}, %o);
	}

	# What came of it, as it must be where all went well.
	sub outcome {
		my ($self) = @_;
		return main::slurp($self->{out});
	}

	# The file that must not be half: is it whole, in either way?
	sub sound {
		my ($self, $renamed) = @_;
		my $out = main::slurp($self->{out}) // '(gone)';
		return $out eq $self->{old} || ($renamed && $out eq $self->{want});
	}

	# What is wrong with this outcome, or nothing.
	sub wrong {
		my ($self, $status, $what, %may) = @_;
		my $err = main::slurp($self->{err}) // '';
		my $signal = $status & 127;
		my $exit = $status >> 8;
		$err =~ s/\n.*//s;
		return "$what: hangs" if $signal == 14;
		return "$what: signal $signal: $err" if $signal && !$may{killed};
		if ($status == 0) {
			return () if $self->outcome eq $self->{want};
			return "$what: exit 0 with another output";
		}
		return "$what: exit $exit: $err" if !$signal && ($exit < 1 || $exit > 3);
		return "$what: no message" if $err eq '' && !$may{killed};
		return () if $self->sound($may{renamed});
		return "$what: the file was replaced";
	}
}

# Reads a master file on stdin: a cut one cannot be told from a whole one.
package Reader {
	our @ISA = ('Case');
}

# Writes FILE.new and a job line, and never FILE.
package Aside {
	our @ISA = ('Case');

	sub writing {
		my ($self) = @_;
		return ('-o', $self->{out});
	}

	sub reset {
		my ($self) = @_;
		unlink "$self->{out}.new";
		$self->SUPER::reset;
	}

	sub outcome {
		my ($self) = @_;
		return (main::slurp("$self->{out}.new") // '(none)') . main::slurp($self->{stdout});
	}

	sub sound {
		my ($self) = @_;
		my $job = main::slurp($self->{stdout});
		my $accepted = $job =~ /^(?:[^\t]*\t){7}0\t.*\n/m;
		return main::slurp($self->{out}) eq $self->{old} &&
		    (!$accepted || $self->outcome eq $self->{want});
	}
}

# Puts FILE.new in place.
package Commit {
	our @ISA = ('Case');

	sub writing { return ('--commit') }

	sub reset {
		my ($self) = @_;
		unlink glob "$self->{out}*";
		main::spew("$self->{out}.new", $self->{new});
		$self->SUPER::reset;
	}

	# Renames are its work: the new file, whole, is always sound.
	sub sound {
		my ($self) = @_;
		return $self->SUPER::sound(1);
	}
}

package main;

# ---- what is tried ----------------------------------------------------------

my $report;    # where a case's results go
sub result {
	my ($what, @bad) = @_;
	print $report @bad ? 'not ok' : 'ok', "\t$what\n";
	tr/\n/|/ for @bad;
	print $report "#\t$_\n" for @bad > 8 ? @bad[ 0 .. 7 ] : @bad;
}

# The calls of each kind that a run makes.
sub counts {
	my ($case) = @_;
	my $file = "$case->{dir}/counts";
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
		my $code = $call eq 'write' ? 'ENOSPC' : $call eq 'alloc' ? 'ENOMEM' : 'EIO';
		my @bad;
		for my $at (sample($n->{$call}, $case->{few} // 40)) {
			my $status = $case->run(fault => "$call:$at:$code");
			# What follows the rename may fail with the file in place.
			push @bad, $case->wrong($status, "$call number $at fails",
				renamed => scalar($call =~ /^(?:fsync|open|close|unlink|alloc)$/));
		}
		result("$case->{title}: each $call ($n->{$call}) fails once", @bad);
	}
}

sub nuisances {
	my ($case) = @_;
	for my $env (
		($case->{few} ? { short => 50000 } : ({ short => 1 }, { short => 7 }, { short => 1000 })),
		{ fault => 'read:%2:EINTR' }, { fault => 'write:%2:EINTR' }, { fault => 'poll:%2:EINTR' },
		{ fault => 'read:%3:EINTR', short => $case->{few} ? 50000 : 50 },
	) {
		my $what = join ' ', map { "$_ $env->{$_}" } sort keys %$env;
		my $status = $case->run(%$env);
		my $err = slurp($case->{err});
		result("$case->{title}: $what changes nothing",
			$status == 0 && $case->outcome eq $case->{want} ? () : "status $status $err");
	}
}

sub killed {
	my ($case, $n) = @_;
	my @bad;
	for my $at (sample($n->{'*'}, $case->{few} // 80)) {
		my $status = $case->run(fault => "*:$at:KILL");
		push @bad, $case->wrong($status, "killed at call $at", killed => 1, renamed => 1);
	}
	result("$case->{title}: killed at each of $n->{'*'} calls", @bad);
	@bad = ();
	for my $at (sample($n->{write}, $case->{few} // 20)) {
		my $status = $case->run(fault => "write:$at:HALF");
		push @bad, $case->wrong($status, "killed in write $at", killed => 1);
	}
	result("$case->{title}: killed in the midst of each write", @bad);
}

sub disk_full {
	my ($case, $n) = @_;
	my @bad;
	for my $at (sample($n->{write}, $case->{few} // 20)) {
		my $status = $case->run(fault => "write:$at+:ENOSPC");
		push @bad, $case->wrong($status, "disk full from write $at on");
		push @bad, "full from write $at on: exit $status" if $status >> 8 != 3;
	}
	result("$case->{title}: the disk is full from each write on", @bad);
	$case->reset;
	my $status = $case->isa('Aside') || $case->isa('Commit') ? $case->run(out => '/dev/full') :
	    $case->pipe(out => '/dev/full');
	result("$case->{title}: stdout is full", $status >> 8 == 3 ? () : "exit $status");
}

# Without -w: what a pipe would have carried.
sub cut_pipe {
	my ($case, $most) = @_;
	my $all = slurp($case->{in});
	my $cut = "$case->{dir}/cut";
	my @bad;
	my @at = sample(length($all) - 1, $most);
	for my $at (@at) {
		spew($cut, substr $all, 0, $at);
		my $status = $case->pipe(in => $cut);
		my $got = slurp($case->{stdout});
		# the one zone is whole once the line ";end ..." is
		my $ended = $at >= rindex($all, "\n;done");
		push @bad, "cut at $at: exit $status" if $status >> 8 != 1;
		push @bad, "cut at $at: ;done" if $got =~ /^;done/m;
		push @bad, "cut at $at: ;end" if !$ended && $got =~ /^;end/m;
	}
	result("$case->{title}: cut at each of " . @at . ' offsets', @bad);
}

sub cut_file {
	my ($case, $most) = @_;
	my $all = slurp($case->{in});
	my $cut = "$case->{dir}/cut";
	my @bad;
	my @at = sample(length($all) - 1, $most);
	for my $at (@at) {
		spew($cut, substr $all, 0, $at);
		my $status = $case->run(in => $cut);
		push @bad, "cut at $at: exit $status" if $status >> 8 != 1;
		push @bad, $case->wrong($status, "cut at $at");
	}
	result("$case->{title}: cut at each of " . @at . ' offsets, into a file', @bad);
}

# 1000 zones, the one in the middle with something that cannot be.
sub one_bad_zone {
	my ($case) = @_;
	my $in = "$case->{dir}/many";
	spew($in, whole(map { $_ == 500 ? $case->{bad}->("z$_.") : small("z$_.") } 1 .. 1000));
	my $status = $case->pipe(in => $in);
	my $got = slurp($case->{stdout});
	my $end = () = $got =~ /^;end /mg;
	result("$case->{title}: one bad zone of 1000: 999 come out",
		($status >> 8 == 1 ? () : "exit $status " . substr(slurp($case->{err}), 0, 300)),
		($end == 999 ? () : "$end came out"),
		($got =~ /^;fail z500\. 1 /m ? () : 'no ;fail'),
		($got =~ /^;done zones=1000 failed=1$/m ? () : 'no ;done'));
}

sub suite {
	my ($case) = @_;
	my $plain = $case->run;
	$case->{want} = $case->outcome;
	if ($plain != 0) {
		result("$case->{title}: works without faults", "exit $plain", slurp($case->{err}));
		return;
	}
	my ($status, $n) = counts($case);
	result("$case->{title}: works without faults",
		$status == 0 && $case->outcome eq $case->{want} && $n->{read} > 0 && $n->{write} > 0 ? () :
		    "status $status");
	single_failures($case, $n);
	nuisances($case);
	killed($case, $n);
	disk_full($case, $n);
	return if $case->isa('Reader') || $case->isa('Commit') || $case->{few};
	# All read through one reader: the first shows each offset, the others some.
	cut_pipe($case, $ENV{FAULTS_CUTS} // ($case->{program} eq 'sort-zone' ? 2000 : 150))
	    if !$case->isa('Aside');
	cut_file($case, 60);
	one_bad_zone($case) if !$case->isa('Aside') && !$case->{alone};
}

# ---- zones and streams ------------------------------------------------------

my $key = "$T/key.pem";
system("openssl genpkey -algorithm ED25519 -out $key 2>/dev/null && chmod 600 $key") == 0
    or die 'openssl';
my $public = `openssl pkey -in $key -pubout -outform DER`;
my $dnskey = '257 3 15 ' . encode_base64(substr($public, -32), '');
my $now = '20260101000000';

my @zone = (
	'example. 3600 SOA ns1.example. hostmaster.example. 7 3600 900 604800 300',
	'example. 3600 NS ns1.example.', 'example. 3600 NS ns2.example.', "example. 3600 DNSKEY $dnskey",
	(map { "ns$_.example. 3600 A 192.0.2.$_" } 1 .. 2),
	(map { ("host$_.example. 300 A 198.51.100.$_", "host$_.example. 300 TXT \"host number $_\"") } 1 .. 20),
	(map { ("child$_.example. 3600 NS ns.child$_.example.", "ns.child$_.example. 3600 A 203.0.113.$_") } 1 .. 3),
	'*.wild.example. 60 MX 10 host1.example.', 'alias.example. 60 CNAME host1.example.',
);

# Lines "owner ttl type rdata" as a zone of a stream.
sub stream {
	my ($name, @lines) = @_;
	my $max = 0;
	my $records = '';
	for (@lines) {
		my ($owner, $ttl, $type, $rdata) = split / /, $_, 4;
		$max = $ttl if $ttl > $max;
		$records .= "$owner\t$ttl\tIN\t$type\t$rdata\n";
	}
	return ";zone $name\n$records;end $name records=" . @lines . " max-ttl=$max\n";
}

sub whole {
	my (@zones) = @_;
	return ";zonetext 1\n" . join('', @zones) . ';done zones=' . @zones . " failed=0\n";
}

sub small {
	my ($name, @more) = @_;
	return stream($name, "$name 60 SOA ns.x. h.x. 7 1 1 1 1", "$name 60 NS ns.x.",
		"$name 60 DNSKEY $dnskey", @more);
}

# Neither in order nor sound.
sub unsorted {
	my ($name) = @_;
	return small($name, "b.$name 60 A 192.0.2.1", "b.$name 60 CNAME x.", "a.$name 60 A 192.0.2.1");
}

# Set-serial looks at nothing else.
sub without_soa {
	my ($name) = @_;
	return stream($name, "$name 60 NS ns.x.");
}

# ---- the pipeline -----------------------------------------------------------

my (@cases, @missing);
# Run a case once and keep what it writes as the input of the next.
sub add {
	my ($class, $program, $args, $in, %more) = @_;
	my $title = delete $more{title} // $program;
	if (!-x "$BIN/$program" || !defined $in) {
		push @missing, $title;
		return undef;
	}
	my $case = $class->new($title, $program, $args, $in, %more);
	push @cases, $case;
	$case->run;
	my $out = $case->isa('Aside') ? "$case->{out}.new" : $case->{out};
	my $stage = spew("$case->{dir}/stage", slurp($out) // '');
	$case->stop;
	return $stage;
}

my $master = spew("$T/master", join '', map { s/^(\S+ \S+) /$1 IN /r . "\n" } @zone);
my $read   = spew("$T/read", whole(stream('example.', @zone[ 0, 1 ], reverse @zone[ 2 .. $#zone ])));
my @sign = ('--ksk', "15:file:$key", '--zsk', "15:file:$key", '--now', $now, '--seed', 'x', '-j', 2);
add('Reader', 'read-zone', [ '-o', 'example.', '-' ], $master);
my $sorted  = add('Case', 'sort-zone', [ '-S', '12M' ], $read);
# 7 MB where 4 MB are for sorting: two runs, and a chunk beside them.
my $text = join ' ', ('"' . ('x' x 250) . '"') x 8;
my $large = spew("$T/large", whole(stream('example.', @zone[ 0, 1 ],
	map { 't' . $_ * 7919 % 3500 . ".example. 60 TXT $text" } 1 .. 3500)));
add('Case', 'sort-zone', [ '-S', '12M' ], $large, title => 'sort-zone spilling', few => 12);
my $serial  = add('Case', 'set-serial', [ '-m', 'counter', '--now', $now ], $sorted,
	bad => \&without_soa) // $sorted;
my $placed = add('Case', 'add-zonemd', ['--placeholder'], $serial, title => 'add-zonemd --placeholder',
	bad => \&without_soa);
add('Case', 'add-zonemd', [], $placed, alone => 1);
my $chained = add('Case', 'add-nsec', [], $serial);
add('Case', 'add-nsec3', [], $serial);
my $signed = add('Case', 'sign-rrsets', \@sign, $chained // $serial);
my $aside = add('Aside', 'write-zones', [], $signed);
if (defined $aside) {
	my ($writer) = grep { $_->isa('Aside') } @cases;
	my $old = slurp($aside) =~ s/(SOA\t\S+ \S+) \d+/$1 1/r =~ s/serial=\d+/serial=1/gr;
	my $dir = "$T/write-zones_--commit";
	my $job = slurp($writer->{stdout}) =~ s{\Q$writer->{out}\E}{$dir/out}r;
	add('Commit', 'write-zones', [], spew("$T/job", $job), title => 'write-zones --commit',
		old => $old, new => slurp($aside));
}
@cases = grep { $_->{title} eq $ENV{FAULTS_ONLY} } @cases if defined $ENV{FAULTS_ONLY};

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
	my $text = slurp("$case->{dir}/report") || "not ok\t$case->{title}: no report\n";
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
print "# not built: @missing\n" if @missing;
print "1..$n\n";
exit($failed > 0 || $n == 0);

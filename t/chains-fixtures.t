#!/usr/bin/perl
# The denial chains against dnssec-signzone's and kzonesign's, record for
# record, on every fixture zone that loads and on zones made at random.
# What is compared is what sort-zone hands on: the reading is tested elsewhere.
use strict;
use warnings;
use File::Temp qw(tempdir);

my $F = $ENV{ZONE_FIXTURES} // '../shared/fixtures';
my $T = tempdir('zonepipe-t.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($n, $bad) = (0, 0);

sub ok {
	my ($good, $what, @why) = @_;
	printf "%sok %d - %s\n", $good ? '' : 'not ', ++$n, $what;
	return if $good;
	$bad++;
	print "# $_\n" for @why;
}

sub spew { my ($file, @lines) = @_; open my $fh, '>', $file or die "$file: $!"; print $fh @lines; close $fh or die $! }
sub slurp { my ($file) = @_; open my $fh, '<', $file or return (); return <$fh> }

# --- the judges ----------------------------------------------------------------

my %keys; # origin => base names
sub keys_of {
	my ($origin) = @_;
	return @{ $keys{$origin} } if $keys{$origin};
	my $dir = "$T/k" . scalar %keys;
	mkdir $dir or die $!;
	for my $flags ('-f KSK', '') {
		my $base = `dnssec-keygen -q -K $dir -a 13 $flags '$origin'`;
		chomp $base;
		push @{ $keys{$origin} }, "$dir/$base";
	}
	return @{ $keys{$origin} };
}

# Both give the NSEC or NSEC3 lines, or nothing when they do not load it.
sub bind_chain {
	my ($origin, $records, @options) = @_;
	my @keys = keys_of($origin);
	spew("$T/bind.in", $records, map { slurp("$_.key") } @keys);
	unlink "$T/bind.out";
	system("cd $T && dnssec-signzone -q -P -o '$origin' -O full -f bind.out @options bind.in @keys >bind.err 2>&1");
	return lines(grep { !/^;/ } slurp("$T/bind.out"));
}

sub knot_chain {
	my ($origin, $records, $policy) = @_;
	system('rm', '-rf', "$T/knot");
	mkdir $_ or die $! for "$T/knot", "$T/knot/out";
	spew("$T/knot/zone", $records);
	spew("$T/knot/conf", <<"C");
policy:
  - id: p
    algorithm: ecdsap256sha256
    cds-cdnskey-publish: none
$policy
template:
  - id: default
    storage: $T/knot
    kasp-db: $T/knot/keys
    file: zone
    dnssec-signing: on
    dnssec-policy: p
zone:
  - domain: $origin
C
	system("kzonesign -c $T/knot/conf -o $T/knot/out '$origin' >$T/knot/err 2>&1");
	my ($out) = glob "$T/knot/out/*";
	return $out ? lines(map { s/^(\S+\s+\d+)\s+/$1 IN /r } grep { !/^;/ } slurp($out)) : ();
}

# "owner ttl in type rdata" in lower case with single spaces; escapes that need not be are undone.
sub lines {
	return sort map { s/\s+/ /gr =~ s/ $//r =~ s/\\([^\d.\\])/$1/gr =~ s/^([^ ]*) (.*)$/"\L$1\E $2"/er }
	    map { lc } grep { /^\S+\s+\d+\s+IN\s+NSEC3?\s/ } @_;
}

sub ours {
	my ($stream, $filter) = @_;
	spew("$T/stream", $stream);
	return lines(`$filter <$T/stream 2>$T/err`);
}

# --- the comparison --------------------------------------------------------------

sub with_dnskeys { # the stream with two DNSKEY records at the apex, as the judges put there
	my ($stream, $origin) = @_;
	my @dnskeys = map { grep { /DNSKEY/ && !/^;/ } slurp("$_.key") } keys_of($origin);
	spew("$T/dnskeys", @dnskeys);
	spew("$T/plain", grep { !/^;/ } split /^/, $stream);
	return scalar `read-zone -o '$origin' $T/plain $T/dnskeys 2>/dev/null | sort-zone 2>/dev/null`;
}

my ($judged, $unjudged) = (0, 0);
my $knot3 = "    nsec3: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 0\n    nsec3-opt-out:";
sub compare {
	my ($what, $stream, $all) = @_;
	my ($origin) = $stream =~ /^;zone (\S+)/m;
	my $records = join '', grep { !/^;/ } split /^/, $stream;
	my $keyed = with_dnskeys($stream, $origin);
	my @judges = (
		[ 'BIND, NSEC', 'add-nsec', sub { bind_chain($origin, $records) } ],
		[ 'BIND, NSEC3 opt-out, salt', 'add-nsec3 --opt-out --salt AB', sub { bind_chain($origin, $records, '-3 AB -H 0 -A') } ],
		[ 'Knot, NSEC', 'add-nsec', sub { knot_chain($origin, $records, '') } ],
		[ 'Knot, NSEC3', 'add-nsec3', sub { knot_chain($origin, $records, "$knot3 off") } ],
		[ 'Knot, NSEC3 opt-out', 'add-nsec3 --opt-out', sub { knot_chain($origin, $records, "$knot3 on") } ],
	);
	@judges = @judges[0, 1, 3] unless $all || $ENV{CHAINS_ALL}; # each choice once; time is short in make check
	my (@differ, $by);
	for my $j (@judges) {
		my ($name, $filter, $run) = @$j;
		my @want = $run->() or next;
		my @got = ours($keyed, $filter);
		my %count;
		$by++;
		$count{$_}++ for @got;
		$count{$_}-- for @want;
		push @differ, map { ($count{$_} > 0 ? '+' : '-') . "$name: $_" } grep { $count{$_} } sort keys %count;
	}
	if (!$by) { $unjudged++; return }
	$judged++;
	ok(!@differ, "$what ($by chains)", @differ[0 .. ($#differ > 20 ? 20 : $#differ)]);
}

# --- zones made at random: few labels, so that all things meet ---------------------
sub random_zone {
	my ($seed) = @_;
	srand $seed;
	my @zone = ("\$ORIGIN example.\n\$TTL 3600\n", "@ SOA ns h 1 7200 3600 604800 " . (int(rand 2) ? 300 : 7200) . "\n", "@ NS ns.example.net.\n");
	my @label = ('a' .. 'e', '*', '\\001', 'a-b', 'Z', 'x\\.y');
	my @below = ('');
	my %kind;
	for (1 .. 60) {
		my $name = $label[rand @label] . $below[rand @below];
		next if $kind{$name} || ($name =~ tr/.//) > 6;
		my ($up, $dead) = ($name, 0);
		while ($up =~ s/^(?:\\\.|[^.])+\.//) { $dead = 1 if ($kind{$up} // '') eq 'dname' }
		next if $dead;
		my $k = (qw(a a mx ent ent ent plain plain signed glued dname cname caa self))[rand 14];
		$k = 'a' if $name =~ /^\*/ && $k =~ /plain|signed|glued|dname|self/;
		push @below, ".$name";
		next if $k eq 'ent';
		# Nothing may be below a DNAME, and none is made above what is there.
		$k = 'mx' if $k eq 'dname' && grep { /\Q.$name\E$/ } keys %kind;
		$kind{$name} = $k;
		push @zone, {
			a => "$name A 192.0.2.1\n$name TXT x\n", mx => "$name MX 1 mail.example.net.\n",
			caa => "$name CAA 0 issue \"x\"\n$name TYPE65400 \\# 1 00\n", cname => "$name CNAME elsewhere.example.net.\n",
			dname => "$name DNAME elsewhere.example.net.\n", plain => "$name NS ns.example.net.\n",
			signed => "$name NS ns.example.net.\n$name DS 1 13 2 " . '00' x 32 . "\n",
			glued => "$name NS ns.$name\nns.$name A 192.0.2.2\ndeep.er.ns.$name AAAA 2001:db8::1\n",
			self => "$name NS $name\n$name A 192.0.2.3\n",
		}->{$k};
	}
	return @zone;
}

my $made = 0;
for my $seed (1 .. ($ENV{CHAIN_SEEDS} // 8)) {
	spew("$T/random", random_zone($seed));
	my $stream = `read-zone -o example. $T/random 2>$T/err1 | sort-zone 2>$T/err2`;
	$stream =~ /^;end/m or print(map { "# seed $seed: $_" } slurp("$T/err1"), slurp("$T/err2")), next;
	$made++;
	compare("made at random, seed $seed", $stream, 1);
}
ok($made >= 6, "$made random zones were zones");

# --- the fixtures --------------------------------------------------------------------
if (-d $F) {
	my (%seen, @files, @large);
	my $Z = $ENV{ZONE_ZONES} // "$F/../zones";
	@large = grep { -f } "$Z/root-2020-10-19.signed.zone", glob "$F/zones-signed/*";
	for my $kind (qw(tld host)) {
		system("python3 $Z/make-zone.py $kind 1000 >$T/$kind 2>/dev/null") == 0 and push @large, "$T/$kind";
	}
	chomp(@files = `find $F/audit $F/alltypes $F/opendnssec-1.1.1 $F/signed-exact/test-data $F/zonemd $F/rfc -type f -size -300k`);
	for my $file ((sort @files), @large) {
		my @lines = slurp($file);
		next unless grep { /\sSOA\s/ } @lines;
		next if grep { /^\s*<|^Private-key|^\$INCLUDE/ } @lines;
		my $stream = `read-zone --strip '$file' 2>/dev/null | sort-zone 2>/dev/null`;
		next if $stream !~ /^;end/m || $seen{ join '', grep { !/^;/ } split /^/, $stream }++;
		compare($file =~ s{^\Q$F\E/}{}r, $stream);
	}
	ok($judged >= 40, "$judged zones were judged, $unjudged loaded nowhere else");
} else {
	ok(1, 'fixture zones # SKIP no fixtures (ZONE_FIXTURES)');
}
print "1..$n\n";
exit($bad > 0);

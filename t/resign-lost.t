#!/usr/bin/perl
# A key whose private half is gone, and is in no backup: one command, and the zone goes on.  What is published
# is judged by audit-zone, ldns-verify-zone and dnssec-verify, and by t/year-judge.pl, a resolver with caches
# of any age.
use strict;
use warnings;
use File::Path qw(make_path);
use File::Temp ();
use POSIX ();
use Storable ();
use Test::More;
BEGIN { require './t/year-judge.pl' }

my $HOUR = 3600;
my $T = File::Temp::tempdir('zonepipe-t.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $start = main::epoch('20260101000000');
my ($now, $dir, $judge, @trouble, $inode, $edits);
my $zone = 'a.example';
my ($dnssec_verify) = grep { -x } map { "$_/dnssec-verify" } split /:/, "$ENV{PATH}:/usr/sbin";

sub spew { my ($file, $text, $how) = @_; open my $f, $how // '>', $file or die "$file: $!"; print $f $text; close $f or die $!; return }
sub slurp { my ($file) = @_; local $/; open my $f, '<', $file or die "$file: $!"; return scalar <$f> }
sub stamp { return POSIX::strftime('%Y%m%d%H%M%S', gmtime $now) }
sub run { # exit status and all that was said
	my $pid = open(my $f, '-|') // die $!;
	if (!$pid) {
		open STDERR, '>&', \*STDOUT or die $!;
		exec @_ or die "$_[0]: $!";
	}
	my $out = do { local $/; <$f> } // '';
	close $f;
	return ($? >> 8, $out);
}
sub ks { return run('keystate', '-c', "$dir/etc/conf.xml", @_, '--now', $now) }
sub does { # WHAT, ARGUMENTS of keystate: what it said
	my ($what, @args) = @_;
	my ($rc, $out) = ks(@args);
	ok($rc == 0, $what) or diag($out);
	return $out;
}

# Hours in place of days.  The servers lag an hour, as the policy says.
sub install { # NAME: an installation of its own
	my ($name, %o) = @_;
	$dir = "$T/$name";
	$now = $start;
	$inode = $edits = 0;
	$judge = Judge->new(lag => $HOUR, parent_lag => $HOUR);
	$judge->ds($now - 7 * 24 * $HOUR, 4 * $HOUR);
	make_path("$dir/etc", "$dir/state/unsigned", "$dir/state/signed", "$dir/state/tmp");
	my $xml = slurp('etc/conf.xml');
	$xml =~ s{/etc/opendnssec}{$dir/etc}g;
	$xml =~ s{/var/opendnssec}{$dir/state}g;
	$xml =~ s{<RepositoryList>.*</RepositoryList>}{<RepositoryList><Repository name="files"><Directory>$dir/keys</Directory></Repository></RepositoryList>}s;
	$xml =~ s{<Syslog>.*?</Syslog>}{}s;
	$xml =~ s{<Interval>.*?</Interval>}{<Interval>PT2H</Interval>};
	spew("$dir/etc/conf.xml", $xml);
	my $key = sub { "<Algorithm>13</Algorithm><Lifetime>$_[0]</Lifetime><Repository>files</Repository><Standby>$_[1]</Standby>" };
	spew("$dir/etc/kasp.xml", '<?xml version="1.0"?><KASP><Policy name="default"><Description>hours</Description>'
		. "<Signatures><Resign>PT2H</Resign><Refresh>P1D</Refresh><Validity><Default>P3D</Default><Denial>P3D</Denial>"
		. "<Keys>P3D</Keys></Validity><Jitter>PT1H</Jitter><InceptionOffset>PT10M</InceptionOffset></Signatures>"
		. '<Denial><NSEC/></Denial><Keys><TTL>PT1H</TTL><RetireSafety>PT1H</RetireSafety><PublishSafety>PT1H</PublishSafety>'
		. '<Purge>P1D</Purge><KSK>' . $key->('P1Y', $o{ksk_standby} // 0) . '</KSK><ZSK>' . $key->('P90D', $o{zsk_standby} // 0)
		. '</ZSK></Keys><Zone><PropagationDelay>PT1H</PropagationDelay><SOA><TTL>PT1H</TTL><Minimum>PT10M</Minimum>'
		. '<Serial>counter</Serial></SOA></Zone><Parent><PropagationDelay>PT1H</PropagationDelay><DS><TTL>PT4H</TTL></DS>'
		. '<SOA><TTL>PT1H</TTL><Minimum>PT1H</Minimum></SOA></Parent><Audit/></Policy></KASP>');
	spew("$dir/state/unsigned/$zone", "\$TTL 3600\n\@ SOA ns hostmaster 1 7200 3600 1209600 3600\n\@ NS ns\nns A 192.0.2.1\n");
	utime $now - 60, $now - 60, "$dir/state/unsigned/$zone";
	does("$name: setup", 'setup');
	does("$name: zone add", 'zone', 'add', '-z', $zone);
	return;
}

# Keys as { id, tag, type, state, ... }: the columns of keys.db.
sub keys_db {
	my ($columns, @keys);
	for (split /\n/, slurp("$dir/state/keys.db")) {
		if (/^;zone\t/) {
			$columns = [ split /\t/, substr $_, 1 ];
		} elsif (!/^;/) {
			my %k;
			@k{@$columns} = split /\t/;
			push @keys, \%k if $k{zone} eq $zone;
		}
	}
	return @keys;
}
sub key { # TYPE STATE
	my ($type, $state) = @_;
	my ($k) = grep { $_->{type} eq $type && $_->{state} eq $state } keys_db();
	return $k;
}
sub tags { # of the keys that made a signature over what a pattern names, by name and type
	my ($what) = @_;
	my %by;
	for (split /\n/, slurp("$dir/state/signed/$zone")) {
		my ($owner, undef, undef, $type, $rdata) = split /\t/;
		next if !defined $type || $type ne 'RRSIG';
		my ($covered, $tag) = (split / /, $rdata)[0, 6];
		$by{$tag}++ if "$owner $covered" =~ $what;
	}
	return join ' ', sort keys %by;
}
sub dnskeys { my $z = Judge::parse("$dir/state/signed/$zone"); return join ' ', sort map { s{/.*}{}r } keys %{ $z->{dnskey}{keys} } }
sub lose { # its key file, for real
	my ($k) = @_;
	my ($file) = glob "$dir/keys/$k->{id}*";
	unlink $file or die "$k->{id}: $!";
	return $k;
}
sub edit {
	$edits++;
	spew("$dir/state/unsigned/$zone", "e$edits A 192.0.2.2\n", '>>');
	utime $now - 60, $now - 60, "$dir/state/unsigned/$zone";
	return;
}
sub valid {
	my $file = "$dir/state/signed/$zone";
	my @judges = ([ 'audit-zone', '-q', '--now', $now, $file ], [ 'ldns-verify-zone', '-t', stamp(), $file ]);
	push @judges, [ 'env', "CLOCK_AT=$now", "LD_PRELOAD=$T/clock-at.so", $dnssec_verify, '-q', '-o', $zone, $file ] if $dnssec_verify;
	for (@judges) {
		my ($rc, $out) = run(@$_);
		# A convention of its own, not a validator's (RFC 4034 §2.1.1): a KSK stands in for the lost ZSK.
		next if $_->[0] eq 'env' && $out =~ /^Missing ZSK for algorithm/ && grep { $_->{type} eq 'ZSK' && $_->{compromised} & 2 && $_->{state} eq 'active' } keys_db();
		push @trouble, stamp() . ": $_->[0]: $out" if $rc != 0;
	}
	return;
}
# One run of resign: its status and what it said.  What it published is judged, by the validators where
# another key signs or is there.
my $judged = '';
sub resign {
	my ($rc, $out) = run('resign', '-c', "$dir/etc/conf.xml", '--now', $now);
	my $new = (stat "$dir/state/signed/$zone")[1];
	if ($new != $inode) {
		push @trouble, map { stamp() . ": $_" } $judge->publish($now, Judge::parse("$dir/state/signed/$zone"));
		$inode = $new;
		my $keys = dnskeys() . ':' . tags(qr/ DNSKEY$/) . ':' . tags(qr/^(?!.* DNSKEY$)/);
		valid() if $keys ne $judged;
		$judged = $keys;
	} else {
		push @trouble, map { stamp() . ": $_" } $judge->check($now);
	}
	return ($rc, $out);
}
sub parent { # the DS set from now on
	push @trouble, map { stamp() . ": $_" } $judge->ds($now, 4 * $HOUR, map { "$_->{tag}/13" } @_);
	return;
}
# Hours go by, two at a time, the zone edited every six, until the condition holds: the hours it took.
sub until_ {
	my ($what, $most, $good, $step) = @_;
	my $from = $now;
	my ($rc, $out);
	while (1) {
		edit() if ($now - $start) / $HOUR % 6 == 0;
		($rc, $out) = resign();
		if ($rc != 0) {
			push @trouble, stamp() . ": resign $rc: $out";
			last;
		}
		last if $good->();
		last if $now - $from >= $most * $HOUR;
		$now += ($step // 2) * $HOUR;
	}
	ok($good->(), $what) or diag(stamp(), ": $out", `keystate -c $dir/etc/conf.xml key list -v -a`);
	return ($now - $from) / $HOUR;
}
sub nothing_broke {
	my ($what) = @_;
	is(join("\n", @trouble > 12 ? @trouble[0 .. 11] : @trouble), '', "$what: no chain broke, for no cache");
	@trouble = ();
	return;
}
# A zone with its DS in the parent; where it is like the one before, that one as it was then.
my $snapshot;
sub secured {
	my ($name, %o) = @_;
	if ($snapshot && !%o) {
		($dir, $now, $edits) = @$snapshot{qw(dir now edits)};
		$judge = Storable::dclone($snapshot->{judge});
		system('rm', '-rf', $dir) == 0 && system('cp', '-a', "$T/snapshot", $dir) == 0 or die $!;
		$inode = (stat "$dir/state/signed/$zone")[1];
		return;
	}
	install($name, %o);
	until_("$name: its KSK is ready", 24, sub { key('KSK', 'ready') });
	parent(key('KSK', 'ready'));
	does("$name: ds-seen", 'key', 'ds-seen', '-z', $zone, '-x', key('KSK', 'ready')->{tag});
	$now += 8 * $HOUR;
	resign();
	nothing_broke("$name: at first");
	return if %o;
	system('cp', '-a', $dir, "$T/snapshot") == 0 or die $!;
	$snapshot = { dir => $dir, now => $now, edits => $edits, judge => Storable::dclone($judge) };
	return;
}

my ($rc, $out) = run(split(/ /, $ENV{CC} // 'gcc'), '-O1', '-shared', '-fPIC', '-o', "$T/clock-at.so", 't/clock-at.c');
$dnssec_verify = undef if $rc != 0;
note('dnssec-verify is not there, or no compiler for t/clock-at.c') unless $dnssec_verify;

# --- a ZSK ----------------------------------------------------------------------------------------------
secured('zsk');
my ($old, $ksk) = (key('ZSK', 'active'), key('KSK', 'active'));
($rc, $out) = ks('key', 'rollover', '-z', $zone, '-t', 'ZSK', '--lost');
is("$rc $out", "1 keystate: no key is lost: each is in its repository; key rollover without --lost replaces one\n", 'a key that is there is not lost');
lose($old);
edit();
($rc, $out) = resign();
is($rc, 2, 'without it the zone cannot be signed');
like($out, qr/key $old->{id} is not among its 1: .*without one: keystate key rollover --lost/, 'the message names the way out');
$out = does('which is one command', 'key', 'rollover', '-z', $zone, '-t', 'ZSK', '--lost');
like($out, qr/^ZSK $old->{id} is not in repository files$/m, 'it says which key');
like($out, qr/^$zone: KSK $ksk->{id} \(tag $ksk->{tag}\) signs in its place until another ZSK is known .*resign$/m, 'and who signs');
($rc, $out) = resign();
is($rc, 0, 'the zone is published at once') or diag($out);
is(tags(qr/SOA|^e$edits\./), $ksk->{tag}, 'the KSK signed what had to be signed');
like(tags(qr/ (NS|A)$/), qr/\b$old->{tag}\b/, 'what the lost key signed is kept');
my $next = key('ZSK', 'publish');
is(dnskeys(), join(' ', sort map { $_->{tag} } $old, $ksk, $next), 'beside its DNSKEY there is another ZSK');
my $took = until_('which takes over', 10, sub { key('ZSK', 'active')->{tag} == $next->{tag} });
is($took, 4, 'once every cache knows it: DNSKEY TTL, delay and safety');
is(tags(qr/^(?!.* DNSKEY$)/), join(' ', sort $old->{tag}, $next->{tag}), 'and the KSK signs DNSKEY alone again');
like(dnskeys(), qr/\b$old->{tag}\b/, 'the lost DNSKEY stays for the signatures that are left');
until_('until the last one has left every cache', 72, sub { !key('ZSK', 'retire') }, 6);
$now += 2 * $HOUR;
resign();
is(dnskeys(), join(' ', sort $ksk->{tag}, $next->{tag}), 'then it goes');
until_('the dead key is purged', 48, sub { !grep { $_->{tag} == $old->{tag} } keys_db() }, 6);
nothing_broke('a lost ZSK');

# --- with a standby key, in an emergency, where the repository is gone ------------------------------------
secured('standby', zsk_standby => 1);
until_('a standby ZSK is ready', 12, sub { key('ZSK', 'ready') });
($old, $next) = (lose(key('ZSK', 'active')), key('ZSK', 'ready'));
$out = does('an emergency rollover of a lost key', 'key', 'rollover', '-z', $zone, '-t', 'ZSK', '--emergency');
like($out, qr/^ZSK $old->{id} is not in repository files$/m, 'sees that it is lost');
edit();
($rc, $out) = resign();
is($rc, 0, 'the zone is published at once') or diag($out);
is(tags(qr/^(?!.* DNSKEY$)/), $next->{tag}, 'signed by the standby key alone: the old one is compromised too');
nothing_broke('a lost ZSK with a standby');
$now += 8 * $HOUR;
resign();
lose($next = key('ZSK', 'ready') // key('ZSK', 'publish'));
does('a standby key that is lost', 'key', 'rollover', '-z', $zone, '-t', 'ZSK', '--lost');
resign();
ok(!grep({ $_->{id} eq $next->{id} && $_->{state} ne 'dead' } keys_db()), 'is not used');
rename "$dir/keys", "$dir/away" or die $!;
($rc, $out) = ks('key', 'rollover', '-z', $zone, '-t', 'ZSK', '--lost');
is($rc, 2, 'of a repository that does not open nobody knows');
like($out, qr/Repository files does not open: .*Is it gone for good.*Not without --yes/, 'so it asks');
($rc, $out) = ks('key', 'rollover', '-z', $zone, '-t', 'ZSK', '--emergency');
like($out, qr/whether its keys are there is not known: .*key rollover --lost/, 'and --emergency says how it would');
$out = does('and believes it', 'key', 'rollover', '-z', $zone, '-t', 'ZSK', '--lost', '--yes');
is(scalar(grep { $_->{type} eq 'ZSK' && $_->{compromised} & 2 } keys_db()), 4, 'all of its ZSKs are lost');

# --- a KSK: the DS of the next one first, while the DNSKEY RRset stays ---------------------------------------
# Signed half a day before by the key that is gone: is its signature still what the zone shows?
secured('ksk');
until_('half a day', 12, sub { $now % (12 * $HOUR) == 0 }, 4);
my $zsk;
($old, $zsk) = (lose(key('KSK', 'active')), key('ZSK', 'active'));
$out = does('the same command', 'key', 'rollover', '-z', $zone, '--lost');
like($out, qr/^KSK $old->{id} is not in repository files$/m, 'says which key is gone');
like($out, qr/^zone $zone: its KSK $old->{id} \(tag $old->{tag}\) is lost, and its last signature of the DNSKEY RRset ends at 2026-01-0\d \S+: .*beside the old one before .*every DS of the zone removed before .*bogus/m,
	'and what to do by when');
edit();
($rc, $out) = resign();
is($rc, 0, 'a change is published') or diag($out);
like($out, qr/lost, and its last signature.*please submit the new DS for $zone /s, 'a DS is asked for');
$next = key('KSK', 'dssub');
like(does('it is printed', qw(key export -z), $zone, qw(--ds --keystate dssub)), qr/\tDS\t$next->{tag} 13 2 /, 'as the message says');
is(dnskeys(), join(' ', sort $old->{tag}, $zsk->{tag}), 'the DNSKEY RRset stays as it was');
is(tags(qr/ DNSKEY$/), $old->{tag}, 'with the signature of the lost key');
does('a ZSK rollover meanwhile', 'key', 'rollover', '-z', $zone, '-t', 'ZSK');
my $at = $now;
until_('waits', 26, sub { $now - $at >= 24 * $HOUR }, 6);
is(dnskeys(), join(' ', sort $old->{tag}, $zsk->{tag}), 'for nothing may change there');
parent($old, $next);
does('ds-seen', 'key', 'ds-seen', '-z', $zone, '-x', $next->{tag});
$took = until_('the next KSK comes into the zone', 12, sub { key('KSK', 'keypublish') });
is($took, 6, 'when every cache has its DS');
is(tags(qr/ DNSKEY$/), $next->{tag}, 'which it signs');
like(dnskeys(), qr/^\d+ \d+ \d+ \d+$/, 'and the ZSK that waited too');
until_('it takes over', 12, sub { key('KSK', 'active')->{tag} == $next->{tag} });
parent($next);
does('the old DS is gone', 'key', 'ds-gone', '-z', $zone, '-x', $old->{tag});
until_('the ZSK rolls', 12, sub { key('ZSK', 'active')->{tag} != $zsk->{tag} });
until_('the lost key is forgotten', 72, sub { !grep { $_->{tag} == $old->{tag} } keys_db() }, 6);
nothing_broke('a lost KSK');

# --- nobody brings a DS: it goes insecure, or is bogus until one comes -----------------------------------------
secured('late');
$old = lose(key('KSK', 'active'));
does('lost', 'key', 'rollover', '-z', $zone, '-t', 'KSK', '--lost');
resign();
until_('the signature ends', 90, sub { key('KSK', 'keypublish') }, 6);
$next = key('KSK', 'keypublish');
is(tags(qr/ DNSKEY$/), $next->{tag}, 'then the next KSK is in the zone at once');
isnt(join("\n", @trouble), '', 'which is bogus, of course');
is(join("\n", grep { !/leads nowhere|: DNSKEY: served until/ } @trouble), '', 'for its DS alone');
parent($next);
does('ds-seen of it', 'key', 'ds-seen', '-z', $zone, '-x', $next->{tag});
$now += 8 * $HOUR;
@trouble = ();
until_('it is active', 8, sub { key('KSK', 'active') && key('KSK', 'active')->{tag} == $next->{tag} });
does('the old DS', 'key', 'ds-gone', '-z', $zone, '-x', $old->{tag});
until_('the old key is dead', 48, sub { !grep { $_->{tag} == $old->{tag} && $_->{state} ne 'dead' } keys_db() });
nothing_broke('once the DS is there');

secured('insecure');
$old = lose(key('KSK', 'active'));
does('lost', 'key', 'rollover', '-z', $zone, '-t', 'KSK', '--lost');
resign();
parent();
does('every DS is gone', 'key', 'ds-gone', '-z', $zone, '--all', '--yes');
until_('the next KSK is published', 24, sub { my $k = key('KSK', 'publish'); $k && dnskeys() =~ /\b$k->{tag}\b/ });
until_('is ready', 12, sub { key('KSK', 'ready') });
$next = key('KSK', 'ready');
parent($next);
does('ds-seen', 'key', 'ds-seen', '-z', $zone, '-x', $next->{tag});
until_('replaces the lost one', 24, sub { !grep { $_->{tag} == $old->{tag} && $_->{state} ne 'dead' } keys_db() });
nothing_broke('insecure in between');

# --- all of it ---------------------------------------------------------------------------------------------------
secured('all');
lose($_) for $old = key('KSK', 'active'), $zsk = key('ZSK', 'active');
$out = does('both at once', 'key', 'rollover', '-z', $zone, '--lost');
like($out, qr/no KSK can sign in its place/, 'says that nothing can be signed');
edit();
($rc, $out) = resign();
is($rc, 1, 'the zone stays as it is') or diag($out);
$next = key('KSK', 'dssub');
parent($old, $next);
does('ds-seen', 'key', 'ds-seen', '-z', $zone, '-x', $next->{tag});
$now += 6 * $HOUR;
($rc, $out) = resign();
is($rc, 0, 'until every cache has the DS') or diag($out);
is(join("\n", grep { !/: (\S+ SOA|\S+ NSEC|e$edits\.$zone\. A) of/ } @trouble), '', 'what was signed before did not break');
$now += 4 * $HOUR;
resign();
@trouble = ();
until_('and the zone has keys again', 12, sub { key('KSK', 'active')->{tag} == $next->{tag} && key('ZSK', 'active')->{tag} != $zsk->{tag} });
$at = $now;
until_('a day later', 26, sub { $now - $at >= 24 * $HOUR }, 6);
nothing_broke('new keys');

done_testing();

# Required by t/resign-year: the judge of a zone's history, and that of a day's plan.  Written from RFC 4035
# and RFC 7583's terms, not from keystate's engine: it knows keys by "tag/algorithm" and nothing of states.
#
# A server may lag behind by `lag`, and a resolver keeps what it got from any server for its TTL.  The DS,
# DNSKEY and every other RRset are fetched independently, so any version of one may meet any of another.
# The resolver is a strict one (RFC 4035 §2.2, RFC 6781 §4.1.4): each algorithm of the DS RRset must lead to a
# DNSKEY that signs the DNSKEY RRset, and each algorithm of the DNSKEY RRset must have signed every RRset.
use strict;
use warnings;

package Judge;

# lag and parent_lag: seconds until the last server of the zone, and of its parent, has a version.
sub new {
	my ($class, %lags) = @_;
	return bless { lag => 0, parent_lag => 0, %lags, ds => [], dnskey => [], rrset => {}, bad => [] }, $class;
}

sub same {
	my ($a, $b) = @_;
	return 0 if $a->{ttl} != $b->{ttl};
	for my $set (qw(keys signers)) {
		return 0 if join(' ', sort keys %{ $a->{$set} // {} }) ne join(' ', sort keys %{ $b->{$set} // {} });
	}
	return 1;
}

# From now on this is served.  A version is { ttl, keys, signers, expires }, keys and signers being hashes.
sub put {
	my ($j, $what, $list, $v, $now, $lag) = @_;
	my $last = @$list ? $list->[-1] : undef;
	if ($last && !defined $last->{until}) {
		# RFC 4035 §5.3.1: no server may hand out what has expired.
		push @{ $j->{bad} }, "$what: served until " . ($now + $lag) . ", expired $last->{expires}"
			if defined $last->{expires} && $last->{expires} < $now + $lag;
		if ($v && same($last, $v)) {
			$last->{expires} = $v->{expires};
			return;
		}
		$last->{until} = $now;
	}
	push @$list, { %$v, from => $now } if $v;
	return;
}

sub ds {
	my ($j, $now, $ttl, @keys) = @_;
	$j->put('DS', $j->{ds}, { ttl => $ttl, keys => { map { $_ => 1 } @keys } }, $now, $j->{parent_lag});
	return $j->check($now);
}

# A file is in place: { dnskey => version, rrset => { name => version } }.
sub publish {
	my ($j, $now, $zone) = @_;
	$j->put('DNSKEY', $j->{dnskey}, $zone->{dnskey}, $now, $j->{lag});
	for my $name (keys %{ $zone->{rrset} }, keys %{ $j->{rrset} }) {
		$j->put($name, $j->{rrset}{$name} //= [], $zone->{rrset}{$name}, $now, $j->{lag});
	}
	return $j->check($now);
}

sub forget {
	my ($list, $now, $lag) = @_;
	@$list = grep { !defined $_->{until} || $_->{until} + $lag + $_->{ttl} > $now } @$list;
	return;
}

sub algorithms {
	my %seen = map { (split m{/}, $_)[1] => 1 } keys %{ $_[0] };
	return keys %seen;
}

sub show { return '{' . join(' ', sort keys %{ $_[0] // {} }) . '}' }

# All that is bogus for some resolver now, or was found to be before.
sub check {
	my ($j, $now) = @_;
	my @bad = splice @{ $j->{bad} };
	forget($j->{ds}, $now, $j->{parent_lag});
	forget($j->{dnskey}, $now, $j->{lag});
	my %class; # RRsets alike are judged once
	for my $name (keys %{ $j->{rrset} }) {
		my $list = $j->{rrset}{$name};
		forget($list, $now, $j->{lag});
		delete $j->{rrset}{$name} unless @$list;
		for my $v (@$list) {
			$class{ show($v->{keys}) } //= [ $v, $name ];
			push @bad, "$name: expired $v->{expires} and is served"
				if !defined $v->{until} && defined $v->{expires} && $v->{expires} <= $now;
		}
	}
	# Proven insecure: nothing is validated (RFC 4035 §5.2).
	my @secure = grep { %{ $_->{keys} } } @{ $j->{ds} };
	return @bad unless @secure;
	for my $dnskey (@{ $j->{dnskey} }) {
		for my $ds (@secure) {
			for my $algorithm (algorithms($ds->{keys})) {
				next if grep { (split m{/}, $_)[1] == $algorithm && $dnskey->{keys}{$_} && $dnskey->{signers}{$_} }
					keys %{ $ds->{keys} };
				push @bad, 'DS ' . show($ds->{keys}) . " of $ds->{from} leads nowhere in DNSKEY "
					. show($dnskey->{keys}) . ' signed by ' . show($dnskey->{signers}) . " of $dnskey->{from}";
			}
		}
		for my $c (values %class) {
			my ($v, $name) = @$c;
			for my $algorithm (algorithms($dnskey->{keys})) {
				next if grep { (split m{/}, $_)[1] == $algorithm && $dnskey->{keys}{$_} } keys %{ $v->{keys} };
				push @bad, "$name of $v->{from} signed by " . show($v->{keys}) . ' fails under DNSKEY '
					. show($dnskey->{keys}) . " of $dnskey->{from}";
			}
		}
	}
	return @bad;
}

# What a signed file shows: its DNSKEYs, who signed what, and until when, first which.
sub parse {
	my ($file) = @_;
	my (%ttl, %by, %keys, %expires, $apex, $serial, $first);
	open my $f, '<', $file or die "$file: $!";
	while (<$f>) {
		next if /^;/;
		chomp;
		my ($owner, $ttl, undef, $type, $rdata) = split /\t/;
		if ($type eq 'RRSIG') {
			my ($covered, $algorithm, undef, undef, $end, undef, $tag) = split / /, $rdata;
			my $name = "$owner $covered";
			$by{$name}{"$tag/$algorithm"} = 1;
			$end = main::epoch($end);
			$first = $end if !defined $first || $end < $first;
			$expires{$name} = $end if !defined $expires{$name} || $end < $expires{$name};
			next;
		}
		if ($type eq 'SOA') {
			$apex = $owner;
			$serial = (split / /, $rdata)[2];
		}
		if ($type eq 'DNSKEY') {
			my ($flags, undef, $algorithm, $public) = split / /, $rdata, 4;
			$keys{ main::key_tag($flags, $algorithm, $public) . "/$algorithm" } = 1;
		}
		$ttl{"$owner $type"} = $ttl;
	}
	close $f;
	my %zone = (serial => $serial, first => $first, rrset => {});
	for my $name (keys %ttl) {
		next unless $by{$name}; # glue and insecure delegations; validators count what lacks
		if ($name eq "$apex DNSKEY") {
			$zone{dnskey} = { ttl => $ttl{$name}, keys => \%keys, signers => $by{$name}, expires => $expires{$name} };
		} else {
			$zone{rrset}{$name} = { ttl => $ttl{$name}, keys => $by{$name}, expires => $expires{$name} };
		}
	}
	return \%zone;
}

package main;

use MIME::Base64 ();
use Time::Local ();

sub epoch { # YYYYMMDDHHMMSS
	my ($y, $mo, $d, $h, $mi, $s) = $_[0] =~ /^(....)-?(..)-?(..)T?(..):?(..):?(..)Z?$/ or die "$_[0]: no date";
	return Time::Local::timegm($s, $mi, $h, $d, $mo - 1, $y);
}

sub key_tag { # RFC 4034 appendix B
	my ($flags, $algorithm, $public) = @_;
	$public =~ s/ //g;
	my $sum = 0;
	my $n = 0;
	$sum += $n++ & 1 ? $_ : $_ << 8 for unpack 'C*', pack('nCC', $flags, 3, $algorithm) . MIME::Base64::decode($public);
	return ($sum + ($sum >> 16)) & 0xffff;
}

# Was the plan right?  Moves are { at, zone, type, id, from, to }, those of the plan with { latest }: may be earlier.
# owed are the duties it listed { at, zone, what, id, type }, done are those that were done: with { from }, of a
# backup the moment it was begun.  A duty that was done so much late may delay so much, one not done without end.
# loose names zones whose TTLs were edited meanwhile, edited those with any edit: it replaces signatures, so that a
# retired ZSK may be dead before.  group tells which zones wait for each other.  What is done hourly may be an hour
# late at each step.
sub is_done {
	my ($j, $o, $d) = @_;
	return 0 if $d->{what} ne $o->{what} || $d->{at} < $o->{at};
	return ($d->{from} // $d->{at}) >= $o->{at} if $o->{what} eq 'backup';
	return $j->{group}->($d->{zone}) eq $j->{group}->($o->{zone}) && $d->{type} eq $o->{type} if $o->{what} eq 'rollover';
	return $d->{zone} eq $o->{zone} && ($d->{id} eq $o->{id} || $o->{id} =~ /^new-/);
}

# By how much the duties that were owed at the moment of p have delayed it, as known at `when`; undef: who knows.
sub delay {
	my ($j, $p, $when) = @_;
	my $delay = 0;
	for my $o (grep { $_->{at} <= $p->{at} && $j->{group}->($_->{zone}) eq $j->{group}->($p->{zone}) } @{ $j->{owed} }) {
		my ($at) = sort { $a <=> $b } map { $_->{at} } grep { is_done($j, $o, $_) } @{ $j->{done} };
		return undef if !defined $at || $at > $when;
		$delay = $at - $o->{at} if $at - $o->{at} > $delay;
	}
	return $delay;
}

sub judge_plan {
	my (%a) = @_;
	my (@bad, %steps);
	$a{group} //= sub { return $_[0] };
	$a{done} //= [];
	my @plan = map { { %$_ } } sort { $a->{at} <=> $b->{at} } @{ $a{plan} };
	$_->{last} = $_->{at} + $a{step} * ++$steps{ $a{group}->($_->{zone}) } for @plan;
	@plan = grep { $_->{to} ne 'renewed' } @plan;
	for my $r (sort { $a->{at} <=> $b->{at} } @{ $a{real} }) {
		next if $a{loose}{ $r->{zone} };
		my $what = "$r->{zone} $r->{type} $r->{id} $r->{from} -> $r->{to}";
		my @fits = grep { !$_->{done} && $_->{zone} eq $r->{zone} && $_->{from} eq $r->{from} && $_->{to} eq $r->{to}
			&& $_->{type} eq $r->{type} } @plan;
		my ($p) = grep { $_->{id} eq $r->{id} } @fits;
		($p) = grep { $_->{id} =~ /^new-/ } @fits unless $p; # a key that was not made yet
		if (!$p) {
			push @bad, "$what at $r->{at}: not in the plan";
			next;
		}
		$p->{done} = 1;
		my $fades = $r->{type} eq 'ZSK' && $r->{to} eq 'dead' && ($p->{latest} || $a{edited}{ $r->{zone} });
		push @bad, "$what at $r->{at}: the plan said $p->{at}" if $r->{at} < $p->{at} && !$fades;
		my $delay = delay(\%a, $p, $r->{at});
		push @bad, "$what at $r->{at}: late, the plan said $p->{at}" . ($delay ? " and a duty was done $delay s late" : '')
			if defined $delay && $r->{at} > $p->{last} + $delay;
	}
	for my $p (grep { !$_->{done} } @plan) {
		next if $a{loose}{ $p->{zone} };
		my $delay = delay(\%a, $p, $a{until});
		next if !defined $delay || $p->{last} + $delay > $a{until};
		push @bad, "$p->{zone} $p->{type} $p->{id} $p->{from} -> $p->{to}: planned for $p->{at}, did not happen";
	}
	return @bad;
}

1;

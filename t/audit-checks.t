#!/usr/bin/perl
# One mutation of a valid zone for every check: it fires that check and nothing
# else, and --ignore of that check silences it.  So a check that is disabled,
# or fires elsewhere, fails a test.
use strict;
use warnings;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $T = $Zone::T;
my ($ksk, $zsk) = Zone::keys_of('example.', 13);
my %base = (
	nsec => Zone::base('nsec', $Zone::PLAIN, $ksk, $zsk),
	nsec3 => Zone::base('nsec3', $Zone::PLAIN, $ksk, $zsk, '-3 -', '-H 0'),
	optout => Zone::base('optout', $Zone::PLAIN, $ksk, $zsk, '-3 -', '-H 0', '-A'),
);
my %fired;

# For t/bench/verdicts: the zones, and what was done to them.
my $kept = 0;
sub keep {
	my ($what, $base, $file, @options) = @_;
	my $folder = $ENV{AUDIT_KEEP} // return;
	return if grep { !/^(--now|-o)/ } @options; # what peers cannot be asked
	$kept++;
	system('cp', $file, "$folder/$kept") == 0 or die;
	open my $index, '>>', "$folder/index" or die "index: $!";
	print $index join("\t", $what, $base, $kept, "@options"), "\n";
}

for my $b (sort keys %base) {
	my ($status, $count, $err, $line) = Zone::audit("$T/$b.signed");
	keep('base', $b, "$T/$b.signed");
	is($status, 0, "$b: exit 0 on the unmutated zone");
	is_deeply($count, {}, "$b: no finding on the unmutated zone") or diag $err;
	like($line, qr/^example\. valid /, "$b: the closing line says so");
}

my %severity = map { my @f = split /\t/; $f[0] => $f[1] } split /\n/, `audit-zone --list-checks`;

# fires(CHECK, BASE, mutation, option => value...): more, the options;
# also => [checks] that cannot but come along.
sub fires {
	my ($check, $base, $code, %o) = @_;
	my $z = $base{$base}->copy;
	my $name = "$check ($base)";
	$code->($z);
	my $file = $o{file} // $z->save("$T/mutant");
	my @options = @{ $o{options} // [] };
	keep($check, $base, $file, @options);
	# make audit-checks-all: as if the check were not there.
	my @off = $ENV{AUDIT_OFF} ? "--ignore $check" : ();
	my ($status, $count, $err) = Zone::audit($file, @options, @off);
	my %want = map { $_ => 1 } $check, @{ $o{also} // [] };
	is_deeply([ sort keys %$count ], [ sort keys %want ], "$name: fires, alone")
	    or diag $err;
	like($err, $o{like} // qr/\[\Q$check\E\]/, "$name: the finding") ;
	my $bad = grep { $severity{$_} eq 'error' } keys %want;
	is($status, $bad ? 1 : 0, "$name: exit status");
	delete $want{$check};
	($status, $count, $err) = Zone::audit($file, @options, "--ignore $check");
	is_deeply([ sort keys %$count ], [ sort keys %want ], "$name: --ignore") or diag $err;
	$fired{$check} = 1;
}

# Write the text behind the zone as it is.
sub tail { my $t = shift; return sub { $_[0]{tail} = $t } }

# --- the file ----------------------------------------------------------------
fires('syntax', 'nsec', tail("www.example. 3600 IN A 192.0.2\n"), like => qr/mutant:\d+: www.example. A: /);
fires('syntax', 'nsec', tail("www.example. 3600 IN NOTYPE 1\n"));
fires('syntax', 'nsec', tail("www.example. 3600 IN A (192.0.2.7\n"), like => qr/truncated/);
fires('syntax', 'nsec', tail("www.example. 2147483648 IN A 192.0.2.6\n"), like => qr/RFC 2181/);
fires('no-newline', 'nsec', tail("; cut"));
fires('class', 'nsec', tail("www.example. 3600 CH TXT \"x\"\n"));
fires('out-of-zone', 'nsec', tail("www.elsewhere. 3600 IN A 192.0.2.7\n"));
fires('duplicate-record', 'nsec', tail("www.example. 3600 IN A 192.0.2.6\n"));
fires('ttl-mismatch', 'nsec', sub {
	my $z = shift;
	$z->add('www', 3600, 'A', '192.0.2.7');
	$z->resign('www', 'A');
	($z->find('www', 'A'))[1]{l} = 60;
});
fires('rrset-size', 'nsec', sub {
	my $z = shift;
	$z->add('www', 3600, 'TXT', '"' . ('x' x 250) . sprintf('%05d"', $_)) for 1 .. 260;
});
fires('owner-types', 'nsec', sub {
	my $z = shift;
	$z->add('ns.insecure', 3600, "TYPE$_", '\# 1 00') for 2000 .. 3100;
}, also => ['occluded-data']);
fires('type-unreadable', 'nsec', sub {
	my $z = shift;
	$z->add('www', 3600, 'TYPE34', '\# 1 00');
	$z->resign('www', 'TYPE34');
	$z->edit('www', 'NSEC', sub { s/A TXT/A TXT ATMA/ });
	{ local $Zone::TYPE{ATMA} = 34; $z->resign('www', 'NSEC') }
	$z->{rr} = [ map { $_->{t} eq 'TYPE34' ? { %$_, t => 'ATMA', r => '+61200000000' } : $_ } @{ $z->{rr} } ];
});

for my $b (qw(nsec nsec3)) {
	my ($status, $count, $err, $line) = Zone::audit(Zone::spew("$T/stream", $base{$b}->stream));
	is_deeply($count, {}, "$b as a stream: no finding") or diag $err;
	like($line, qr/ valid /, 'and valid');
}
sub disorder { # owners, types, RDATA
	my ($from, $to) = @_;
	my $s = $base{nsec}->stream;
	$s =~ s/($from)($to)/$2$1/ or die "$from $to";
	return Zone::spew("$T/stream", $s);
}
fires('stream-order', 'nsec', sub { }, file => disorder(qr/^mail\.example\.\t.*\n/m, qr/(?:mail\..*\n)*(?:ns\..*\n)+/));
fires('stream-order', 'nsec', sub { }, file => disorder(qr/(?:^www\.example\.\t3600\tIN\tA.*\n.*\n)/m, qr/.*\tTXT.*\n.*\n/));
fires('stream-order', 'nsec', sub { }, file => disorder(qr/^example\.\t3600\tIN\tNS.*\n/m, qr/.*\tNS\t.*\n/));

# --- what every zone obeys ---------------------------------------------------
fires('soa-missing', 'nsec', sub {
	my $z = shift;
	$z->drop('@', 'SOA');
	$z->edit('@', 'NSEC', sub { s/ SOA// });
	$z->resign('@', 'NSEC');
}, options => ['-o example'], also => ['soa-first']);
fires('soa-first', 'nsec', sub { my $z = shift; push @{ $z->{rr} }, shift @{ $z->{rr} } });
fires('soa-multiple', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'SOA', 'ns.example. other.example. 2026010100 7200 3600 1209600 300');
	$z->resign('@', 'SOA');
});
fires('ns-missing', 'nsec', sub {
	my $z = shift;
	$z->drop('@', 'NS');
	$z->edit('@', 'NSEC', sub { s/^(\S+) NS/$1/ });
	$z->resign('@', 'NSEC');
});
fires('ns-count', 'nsec', sub {
	my $z = shift;
	$z->del('@', 'NS', qr/^ns2/);
	$z->resign('@', 'NS');
});
fires('ns-alias', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'NS', 'alias.example.');
	$z->resign('@', 'NS');
}, like => qr/alias\.example\. is an alias/);
fires('mx-alias', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'MX', '20 alias.example.');
	$z->resign('@', 'MX');
});
fires('glue-missing', 'nsec', sub { $_[0]->del('ns.insecure', 'A') });
fires('apex-ns-no-address', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'NS', 'nowhere.example.');
	$z->resign('@', 'NS');
});
fires('ns-no-address', 'nsec', sub { $_[0]->add('insecure', 3600, 'NS', 'nowhere.example.') });
fires('occluded-data', 'nsec', sub { $_[0]->add('ns.insecure', 3600, 'TXT', '"x"') });
fires('occluded-data', 'nsec3', sub { $_[0]->add('insecure', 3600, 'TXT', '"x"') });
fires('cname-other-data', 'nsec', sub {
	my $z = shift;
	$z->add('alias', 3600, 'TXT', '"x"');
	$z->resign('alias', 'TXT');
	$z->edit('alias', 'NSEC', sub { s/CNAME/CNAME TXT/ });
	$z->resign('alias', 'NSEC');
});
fires('cname-multiple', 'nsec', sub {
	my $z = shift;
	$z->add('alias', 3600, 'CNAME', 'www.example.');
	$z->resign('alias', 'CNAME');
});
fires('dname-multiple', 'nsec', sub {
	my $z = shift;
	$z->add('old', 3600, 'DNAME', 'www.example.');
	$z->resign('old', 'DNAME');
});
fires('dname-children', 'nsec', sub { $_[0]->add('x.old', 3600, 'A', '192.0.2.7') });
fires('deleg-apex', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'TYPE61440', '\# 1 00');
	$z->resign('@', 'TYPE61440');
	$z->edit('@', 'NSEC', sub { s/$/ TYPE61440/ });
	$z->resign('@', 'NSEC');
});

# --- signatures --------------------------------------------------------------
fires('zone-unsigned', 'nsec', sub {
	my $z = shift;
	$z->{rr} = [ grep { $_->{t} !~ /^(RRSIG|NSEC|DNSKEY)$/ } @{ $z->{rr} } ];
});
fires('rrsig-missing', 'nsec', sub { $_[0]->del('www', 'RRSIG(A)') });
fires('rrsig-missing', 'nsec', sub { $_[0]->del('secure', 'RRSIG(DS)') });
fires('rrsig-missing', 'nsec', sub { $_[0]->del('insecure', 'RRSIG(NSEC)') });
fires('rrsig-algorithm', 'nsec', sub { # .fj 2022: a key outside the chain
	my $z = shift;
	$z->{stranger} //= Zone::keygen('example.', 13);
	$z->resign('www', 'A', keys => [ $z->{stranger} ]);
}, also => ['rrsig-unknown-key']);
fires('rrsig-algorithm', 'nsec', sub { # a second algorithm that signs nothing
	my $z = shift;
	my $k = Zone::keygen('example.', 15);
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($k));
	$z->resign('@', 'DNSKEY');
});
fires('rrsig-bogus', 'nsec', sub { $_[0]->edit('www', 'A', sub { s/6$/7/ }) });
fires('rrsig-bogus', 'nsec', sub { $_[0]->edit('www', 'TXT', sub { s/text/Text/ }) });
fires('rrsig-bogus', 'nsec3', sub { $_[0]->edit('secure', 'DS', sub { s/ABCD/ABCE/ }) });
fires('rrsig-unknown-key', 'nsec', sub {
	my $z = shift;
	$z->sign('www', 'A', keys => [ Zone::keygen('example.', 13) ]);
});
fires('rrsig-new-algorithm', 'nsec', sub {
	my $z = shift;
	$z->sign('www', 'A', keys => [ $zsk ], alg => 15);
});
fires('rrsig-not-zone-key', 'nsec', sub {
	my $z = shift;
	my $k = { %{ Zone::keygen('example.', 13) }, flags => 0 };
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($k));
	$z->resign('@', 'DNSKEY');
	$z->resign('www', 'A', keys => [ $k ]);
}, also => ['dnskey-zone-bit']);
fires('rrsig-unsupported', 'nsec', sub {
	my $z = shift;
	my $k = { %{ Zone::keygen('example.', 13) }, algorithm => 253 };
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($k));
	$z->resign('@', 'DNSKEY');
	for my $r (grep { $_->{t} eq 'RRSIG' } @{ $z->{rr} }) {
		my ($t) = $r->{r} =~ /^(\S+)/;
		$z->sign($r->{o}, $t, keys => [ $k ]) if $r->{r} !~ /^DNSKEY/ || !$z->{done}++;
	}
});
fires('rrset-work', 'nsec', sub { # KeyTrap: as many signatures to try as one likes
	my $z = shift;
	$z->sign('www', 'A', keys => [ $zsk ]);
	my ($r) = $z->find('www', 'RRSIG(A)');
	$z->add('www', 3600, 'RRSIG', $r->{r} =~ s/.{12}$/sprintf 'AAA%07d==', $_/er) for 1 .. 40;
}, also => [qw(rrsig-bogus rrsig-duplicate)]);
fires('rrsig-labels', 'nsec', sub { $_[0]->resign('www', 'A', labels => 1) });
fires('rrsig-labels', 'nsec', sub { $_[0]->resign('www', 'A', labels => 3) });
fires('rrsig-labels', 'nsec', sub { $_[0]->resign('*.wild', 'TXT', labels => 3) });
fires('rrsig-original-ttl', 'nsec', sub { $_[0]->resign('www', 'A', ottl => 7200, ttl => 3600) });
fires('rrsig-ttl', 'nsec', sub { $_[0]->resign('www', 'A', ttl => 7200) });
fires('rrsig-signer', 'nsec', sub { $_[0]->resign('www', 'A', signer => 'other.example.') });
fires('rrsig-expired', 'nsec', sub { $_[0]->resign('www', 'A', inc => time - 86400, exp => time - 3600) });
fires('rrsig-not-yet-valid', 'nsec', sub { $_[0]->resign('www', 'A', inc => time + 3600) });
fires('rrsig-inverted', 'nsec', sub { $_[0]->resign('www', 'A', inc => time - 60, exp => time - 3600) });
fires('rrsig-duplicate', 'nsec', sub {
	$_[0]->sign('www', 'A', keys => [ $zsk ], exp => $_[0]{exp} + 60);
});
fires('rrsig-lifetime', 'nsec', sub { $_[0]->resign('www', 'A', exp => time + 500 * 86400) });
fires('rrsig-of-rrsig', 'nsec', sub {
	my $z = shift;
	my ($r) = $z->find('www', 'RRSIG(A)');
	(my $text = $r->{r}) =~ s/^A/RRSIG/;
	$z->add('www', 3600, 'RRSIG', $text);
});
fires('rrsig-on-glue', 'nsec', sub { $_[0]->sign('ns.insecure', 'A', keys => [ $zsk ]) });
fires('rrsig-on-delegation', 'nsec', sub { $_[0]->sign('insecure', 'NS', keys => [ $zsk ]) });
fires('rrsig-orphan', 'nsec', sub {
	my $z = shift;
	$z->drop('www', 'AAAA');
	my ($r) = $z->find('www', 'RRSIG(A)');
	(my $text = $r->{r}) =~ s/^A/AAAA/;
	$z->add('www', 3600, 'RRSIG', $text);
});
fires('horizon-ttl', 'nsec', sub { $_[0]->resign('www', 'A', exp => time + 1800) });
fires('horizon-ttl', 'nsec', sub { }, options => ['--horizon P40D'], also => []);
fires('horizon-expire', 'nsec', sub { $_[0]->resign('www', 'A', exp => time + 86400) });

# --- DNSKEY, DS, CDS ---------------------------------------------------------
sub publish { # one more DNSKEY, signed
	my ($z, $text) = @_;
	$z->add('@', 3600, 'DNSKEY', $text);
	$z->resign('@', 'DNSKEY');
}
fires('dnskey-not-apex', 'nsec', sub {
	my $z = shift;
	$z->add('www', 3600, 'DNSKEY', Zone::key_text($zsk));
	$z->resign('www', 'DNSKEY', keys => [ $zsk ]);
	$z->edit('www', 'NSEC', sub { s/$/ DNSKEY/ });
	$z->resign('www', 'NSEC');
});
fires('dnskey-protocol', 'nsec', sub { publish($_[0], "256 4 13 $zsk->{public}") });
fires('dnskey-zone-bit', 'nsec', sub { publish($_[0], "0 3 13 $zsk->{public}") });
fires('dnskey-flags', 'nsec', sub { publish($_[0], "258 3 13 $zsk->{public}") });
fires('dnskey-malformed', 'nsec', sub { publish($_[0], "256 3 13 AAAA") });
fires('dnskey-malformed', 'nsec', sub { publish($_[0], '256 3 13 ' . ('A' x 86) . '==') });
{
	$base{rsa} = Zone::base('rsa', $Zone::PLAIN, Zone::keys_of('example.', 8, 1024));
	fires('dnskey-rsa-size', 'rsa', sub { publish($_[0], '256 3 8 AwEAA' . ('x' x 58) . 'b') });
	my $raw = MIME::Base64::decode_base64($base{rsa}{zsk}{public}); # 3, 65537, modulus
	for my $exponent ("\3\1\0\2", "\4\0\1\0\1", "\1\1") { # even; padded; 1
		my $k = MIME::Base64::encode_base64($exponent . substr($raw, 4), '');
		fires('dnskey-rsa-exponent', 'rsa', sub { publish($_[0], "256 3 8 $k") });
	}
	$base{seven} = Zone::base('seven', $Zone::PLAIN, Zone::keys_of('example.', 7, 1024), '-3 -', '-H 0');
	fires('dnskey-algorithm', 'seven', sub { });
}
fires('dnskey-revoked-unsigned', 'nsec', sub {
	my $k = Zone::keygen('example.', 13, '-f KSK');
	publish($_[0], "385 3 13 $k->{public}");
});
fires('dnskey-revoked-signs', 'nsec', sub {
	my $z = shift;
	my $k = { %{ Zone::keygen('example.', 13, '-f KSK') }, flags => 385 };
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($k));
	$z->resign('@', 'DNSKEY', keys => [ $ksk, $k ]);
	$z->sign('www', 'A', keys => [ $k ]);
});
fires('dnskey-tag-collision', 'nsec', sub {
	# The tag is a sum of 16-bit words: swapping two of the key's keeps it.
	my $z = shift;
	my $raw = MIME::Base64::decode_base64(Zone::keygen('example.', 13)->{public});
	my $k = $raw;
	my $found;
	for my $i (1 .. 31) {
		$k = $raw;
		(substr($k, 0, 2), substr($k, 2 * $i, 2)) = (substr($raw, 2 * $i, 2), substr($raw, 0, 2));
		last if $k ne $raw;
	}
	publish($z, '256 3 13 ' . MIME::Base64::encode_base64($raw, ''));
	publish($z, '256 3 13 ' . MIME::Base64::encode_base64($k, ''));
}, also => ['dnskey-malformed']);
fires('dnskey-count', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'DNSKEY', '0 3 253 ' . MIME::Base64::encode_base64("key $_", '')) for 1 .. 70;
	$z->resign('@', 'DNSKEY');
}, also => [qw(dnskey-zone-bit dnskey-response-size)]);
fires('dnskey-response-size', 'nsec', sub {
	my $z = shift;
	publish($z, '256 3 13 ' . Zone::keygen('example.', 13)->{public}) for 1 .. 14;
});
fires('ds-apex', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'DS', Zone::ds_text('example.', $ksk));
	$z->resign('@', 'DS');
	$z->edit('@', 'NSEC', sub { s/ RRSIG/ DS RRSIG/ });
	$z->resign('@', 'NSEC');
});
fires('ds-without-ns', 'nsec', sub {
	my $z = shift;
	$z->add('www', 3600, 'DS', Zone::ds_text('www.example.', $ksk));
	$z->resign('www', 'DS');
	$z->edit('www', 'NSEC', sub { s/ RRSIG/ DS RRSIG/ });
	$z->resign('www', 'NSEC');
});
fires('ds-sha1-only', 'nsec', sub {
	my $z = shift;
	$z->edit('secure', 'DS', sub { $_ = '12345 13 1 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC' });
	$z->resign('secure', 'DS');
});
fires('ds-digest-length', 'nsec', sub {
	my $z = shift;
	$z->edit('secure', 'DS', sub { s/CD$// });
	$z->resign('secure', 'DS');
});
sub cds { # with the NSEC to match
	my ($z, $owner, $cds, $cdnskey, %o) = @_;
	my @types;
	if (@$cds) {
		$z->add($owner, 3600, 'CDS', $_) for @$cds;
		$z->resign($owner, 'CDS', %o);
		push @types, 'CDS';
	}
	if (@$cdnskey) {
		$z->add($owner, 3600, 'CDNSKEY', $_) for @$cdnskey;
		$z->resign($owner, 'CDNSKEY', %o);
		push @types, 'CDNSKEY';
	}
	$z->edit($owner, 'NSEC', sub { $_ .= " @types" });
	$z->resign($owner, 'NSEC');
}
my $cds = Zone::ds_text('example.', $ksk);
my $cdnskey = Zone::key_text($ksk);
{
	my $z = $base{nsec}->copy;
	cds($z, '@', [ $cds ], [ $cdnskey ]);
	my ($status, $count, $err) = Zone::audit($z->save("$T/cds"));
	is_deeply($count, {}, 'CDS and CDNSKEY: no finding') or diag $err;
	$z = $base{nsec}->copy;
	cds($z, '@', [ '0 0 0 00' ], [ '0 3 0 AA==' ]);
	($status, $count, $err) = Zone::audit($z->save("$T/cds"));
	is_deeply($count, {}, 'the delete request of RFC 8078: no finding') or diag $err;
}
my $other = Zone::keygen('example.', 13, '-f KSK');
fires('cds-not-apex', 'nsec', sub { cds($_[0], 'www', [ $cds ], [], keys => [ $zsk ]) });
fires('cds-no-dnskey', 'nsec', sub { (my $c = $cds) =~ s/.$/$& eq '0' ? 1 : 0/e; cds($_[0], '@', [ $c ], []) },
    also => ['cds-alone']);
fires('cdnskey-no-dnskey', 'nsec', sub { cds($_[0], '@', [], [ Zone::key_text($other) ]) }, also => ['cds-alone']);
fires('cds-cdnskey', 'nsec', sub {
	my $z = shift;
	publish($z, Zone::key_text($other));
	cds($z, '@', [ $cds ], [ Zone::key_text($other) ]);
});
fires('cds-cdnskey', 'nsec', sub { cds($_[0], '@', [ '0 0 0 00' ], [ $cdnskey ]) });
fires('cds-alone', 'nsec', sub { cds($_[0], '@', [ $cds ], []) });
fires('cds-delete', 'nsec', sub { cds($_[0], '@', [ '0 0 1 00' ], [ '0 3 0 AA==' ]) });
fires('cds-delete', 'nsec', sub { cds($_[0], '@', [ '0 0 0 00', $cds ], [ '0 3 0 AA==', $cdnskey ]) });
fires('cds-signer', 'nsec', sub { cds($_[0], '@', [ $cds ], [ $cdnskey ], keys => [ $zsk ]) });

# --- NSEC --------------------------------------------------------------------
fires('denial-missing', 'nsec', sub {
	my $z = shift;
	$z->{rr} = [ grep { $_->{t} ne 'NSEC' && !Zone::is($_, 'RRSIG(NSEC)') } @{ $z->{rr} } ];
});
fires('denial-ttl', 'nsec', sub { my $z = shift; $z->ttl('www', 'NSEC', 3600); $z->resign('www', 'NSEC') });
fires('nsec-missing', 'nsec', sub { $_[0]->drop('www', 'NSEC') });
fires('nsec-missing', 'nsec', sub { $_[0]->drop('@', 'NSEC') });
fires('nsec-missing', 'nsec', sub { # a name with no trace of it
	my $z = shift;
	$z->add('wwx', 3600, 'A', '192.0.2.7');
	$z->resign('wwx', 'A');
});
fires('nsec-extra', 'nsec', sub {
	my $z = shift;
	$z->add('ns.insecure', 300, 'NSEC', 'mail.example. A RRSIG NSEC');
});
fires('nsec-extra', 'nsec', sub { # a name that is there for its NSEC only
	my $z = shift;
	$z->edit('old', 'NSEC', sub { s/^\S+/only.example./ });
	$z->resign('old', 'NSEC');
	$z->add('only', 300, 'NSEC', 'secure.example. RRSIG NSEC');
	$z->resign('only', 'NSEC');
}, like => qr/nothing else/);
fires('nsec-multiple', 'nsec', sub {
	my $z = shift;
	my ($r) = $z->find('www', 'NSEC');
	(my $text = $r->{r}) =~ s/^\S+/zzz.example./;
	$z->add('www', 300, 'NSEC', $text);
	push @{ $z->{rr} }, shift @{ $z->{rr} } while $z->{rr}[-1]{r} !~ /^zzz/;
	$z->resign('www', 'NSEC');
});
# slack.com 2021: the bitmap at a wildcard
fires('nsec-bitmap', 'nsec', sub { my $z = shift; $z->edit('*.wild', 'NSEC', sub { s/TXT/A TXT/ }); $z->resign('*.wild', 'NSEC') });
fires('nsec-bitmap', 'nsec', sub { my $z = shift; $z->edit('www', 'NSEC', sub { s/ TXT// }); $z->resign('www', 'NSEC') });
fires('nsec-bitmap', 'nsec', sub { my $z = shift; $z->edit('insecure', 'NSEC', sub { s/NS/NS DS/ }); $z->resign('insecure', 'NSEC') });
fires('nsec-bitmap', 'nsec', sub { my $z = shift; $z->edit('www', 'NSEC', sub { s/ RRSIG// }); $z->resign('www', 'NSEC') });
fires('nsec-chain', 'nsec', sub { my $z = shift; $z->edit('mail', 'NSEC', sub { s/^\S+/ns2.example./ }); $z->resign('mail', 'NSEC') });
fires('nsec-chain', 'nsec', sub { my $z = shift; $z->edit('www', 'NSEC', sub { s/^\S+/zzz.example./ }) ;
	my ($last) = grep { $_->{r} =~ /^example\. / && $_->{t} eq 'NSEC' } @{ $z->{rr} };
	if ($last) { $last->{r} =~ s/^\S+/zzz.example./; $z->resign($last->{o}, 'NSEC') }
	else { $z->resign('www', 'NSEC') }
});

# --- NSEC3 -------------------------------------------------------------------
sub hashed { return Zone::nsec3_hash($_[0], 0, '-') . '.example.' }
sub owner3 { my ($z, $n) = @_; my $h = hashed($n); my ($r) = grep { lc $_->{o} eq $h } @{ $z->{rr} }; return $r->{o} }
fires('nsec3param-missing', 'nsec3', sub {
	my $z = shift;
	$z->drop('@', 'NSEC3PARAM');
	my $o = owner3($z, 'example.');
	$z->edit($o, 'NSEC3', sub { s/ NSEC3PARAM// });
	$z->resign($o, 'NSEC3');
});
fires('nsec3param-not-apex', 'nsec3', sub {
	my $z = shift;
	$z->add('www', 3600, 'NSEC3PARAM', '1 0 0 -');
	$z->resign('www', 'NSEC3PARAM');
	my $o = owner3($z, 'www.example.');
	$z->edit($o, 'NSEC3', sub { s/$/ NSEC3PARAM/ });
	$z->resign($o, 'NSEC3');
});
fires('nsec3param-flags', 'nsec3', sub {
	my $z = shift;
	$z->edit('@', 'NSEC3PARAM', sub { s/^1 0/1 1/ });
	$z->resign('@', 'NSEC3PARAM');
});
fires('nsec3param-count', 'nsec3', sub {
	my $z = shift;
	$z->add('@', 0, 'NSEC3PARAM', "$_ 0 0 -") for 2 .. 5;
	$z->resign('@', 'NSEC3PARAM');
}, also => ['nsec3-hash-algorithm']);
fires('nsec3-hash-algorithm', 'nsec3', sub {
	my $z = shift;
	$z->add('@', 0, 'NSEC3PARAM', '2 0 0 -');
	$z->resign('@', 'NSEC3PARAM');
});
fires('nsec3-hash-algorithm', 'nsec3', sub { # in the chain
	my $z = shift;
	my $h = Zone::nsec3_hash('zzz.example.', 0, '-');
	$z->add("$h.example.", 300, 'NSEC3', "2 0 0 - $h A");
	$z->resign("$h.example.", 'NSEC3');
});
{
	fires('nsec3-key-algorithm', 'nsec3', sub { # revoked, so that nothing else must be signed by it
		my $z = shift;
		my $k = { %{ Zone::keygen('example.', 5, '-b 1024', '-f KSK') }, flags => 385 };
		$z->add('@', 3600, 'DNSKEY', Zone::key_text($k));
		$z->resign('@', 'DNSKEY', keys => [ $ksk, $k ]);
	}, also => ['dnskey-algorithm']);
	$base{iterated} = Zone::base('iterated', $Zone::PLAIN, $ksk, $zsk, '-3 -', '-H 1');
	fires('nsec3-iterations', 'iterated', sub { });
	$base{hundred} = Zone::base('hundred', $Zone::PLAIN, $ksk, $zsk, '-3 -', '-H 51');
	fires('nsec3-iterations-limit', 'hundred', sub { });
	$base{salted} = Zone::base('salted', $Zone::PLAIN, $ksk, $zsk, '-3 AABB', '-H 0');
	fires('nsec3-salt', 'salted', sub { });
}
fires('nsec3-params', 'nsec3', sub {
	my $z = shift;
	my $o = Zone::nsec3_hash('www.example.', 3, '-') . '.example.';
	$z->add($o, 300, 'NSEC3', '1 0 3 - ' . Zone::nsec3_hash('www.example.', 3, '-') . ' A TXT RRSIG');
	$z->resign($o, 'NSEC3');
});
fires('nsec3-owner', 'nsec3', sub {
	my $z = shift;
	my ($r) = $z->find(owner3($z, 'www.example.'), 'NSEC3');
	$z->add("x.$r->{o}", 300, 'NSEC3', $r->{r});
	$z->resign("x.$r->{o}", 'NSEC3');
});
fires('nsec3-flags', 'nsec3', sub {
	my $z = shift;
	my $o = owner3($z, 'www.example.');
	$z->edit($o, 'NSEC3', sub { s/^1 0/1 2/ });
	$z->resign($o, 'NSEC3');
});
fires('nsec3-multiple', 'nsec3', sub {
	my $z = shift;
	my $o = owner3($z, 'www.example.');
	my ($r) = $z->find($o, 'NSEC3');
	(my $text = $r->{r}) =~ s/^1 0 0 -/1 0 3 -/;
	$z->add($o, 300, 'NSEC3', $text);
	$z->resign($o, 'NSEC3');
}, also => ['nsec3-params']);
# .fr 2011: half a chain
sub unlink3 { # take a name's NSEC3 out and close the chain around it
	my ($z, $n) = @_;
	my $o = owner3($z, $n);
	my ($r) = $z->find($o, 'NSEC3');
	my ($next) = (split ' ', $r->{r})[4];
	my ($h) = $o =~ /^([^.]+)/;
	my ($p) = grep { $_->{t} eq 'NSEC3' && lc((split ' ', $_->{r})[4]) eq lc $h } @{ $z->{rr} };
	$p->{r} =~ s/\Q$h\E/$next/i;
	$z->resign($p->{o}, 'NSEC3');
	$z->drop($o, 'NSEC3');
}
fires('nsec3-missing', 'nsec3', sub { unlink3($_[0], 'www.example.') });
fires('nsec3-missing', 'nsec3', sub { unlink3($_[0], 'b.c.example.') }, like => qr/empty non-terminal/);
fires('nsec3-missing', 'optout', sub { unlink3($_[0], 'secure.example.') });
fires('nsec3-extra', 'nsec3', sub {
	my $z = shift;
	$z->drop('mail', 'A');
	$z->drop('mail', 'AAAA');
	$z->drop('mail', 'RRSIG');
	$z->{rr} = [ grep { $_->{t} ne 'MX' && !Zone::is($_, 'RRSIG(MX)') } @{ $z->{rr} } ];
	my $o = owner3($z, 'example.');
	$z->edit($o, 'NSEC3', sub { s/ MX// });
	$z->resign($o, 'NSEC3');
});
fires('nsec3-ent-extra', 'optout', sub {
	# ent.example. has an insecure delegation below only.
	my $z = shift;
	insert3($z, 'ent.example.', '');
});
sub insert3 { # put an NSEC3 for a name into the chain
	my ($z, $n, $types) = @_;
	my $h = Zone::nsec3_hash($n, 0, '-');
	my @c = sort { lc $a->{o} cmp lc $b->{o} } grep { $_->{t} eq 'NSEC3' } @{ $z->{rr} };
	my ($p) = grep { lc($_->{o}) lt "$h." } reverse @c;
	$p //= $c[-1];
	my @f = split ' ', $p->{r};
	$z->add("$h.example.", 300, 'NSEC3', "$f[0] $f[1] $f[2] $f[3] $f[4] $types");
	$f[4] = $h;
	$p->{r} = "@f";
	$z->resign($p->{o}, 'NSEC3');
	$z->resign("$h.example.", 'NSEC3');
}
{ # an NSEC3 at an opted-out name is legal, and its empty non-terminal then needs one
	my $z = $base{optout}->copy;
	insert3($z, 'insecure.example.', 'NS');
	my ($status, $count, $err) = Zone::audit($z->save("$T/legal"));
	is_deeply($count, {}, 'an NSEC3 at an opted-out name is legal') or diag $err;
	insert3($z, 'x.ent.example.', 'NS');
	($status, $count, $err) = Zone::audit($z->save("$T/legal"));
	is_deeply([ keys %$count ], ['nsec3-missing'], 'below an empty non-terminal, that needs one too')
	    or diag $err;
	insert3($z, 'ent.example.', '');
	($status, $count, $err) = Zone::audit($z->save("$T/legal"));
	is_deeply($count, {}, 'and with it all is well') or diag $err;
}
fires('nsec3-bitmap', 'nsec3', sub {
	my $z = shift;
	my $o = owner3($z, 'www.example.');
	$z->edit($o, 'NSEC3', sub { s/A TXT/A/ });
	$z->resign($o, 'NSEC3');
});
fires('nsec3-bitmap', 'nsec3', sub {
	my $z = shift;
	my $o = owner3($z, 'c.example.');
	$z->edit($o, 'NSEC3', sub { s/$/ A/ });
	$z->resign($o, 'NSEC3');
});
fires('nsec3-chain', 'nsec3', sub {
	my $z = shift;
	my $o = owner3($z, 'www.example.');
	my $h = hashed('zzz.example.');
	$z->edit($o, 'NSEC3', sub { my @f = split; ($f[4]) = $h =~ /^([^.]+)/; $_ = "@f" });
	$z->resign($o, 'NSEC3');
});
fires('nsec3-opt-out', 'nsec3', sub { unlink3($_[0], 'insecure.example.') });

# --- ZONEMD ------------------------------------------------------------------
sub zonemd {
	my ($z, @r) = @_;
	$z->add('@', 3600, 'ZONEMD', $_) for @r;
	$z->edit('@', 'NSEC', sub { $_ .= ' ZONEMD' });
	$z->resign('@', 'NSEC');
	$z->resign('@', 'ZONEMD');
}
my $nonsense = '0' x 96;
fires('zonemd-digest', 'nsec', sub { zonemd($_[0], "2026010100 1 1 $nonsense") });
fires('zonemd-serial', 'nsec', sub { zonemd($_[0], "2026010199 1 1 $nonsense") });
fires('zonemd-multiple', 'nsec', sub { zonemd($_[0], map { "2026010100 1 1 $_" . substr $nonsense, 1 } 1 .. 2) });
fires('zonemd-malformed', 'nsec', sub { zonemd($_[0], '2026010100 1 1 ' . '0' x 30) });
fires('zonemd-unsupported', 'nsec', sub { zonemd($_[0], "2026010100 1 240 $nonsense") });

# --- across time -------------------------------------------------------------
# A previous zone with its audit record beside it.
sub previous {
	my ($name, $z, @options) = @_;
	my $file = $z->save("$T/$name");
	my ($status, undef, $err) = Zone::audit($file, "--record $file.audit", @options);
	is($status, 0, "$name: audited and recorded") or diag $err;
	return $file;
}
sub bump { # a newer serial
	my ($z, $n) = @_;
	$n //= 1;
	$z->edit('@', 'SOA', sub { s/(\d{10})/$1 + $n/e });
	$z->resign('@', 'SOA');
}
sub resign_all { # what `from` signed, by `to`
	my ($z, $from, $to) = @_;
	my $tag = Zone::key_tag($from);
	my @sets = map { $_->{r} =~ /^(\S+) (?:\S+ ){5}$tag / ? [ $_->{o}, $1 ] : () } grep { $_->{t} eq 'RRSIG' } @{ $z->{rr} };
	$z->resign(@$_, keys => [ $to ]) for @sets;
}
my ($ksk2, $zsk2) = Zone::keys_of('example.', 13);
my $before = previous('before', $base{nsec});
{
	my $z = $base{nsec}->copy;
	$z->edit('www', 'TXT', sub { s/text/more/ });
	$z->resign('www', 'TXT');
	bump($z);
	my ($status, $count, $err, $line) = Zone::audit($z->save("$T/after"), "--previous $before",
	    "--parent-ds '" . 'example. DS ' . Zone::ds_text('example.', $ksk) . "'");
	is_deeply($count, {}, 'a change: clean') or diag $err;
	like($line, qr/ verified=2 kept=[1-9]/, 'two signatures verified, the rest taken over');
	($status, $count, $err, $line) = Zone::audit("$T/after", "--previous $T/nsec.signed");
	like($line, qr/ kept=0$/, 'nothing is taken over from a file without a record');
	(my $bogus = $z->copy)->edit('www', 'A', sub { s/6$/7/ });
	Zone::spew("$T/bogus", '');
	$bogus->save("$T/bogus");
	system("cp $before.audit $T/bogus.audit");
	($status, $count, $err, $line) = Zone::audit("$T/bogus", "--previous $T/bogus");
	is($count->{'rrsig-bogus'}, 1, 'nor from a file that is not the one that was audited');
	($status) = Zone::audit("$T/bogus", "--ignore rrsig-bogus --record $T/ignored.audit");
	is($status, 0, 'a fault that is ignored');
	ok(!-e "$T/ignored.audit", 'is not recorded as audited');
}
fires('history-partial', 'nsec', sub { }, options => ["--previous $T/nsec.signed"]);
fires('cache-old-dnskey', 'nsec', sub { # APNIC 2012: another signer's ZSKs
	my $z = shift;
	publish($z, Zone::key_text($zsk2));
	$z->resign('www', 'A', keys => [ $zsk2 ]);
	bump($z);
}, options => ["--previous $before"]);
{
	my $z = $base{nsec}->copy;
	publish($z, Zone::key_text($zsk2));
	my $both = previous('both', $z);
	fires('cache-old-signatures', 'nsec', sub {
		my $z = shift;
		resign_all($z, $zsk, $zsk2);
		$z->edit('@', 'DNSKEY', sub { $_ = Zone::key_text($zsk2) if /^256/ });
		$z->resign('@', 'DNSKEY');
		$z->{zsk} = $zsk2;
		bump($z);
	}, options => ["--previous $both"]);
	# The same after all caches have let go.
	my $later = $base{nsec}->copy;
	resign_all($later, $zsk, $zsk2);
	$later->edit('@', 'DNSKEY', sub { $_ = Zone::key_text($zsk2) if /^256/ });
	$later->resign('@', 'DNSKEY');
	my ($status, $count, $err) = Zone::audit($later->save("$T/later"), "--record $both.audit",
	    '--now ' . (time + 3 * 3600));
	is($count->{'cache-old-signatures'}, 1, 'three hours later the file may still be published');
	# To the second, with the hour of --propagation: what left all caches just now is in none.
	my $record = do { local $/; open my $f, "<", "$both.audit" or die; <$f> };
	for my $short (1, 0) {
		my $now = time;
		(my $ended = $record) =~ s/^(signers\t\d+)\t\d+\t(\d+)\t1\t/"$1\t" . ($now - 3600 - $2 + $short) . "\t$2\t0\t"/gem;
		Zone::spew("$T/ended.audit", $ended);
		($status, $count, $err) = Zone::audit("$T/later", "--record $T/ended.audit --now $now");
		is($count->{'cache-old-signatures'} // 0, $short, "signatures that leave caches in $short s");
	}
}
my @ds = map { 'example. 3600 DS ' . Zone::ds_text('example.', $_) } $ksk, $ksk2;
{
	my $z = $base{nsec}->copy;
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($ksk2));
	$z->resign('@', 'DNSKEY', keys => [ $ksk, $ksk2 ]);
	my $two = previous('two', $z, "--parent-ds '$ds[0]'");
	fires('cache-old-ds', 'nsec', sub { # .nz 2023: the old KSK's signature gone
		my $z = shift;
		$z->add('@', 3600, 'DNSKEY', Zone::key_text($ksk2));
		$z->resign('@', 'DNSKEY', keys => [ $ksk2 ]);
		bump($z);
	}, options => ["--previous $two", "--parent-ds '$ds[1]'"]);
	my ($status, $count, $err) = Zone::audit($z->save("$T/same"), "--previous $two", "--parent-ds '$ds[1]'");
	is_deeply($count, {}, 'both KSKs sign while the DS changes: clean') or diag $err;
}
fires('cache-ds', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'DNSKEY', Zone::key_text($ksk2));
	$z->resign('@', 'DNSKEY', keys => [ $ksk, $ksk2 ]);
	bump($z);
}, options => ["--previous $before", "--parent-ds '$ds[1]'"]);
fires('ds-chain', 'nsec', sub { }, options => ["--parent-ds '$ds[1]'"]); # ripe.net 2011
fires('ds-algorithm', 'nsec', sub { }, options => ["--parent-ds " . Zone::spew("$T/ds",
    "$ds[0]\nexample. DS 1 8 2 " . '00' x 32 . "\n")]);
fires('serial-backwards', 'nsec', sub { bump($_[0], -1) }, options => ["--previous $before"]);
fires('serial-unchanged', 'nsec', sub {
	my $z = shift;
	$z->edit('www', 'TXT', sub { s/text/more/ });
	$z->resign('www', 'TXT');
}, options => ["--previous $before"]);
fires('ns-changed', 'nsec', sub {
	my $z = shift;
	$z->add('@', 3600, 'NS', 'mail.example.');
	$z->resign('@', 'NS');
	bump($z);
}, options => ["--previous $before"]);
fires('mname-changed', 'nsec', sub {
	my $z = shift;
	$z->edit('@', 'SOA', sub { s/^ns\./ns2./ });
	bump($z);
}, options => ["--previous $before"]);
fires('zone-shrunk', 'nsec', sub { # .de 2010: half a zone
	my $z = shift;
	for my $n (qw(www alias old mail)) {
		$z->{rr} = [ grep { $_->{o} ne "$n.example." } @{ $z->{rr} } ];
	}
	$z->drop('@', 'MX');
	$z->rechain;
	bump($z);
}, options => ["--previous $before", '--max-removed 20%']);

# --- the policy and the unsigned zone -------------------------------------------
my %conf = (resign => 'PT2H', refresh => 'P3D', validity => 'P30D', jitter => 'PT12H', offset => 'PT7200S',
	denial => '<NSEC/>', ttl => 3600, soattl => 3600, minimum => 300, serial => 'counter',
	keys => join('', map { "<Key><Flags>$_->{flags}</Flags><Algorithm>13</Algorithm><Locator>aa</Locator>" .
	    "<PublicKey>$_->{public}</PublicKey>" . ($_->{flags} == 257 ? '<KSK/>' : '<ZSK/>') . '<Publish/></Key>' } $ksk, $zsk),
	ksk => '<KSK><Algorithm length="256">13</Algorithm><Lifetime>P1Y</Lifetime><Repository>x</Repository><Standby>0</Standby></KSK>',
	zsk => '<ZSK><Algorithm length="256">13</Algorithm><Lifetime>P30D</Lifetime><Repository>x</Repository><Standby>0</Standby></ZSK>');
sub common {
	my %c = @_;
	return "<Signatures><Resign>$c{resign}</Resign><Refresh>$c{refresh}</Refresh><Validity><Default>$c{validity}" .
	    "</Default><Denial>$c{validity}</Denial></Validity><Jitter>$c{jitter}</Jitter><InceptionOffset>$c{offset}" .
	    "</InceptionOffset></Signatures>";
}
sub soa { my %c = @_; return "<SOA><TTL>PT$c{soattl}S</TTL><Minimum>PT$c{minimum}S</Minimum><Serial>$c{serial}</Serial></SOA>" }
sub signconf {
	my %c = (%conf, @_);
	return '--signconf ' . Zone::spew("$T/signconf" . $c{n}, '<SignerConfiguration><Zone name="example">' . common(%c) .
	    "<Denial>$c{denial}</Denial><Keys><TTL>PT$c{ttl}S</TTL>$c{keys}</Keys>" . soa(%c) . '</Zone></SignerConfiguration>');
}
sub kasp {
	my %c = (%conf, @_);
	return '--kasp ' . Zone::spew("$T/kasp" . $c{n}, '<KASP><Policy name="default"><Description/>' . common(%c) .
	    "<Denial>$c{denial}</Denial><Keys><TTL>PT$c{ttl}S</TTL>$c{ksk}$c{zsk}</Keys><Zone><PropagationDelay>PT1H" .
	    "</PropagationDelay>" . soa(%c) . '</Zone></Policy></KASP>');
}
my $n = 0;
sub policy { # fires(CHECK, ...) with a changed signconf, and kasp.xml
	my ($check, $base, $code, %o) = @_;
	$n++;
	fires($check, $base, $code, %o, options => [ signconf(n => $n, %{ $o{conf} // {} }),
	    $o{kasp} ? kasp(n => $n, %{ $o{conf} // {} }, %{ $o{kasp} }) : (), @{ $o{options} // [] } ]);
}
sub clean_policy {
	my ($what, $file, @options) = @_;
	my ($status, $count, $err) = Zone::audit($file, @options);
	is_deeply($count, {}, "$what: clean") or diag $err;
}
clean_policy('signconf', "$T/nsec.signed", signconf(n => 'clean'));
clean_policy('signconf and kasp.xml', "$T/nsec.signed", signconf(n => 'clean'), kasp(n => 'clean'));
policy('policy-soa-ttl', 'nsec', sub { }, conf => { soattl => 7200 });
policy('policy-soa-minimum', 'nsec', sub { my $z = shift;
	$z->edit('@', 'SOA', sub { s/300$/400/ });
	$z->resign('@', 'SOA') });
policy('policy-inception', 'nsec', sub { $_[0]->resign('www', 'A', inc => time - 60, exp => $_[0]{exp} + 7140) });
policy('policy-refresh', 'nsec', sub { }, conf => { refresh => 'P31D' });
policy('policy-lifetime', 'nsec', sub { }, conf => { validity => 'P20D' });
policy('policy-key', 'nsec', sub { }, kasp => { zsk => $conf{zsk} =~ s/13</14</r });
policy('policy-dnskey-ttl', 'nsec', sub { }, conf => { ttl => 7200 });
policy('policy-ksk-zsk', 'nsec', sub { my $z = shift;
	$z->edit('@', 'DNSKEY', sub { s/^257/256/ });
	$z->resign('@', 'DNSKEY', keys => [ { %$ksk, flags => 256 } ]) }, conf => { keys => $conf{keys} =~ s/257/256/r });
policy('policy-key-set', 'nsec', sub { publish($_[0], Zone::key_text($zsk2)) });
policy('policy-key-set', 'nsec', sub { }, conf => { keys => $conf{keys} . "<Key><Flags>256</Flags><Algorithm>13</Algorithm>" .
	"<Locator>bb</Locator><PublicKey>$zsk2->{public}</PublicKey><Publish/></Key>" });
policy('policy-key-list', 'nsec', sub { publish($_[0], Zone::key_text($zsk2)) },
	conf => { keys => $conf{keys} =~ s{<PublicKey>.*?</PublicKey>}{}gr });
policy('policy-denial', 'nsec', sub { }, conf => { denial => '<NSEC3><Hash><Algorithm>1</Algorithm><Iterations>0</Iterations><Salt>-</Salt></Hash></NSEC3>' });
policy('policy-denial', 'nsec3', sub { });
policy('policy-denial-ttl', 'nsec', sub { my $z = shift; $z->ttl('www', 'NSEC', 3600); $z->resign('www', 'NSEC') });
my $nsec3 = '<NSEC3><Resalt>P100D</Resalt><Hash><Algorithm>1</Algorithm><Iterations>0</Iterations><Salt length="0">-</Salt></Hash></NSEC3>';
clean_policy('NSEC3', "$T/nsec3.signed", signconf(n => 'c3', denial => $nsec3), kasp(n => 'c3', denial => $nsec3));
policy('policy-nsec3', 'nsec3', sub { }, conf => { denial => $nsec3 =~ s/>-</>AABB</r });
policy('policy-nsec3', 'nsec3', sub { }, conf => { denial => $nsec3 =~ s/>0<\/It/>5<\/It/r });
policy('policy-salt-length', 'nsec3', sub { }, conf => { denial => $nsec3 }, kasp => { denial => $nsec3 =~ s/length="0"/length="8"/r });
policy('policy-opt-out', 'optout', sub { }, conf => { denial => $nsec3 });
{
	my $z = $base{nsec}->copy; # an algorithm's signatures come before its keys
	$z->sign('www', 'A', keys => [ $zsk ], alg => 15);
	clean_policy('RRSIGs of a new algorithm that signconf names', $z->save("$T/new"), signconf(n => 'new',
	    keys => $conf{keys} . '<Key><Flags>256</Flags><Algorithm>15</Algorithm><Locator>cc</Locator><PublicKey>AAAA</PublicKey><ZSK/></Key>'));
}
{
	my $z = $base{nsec}->copy; # keystate zone unsign: signconf has no keys
	$z->{rr} = [ grep { $_->{t} !~ /^(RRSIG|NSEC|DNSKEY)$/ } @{ $z->{rr} } ];
	my $file = $z->save("$T/insecure");
	my @o = signconf(n => 'none', keys => '');
	clean_policy('unsigned, as signconf has it', $file, @o);
	$z->edit('@', 'SOA', sub { s/(\d{10})/$1 + 1/e });
	$z->save($file);
	my (undef, $count, $err) = Zone::audit($file, @o, "--previous $before");
	is_deeply($count, {}, 'and after it was signed, its DS gone') or diag $err;
	(undef, $count) = Zone::audit($file, @o, "--parent-ds '$ds[0]'");
	is_deeply([ keys %$count ], ['ds-chain'], 'but not while the parent has a DS');
	my $old = previous('with-ds', $base{nsec}, "--parent-ds '$ds[0]'");
	(undef, $count) = Zone::audit($file, @o, "--previous $old");
	is_deeply([ keys %$count ], ['cache-old-ds'], 'nor while caches may hold one');
}
# The tracker: a record that is three hours old.
my $then = time - 3 * 3600;
sub tracked {
	my ($name, $z, $when) = @_;
	my $file = $z->save("$T/$name");
	my ($status) = Zone::audit($file, "--record $file.audit", '--now', $when, '--ignore rrsig-not-yet-valid');
	die if $status;
	return "--previous $file";
}
{
	my $z = $base{nsec}->copy;
	$z->{inc} = $then - 7200;
	$z->resign($_->{o}, $_->{t}) for do { my %s; grep { !$s{"$_->{o} $_->{t}"}++ && $z->find($_->{o}, "RRSIG($_->{t})") } @{ $base{nsec}{rr} } };
	my $old = $z->save("$T/old");
	my ($status) = Zone::audit($old, "--record $old.audit", "--now $then");
	is($status, 0, 'tracked for three hours');
	policy('track-prepublished', 'nsec', sub {
		my $z = shift;
		publish($z, Zone::key_text($zsk2));
		$z->sign('www', 'A', keys => [ $zsk2 ]);
		bump($z);
	}, kasp => {}, conf => { keys => $conf{keys} . "<Key><Flags>256</Flags><Algorithm>13</Algorithm><Locator>bb</Locator>" .
	    "<PublicKey>$zsk2->{public}</PublicKey><ZSK/><Publish/></Key>" }, options => ["--previous $old"]);
	my @o = ("--previous $old");
	policy('track-zsk-lifetime', 'nsec', sub { bump($_[0]) }, kasp => { zsk => $conf{zsk} =~ s/P30D/PT2H/r }, options => \@o);
	policy('track-ksk-lifetime', 'nsec', sub { bump($_[0]) }, kasp => { ksk => $conf{ksk} =~ s/P1Y/PT2H/r }, options => \@o);
	policy('track-standby', 'nsec', sub { bump($_[0]) }, kasp => { zsk => $conf{zsk} =~ s/>0</>1</r }, options => \@o);
}
# The unsigned zone.
my $input = $Zone::PLAIN;
my $u = 0;
sub unsigned { my ($text, @more) = @_; $u++; return [ '-u ' . Zone::spew("$T/unsigned$u", $text), @more ] }
my $same = unsigned($input)->[0];
clean_policy('the unsigned zone', "$T/nsec.signed", $same);
clean_policy('the unsigned zone, partial', "$T/nsec.signed", $same, '--partial');
fires('input-missing', 'nsec', sub { }, options => unsigned($input . "www A 192.0.2.99\n"), like => qr/www\.example\. A: in line 22/);
fires('input-missing', 'nsec', sub { }, options => unsigned($input . '@ DNSKEY ' . Zone::key_text($zsk2) . "\n"));
fires('output-extra', 'nsec', sub { }, options => unsigned($input =~ s/^www TXT.*\n//mr));
fires('input-count', 'nsec', sub { }, options => unsigned($input =~ s/^www TXT.*\n//mr, '--partial'));
fires('input-syntax', 'nsec', sub { }, options => unsigned($input . "www A 192.0.2\n"));
fires('input-soa', 'nsec', sub { }, options => unsigned($input =~ s/^@ SOA.*\n//mr));
fires('input-syntax', 'nsec', sub { }, options => unsigned($input . "www NOTYPE x\n"));
fires('input-soa', 'nsec', sub { }, options => unsigned($input . "\@ SOA ns other 2026010100 7200 3600 1209600 300\n"));
fires('input-soa', 'nsec', sub { }, options => unsigned($input =~ s/^\@ SOA/www SOA/mr));
fires('input-dnssec', 'nsec', sub { }, options => unsigned($input . "www NSEC zzz A\n"));
fires('input-out-of-zone', 'nsec', sub { }, options => unsigned($input . "www.elsewhere. A 192.0.2.9\n"));
fires('serial-changed', 'nsec', sub { bump($_[0]) }, options => [ $same ]);
policy('serial-keep', 'nsec', sub { bump($_[0]) }, conf => { serial => 'keep' }, options => [ $same ]);

# What dnssec-signzone makes of directives and escapes is what we read in the unsigned zone.
my $directives = $input . <<'EOF';
$GENERATE 1-9/2 host$ A 192.0.2.$
$GENERATE 0-3 ${0,2,x}.hex TXT value-${16,4,X}-${2,3,o}
$GENERATE 5-6 ${-4,0,d}x CNAME $.y
$GENERATE 18-20 ${0,5,n}.rev PTR h$
a\.b.esc TXT "a \"quoted\" \065 text; no comment" unquoted
\001\032.esc TXT ( "over"   ; a comment
	"lines" )
\065.esc 60 IN TXT "an escaped letter"
$ORIGIN deep.example.
x 2h IN A 192.0.2.7
	A 192.0.2.8
@ TXT "x"
EOF
{
	Zone::base('directives', "$directives\$ORIGIN example.\n", $ksk, $zsk);
	my ($status, $count, $err) = Zone::audit("$T/directives.signed", @{ unsigned($directives) });
	is_deeply($count, {}, 'directives, escapes and lines over lines: as BIND reads them') or diag $err;
	($status, $count) = Zone::audit("$T/directives.signed", @{ unsigned($directives =~ s/1-9/1-11/r) });
	is_deeply($count, { 'input-missing' => 1 }, 'one $GENERATEd name more');
}

# --- every row has been fired ------------------------------------------------
is_deeply([ sort grep { !$fired{$_} } keys %severity ], [], 'every check of --list-checks was fired');
done_testing();

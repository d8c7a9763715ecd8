#!/usr/bin/perl
# Job lines, formats, metrics, exit codes, and what the program is built of.
use strict;
use warnings;
use JSON::PP;
use Test::More;
BEGIN { require './t/auditlib.pl' }

my $T = $Zone::T;
my ($ksk, $zsk) = Zone::keys_of('example.', 13);
my $good = Zone::base('base', $Zone::PLAIN, $ksk, $zsk);
my $bad = $good->copy;
$bad->edit('www', 'A', sub { s/6$/7/ });
my ($stream, $broken) = map { $_->stream } $good, $bad;

sub run {
	my ($in, @args) = @_;
	Zone::spew("$T/in", $in);
	my $out = `audit-zone @args <$T/in 2>$T/err`;
	return ($? >> 8, $out, do { local $/; open my $f, '<', "$T/err" or die; <$f> // '' });
}
sub job {
	my ($zone, $file, %o) = @_;
	return join("\t", $zone, $file, 2026010100, 66, 31, 0, $o{changed} // 1, $o{status} // 0,
	    $o{reason} // '-', @{ $o{facts} // ['max-ttl=3600'] }) . "\n";
}
sub sha { my $d = Digest::SHA->new(256); $d->addfile(shift); return $d->hexdigest }

mkdir "$T/out";
Zone::spew("$T/out/$_.new", $_ =~ /bad/ ? $broken : $stream) for qw(good bad same other);
my $lines = job('example.', "$T/out/good", facts => [ 'max-ttl=3600', 'digest=' . sha("$T/out/good.new") ]) .
    job('example.', "$T/out/bad") . job('example.', "$T/out/same", changed => 0) .
    job('example.', "$T/out/other", status => 3, reason => 'the token is away') .
    job('example.', "$T/out/missing") . job('elsewhere.', "$T/out/good");
my ($status, $out, $err) = run($lines, '--jobs -');
my @got = map { [ split /\t/ ] } split /\n/, $out;
is($status, 3, 'the worst status is the exit status');
is(scalar @got, 6, 'a line for each line');
is(join(' ', map { $_->[7] } @got), '0 1 0 3 3 1', 'each with its status');
is($got[0][8], '-', 'no reason where there is no fault');
like($got[1][8], qr/www\.example\. A: the signature by key \d+ does not verify \[rrsig-bogus\]/, 'the reason of a fault');
is($got[3][8], 'the token is away', 'a reason that came in stays');
like($got[4][8], qr/missing\.new/, 'trouble is a reason');
is($got[0][10], 'digest=' . sha("$T/out/good.new"), 'facts are kept');
ok(-s "$T/out/good.audit", 'the record of a good zone is there');
ok(!-e "$T/out/bad.audit", 'and none of a bad one');
ok(!-e "$T/out/same.audit", 'nor of one that will not be published');
my @left = grep { /\.audit\./ } glob "$T/out/*";
is("@left", '', 'no file is left aside');
($status, $out) = run(job('example.', "$T/out/good", facts => [ 'digest=' . '0' x 64 ]), '--jobs -');
like($out, qr/\t1\t\S+ is not the file that was written\t/, 'another file than the one of the job line');
($status, $out, $err) = run("nonsense\n", '--jobs -');
is($status, 1, 'a line that is none');
like($err, qr/-:1: not a job line/, 'is named');
($status, $out, $err) = run(substr($lines, 0, 40), '--jobs -');
is($status, 1, 'a line that is cut');

# keystate zone unsign: the header that keystate wrote says so.
my $insecure = $good->copy;
$insecure->{rr} = [ grep { $_->{t} !~ /^(RRSIG|NSEC|DNSKEY)$/ } @{ $insecure->{rr} } ];
my $text = $insecure->stream;
Zone::spew("$T/out/insecure.new", $text);
($status, $out) = run(job('example.', "$T/out/insecure"), '--jobs -');
like($out, qr/\t1\t[^\t]*\[zone-unsigned\]\t/, 'an unsigned zone');
Zone::spew("$T/out/insecure.new", $text =~ s/^(;zone example\.)/$1 input-serial=3 denial=none/mr);
($status, $out) = run(job('example.', "$T/out/insecure"), '--jobs -');
is($status, 0, 'that is meant to be so');
($status) = run('', "$T/out/insecure.new");
is($status, 1, 'by itself a header says nothing');

# The next run: the previous zone is taken over.
rename "$T/out/good.new", "$T/out/good";
Zone::spew("$T/out/good.new", $stream);
($status, $out, $err) = run(job('example.', "$T/out/good"), '--jobs -', "--metrics $T/metrics");
is($status, 0, 'again');
my $metrics = do { local $/; open my $f, '<', "$T/metrics" or die; <$f> };
like($metrics, qr/^zonepipe_audit_signatures_verified\{zone="example\."\} 0$/m, 'nothing is verified twice');
like($metrics, qr/^zonepipe_audit_signatures_kept\{zone="example\."\} [1-9]/m, 'all is taken over');
like($metrics, qr/^zonepipe_audit_valid\{zone="example\."\} 1$/m, 'metrics: valid');
like($metrics, qr/^zonepipe_audit_signatures_ending\{zone="example\.",within="\+Inf"\} [1-9]/m, 'metrics: life');
my %type = map { $_ => 1 } $metrics =~ /^# TYPE (\S+)/mg;
is(scalar(grep { !$type{$_} } $metrics =~ /^(\w+)\{/mg), 0, 'metrics: every series has a type');

# By a zone list, with each zone's policy.
Zone::spew("$T/signconf.xml", '<SignerConfiguration><Zone name="example"><Signatures><Resign>PT2H</Resign><Refresh>P3D</Refresh>' .
    '<Validity><Default>P30D</Default><Denial>P30D</Denial></Validity><Jitter>PT12H</Jitter><InceptionOffset>PT2H</InceptionOffset>' .
    '</Signatures><Denial><NSEC/></Denial><Keys><TTL>PT3600S</TTL></Keys><SOA><TTL>PT7200S</TTL><Minimum>PT300S</Minimum>' .
    '<Serial>counter</Serial></SOA></Zone></SignerConfiguration>');
Zone::spew("$T/zonelist.xml", '<ZoneList><Zone name="example"><Policy>default</Policy><SignerConfiguration>' .
    "$T/signconf.xml</SignerConfiguration><Adapters><Input><File>x</File></Input><Output><File>$T/out/good</File></Output>" .
    '</Adapters></Zone></ZoneList>');
Zone::spew("$T/conf.xml", "<Configuration><Common><ZoneListFile>$T/zonelist.xml</ZoneListFile></Common></Configuration>");
($status, $out) = run(job('example', "$T/out/good"), '--jobs -', "--conf $T/conf.xml");
like($out, qr/\t1\t.*\[policy-soa-ttl\]/, 'job lines judged by the policy of the zone list');

# Formats.
my $file = $bad->save("$T/bad");
($status, $out) = run('', '--format json', $file);
my @json = map { decode_json($_) } split /\n/, $out;
is($json[0]{finding}, 'rrsig-bogus', 'json: the finding');
is($json[0]{owner}, 'www.example.', 'json: its owner');
is($json[-1]{valid}, JSON::PP::false, 'json: the verdict');
is($json[-1]{counts}{'rrsig-bogus'}, 1, 'json: the counts');
($status, $out) = run('', '--format github', $file);
like($out, qr/^::error file=\S+,line=\d+,title=rrsig-bogus::www\.example\. A: .* \(RFC 4035 §5\.3\.3\)$/m, 'github');
($status, $out) = run('', '--format junit', $file);
Zone::spew("$T/junit.xml", $out);
is(system("xmllint --noout $T/junit.xml"), 0, 'junit: well-formed');
my $checks = () = `audit-zone --list-checks` =~ /\n/g;
is(scalar(() = $out =~ /<testcase /g), $checks, 'junit: a test case a check');
is(scalar(() = $out =~ /<failure /g), 1, 'junit: one failure');
my $wild = $good->copy; # octets that every format must escape
$wild->{tail} = "w<&\">\\001\\200%25::x. 3600 IN NOTYPE\x80<&>%::,\x{fe} 1\n" ;
$file = $wild->save("$T/wild");
($status, $out) = run('', '--format json', $file);
ok(eval { decode_json($_) for split /\n/, $out; 1 }, 'json: any octets') or diag $@;
($status, $out) = run('', '--format junit', $file);
Zone::spew("$T/junit.xml", $out);
is(system("xmllint --noout $T/junit.xml"), 0, 'junit: any octets');

# Everything of a kind is counted, some of it told.
my $many = $good->copy;
$many->{tail} = join '', map { "www.example. 3600 IN NOTYPE $_\n" } 1 .. 50;
$file = $many->save("$T/many");
my $count;
($status, $count, $err) = Zone::audit($file);
is($count->{syntax}, 50, 'all are counted');
(undef, undef, $err) = run('', '--show 3', $file);
is(scalar(() = $err =~ /\[syntax\]/g), 3, 'as many are told as asked for');

# Exit codes.
is((run('', '--no-such-option'))[0], 2, 'an unknown option: 2');
is((run('', '--ignore no-such-check', $file))[0], 2, 'an unknown check: 2');
is((run('', '--format x', $file))[0], 2, 'an unknown format: 2');
is((run(''))[0], 2, 'no zone: 2');
is((run('', "$T/nowhere"))[0], 3, 'a file that is not there: 3');
is((run('', "$T/base.signed >/dev/full"))[0], 3, 'a full disk under stdout: 3');
is((run('', "--record $T/no/such/folder/r $T/base.signed"))[0], 3, 'a record that cannot be written: 3');
Zone::spew("$T/r", ";audit-record 1\nzone\texample.\n");
is((run('', "--record $T/r $T/base.signed"))[0], 1, 'a record that is cut: 1');
is((run($stream, '-'))[0], 0, 'stdin');
my ($help) = (run('', '--help'))[1];
ok((() = $help =~ /\n/g) <= 24 && !grep({ length > 80 } split /\n/, $help), '--help fits 80x24');

# The judge shares nothing with the side that it judges.
my $objects = ($ENV{BUILD} // 'build/release') . '/lib';
my $bin = ($ENV{BIN} // 'bin') . '/audit-zone';
my %allowed = map { $_ => 1 } qw(atomicfile cli diag duration number report status stream syncfiles version writeall);
my %mine = map { $_ => 1 } `nm --defined-only $bin` =~ /^\S+ [TDBR] (\w+)$/mg;
my (%shared, $seen);
for my $o (glob "$objects/*.o") {
	my ($module) = $o =~ m{([^/]+)\.o$};
	for my $symbol (`nm --defined-only -g $o` =~ /^\S+ T (\w+)$/mg) {
		next unless $mine{$symbol};
		$seen++;
		$shared{$module} = 1 unless $allowed{$module};
	}
}
ok($seen, 'nm sees the modules that are shared');
is(join(' ', sort keys %shared), '', 'and none of them reads, sorts, chains or signs');
unlike(`ldd $bin`, qr/libknot|libzscanner/, 'nor is it linked with libknot or libzscanner');
done_testing();

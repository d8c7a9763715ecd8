# Valid signed zones made by dnssec-signzone, and mutations of them that are
# re-signed where they must get past the signature.  For t/audit*.t; core
# Perl and openssl only.  `require` it from the project root.
package Zone;
use strict;
use warnings;
use MIME::Base64;
use Digest::SHA qw(sha1 sha256 sha384 sha512);
use File::Temp qw(tempdir);
use Time::Local qw(timegm);

our $T = tempdir("zonepipe-audit.XXXXXX", TMPDIR => 1, CLEANUP => 1);

our %TYPE = (A => 1, NS => 2, CNAME => 5, SOA => 6, PTR => 12, MX => 15,
	TXT => 16, AAAA => 28, DNAME => 39, DS => 43, RRSIG => 46, NSEC => 47,
	DNSKEY => 48, NSEC3 => 50, NSEC3PARAM => 51, CDS => 59, CDNSKEY => 60,
	ZONEMD => 63, TYPE65534 => 65534);

sub sh {
	my $out = `@_ 2>&1`;
	die "# @_: $out" if $?;
	return $out;
}

# --- wire format -------------------------------------------------------------

sub name {
	my $n = lc shift;
	my $w = '';
	while ($n =~ s/^((?:[^\\.]|\\.)+)\.//) {
		my $l = $1;
		$l =~ s/\\(\d{3})/chr $1/ge;
		$l =~ s/\\(.)/$1/g;
		$w .= chr(length $l) . $l;
	}
	return "$w\0";
}

# Canonical order of names (RFC 4034 section 6.1) as a string to compare.
sub key {
	my $w = name(shift);
	my @l;
	while ((my $n = ord $w) > 0) {
		unshift @l, substr $w, 1, $n;
		$w = substr $w, 1 + $n;
	}
	return join "\0", @l;
}

sub b32 { # base32hex, both ways
	my ($s, $decode) = @_;
	my $abc = '0123456789abcdefghijklmnopqrstuv';
	if ($decode) {
		my $bits = join '', map { sprintf '%05b', index $abc, lc $_ }
		    split //, $s;
		return pack 'B' . (8 * int(length($bits) / 8)), $bits;
	}
	my $bits = unpack 'B*', $s;
	$bits .= '0' while length($bits) % 5;
	return join '', map { substr $abc, oct("0b$_"), 1 } $bits =~ /(.{5})/g;
}

sub type { my $t = shift; return $t =~ /^TYPE(\d+)$/ ? $1 : $TYPE{$t} // die "type $t" }

sub bitmap {
	my %w;
	$w{type($_) >> 8}{type($_) & 255} = 1 for @_;
	my $out = '';
	for my $w (sort { $a <=> $b } keys %w) {
		my $bits = '';
		for my $b (0 .. 255) { $bits .= $w{$w}{$b} ? 1 : 0 }
		$bits =~ s/0+$//;
		my $bytes = pack 'B*', $bits;
		$out .= pack('CC', $w, length $bytes) . $bytes;
	}
	return $out;
}

sub stamp {
	my $s = shift;
	return $s unless $s =~ /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;
	return timegm($6, $5, $4, $3, $2 - 1, $1) & 0xffffffff;
}

sub date {
	my @t = gmtime shift;
	return sprintf '%04d%02d%02d%02d%02d%02d', $t[5] + 1900, $t[4] + 1,
	    @t[3, 2, 1, 0];
}

sub rdata {
	my ($type, $text) = @_;
	my @f = split ' ', $text;
	if ($type eq 'A') { return pack 'C4', split /\./, $text }
	if ($type eq 'AAAA') {
		my ($l, $r) = split /::/, $text, 2;
		my @l = map { hex } split /:/, $l;
		my @r = map { hex } split /:/, $r // '';
		return pack 'n8', @l, (0) x (8 - @l - @r), @r;
	}
	if ($type =~ /^(NS|CNAME|PTR|DNAME)$/) { return name($text) }
	if ($type eq 'MX') { return pack('n', $f[0]) . name($f[1]) }
	if ($type eq 'SOA') {
		return name($f[0]) . name($f[1]) . pack 'N5', @f[2 .. 6];
	}
	if ($type eq 'TXT') {
		return join '', map { chr(length) . $_ } $text =~ /"([^"]*)"/g;
	}
	if ($type =~ /^C?DS$/) {
		return pack 'nCCH*', @f[0 .. 2], join '', @f[3 .. $#f];
	}
	if ($type =~ /^(DNSKEY|CDNSKEY)$/) {
		return pack('nCC', @f[0 .. 2]) . decode_base64(join '', @f[3 .. $#f]);
	}
	if ($type eq 'ZONEMD') {
		return pack 'NCCH*', @f[0 .. 2], join '', @f[3 .. $#f];
	}
	if ($type eq 'NSEC') { return name(shift @f) . bitmap(@f) }
	if ($type eq 'NSEC3PARAM') {
		my $salt = $f[3] eq '-' ? '' : pack 'H*', $f[3];
		return pack('CCnC', @f[0 .. 2], length $salt) . $salt;
	}
	if ($type eq 'NSEC3') {
		my $salt = $f[3] eq '-' ? '' : pack 'H*', $f[3];
		my $next = b32($f[4], 1);
		return pack('CCnC', @f[0 .. 2], length $salt) . $salt .
		    chr(length $next) . $next . bitmap(@f[5 .. $#f]);
	}
	if ($type =~ /^TYPE/ && $f[0] eq '\\#') { return pack 'H*', join '', @f[2 .. $#f] }
	die "rdata of $type";
}

sub nsec3_hash {
	my ($n, $iterations, $salt) = @_;
	my $s = $salt eq '-' ? '' : pack 'H*', $salt;
	my $h = sha1(name($n) . $s);
	$h = sha1($h . $s) for 1 .. $iterations;
	return b32($h);
}

sub tag {
	my $w = shift;
	my $sum = 0;
	for my $i (0 .. length($w) - 1) {
		my $c = ord substr $w, $i, 1;
		$sum += $i & 1 ? $c : $c << 8;
	}
	return ($sum + ($sum >> 16)) & 0xffff;
}

# --- keys --------------------------------------------------------------------

my %pem;

# A key that dnssec-keygen made: { flags, algorithm, public, tag, pem }.
sub keygen {
	my ($zone, $algorithm, @more) = @_;
	my $dir = "$T/keys";
	mkdir $dir;
	my $base = sh("dnssec-keygen -q -K $dir -a $algorithm @more $zone");
	chomp $base;
	$base =~ s/.*\n//s;
	return load_key("$dir/$base");
}

sub der_length {
	my $n = length shift;
	return $n < 128 ? chr $n : $n < 256 ? "\x81" . chr $n : "\x82" . pack 'n', $n;
}

sub der_int {
	my $b = shift;
	$b =~ s/^\0+(?=.)//s;
	$b = "\0$b" if ord($b) & 128;
	return "\x02" . der_length($b) . $b;
}

sub load_key {
	my $base = shift;
	open my $f, '<', "$base.key" or die "$base: $!";
	my ($line) = grep { /DNSKEY/ && !/^;/ } <$f>;
	my ($flags, $protocol, $algorithm, $public) =
	    $line =~ /DNSKEY (\d+) (\d+) (\d+) (.*)/ or die $line;
	$public =~ s/\s//g;
	my $k = { base => $base, flags => $flags, protocol => $protocol,
		algorithm => $algorithm, public => $public };
	open $f, '<', "$base.private" or die "$base: $!";
	my ($private) = map { /^PrivateKey: (.*)/ ? $1 : () } <$f>;
	if ($algorithm == 13) {
		my $d = decode_base64($private); # of which dnssec-keygen leaves leading zeros out
		my $der = "\x30\x31\x02\x01\x01\x04\x20" . "\0" x (32 - length $d) . $d .
		    "\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
		$k->{pem} = "$base.pem";
		open my $p, '>', $k->{pem} or die;
		print $p "-----BEGIN EC PRIVATE KEY-----\n", encode_base64($der),
		    "-----END EC PRIVATE KEY-----\n";
		close $p;
	}
	if ($algorithm =~ /^(5|7|8|10)$/) {
		seek $f, 0, 0;
		my %p = map { /^(\w+): (\S+)$/ ? ($1 => decode_base64($2)) : () } <$f>;
		my $ints = join '', map { der_int($_) } "\0", @p{qw(Modulus
		    PublicExponent PrivateExponent Prime1 Prime2 Exponent1
		    Exponent2 Coefficient)};
		$k->{pem} = "$base.pem";
		open my $o, '>', $k->{pem} or die;
		print $o "-----BEGIN RSA PRIVATE KEY-----\n",
		    encode_base64("\x30" . der_length($ints) . $ints),
		    "-----END RSA PRIVATE KEY-----\n";
		close $o;
	}
	return $k;
}

sub key_text { my $k = shift; return "$k->{flags} $k->{protocol} $k->{algorithm} $k->{public}" }
sub key_tag { return tag(rdata('DNSKEY', key_text(shift))) }

sub ds_text {
	my ($zone, $k, $digest) = @_;
	$digest //= 2;
	my $in = name($zone) . rdata('DNSKEY', key_text($k));
	my $d = $digest == 1 ? sha1($in) : $digest == 4 ? sha384($in) : sha256($in);
	return join ' ', key_tag($k), $k->{algorithm}, $digest, uc unpack 'H*', $d;
}

sub signature { # as RRSIG has it; of ECDSA r | s
	my ($k, $data) = @_;
	my $sha = { 5 => 'sha1', 7 => 'sha1', 10 => 'sha512' }->{$k->{algorithm}} // 'sha256';
	open my $f, '>', "$T/tbs" or die;
	print $f $data;
	close $f;
	my $der = `openssl dgst -$sha -sign $k->{pem} $T/tbs`;
	return $der if $k->{algorithm} =~ /^(5|7|8|10)$/;
	my $out = '';
	my $p = 2;
	for (1 .. 2) {
		my $n = ord substr $der, $p + 1, 1;
		my $i = substr $der, $p + 2, $n;
		$i =~ s/^\0+//;
		$out .= ("\0" x (32 - length $i)) . $i;
		$p += 2 + $n;
	}
	return $out;
}

# --- zones -------------------------------------------------------------------

# From a file with one record a line, all five fields.
sub load {
	my ($class, $file, %o) = @_;
	my $z = bless { rr => [], origin => 'example.', %o }, $class;
	open my $f, '<', $file or die "$file: $!";
	while (<$f>) {
		next if /^\s*(;|$)/;
		chomp;
		s/\s+;.*//;
		my ($o, $ttl, $c, $t, $r) = /^(\S+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*)/
		    or die "$file: $_";
		$r =~ s/\s+/ /g if $t ne 'TXT';
		push @{ $z->{rr} }, { o => $o, l => $ttl, c => $c, t => $t, r => $r };
	}
	return $z;
}

sub copy {
	my $z = shift;
	return bless { %$z, rr => [ map { { %$_ } } @{ $z->{rr} } ] }, ref $z;
}

sub save {
	my ($z, $file) = @_;
	open my $f, '>', $file or die "$file: $!";
	print $f "$_->{o}\t$_->{l}\t$_->{c}\t$_->{t}\t$_->{r}\n" for @{ $z->{rr} };
	print $f $z->{tail} if defined $z->{tail};
	close $f or die;
	return $file;
}

# As zonetext(5) has it.
sub stream {
	my $z = shift;
	my %seen;
	my @rr = grep { !$seen{"$_->{o} $_->{t} $_->{r}"}++ } @{ $z->{rr} };
	my %rank = (SOA => 0, NSEC => 65536);
	my @key;
	for my $r (@rr) {
		my ($covers) = $r->{t} eq 'RRSIG' ? $r->{r} =~ /^(\S+)/ : $r->{t};
		push @key, [ $covers eq 'NSEC3' ? 1 : 0, key($r->{o}), $rank{$covers} // type($covers),
		    $r->{t} eq 'RRSIG' ? 1 : 0, $r->{t} eq 'RRSIG' ? $r->{r} : rdata($r->{t}, $r->{r}), $r ];
	}
	my @sorted = map { $_->[5] } sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] ||
	    $a->[2] <=> $b->[2] || $a->[3] <=> $b->[3] || $a->[4] cmp $b->[4] } @key;
	my ($max) = sort { $b <=> $a } map { $_->{l} } @rr;
	return join "\n", ';zonetext 1', ";zone $z->{origin}",
	    (map { join "\t", lc $_->{o}, @$_{qw(l c t r)} } @sorted),
	    sprintf(';end %s records=%d max-ttl=%d', $z->{origin}, scalar @sorted, $max),
	    ';done zones=1 failed=0', '';
}

sub spew {
	my ($file, $text) = @_;
	open my $f, '>', $file or die "$file: $!";
	print $f $text;
	close $f or die;
	return $file;
}

sub abs_name { my ($z, $n) = @_; return $n eq '@' ? $z->{origin} : $n =~ /\.$/ ? $n : "$n.$z->{origin}" }

# Records of owner and type; type 'RRSIG(A)' are A's signatures.
sub find {
	my ($z, $o, $t) = @_;
	$o = $z->abs_name($o);
	return grep { $_->{o} eq $o && is($_, $t) } @{ $z->{rr} };
}

sub is {
	my ($r, $t) = @_;
	return $r->{t} eq $t unless $t =~ /^RRSIG\((.*)\)/;
	return $r->{t} eq 'RRSIG' && $r->{r} =~ /^$1 /;
}

sub del {
	my ($z, $o, $t, $re) = @_;
	my $n = $z->abs_name($o);
	my @before = @{ $z->{rr} };
	@{ $z->{rr} } = grep { !($_->{o} eq $n && is($_, $t) &&
	    (!defined $re || $_->{r} =~ $re)) } @before;
	die "del $o $t: nothing" if @before == @{ $z->{rr} };
}

sub drop { # the RRset and its signatures, if there
	my ($z, $o, $t) = @_;
	my $n = $z->abs_name($o);
	@{ $z->{rr} } = grep { !($_->{o} eq $n && (is($_, $t) || is($_, "RRSIG($t)"))) }
	    @{ $z->{rr} };
}

sub add {
	my ($z, $o, $ttl, $t, $r) = @_;
	push @{ $z->{rr} }, { o => $z->abs_name($o), l => $ttl, c => 'IN', t => $t, r => $r };
}

sub edit { # $_ is the RDATA text
	my ($z, $o, $t, $code) = @_;
	my @r = $z->find($o, $t) or die "edit $o $t: nothing";
	for my $r (@r) { local $_ = $r->{r}; $code->(); $r->{r} = $_ }
}

sub ttl {
	my ($z, $o, $t, $ttl) = @_;
	my @r = $z->find($o, $t) or die "ttl $o $t: nothing";
	$_->{l} = $ttl for @r;
}

# One signature; %o: keys (list), ttl, labels, ottl, exp, inc, signer, tag, alg.
sub sign {
	my ($z, $o, $t, %o) = @_;
	$o = $z->abs_name($o);
	my @set = $z->find($o, $t) or die "sign $o $t: nothing";
	my $ottl = $o{ottl} // $set[0]{l};
	my $labels = $o{labels} // (() = $o =~ /[^.]+/g) - ($o =~ /^\*\./ ? 1 : 0);
	my $exp = $o{exp} // $z->{exp};
	my $inc = $o{inc} // $z->{inc};
	my $signer = $o{signer} // $z->{origin};
	my $owner = $o; # fewer labels: a wildcard was signed
	my $have = () = $o =~ /[^.]+/g;
	if ($labels < $have - ($o =~ /^\*\./ ? 1 : 0)) {
		my @l = $o =~ /[^.]+/g;
		$owner = join '.', '*', @l[-$labels .. -1], '';
	}
	for my $k (@{ $o{keys} }) {
		my $tag = $o{tag} // key_tag($k);
		my $alg = $o{alg} // $k->{algorithm};
		my $head = pack('nCCNNNn', type($t), $alg, $labels, $ottl,
		    $exp & 0xffffffff, $inc & 0xffffffff, $tag) . name($signer);
		my %seen;
		my $body = join '', map {
			name($owner) . pack('nnN', type($t), 1, $ottl) . pack('n', length $_) . $_
		} sort grep { !$seen{$_}++ } map { rdata($t, $_->{r}) } @set;
		my $sig = encode_base64(signature($k, $head . $body), '');
		$z->add($o, $o{ttl} // $set[0]{l}, 'RRSIG', join ' ', $t, $alg,
		    $labels, $ottl, date($exp), date($inc), $tag, $signer, $sig);
	}
}

sub resign { # drop the signatures, make new ones
	my ($z, $o, $t, %o) = @_;
	my $n = $z->abs_name($o);
	@{ $z->{rr} } = grep { !($_->{o} eq $n && is($_, "RRSIG($t)")) } @{ $z->{rr} };
	$o{keys} //= [ $t =~ /^(DNSKEY|CDS|CDNSKEY)$/ ? $z->{ksk} : $z->{zsk} ];
	$z->sign($o, $t, %o);
}

# --- the denial chain, made anew ----------------------------------------------

sub types_at {
	my ($z, $n) = @_;
	my %t;
	$t{$_->{t}} = 1 for grep { $_->{o} eq $n && $_->{t} !~ /^(RRSIG|NSEC|NSEC3)$/ } @{ $z->{rr} };
	return %t;
}

# Names that are not below a cut, in order.
sub names {
	my $z = shift;
	my %n = map { $_->{o} => 1 } grep { $_->{t} !~ /^NSEC3$/ && $_->{r} !~ /^NSEC3 / } @{ $z->{rr} };
	my @n = sort { key($a) cmp key($b) } keys %n;
	my ($cut, @out);
	for my $n (@n) {
		next if defined $cut && $n =~ /\.\Q$cut\E$/;
		my %t = $z->types_at($n);
		$cut = $n if ($t{NS} && $n ne $z->{origin}) || $t{DNAME};
		push @out, $n;
	}
	return @out;
}

sub nsec_types {
	my ($z, $n) = @_;
	my %t = $z->types_at($n);
	%t = map { $_ => 1 } grep { $t{$_} } qw(NS DS) if $t{NS} && $n ne $z->{origin};
	return sort { type($a) <=> type($b) } keys %t, 'RRSIG', 'NSEC';
}

sub rechain { # NSEC
	my $z = shift;
	@{ $z->{rr} } = grep { $_->{t} ne 'NSEC' && !is($_, 'RRSIG(NSEC)') } @{ $z->{rr} };
	my @n = $z->names;
	for my $i (0 .. $#n) {
		$z->add($n[$i], 300, 'NSEC', join ' ', $n[($i + 1) % @n], $z->nsec_types($n[$i]));
		$z->sign($n[$i], 'NSEC', keys => [ $z->{zsk} ]);
	}
}

# --- the base zones ----------------------------------------------------------

our $PLAIN = <<'EOF';
$TTL 3600
@ SOA ns hostmaster 2026010100 7200 3600 1209600 300
@ NS ns
@ NS ns2
@ MX 10 mail
ns A 192.0.2.1
ns2 A 192.0.2.2
mail A 192.0.2.3
mail AAAA 2001:db8::3
*.wild TXT "wild"
a.b.c TXT "below empty non-terminals"
alias CNAME mail
old DNAME ns
secure NS ns.secure
secure DS 12345 13 2 49FD46E6C4B45C55D4AC0000000000000000000000000000000000000000ABCD
ns.secure A 192.0.2.4
insecure NS ns.insecure
ns.insecure A 192.0.2.5
www A 192.0.2.6
www TXT "text"
x.ent NS ns
EOF

sub keys_of { # one KSK, one ZSK
	my ($zone, $alg, $bits) = @_;
	my @b = $bits ? ('-b', $bits) : ();
	return (keygen($zone, $alg, @b, '-f KSK'), keygen($zone, $alg, @b));
}

# base(options of dnssec-signzone): signed, with its keys.
sub base {
	my ($name, $text, $ksk, $zsk, @options) = @_;
	open my $f, '>', "$T/$name" or die;
	print $f $text, map { "example. 3600 IN DNSKEY " . key_text($_) . "\n" } $ksk, $zsk;
	close $f;
	my $inc = time - 7200;
	my $exp = time + 30 * 86400;
	sh('dnssec-signzone', '-q', "-d $T", '-O full', $ksk == $zsk ? '-z' : '-x', '-o example.',
	    '-s', date($inc), '-e', date($exp), '-f', "$T/$name.signed", @options,
	    "-k $ksk->{base}", "$T/$name", $zsk->{base});
	return Zone->load("$T/$name.signed", ksk => $ksk, zsk => $zsk,
	    inc => $inc, exp => $exp);
}

# --- running -----------------------------------------------------------------

# (exit status, { check => count }, stderr, closing line)
sub audit {
	my ($file, @options) = @_;
	my $out = `audit-zone -v --show 100 @options $file 2>$T/stderr`;
	my $status = $? >> 8;
	open my $f, '<', "$T/stderr" or die;
	my $err = join '', <$f>;
	my %count = map { /^\S+ (?:error|warning|info) (\S+) (\d+)$/ ? ($1 => $2) : () }
	    split /\n/, $out;
	my ($line) = $out =~ /^(\S+ (?:valid|BAD) .*)$/m;
	return ($status, \%count, $err, $line // '');
}

1;

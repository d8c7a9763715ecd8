#!/bin/sh
# Transfers over TLS (RFC 9103) from named: a CA and a name, a pinned key, our
# own certificate; and servers that are not who they should be.
. t/lib.sh
. t/masters.sh
for p in named kdig perl openssl; do
	command -v $p >/dev/null || skip_all "no $p (make deps-test)"
done

# CA, a certificate for master.example and one for 127.0.0.1; another CA.
cd "$T" || exit 1
make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.pem" -days 30 -subj "/CN=$1" >/dev/null 2>&1
}
make_cert() { # NAME CA SUBJECT-ALT-NAME
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.csr" -subj "/CN=$1" >/dev/null 2>&1
	printf 'subjectAltName=%s\n' "$3" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 30 \
		-extfile "$1.ext" -out "$1.pem" >/dev/null 2>&1
}
make_ca ca
make_ca otherca
make_cert master ca 'DNS:master.example,IP:127.0.0.1'
make_cert us ca 'DNS:us.example'
pin() { openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64; }
PIN=$(pin master)
OTHERPIN=$(pin otherca)
cd - >/dev/null || exit 1

mkdir -p "$T/named"
zone_file 3000 10 >"$T/named/zone"
P=$(port)
X=$(port)
M=$(port)
start_named_tls() {
	NAMED_MORE="tls xot { cert-file \"$T/master.pem\"; key-file \"$T/master.key\"; };
tls mutual { cert-file \"$T/master.pem\"; key-file \"$T/master.key\"; ca-file \"$T/ca.pem\"; };
" NAMED_LISTEN="listen-on port $X tls xot { 127.0.0.1; };
	listen-on port $M tls mutual { 127.0.0.1; };" start_named named "$P"
}
start_named_tls || skip_all 'named does not start with TLS'

F=$T/f
tls_conf() { # PORT TLS-CONTENT
	fetch_conf "$F" "$1" hmac-sha256 $KEY_SECRET
	sed "s|</Port></RequestTransfer>|</Port><TLS>$2</TLS></RequestTransfer>|" "$F/zonefetch.xml" >"$F/z"
	mv "$F/z" "$F/zonefetch.xml"
	rm -f "$F"/example*
}
try() { fetch-zone --timeout 5 -c "$F/conf.xml" example; }

served "$P" example. "hmac-sha256:key.:$KEY_SECRET" >"$T/want"
tls_conf "$X" "<Name>master.example</Name><CA>$T/ca.pem</CA>"
ok 'CA and name' try
records <"$F/example.axfr" >"$T/got"
same 'equal, record for record' "$T/got" "$T/want"
tls_conf "$X" "<Name>127.0.0.1</Name><CA>$T/ca.pem</CA>"
ok 'CA and an address as name' try
tls_conf "$X" "<Pin>$PIN</Pin>"
ok 'a pin' try
tls_conf "$X" "<Pin>$OTHERPIN</Pin><Pin>$PIN</Pin>"
ok 'the second of two pins' try
tls_conf "$X" "<Name>master.example</Name><CA>$T/ca.pem</CA><Pin>$PIN</Pin>"
ok 'CA and pin' try
tls_conf "$M" "<Pin>$PIN</Pin><Certificate>$T/us.pem</Certificate><Key>$T/us.key</Key>"
ok 'our own certificate' try

tls_conf "$X" "<Name>other.example</Name><CA>$T/ca.pem</CA>"
rejects 1 'certificate is refused: [Hh]ostname mismatch' try
tls_conf "$X" "<Name>127.0.0.2</Name><CA>$T/ca.pem</CA>"
rejects 1 'certificate is refused: IP address mismatch' try
tls_conf "$X" "<Name>master.example</Name><CA>$T/otherca.pem</CA>"
rejects 1 'certificate is refused: ' try
tls_conf "$X" "<Pin>$OTHERPIN</Pin>"
rejects 1 'none of the pinned ones' try
tls_conf "$X" "<Name>master.example</Name><CA>$T/ca.pem</CA><Pin>$OTHERPIN</Pin>"
rejects 1 'none of the pinned ones' try
tls_conf "$M" "<Pin>$PIN</Pin>"
rejects 3 'TLS' try
tls_conf "$P" "<Pin>$PIN</Pin>"
rejects 3 'TLS: handshake|closed|no answer' try
is 'nothing came of all that' "$(ls "$F" | grep -c '^example')" 0

# A TLS server that is no DNS server, and one that speaks TLS 1.2 only.
O=$(port)
openssl s_server -accept "127.0.0.1:$O" -cert "$T/master.pem" -key "$T/master.key" -quiet >/dev/null 2>&1 &
PIDS="$PIDS $!"
sleep 0.5
tls_conf "$O" "<Pin>$PIN</Pin>"
rejects 1 'no ALPN "dot"' try
O=$(port)
openssl s_server -accept "127.0.0.1:$O" -cert "$T/master.pem" -key "$T/master.key" -tls1_2 -alpn dot -quiet >/dev/null 2>&1 &
PIDS="$PIDS $!"
sleep 0.5
tls_conf "$O" "<Pin>$PIN</Pin>"
rejects 3 'TLS: handshake.*version' try

# Configuration.
tls_conf "$X" "<Name>master.example</Name>"
rejects 2 'needs a CA or a Pin' try
tls_conf "$X" "<CA>$T/ca.pem</CA>"
rejects 2 "needs the master's Name" try
tls_conf "$X" "<Pin>abc</Pin>"
rejects 2 'not the base64 of a SHA-256' try
tls_conf "$X" "<Name>master.example</Name><CA>$T/none.pem</CA>"
rejects 2 'CA file' try
tls_conf "$X" "<Pin>$PIN</Pin><Certificate>$T/us.pem</Certificate><Key>$T/master.key</Key>"
rejects 2 'private key' try

# IXFR over TLS too.
tls_conf "$X" "<Pin>$PIN</Pin>"
try >/dev/null
zone_file 3000 11 | sed 's/ns2.other/ns3.other/' >"$T/named/zone"
reload named 11
try >"$T/out"
is 'IXFR over TLS' "$(cut -f 2,4 "$T/out")" '11	ixfr'
done_testing

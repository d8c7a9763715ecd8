# Sourced by t/bench/run and t/bench/audit from the project's root: the folder, the keys, the measuring.
make_zone=$ZONE_ZONES/make-zone.py
[ -r "$make_zone" ] || { echo "t/bench/run: no $make_zone: set ZONE_ZONES" >&2; exit 2; }
W=${BENCH_DIR:-$(mktemp -d "${TMPDIR:-/var/tmp}/zonepipe-bench.XXXXXX")}
mkdir -p "$W"
[ -n "${BENCH_DIR:-}" ] || trap 'rm -rf "$W"' EXIT
log=$W/log
: >"$log"

measure() { "$top/t/bench/measure" "$@" 2>>"$log"; }
say() { echo "$*" >&2; }

# median PREPARE COMMAND: "SECONDS KILOBYTES", each the median of its own
median() {
	i=0
	: >"$W/runs"
	while [ $i -lt "$BENCH_RUNS" ]; do
		eval "$1" >>"$log" 2>&1
		measure "$2" >>"$W/runs" || { say "FAILED: $2"; tail -n 5 "$log" >&2; exit 1; }
		i=$((i + 1))
	done
	mid=$(((BENCH_RUNS + 1) / 2))
	echo "$(sort -n "$W/runs" | sed -n "${mid}p" | cut -d' ' -f1) $(sort -n -k2 "$W/runs" | sed -n "${mid}p" | cut -d' ' -f2)"
}

note() { # ZONE WHAT WHO SECONDS-KB
	echo "$*" | tee -a "$W/table" >&2
}

# --- keys ---------------------------------------------------------------------------------------
export SOFTHSM2_CONF="$W/softhsm2.conf" ZONEPIPE_LOCKDIR="$W"
mkdir -p "$W/keys" "$W/tokens"
chmod 700 "$W/keys" "$W/tokens"
if [ ! -e "$W/pin" ]; then
	printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$W" >"$SOFTHSM2_CONF"
	(umask 077; echo 1234 >"$W/pin")
	hsmutil --token bench --pin-file "$W/pin" --so-pin-file "$W/pin" init >>"$log"
	for k in ksk zsk; do
		hsmutil --token bench --pin-file "$W/pin" --label $k generate ecdsa 256 >>"$log"
	done
	hsmutil --dir "$W/keys" --id 01 generate ecdsa 256 >>"$log"
	hsmutil --dir "$W/keys" --id 02 generate ecdsa 256 >>"$log"
fi
files="--ksk file:$W/keys/01.pem --zsk file:$W/keys/02.pem"
token="--ksk 'pkcs11:token=bench;object=ksk?pin-source=file:$W/pin' --zsk 'pkcs11:token=bench;object=zsk?pin-source=file:$W/pin'"


zone_facts() { # KIND: n, origin, chain, bind and policy of the zone
	case $1 in
	tld)
		n=500000 origin=example. chain='--nsec3 --opt-out' bind='-3 - -H 0 -A'
		# Lines of YAML, which takes no tabs.
		policy=$(printf '    %s\n' 'nsec3: on' 'nsec3-iterations: 0' 'nsec3-salt-length: 0' 'nsec3-opt-out: on')
		;;
	host) n=200000 origin=example.com. chain=--nsec bind='' policy='' ;;
	esac
}

knot_conf() { # ORIGIN POLICY-LINES
	rm -rf "$W/knot"
	mkdir -p "$W/knot/out" "$W/knot/again"
	cat >"$W/knot/conf" <<-EOF
	policy:
	  - id: p
	    algorithm: ecdsap256sha256
	    signing-threads: 2
	    cds-cdnskey-publish: none
	    rrsig-lifetime: 14d
	    rrsig-refresh: 5d
	$2
	template:
	  - id: default
	    storage: $W/knot
	    kasp-db: $W/knot/db
	    file: $W/knot/in
	    dnssec-signing: on
	    dnssec-policy: p
	zone:
	  - domain: $1
	EOF
}

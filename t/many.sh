# Sourced behind t/lib.sh and t/keystate.sh by t/keystate-many.t, and by t/bench/keystate: ks_many N, an
# installation of N zones with four keys each (a KSK and one in reserve whose DS was handed in, a ZSK and one in
# reserve), all settled.  One zone is led there by keystate; its records in the database are then
# repeated under other names and ids, as making 40,000 keys takes minutes.
ks_many_zone() { # NAME: its element in zonelist.xml
	printf '\t<Zone name="%s">\n\t\t<Policy>default</Policy>\n' "$1"
	printf '\t\t<SignerConfiguration>%s/signconf/%s.xml</SignerConfiguration>\n' "$T/state" "$1"
	printf '\t\t<Adapters>\n\t\t\t<Input><File>%s/unsigned/%s</File></Input>\n' "$T/state" "$1"
	printf '\t\t\t<Output><File>%s/signed/%s</File></Output>\n\t\t</Adapters>\n\t</Zone>\n' "$T/state" "$1"
}

ks_many_zones() { # N: the elements of as many
	ks_many_zone @@ | awk -v n="$1" '{ line[NR] = $0 }
		END { for (i = 1; i <= n; i++) for (k = 1; k <= NR; k++) {
			text = line[k]
			gsub(/@@/, sprintf("zone-%05d.example.com", i), text)
			print text
		} }'
}

ks_many() {
	mkdir -p "$T/keys"
	chmod 700 "$T/keys"
	sed -i -e '/<Module>/d' -e "s|<TokenLabel>.*|<Directory>$T/keys</Directory>|" -e '/<PINFile>/d' "$T/etc/conf.xml"
	awk '/<Standby>0/ && n++ < 2 { sub(0, 1) } 1' etc/kasp.xml >"$T/etc/kasp.xml"
	ks -q setup --yes >"$T/many.log" 2>&1 || return
	ks zone add -z zone-00001.example.com >/dev/null || return
	for ks_day in 01 03; do
		ks enforce -q --assume-published --now "202601${ks_day}000000" >>"$T/many.log" 2>&1 || return
	done
	ks key ds-seen -q -z zone-00001.example.com -x "$(awk -F '\t' '$2 == "KSK" && $13 == "ready" { print $6 }' "$T/state/keys.db")" --now 20260103000000 >>"$T/many.log" 2>&1 || return
	for ks_day in 03 04 05 06; do
		ks enforce -q --assume-published --now "202601${ks_day}000001" >>"$T/many.log" 2>&1 || return
	done
	for ks_file in keys zone; do
		awk -F '\t' -v n="$1" -v file=$ks_file.db '
		BEGIN { OFS = "\t" }
		/^;end/ {
			for (i = 1; i <= n; i++)
				for (j = 0; j < rows; j++) {
					fields = split(row[j], f, "\t")
					f[1] = sprintf("zone-%05d.example.com", i)
					if (file == "keys.db" && i > 1)
						f[3] = sprintf("%08x%s", i, substr(f[3], 9))
					text = f[1]
					for (k = 2; k <= fields; k++)
						text = text OFS f[k]
					print text
				}
			print ";end " file " records=" n * rows
			next
		}
		/^;/ { print; next }
		{ row[rows++] = $0 }' "$T/state/$ks_file.db" >"$T/more" || return
		mv "$T/more" "$T/state/$ks_file.db"
	done
	{
		printf '<?xml version="1.0" encoding="UTF-8"?>\n<ZoneList>\n'
		ks_many_zones "$1"
		echo '</ZoneList>'
	} >"$T/etc/zonelist.xml"
	# The signconfs are written, and seen once more when they are a second old.
	ks enforce -q --now 20260106000001 >>"$T/many.log" 2>&1 || return
	sleep 2
	ks enforce -q --now 20260106000002 >>"$T/many.log" 2>&1
}

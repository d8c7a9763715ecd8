# One line per program: name, its own sources, the libraries it links.
# What it needs of lib/ the linker picks from libzonepipe.a, no more.
$(eval $(call program,kaspcheck,$(wildcard src/kaspcheck/*.c),$(XML)))
$(eval $(call program,audit-zone,$(wildcard src/audit/*.c),$(LDNS) $(SSL) $(XML) -pthread))
$(eval $(call program,sort-zone,$(wildcard src/sorter/sort-*.c),$(KNOT)))
$(eval $(call program,hsmutil,$(filter-out src/hsm/hsmspeed.c,$(wildcard src/hsm/*.c)),$(P11) $(XML) $(SSL)))
$(eval $(call program,hsmspeed,src/hsm/hsmspeed.c src/hsm/stores.c,$(P11) $(XML) $(SSL)))
$(eval $(call program,fetch-zone,$(wildcard src/fetcher/*.c),$(KNOT) $(TLS) $(SSL) $(XML)))
$(eval $(call program,read-zone,src/sorter/read-zone.c src/sorter/readzone.c src/sorter/readzone_jobs.c,$(KNOT)))
$(eval $(call program,sign-rrsets,$(wildcard src/signer/*.c),$(KNOT) $(P11) $(XML) $(SSL)))
$(eval $(call program,write-zones,$(wildcard src/finalizer/write-*.c),$(SSL)))
$(eval $(call program,set-serial,src/finalizer/set-serial.c src/finalizer/published.c,))
$(eval $(call program,add-nsec,src/nseccer/add-nsec.c src/nseccer/denial.c,))
$(eval $(call program,add-nsec3,src/nseccer/add-nsec3.c src/nseccer/denial.c,$(SSL)))

# Zones by make: what changed below unsigned/ is signed to signed/, each zone by sign-zone(1), side by side.
#   make -j8 -f zones.mk                        and from cron: make -B, so that signatures are renewed in time
# Or, from a Makefile that sets these: include /usr/local/share/zonepipe/zones.mk
KSK ?= file:keys/ksk.pem
ZSK ?= file:keys/zsk.pem
SIGN_ZONE ?= sign-zone

signed-zones: $(patsubst unsigned/%,signed/%,$(wildcard unsigned/*))

# sign-zone replaces the file only by one that was audited; what fails leaves the old one, and make goes on with -k.
signed/%: unsigned/%
	@mkdir -p signed
	$(SIGN_ZONE) -o $* --ksk $(KSK) --zsk $(ZSK) $< $@
	@touch $@

.PHONY: signed-zones

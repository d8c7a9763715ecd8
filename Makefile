# zonepipe.  `make help` lists the targets.

VERSION = 0.1
PREFIX  = /usr/local
DESTDIR =
CC      = gcc
BUILD   = build/release
BIN     = bin

OPT     = -O2 -g
WARN    = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
          -Wpointer-arith -Wcast-qual -Werror
CFLAGS  = $(OPT)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fstack-protector-strong \
          -D_FORTIFY_SOURCE=2 -fPIE $(WARN) -Ilib $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# The Debian packages that `make deps` installs, and what they are for.
DEPS_BUILD = gcc make pkg-config libknot-dev libldns-dev libssl-dev \
	libp11-kit-dev libxml2-dev libjansson-dev libsqlite3-dev softhsm2
DEPS_TEST  = perl bind9-utils bind9-dnsutils knot knot-dnssecutils knot-dnsutils \
	nsd ldnsutils validns faketime mandoc libxml2-utils python3-minimal strace

# $(call pkg,cflags or libs,module,Debian package)
pkg = $(or $(shell pkg-config --$(1) $(2) 2>/dev/null),$(if $(filter cflags,$(1)),$(shell pkg-config --exists $(2) 2>/dev/null || \
	echo "zonepipe: $(2) is missing: apt-get install $(3), or make deps" >&2)))

KNOT   = $(call pkg,libs,libknot libzscanner,libknot-dev)
SSL    = $(call pkg,libs,libcrypto,libssl-dev)
LDNS   = $(call pkg,libs,ldns,libldns-dev)
P11    = $(call pkg,libs,p11-kit-1,libp11-kit-dev)
XML    = $(call pkg,libs,libxml-2.0,libxml2-dev)
JSON   = $(call pkg,libs,jansson,libjansson-dev)
SQLITE = $(call pkg,libs,sqlite3,libsqlite3-dev)
PKG_CFLAGS := $(call pkg,cflags,libknot libzscanner,libknot-dev) \
	$(call pkg,cflags,libcrypto,libssl-dev) $(call pkg,cflags,ldns,libldns-dev) \
	$(call pkg,cflags,p11-kit-1,libp11-kit-dev) $(call pkg,cflags,libxml-2.0,libxml2-dev) \
	$(call pkg,cflags,jansson,libjansson-dev) $(call pkg,cflags,sqlite3,libsqlite3-dev)

LIB = $(BUILD)/libzonepipe.a
LIB_OBJS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c))

all: programs

# --- one line per program: name, sources, libraries -------------------------
# $(call program,NAME,SOURCES,LIBRARIES)
define program
PROGRAMS += $(BIN)/$(1)
$(BIN)/$(1): $$(patsubst %.c,$(BUILD)/%.o,$(2)) $(LIB)
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	@$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $(LIB) $(3)
endef

include programs.mk

programs: $(PROGRAMS)

$(LIB): $(LIB_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# .incbin is invisible to -MMD.
$(BUILD)/lib/xmlschema.o: $(wildcard etc/schema/*.rng)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- tests ------------------------------------------------------------------
# t/unit/NAME.c is a TAP program of its own, linked with everything in lib/.
UNIT = $(patsubst t/unit/%.c,$(BUILD)/t/unit/%,$(wildcard t/unit/*.c))
$(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(KNOT) $(P11) $(XML) $(JSON) $(SSL)
unit: $(UNIT)

# Preloaded into the programs as they ship: fails the n-th system call.
SHIM = $(BUILD)/t/faultio.so
$(SHIM): t/faultio.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC -o $@ $< -ldl

check: deps-test
	$(MAKE) check-only

check-only: programs unit $(SHIM)
	t/run $(UNIT)

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

clean:
	rm -rf build demo $(PROGRAMS)

# --- packages ---------------------------------------------------------------
# $(call install-missing,PACKAGES)
define install-missing
	@missing=; for p in $(1); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
		missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
		echo "make deps: installing$$missing"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		$$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

deps:
	$(call install-missing,$(DEPS_BUILD))

deps-test:
	$(call install-missing,$(DEPS_BUILD) $(DEPS_TEST))

.PHONY: all programs unit check check-only help clean deps deps-test
.SECONDARY:

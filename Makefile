# zonepipe.  `make help` lists the targets.

VERSION = $(shell sed -n 's/.*ZONEPIPE_VERSION "\(.*\)"/\1/p' lib/version.h)
PREFIX  = /usr/local
DESTDIR =
CC      = gcc
BUILD   = build/release
BIN     = bin

OPT     = -O2 -g
WARN    = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
          -Wpointer-arith -Wcast-qual -Werror
CFLAGS  = $(OPT)
ALL_CFLAGS = -std=c11 -fno-strict-aliasing -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fstack-protector-strong \
          $(FORTIFY) -fPIE $(WARN) -Ilib $(CFLAGS)
FORTIFY = -D_FORTIFY_SOURCE=2
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# --- packages ---------------------------------------------------------------
# What `make deps` installs (Debian's names).  DESIGN §6 says what each is for.
DEPS_BUILD = gcc libc6-dev make pkg-config libknot-dev libldns-dev libssl-dev \
	libp11-kit-dev libxml2-dev libjansson-dev libsqlite3-dev softhsm2
DEPS_DEMO  = bind9-utils bind9-dnsutils knot
DEPS_TEST  = perl bind9 bind9-utils bind9-dnsutils knot knot-dnssecutils \
	knot-dnsutils nsd ldnsutils validns faketime mandoc libxml2-utils \
	opensc openssl python3-minimal sqlite3 strace parallel rsync openssh-server \
	openssh-client iproute2
DEPS_TIDY  = clang-tidy clang-format cppcheck shellcheck

# These targets work before the libraries are there; all others ask pkg-config.
PREPARING = deps deps-test check demo deb help clean uninstall
ifneq ($(filter-out $(PREPARING),$(or $(MAKECMDGOALS),all)),)
# $(call libraries,MODULES,PACKAGE): link flags, or the name of what is missing
libraries = $(if $(shell pkg-config --exists $(1) && echo yes),$(shell pkg-config --libs $(1)),\
	$(error $(1) is missing: apt-get install $(2), or make deps))
KNOT   := $(call libraries,libknot libzscanner,libknot-dev)
SSL    := $(call libraries,libcrypto,libssl-dev)
TLS    := $(call libraries,libssl,libssl-dev)
LDNS   := $(call libraries,ldns,libldns-dev)
P11    := $(call libraries,p11-kit-1,libp11-kit-dev)
XML    := $(call libraries,libxml-2.0,libxml2-dev)
JSON   := $(call libraries,jansson,libjansson-dev)
SQLITE := $(call libraries,sqlite3,libsqlite3-dev)
PKG_CFLAGS := $(shell pkg-config --cflags libknot libzscanner libcrypto ldns p11-kit-1 \
	libxml-2.0 jansson sqlite3)
endif

# --- programs ---------------------------------------------------------------
LIB = $(BUILD)/libzonepipe.a
LIB_OBJS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c))

all: programs

# $(call program,NAME,SOURCES,LIBRARIES): one line a program, in programs.mk
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
	@echo "  AR    $@"
	@$(AR) rcs $@ $^

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
UNIT_LIBS = $(KNOT) $(P11) $(XML) $(JSON) $(SQLITE) $(TLS) $(SSL)
$(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(UNIT_LIBS)
unit: $(UNIT)

# Tests of src/audit's modules are linked with them; programs of their own have main.c.
AUDIT_OBJS = $(filter-out %/main.o,$(patsubst %.c,$(BUILD)/%.o,$(wildcard src/audit/*.c)))
AUDIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard t/unit/audit-*.c t/fuzz/audit*.c))
$(AUDIT_TESTS): $(AUDIT_OBJS)
$(AUDIT_TESTS): UNIT_LIBS += $(LDNS) -pthread

# Preloaded into the programs as they ship: fails the n-th system call.
SHIM = $(BUILD)/t/faultio.so
$(SHIM): t/faultio.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC -o $@ $< -ldl

# A PKCS#11 module: SoftHSM with the ways of other tokens.
P11SHIM = $(BUILD)/t/p11shim.so
$(P11SHIM): t/p11shim.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror $(PKG_CFLAGS) -shared -fPIC -o $@ $< -ldl

# Kills a program at its n-th system call.
KILLAT = $(BUILD)/t/killat
$(KILLAT): t/killat.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -o $@ $<

check: deps-test ## install what the tests need, build, test
	@$(MAKE) --no-print-directory check-only

check-only: programs unit $(P11SHIM) $(KILLAT) $(if $(wildcard t/faultio.c),$(SHIM)) ## test what is built
	BIN=$(BIN) BUILD=$(BUILD) t/run $(UNIT)

# ASan and UBSan in everything, in build/asan; memory limits do not hold there.
# What is read before it was written is 0xfe there, never a lucky zero.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-ftrivial-auto-var-init=pattern
ASAN = BUILD=build/asan BIN=build/asan/bin FORTIFY= OPT="-O1 -g $(SANITIZE)" LDFLAGS="$(SANITIZE)"
asan: ## build and check with the sanitizers
	@$(MAKE) --no-print-directory $(ASAN) check-only

# t/fuzz/NAME.c: mutates inputs of its own for FUZZ_SECONDS.
FUZZ_SECONDS = 600
FUZZ = $(patsubst t/fuzz/%.c,$(BUILD)/t/fuzz/%,$(wildcard t/fuzz/*.c))
$(BUILD)/t/fuzz/%: $(BUILD)/t/fuzz/%.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDNS) $(UNIT_LIBS)
fuzz-programs: $(FUZZ)
fuzz: ## fuzz each target for FUZZ_SECONDS under the sanitizers
	@$(MAKE) --no-print-directory $(ASAN) programs fuzz-programs
	@for f in $(patsubst t/fuzz/%.c,build/asan/t/fuzz/%,$(wildcard t/fuzz/*.c)); do \
		echo "$$f"; timeout $$(($(FUZZ_SECONDS) + 60)) $$f $(FUZZ_SECONDS) || exit 1; done

bench: programs ## time and memory against the peers, into t/bench/RESULTS.md
	t/bench/run
	t/bench/audit
	for b in resign fetch keystate; do \
		t/bench/$$b >build/bench && { echo '```'; cat build/bench; echo '```'; } >build/bench.md && \
		t/bench/keep $$b build/bench.md t/bench/RESULTS.md || exit 1; done

check-fetch-big: programs ## zones of a million records from real masters
	T=t/fetch-big BIN=$(BIN) BUILD=$(BUILD) t/run -v

audit-checks-all: programs ## each check of audit-zone disabled: a test must fail
	t/audit-checks-all

verdicts: programs ## what four other validators say, into t/bench/verdicts.tsv
	t/bench/verdicts

soak: programs unit $(KILLAT) ## the long tests
	t/soak

tidy: ## clang-tidy, cppcheck, shellcheck
	$(call install-missing,$(DEPS_TIDY))
	@# File by file: clang 14 takes va_start() for absent in all but the first.
	@echo lib/*.c src/*/*.c | xargs -P 2 -n 1 sh -c 'out=$$(clang-tidy --quiet "$$1" -- \
		-std=c11 -D_GNU_SOURCE -Ilib $(PKG_CFLAGS) 2>/dev/null); \
		rc=$$?; [ -z "$$out" ] || printf "%s\n" "$$out"; exit $$rc' tidy
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning,performance,portability -Ilib lib src
	shellcheck -s sh $(SCRIPTS)

format: ## apply .clang-format
	clang-format -i lib/*.[ch] src/*/*.[ch] t/unit/*.[ch]

# --- use --------------------------------------------------------------------
demo: deps ## the whole system in one command, below demo/
	$(call install-missing,$(DEPS_DEMO))
	@$(MAKE) -s --no-print-directory programs
	@etc/demo/run

deps: ## install what the build needs (apt-get; root or sudo)
	$(call install-missing,$(DEPS_BUILD))

deps-test: ## and what the tests need
	$(call install-missing,$(DEPS_BUILD) $(DEPS_TEST))

# $(call install-missing,PACKAGES)
define install-missing
	@missing=; for p in $(1); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
		missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
		echo "make deps: apt-get installs$$missing"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -qq && \
		$$sudo env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

# The names of OpenDNSSEC are for `make install-ods`: a distribution has them too.
SCRIPTS = $(filter-out bin/ods-%,$(wildcard $(addprefix bin/,sign-zone resign resign-fleet)))
INSTALLED = $(notdir $(PROGRAMS) $(SCRIPTS))
ODS = $(wildcard bin/ods-*)
MAN = $(filter-out man/ods.1,$(wildcard man/*.[1578]))
share = $(DESTDIR)$(PREFIX)/share

install: programs ## into PREFIX, below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(share)/zonepipe
	install -m 755 $(PROGRAMS) $(SCRIPTS) $(DESTDIR)$(PREFIX)/bin
	for page in $(MAN); do \
		install -D -m 644 $$page $(share)/man/man$${page##*.}/$${page#man/} || exit 1; done
	cp -R etc/. $(share)/zonepipe
	install -m 644 -D -t $(share)/doc/zonepipe README.md NEWS.md LICENSE SECURITY.md

install-ods: install ## and the names that OpenDNSSEC 1.x had for these programs
	install -m 755 $(ODS) $(DESTDIR)$(PREFIX)/bin
	install -D -m 644 man/ods.1 $(share)/man/man1/ods.1
	for name in $(notdir $(ODS)); do \
		ln -sf ods.1 $(share)/man/man1/$$name.1 || exit 1; done

deb: ## Debian packages, into build/deb
	$(call install-missing,$(DEPS_BUILD) debhelper dpkg-dev fakeroot)
	rm -rf build/deb && mkdir -p build/deb/zonepipe
	tar -cf - --exclude=./build --exclude=./demo --exclude=./.git . | tar -xf - -C build/deb/zonepipe
	cd build/deb/zonepipe && $(MAKE) -s clean && dpkg-buildpackage -us -uc -b
	! command -v lintian >/dev/null || lintian --fail-on error -i build/deb/*.changes

uninstall: ## remove what install put there
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(notdir $(SCRIPTS)) \
		$(patsubst %,%,$(shell sed -n 's/.*call program,\([^,]*\),.*/\1/p' programs.mk))
	for page in $(MAN); do rm -f $(share)/man/man$${page##*.}/$${page#man/}; done
	[ ! -e $(share)/man/man1/ods.1 ] || { cd $(DESTDIR)$(PREFIX)/bin && rm -f $(notdir $(ODS)) && \
		cd $(share)/man/man1 && rm -f ods.1 $(patsubst %,%.1,$(notdir $(ODS))); }
	rm -rf $(share)/zonepipe $(share)/doc/zonepipe

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

clean: ## remove what was built
	rm -rf build demo
	rm -f $(shell sed -n 's,.*call program\,\([^,]*\)\,.*,bin/\1,p' programs.mk)

.PHONY: all programs unit check check-only check-fetch-big audit-checks-all asan fuzz fuzz-programs bench verdicts soak tidy \
	format demo deps deps-test install install-ods deb uninstall help clean
.SECONDARY:

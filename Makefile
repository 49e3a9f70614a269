# dupd - one makefile for everything. Targets:
#   all      dupd, dupctl and libdup.a in build/       demo     install what is missing, build, show it at work
#   check    install what is missing, run every test   lint     layers, symbols, static checks, man pages
#   bench    speed, on N=200000 generated articles     quality  against labelled pairs in SHARED=../shared
#   bench-instructions   instructions an article by stage, against tests/bench/instructions.tsv
#   install  DESTDIR= PREFIX= SYSCONFDIR= ...          deps     the Debian packages only
#   torture  the long tests, TORTURE=tests/torture/NAME for one
#   tidy     clang-tidy, which takes minutes           valgrind units and timelines under valgrind
#   fuzz     libFuzzer on each target of tests/fuzz for FUZZ_SECONDS=1800
# SAN=address,undefined, SAN=thread or COV=1 build in a tree of their own; V=1 shows the commands.
CC        ?= cc
PREFIX    ?= /usr
SYSCONFDIR ?= /etc
DESTDIR   ?=
BINDIR    ?= $(PREFIX)/bin
SBINDIR   ?= $(PREFIX)/sbin
LIBDIR    ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR    ?= $(PREFIX)/share/man
UNITDIR   ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
CONFDIR   := $(SYSCONFDIR)/dupd
SHARED    ?= ../shared
WERROR    ?= -Werror
SAN       ?=
COV       ?=
V         ?=
VERSION   := 1.0.0

comma := ,
suffix := $(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-cov)
B := build$(suffix)
Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla $(WERROR)
HARDEN := -fPIE -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
OPT := $(if $(COV),-O0 --coverage,$(if $(SAN),-O1 -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all,-O2))
CFLAGS ?= -g
ALLCPPFLAGS := -Iinclude -Idaemon -Itests -D_GNU_SOURCE -DDUPD_VERSION='"$(VERSION)"' -DDUPD_SYSCONFDIR='"$(SYSCONFDIR)"' $(CPPFLAGS)
ALLCFLAGS := -std=c11 $(OPT) $(HARDEN) $(WARN) $(CFLAGS) -pthread -MMD -MP
ALLLDFLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack $(if $(SAN),-fsanitize=$(SAN)) $(if $(COV),--coverage -Wl$(comma)-u$(comma)__gcov_dump) -pthread $(LDFLAGS)

CORE_LIBS := -lxxhash -lutf8proc -lm
DUPD_LIBS := $(CORE_LIBS) -llmdb -lzstd -ljson-c -luv -lsystemd -linih
CTL_LIBS  := -ljson-c -lzstd -lz -lsmartcols -lm
TEST_LIBS := -lcmocka

objs = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
CORE_OBJS   := $(call objs,daemon/core/*.c)
BASE_OBJS   := $(call objs,daemon/base/*.c)
PROTO_OBJS  := $(call objs,daemon/proto/*.c)
STORE_OBJS  := $(call objs,daemon/store/*.c)
ENGINE_OBJS := $(call objs,daemon/engine/*.c)
SERVER_OBJS := $(call objs,daemon/server/*.c)
CTL_OBJS    := $(call objs,daemon/ctl/*.c)

# Everything a test may link: all floors below main. Order matters to the linker.
PARTS := $(B)/libserver.a $(B)/libengine.a $(B)/libstore.a $(B)/libproto.a $(B)/libdup.a $(B)/libbase.a

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/bench/*.c tests/quality/*.c tests/replay/*.c))
# Tools that make the machine fail, and the library that goes under dupd for it (not beside sanitizers).
TOOLS += $(patsubst tests/%.c,$(B)/tests/%,$(filter-out %/preload.c,$(wildcard tests/fault/*.c)))
PRELOAD := $(if $(SAN),,$(B)/tests/fault/preload.so)
# Fuzz targets: with a driver that feeds them files, or with libFuzzer (make fuzz).
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(filter-out %/driver.c %/common.c,$(wildcard tests/fuzz/*.c)))
FUZZ_MAIN := $(B)/tests/fuzz/common.o $(if $(findstring fuzzer,$(SAN)),,$(B)/tests/fuzz/driver.o)
TOOLS += $(FUZZ)
INTEGRATION_TESTS := $(filter-out %.sh %.md %.py,$(wildcard tests/integration/*))
TIMELINES := $(wildcard tests/replay/*.timeline)
# Scripts that say "# sanitize" in their first lines run against the sanitized daemon too.
SANITIZED_TESTS := $(shell awk 'FNR > 12 { nextfile } /^\# sanitize$$/ { print FILENAME }' $(INTEGRATION_TESTS) /dev/null)

# Recipes that call make build on all processors unless told otherwise.
MAKE_ALL = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# What takes minutes, or a machine of its own; each script is a test like the others.
TORTURE := $(filter-out %.sh %.md %.py,$(wildcard tests/torture/*))

# Objects of a single program are kept like the others.
.SECONDARY:

.PHONY: all deps tests check torture tidy valgrind mutate fuzz fuzz-run demo bench bench-instructions quality lint coverage install clean FORCE
all: $(B)/dupd $(B)/dupctl $(B)/libdup.a

# What is built depends on the flags that it was built with: PREFIX and the like may differ from one call to the next.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(ALLCPPFLAGS) $(ALLCFLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(CC) $(ALLCPPFLAGS) $(ALLCFLAGS))' >$@
FORCE:

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC      $<")
	$(Q)$(CC) $(ALLCPPFLAGS) $(ALLCFLAGS) -c -o $@ $<

define archive
	@$(if $(V),,echo "  AR      $@")
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
endef
$(B)/libdup.a: $(CORE_OBJS); $(archive)
$(B)/libbase.a: $(BASE_OBJS); $(archive)
$(B)/libproto.a: $(PROTO_OBJS); $(archive)
$(B)/libstore.a: $(STORE_OBJS); $(archive)
$(B)/libengine.a: $(ENGINE_OBJS); $(archive)
$(B)/libserver.a: $(SERVER_OBJS); $(archive)
$(B)/libctl.a: $(filter-out %/main.o,$(CTL_OBJS)); $(archive)

$(B)/dupd: $(B)/daemon/dupd.o $(PARTS)
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $^ $(DUPD_LIBS)

$(B)/dupctl: $(CTL_OBJS) $(B)/libproto.a $(B)/libdup.a $(B)/libbase.a
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $^ $(CTL_LIBS) -lxxhash -lutf8proc

# A program links only the archive members that it needs; the group lets the order be.
$(B)/tests/%: $(B)/tests/%.o $(PARTS) $(B)/libctl.a
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(DUPD_LIBS) $(TEST_LIBS) -lz -lsmartcols

# Tests that refuse memory: the linker leads the calls of the libraries here to them.
$(B)/tests/unit/test_fold: ALLLDFLAGS += -Wl,--wrap=realloc
$(B)/tests/unit/test_memory: ALLLDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup,--wrap=free
# This one stands before the calls that the store makes, to refuse them.
$(B)/tests/unit/test_refused: ALLLDFLAGS += -Wl,--wrap=open -Wl,--wrap=fsync \
  $(shell awk -F'[,()] *' '/^REFUSE/ { print "-Wl,--wrap=" $$3 }' tests/fault/refuse.h)

$(FUZZ): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(FUZZ_MAIN) $(PARTS)
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(DUPD_LIBS)

$(B)/tests/fault/preload.so: tests/fault/preload.c tests/fault/record.h
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(ALLCPPFLAGS) $(ALLCFLAGS) -fPIC -shared -o $@ $< -ldl

tests: all $(UNIT_TESTS) $(TOOLS) $(PRELOAD)

deps:
	@tests/deps.sh build test

# The whole suite, and once more what the address and undefined-behaviour sanitizers can watch;
# with SAN= or COV= only that build. One of the tests breaks the gates of make lint, so that needs its tools.
check:
	@tests/deps.sh build test lint
	@+$(MAKE_ALL) tests
ifeq ($(SAN)$(COV),)
	@+$(MAKE_ALL) tests SAN=address,undefined
	@tests/run.sh $(addprefix $(B):,$(UNIT_TESTS) $(TIMELINES) $(INTEGRATION_TESTS)) \
	  $(addprefix build-address-undefined:,$(UNIT_TESTS:$(B)/%=build-address-undefined/%) $(TIMELINES) $(SANITIZED_TESTS))
else
	@tests/run.sh $(addprefix $(B):,$(UNIT_TESTS) $(TIMELINES) $(if $(SAN),$(SANITIZED_TESTS),$(INTEGRATION_TESTS)))
endif

torture: deps
	@tests/deps.sh torture
	@+$(MAKE_ALL) tests
	@tests/run.sh $(addprefix $(B):,$(TORTURE))

tidy:
	@tests/deps.sh build tidy
	@tests/tidy.sh $(ALLCPPFLAGS)

# Unit tests and timelines once more: no byte read before it is written, none lost.
valgrind:
	@tests/deps.sh build test valgrind
	@+$(MAKE_ALL) tests
	@UNDER="valgrind --quiet --error-exitcode=99 --leak-check=full" tests/run.sh $(addprefix $(B):,$(UNIT_TESTS) $(TIMELINES))

# A sample of all mutants of daemon/core, drawn by a seed (tests/mutate.py says what a mutant is).
MUTATE ?= --seed 1 --sample 150
mutate:
	@tests/deps.sh build test
	@+$(MAKE_ALL) tests
	@+$(MAKE_ALL) tests SAN=address,undefined
	@tests/mutate.py $(MUTATE)

# Each target for so many seconds; what is found stays in build-fuzzer-address-undefined/found/TARGET.
FUZZ_SECONDS ?= 1800
fuzz:
	@tests/deps.sh build fuzz
	@+$(MAKE_ALL) fuzz-run CC=clang SAN=fuzzer,address,undefined
fuzz-run: $(FUZZ)
	@tests/fuzz/run.sh $(B) $(FUZZ_SECONDS)

demo:
	@tests/deps.sh build
	@+$(MAKE_ALL) all
	@tests/demo/run.sh $(B)

bench: deps
	@+$(MAKE_ALL) tests
	@tests/bench/run.py --build $(B) --shared $(SHARED) $(if $(N),--count $(N)) $(BENCH)

# Instructions an article by stage against the committed baseline.
bench-instructions:
	@tests/deps.sh build test bench
	@+$(MAKE_ALL) $(B)/tests/bench/generate $(B)/tests/bench/stages
	@tests/bench/instructions.py --build $(B)

quality: deps
	@+$(MAKE_ALL) tests
	@tests/quality/run.py $(B) $(SHARED)

lint:
	@tests/deps.sh build lint
	@+$(MAKE_ALL) $(B)/libdup.a
	@tests/lint/lint.sh $(B)

# Lines and branches covered by the unit tests, timelines and integration tests, file by file and for each folder.
coverage:
	@tests/deps.sh build test coverage
	@rm -rf build-cov
	@+$(MAKE_ALL) check COV=1; tested=$$?; \
	  gcovr --root . --object-directory build-cov --filter daemon/ --json build-cov/coverage.json && \
	  gcovr --root . --add-tracefile build-cov/coverage.json && \
	  for part in base core proto store engine server ctl; do \
	    gcovr --root . --add-tracefile build-cov/coverage.json --filter daemon/$$part/ --print-summary --output build-cov/$$part.txt | \
	      sed -n "s,^\\(lines\\|branches\\): *,daemon/$$part: \\1 ,p"; done; exit $$tested

install: all
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(BINDIR) $(LIBDIR) $(PKGCONFIGDIR) $(INCLUDEDIR)/dup $(MANDIR)/man1 \
	  $(MANDIR)/man5 $(MANDIR)/man8 $(CONFDIR) $(UNITDIR) $(SYSUSERSDIR) $(COMPLETIONDIR))
	install -m 755 $(B)/dupd $(DESTDIR)$(SBINDIR)/
	install -m 755 $(B)/dupctl $(DESTDIR)$(BINDIR)/
	install -m 644 $(B)/libdup.a $(DESTDIR)$(LIBDIR)/
	install -m 644 include/dup/*.h $(DESTDIR)$(INCLUDEDIR)/dup/
	install -m 644 man/*.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 644 man/*.5 $(DESTDIR)$(MANDIR)/man5/
	install -m 644 man/*.8 $(DESTDIR)$(MANDIR)/man8/
	install -m 644 systemd/dupd.socket $(DESTDIR)$(UNITDIR)/
	sed -e 's|/usr/sbin/dupd|$(SBINDIR)/dupd|; s|/usr/bin/dupctl|$(BINDIR)/dupctl|; s|/etc/dupd|$(CONFDIR)|' \
	  systemd/dupd.service >$(DESTDIR)$(UNITDIR)/dupd.service
	chmod 644 $(DESTDIR)$(UNITDIR)/dupd.service
	install -m 644 systemd/dupd.sysusers $(DESTDIR)$(SYSUSERSDIR)/dupd.conf
	install -m 644 conf/dupctl.bash-completion $(DESTDIR)$(COMPLETIONDIR)/dupctl
	for file in $(notdir $(wildcard conf/*.conf)); do \
	  test -e $(DESTDIR)$(CONFDIR)/$$file || install -m 644 conf/$$file $(DESTDIR)$(CONFDIR)/ || exit 1; done
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
	  include/dup/dup.pc.in >$(DESTDIR)$(PKGCONFIGDIR)/dup.pc
	chmod 644 $(DESTDIR)$(PKGCONFIGDIR)/dup.pc

clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' 2>/dev/null)

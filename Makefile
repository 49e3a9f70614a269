# dupd - one makefile for everything. Targets: all demo check bench quality lint install deps clean.
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
SAN       ?=
COV       ?=
V         ?=
VERSION   := 1.0.0

comma := ,
suffix := $(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-cov)
B := build$(suffix)
Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
HARDEN := -fPIE -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
OPT := $(if $(COV),-O0 --coverage,$(if $(SAN),-O1 -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all,-O2))
CPPFLAGS += -Iinclude -Idaemon -D_GNU_SOURCE -DDUPD_VERSION='"$(VERSION)"' -DDUPD_SYSCONFDIR='"$(SYSCONFDIR)"'
CFLAGS ?= -g
ALLCFLAGS := -std=c11 $(OPT) $(HARDEN) $(WARN) $(CFLAGS) -pthread -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN)) $(if $(COV),--coverage) -pthread

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
INTEGRATION_TESTS := $(filter-out %.sh %.md %.py,$(wildcard tests/integration/*))

.PHONY: all deps tests check demo bench quality lint install clean
all: $(B)/dupd $(B)/dupctl $(B)/libdup.a

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC      $<")
	$(Q)$(CC) $(CPPFLAGS) $(ALLCFLAGS) -c -o $@ $<

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

$(B)/dupd: $(B)/daemon/dupd.o $(PARTS)
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(DUPD_LIBS)

$(B)/dupctl: $(CTL_OBJS) $(B)/libproto.a $(B)/libdup.a $(B)/libbase.a
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CTL_LIBS) -lxxhash -lutf8proc

# A program links only the archive members that it needs; the group lets the order be.
$(B)/tests/%: $(B)/tests/%.o $(PARTS)
	@$(if $(V),,echo "  LD      $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(PARTS) -Wl,--end-group $(DUPD_LIBS) $(TEST_LIBS) -lz

tests: all $(UNIT_TESTS) $(TOOLS)

deps:
	@tests/deps.sh build test

clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' 2>/dev/null)

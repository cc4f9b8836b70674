# SPDX-License-Identifier: MIT
# Builds, tests, installs and runs everything; `make help` lists the targets.
#
# CC, CPPFLAGS, CFLAGS, LDFLAGS, PKG_CONFIG, DESTDIR and prefix mean what they mean everywhere:
#   make && make install DESTDIR=/tmp/image prefix=/usr
#   make CC="aarch64-linux-gnu-gcc --sysroot=/path" PKG_CONFIG=aarch64-linux-gnu-pkg-config
# V=1 shows the commands, WERROR=0 lets warnings pass, SETUP=0 installs no packages.
#
# Variants, each with objects of its own:  build/host/plain  what a user builds and installs
#                                          build/host/san    with ASan and UBSan, stand-in Xen
#                                          build/host/cov    counts branches
#                                          build/host/fuzz   clang with libFuzzer's coverage
#                                          build/board       arm64, against the board's sysroot
# New source files are found by name. A new program is one line, below.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/bash

ifeq ($(origin CC),default)
CC := gcc
endif
HOST_CC ?= $(CC)
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
BUILD ?= build
CROSS ?= aarch64-linux-gnu-
SYSROOT ?= $(BUILD)/sysroot
CLANG ?= clang
CLANG_FORMAT ?= clang-format-14
export BUILD SETUP

prefix ?= /usr/local
bindir ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
libexecdir ?= $(prefix)/libexec/gpu-mediator
mandir ?= $(prefix)/share/man
datadir ?= $(prefix)/share/gpu-mediator

VERSION := $(shell sed -n 's/^.define GPUM_VERSION "\(.*\)"/\1/p' mediator/shared/version.h)
Q := $(if $(filter 1,$(V)),,@)

WARNINGS := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wmissing-prototypes \
	$(if $(filter 0,$(WERROR)),,-Werror)
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -g -MMD -MP $(WARNINGS) -fstack-protector-strong
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# A program names more libraries than it may need; only those that it uses become dependencies.
BASE_LDFLAGS := -Wl,--as-needed -Wl,-z,relro,-z,now

# --- What there is to build --------------------------------------------------------------------
# A source file with main() is linked only into its program; all others may also be linked into tests.
sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
LPAREN := (
with_main = $(if $(1),$(shell grep -lF 'int main$(LPAREN)' $(1) /dev/null))
without_main = $(filter-out $(call with_main,$(1)),$(1))

PURE_SRC := $(call sources,$(addprefix mediator/,config sched admission present guard truth) \
	$(addprefix mediator/shared/,limit protocol strip))
SANDBOX := mediator/shared/sandbox
SANDBOX_SRC := $(call sources,$(SANDBOX))
XEN_LIBS := -lxengnttab -lxenevtchn -lxenstore
GL_PKGS := egl glesv2 gbm libdrm
SANDBOX_PKGS := libseccomp libcap

# $(1) program  $(2) sbin, libexec or bin  $(3) domains of the board that have it  $(4) folders
# $(5) packages of pkg-config  $(6) other libraries
define program
PROGRAMS += $(1)
$(1)_PLACE := $(2)
$(1)_DOMAINS := $(3)
$(1)_SRC := $(call sources,$(4))
$(1)_PKGS := $(5)
$(1)_LIBS := $(6)
endef

$(eval $(call program,gpu-mediatord,sbin,driver,mediator/daemon $(SANDBOX),libdrm jansson libpng $(SANDBOX_PKGS),$(XEN_LIBS) -lev -lfdt))
$(eval $(call program,gpum-backend,libexec,driver,backend $(SANDBOX),virglrenderer epoxy egl gbm libdrm $(SANDBOX_PKGS),$(XEN_LIBS)))
$(eval $(call program,gpum-compositor,libexec,driver,mediator/compositor mediator/gl $(SANDBOX),$(GL_PKGS) $(SANDBOX_PKGS),))
$(eval $(call program,gpum-verifier,libexec,driver,mediator/verifier mediator/gl $(SANDBOX),$(GL_PKGS) $(SANDBOX_PKGS),-lz))
$(eval $(call program,gpum-readback,libexec,driver,mediator/readback mediator/gl,$(GL_PKGS) libpng jansson,-lz))
$(eval $(call program,gpumctl,bin,driver dom0,mediator/ctl,jansson libpng,-lxenstore -lfdt -lz))
$(eval $(call program,gpumsim,bin,,mediator/sim,jansson,-lfdt))

PROGRAM_SRC := $(sort $(PURE_SRC) $(foreach p,$(PROGRAMS),$($(p)_SRC)))
STANDIN_SRC := $(wildcard tests/fakes/xen/*.c)
TEST_PKGS := cmocka
ALL_PKGS := $(sort $(foreach p,$(PROGRAMS),$($(p)_PKGS)))

# --- Rules of one variant ----------------------------------------------------------------------
# pkg-config's folders count as system folders: their headers are not ours to warn about. It is
# asked once, when first needed, so that `make help` and `make setup` work on a bare machine.
system_includes = $(patsubst -I%,-isystem %,$(1))

define variant_rules
# $(1) folder below $(BUILD)
$(1)_dir := $(BUILD)/$(1)
$(1)_pkg_cflags = $$(eval $(1)_pkg_cflags := $$(call system_includes,$$(shell $$($(1)_PKGCONFIG) \
	--cflags $(ALL_PKGS))))$$($(1)_pkg_cflags)

# An object also depends on how it is compiled: other flags, other objects.
$(BUILD)/$(1)/obj/%.o: %.c $(BUILD)/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  CC [$(notdir $(1))] $$<"
	$$(Q)$$($(1)_CC) $$(BASE_CFLAGS) $$($(1)_pkg_cflags) $$(CPPFLAGS) $$($(1)_CFLAGS) $$(CFLAGS_EXTRA) -c -o $$@ $$<

$(BUILD)/$(1)/flags: FORCE | $$($(1)_NEEDS)
	@mkdir -p $$(@D)
	@echo '$$($(1)_CC) $$(BASE_CFLAGS) $$(CPPFLAGS) $$($(1)_CFLAGS) $(libexecdir)' | cmp -s - $$@ || \
		echo '$$($(1)_CC) $$(BASE_CFLAGS) $$(CPPFLAGS) $$($(1)_CFLAGS) $(libexecdir)' >$$@

$(BUILD)/$(1)/lib/%.a:
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)$$(if $$(filter board,$(1)),$(CROSS))ar rcsD $$@ $$^

$(BUILD)/$(1)/lib/pure.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(PURE_SRC))
$(BUILD)/$(1)/lib/standins.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(STANDIN_SRC))
# Unit tests and fuzzers link all of one side except main().
$(BUILD)/$(1)/lib/backend.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,\
	$(call without_main,$(gpum-backend_SRC)) $(filter mediator/shared/%,$(PURE_SRC)))
$(BUILD)/$(1)/lib/mediator.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(PURE_SRC) $(sort $(foreach \
	p,$(filter-out gpum-backend,$(PROGRAMS)),$(call without_main,$($(p)_SRC)))))

$(1)-objects: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(PROGRAM_SRC) $(TEST_SRC))
$(1)-programs: $(patsubst %,$(BUILD)/$(1)/bin/%,\
	$(if $(filter board,$(1)),$(foreach p,$(PROGRAMS),$(if $($(p)_DOMAINS),$(p))),$(PROGRAMS)))
.PHONY: $(1)-objects $(1)-programs
endef

# $(1) variant, $(2) program
define program_rules
$(BUILD)/$(1)/bin/$(2): $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$($(2)_SRC)) $(BUILD)/$(1)/lib/pure.a $($(1)_STANDINS)
	@mkdir -p $$(@D)
	@echo "  LD [$(notdir $(1))] $$@"
	$$(Q)$$($(1)_CC) $$($(1)_CFLAGS) $$(BASE_LDFLAGS) $$($(1)_LDFLAGS) -o $$@ $$^ \
		$(if $($(1)_STANDINS),$(filter-out $(XEN_LIBS),$($(2)_LIBS)),$($(2)_LIBS)) \
		$$(if $($(2)_PKGS),$$(shell $$($(1)_PKGCONFIG) --libs $($(2)_PKGS))) -lm -pthread
endef

# Says which packages are missing before the compiler says which headers are.
HOST_NEEDS := $(BUILD)/host/needs
$(HOST_NEEDS):
	@tests/setup --missing
	@mkdir -p $(@D)
	@touch $@

host/plain_CC = $(CC)
host/plain_CFLAGS = $(CFLAGS)
host/plain_LDFLAGS = $(LDFLAGS)
host/plain_PKGCONFIG = $(PKG_CONFIG)
host/plain_NEEDS := $(HOST_NEEDS)
host/san_CC := $(HOST_CC)
host/san_CFLAGS := -O1 $(SANITIZE)
host/san_PKGCONFIG := pkg-config
host/san_NEEDS := $(HOST_NEEDS)
host/san_STANDINS := $(BUILD)/host/san/lib/standins.a
host/cov_CC := $(HOST_CC)
host/cov_CFLAGS := -O0 --coverage
host/cov_PKGCONFIG := pkg-config
host/cov_NEEDS := $(HOST_NEEDS)
host/fuzz_CC := $(CLANG)
host/fuzz_CFLAGS := -O1 $(SANITIZE) -fsanitize=fuzzer-no-link
host/fuzz_PKGCONFIG := pkg-config
host/fuzz_NEEDS := $(HOST_NEEDS)
board_CC := $(CROSS)gcc --sysroot=$(SYSROOT)
# Where the sources lie must not change the bytes that come out.
board_CFLAGS := -O2 -ffile-prefix-map=$(abspath $(SYSROOT))=sysroot -ffile-prefix-map=$(CURDIR)=.
board_LIBDIR := $(SYSROOT)/usr/lib/aarch64-linux-gnu
board_LDFLAGS := -Wl,-rpath-link,$(board_LIBDIR)
board_PKGCONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(board_LIBDIR)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
VARIANTS := host/plain host/san host/cov host/fuzz board

include tests/tests.mk
-include board/board.mk
-include board/guest/guest.mk
-include tests/bench/bench.mk
-include tests/chaos/chaos.mk

$(foreach v,$(VARIANTS),$(eval $(call variant_rules,$(v))))
$(foreach v,$(VARIANTS),$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$(v),$(p)))))
-include $(shell find $(VARIANTS:%=$(BUILD)/%/obj) -name '*.d' 2>/dev/null)

# The daemon's default for --libexec: on the board, programs are below /usr.
$(BUILD)/host/%/obj/mediator/daemon/base/options.o: private \
	CPPFLAGS += -DGPUM_LIBEXECDIR='"$(libexecdir)"'

# --- Targets -----------------------------------------------------------------------------------
.PHONY: all help host install uninstall install-board-programs format clean setup compile_commands.json FORCE

all: host/plain-programs ## build the programs for this machine in build/host/plain/bin
host: all

help: ## list the targets
	@echo 'GPU mediator $(VERSION)'
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'With V=1: show commands. SETUP=0: install no packages. BUILD=folder: build elsewhere.'

# $(1) variant, $(2) programs, $(3) root, $(4) prefix
install_programs = $(foreach p,$(2),install -D $(BUILD)/$(1)/bin/$(p) \
	$(3)$(if $(filter libexec,$($(p)_PLACE)),$(4:%=%/libexec/gpu-mediator),$(4)/$($(p)_PLACE))/$(p) &&) true
MAN_PAGES := $(wildcard docs/man/*.[18])

install: all ## install programs, man pages and binding (DESTDIR=, prefix=/usr/local)
	$(Q)$(foreach p,$(PROGRAMS),install -D $(BUILD)/host/plain/bin/$(p) $(DESTDIR)$($($(p)_PLACE)dir)/$(p) &&) true
	$(Q)$(foreach m,$(MAN_PAGES),install -D -m 644 $(m) $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)) &&) true
	$(Q)install -D -m 644 -t $(DESTDIR)$(datadir) dts/gpu-mediator.dtsi dts/bindings/*.yaml

uninstall: ## remove the installed files
	$(Q)rm -f $(foreach p,$(PROGRAMS),$(DESTDIR)$($($(p)_PLACE)dir)/$(p)) \
		$(foreach m,$(MAN_PAGES),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	$(Q)rm -rf $(DESTDIR)$(datadir)

# Called by the board's recipe: a folder for each domain below DESTDIR.
install-board-programs: board-programs
	@test -n "$(DESTDIR)" || { echo 'error: DESTDIR=folder is missing' >&2; exit 1; }
	$(Q)$(foreach d,driver dom0,$(call install_programs,board,$(foreach p,$(PROGRAMS),$(if $(filter \
		$(d),$($(p)_DOMAINS)),$(p))),$(DESTDIR)/$(d),/usr) &&) true

# $(1) source: one entry for clangd and other tools
define compile_command
{"directory": "$(CURDIR)", "file": "$(1)", "command": "$(CC) $(BASE_CFLAGS) $(host/plain_pkg_cflags) $(CPPFLAGS) $(CFLAGS) -c $(1)"},
endef
# The frontend's sources need the kernel's own flags.
compile_commands.json: ## write how each source is compiled, for clangd and other tools
	$(file >$@,[)$(foreach s,$(filter-out frontend/% tests/fakes/kernel/% tests/unit/frontend/%,\
		$(PROGRAM_SRC) $(TEST_SRC)),$(file >>$@,$(call compile_command,$(s))))
	@sed -i '$$ s/,$$/]/' $@
	@echo "  $@"

format: ## format all C sources with clang-format
	@find $(C_FOLDERS) -name '*.[ch]' | xargs $(CLANG_FORMAT) -i

clean: ## remove compiled files (not the board's downloads)
	rm -rf $(VARIANTS:%=$(BUILD)/%) $(BUILD)/check $(HOST_NEEDS)

setup: ## install the packages for building, testing and running
	@tests/setup
	@if [ -x board/setup ]; then board/setup; fi

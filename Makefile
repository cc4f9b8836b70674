# SPDX-License-Identifier: MIT
# Builds, tests and runs everything; `make help` lists the targets.
#
# Each variant has an object folder:  build/host/plain  gcc, programs for users
#                                     build/host/san    gcc with ASan and UBSan, stand-in Xen
#                                     build/host/cov    gcc, counting branches
#                                     build/host/fuzz   clang with libFuzzer's coverage
#                                     build/board       arm64, against the board's sysroot
# Source files are found by their folder, so new ones need not be listed here.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := /bin/bash

BUILD ?= build
CROSS ?= aarch64-linux-gnu-
SYSROOT ?= $(BUILD)/sysroot
CLANG ?= clang
CLANG_FORMAT ?= clang-format-14
HOST_CC ?= gcc
export BUILD

WARNINGS := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wmissing-prototypes -Werror
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -g -MMD -MP $(WARNINGS) -fstack-protector-strong
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# A program may list libraries that it does not use; --as-needed makes those no dependency.
BASE_LDFLAGS := -Wl,--as-needed -Wl,-z,relro,-z,now

# --- Programs and their sources ----------------------------------------------------------------
# A source file with main() is linked only into its program; all others may also be linked into tests.
sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
LPAREN := (
with_main = $(if $(1),$(shell grep -lF 'int main$(LPAREN)' $(1) /dev/null))
without_main = $(filter-out $(call with_main,$(1)),$(1))

PURE_SRC := $(call sources,mediator/config mediator/sched mediator/admission mediator/present mediator/guard \
	mediator/truth $(addprefix mediator/shared/,limit protocol strip))
XEN_LIBS := -lxengnttab -lxenevtchn -lxenstore

SANDBOX_SRC := $(call sources,mediator/shared/sandbox)

gpum-backend_SRC := $(call sources,backend) $(SANDBOX_SRC)
gpum-backend_PKGS := virglrenderer epoxy egl gbm libdrm libseccomp libcap
gpum-backend_LIBS := $(XEN_LIBS)
gpu-mediatord_SRC := $(call sources,mediator/daemon) $(SANDBOX_SRC)
gpu-mediatord_PKGS := libdrm jansson libpng libseccomp libcap
gpu-mediatord_LIBS := $(XEN_LIBS) -lev -lfdt
gpum-compositor_SRC := $(call sources,mediator/compositor mediator/gl) $(SANDBOX_SRC)
gpum-compositor_PKGS := egl glesv2 gbm libdrm libseccomp libcap
gpum-checker_SRC := $(call sources,mediator/verifier mediator/gl) $(SANDBOX_SRC)
gpum-checker_PKGS := egl glesv2 gbm libdrm libseccomp libcap
gpum-checker_LIBS := -lz
gpumctl_SRC := $(call sources,mediator/ctl)
gpumctl_PKGS := jansson libpng
gpumctl_LIBS := -lxenstore -lfdt -lz
gpum-readback_SRC := $(call sources,mediator/readback mediator/gl)
gpum-readback_PKGS := egl glesv2 gbm libdrm libpng jansson
gpum-readback_LIBS := -lz
gpumsim_SRC := $(call sources,mediator/sim)
gpumsim_PKGS := jansson
gpumsim_LIBS := -lfdt

# Programs that run only on the build host.
HOST_PROGRAMS := gpumsim
PROGRAMS := $(foreach p,gpum-backend gpu-mediatord gpum-compositor gpum-verifier gpumctl gpum-readback gpumsim,\
	$(if $(call with_main,$($(p)_SRC)),$(p)))
PROGRAM_SRC := $(sort $(PURE_SRC) $(foreach p,$(PROGRAMS),$($(p)_SRC)))
STANDIN_SRC := $(wildcard tests/fakes/xen/*.c)
TEST_PKGS := cmocka
ALL_PKGS := $(sort $(foreach p,$(PROGRAMS),$($(p)_PKGS)) virglrenderer libdrm epoxy)

# --- Rules of one variant ----------------------------------------------------------------------
# Headers of packages are included as system headers, so that they cause no warnings. pkg-config runs
# once, when its result is first needed, so that `make help` and `make setup` work without it.
system_includes = $(patsubst -I%,-isystem %,$(1))

define variant_rules
# $(1) folder below $(BUILD)
$(1)_dir := $(BUILD)/$(1)
$(1)_pkg_cflags = $$(eval $(1)_pkg_cflags := $$(call system_includes,$$(shell $$($(1)_PKGCONFIG) \
	--cflags $(ALL_PKGS))))$$($(1)_pkg_cflags)

# Objects also depend on the file `flags`, which changes when the compiler's flags change.
$(BUILD)/$(1)/obj/%.o: %.c $(BUILD)/$(1)/flags
	@mkdir -p $$(@D)
	@echo "  CC [$(notdir $(1))] $$<"
	@$$($(1)_CC) $$(BASE_CFLAGS) $$($(1)_CFLAGS) $$($(1)_pkg_cflags) $$(CFLAGS_EXTRA) -c -o $$@ $$<

$(BUILD)/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo '$$($(1)_CC) $$(BASE_CFLAGS) $$($(1)_CFLAGS) $$(CFLAGS_EXTRA)' | cmp -s - $$@ || \
		echo '$$($(1)_CC) $$(BASE_CFLAGS) $$($(1)_CFLAGS) $$(CFLAGS_EXTRA)' >$$@

$(BUILD)/$(1)/lib/%.a:
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcsD $$@ $$^

$(BUILD)/$(1)/lib/pure.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(PURE_SRC))
$(BUILD)/$(1)/lib/standins.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(STANDIN_SRC))
# Libraries for unit tests and fuzz targets: all sources of one side without main().
$(BUILD)/$(1)/lib/backend.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,\
	$(call without_main,$(gpum-backend_SRC)) $(filter mediator/shared/%,$(PURE_SRC)))
$(BUILD)/$(1)/lib/mediator.a: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(PURE_SRC) $(sort $(foreach \
	p,gpu-mediatord gpum-compositor gpum-verifier gpumctl gpum-readback gpumsim,$(call without_main,$($(p)_SRC)))))

$(1)-objects: $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(PROGRAM_SRC) $(TEST_SRC))
$(1)-programs: $(patsubst %,$(BUILD)/$(1)/bin/%,\
	$(if $(filter board,$(1)),$(filter-out $(HOST_PROGRAMS),$(PROGRAMS)),$(PROGRAMS)))
.PHONY: $(1)-objects $(1)-programs
endef

# $(1) variant, $(2) program
define program_rules
$(BUILD)/$(1)/bin/$(2): $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$($(2)_SRC)) $(BUILD)/$(1)/lib/pure.a $($(1)_STANDINS)
	@mkdir -p $$(@D)
	@echo "  LD [$(notdir $(1))] $$@"
	@$$($(1)_CC) $$($(1)_CFLAGS) $$(BASE_LDFLAGS) $$($(1)_LDFLAGS) -o $$@ $$^ \
		$(if $($(1)_STANDINS),$(filter-out $(XEN_LIBS),$($(2)_LIBS)),$($(2)_LIBS)) \
		$$(if $($(2)_PKGS),$$(shell $$($(1)_PKGCONFIG) --libs $($(2)_PKGS))) -lm -pthread
endef

host/plain_CC := $(HOST_CC)
host/plain_CFLAGS := -O2
host/plain_PKGCONFIG := pkg-config
host/san_CC := $(HOST_CC)
host/san_CFLAGS := -O1 $(SANITIZE)
host/san_PKGCONFIG := pkg-config
host/san_STANDINS := $(BUILD)/host/san/lib/standins.a
host/cov_CC := $(HOST_CC)
host/cov_CFLAGS := -O0 --coverage
host/cov_PKGCONFIG := pkg-config
host/fuzz_CC := $(CLANG)
host/fuzz_CFLAGS := -O1 $(SANITIZE) -fsanitize=fuzzer-no-link
host/fuzz_PKGCONFIG := pkg-config
board_CC := $(CROSS)gcc --sysroot=$(SYSROOT)
# The folder of the sources must not change the bytes of the result.
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

# --- Targets -----------------------------------------------------------------------------------
.PHONY: help host install-board-programs format clean setup FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

host: host/plain-programs ## build the programs for this machine in build/host/plain/bin

# The board's recipe calls this target. It makes one folder per role under DESTDIR.
DRIVER_SBIN := $(filter gpu-mediatord,$(PROGRAMS))
DRIVER_LIBEXEC := $(filter gpum-%,$(PROGRAMS))
install-board-programs: board-programs
	@test -n "$(DESTDIR)" || { echo 'error: DESTDIR=folder is missing' >&2; exit 1; }
	@for p in $(DRIVER_SBIN); do install -D $(BUILD)/board/bin/$$p $(DESTDIR)/driver/usr/sbin/$$p || exit; done
	@for p in $(DRIVER_LIBEXEC); do \
		install -D $(BUILD)/board/bin/$$p $(DESTDIR)/driver/usr/libexec/gpu-mediator/$$p || exit; done
	@for role in driver dom0; do for p in $(filter gpumctl,$(PROGRAMS)); do \
		install -D $(BUILD)/board/bin/$$p $(DESTDIR)/$$role/usr/bin/$$p || exit; done; done

format: ## format all C sources with clang-format
	@find $(C_FOLDERS) -name '*.[ch]' | xargs $(CLANG_FORMAT) -i

clean: ## remove compiled files (not the board's downloads)
	rm -rf $(VARIANTS:%=$(BUILD)/%) $(BUILD)/check

setup: ## install the packages for building, testing and running
	@tests/setup
	@if [ -x board/setup ]; then board/setup; fi

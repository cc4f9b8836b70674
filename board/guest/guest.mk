# SPDX-License-Identifier: MIT
#
# The guests' demonstration, pattern and measuring programs. To be called or included from the
# repository root:
#
#   make -f board/guest/guest.mk                                   native, for a compile check
#   make -f board/guest/guest.mk CROSS=aarch64-linux-gnu- SYSROOT=DIR O=build/guest-arm64
#   make -f board/guest/guest.mk … guest-install DESTDIR=DIR
#
# CC        compiler; a given CC wins, else $(CROSS)gcc
# SYSROOT   root of a Debian file system with the -dev packages; pkg-config then looks only there
# O         output folder
# DESTDIR   prefix of `guest-install`, programs go to $(DESTDIR)/usr/bin

ifeq ($(origin CC),default)
CC := $(CROSS)gcc
endif
O ?= build/guest
PKG_CONFIG ?= pkg-config

GUEST_DIR := board/guest
GUEST_TRIPLET := $(shell $(CC) -dumpmachine)

ifneq ($(SYSROOT),)
GUEST_SYSROOT_FLAG := --sysroot=$(SYSROOT)
# Debian's triplet has no vendor part: x86_64-pc-linux-gnu is x86_64-linux-gnu there.
GUEST_LIBTRIPLET := $(firstword $(subst -, ,$(GUEST_TRIPLET)))-linux-gnu
GUEST_PKG_ENV := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(GUEST_LIBTRIPLET)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig
endif

GUEST_PKG_CONFIG := $(GUEST_PKG_ENV) $(PKG_CONFIG)
GUEST_PKGS := gbm egl glesv2 libdrm libpng

# -isystem: warnings in other people's headers are not ours to fix.
GUEST_PKG_CFLAGS = $(patsubst -I%,-isystem %,$(shell $(GUEST_PKG_CONFIG) --cflags $(GUEST_PKGS)))
GUEST_PKG_LIBS = $(shell $(GUEST_PKG_CONFIG) --libs $(GUEST_PKGS))

GUEST_CFLAGS = $(GUEST_SYSROOT_FLAG) -std=c11 -O2 -g -D_GNU_SOURCE -I. $(GUEST_PKG_CFLAGS) \
	-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wmissing-prototypes -Werror \
	-fstack-protector-strong -MMD -MP $(CFLAGS)
GUEST_LIBS = $(GUEST_PKG_LIBS) -lm

guest_common := common/cli common/image common/kms common/target
guest_programs := cluster-demo vgpu-pattern vgpu-bench saturate
guest_src_cluster-demo := cluster/main cluster/drive cluster/scene cluster/backdrop \
	cluster/glyph cluster/paint $(guest_common)
guest_src_vgpu-pattern := pattern/main pattern/pattern pattern/verify $(guest_common)
guest_src_vgpu-bench := bench/main bench/scenes bench/heavy $(guest_common)
guest_src_saturate := bench/saturate bench/heavy $(guest_common)

guest_objects = $(patsubst %,$(O)/obj/%.o,$(guest_src_$(1)))

.PHONY: guest-all guest-install guest-clean
guest-all: $(addprefix $(O)/,$(guest_programs))

define guest_program
$(O)/$(1): $(call guest_objects,$(1))
	$$(CC) $$(GUEST_SYSROOT_FLAG) $$(LDFLAGS) -o $$@ $$^ $$(GUEST_LIBS)
endef
$(foreach p,$(guest_programs),$(eval $(call guest_program,$(p))))

$(O)/obj/%.o: $(GUEST_DIR)/%.c $(GUEST_DIR)/guest.mk
	@mkdir -p $(dir $@)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

guest-install: guest-all
	install -d $(DESTDIR)/usr/bin
	install -m 755 $(addprefix $(O)/,$(guest_programs)) $(DESTDIR)/usr/bin

guest-clean:
	rm -rf $(O)/obj $(addprefix $(O)/,$(guest_programs))

-include $(foreach p,$(guest_programs),$(patsubst %.o,%.d,$(call guest_objects,$(p))))

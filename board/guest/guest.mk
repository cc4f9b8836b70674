# SPDX-License-Identifier: MIT
# The guests' programs: demonstration, test pattern, measurement, load, attacks. The top-level Makefile
# includes this file; its variants board, host/plain and host/san compile and link them.

GUEST_COMMON := $(call sources,board/guest/common)
GUEST_PKGS := gbm egl glesv2 libdrm libpng

cluster-demo_SRC := $(call sources,board/guest/cluster) $(GUEST_COMMON)
vgpu-pattern_SRC := $(call sources,board/guest/pattern) $(GUEST_COMMON)
vgpu-bench_SRC := $(call sources,board/guest/bench board/guest/heavy) $(GUEST_COMMON)
saturate_SRC := $(call sources,board/guest/saturate board/guest/heavy) $(GUEST_COMMON)

vgpu-hostile_SRC := $(call sources,board/guest/hostile)

GUEST_PROGRAMS := cluster-demo vgpu-pattern vgpu-bench saturate vgpu-hostile
GUEST_VARIANTS := board host/plain host/san

$(foreach p,$(filter-out vgpu-hostile,$(GUEST_PROGRAMS)),$(eval $(p)_PKGS := $(GUEST_PKGS)))
vgpu-hostile_LIBS := $(XEN_LIBS)
cluster-demo_LIBS := -lz
$(foreach v,$(GUEST_VARIANTS),$(foreach p,$(GUEST_PROGRAMS),$(eval $(call program_rules,$(v),$(p)))))

# `check-build` compiles all of PROGRAM_SRC with gcc and clang.
PROGRAM_SRC += $(foreach p,$(GUEST_PROGRAMS),$($(p)_SRC))
PROGRAM_SRC := $(sort $(PROGRAM_SRC))

.PHONY: board-guest-programs install-guest-programs host-guest-programs check-guest
board-guest-programs: $(GUEST_PROGRAMS:%=$(BUILD)/board/bin/%)

host-guest-programs: $(GUEST_PROGRAMS:%=$(BUILD)/host/plain/bin/%)
# Tests on the host compare screenshots with the pattern.
host: $(BUILD)/host/plain/bin/vgpu-pattern

# vgpu-bench also goes to the driver domain: its figures there are the baseline for the guests'.
install-board-programs: install-guest-programs
install-guest-programs: board-guest-programs
	@test -n "$(DESTDIR)" || { echo 'error: DESTDIR=folder is missing' >&2; exit 1; }
	@for p in $(GUEST_PROGRAMS); do \
		install -D $(BUILD)/board/bin/$$p $(DESTDIR)/guest/usr/bin/$$p || exit; done
	@install -D $(BUILD)/board/bin/vgpu-bench $(DESTDIR)/driver/usr/bin/vgpu-bench

check-guest: host-guest-programs ## test the guests' programs off screen on this machine
	@BIN=$(BUILD)/host/plain/bin board/guest/selftest

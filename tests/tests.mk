# SPDX-License-Identifier: MIT
# Test targets. tests/run runs test programs and counts results; tests/all runs all stages in order.

C_FOLDERS := $(wildcard backend frontend mediator board tests)
FUZZ_SECONDS ?= $(if $(filter check,$(MAKECMDGOALS)),60,5)
export FUZZ_SECONDS

# tests/unit/SIDE/ mirrors the folders of SIDE (backend, mediator or frontend). Each test_*.c is a program
# of its own, linked with the library of SIDE and with the other .c files of tests/unit/SIDE/.
UNIT_SOURCES := $(call sources,tests/unit)
UNIT_TESTS := $(foreach s,$(UNIT_SOURCES),$(if $(filter test_%,$(notdir $(s))),$(s)))
UNIT_PROGRAMS := $(UNIT_TESTS:%.c=$(BUILD)/host/san/%)
unit_side = $(word 3,$(subst /, ,$(1)))
unit_helpers = $(filter tests/unit/$(1)/%,$(filter-out $(UNIT_TESTS),$(UNIT_SOURCES)))
# If the driver domain's programs cannot be built, only the stand-ins' own test can run.
COMPONENT_TESTS := $(if $(filter-out $(PROGRAMS),gpu-mediatord gpum-backend gpumctl),\
	tests/component/test_standins.c,$(sort $(wildcard tests/component/test_*.c)))
COMPONENT_PROGRAMS := $(COMPONENT_TESTS:%.c=$(BUILD)/host/san/%)
COMPONENT_HELPERS := $(wildcard tests/component/cockpit/*.c)
# Fuzz targets are tests/fuzz/fuzz_SIDE_*.c, their seeds are in tests/fuzz/corpus/NAME. The SIDE cockpit
# links the backend and the mediator's pure parts; the SIDE frontend links no library, as its target
# includes the source.
FUZZ_TARGETS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%.c=$(BUILD)/host/fuzz/%)
# Helpers of all targets are in tests/fuzz/, helpers of fuzz_NAME.c alone in tests/fuzz/NAME/.
FUZZ_HELPERS := $(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c))
fuzz_helpers = $(FUZZ_HELPERS) $(wildcard $(1:tests/fuzz/fuzz_%.c=tests/fuzz/%)/*.c)
# The kernel module's sources, built against a stand-in kernel; xenbus.c needs a xenstore and is left out.
FRONTEND_SRC := $(filter-out frontend/xenbus.c %.mod.c,$(wildcard frontend/*.c))
KERNEL_SRC := $(wildcard tests/fakes/kernel/*.c)
TEST_SRC := $(call sources,$(wildcard tests/fakes/xen tests/component tests/unit)) \
	$(sort $(foreach t,$(FUZZ_TARGETS),$(t) $(call fuzz_helpers,$(t)))) \
	$(call sources,tests/coverage) $(FRONTEND_SRC) $(KERNEL_SRC)

SIDE_PKGS_backend = $(gpum-backend_PKGS)
SIDE_LIBS_backend = $(gpum-backend_LIBS)
SIDE_PKGS_mediator = $(sort $(gpu-mediatord_PKGS) $(gpumctl_PKGS))
SIDE_LIBS_mediator = $(sort $(gpu-mediatord_LIBS) $(gpumctl_LIBS))

SIDE_PKGS_cockpit = $(SIDE_PKGS_backend)
SIDE_LIBS_cockpit = $(SIDE_LIBS_backend) -lfdt
side_archives = $(if $(filter cockpit,$(1)),backend pure,$(filter-out frontend,$(1)))

# $(1) source, $(2) side, $(3) variant. TEST_LDFLAGS_name holds a test's own linker options (--wrap).
-include $(wildcard tests/unit/*/unit.mk)
define unit_rules
$(BUILD)/$(3)/$(1:.c=): $(1:%.c=$(BUILD)/$(3)/obj/%.o) $(BUILD)/$(3)/lib/unit-$(2).a $(BUILD)/$(3)/lib/$(2).a
	@mkdir -p $$(@D)
	$(Q)$(HOST_CC) $$($(3)_CFLAGS) $$(BASE_LDFLAGS) $(TEST_LDFLAGS_$(basename $(notdir $(1)))) \
		-o $$@ $$^ $(SIDE_LIBS_$(2)) $$(shell pkg-config --libs $(SIDE_PKGS_$(2)) $(TEST_PKGS)) -lm -pthread
endef
define unit_helper_rules
$(BUILD)/$(2)/lib/unit-$(1).a: $(patsubst %.c,$(BUILD)/$(2)/obj/%.o,$(call unit_helpers,$(1)))
endef
$(foreach v,host/san host/cov,$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rules,$(t),$(call unit_side,$(t)),$(v)))) \
	$(foreach s,backend frontend mediator,$(eval $(call unit_helper_rules,$(s),$(v)))))
# A component test links the backend as well, so that it can also call its functions directly.
define component_rules
$(BUILD)/host/san/$(1:.c=): $(patsubst %.c,$(BUILD)/host/san/obj/%.o,$(1) $(COMPONENT_HELPERS)) \
		$(BUILD)/host/san/lib/backend.a $(BUILD)/host/san/lib/pure.a \
		$(BUILD)/host/san/lib/standins.a
	@mkdir -p $$(@D)
	$(Q)$(HOST_CC) $$(host/san_CFLAGS) $$(BASE_LDFLAGS) -o $$@ $$^ \
		$$(shell pkg-config --libs $(sort jansson libpng zlib $(gpum-backend_PKGS)) $(TEST_PKGS)) -lm -pthread
endef
$(foreach t,$(COMPONENT_TESTS),$(eval $(call component_rules,$(t))))

# The target replaces these calls: it starts, kills and waits for no process, and has its own time.
TEST_LDFLAGS_fuzz_mediator_messages := $(foreach f,access kill sendmsg waitpid timerfd_create \
	timerfd_settime sandbox_spawn sandbox_inspect keeper_send log_line,-Wl,--wrap=$(f))
define fuzz_rules
$(BUILD)/host/fuzz/$(1:.c=): $(patsubst %.c,$(BUILD)/host/fuzz/obj/%.o,$(1) $(call fuzz_helpers,$(1))) \
		$(patsubst %,$(BUILD)/host/fuzz/lib/%.a,$(call side_archives,$(2)))
	@mkdir -p $$(@D)
	$(Q)$(CLANG) $$(host/fuzz_CFLAGS) -fsanitize=fuzzer $$(BASE_LDFLAGS) \
		$(TEST_LDFLAGS_$(basename $(notdir $(1)))) -o $$@ $$^ \
		$(SIDE_LIBS_$(2)) $(if $(SIDE_PKGS_$(2)),$$(shell pkg-config --libs $(SIDE_PKGS_$(2)))) -lm -pthread
endef
# tests/fuzz/adversary.c traces the loads of these objects, which read memory shared with the other side.
$(BUILD)/host/fuzz/obj/backend/transport/virtqueue.o $(BUILD)/host/fuzz/obj/tests/fuzz/fuzz_frontend_queue.o: \
	private host/fuzz_CFLAGS += -fsanitize-coverage=trace-loads
# Each kernel header that the frontend includes becomes a file that includes the stand-in kernel.
KERNEL_HEADERS := $(addprefix $(BUILD)/host/kernel/,$(addprefix linux/,bitmap.h delay.h dma-map-ops.h \
	dma-mapping.h interrupt.h jiffies.h mm.h module.h mutex.h platform_device.h scatterlist.h slab.h \
	spinlock.h virtio.h virtio_config.h vmalloc.h workqueue.h xarray.h) \
	$(addprefix xen/,events.h grant_table.h page.h xenbus.h))
$(KERNEL_HEADERS): tests/tests.mk
	@mkdir -p $(@D)
	@echo '#include "tests/fakes/kernel/kernel.h"' >$@
FRONTEND_ON_HOST := $(foreach v,$(VARIANTS),$(patsubst %.c,$(BUILD)/$(v)/obj/%.o,$(FRONTEND_SRC) \
	$(KERNEL_SRC) $(call sources,tests/unit/frontend) tests/fuzz/fuzz_frontend_queue.c))
$(FRONTEND_ON_HOST): | $(KERNEL_HEADERS)
$(FRONTEND_ON_HOST): private CFLAGS_EXTRA += -I$(BUILD)/host/kernel -std=gnu11 -Wno-conversion \
	-Wno-sign-conversion -Wno-unused-parameter
$(foreach v,$(VARIANTS),$(eval $(BUILD)/$(v)/lib/frontend.a: $(patsubst \
	%.c,$(BUILD)/$(v)/obj/%.o,$(FRONTEND_SRC) $(KERNEL_SRC))))
fuzz_side = $(word 2,$(subst _, ,$(notdir $(1:.c=))))
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_rules,$(t),$(call fuzz_side,$(t)))))

# Branches are counted in unit tests, except for drawing, and in fuzz targets that run their seeds.
define replay_rules
$(BUILD)/host/cov/$(1:.c=): $(patsubst %.c,$(BUILD)/host/cov/obj/%.o,$(1) $(call fuzz_helpers,$(1)) \
		tests/coverage/replay.c) $(patsubst %,$(BUILD)/host/cov/lib/%.a,$(call side_archives,$(2)))
	@mkdir -p $$(@D)
	$(Q)$(HOST_CC) $$(host/cov_CFLAGS) $$(BASE_LDFLAGS) \
		$(TEST_LDFLAGS_$(basename $(notdir $(1)))) -o $$@ $$^ \
		$(SIDE_LIBS_$(2)) $(if $(SIDE_PKGS_$(2)),$$(shell pkg-config --libs $(SIDE_PKGS_$(2)))) -lm -pthread
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call replay_rules,$(t),$(call fuzz_side,$(t)))))
COVERAGE_PROGRAMS := $(patsubst %.c,$(BUILD)/host/cov/%,$(filter-out %/test_draw.c \
	tests/unit/mediator/sim/test_sim_tool.c,$(UNIT_TESTS)) $(FUZZ_TARGETS))

FAKEXEN := $(BUILD)/host/san/bin/fakexen
$(FAKEXEN): $(patsubst %.c,$(BUILD)/host/san/obj/%.o,$(wildcard tests/fakes/xen/server/*.c))
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(host/san_CFLAGS) -o $@ $^

# Built without sanitizers, so that the product's own filter of system calls applies.
SANDBOX_PROBE := $(BUILD)/host/plain/bin/sandbox-probe
$(SANDBOX_PROBE): $(patsubst %.c,$(BUILD)/host/plain/obj/%.o,$(wildcard tests/component/probe/*.c) $(SANDBOX_SRC))
	@mkdir -p $(@D)
	$(Q)$(CC) $(host/plain_CFLAGS) $(BASE_LDFLAGS) -o $@ $^ $(shell pkg-config --libs libseccomp libcap) -pthread

include tests/component/fault.mk

.PHONY: check check-unit check-component check-format check-build check-dts check-model check-fuzz check-system fuzz check-coverage coverage check-misra
check: ## run all tests, from unit to system
	@tests/all

check-unit: $(UNIT_PROGRAMS) ## run the unit tests (about a minute)
	@tests/run unit $(UNIT_PROGRAMS)

check-component: host/san-programs $(COMPONENT_PROGRAMS) $(FAKEXEN) $(SANDBOX_PROBE) $(FAULT_PROGRAMS) ## test the real programs on stand-in Xen libraries
	@tests/run component $(COMPONENT_PROGRAMS)

check-fuzz: $(FUZZ_PROGRAMS) ## run each fuzz target for FUZZ_SECONDS
	@tests/run fuzz $(FUZZ_PROGRAMS)

# The next long run continues with the inputs in build/fuzz.
fuzz: $(FUZZ_PROGRAMS) ## run all fuzz targets for HOURS=n; new inputs stay in build/fuzz
	@FUZZ_CORPUS=$(BUILD)/fuzz FUZZ_SECONDS=$$(awk 'BEGIN { print int($(or $(HOURS),1) * 3600 * '$$(nproc)' / $(words $(FUZZ_TARGETS))) }') \
		tests/run fuzz $(FUZZ_PROGRAMS)

check-format: ## check layout, licences, clocks and wording of the sources
	@tests/run format tests/style/*

check-misra: ## run cppcheck with MISRA C:2012 on the pure logic
	@tests/run misra tests/misra/the*

check-coverage: $(COVERAGE_PROGRAMS) ## check that tests reach 95 % of the branches of the pure logic
	@tests/run coverage tests/coverage/branches_of_the_pure_logic_are_tested
coverage: $(COVERAGE_PROGRAMS) ## the same, and list the branches that are not reached
	@tests/coverage/branches_of_the_pure_logic_are_tested --missing

check-build: ## build everything with gcc and clang without a warning
	@tests/run build tests/compile/*

check-dts: ## check the device trees and their binding
	@tests/run dts $(wildcard tests/dts/*)

check-model: ## explore the Spin models exhaustively
	@tests/run model tests/model/explore

check-system: ## test Xen, driver domain and guests in QEMU
	@tests/run system $(wildcard tests/system/run)

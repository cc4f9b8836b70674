# SPDX-License-Identifier: MIT
# Test targets. tests/run runs programs and counts, tests/all runs the stages one by one.

C_FOLDERS := $(wildcard backend frontend mediator board tests)
FUZZ_SECONDS ?= $(if $(filter check,$(MAKECMDGOALS)),60,5)
export FUZZ_SECONDS

# tests/unit/SIDE/ mirrors the folders of SIDE (backend, mediator or frontend), which is the library to
# link. Each test_*.c is a program of its own; the other .c files are helpers of all tests of that side.
UNIT_SOURCES := $(call sources,tests/unit)
UNIT_TESTS := $(foreach s,$(UNIT_SOURCES),$(if $(filter test_%,$(notdir $(s))),$(s)))
UNIT_PROGRAMS := $(UNIT_TESTS:%.c=$(BUILD)/host/san/%)
unit_side = $(word 3,$(subst /, ,$(1)))
unit_helpers = $(filter tests/unit/$(1)/%,$(filter-out $(UNIT_TESTS),$(UNIT_SOURCES)))
# All but the stand-ins' own test need the whole driver domain.
COMPONENT_TESTS := $(if $(filter-out $(PROGRAMS),gpu-mediatord gpum-backend gpumctl),\
	tests/component/test_standins.c,$(sort $(wildcard tests/component/test_*.c)))
COMPONENT_PROGRAMS := $(COMPONENT_TESTS:%.c=$(BUILD)/host/san/%)
COMPONENT_HELPERS := $(wildcard tests/component/cockpit/*.c)
# tests/fuzz/fuzz_SIDE_*.c, with a corpus in tests/fuzz/corpus/NAME if there is one. SIDE may also be
# cockpit, the backend beside the mediator's pure parts, or frontend, which is compiled in.
FUZZ_TARGETS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%.c=$(BUILD)/host/fuzz/%)
# Helpers of all targets lie beside them, those of fuzz_NAME.c alone in tests/fuzz/NAME/.
FUZZ_HELPERS := $(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c))
fuzz_helpers = $(FUZZ_HELPERS) $(wildcard $(1:tests/fuzz/fuzz_%.c=tests/fuzz/%)/*.c)
# The kernel module's own sources, on a kernel of a few lines; all but what needs a xenstore.
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

# $(1) source, $(2) side, $(3) variant; TEST_LDFLAGS_name may ask for more (-Wl,--wrap=...).
-include $(wildcard tests/unit/*/unit.mk)
define unit_rules
$(BUILD)/$(3)/$(1:.c=): $(1:%.c=$(BUILD)/$(3)/obj/%.o) $(BUILD)/$(3)/lib/unit-$(2).a $(BUILD)/$(3)/lib/$(2).a
	@mkdir -p $$(@D)
	@$(HOST_CC) $$($(3)_CFLAGS) $$(BASE_LDFLAGS) $(TEST_LDFLAGS_$(basename $(notdir $(1)))) \
		-o $$@ $$^ $(SIDE_LIBS_$(2)) $$(shell pkg-config --libs $(SIDE_PKGS_$(2)) $(TEST_PKGS)) -lm -pthread
endef
define unit_helper_rules
$(BUILD)/$(2)/lib/unit-$(1).a: $(patsubst %.c,$(BUILD)/$(2)/obj/%.o,$(call unit_helpers,$(1)))
endef
$(foreach v,host/san host/cov,$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rules,$(t),$(call unit_side,$(t)),$(v)))) \
	$(foreach s,backend frontend mediator,$(eval $(call unit_helper_rules,$(s),$(v)))))
# Parts of the backend may be driven in the test's own process, too.
define component_rules
$(BUILD)/host/san/$(1:.c=): $(patsubst %.c,$(BUILD)/host/san/obj/%.o,$(1) $(COMPONENT_HELPERS)) \
		$(BUILD)/host/san/lib/backend.a $(BUILD)/host/san/lib/pure.a \
		$(BUILD)/host/san/lib/standins.a
	@mkdir -p $$(@D)
	@$(HOST_CC) $$(host/san_CFLAGS) $$(BASE_LDFLAGS) -o $$@ $$^ \
		$$(shell pkg-config --libs $(sort jansson libpng zlib $(gpum-backend_PKGS)) $(TEST_PKGS)) -lm -pthread
endef
$(foreach t,$(COMPONENT_TESTS),$(eval $(call component_rules,$(t))))

# No process of the machine is started, killed or waited for, and time is the target's own.
TEST_LDFLAGS_fuzz_mediator_messages := $(foreach f,access kill sendmsg waitpid timerfd_create \
	timerfd_settime sandbox_spawn sandbox_inspect keeper_send log_line,-Wl,--wrap=$(f))
define fuzz_rules
$(BUILD)/host/fuzz/$(1:.c=): $(patsubst %.c,$(BUILD)/host/fuzz/obj/%.o,$(1) $(call fuzz_helpers,$(1))) \
		$(patsubst %,$(BUILD)/host/fuzz/lib/%.a,$(call side_archives,$(2)))
	@mkdir -p $$(@D)
	@$(CLANG) $$(host/fuzz_CFLAGS) -fsanitize=fuzzer $$(BASE_LDFLAGS) \
		$(TEST_LDFLAGS_$(basename $(notdir $(1)))) -o $$@ $$^ \
		$(SIDE_LIBS_$(2)) $(if $(SIDE_PKGS_$(2)),$$(shell pkg-config --libs $(SIDE_PKGS_$(2)))) -lm -pthread
endef
# Loads of what shares memory with another side are told to tests/fuzz/adversary.c.
$(BUILD)/host/fuzz/obj/backend/transport/virtqueue.o $(BUILD)/host/fuzz/obj/tests/fuzz/fuzz_frontend_queue.o: \
	private host/fuzz_CFLAGS += -fsanitize-coverage=trace-loads
# What the frontend includes of the kernel, for all that is or includes its source.
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

# Branches are counted in unit tests, but for drawing, and with the fuzzers' seeds.
define replay_rules
$(BUILD)/host/cov/$(1:.c=): $(patsubst %.c,$(BUILD)/host/cov/obj/%.o,$(1) $(call fuzz_helpers,$(1)) \
		tests/coverage/replay.c) $(patsubst %,$(BUILD)/host/cov/lib/%.a,$(call side_archives,$(2)))
	@mkdir -p $$(@D)
	@$(HOST_CC) $$(host/cov_CFLAGS) $$(BASE_LDFLAGS) \
		$(TEST_LDFLAGS_$(basename $(notdir $(1)))) -o $$@ $$^ \
		$(SIDE_LIBS_$(2)) $(if $(SIDE_PKGS_$(2)),$$(shell pkg-config --libs $(SIDE_PKGS_$(2)))) -lm -pthread
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call replay_rules,$(t),$(call fuzz_side,$(t)))))
COVERAGE_PROGRAMS := $(patsubst %.c,$(BUILD)/host/cov/%,$(filter-out %/test_draw.c \
	tests/unit/mediator/sim/test_sim_tool.c,$(UNIT_TESTS)) $(FUZZ_TARGETS))

FAKEXEN := $(BUILD)/host/san/bin/fakexen
$(FAKEXEN): $(patsubst %.c,$(BUILD)/host/san/obj/%.o,$(wildcard tests/fakes/xen/server/*.c))
	@mkdir -p $(@D)
	@$(HOST_CC) $(host/san_CFLAGS) -o $@ $^

# Under the product's own filter, not the sanitizers'.
SANDBOX_PROBE := $(BUILD)/host/plain/bin/sandbox-probe
$(SANDBOX_PROBE): $(patsubst %.c,$(BUILD)/host/plain/obj/%.o,$(wildcard tests/component/probe/*.c) $(SANDBOX_SRC))
	@mkdir -p $(@D)
	@$(HOST_CC) $(host/plain_CFLAGS) $(BASE_LDFLAGS) -o $@ $^ $(shell pkg-config --libs libseccomp libcap) -pthread

include tests/component/fault.mk

.PHONY: check check-unit check-component check-format check-build check-dts check-model check-fuzz check-system fuzz check-coverage coverage check-misra
check: ## everything there is to test, unit to system
	@tests/all

check-unit: $(UNIT_PROGRAMS) ## pure logic, under a minute
	@tests/run unit $(UNIT_PROGRAMS)

check-component: host/san-programs $(COMPONENT_PROGRAMS) $(FAKEXEN) $(SANDBOX_PROBE) $(FAULT_PROGRAMS) ## real programs on stand-in Xen libraries
	@tests/run component $(COMPONENT_PROGRAMS)

check-fuzz: $(FUZZ_PROGRAMS) ## each fuzz target for FUZZ_SECONDS
	@tests/run fuzz $(FUZZ_PROGRAMS)

# What was found goes on in the next long run.
fuzz: $(FUZZ_PROGRAMS) ## all fuzz targets, HOURS=n in all; keeps what it learns in build/fuzz
	@FUZZ_CORPUS=$(BUILD)/fuzz FUZZ_SECONDS=$$(awk 'BEGIN { print int($(or $(HOURS),1) * 3600 * '$$(nproc)' / $(words $(FUZZ_TARGETS))) }') \
		tests/run fuzz $(FUZZ_PROGRAMS)

check-format: ## sources are laid out as .clang-format says
	@tests/run format tests/style/*

check-misra: ## cppcheck and MISRA C:2012 in the logic that decides
	@tests/run misra tests/misra/the*

check-coverage: $(COVERAGE_PROGRAMS) ## unit tests and fuzz seeds reach 95 % of the branches of the pure logic
	@tests/run coverage tests/coverage/branches_of_the_pure_logic_are_tested
coverage: $(COVERAGE_PROGRAMS) ## the same, and which branches are missing
	@tests/coverage/branches_of_the_pure_logic_are_tested --missing

check-build: ## gcc and clang build everything without a warning
	@tests/run build tests/compile/*

check-dts: ## device trees and their binding
	@tests/run dts $(wildcard tests/dts/*)

check-model: ## the protocol of jobs, explored whole by Spin
	@tests/run model tests/model/explore

check-system: ## Xen, driver domain and guests in QEMU
	@tests/run system $(wildcard tests/system/run)

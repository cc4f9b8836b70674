# SPDX-License-Identifier: MIT
# Builds the driver domain's programs again so that tests can make their calls fail
# (tests/fakes/xen/fault.c).
FAULT_DIR := $(BUILD)/host/fault/bin
FAULT_PROGRAMS := $(addprefix $(FAULT_DIR)/,gpu-mediatord gpum-backend fakexen)
FAULT_CALLS := $(shell grep -oP '^FAULT.\K[a-z0-9_]+' tests/fakes/xen/fault.c)
COMMA := ,

define fault_rules
$(FAULT_DIR)/$(1): $(patsubst %.c,$(BUILD)/host/san/obj/%.o,$($(1)_SRC)) $(BUILD)/host/san/lib/pure.a \
		$(BUILD)/host/san/lib/standins.a
	@mkdir -p $$(@D)
	$(Q)$(HOST_CC) $$(host/san_CFLAGS) $$(BASE_LDFLAGS) $(addprefix -Wl$(COMMA)--wrap=,$(FAULT_CALLS)) \
		-o $$@ $$^ $(filter-out $(XEN_LIBS),$($(1)_LIBS)) \
		$$(shell pkg-config --libs $($(1)_PKGS)) -lm -pthread
endef
$(foreach p,gpu-mediatord gpum-backend,$(eval $(call fault_rules,$(p))))
$(FAULT_DIR)/fakexen: $(FAKEXEN)
	@mkdir -p $(@D)
	@ln -sf $(abspath $<) $@

.PHONY: sweep
sweep: $(FAULT_PROGRAMS) $(BUILD)/host/san/tests/component/test_faults ## let each call of mediator and backend fail once
	@FAULT_RUNS=1000000 $(BUILD)/host/san/tests/component/test_faults

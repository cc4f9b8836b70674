# SPDX-License-Identifier: MIT
# `make bench-sched`. BENCH_FRAMES=100000000 gives the number of frames of the promise.
BENCH_FRAMES ?= 20000000
BENCH_SCHED := $(BUILD)/host/plain/bench/sched

$(BENCH_SCHED): $(patsubst %.c,$(BUILD)/host/plain/obj/%.o,$(wildcard tests/bench/sched/*.c) \
		$(call without_main,$(gpumsim_SRC))) $(BUILD)/host/plain/lib/pure.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(host/plain_CFLAGS) $(BASE_LDFLAGS) -o $@ $^ -lfdt \
		$(shell pkg-config --libs jansson) -lm -pthread

.PHONY: bench-sched
bench: bench-sched
bench-sched: $(BENCH_SCHED) ## the scheduler in virtual time: promises, costs, peers
	@mkdir -p $(BUILD)/bench
	@$(BENCH_SCHED) --frames $(BENCH_FRAMES) $(BUILD)/bench/sched.json

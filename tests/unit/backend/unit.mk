# SPDX-License-Identifier: MIT
# A command arrives at the worst moment.
TEST_LDFLAGS_test_visits := -Wl,--wrap=vq_want_events
# Allocations fail.
TEST_LDFLAGS_test_memory := -Wl,--wrap=malloc,--wrap=calloc
# Watches fire endlessly.
TEST_LDFLAGS_test_xenbus := $(foreach f,check_watch read write,-Wl,--wrap=xs_$(f))

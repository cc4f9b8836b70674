# SPDX-License-Identifier: MIT
# Something comes in at the worst moment.
TEST_LDFLAGS_test_visits := -Wl,--wrap=vq_want_events
# No memory is left.
TEST_LDFLAGS_test_memory := -Wl,--wrap=malloc,--wrap=calloc
# Watches fire without end.
TEST_LDFLAGS_test_xenbus := $(foreach f,check_watch read write,-Wl,--wrap=xs_$(f))

/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/adversary.h"

#include <string.h>

static uint8_t *shared;
static size_t shared_bytes;
static const uint8_t *next;
static size_t left;
static unsigned int loads;

void adversary_start(void *memory, size_t bytes, const uint8_t *steps, size_t steps_bytes)
{
	shared = memory;
	shared_bytes = bytes;
	next = steps;
	left = steps_bytes / sizeof(struct adversary_step);
	loads = 0;
}

void adversary_stop(void)
{
	left = 0;
}

static void on_load(void)
{
	struct adversary_step step;

	if (left == 0)
		return;
	memcpy(&step, next, sizeof(step));
	if (loads++ < step.loads)
		return;
	loads = 0;
	left--;
	next += sizeof(step);
	shared[(size_t)(step.offset[0] | step.offset[1] << 8) % shared_bytes] = step.value;
}

/* Called by code compiled with -fsanitize-coverage=trace-loads, before each load. */
#define ON_LOAD(size)                                                                              \
	void __sanitizer_cov_load##size(void *address);                                            \
	void __sanitizer_cov_load##size(void *address)                                             \
	{                                                                                          \
		(void)address;                                                                     \
		on_load();                                                                         \
	}
ON_LOAD(1)
ON_LOAD(2)
ON_LOAD(4)
ON_LOAD(8)
ON_LOAD(16)

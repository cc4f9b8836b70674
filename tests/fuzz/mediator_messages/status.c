/* SPDX-License-Identifier: MIT */
/*
 * Makes the status. Its many small allocations would take as long as everything else together if
 * the sanitizer served them. Here they come from one array, and all must be freed.
 */
#include "tests/fuzz/mediator_messages/world.h"

#include <jansson.h>
#include <stdalign.h>
#include <stddef.h>

#include "mediator/daemon/control/status.h"

#define BYTES ((size_t)1 << 18)

static _Alignas(max_align_t) uint8_t memory[BYTES];
static size_t used;
static uint32_t pieces;

static void *get(size_t size)
{
	void *piece = memory + used;

	used += (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	require(used <= BYTES);
	pieces++;
	return piece;
}

static void give_back(void *piece)
{
	if (!piece)
		return;
	require(pieces > 0);
	pieces--;
}

void check_status(void)
{
	json_t *status;

	json_set_alloc_funcs(get, give_back);
	used = 0;
	status = status_describe(&world.m);
	require(status != NULL);
	json_decref(status);
	require(pieces == 0);
}

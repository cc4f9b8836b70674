/* SPDX-License-Identifier: MIT */
/*
 * The backend's half of the xenbus handshake, with a guest and a dom0 that may write anything into
 * xenstore at any time. The backend must read and write only below the two directories of its
 * domain id, connect only to a frontend in Initialised, and change states only as docs/protocol.md
 * says.
 *
 * Input: the answer to each read of xenstore: a length and that many bytes; 255: no node.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/error/error.h"
#include "backend/transport/xenbus.h"

#define BACK  "/local/domain/7/backend/vgpu/3/0/"
#define FRONT "/local/domain/3/device/vgpu/0/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next;
static size_t left;
static char handle;
static char last[32]; /* the frontend's state as last read; empty: none */

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint8_t take(void)
{
	if (left == 0)
		return 255;
	left--;
	return *next++;
}

static bool is_below(const char *path, const char *directory)
{
	return !strncmp(path, directory, strlen(directory));
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return (struct xs_handle *)(void *)&handle;
}

void xs_close(struct xs_handle *xs)
{
	require(xs != NULL);
}

int xs_fileno(struct xs_handle *xs)
{
	(void)xs;
	return -1;
}

bool xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
	(void)xs;
	(void)token;
	require(is_below(path, BACK) || is_below(path, FRONT));
	return true;
}

char **xs_check_watch(struct xs_handle *xs)
{
	(void)xs;
	/* Watches may fire endlessly. */
	return left > 0 && *next & 1 ? calloc(1, sizeof(char *)) : NULL;
}

void *xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path, unsigned int *len)
{
	static const char domid[] = "7";
	unsigned int length = take();
	char *text;

	(void)xs;
	(void)t;
	if (!strcmp(path, "domid"))
		return strdup(domid);
	require(is_below(path, BACK) || is_below(path, FRONT));
	if (length < 16) { /* often a valid state */
		text = malloc(2);
		require(text != NULL);
		text[0] = (char)('0' + length % 10);
		text[1] = '\0';
		length = 1;
	} else {
		length = length == 255 ? 255 : length % 24;
		if (length == 255 || length > left) {
			if (is_below(path, FRONT "state"))
				last[0] = '\0';
			errno = ENOENT;
			return NULL;
		}
		text = malloc(length + 1);
		require(text != NULL);
		memcpy(text, next, length);
		text[length] = '\0';
		next += length;
		left -= length;
	}
	if (is_below(path, FRONT "state"))
		/* A value with a zero in it is no valid state. */
		memcpy(last, strlen(text) == length ? text : "",
		       strlen(text) == length ? length + 1 : 1);
	if (len)
		*len = length;
	return text;
}

bool xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	(void)xs;
	(void)t;
	require(is_below(path, BACK) && len > 0 && len < 200);
	if (is_below(path, BACK "state"))
		require(len == 1 && *(const char *)data >= '2' && *(const char *)data <= '6');
	return true;
}

static void look(struct xenbus *x)
{
	enum xenbus_state before = x->state;
	struct xenbus_keys keys;

	switch (xenbus_look(x)) {
	case XENBUS_WAIT:
		break;
	case XENBUS_CONNECT:
		require(before == XenbusStateInitWait && !strcmp(last, "3"));
		if (xenbus_read_keys(x, &keys)) {
			xenbus_fail(x, "reason");
			require(x->state == XenbusStateClosed);
			break;
		}
		require(keys.version == 1 && keys.event_channel < 1u << 17);
		xenbus_switch(x, XenbusStateConnected);
		break;
	case XENBUS_DISCONNECT:
		require(before == XenbusStateConnected && strcmp(last, "3") && strcmp(last, "4"));
		xenbus_released(x);
		require(x->state != XenbusStateConnected);
		break;
	case XENBUS_END:
		xenbus_switch(x, XenbusStateClosed);
		break;
	}
}

static void check_parse(const uint8_t *data, size_t size)
{
	char text[16] = {0}, again[16];
	uint32_t n = 0;

	memcpy(text, data, size < 15 ? size : 15);
	if (!xenbus_parse(text, 4000000000u, &n))
		return;
	/* Each number has exactly one valid notation. */
	snprintf(again, sizeof(again), "%u", n);
	require(n <= 4000000000u && !strcmp(text, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xenbus x;

	check_parse(data, size);
	next = data;
	left = size;
	last[0] = '\0';
	if (xenbus_open(&x, 3))
		return 0;
	for (int i = 0; i < 64 && left > 0; i++)
		look(&x);
	xenbus_close(&x);
	return 0;
}

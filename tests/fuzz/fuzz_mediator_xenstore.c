/* SPDX-License-Identifier: MIT */
/*
 * Any nodes and values in xenstore, as the mediator reads them. Accepted values must be within
 * their bounds, and the mediator must read only paths that it built itself.
 *
 * Input: values, each a length and that many bytes; length 255: no node, 254: no answer.
 */
#include "mediator/daemon/guest/xenstore_look.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next;
static size_t left;
static bool silent; /* a read got no answer */

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

/* A value as xs_read() returns it: terminated by a zero, its length in *len. */
static char *value(unsigned int *len)
{
	uint8_t length = take();
	char *text;

	if (length >= 254) {
		errno = length == 254 ? EIO : ENOENT;
		silent |= length == 254;
		return NULL;
	}
	*len = length < left ? length : (unsigned int)left;
	text = malloc(*len + 1u);
	require(text != NULL);
	memcpy(text, next, *len);
	text[*len] = '\0';
	next += *len;
	left -= *len;
	return text;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	(void)h;
	(void)t;
	require(!strcmp(path, "domid") || !strncmp(path, "backend/vgpu/", 13) ||
		!strncmp(path, "/local/domain/", 14));
	require(!strstr(path, "..") && !strstr(path, "//") && strlen(path) < 90);
	return value(len);
}

/* Names as xs_directory() returns them: one allocation, each name terminated by a zero. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	uint8_t count = take();
	char **names;

	(void)h;
	(void)t;
	require(!strcmp(path, "backend/vgpu"));
	if (count >= 254) {
		errno = count == 254 ? EIO : ENOENT;
		silent |= count == 254;
		return NULL;
	}
	names = malloc((size_t)count * (sizeof(char *) + 8) + 1);
	require(names != NULL);
	for (uint8_t i = 0; i < count; i++) {
		char *name = (char *)(names + count) + (size_t)i * 8;

		memset(name, 0, 8);
		for (uint8_t c = 0; c < 7 && (name[c] = (char)take()) != ','; c++)
			;
		name[strcspn(name, ",")] = '\0';
		names[i] = name;
	}
	*num = count;
	return names;
}

static void check(const struct xenstore_device *d)
{
	require(d->domid <= 0x7fef);
	require(d->frontend_state <= 8 && d->backend_state <= 8);
	require(memchr(d->domain_name, '\0', sizeof(d->domain_name)) != NULL);
	for (const char *c = d->domain_name; *c; c++)
		require(*c > ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct xenstore_view view;

	next = data;
	left = size;
	silent = false;
	require(xenstore_look(NULL, &view) == !silent);
	require(view.num_devices <= XENSTORE_MAX_DEVICES &&
		(!view.have_domid || view.domid <= 0x7fef));
	for (uint32_t i = 0; i < view.num_devices; i++)
		check(&view.device[i]);
	return 0;
}

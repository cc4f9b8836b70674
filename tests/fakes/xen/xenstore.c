/* SPDX-License-Identifier: MIT */
/* Implements libxenstore (xenstore.h) on the fake Xen. */
#include "tests/fakes/xen/fakexen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct xs_handle {
	int socket;
	int events;
	struct fx_request request;
	struct fx_reply reply;
};

struct xs_handle *fx_xs_open(uint32_t domid)
{
	struct xs_handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->socket = fx_open(FX_KIND_STORE, domid, &h->events);
	if (h->socket < 0) {
		free(h);
		return NULL;
	}
	return h;
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return fx_xs_open(fx_domid());
}

void xs_close(struct xs_handle *h)
{
	if (!h)
		return;
	close(h->socket);
	close(h->events);
	free(h);
}

/* Send a request with `path`, a zero and `len` bytes of data. Returns as fx_call(). */
static int call_path(struct xs_handle *h, uint32_t op, xs_transaction_t t, const char *path,
		     const void *data, size_t len)
{
	size_t path_len = strlen(path) + 1;

	if (path_len > XENSTORE_ABS_PATH_MAX || len > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return -1;
	}
	h->request.op = op;
	h->request.a[0] = t;
	memcpy(h->request.data, path, path_len);
	if (len > 0)
		memcpy(h->request.data + path_len, data, len);
	return fx_call(h->socket, &h->request, path_len + len, &h->reply, NULL);
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	int n = call_path(h, FX_XS_READ, t, path, NULL, 0);
	char *value;

	if (n < 0)
		return NULL;
	value = malloc((size_t)n + 1);
	if (!value)
		return NULL;
	memcpy(value, h->reply.data, (size_t)n);
	value[n] = '\0';
	if (len)
		*len = (unsigned int)n;
	return value;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	return call_path(h, FX_XS_WRITE, t, path, data, len) >= 0;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return call_path(h, FX_XS_MKDIR, t, path, NULL, 0) >= 0;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return call_path(h, FX_XS_RM, t, path, NULL, 0) >= 0;
}

/* An array of pointers followed by the strings, in one allocation that the caller frees. */
static char **split_strings(const char *data, size_t len, unsigned int *num)
{
	unsigned int count = 0;
	size_t at = 0;
	char **list;
	char *text;

	for (size_t i = 0; i < len; i++)
		count += data[i] == '\0';
	list = malloc(count * sizeof(*list) + len + 1);
	if (!list)
		return NULL;
	text = (char *)(list + count);
	memcpy(text, data, len);
	text[len] = '\0';
	for (unsigned int i = 0; i < count; i++) {
		list[i] = text + at;
		at += strlen(text + at) + 1;
	}
	*num = count;
	return list;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	int n = call_path(h, FX_XS_DIRECTORY, t, path, NULL, 0);

	return n < 0 ? NULL : split_strings(h->reply.data, (size_t)n, num);
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	int n = call_path(h, FX_XS_GET_PERMISSIONS, t, path, NULL, 0);
	struct xs_permissions *perms;

	if (n < 0)
		return NULL;
	perms = malloc((size_t)n + 1);
	if (!perms)
		return NULL;
	memcpy(perms, h->reply.data, (size_t)n);
	*num = (unsigned int)((size_t)n / sizeof(*perms));
	return perms;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms)
{
	return call_path(h, FX_XS_SET_PERMISSIONS, t, path, perms, num_perms * sizeof(*perms)) >= 0;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	return call_path(h, FX_XS_WATCH, 0, path, token, strlen(token) + 1) >= 0;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	return call_path(h, FX_XS_UNWATCH, 0, path, token, strlen(token) + 1) >= 0;
}

int xs_fileno(struct xs_handle *h)
{
	return h->events;
}

static char **take_event(struct xs_handle *h, int flags)
{
	char data[XENSTORE_ABS_PATH_MAX + XENSTORE_PAYLOAD_MAX];
	unsigned int num;
	ssize_t got;

	do {
		got = recv(h->events, data, sizeof(data), flags);
	} while (got < 0 && errno == EINTR);
	if (got <= 0) {
		if (got == 0)
			errno = EBADF;
		return NULL;
	}
	return split_strings(data, (size_t)got, &num);
}

char **xs_check_watch(struct xs_handle *h)
{
	return take_event(h, MSG_DONTWAIT);
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
	*num = 2;
	return take_event(h, 0);
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	h->request.op = FX_XS_START;
	if (fx_call(h->socket, &h->request, 0, &h->reply, NULL) < 0)
		return XBT_NULL;
	return h->reply.value;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	h->request.op = FX_XS_END;
	h->request.a[0] = t;
	h->request.a[1] = abort;
	return fx_call(h->socket, &h->request, 0, &h->reply, NULL) >= 0;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	char *path;

	(void)h;
	return asprintf(&path, "/local/domain/%u", domid) < 0 ? NULL : path;
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	h->request.op = FX_XS_IS_INTRODUCED;
	h->request.a[1] = domid;
	return fx_call(h->socket, &h->request, 0, &h->reply, NULL) >= 0 && h->reply.value;
}

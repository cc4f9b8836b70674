/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guest/xenstore_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define MAX_DOMID 0x7fefu /* below Xen's DOMID_FIRST_RESERVED */

struct question {
	struct xs_handle *xs;
	bool broken; /* a request got no answer */
};

static bool read_text(struct question *x, const char *path, char *text, size_t size)
{
	unsigned int len = 0;
	char *value = xs_read(x->xs, XBT_NULL, path, &len);
	bool ok = value && len < size && !memchr(value, '\0', len);

	/* A missing node is an answer; only a failed request is none. */
	if (!value && errno != ENOENT && errno != EACCES)
		x->broken = true;
	if (ok) {
		memcpy(text, value, len);
		text[len] = '\0';
	}
	free(value);
	return ok;
}

static bool parse_number(const char *text, uint32_t max, uint32_t *out)
{
	uint32_t value = 0;

	if (!*text || strlen(text) > 9 || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10u + (uint32_t)(*text - '0');
	}
	*out = value;
	return value <= max;
}

static uint32_t read_number(struct question *x, const char *path, uint32_t max, uint32_t missing)
{
	char text[16];
	uint32_t value;

	return read_text(x, path, text, sizeof(text)) && parse_number(text, max, &value) ? value
											 : missing;
}

static bool is_name(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return *text != '\0';
}

static void read_device(struct question *x, uint32_t domid, struct xenstore_device *d)
{
	char path[96];

	memset(d, 0, sizeof(*d));
	d->domid = domid;
	snprintf(path, sizeof(path), "backend/vgpu/%u/0/domain-name", domid);
	if (!read_text(x, path, d->domain_name, sizeof(d->domain_name)) || !is_name(d->domain_name))
		d->domain_name[0] = '\0';
	snprintf(path, sizeof(path), "backend/vgpu/%u/0/frontend-id", domid);
	d->matches = read_number(x, path, MAX_DOMID, MAX_DOMID + 1) == domid;
	snprintf(path, sizeof(path), "backend/vgpu/%u/0/online", domid);
	d->online = read_number(x, path, 1, 0) == 1;
	snprintf(path, sizeof(path), "backend/vgpu/%u/0/state", domid);
	d->backend_state = read_number(x, path, 8, 0);
	snprintf(path, sizeof(path), "/local/domain/%u/device/vgpu/0/state", domid);
	d->frontend_state = read_number(x, path, 8, 0);
}

bool xenstore_look(struct xs_handle *xs, struct xenstore_view *view)
{
	struct question x = {.xs = xs};
	unsigned int count = 0;
	char **names = xs_directory(xs, XBT_NULL, "backend/vgpu", &count);
	char text[16];

	memset(view, 0, sizeof(*view));
	x.broken = !names && errno != ENOENT;
	view->have_domid = read_text(&x, "domid", text, sizeof(text)) &&
			   parse_number(text, MAX_DOMID, &view->domid);
	for (unsigned int i = 0; names && i < count; i++) {
		uint32_t domid;

		if (view->num_devices == XENSTORE_MAX_DEVICES)
			break;
		if (parse_number(names[i], MAX_DOMID, &domid))
			read_device(&x, domid, &view->device[view->num_devices++]);
	}
	free(names);
	return !x.broken;
}

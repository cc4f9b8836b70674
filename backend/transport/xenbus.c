/* SPDX-License-Identifier: MIT */
#include "backend/transport/xenbus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/error/error.h"
#include "mediator/shared/wire/vgpu.h"

#define WATCH_BUDGET 64 /* fired watches consumed per call; a guest can fire its own at will */
#define EVTCHN_MAX   ((1u << 17) - 1) /* the most ports of the FIFO ABI */

bool xenbus_parse(const char *text, uint32_t max, uint32_t *value)
{
	uint64_t n = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || p - text >= 10)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (n > max)
		return false;
	*value = (uint32_t)n;
	return true;
}

static bool read_number(struct xenbus *x, const char *dir, const char *key, uint32_t max,
			uint32_t *value)
{
	char path[XENBUS_PATH_MAX + 32];
	unsigned int length;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	char *text = xs_read(x->xs, XBT_NULL, path, &length);
	bool ok = text && strlen(text) == length && xenbus_parse(text, max, value);
	/* A missing node is a valid answer, not a failure of xenstore. */
	if (!text && errno != ENOENT && errno != EACCES)
		x->broken = true;
	free(text);
	return ok;
}

static void write_text(struct xenbus *x, const char *key, const char *text)
{
	char path[XENBUS_PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", x->back, key);
	if (!xs_write(x->xs, XBT_NULL, path, text, (unsigned int)strlen(text))) {
		fprintf(stderr, "gpum-backend: cannot write %s to xenstore: %s\n", path,
			strerror(errno));
		x->broken = true;
	}
}

/* A missing or invalid state counts as Unknown. */
static enum xenbus_state front_state(struct xenbus *x)
{
	uint32_t state;

	if (!read_number(x, x->front, "state", XenbusStateReconfigured, &state))
		return XenbusStateUnknown;
	return (enum xenbus_state)state;
}

/*
 * Whether dom0 has removed the backend's nodes. Writing would then recreate some of them for ever.
 */
static bool is_detached(struct xenbus *x)
{
	uint32_t value;

	return !read_number(x, x->back, "state", UINT32_MAX, &value);
}

void xenbus_switch(struct xenbus *x, enum xenbus_state state)
{
	char text[12];

	if (x->state == state)
		return;
	x->state = state;
	if (is_detached(x))
		return;
	snprintf(text, sizeof(text), "%u", (unsigned int)state);
	write_text(x, "state", text);
}

static bool watch(struct xenbus *x, const char *dir, const char *key)
{
	char path[XENBUS_PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_watch(x->xs, path, key);
}

static bool own_domid(struct xenbus *x, uint32_t *domid)
{
	char *text = xs_read(x->xs, XBT_NULL, "domid", NULL);
	bool ok = text && xenbus_parse(text, UINT16_MAX, domid);

	free(text);
	return ok;
}

static void offer_versions(struct xenbus *x)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", VGPU_VERSION);
	write_text(x, VGPU_XS_MIN_VERSION, text);
	write_text(x, VGPU_XS_MAX_VERSION, text);
	xenbus_switch(x, XenbusStateInitWait);
}

int xenbus_open(struct xenbus *x, uint32_t domid)
{
	uint32_t me = 0;

	memset(x, 0, sizeof(*x));
	x->xs = xs_open(0);
	if (!x->xs)
		return BACKEND_ERR_SYSTEM;
	if (!own_domid(x, &me))
		goto fail;
	snprintf(x->back, sizeof(x->back), "/local/domain/%u/backend/%s/%u/0", me, VGPU_XS_CLASS,
		 domid);
	snprintf(x->front, sizeof(x->front), "/local/domain/%u/device/%s/0", domid, VGPU_XS_CLASS);
	if (!watch(x, x->front, "state") || !watch(x, x->back, "state") ||
	    !watch(x, x->back, "online"))
		goto fail;
	if (!is_detached(x))
		offer_versions(x);
	if (!x->broken)
		return 0;
fail:
	xenbus_close(x);
	return BACKEND_ERR_SYSTEM;
}

void xenbus_close(struct xenbus *x)
{
	xs_close(x->xs);
	x->xs = NULL;
}

int xenbus_fd(const struct xenbus *x)
{
	return xs_fileno(x->xs);
}

static void drain_watches(struct xenbus *x)
{
	char **fired;

	for (int i = 0; i < WATCH_BUDGET && (fired = xs_check_watch(x->xs)); i++)
		free(fired);
}

static bool must_end(struct xenbus *x)
{
	uint32_t online;

	return is_detached(x) || (read_number(x, x->back, "online", 1, &online) && online == 0);
}

enum xenbus_order xenbus_look(struct xenbus *x)
{
	drain_watches(x);
	if (must_end(x))
		return XENBUS_END;

	enum xenbus_state front = front_state(x);
	switch (x->state) {
	case XenbusStateInitWait:
		if (front == XenbusStateInitialised)
			return XENBUS_CONNECT;
		return XENBUS_WAIT;
	case XenbusStateConnected:
		if (front == XenbusStateInitialised || front == XenbusStateConnected)
			return XENBUS_WAIT;
		return XENBUS_DISCONNECT;
	default:
		xenbus_released(x);
		return XENBUS_WAIT;
	}
}

void xenbus_released(struct xenbus *x)
{
	switch (front_state(x)) {
	case XenbusStateClosed:
		xenbus_switch(x, XenbusStateClosed);
		xenbus_switch(x, XenbusStateInitWait);
		break;
	case XenbusStateInitialising:
		xenbus_switch(x, XenbusStateInitWait);
		break;
	case XenbusStateUnknown:
		xenbus_switch(x, XenbusStateClosed);
		break;
	default:
		xenbus_switch(x, XenbusStateClosing);
		break;
	}
}

int xenbus_read_keys(struct xenbus *x, struct xenbus_keys *keys)
{
	if (!read_number(x, x->front, VGPU_XS_VERSION, UINT32_MAX, &keys->version) ||
	    !read_number(x, x->front, VGPU_XS_CONTROL_REF, UINT32_MAX, &keys->control_ref) ||
	    !read_number(x, x->front, VGPU_XS_EVENT_CHANNEL, EVTCHN_MAX, &keys->event_channel))
		return BACKEND_ERR_XENSTORE;
	return keys->version == VGPU_VERSION ? 0 : BACKEND_ERR_VERSION;
}

void xenbus_fail(struct xenbus *x, const char *reason)
{
	if (!is_detached(x))
		write_text(x, "error", reason);
	xenbus_switch(x, XenbusStateClosing);
	xenbus_switch(x, XenbusStateClosed);
}

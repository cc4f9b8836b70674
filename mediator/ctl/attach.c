/* SPDX-License-Identifier: MIT */
/*
 * A guest's vgpu device in xenstore, which dom0 creates and removes. One transaction creates both
 * ends: the guest owns the frontend's nodes and the driver domain may read them; the driver domain
 * owns the backend's nodes and the guest may read them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

#include "mediator/ctl/ctl.h"

#define MAX_DOMID     0x7fefu
#define TRANSACTIONS  20u /* attempts while others write at the same time */
#define DETACH_WAIT_S 10u
#define STATE_CLOSED  "6"

struct device {
	struct xs_handle *xs;
	uint32_t guest, driver;
	char name[128]; /* of the guest */
	char frontend[64], backend[96];
};

static char *read_node(struct xs_handle *xs, xs_transaction_t t, const char *path)
{
	unsigned int len;

	return xs_read(xs, t, path, &len);
}

static bool parse_domid(const char *text, uint32_t *domid)
{
	char *end;
	unsigned long value;

	if (*text < '0' || *text > '9')
		return false;
	value = strtoul(text, &end, 10);
	*domid = (uint32_t)value;
	return *end == '\0' && value <= MAX_DOMID;
}

static char *read_name(struct xs_handle *xs, uint32_t domid)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	return read_node(xs, XBT_NULL, path);
}

/* Finds a domain by its name or id, and copies its name to `name`. */
static bool find_domain(struct xs_handle *xs, const char *wanted, uint32_t *domid, char *name,
			size_t size)
{
	unsigned int count = 0;
	char **ids = xs_directory(xs, XBT_NULL, "/local/domain", &count);
	bool found = false;

	for (unsigned int i = 0; ids && i < count && !found; i++) {
		char *its = parse_domid(ids[i], domid) ? read_name(xs, *domid) : NULL;

		found = its && (!strcmp(its, wanted) || !strcmp(ids[i], wanted));
		if (found)
			snprintf(name, size, "%s", its);
		free(its);
	}
	free(ids);
	return found;
}

static int open_device(const struct ctl_options *o, const char *guest, struct device *d)
{
	char name[128];

	memset(d, 0, sizeof(*d));
	d->xs = xs_open(0);
	if (!d->xs) {
		fprintf(stderr, "error: xenstore: %m; run it in dom0, as root, with xenstored "
				"running\n");
		return CTL_NO_MEDIATOR;
	}
	if (!find_domain(d->xs, o->driver_domain, &d->driver, name, sizeof(name))) {
		fprintf(stderr,
			"error: no domain %s; name the domain that owns the GPU with "
			"--driver-domain\n",
			o->driver_domain);
		return CTL_FAILED;
	}
	if (!find_domain(d->xs, guest, &d->guest, d->name, sizeof(d->name))) {
		fprintf(stderr, "error: no domain %s; `xl list` shows all running domains\n",
			guest);
		return CTL_FAILED;
	}
	if (d->guest == d->driver) {
		fprintf(stderr, "error: %s is the driver domain itself; name a guest\n", guest);
		return CTL_USAGE;
	}
	snprintf(d->frontend, sizeof(d->frontend), "/local/domain/%u/device/vgpu/0", d->guest);
	snprintf(d->backend, sizeof(d->backend), "/local/domain/%u/backend/vgpu/%u/0", d->driver,
		 d->guest);
	return CTL_OK;
}

static bool make_folder(struct device *d, xs_transaction_t t, const char *path, uint32_t owner,
			uint32_t reader)
{
	struct xs_permissions p[2] = {{.id = owner, .perms = XS_PERM_NONE},
				      {.id = reader, .perms = XS_PERM_READ}};

	return xs_mkdir(d->xs, t, path) && xs_set_permissions(d->xs, t, path, p, 2);
}

static bool write_node(struct device *d, xs_transaction_t t, const char *folder, const char *node,
		       const char *value, bool guests)
{
	struct xs_permissions p[2] = {{.id = guests ? d->guest : d->driver, .perms = XS_PERM_NONE},
				      {.id = guests ? d->driver : d->guest, .perms = XS_PERM_READ}};
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", folder, node);
	return xs_write(d->xs, t, path, value, (unsigned int)strlen(value)) &&
	       xs_set_permissions(d->xs, t, path, p, 2);
}

/* The driver domain owns the folders above the backend's nodes, so that it can remove them. */
static bool write_folders(struct device *d, xs_transaction_t t)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/backend/vgpu", d->driver);
	if (!make_folder(d, t, path, d->driver, d->driver))
		return false;
	snprintf(path, sizeof(path), "/local/domain/%u/backend/vgpu/%u", d->driver, d->guest);
	return make_folder(d, t, path, d->driver, d->guest) &&
	       make_folder(d, t, d->backend, d->driver, d->guest) &&
	       make_folder(d, t, d->frontend, d->guest, d->driver);
}

static bool write_nodes(struct device *d, xs_transaction_t t)
{
	char guest[16], driver[16];

	snprintf(guest, sizeof(guest), "%u", d->guest);
	snprintf(driver, sizeof(driver), "%u", d->driver);
	xs_rm(d->xs, t, d->frontend);
	xs_rm(d->xs, t, d->backend);
	return write_folders(d, t) &&
	       write_node(d, t, d->backend, "frontend", d->frontend, false) &&
	       write_node(d, t, d->backend, "frontend-id", guest, false) &&
	       write_node(d, t, d->backend, "domain-name", d->name, false) &&
	       write_node(d, t, d->backend, "online", "1", false) &&
	       write_node(d, t, d->backend, "state", "1", false) &&
	       write_node(d, t, d->frontend, "backend", d->backend, true) &&
	       write_node(d, t, d->frontend, "backend-id", driver, true) &&
	       write_node(d, t, d->frontend, "state", "1", true);
}

static bool write_closing(struct device *d, xs_transaction_t t)
{
	return write_node(d, t, d->backend, "online", "0", false) &&
	       write_node(d, t, d->backend, "state", "5", false);
}

static bool remove_nodes(struct device *d, xs_transaction_t t)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/backend/vgpu/%u", d->driver, d->guest);
	xs_rm(d->xs, t, d->frontend);
	xs_rm(d->xs, t, path);
	return true;
}

static bool in_transaction(struct device *d, bool (*change)(struct device *, xs_transaction_t))
{
	for (unsigned int i = 0; i < TRANSACTIONS; i++) {
		xs_transaction_t t = xs_transaction_start(d->xs);

		if (t == XBT_NULL)
			return false;
		if (!change(d, t)) {
			int error = errno;

			xs_transaction_end(d->xs, t, true);
			errno = error;
			return false;
		}
		if (xs_transaction_end(d->xs, t, false))
			return true;
		if (errno != EAGAIN)
			return false;
	}
	return false;
}

/* The backend's state; "" if the guest has no device. */
static void backend_state(struct device *d, char *state, size_t size)
{
	char path[160];
	char *value;

	snprintf(path, sizeof(path), "%s/state", d->backend);
	value = read_node(d->xs, XBT_NULL, path);
	snprintf(state, size, "%s", value ? value : "");
	free(value);
}

static int attach(struct device *d)
{
	char state[16];

	backend_state(d, state, sizeof(state));
	if (*state && strcmp(state, STATE_CLOSED)) {
		fprintf(stderr,
			"error: %s (domain %u) has a vgpu already; `gpumctl detach %u` first\n",
			d->name, d->guest, d->guest);
		return CTL_FAILED;
	}
	if (in_transaction(d, write_nodes))
		return CTL_OK;
	fprintf(stderr, "error: xenstore: cannot create the device: %m\n");
	return CTL_FAILED;
}

static bool wait_closed(struct device *d)
{
	const struct timespec step = {.tv_nsec = 100000000};
	char state[16];

	for (unsigned int i = 0; i < DETACH_WAIT_S * 10; i++) {
		backend_state(d, state, sizeof(state));
		if (!*state || !strcmp(state, STATE_CLOSED))
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

static int detach(struct device *d)
{
	char state[16];

	backend_state(d, state, sizeof(state));
	if (!*state) {
		fprintf(stderr, "error: %s (domain %u) has no vgpu\n", d->name, d->guest);
		return CTL_FAILED;
	}
	if (strcmp(state, STATE_CLOSED) && in_transaction(d, write_closing) && !wait_closed(d))
		fprintf(stderr,
			"warning: %s (domain %u) did not close its vgpu within %u s; it is "
			"removed anyway\n",
			d->name, d->guest, DETACH_WAIT_S);
	if (in_transaction(d, remove_nodes))
		return CTL_OK;
	fprintf(stderr, "error: xenstore: cannot remove the device: %m\n");
	return CTL_FAILED;
}

int ctl_attach(const struct ctl_options *o, const char *guest)
{
	struct device d;
	int status = open_device(o, guest, &d);

	if (!status)
		status = attach(&d);
	if (d.xs)
		xs_close(d.xs);
	return status;
}

int ctl_detach(const struct ctl_options *o, const char *guest)
{
	struct device d;
	int status = open_device(o, guest, &d);

	if (!status)
		status = detach(&d);
	if (d.xs)
		xs_close(d.xs);
	return status;
}

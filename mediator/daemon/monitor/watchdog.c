/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/monitor/watchdog.h"

#include <fcntl.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"

#define PAUSE_NS UINT64_C(100000000) /* more often is of no use: watchdogs count in seconds */

bool watchdog_init(struct watchdog *w, const char *device, const char *node)
{
	w->device = device;
	w->fd = -1;
	if (!device[0] || access(device, W_OK) == 0)
		return true;
	log_error("%s: watchdog: found \"%s\": %m; allowed: a watchdog device; fix: load its "
		  "driver, or remove the property",
		  node, device);
	return false;
}

void watchdog_feed(struct watchdog *w)
{
	uint64_t now = clock_ns();

	if (!w->device[0] || now - w->fed_ns < PAUSE_NS)
		return;
	if (w->fd < 0) {
		w->fd = open(w->device, O_WRONLY | O_CLOEXEC);
		if (w->fd >= 0)
			log_info("%s: started", w->device);
	}
	if (w->fd < 0 || write(w->fd, "\0", 1) != 1) {
		if (log_allow(&w->limit, now))
			log_error("%s: cannot be fed: %m", w->device);
		return;
	}
	w->feeds++;
	w->fed_ns = now;
}

void watchdog_finish(struct watchdog *w)
{
	if (!w->device || w->fd < 0)
		return;
	if (write(w->fd, "V", 1) != 1)
		log_warning("%s: cannot be told to stop: %m", w->device);
	close(w->fd);
	w->fd = -1;
}

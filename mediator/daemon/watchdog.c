/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/watchdog.h"

#include <fcntl.h>
#include <unistd.h>

#include "mediator/daemon/mediator.h"

#define PAUSE_NS UINT64_C(100000000) /* more often is of no use: watchdogs count in seconds */

bool watchdog_init(struct mediator *m)
{
	const char *device = m->config.watchdog;

	if (!device[0] || access(device, W_OK) == 0)
		return true;
	log_error("%s: watchdog: found \"%s\": %m; allowed: a watchdog device; fix: load its "
		  "driver, or remove the property",
		  m->config.path, device);
	return false;
}

void watchdog_feed(struct mediator *m)
{
	struct watchdog *w = &m->watchdog;
	uint64_t now = mediator_now();

	if (!m->config.watchdog[0] || now - w->fed_ns < PAUSE_NS)
		return;
	if (w->fd < 0) {
		w->fd = open(m->config.watchdog, O_WRONLY | O_CLOEXEC);
		if (w->fd >= 0)
			log_info("%s: started", m->config.watchdog);
	}
	if (w->fd < 0 || write(w->fd, "\0", 1) != 1) {
		if (log_allow(&w->limit, now))
			log_error("%s: cannot be fed: %m", m->config.watchdog);
		return;
	}
	w->feeds++;
	w->fed_ns = now;
}

void watchdog_stop(struct mediator *m)
{
	if (m->watchdog.fd < 0)
		return;
	if (write(m->watchdog.fd, "V", 1) != 1)
		log_warning("%s: cannot be told to stop: %m", m->config.watchdog);
	close(m->watchdog.fd);
	m->watchdog.fd = -1;
}

/* SPDX-License-Identifier: MIT */
/*
 * What the device tree promises the guests has to fit into what the platform allows: said at
 * start, with the number that is needed, and not when the last guest connects.
 */
#ifndef MEDIATOR_DAEMON_PREFLIGHT_H
#define MEDIATOR_DAEMON_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"

/* Linux' bound on the grants of one request; absent: there is no grant device. */
#define PREFLIGHT_GRANT_LIMIT "/sys/module/xen_gntdev/parameters/limit"

struct preflight {
	uint64_t files;	  /* open descriptors of the mediator (RLIMIT_NOFILE) */
	uint64_t grants;  /* pages that one request may map */
	uint32_t watches; /* in xenstore, of the whole driver domain */
};

/* What is needed for all guests at once. */
void preflight_count(const struct config *config, struct preflight *needed);

/*
 * False, with the fault and its fix in the log, when it does not fit. Raises the limit of open
 * files as far as that is allowed.
 */
bool preflight_files(const struct preflight *needed);
bool preflight_grants(const struct preflight *needed, const char *limit_file);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Compares the platform's limits with what the device tree's guests may need, at start: a limit
 * that is too low is an error with the needed number, not a surprise when the last guest connects.
 */
#ifndef MEDIATOR_DAEMON_PREFLIGHT_H
#define MEDIATOR_DAEMON_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"

/* Linux' limit on the grants of one request. The file is absent if there is no grant device. */
#define PREFLIGHT_GRANT_LIMIT "/sys/module/xen_gntdev/parameters/limit"

struct preflight {
	uint64_t files;	  /* open descriptors of the mediator (RLIMIT_NOFILE) */
	uint64_t grants;  /* pages that one request may map */
	uint32_t watches; /* in xenstore, of the whole driver domain */
};

/* Count what all guests together may need. */
void preflight_count(const struct config *config, struct preflight *needed);

/*
 * Both return false, with the fault and its fix in the log, if a limit is too low. The first raises
 * the limit of open files as far as the process may.
 */
bool preflight_files(const struct preflight *needed);
bool preflight_grants(const struct preflight *needed, const char *limit_file);

#endif

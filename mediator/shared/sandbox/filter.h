/* SPDX-License-Identifier: MIT */
/*
 * Which system calls are left to a process (seccomp, by libseccomp). The same lists serve aarch64
 * and x86_64: a call that an architecture does not have is passed over.
 */
#ifndef MEDIATOR_SHARED_SANDBOX_FILTER_H
#define MEDIATOR_SHARED_SANDBOX_FILTER_H

#include <stdbool.h>

struct filter_rights {
	bool xen; /* mapping grants, and one event channel */
	/*
	 * Memory that can be executed: renderers that compile for the CPU need it. Without it no
	 * byte that a guest sent can ever be run as code.
	 */
	bool jit;
};

/*
 * For processes that draw. What drawing needs is allowed. What only somebody who has taken over the
 * process would try kills it (SIGSYS). Everything else fails with EPERM: libraries probe. Holds for
 * all threads. Returns 0 or -errno.
 */
int filter_confine(const struct filter_rights *rights);

/* For the mediator: all is allowed but what no daemon has a use for, which kills it. */
int filter_restrain(void);

#endif

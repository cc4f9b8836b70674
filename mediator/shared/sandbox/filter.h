/* SPDX-License-Identifier: MIT */
/*
 * Restricts the system calls of a process (seccomp, through libseccomp). The same lists serve
 * aarch64 and x86_64; calls that an architecture does not have are skipped.
 */
#ifndef MEDIATOR_SHARED_SANDBOX_FILTER_H
#define MEDIATOR_SHARED_SANDBOX_FILTER_H

#include <stdbool.h>

struct filter_rights {
	bool xen; /* map grants, and use an event channel */
	/*
	 * Map executable memory, which renderers that compile for the CPU need. Without this right,
	 * no byte that a guest sent can be run as code.
	 */
	bool jit;
};

/*
 * Confine a process that draws (backend, compositor, verifier), all of its threads included. Calls
 * that drawing needs are allowed. Calls that only an attacker in control of the process would make
 * kill it (SIGSYS). All others fail with EPERM, since libraries probe for them. Cannot be undone.
 * Returns 0 or -errno.
 */
int filter_confine(const struct filter_rights *rights);

/*
 * Restrict the mediator: calls that no daemon needs kill it (SIGSYS), all others are allowed. Its
 * children inherit the filter. Cannot be undone. Returns 0 or -errno.
 */
int filter_restrain(void);

#endif

/* SPDX-License-Identifier: MIT */
/* Reads the actual state of a process's sandbox from /proc, as opposed to what was requested. */
#ifndef MEDIATOR_SHARED_SANDBOX_INSPECT_H
#define MEDIATOR_SHARED_SANDBOX_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Bits of sandbox_state.namespaces, in the order of sandbox_namespaces[]. */
#define SANDBOX_NAMESPACES     7u
#define SANDBOX_ALL_NAMESPACES ((UINT32_C(1) << SANDBOX_NAMESPACES) - 1)
extern const char *const sandbox_namespaces[SANDBOX_NAMESPACES];

struct sandbox_state {
	uint32_t threads;
	uint32_t uid;	       /* in the caller's user namespace */
	uint64_t capabilities; /* of any thread (CapPrm | CapEff | CapAmb) */
	bool no_new_privs;     /* set for all threads */
	bool filtered;	       /* all threads have a seccomp filter besides inherited ones */
	bool empty_root;       /* the root directory is empty */
	uint32_t namespaces;   /* bit: this namespace is not the caller's */
};

/* Read the state of process `pid`. Returns false if the process is gone or may not be inspected. */
bool sandbox_inspect(pid_t pid, struct sandbox_state *state);

/* Whether every part of the sandbox is in place. */
bool sandbox_is_closed(const struct sandbox_state *state);

#endif

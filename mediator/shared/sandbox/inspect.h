/* SPDX-License-Identifier: MIT */
/* What the kernel says of a process' sandbox: what is, not what was asked for. */
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
	uint32_t uid;	       /* as the caller sees it */
	uint64_t capabilities; /* held or to be had by any thread (CapPrm, CapEff, CapAmb) */
	bool no_new_privs;     /* all threads */
	bool filtered;	       /* all threads have a filter of system calls of their own */
	bool empty_root;       /* its root folder holds nothing */
	uint32_t namespaces;   /* bit: it does not share this one with the caller */
};

/* False when the process is gone or may not be looked at. */
bool sandbox_inspect(pid_t pid, struct sandbox_state *state);

/* Whether nothing is missing. */
bool sandbox_is_closed(const struct sandbox_state *state);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A sandbox in two steps, for processes that load GL drivers or parse guests' data.
 *
 * First, the mediator starts the process in its own namespaces (sandbox_spawn()). There the process
 * is root, without rights outside. It has one socket, and opens what it will need: GPU, grants,
 * event channel, xenstore. Second, before it reads the first byte of a guest, it gives up
 * everything else (sandbox_enter()): the file system, all capabilities, its user, most system
 * calls. Neither step can be undone.
 */
#ifndef MEDIATOR_SHARED_SANDBOX_SANDBOX_H
#define MEDIATOR_SHARED_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mediator/shared/sandbox/filter.h"

/*
 * User and group of a process after sandbox_enter(), in its own user namespace: Debian's nobody and
 * nogroup.
 */
#define SANDBOX_UID 65534u

struct sandbox {
	struct filter_rights rights;
	uint32_t open_files; /* limit of descriptors, those in use included (RLIMIT_NOFILE) */
	uint64_t heap_bytes; /* limit of private memory in bytes (RLIMIT_DATA); 0: no limit */
};

/*
 * Run the program at `path` in user, mount, PID, network, IPC, UTS and cgroup namespaces of its
 * own. `arguments` is its argv, NULL-terminated. `socket` becomes its descriptor `as`, `output` its
 * stdout and stderr; it gets no other descriptor. Both stay the caller's.
 *
 * The process is killed when its parent dies. The parent is the caller, or with `sibling` the
 * caller's own parent, which then has to reap it. The caller may have threads. Returns the process
 * id in the caller's PID namespace, or -errno.
 */
pid_t sandbox_spawn(const char *path, char *const arguments[], int socket, int as, int output,
		    bool sibling);

/*
 * Give up everything but the open descriptors. Applies to all threads, except that the capability
 * bounding set is dropped for the calling thread only; no thread can start a program anyway.
 * Returns 0, or -errno with the failed step on stderr. After a failure the process is half confined
 * and must exit.
 */
int sandbox_enter(const struct sandbox *sandbox);

/*
 * Restrict the mediator; call before it starts any process. Sets no-new-privileges and forbids the
 * system calls that no daemon needs (filter_restrain()). Its children inherit both, and
 * sandbox_inspect() tells their own filter from the inherited one. Returns 0 or -errno.
 */
int sandbox_restrain(void);

/*
 * Drop the mediator's capabilities except those that sandbox_spawn() needs. Call before creating
 * threads; existing threads would keep theirs. Succeeds if there is none to drop. Returns 0 or
 * -errno.
 */
int sandbox_drop_capabilities(void);

#endif

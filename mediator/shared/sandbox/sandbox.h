/* SPDX-License-Identifier: MIT */
/*
 * A sandbox in two steps, for processes that load GL drivers or read what guests wrote.
 *
 * The mediator starts the process in namespaces of its own (sandbox_spawn()). It is root there and
 * nobody outside, holds one socket, and opens what it will need: GPU, grants, event channel,
 * xenstore. Before it looks at the first byte of a guest it gives up everything else
 * (sandbox_enter()): the file system, all capabilities, its user, most system calls. There is no
 * way back.
 */
#ifndef MEDIATOR_SHARED_SANDBOX_SANDBOX_H
#define MEDIATOR_SHARED_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mediator/shared/sandbox/filter.h"

/* Who it is afterwards, in its own user namespace: Debian's nobody and nogroup. */
#define SANDBOX_UID 65534u

struct sandbox {
	struct filter_rights rights;
	uint32_t open_files; /* descriptors, those in use included */
	uint64_t heap_bytes; /* private memory (RLIMIT_DATA); 0: no limit */
};

/*
 * Run a program in user, mount, process, network, IPC, host name and cgroup namespaces of its own,
 * with `socket` as its descriptor `as`, `output` for what it prints, and no other descriptor.
 * It is killed when its parent dies, which is the caller, or with `sibling` the caller's own
 * parent: that is then who waits for it. The caller may have threads. Returns its process id (as
 * the caller sees it) or -errno.
 */
pid_t sandbox_spawn(const char *path, char *const arguments[], int socket, int as, int output,
		    bool sibling);

/*
 * Give up everything but the descriptors that are open. All threads are included, but for the
 * capabilities' bound, which is the calling thread's only: none can start a program. On failure,
 * -errno with the step named on stderr, the process must end: it is then half way in.
 */
int sandbox_enter(const struct sandbox *sandbox);

/*
 * For the mediator, before it starts anything: no new privileges, and no call that no daemon has a
 * use for. Its children keep both, so sandbox_inspect() knows which filter is their own. Returns 0
 * or -errno.
 */
int sandbox_restrain(void);

/*
 * For the mediator, before its second thread: give up all capabilities but those that
 * sandbox_spawn() needs. Returns 0 or -errno. One that has none to begin with loses none.
 */
int sandbox_drop_capabilities(void);

#endif

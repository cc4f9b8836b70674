/* SPDX-License-Identifier: MIT */
/*
 * A cockpit: the fake Xen and gpu-mediatord with its backends, running in a temporary folder of
 * their own. The programs are those in build/host/san/bin (the test programs are in
 * build/host/san/tests/component). A function ends the test program with status 99 if something
 * fails that is no result of a test.
 */
#ifndef TESTS_COMPONENT_COCKPIT_COCKPIT_H
#define TESTS_COMPONENT_COCKPIT_COCKPIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/component/cockpit/guest.h"

/*
 * Device tree source with three guests, "cluster" (priority 0), "ivi" (2) and "passenger" (3). Each
 * has a 640x480 display with frames of 33333 us, 16 MiB, 4 contexts and 32 resources, and is never
 * banned.
 */
#define COCKPIT_WIDTH  640u
#define COCKPIT_HEIGHT 480u
extern const char cockpit_tree[];

struct cockpit {
	char dir[64];
	pid_t xen, mediator;
	bool supervised; /* started with --supervise: `mediator` is the keeper's pid */
	int control;	 /* control connection to the fake Xen */
};

/* `tree`: device tree source; NULL stands for cockpit_tree. */
void cockpit_start(struct cockpit *c, const char *tree);
/* Starts a keeper, which starts the mediator. */
void cockpit_start_supervised(struct cockpit *c, const char *tree);
/* Replaces the tree that the next mediator reads. */
void cockpit_replace_tree(struct cockpit *c, const char *tree);
/* Returns the tree with its first `from` replaced by `to`. The caller frees it. */
char *cockpit_changed_tree(const char *tree, const char *from, const char *to);

/*
 * Starts a cockpit with two connected guests: the cluster (domain 5), which has shown a picture
 * from resource 1, and ivi (domain 6), which the test lets misbehave. For a test's setup and
 * teardown: 0 or -1.
 */
int cockpit_start_pair(struct cockpit *c, const char *tree, struct guest *cluster,
		       struct guest *ivi);
int cockpit_stop_pair(struct cockpit *c, struct guest *cluster, struct guest *ivi);

/*
 * Takes all programs of later cockpits from another folder. `folder` is relative to build/host/san,
 * such as "/../fault/bin".
 */
void cockpit_use(const char *folder);
/* Starts only the fake Xen. */
void cockpit_start_xen(struct cockpit *c);

/*
 * Sends SIGTERM to the mediator and removes the folder. Returns true if the mediator ended with
 * status 0, no backend is left, and no program's log contains a sanitizer's complaint (the logs are
 * printed otherwise).
 */
bool cockpit_stop(struct cockpit *c);

/* Starts only the mediator again, or kills it. */
void cockpit_start_mediator(struct cockpit *c);
void cockpit_kill_mediator(struct cockpit *c);

/* Runs another mediator with `tree` until it ends. Returns its exit status; `text` gets its log. */
int cockpit_try_tree(struct cockpit *c, const char *tree, char *text, size_t size);

void cockpit_stats(struct cockpit *c, struct fx_stats *stats);
/* Makes the `countdown`-th request of this kind from now on fail with `error` (an errno). */
void cockpit_fail(struct cockpit *c, enum fx_op op, uint32_t countdown, int error);

/* Waits until exactly `mapped` grants are mapped; false after `ms`. */
bool cockpit_wait_mapped(struct cockpit *c, uint32_t mapped, uint32_t ms);

/* The JSON object of `gpumctl status --json`, to be released by the caller; NULL on error. */
json_t *cockpit_status(struct cockpit *c);
/* The object `name` in a list of the status, "guests" or "displays"; borrowed, NULL if missing. */
json_t *cockpit_status_of(json_t *status, const char *list, const char *name);
/*
 * The number `what` in the object `part` of a guest, such as "jobs"; part NULL: in the guest
 * itself.
 */
json_int_t cockpit_of_guest(struct cockpit *c, const char *guest, const char *part,
			    const char *what);
/* Waits until the guest's last fault contains `text`; false after `ms`. */
bool cockpit_wait_fault(struct cockpit *c, const char *guest, const char *text, uint32_t ms);

/* Runs gpumctl in a domain and stores its output in `text`. Returns 0 if its exit status is 0. */
int cockpit_gpumctl(struct cockpit *c, uint32_t domid, const char *arguments, char *text,
		    size_t size);

/* Pid of the mediator itself (not of its keeper), 0 if it does not answer. */
pid_t cockpit_mediator(struct cockpit *c);
/* Pid of a guest's backend, 0 if there is none. */
pid_t cockpit_backend(struct cockpit *c, const char *guest);
/* Whether a backend of this cockpit is alive. */
bool cockpit_has_backend(struct cockpit *c);

#endif

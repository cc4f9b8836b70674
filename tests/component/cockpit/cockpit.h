/* SPDX-License-Identifier: MIT */
/*
 * The driver domain's programs as the board runs them, on the fake Xen: a folder of its own, the
 * fake Xen, gpu-mediatord with its backends. The programs are taken from the folder that the test
 * program's own lies beside (build/host/san/bin).
 */
#ifndef TESTS_COMPONENT_COCKPIT_COCKPIT_H
#define TESTS_COMPONENT_COCKPIT_COCKPIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/component/cockpit/guest.h"

/*
 * Three guests with a 640x480 display each, 33333 us a frame: "cluster" (priority 0), "ivi" (2),
 * "passenger" (3); 16 MiB, 4 contexts, 32 resources each; never banned.
 */
#define COCKPIT_WIDTH  640u
#define COCKPIT_HEIGHT 480u
extern const char cockpit_tree[];

struct cockpit {
	char dir[64];
	pid_t xen, mediator;
	bool supervised; /* the mediator is started with --supervise: `mediator` is its keeper */
	int control;
};

/* Device tree source, or NULL for cockpit_tree. Ends the test program when nothing starts. */
void cockpit_start(struct cockpit *c, const char *tree);
/* The same, with a keeper above the mediator. */
void cockpit_start_supervised(struct cockpit *c, const char *tree);
/* For the next mediator. */
void cockpit_replace_tree(struct cockpit *c, const char *tree);
/* The tree with the first `from` replaced, which it must hold; the caller's to free. */
char *cockpit_changed_tree(const char *tree, const char *from, const char *to);

/*
 * Start, with two connected guests: the cluster (domain 5), which has drawn a picture from resource
 * 1, and ivi (domain 6), which is up to something. For a test's setup and teardown: 0 or -1.
 */
int cockpit_start_pair(struct cockpit *c, const char *tree, struct guest *cluster,
		       struct guest *ivi);
int cockpit_stop_pair(struct cockpit *c, struct guest *cluster, struct guest *ivi);

/*
 * From now on programs are taken from another folder, which follows on build/host/san:
 * "/../fault/bin".
 */
void cockpit_use(const char *folder);
/* Only the fake Xen. */
void cockpit_start_xen(struct cockpit *c);

/*
 * SIGTERM to the mediator; true when it ended by itself with status 0 and left no process, and no
 * program's sanitizer complained (their reports go to the test's stderr). The folder is removed.
 */
bool cockpit_stop(struct cockpit *c);

/* Start only the mediator (again), with output to `log` in the folder; kill it. */
void cockpit_start_mediator(struct cockpit *c);
void cockpit_kill_mediator(struct cockpit *c);

/* Runs the mediator with a tree and waits for its end: the exit status; its log is in *text. */
int cockpit_try_tree(struct cockpit *c, const char *tree, char *text, size_t size);

void cockpit_stats(struct cockpit *c, struct fx_stats *stats);
/* The countdown-th coming request of that kind fails with that errno. */
void cockpit_fail(struct cockpit *c, enum fx_op op, uint32_t countdown, int error);

/* True as soon as `mapped` grants and no more are mapped by anybody. */
bool cockpit_wait_mapped(struct cockpit *c, uint32_t mapped, uint32_t ms);

/* What `gpumctl status --json` shows, or NULL; the caller's. */
json_t *cockpit_status(struct cockpit *c);
/* The object of that name in one of its lists, "guests" or "displays" (borrowed), or NULL. */
json_t *cockpit_status_of(json_t *status, const char *list, const char *name);
/* A number of a guest, from that part of it, such as "jobs"; NULL: from the guest itself. */
json_int_t cockpit_of_guest(struct cockpit *c, const char *guest, const char *part,
			    const char *what);
/* True as soon as the guest's last fault holds `text`. */
bool cockpit_wait_fault(struct cockpit *c, const char *guest, const char *text, uint32_t ms);

/* Runs gpumctl in that domain; all it says is in *text. Returns 0 if its exit status is 0. */
int cockpit_gpumctl(struct cockpit *c, uint32_t domid, const char *arguments, char *text,
		    size_t size);

/* Pid of the mediator itself, 0 if it does not answer. */
pid_t cockpit_mediator(struct cockpit *c);
/* Pid of a guest's backend, 0 if there is none. */
pid_t cockpit_backend(struct cockpit *c, const char *guest);
/* Whether any backend of this cockpit is alive. */
bool cockpit_has_backend(struct cockpit *c);

#endif

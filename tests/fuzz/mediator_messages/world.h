/* SPDX-License-Identifier: MIT */
/*
 * What the target fuzz_mediator_messages has the daemon believe: a machine with clocks and a
 * keeper, and the other ends of its clients. Of these an honest backend and a compositor obey the
 * protocol; what the others do is the target's business. Whatever breaks a rule ends in abort().
 */
#ifndef TESTS_FUZZ_MEDIATOR_MESSAGES_WORLD_H
#define TESTS_FUZZ_MEDIATOR_MESSAGES_WORLD_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include "mediator/daemon/control/mediator.h"

#define GUESTS	    3u
#define PANELS	    2u
#define WIDTH	    128u
#define HEIGHT	    64u /* of a display */
#define FIRST_DOMID 1u
#define FIRST_PID   10000000 /* Linux gives none that is so high */
#define NS_PER_S    UINT64_C(1000000000)

enum role { FREE = 0, HONEST_BACKEND, COMPOSITOR, LIAR };

/* The other end of a client of the mediator's. */
struct process {
	enum role role;
	pid_t pid;
	int socket, log;  /* its ends; -1: closed */
	bool killed;	  /* and the keeper has not noticed */
	bool reaped;	  /* by the keeper, which has said so */
	bool deaf;	  /* it does not read */
	uint32_t unread;  /* messages to it that lie in the socket */
	uint64_t job;	  /* the last that it has announced */
	uint64_t running; /* 0: none */
	uint64_t seq[GPUM_MAX_SCANOUTS];
};

/* Of those that lie, two may be over while the mediator starts two others. */
enum { HONEST_SLOT, COMPOSITOR_SLOT, LIAR_SLOT, LIAR2_SLOT, SLOTS = LIAR2_SLOT + 3 };

struct world {
	struct process process[SLOTS];
	struct mediator m;
	uint64_t now_ns;
	int keeper; /* its end of the socket to the mediator */
	int picture;
	int tick[PANELS]; /* written to when it is time */
	uint32_t ticks;
	pid_t last_pid;
	bool stopping;	       /* the daemon ends: it may kill whom it wants */
	uint64_t jobs_run;     /* the honest guest's */
	uint64_t frames_shown; /* the honest guest's */
};

extern struct world world;

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

void close_end(int *fd);

/* poll() that does not wait. */
int look(struct pollfd *fds, nfds_t count);

/* --- tree.c: the board ----------------------------------------------------------------------- */

void parse_tree(struct config *config);

/* --- keeper.c: who starts processes and buries them ------------------------------------------ */

struct process *find_process(pid_t pid); /* NULL: there is none */
void hand_over(uint32_t slot, const char *name, uint32_t domid, bool small);
void tell_end(struct process *p, int status);
void bury(void);

/* --- say.c: what any client says ------------------------------------------------------------- */

void say(const struct process *p, struct gpum_msg *msg, uint32_t type, int fd);
void say_hello(const struct process *p);
void announce_job(struct process *p, uint32_t kind);
void end_job(struct process *p);
void show(struct process *p, uint32_t scanout, uint32_t buffer);
struct gpum_buffer any_buffer(uint32_t id, uint32_t width, uint32_t height);

/* --- status.c -------------------------------------------------------------------------------- */

void check_status(void);

/* --- honest.c, compositor.c ------------------------------------------------------------------ */

void hear_honest(struct process *p, const struct gpum_msg *msg);
void hear_compositor(struct process *p, const struct gpum_msg *msg);
void forget_layers(void);

#endif

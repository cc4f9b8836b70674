/* SPDX-License-Identifier: MIT */
/*
 * The fake world of the target fuzz_mediator_messages: a machine with clocks, a keeper, and the
 * other ends of the daemon's clients. An honest backend and a compositor obey the protocol; the
 * target decides what the other clients do. A broken rule ends in abort().
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
#define HEIGHT	    64u /* of a display; pixels */
#define FIRST_DOMID 1u
#define FIRST_PID   10000000 /* above all PIDs of Linux */
#define NS_PER_S    UINT64_C(1000000000)

enum role { FREE = 0, HONEST_BACKEND, COMPOSITOR, LIAR };

/* A client process of the mediator, seen from its own end. */
struct process {
	enum role role;
	pid_t pid;
	int socket, log;  /* the process's ends; -1: closed */
	bool killed;	  /* and not reaped yet */
	bool reaped;	  /* and ENDED was sent */
	bool deaf;	  /* does not read its messages */
	uint32_t unread;  /* messages in its socket */
	uint64_t job;	  /* last announced job */
	uint64_t running; /* job on the GPU; 0: none */
	uint64_t seq[GPUM_MAX_SCANOUTS];
};

/* Two lying backends may have ended while the mediator starts two others. */
enum { HONEST_SLOT, COMPOSITOR_SLOT, LIAR_SLOT, LIAR2_SLOT, SLOTS = LIAR2_SLOT + 3 };

struct world {
	struct process process[SLOTS];
	struct mediator m;
	uint64_t now_ns;
	int keeper;	  /* the keeper's end of its socket to the mediator */
	int picture;	  /* a memfd that serves as every dma-buf */
	int tick[PANELS]; /* eventfds in place of the panels' timers */
	uint32_t ticks;
	pid_t last_pid;	       /* given to a process */
	bool stopping;	       /* the daemon ends, and may kill any client */
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
int poll_now(struct pollfd *fds, nfds_t count);

/* --- tree.c: the board ----------------------------------------------------------------------- */

void parse_tree(struct config *config);

/* --- keeper.c: starts and reaps processes -------------------------------------------------- */

struct process *find_process(pid_t pid); /* NULL for an unknown pid */
/* Send KEPT for a new process in `slot`; small: its socket has the smallest send buffer. */
void hand_over(uint32_t slot, const char *name, uint32_t domid, bool small);
/* The process ends with this wait status: reap it and send ENDED. */
void end_process(struct process *p, int status);
/* Reap killed processes, and free the slots of reaped ones. */
void reap_processes(void);

/* --- say.c: messages of any client ---------------------------------------------------------- */

void send_message(const struct process *p, struct gpum_msg *msg, uint32_t type, int fd);
void send_hello(const struct process *p);
void announce_job(struct process *p, uint32_t kind);
void end_job(struct process *p);
void show(struct process *p, uint32_t scanout, uint32_t buffer);
struct gpum_buffer any_buffer(uint32_t id, uint32_t width, uint32_t height);

/* --- status.c -------------------------------------------------------------------------------- */

void check_status(void);

/* --- honest.c, compositor.c ------------------------------------------------------------------ */

void on_honest_message(struct process *p, const struct gpum_msg *msg);
void on_compositor_message(struct process *p, const struct gpum_msg *msg);
void forget_layers(void);

#endif

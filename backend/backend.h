/* SPDX-License-Identifier: MIT */
/*
 * One guest's backend process: all its parts, and the calls between its event loop (session.c) and
 * the mediator's socket (mediator.c).
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/device/device.h"
#include "backend/gpu/gpu.h"
#include "backend/link/link.h"
#include "backend/transport/granted.h"
#include "backend/transport/xenbus.h"
#include "mediator/shared/protocol/client.h"

struct backend {
	int mediator; /* socket to the mediator; inherited, open for the process's life */
	struct gpum_config config;
	struct gpu *gpu;
	struct granted granted;
	struct device *device;
	struct xenbus xenbus;
	struct link link;
	struct gpum_state sent; /* last STATE */
	uint64_t sent_us;	/* when, on session_now_us()'s clock */
	uint64_t resume;	/* number of the RESUME not yet answered; 0: none */
	bool end;		/* leave the loop */
};

/*
 * mediator.c: the socket to the mediator. Functions returning int return 0 or an enum
 * backend_error.
 */

/*
 * Send HELLO and wait for CONFIG, which is copied to *config. Blocks. If the mediator dies
 * meanwhile, its successor sends RESUME, and the exchange starts again.
 */
int mediator_introduce(struct backend *backend, struct gpum_config *config);
/*
 * Answer the RESUME of a new mediator (backend->resume): introduce ourselves and announce the
 * device's state again. Must not be called while a job is on the GPU. BACKEND_ERR_MEDIATOR if the
 * new CONFIG differs from the old.
 */
int mediator_resume(struct backend *backend);
/*
 * Receive one message and handle it; blocks unless the socket is readable. Sets backend->end when
 * the mediator has closed the socket.
 */
int mediator_receive(struct backend *backend);
/*
 * Send STATE if the counters changed: at once when the xenbus state did, else at most every 100 ms.
 * Returns the time until STATE is due in us, or -1 if nothing is left to send.
 */
int64_t mediator_tell_state(struct backend *backend, uint64_t now_us);
/*
 * The guest broke the protocol: send FAULT, set NEEDS_RESET, unmap the guest's memory, and close
 * xenbus. `error` is the enum backend_error to report.
 */
void mediator_report_fault(struct backend *backend, int error);

/*
 * session.c: the event loop.
 *
 * Open the Xen devices, enter the sandbox, and serve the guest until the mediator closes the
 * socket, dom0 detaches the device, or a signal or fault ends it. Returns a BACKEND_EXIT_*.
 */
#define BACKEND_EXIT_OK	   0
#define BACKEND_EXIT_OWN   1 /* the backend, the mediator or the machine failed */
#define BACKEND_EXIT_FAULT 2 /* the guest broke the protocol */
int session_run(struct backend *backend);
/*
 * Release everything that session_run() and main() opened. Call once, also after a failed
 * session_run().
 */
void session_finish(struct backend *backend);
/* End the loop at its next turn. Async-signal-safe. */
void session_terminate(void);
/* CLOCK_MONOTONIC in us. Has the signature of gpu_sim_create()'s clock; the argument is ignored. */
uint64_t session_now_us(void *unused);

#endif

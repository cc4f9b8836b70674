/* SPDX-License-Identifier: MIT */
/* One guest's backend: its parts together. */
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
	int mediator; /* the socket */
	struct gpum_config config;
	struct gpu *gpu;
	struct granted granted;
	struct device *device;
	struct xenbus xenbus;
	struct link link;
	struct gpum_state told; /* last STATE */
	uint64_t told_us;
	uint64_t resume; /* number of another mediator that is to be told what there is; 0: none */
	bool end;
};

/* mediator.c. Functions that return int return 0 or an enum backend_error. */

/*
 * Say HELLO, and take CONFIG in answer; the mediator may die in between, and another one ask anew.
 */
int mediator_introduce(struct backend *backend, struct gpum_config *config);
/* Another mediator speaks (backend->resume): tell it what there is. Not while a job is running. */
int mediator_resume(struct backend *backend);
/* Its socket is readable: take one message. */
int mediator_receive(struct backend *backend);
/* Send STATE if it is due. Returns the time until it is in us, -1 when there is nothing new. */
int64_t mediator_tell_state(struct backend *backend, uint64_t now_us);
/* The guest broke the protocol: tell mediator and guest, and let go of the guest's memory. */
void mediator_report_fault(struct backend *backend, int error);

/* session.c: serve the guest until the end. `terminated` is set by a signal. Returns EXIT_*. */
#define BACKEND_EXIT_OK	   0
#define BACKEND_EXIT_OWN   1 /* something of ours failed */
#define BACKEND_EXIT_FAULT 2 /* the guest broke the protocol */
int session_run(struct backend *backend);
void session_finish(struct backend *backend);
/* From a signal handler: end at the next opportunity. */
void session_terminate(void);
/* The monotonic clock in us. */
uint64_t session_now_us(void *unused);

#endif

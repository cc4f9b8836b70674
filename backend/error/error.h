/* SPDX-License-Identifier: MIT */
/*
 * Why a guest's connection cannot go on, or why a request was refused below the level of
 * virtio-gpu's own response codes. Functions return 0 or one of these, all negative.
 */
#ifndef BACKEND_ERROR_ERROR_H
#define BACKEND_ERROR_ERROR_H

enum backend_error {
	BACKEND_OK = 0,
	/* our side or the machine */
	BACKEND_ERR_SYSTEM = -100, /* a system call failed; errno says more */
	BACKEND_ERR_MEMORY,
	BACKEND_ERR_MEDIATOR, /* the mediator broke its protocol or went away */
	/* the guest's setup */
	BACKEND_ERR_XENSTORE, /* a key is missing or is not a plain decimal number in range */
	BACKEND_ERR_VERSION,
	BACKEND_ERR_MAGIC,
	BACKEND_ERR_POOL_SIZE,
	BACKEND_ERR_GRANT, /* a reference cannot be mapped */
	BACKEND_ERR_EVENT_CHANNEL,
	BACKEND_ERR_FEATURES,
	BACKEND_ERR_QUEUE_SIZE,
	BACKEND_ERR_QUEUE_ALIGNMENT,
	BACKEND_ERR_QUEUE_BOUNDS,
	/* the guest's rings */
	BACKEND_ERR_AVAIL_INDEX,
	BACKEND_ERR_HEAD_INDEX,
	BACKEND_ERR_HEAD_BUSY,
	BACKEND_ERR_DESC_INDEX,
	BACKEND_ERR_DESC_LOOP,
	BACKEND_ERR_DESC_FLAGS,
	BACKEND_ERR_DESC_ORDER,
	BACKEND_ERR_DESC_EMPTY,
	BACKEND_ERR_DESC_BOUNDS,
	BACKEND_ERR_ANSWER_SEGMENTS,
	BACKEND_ERR_EVENT_STORM,
	/* object backing */
	BACKEND_ERR_QUOTA,
};

/* A sentence fragment for a log line; never NULL. */
const char *backend_error_string(int error);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Why a guest's connection must end, or why a request was refused below the level of virtio-gpu's
 * own response codes. Functions return BACKEND_OK or one of these errors, which are all negative.
 */
#ifndef BACKEND_ERROR_ERROR_H
#define BACKEND_ERROR_ERROR_H

enum backend_error {
	BACKEND_OK = 0,
	/* the backend, the mediator or the machine */
	BACKEND_ERR_SYSTEM = -100, /* a system call failed; errno may say which way */
	BACKEND_ERR_MEMORY,
	BACKEND_ERR_MEDIATOR, /* the mediator broke its protocol or went away */
	/*
	 * the guest's xenstore keys, setup block and queue registers (docs/protocol.md, sections 2
	 * and 6)
	 */
	BACKEND_ERR_XENSTORE, /* a key is missing or not a plain decimal number in range */
	BACKEND_ERR_VERSION,  /* a version that was not offered */
	BACKEND_ERR_MAGIC,
	BACKEND_ERR_POOL_SIZE, /* pool_pages out of range, or dir_pages does not match it */
	BACKEND_ERR_GRANT,     /* a grant reference cannot be mapped */
	BACKEND_ERR_EVENT_CHANNEL,
	BACKEND_ERR_FEATURES, /* a feature was not offered, or a required one not accepted */
	BACKEND_ERR_QUEUE_SIZE,
	BACKEND_ERR_QUEUE_ALIGNMENT,
	BACKEND_ERR_QUEUE_BOUNDS,
	/* the guest's rings and descriptor chains (virtio 1.2, section 2.7) */
	BACKEND_ERR_AVAIL_INDEX,     /* more than the queue's size ahead */
	BACKEND_ERR_HEAD_INDEX,	     /* not below the queue's size */
	BACKEND_ERR_HEAD_BUSY,	     /* made available again before it was answered */
	BACKEND_ERR_DESC_INDEX,	     /* `next` not below the queue's size */
	BACKEND_ERR_DESC_LOOP,	     /* chain longer than the queue */
	BACKEND_ERR_DESC_FLAGS,	     /* a flag that was not negotiated */
	BACKEND_ERR_DESC_ORDER,	     /* readable after writable */
	BACKEND_ERR_DESC_EMPTY,	     /* length 0 */
	BACKEND_ERR_DESC_BOUNDS,     /* outside the pool */
	BACKEND_ERR_ANSWER_SEGMENTS, /* more than VQ_ANSWER_SEGMENTS writable descriptors */
	BACKEND_ERR_EVENT_STORM,     /* too many events in a row without work */
	/* backing of resources */
	BACKEND_ERR_QUOTA,
};

/*
 * A phrase for a log line, without a full stop; never NULL. Also sent to the mediator as FAULT's
 * reason and written to the guest's xenstore `error` node.
 */
const char *backend_error_string(int error);

#endif

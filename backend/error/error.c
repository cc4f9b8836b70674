/* SPDX-License-Identifier: MIT */
#include "backend/error/error.h"

const char *backend_error_string(int error)
{
	switch ((enum backend_error)error) {
	case BACKEND_OK:
		return "no error";
	case BACKEND_ERR_SYSTEM:
		return "a system call failed";
	case BACKEND_ERR_MEMORY:
		return "out of memory";
	case BACKEND_ERR_MEDIATOR:
		return "the mediator broke its protocol or went away";
	case BACKEND_ERR_XENSTORE:
		return "a frontend key is missing or is not a decimal number in range";
	case BACKEND_ERR_VERSION:
		return "the frontend chose a protocol version that was not offered";
	case BACKEND_ERR_MAGIC:
		return "the control page has no magic number";
	case BACKEND_ERR_POOL_SIZE:
		return "the pool's size is out of range or contradicts its directory";
	case BACKEND_ERR_GRANT:
		return "a grant reference cannot be mapped";
	case BACKEND_ERR_EVENT_CHANNEL:
		return "the event channel cannot be bound";
	case BACKEND_ERR_FEATURES:
		return "the driver accepted features that were not offered, or did not accept "
		       "required ones";
	case BACKEND_ERR_QUEUE_SIZE:
		return "a queue's size is zero, too large or not a power of two";
	case BACKEND_ERR_QUEUE_ALIGNMENT:
		return "a ring's address is not aligned";
	case BACKEND_ERR_QUEUE_BOUNDS:
		return "a ring lies outside the pool";
	case BACKEND_ERR_AVAIL_INDEX:
		return "the available index is ahead by more than the queue's size";
	case BACKEND_ERR_HEAD_INDEX:
		return "a head in the available ring is not below the queue's size";
	case BACKEND_ERR_HEAD_BUSY:
		return "a head was made available again before it was answered";
	case BACKEND_ERR_DESC_INDEX:
		return "a descriptor's `next` is not below the queue's size";
	case BACKEND_ERR_DESC_LOOP:
		return "a descriptor chain is longer than the queue";
	case BACKEND_ERR_DESC_FLAGS:
		return "a descriptor has a flag that was not negotiated";
	case BACKEND_ERR_DESC_ORDER:
		return "a readable descriptor follows a writable one";
	case BACKEND_ERR_DESC_EMPTY:
		return "a descriptor has length 0";
	case BACKEND_ERR_DESC_BOUNDS:
		return "a descriptor points outside the pool";
	case BACKEND_ERR_ANSWER_SEGMENTS:
		return "a chain has too many writable descriptors";
	case BACKEND_ERR_EVENT_STORM:
		return "the guest keeps sending events without work";
	case BACKEND_ERR_QUOTA:
		return "a quota was exceeded";
	}
	return "unknown error";
}

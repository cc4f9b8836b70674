/* SPDX-License-Identifier: MIT */
/* The picture that a display shows, for readers of its pixels: a part of a dma-buf. */
#ifndef MEDIATOR_DAEMON_MONITOR_PICTURE_H
#define MEDIATOR_DAEMON_MONITOR_PICTURE_H

#include "mediator/shared/protocol/client.h"

struct picture {
	int fd; /* of the dma-buf; stays its holder's. -1: it cannot be read */
	struct gpum_buffer buffer;
	struct gpum_rect region; /* the display, in the buffer */
};

#endif

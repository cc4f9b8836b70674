/* SPDX-License-Identifier: MIT */
/* Attacks on another guest, for the list in attacks.c. None needs a connection to the backend. */
#ifndef BOARD_GUEST_HOSTILE_NEIGHBOUR_H
#define BOARD_GUEST_HOSTILE_NEIGHBOUR_H

#include "board/guest/hostile/attacks.h"

enum outcome neighbour_events(struct front *f);
enum outcome driver_events(struct front *f);
enum outcome neighbour_grant(struct front *f);
enum outcome neighbour_map(struct front *f);

#endif

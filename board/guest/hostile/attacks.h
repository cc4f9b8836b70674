/* SPDX-License-Identifier: MIT */
/* The attacks of a hostile guest. Each breaks one rule of docs/protocol.md. */
#ifndef BOARD_GUEST_HOSTILE_ATTACKS_H
#define BOARD_GUEST_HOSTILE_ATTACKS_H

#include "board/guest/hostile/front.h"

/* How an attack ended, as the guest sees it. */
enum outcome {
	OUTCOME_QUARANTINED, /* the backend closed the connection */
	OUTCOME_REFUSED,     /* an error was returned and the connection remains */
	OUTCOME_SURVIVED,    /* no error was returned, and the attack gained nothing */
	OUTCOME_BREACH,	     /* the attack succeeded */
	OUTCOME_COUNT
};

struct attack {
	const char *name;
	bool connected; /* connect as a good guest before `run` */
	enum outcome (*run)(struct front *f);
};

extern const struct attack attacks[];
extern const size_t num_attacks;

/* Returns NULL for an unknown name. */
const struct attack *attack_find(const char *name);
const char *outcome_name(enum outcome outcome);

#endif

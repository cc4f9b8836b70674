/* SPDX-License-Identifier: MIT */
/* What a hostile guest does. One entry for each rule of docs/protocol.md that is broken on purpose.
 */
#ifndef BOARD_GUEST_HOSTILE_ATTACKS_H
#define BOARD_GUEST_HOSTILE_ATTACKS_H

#include "board/guest/hostile/front.h"

/* How it ended, as the guest sees it. */
enum outcome {
	OUTCOME_QUARANTINED, /* the backend let go of us */
	OUTCOME_REFUSED,     /* an error came back, the connection stands */
	OUTCOME_SURVIVED,    /* nobody minded, nothing was gained */
	OUTCOME_BREACH,	     /* it worked */
	OUTCOME_COUNT
};

struct attack {
	const char *name;
	bool connected; /* begins with a good connection */
	enum outcome (*run)(struct front *f);
};

extern const struct attack attacks[];
extern const size_t num_attacks;

/* NULL: there is none of that name. */
const struct attack *attack_find(const char *name);
const char *outcome_name(enum outcome outcome);

#endif

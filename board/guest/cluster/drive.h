/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_CLUSTER_DRIVE_H
#define BOARD_GUEST_CLUSTER_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A made-up drive: lamp test, engine start, then town, motorway and stop again and again. It
 * depends only on the number of steps, so two runs show the same picture at the same step.
 */
#define DRIVE_STEPS_PER_S 60u

enum drive_lamp {
	DRIVE_LAMP_TURN_LEFT = 1u << 0,
	DRIVE_LAMP_TURN_RIGHT = 1u << 1,
	DRIVE_LAMP_ENGINE = 1u << 2,
	DRIVE_LAMP_OIL = 1u << 3,
	DRIVE_LAMP_BATTERY = 1u << 4,
	DRIVE_LAMP_SEAT_BELT = 1u << 5,
	DRIVE_LAMPS_ALL = (1u << 6) - 1,
};

struct drive {
	uint64_t steps;
	float speed_kmh;    /* 0 .. DRIVE_MAX_KMH */
	float engine_rpm;   /* 0 .. DRIVE_MAX_RPM */
	char gear;	    /* 'P', 'D' */
	unsigned int ratio; /* 0 in 'P', else 1 .. 6 */
	uint32_t lamps;	    /* set of enum drive_lamp */
	float fuel;	    /* 0 .. 1 */
	float coolant;	    /* 0 .. 1 */
	bool braking;
	double metres; /* since the start */
};

#define DRIVE_MAX_KMH 240.0f
#define DRIVE_MAX_RPM 8000.0f

void drive_init(struct drive *d);
/* One step of 1 / DRIVE_STEPS_PER_S seconds. */
void drive_step(struct drive *d);

#endif

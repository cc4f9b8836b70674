/* SPDX-License-Identifier: MIT */
#include "board/guest/cluster/drive.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define STEP_S	    (1.0f / (float)DRIVE_STEPS_PER_S)
#define SWEEP_S	    2.2f /* needles up and down once */
#define LAMP_TEST_S 2.6f
#define IGNITION_S  2.8f /* the engine starts */
#define OIL_OFF_S   3.6f
#define BELT_OFF_S  6.0f
#define DRIVE_S	    7.0f /* the clock of the drive starts */
#define BRAKING_KMH 1.0f /* brake lamps are lit if more than this is lost in 0.2 s */
#define IDLE_RPM    820.0f

struct key {
	float at; /* seconds */
	float value;
};

static const struct key speeds[] = {
	{0, 0},	  {1, 0},   {8, 58},  {12, 54}, {18, 104}, {24, 138}, {32, 132},
	{37, 92}, {41, 96}, {46, 47}, {50, 50}, {56, 0},   {60, 0},
};

/* shift_up: km/h at which the next gear is taken. rpm_per_kmh: by gear; 0 is no gear. */
static const float shift_up[] = {24, 46, 72, 100, 130};
static const float rpm_per_kmh[] = {0, 128, 74, 50.5f, 37.5f, 29.5f, 23.5f};

struct span {
	float from, to;
	uint32_t lamps;
};

/* Seconds on the clock of the drive. */
static const struct span signals[] = {
	{0.2f, 3.6f, DRIVE_LAMP_TURN_LEFT},
	{14.0f, 17.4f, DRIVE_LAMP_TURN_LEFT},
	{33.0f, 38.0f, DRIVE_LAMP_TURN_RIGHT},
	{50.5f, 56.0f, DRIVE_LAMP_TURN_RIGHT},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static float ease(float t)
{
	return t * t * (3 - 2 * t);
}

static float speed_at(float t)
{
	for (size_t i = 1; i < COUNT(speeds); i++) {
		const struct key *a = &speeds[i - 1], *b = &speeds[i];

		if (t < b->at)
			return a->value +
			       (b->value - a->value) * ease((t - a->at) / (b->at - a->at));
	}
	return 0;
}

static unsigned int ratio_for(float speed, unsigned int now)
{
	/* Shift down at a lower speed than up, so that a constant speed does not change gears. */
	while (now < COUNT(shift_up) + 1 && speed > shift_up[now - 1])
		now++;
	while (now > 1 && speed < shift_up[now - 2] * 0.8f)
		now--;
	return now;
}

static float sweep_at(float t)
{
	float half = SWEEP_S / 2;

	return t < half ? ease(t / half) : ease(fmaxf(0, (SWEEP_S - t) / half));
}

static bool blinking_on(float t)
{
	return fmodf(t, 0.70f) < 0.38f;
}

static uint32_t lamps_at(float t, float own)
{
	uint32_t lamps = 0;

	if (t < LAMP_TEST_S)
		return DRIVE_LAMPS_ALL;
	if (t < OIL_OFF_S)
		lamps |= DRIVE_LAMP_OIL | DRIVE_LAMP_BATTERY;
	if (t < BELT_OFF_S)
		lamps |= DRIVE_LAMP_SEAT_BELT;
	for (size_t i = 0; own >= 0 && i < COUNT(signals); i++) {
		const struct span *s = &signals[i];

		if (own >= s->from && own < s->to && blinking_on(own - s->from))
			lamps |= s->lamps;
	}
	return lamps;
}

static float engine_target(const struct drive *d, float t)
{
	if (t < IGNITION_S)
		return 0;
	if (t < IGNITION_S + 0.5f)
		return 1500; /* the engine starts */
	return fmaxf(IDLE_RPM + 12 * sinf(t * 9), d->speed_kmh * rpm_per_kmh[d->ratio]);
}

void drive_init(struct drive *d)
{
	memset(d, 0, sizeof(*d));
	d->gear = 'P';
	d->fuel = 0.74f;
	d->coolant = 0.12f;
	d->lamps = DRIVE_LAMPS_ALL;
}

void drive_step(struct drive *d)
{
	float cycle = speeds[COUNT(speeds) - 1].at;
	double seconds = (double)++d->steps / DRIVE_STEPS_PER_S;
	float t = (float)fmin(seconds, 1e4);
	float own = seconds < (double)DRIVE_S
			    ? -1
			    : (float)fmod(seconds - (double)DRIVE_S, (double)cycle);

	d->lamps = lamps_at(t, own);
	if (t < SWEEP_S) {
		d->speed_kmh = sweep_at(t) * DRIVE_MAX_KMH;
		d->engine_rpm = sweep_at(t) * DRIVE_MAX_RPM;
		return;
	}
	d->speed_kmh = own < 0 ? 0 : speed_at(own);
	d->braking =
		own < 0 || d->speed_kmh - speed_at(own + 0.2f) > BRAKING_KMH || d->speed_kmh < 1;
	d->gear = own < 0 ? 'P' : 'D';
	d->ratio = own < 0 ? 0 : ratio_for(d->speed_kmh, d->ratio ? d->ratio : 1);
	/* A time constant of 0.15 s smooths the change of engine speed when gears change. */
	d->engine_rpm += (engine_target(d, t) - d->engine_rpm) * STEP_S / 0.15f;
	d->metres += (double)(d->speed_kmh / 3.6f * STEP_S);
	d->fuel = 0.74f - (float)fmin(d->metres * 2e-6, 0.6);
	d->coolant = 0.5f - 0.38f * expf(-fmaxf(0, t - IGNITION_S) / 18);
}

/* SPDX-License-Identifier: MIT */
/* The transitions of a mediator under its keeper, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/daemon/keeper/keeper_life.h"

#define NOW UINT64_C(1000000000000)
#define S   UINT64_C(1000000000)

/* A life in that state, whose time-out is due at NOW where there is one. */
static struct keeper_life in(enum keeper_state state)
{
	struct keeper_life l = {0};

	keeper_life_init(&l, NOW);
	if (state == KEEPER_PAUSING)
		return l;
	keeper_life_step(&l, KEEPER_TIMEOUT, NOW);
	keeper_life_step(&l, KEEPER_STARTED, NOW);
	if (state >= KEEPER_ENDING)
		keeper_life_step(&l, KEEPER_STOP, NOW - KEEPER_ENDING_NS);
	if (state >= KEEPER_KILLED)
		keeper_life_step(&l, KEEPER_TIMEOUT, NOW);
	if (state >= KEEPER_OVER)
		keeper_life_step(&l, KEEPER_DIED, NOW);
	assert_int_equal(l.state, state);
	return l;
}

static void each_event_in_each_state(void **state)
{
	enum { D = KEEPER_DISCONNECT, E = KEEPER_END_CLIENTS, L = KEEPER_LOG_DEATH };
	static const struct {
		enum keeper_event event;
		struct {
			enum keeper_state state;
			unsigned int actions;
		} from[KEEPER_OVER + 1]; /* PAUSING, RUNNING, ENDING, KILLED, OVER */
	} rows[] = {
		{KEEPER_DIED,
		 {{KEEPER_PAUSING, D | L},
		  {KEEPER_PAUSING, D | L},
		  {KEEPER_OVER, E},
		  {KEEPER_OVER, E},
		  {KEEPER_OVER, 0}}},
		{KEEPER_NOT_STARTED,
		 {{KEEPER_PAUSING, D | L},
		  {KEEPER_PAUSING, D | L},
		  {KEEPER_OVER, E},
		  {KEEPER_OVER, E},
		  {KEEPER_OVER, 0}}},
		{KEEPER_REFUSED,
		 {{KEEPER_PAUSING, D | L},
		  {KEEPER_OVER, D | E},
		  {KEEPER_OVER, E},
		  {KEEPER_OVER, E},
		  {KEEPER_OVER, 0}}},
		{KEEPER_STOP,
		 {{KEEPER_OVER, E},
		  {KEEPER_ENDING, KEEPER_TELL},
		  {KEEPER_ENDING, 0},
		  {KEEPER_KILLED, 0},
		  {KEEPER_OVER, 0}}},
		{KEEPER_TIMEOUT,
		 {{KEEPER_PAUSING, KEEPER_START},
		  {KEEPER_RUNNING, 0},
		  {KEEPER_KILLED, KEEPER_KILL},
		  {KEEPER_KILLED, 0},
		  {KEEPER_OVER, 0}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int from = KEEPER_PAUSING; from <= KEEPER_OVER; from++) {
			struct keeper_life l = in(from);

			assert_int_equal(keeper_life_step(&l, rows[i].event, NOW),
					 rows[i].from[from].actions);
			assert_int_equal(l.state, rows[i].from[from].state);
		}
}

static void early_timeout_changes_nothing(void **state)
{
	(void)state;
	for (unsigned int from = KEEPER_PAUSING; from <= KEEPER_OVER; from++) {
		struct keeper_life l = in(from), before = l;

		assert_int_equal(keeper_life_step(&l, KEEPER_TIMEOUT, NOW - 1), 0);
		assert_memory_equal(&l, &before, sizeof(l));
	}
}

/* Let a mediator live for that long. Returns the actions at its death. */
static unsigned int live(struct keeper_life *l, uint64_t *now, uint64_t ns)
{
	assert_int_equal(keeper_life_step(l, KEEPER_TIMEOUT, *now), KEEPER_START);
	keeper_life_step(l, KEEPER_STARTED, *now);
	*now += ns;
	return keeper_life_step(l, KEEPER_DIED, *now);
}

static void mediator_is_started_again_at_once_after_a_long_life(void **state)
{
	struct keeper_life l = in(KEEPER_PAUSING);
	uint64_t now = NOW;

	(void)state;
	live(&l, &now, RESTART_HEALTHY_NS);
	assert_int_equal(l.due_ns, now);
	live(&l, &now, S);
	assert_int_equal(l.due_ns, now + RESTART_FIRST_NS);
}

static void third_death_within_a_minute_ends_the_clients(void **state)
{
	struct keeper_life l = in(KEEPER_PAUSING);
	uint64_t now = NOW;

	(void)state;
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < STRIKES_LIMIT; i++) {
			unsigned int actions = live(&l, &now, 15 * S);

			assert_int_equal((actions & KEEPER_END_CLIENTS) != 0,
					 i == STRIKES_LIMIT - 1);
		}
}

static void deaths_far_apart_leave_the_clients_alone(void **state)
{
	struct keeper_life l = in(KEEPER_PAUSING);
	uint64_t now = NOW;

	(void)state;
	for (unsigned int i = 0; i < 4 * STRIKES_LIMIT; i++)
		assert_false(live(&l, &now, 40 * S) & KEEPER_END_CLIENTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_in_each_state),
		cmocka_unit_test(early_timeout_changes_nothing),
		cmocka_unit_test(mediator_is_started_again_at_once_after_a_long_life),
		cmocka_unit_test(third_death_within_a_minute_ends_the_clients),
		cmocka_unit_test(deaths_far_apart_leave_the_clients_alone),
	};

	return cmocka_run_group_tests_name("keeper_life", tests, NULL, NULL);
}

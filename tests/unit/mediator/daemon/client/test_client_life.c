/* SPDX-License-Identifier: MIT */
/* The transitions of a client process, as tables: event and state to state and actions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/daemon/client/client_life.h"

#define NOW	 UINT64_C(1000000000000)
#define PATIENCE UINT64_C(7000000000)

/* A life in that state, whose time-out is due at NOW where there is one. */
static struct client_life in(enum client_state state)
{
	struct client_life l = {.state = CLIENT_OFF, .due_ns = CLIENT_NO_TIMEOUT};

	switch (state) {
	case CLIENT_OFF:
		break;
	case CLIENT_STARTING:
		client_life_start(&l, NOW - CLIENT_HELLO_NS);
		break;
	case CLIENT_RESUMING:
		client_life_adopt(&l, PATIENCE, NOW - PATIENCE);
		break;
	case CLIENT_READY:
		client_life_start(&l, 1);
		client_life_step(&l, CLIENT_HELLO, NOW - CLIENT_PING_NS);
		break;
	case CLIENT_ENDING:
		client_life_start(&l, 1);
		client_life_step(&l, CLIENT_STOP, NOW - CLIENT_ENDING_NS);
		break;
	case CLIENT_KILLED:
		client_life_start(&l, 1);
		client_life_step(&l, CLIENT_FAULT, NOW);
		break;
	}
	assert_int_equal(l.state, state);
	return l;
}

static void each_event_in_each_state(void **state)
{
	enum { C = CLIENT_CLOSE, K = CLIENT_KILL, P = CLIENT_PING, R = CLIENT_RESUME_DONE };
	static const struct {
		enum client_event event;
		struct {
			enum client_state state;
			unsigned int actions;
		} from[CLIENT_KILLED + 1]; /* OFF, STARTING, RESUMING, READY, ENDING, KILLED */
	} rows[] = {
		{CLIENT_HELLO,
		 {{CLIENT_OFF, 0},
		  {CLIENT_READY, 0},
		  {CLIENT_READY, R},
		  {CLIENT_READY, 0},
		  {CLIENT_ENDING, 0},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_PONG,
		 {{CLIENT_OFF, 0},
		  {CLIENT_STARTING, 0},
		  {CLIENT_RESUMING, 0},
		  {CLIENT_READY, 0},
		  {CLIENT_ENDING, 0},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_TIMEOUT,
		 {{CLIENT_OFF, 0},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_READY, P},
		  {CLIENT_KILLED, K},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_BUSY,
		 {{CLIENT_OFF, 0},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_READY, 0},
		  {CLIENT_KILLED, K},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_END_OF_FILE,
		 {{CLIENT_OFF, 0},
		  {CLIENT_ENDING, C},
		  {CLIENT_ENDING, C},
		  {CLIENT_ENDING, C},
		  {CLIENT_ENDING, 0},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_STOP,
		 {{CLIENT_OFF, 0},
		  {CLIENT_ENDING, C},
		  {CLIENT_ENDING, C},
		  {CLIENT_ENDING, C},
		  {CLIENT_ENDING, 0},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_FAULT,
		 {{CLIENT_OFF, 0},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_KILLED, C | K},
		  {CLIENT_KILLED, K},
		  {CLIENT_KILLED, 0}}},
		{CLIENT_REAPED,
		 {{CLIENT_OFF, 0},
		  {CLIENT_OFF, 0},
		  {CLIENT_OFF, R},
		  {CLIENT_OFF, 0},
		  {CLIENT_OFF, 0},
		  {CLIENT_OFF, 0}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int from = CLIENT_OFF; from <= CLIENT_KILLED; from++) {
			struct client_life l = in(from);

			assert_int_equal(client_life_step(&l, rows[i].event, NOW),
					 rows[i].from[from].actions);
			assert_int_equal(l.state, rows[i].from[from].state);
		}
}

static void early_timeout_changes_nothing(void **state)
{
	(void)state;
	for (unsigned int from = CLIENT_OFF; from <= CLIENT_KILLED; from++) {
		struct client_life l = in(from), before = l;

		assert_int_equal(client_life_step(&l, CLIENT_TIMEOUT, NOW - 1), 0);
		assert_int_equal(client_life_step(&l, CLIENT_BUSY, NOW - 1), 0);
		assert_memory_equal(&l, &before, sizeof(l));
	}
}

static void client_that_answers_no_ping_is_killed(void **state)
{
	struct client_life l = in(CLIENT_READY);
	uint64_t now = NOW;

	(void)state;
	for (unsigned int i = 0; i < CLIENT_PINGS_MAX; i++, now += CLIENT_PING_NS) {
		assert_int_equal(client_life_step(&l, CLIENT_TIMEOUT, now), CLIENT_PING);
		assert_int_equal(l.due_ns, now + CLIENT_PING_NS);
	}
	assert_int_equal(client_life_step(&l, CLIENT_TIMEOUT, now), CLIENT_CLOSE | CLIENT_KILL);
}

static void sign_of_life_or_gpu_work_keeps_a_client_alive(void **state)
{
	struct client_life l = in(CLIENT_READY);
	uint64_t now = NOW;

	(void)state;
	for (unsigned int i = 0; i < 4 * CLIENT_PINGS_MAX; i++, now += CLIENT_PING_NS) {
		enum client_event event = i % 3 == 2 ? CLIENT_BUSY : CLIENT_TIMEOUT;

		if (i % 3 == 2)
			client_life_step(&l, CLIENT_PONG, now);
		client_life_step(&l, event, now);
		assert_int_equal(l.state, CLIENT_READY);
		assert_int_equal(l.due_ns, now + CLIENT_PING_NS);
	}
}

static void client_killed_while_resuming_may_hold_the_gpu_until_reaped(void **state)
{
	struct client_life l = in(CLIENT_RESUMING);

	(void)state;
	assert_int_equal(client_life_step(&l, CLIENT_FAULT, NOW), CLIENT_CLOSE | CLIENT_KILL);
	assert_int_equal(client_life_step(&l, CLIENT_REAPED, NOW), CLIENT_RESUME_DONE);
	l = in(CLIENT_RESUMING);
	client_life_step(&l, CLIENT_HELLO, NOW);
	assert_int_equal(client_life_step(&l, CLIENT_REAPED, NOW), 0);
}

static void served_clients_are_those_that_were_ready_or_adopted(void **state)
{
	struct client_life l = in(CLIENT_STARTING);

	(void)state;
	client_life_step(&l, CLIENT_REAPED, NOW);
	assert_false(client_life_has_served(&l));
	l = in(CLIENT_READY);
	client_life_step(&l, CLIENT_REAPED, NOW);
	assert_true(client_life_has_served(&l));
	l = in(CLIENT_RESUMING);
	client_life_step(&l, CLIENT_REAPED, NOW);
	assert_true(client_life_has_served(&l));
	/* The next process begins anew. */
	client_life_start(&l, NOW);
	client_life_step(&l, CLIENT_REAPED, NOW);
	assert_false(client_life_has_served(&l));
}

static void reason_names_what_was_waited_for(void **state)
{
	static const char *const reasons[] = {
		[CLIENT_OFF] = "it did not end by itself",
		[CLIENT_STARTING] = "it did not say HELLO in time",
		[CLIENT_RESUMING] = "it did not say HELLO again in time",
		[CLIENT_READY] = "no sign of life for 7.5 s",
		[CLIENT_ENDING] = "it did not end by itself",
		[CLIENT_KILLED] = "it did not end by itself",
	};

	(void)state;
	for (unsigned int i = CLIENT_OFF; i <= CLIENT_KILLED; i++) {
		struct client_life l = in(i);

		assert_string_equal(client_life_timeout_reason(&l), reasons[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_in_each_state),
		cmocka_unit_test(early_timeout_changes_nothing),
		cmocka_unit_test(client_that_answers_no_ping_is_killed),
		cmocka_unit_test(sign_of_life_or_gpu_work_keeps_a_client_alive),
		cmocka_unit_test(client_killed_while_resuming_may_hold_the_gpu_until_reaped),
		cmocka_unit_test(served_clients_are_those_that_were_ready_or_adopted),
		cmocka_unit_test(reason_names_what_was_waited_for),
	};

	return cmocka_run_group_tests_name("client_life", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* A backend that sends events without answers: docs/threat-model.md, B2. */
#include "tests/unit/frontend/guest.h"

#include "frontend/front.h"

#define SECONDS 60u

/* Send four events per tick for 2 * SECONDS. Returns the interrupts during the second half. */
static unsigned int storm(struct guest *g, bool with_config)
{
	unsigned int tick, i, before = 0;

	for (tick = 0; tick < 2 * SECONDS * HZ; tick++) {
		if (tick == SECONDS * HZ)
			before = host_interrupts();
		for (i = 0; i < 4; i++) {
			g->control->config_generation += with_config;
			host_event();
		}
		host_wait(1);
	}
	return host_interrupts() - before;
}

static void answer_one(struct guest *g)
{
	unsigned int head = guest_send(g, 7);

	backend_answer(g, head, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	assert_int_equal(guest_answer(g, head)->type, VIRTIO_GPU_RESP_OK_NODATA);
}

static void a_storm_of_events_is_one_interrupt_a_second(void **state)
{
	assert_true(storm(*state, false) <= SECONDS);
}

static void a_storm_of_changed_configurations_is_one_interrupt_a_second(void **state)
{
	assert_true(storm(*state, true) <= SECONDS);
}

static void a_storm_of_a_lost_backend_is_one_interrupt_a_second(void **state)
{
	struct guest *g = *state;

	backend_use(g, 0, 24);
	host_event();
	assert_true(vgpu_device_lost(g->device));
	assert_true(storm(g, false) <= SECONDS);
}

static void an_answer_in_a_storm_arrives_within_a_second(void **state)
{
	struct guest *g = *state;
	unsigned int head;

	storm(g, false);
	head = guest_send(g, 7);
	backend_answer(g, head, VIRTIO_GPU_RESP_OK_NODATA);
	host_event();
	host_wait(HZ);
	assert_int_equal(guest_answer(g, head)->type, VIRTIO_GPU_RESP_OK_NODATA);
	answer_one(g); /* once the backend answers again, its events are not delayed */
}

static void events_with_answers_are_never_delayed(void **state)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		answer_one(*state);
}

static void occasional_idle_events_delay_no_answer(void **state)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		host_event();
		answer_one(*state);
	}
}

static void send_event(struct guest *g)
{
	unsigned int before = host_interrupts();

	g->on_answers = NULL;
	host_event();
	assert_int_equal(host_interrupts(), before);
}

static void no_interrupt_comes_before_the_last_one_has_ended(void **state)
{
	struct guest *g = *state;
	unsigned int before = host_interrupts();

	g->on_answers = send_event;
	answer_one(g);
	assert_null(g->on_answers);
	/* The event during the interrupt is delivered afterwards. */
	assert_int_equal(host_interrupts(), before + 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_set_up, guest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_storm_of_events_is_one_interrupt_a_second),
		TEST(a_storm_of_changed_configurations_is_one_interrupt_a_second),
		TEST(a_storm_of_a_lost_backend_is_one_interrupt_a_second),
		TEST(an_answer_in_a_storm_arrives_within_a_second),
		TEST(events_with_answers_are_never_delayed),
		TEST(occasional_idle_events_delay_no_answer),
		TEST(no_interrupt_comes_before_the_last_one_has_ended),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}

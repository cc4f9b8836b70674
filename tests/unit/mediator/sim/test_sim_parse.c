/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sim/input/parse.h"
#include "mediator/sim/engine/random.h"

static struct sim_workload w;
static struct sim_error err;

static int parse(const char *text)
{
	return sim_parse(text, strlen(text), &w, &err);
}

static void times_are_parsed_exactly(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
		int status;
	} cases[] = {{"16.667ms", 16667000, 0},
		     {"1ns", 1, 0},
		     {"0s", 0, 0},
		     {"1.5us", 1500, 0},
		     {"0.000000001s", 1, 0},
		     {"1000s", UINT64_C(1000000000000), 0},
		     {"1.5ns", 0, -1},
		     {"ms", 0, -1},
		     {"1", 0, -1},
		     {"1m", 0, -1},
		     {"-1ms", 0, -1},
		     {"1.ms", 0, -1},
		     {"1ms ", 0, -1},
		     {"", 0, -1},
		     {"99999999999999999999s", 0, -1},
		     {"18446744073709551615s", 0, -1},
		     {"1.0000000001s", 0, -1},
		     {".5ms", 0, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 0;

		assert_int_equal(sim_parse_time(cases[i].text, &ns), cases[i].status);
		if (!cases[i].status)
			assert_int_equal(ns, cases[i].ns);
	}
}

static void a_whole_file_is_parsed(void **state)
{
	(void)state;
	assert_int_equal(
		parse("# comment\n\npolicy np-edf   # and here\nseed 42\r\nduration 10s\n"
		      "switch 50us\nlatency 100us\nwatchdog 1ms\nreset 5ms\n"
		      "guest c priority=2 weight=3 max-job=4ms kill=8ms budget=6ms/16ms gate=on "
		      "slack=2ms\n"
		      "stream c periodic period=16.667ms job=1ms..2ms,3ms gap=500us jitter=1ms "
		      "jitter-mode=alternate deadline=10ms start=1ns stop=9s backlog=3\n"
		      "guest d priority=3\n"
		      "stream x rogue guest=d job=1ms rogue=50ms/7 queued=4\n"
		      "stream y loop guest=d burst=3 wait=2ms job=1ms\n"
		      "sweep c steps=8"),
		0);
	assert_string_equal(w.policy, "np-edf");
	assert_int_equal(w.seed, 42);
	assert_int_equal(w.duration_ns, UINT64_C(10000000000));
	assert_int_equal(w.switch_ns, 50000);
	assert_int_equal(w.latency_ns, 100000);
	assert_int_equal(w.watchdog_ns, 1000000);
	assert_int_equal(w.reset_ns, 5000000);
	assert_int_equal(w.num_guests, 2);
	assert_int_equal(w.guest[0].priority, 2);
	assert_int_equal(w.guest[0].weight, 3);
	assert_int_equal(w.guest[0].max_job_ns, 4000000);
	assert_int_equal(w.guest[0].kill_ns, 8000000);
	assert_int_equal(w.guest[0].budget_ns, 6000000);
	assert_int_equal(w.guest[0].budget_period_ns, 16000000);
	assert_int_equal(w.guest[0].slack_ns, 2000000);
	assert_int_equal(w.guest[0].gate, 1);
	assert_int_equal(w.stream[0].num_segments, 2);
	assert_int_equal(w.stream[0].job_min_ns[0], 1000000);
	assert_int_equal(w.stream[0].job_max_ns[0], 2000000);
	assert_int_equal(w.stream[0].job_max_ns[1], 3000000);
	assert_int_equal(w.stream[0].gap_ns[0], 500000);
	assert_int_equal(w.stream[0].jitter_mode, SIM_JITTER_ALTERNATE);
	assert_int_equal(w.stream[0].backlog, 3);
	assert_int_equal(w.stream[1].guest, 1);
	assert_int_equal(w.stream[1].kind, SIM_SATURATING);
	assert_int_equal(w.stream[1].rogue_ns, 50000000);
	assert_int_equal(w.stream[1].rogue_every, 7);
	assert_int_equal(w.stream[1].burst, 4);
	assert_int_equal(w.stream[2].kind, SIM_LOOP);
	assert_int_equal(w.stream[2].deadline_ns, 0);
	assert_int_equal(sim_workload_runs(&w), 8);
	assert_int_equal(sim_workload_longest(&w, 0), 3000000);
}

static void the_default_deadline_is_the_period(void **state)
{
	(void)state;
	assert_int_equal(parse("guest c priority=2\nstream c periodic period=16ms job=1ms\n"), 0);
	assert_int_equal(w.stream[0].deadline_ns, 16000000);
}

#define G "guest g priority=0\n"
#define S "stream g periodic period=10ms job=1ms\n"

static const struct {
	const char *text;
	uint32_t line;
	const char *field;
} bad_files[] = {
	{"", 0, "stream"},
	{G, 0, "stream"},
	{"hello\n", 1, "hello"},
	{"\n\nseed x\n", 3, "seed"},
	{"seed 1\nseed 2\n", 2, "seed"},
	{"seed 1 2\n", 1, "seed"},
	{"duration 0s\n", 1, "duration"},
	{"switch -1us\n", 1, "switch"},
	{"guest\n", 1, "guest"},
	{"guest g\n", 1, "priority"},
	{"guest g priority=256\n", 1, "priority"},
	{"guest g priority=-1\n", 1, "priority"},
	{"guest g/h priority=1\n", 1, "guest"},
	{"guest a-name-that-is-longer-than-31-bytes priority=1\n", 1, "guest"},
	{G G, 2, "guest"},
	{"guest g priority=0 weight=0\n", 1, "weight"},
	{"guest g priority=0 weight=1 weight=1\n", 1, "weight"},
	{"guest g priority=0 colour=red\n", 1, "colour"},
	{"guest g priority=0 gate\n", 1, "gate"},
	{"guest g priority=0 gate=maybe\n", 1, "gate"},
	{"guest g priority=0 budget=6ms\n", 1, "budget"},
	{"guest g priority=0 budget=6ms/0ms\n", 1, "budget"},
	{"guest g priority=0 budget=20ms/16ms\n", 1, "budget"},
	{"guest g priority=0 max-job=2s\n", 1, "max-job"},
	{"guest g priority=0 max-job=4ms kill=2ms\n", 1, "kill"},
	{"stream g\n", 1, "stream"},
	{S, 1, "guest"},
	{G S S, 3, "stream"},
	{G "stream g sometimes job=1ms\n", 2, "kind"},
	{G "stream g periodic period=10ms\n", 2, "job"},
	{G "stream g periodic job=1ms\n", 2, "period"},
	{G "stream g periodic period=0ms job=1ms\n", 2, "period"},
	{G "stream g periodic period=10ms job=0ms\n", 2, "job"},
	{G "stream g periodic period=10ms job=2ms..1ms\n", 2, "job"},
	{G "stream g periodic period=10ms job=1ms,\n", 2, "job"},
	{G "stream g periodic period=10ms job=1ms gap=1ms\n", 2, "gap"},
	{G "stream g periodic period=10ms job=1ms,1ms gap=1ms,1ms\n", 2, "gap"},
	{G "stream g periodic period=10ms job=1ms,1ms,1ms,1ms gap=1ms,1ms\n", 2, "gap"},
	{G "stream g periodic period=10ms job=1ms jitter=11ms\n", 2, "jitter"},
	{G "stream g periodic period=10ms job=1ms jitter-mode=odd\n", 2, "jitter-mode"},
	{G "stream g periodic period=10ms job=1ms burst=3\n", 2, "burst"},
	{G "stream g saturating job=1ms period=3ms\n", 2, "period"},
	{G "stream g saturating job=1ms queued=33\n", 2, "queued"},
	{G "stream g rogue job=1ms\n", 2, "rogue"},
	{G "stream g rogue job=1ms rogue=1ms/0\n", 2, "rogue"},
	{G "stream g loop job=1ms wait=x\n", 2, "wait"},
	{G "stream g loop job=1ms =3\n", 2, "=3"},
	{G "stream x guest=h saturating job=1ms\n", 2, "kind"},
	{G "stream x saturating guest=h job=1ms\n", 2, "guest"},
	{G S "sweep g\n", 3, "sweep"},
	{G S "sweep h steps=3\n", 3, "sweep"},
	{G S "sweep g steps=0\n", 3, "steps"},
	{G S "sweep g stops=3\n", 3, "stops"},
	{G "stream g saturating job=1ms\nsweep g steps=3\n", 3, "sweep"},
	{G S "sweep g steps=10000\nsweep g steps=1000\n", 0, "sweep"},
};

static void errors_name_line_and_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		if (parse(bad_files[i].text) != -1)
			fail_msg("accepted: %s", bad_files[i].text);
		if (err.line != bad_files[i].line || strcmp(err.field, bad_files[i].field))
			fail_msg("%s: line %u, field \"%s\": %s", bad_files[i].text, err.line,
				 err.field, err.message);
		assert_true(strlen(err.message) > 5);
	}
}

static void limits_of_numbers_are_enforced(void **state)
{
	static char text[65536];
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i <= SIM_MAX_GUESTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "guest g%u priority=0\n", i);
	assert_int_equal(parse(text), -1);
	assert_int_equal(err.line, SIM_MAX_GUESTS + 1);
	n = (size_t)snprintf(text, sizeof(text), G);
	for (uint32_t i = 0; i <= SIM_MAX_STREAMS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "stream s%u saturating guest=g job=1ms\n", i);
	assert_int_equal(parse(text), -1);
	assert_int_equal(err.line, SIM_MAX_STREAMS + 2);
	memset(text, 'x', SIM_LINE_MAX);
	text[SIM_LINE_MAX] = '\0';
	assert_int_equal(parse(text), -1);
	assert_int_equal(sim_parse("seed 1\nse\0ed", 12, &w, &err), -1);
	assert_int_equal(err.line, 2);
}

static void any_input_bytes_are_safe(void **state)
{
	static const char good[] =
		"policy fifo\nseed 3\n" G
		"stream g rogue guest=g job=1ms..2ms,3ms gap=1ms rogue=3ms/4\n"
		"stream h periodic guest=g period=10ms job=1ms\nsweep h steps=3\n";
	struct sim_random random = {11};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[sizeof(good)];
		size_t changes = sim_random_between(&random, 1, 8);

		memcpy(text, good, sizeof(good));
		while (changes--)
			text[sim_random_between(&random, 0, sizeof(good) - 2)] =
				(char)sim_random_next(&random);
		sim_parse(text, sim_random_between(&random, 0, sizeof(good) - 1), &w, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_parsed_exactly),
		cmocka_unit_test(a_whole_file_is_parsed),
		cmocka_unit_test(the_default_deadline_is_the_period),
		cmocka_unit_test(errors_name_line_and_field),
		cmocka_unit_test(limits_of_numbers_are_enforced),
		cmocka_unit_test(any_input_bytes_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

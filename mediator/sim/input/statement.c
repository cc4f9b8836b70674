/* SPDX-License-Identifier: MIT */
#include "mediator/sim/input/statement.h"

#include <string.h>

enum { P = 1 << SIM_PERIODIC, B = 1 << SIM_BURSTY, S = 1 << SIM_SATURATING, L = 1 << SIM_LOOP };

static const char *const kinds[] = {"periodic", "bursty", "saturating", "loop"};

static int find_guest(const struct sim_workload *w, const char *name)
{
	for (uint32_t i = 0; i < w->num_guests; i++)
		if (!strcmp(w->guest[i].name, name))
			return (int)i;
	return -1;
}

static int find_stream(const struct sim_workload *w, const char *name)
{
	for (uint32_t i = 0; i < w->num_streams; i++)
		if (!strcmp(w->stream[i].name, name))
			return (int)i;
	return -1;
}

/* --- guest --------------------------------------------------------------------------------- */

static int read_budget(struct parser *p, struct sim_guest *g, char *value)
{
	char *slash = strchr(value, '/');

	if (!slash)
		return statement_fail(p, "budget", "\"%.32s\" is not TIME/PERIOD, such as 6ms/16ms",
				      value);
	*slash = '\0';
	if (statement_time(p, "budget", slash + 1, SIM_MIN_PERIOD_NS, SIM_MAX_TIME_NS,
			   &g->budget_period_ns))
		return -1;
	return statement_time(p, "budget", value, SIM_MIN_JOB_NS, g->budget_period_ns,
			      &g->budget_ns);
}

static int read_guest_field(struct parser *p, struct sim_guest *g, const char *field, char *value)
{
	uint64_t n = 0;

	if (!strcmp(field, "budget"))
		return read_budget(p, g, value);
	if (!strcmp(field, "max-job"))
		return statement_time(p, field, value, SIM_MIN_JOB_NS, SIM_MAX_JOB_NS,
				      &g->max_job_ns);
	if (!strcmp(field, "kill"))
		return statement_time(p, field, value, SIM_MIN_JOB_NS, SIM_MAX_JOB_NS, &g->kill_ns);
	if (!strcmp(field, "slack"))
		return statement_time(p, field, value, 1, SIM_MAX_TIME_NS, &g->slack_ns);
	if (!strcmp(field, "priority")) {
		if (statement_number(p, field, value, 0, SIM_MAX_PRIORITY, &n))
			return -1;
		g->priority = (uint32_t)n;
		return 0;
	}
	if (!strcmp(field, "weight")) {
		if (statement_number(p, field, value, 1, SIM_MAX_WEIGHT, &n))
			return -1;
		g->weight = (uint32_t)n;
		return 0;
	}
	if (!strcmp(field, "gate")) {
		g->gate = !strcmp(value, "on");
		if (g->gate || !strcmp(value, "off"))
			return 0;
		return statement_fail(p, field, "\"%.32s\" is neither on nor off", value);
	}
	return statement_fail(p, field,
			      "unknown; a guest has priority, weight, max-job, kill, budget, gate, "
			      "slack");
}

int statement_guest(struct parser *p)
{
	struct sim_workload *w = p->out;
	struct sim_guest *g = &w->guest[w->num_guests];
	int has_priority = 0;

	if (p->words < 2)
		return statement_fail(p, "guest", "the name is missing: guest NAME priority=N");
	if (w->num_guests == SIM_MAX_GUESTS)
		return statement_fail(p, "guest", "more than %u", SIM_MAX_GUESTS);
	if (find_guest(w, p->word[1]) >= 0)
		return statement_fail(p, "guest", "\"%.32s\" exists already", p->word[1]);
	sim_guest_init(g);
	if (statement_name(p, "guest", p->word[1], g->name))
		return -1;
	for (uint32_t i = 2; i < p->words; i++) {
		char *value = statement_value(p, 2, i);

		if (!value || read_guest_field(p, g, p->word[i], value))
			return -1;
		has_priority |= !strcmp(p->word[i], "priority");
	}
	if (!has_priority)
		return statement_fail(p, "priority", "is missing; 0, the highest, to %u",
				      SIM_MAX_PRIORITY);
	if (g->kill_ns && g->max_job_ns > g->kill_ns)
		return statement_fail(p, "kill", "is shorter than max-job");
	w->num_guests++;
	return 0;
}

/* --- stream -------------------------------------------------------------------------------- */

/* TIME or TIME..TIME */
static int read_length(struct parser *p, struct sim_stream *s, char *value)
{
	char *dots = strstr(value, "..");
	uint64_t *min = &s->job_min_ns[s->num_segments], *max = &s->job_max_ns[s->num_segments];

	if (dots)
		*dots = '\0';
	if (statement_time(p, "job", value, SIM_MIN_JOB_NS, SIM_MAX_JOB_NS, min))
		return -1;
	*max = *min;
	s->num_segments++;
	return dots ? statement_time(p, "job", dots + 2, *min, SIM_MAX_JOB_NS, max) : 0;
}

static int read_job(struct parser *p, struct sim_stream *s, char *value)
{
	s->num_segments = 0;
	while (value) {
		char *comma = strchr(value, ',');

		if (comma)
			*comma = '\0';
		if (s->num_segments == SIM_MAX_SEGMENTS)
			return statement_fail(p, "job", "more than %u segments", SIM_MAX_SEGMENTS);
		if (read_length(p, s, value))
			return -1;
		value = comma ? comma + 1 : NULL;
	}
	return 0;
}

/* One gap for all, or one after each segment but the last. */
static int read_gap(struct parser *p, struct sim_stream *s, char *value)
{
	uint32_t n = 0;

	if (s->num_segments < 2)
		return statement_fail(p, "gap",
				      "needs a job of several segments before it, such as "
				      "job=1ms,2ms gap=500us");
	while (value) {
		char *comma = strchr(value, ',');

		if (comma)
			*comma = '\0';
		if (n == s->num_segments - 1)
			return statement_fail(p, "gap", "more gaps than between the segments");
		if (statement_time(p, "gap", value, 0, SIM_MAX_TIME_NS, &s->gap_ns[n++]))
			return -1;
		value = comma ? comma + 1 : NULL;
	}
	if (n > 1 && n < s->num_segments - 1)
		return statement_fail(p, "gap", "fewer gaps than between the segments");
	for (; n < s->num_segments - 1; n++)
		s->gap_ns[n] = s->gap_ns[0];
	return 0;
}

/* TIME: each job. TIME/N: each Nth job. */
static int read_rogue(struct parser *p, struct sim_stream *s, char *value)
{
	char *slash = strchr(value, '/');
	uint64_t every = 1;

	if (slash)
		*slash = '\0';
	if (slash && statement_number(p, "rogue", slash + 1, 1, 1000000, &every))
		return -1;
	s->rogue_every = (uint32_t)every;
	return statement_time(p, "rogue", value, SIM_MIN_JOB_NS, SIM_MAX_JOB_NS, &s->rogue_ns);
}

static int read_jitter_mode(struct parser *p, struct sim_stream *s, const char *value)
{
	static const char *const modes[] = {"random", "first", "alternate"};

	for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i], value))
			continue;
		s->jitter_mode = (enum sim_jitter)i;
		return 0;
	}
	return statement_fail(p, "jitter-mode", "\"%.32s\" is none of random, first, alternate",
			      value);
}

static int read_guest_name(struct parser *p, struct sim_stream *s, const char *value)
{
	int guest = find_guest(p->out, value);

	if (guest < 0)
		return statement_fail(p, "guest", "there is no guest \"%.32s\" above this line",
				      value);
	s->guest = (uint32_t)guest;
	return 0;
}

static int read_stream_field(struct parser *p, struct sim_stream *s, const char *field, char *value)
{
	const struct {
		const char *name;
		uint64_t *out;
		uint64_t min;
		int kinds;
	} times[] = {{"period", &s->period_ns, SIM_MIN_PERIOD_NS, P | B},
		     {"sporadic", &s->sporadic_ns, 0, P | B},
		     {"jitter", &s->jitter_ns, 0, P | B},
		     {"deadline", &s->deadline_ns, SIM_MIN_JOB_NS, P | B | S | L},
		     {"start", &s->start_ns, 0, P | B | S | L},
		     {"stop", &s->stop_ns, 0, P | B | S | L},
		     {"wait", &s->wait_ns, 0, L}};
	const struct {
		const char *name;
		uint32_t *out;
		int kinds;
	} numbers[] = {
		{"burst", &s->burst, B | L}, {"queued", &s->burst, S}, {"backlog", &s->backlog, P}};

	if (!strcmp(field, "guest"))
		return read_guest_name(p, s, value);
	if (!strcmp(field, "job"))
		return read_job(p, s, value);
	if (!strcmp(field, "gap"))
		return read_gap(p, s, value);
	if (!strcmp(field, "rogue"))
		return read_rogue(p, s, value);
	if (!strcmp(field, "jitter-mode"))
		return read_jitter_mode(p, s, value);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (strcmp(field, times[i].name))
			continue;
		if (!(times[i].kinds & 1 << s->kind))
			return statement_fail(p, field, "a stream that is %s has none",
					      kinds[s->kind]);
		return statement_time(p, field, value, times[i].min, SIM_MAX_TIME_NS, times[i].out);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t n = 0;

		if (strcmp(field, numbers[i].name))
			continue;
		if (!(numbers[i].kinds & 1 << s->kind))
			return statement_fail(p, field, "a stream that is %s has none",
					      kinds[s->kind]);
		if (statement_number(p, field, value, 1, SIM_MAX_BURST, &n))
			return -1;
		*numbers[i].out = (uint32_t)n;
		return 0;
	}
	return statement_fail(
		p, field,
		"unknown; a stream has guest, job, gap, period, burst, queued, wait, "
		"deadline, jitter, jitter-mode, sporadic, backlog, start, stop, rogue");
}

static int read_kind(struct parser *p, struct sim_stream *s, const char *word)
{
	for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], word))
			continue;
		s->kind = (enum sim_kind)i;
		return 0;
	}
	if (!strcmp(word, "rogue")) {
		s->kind = SIM_SATURATING;
		return 0;
	}
	return statement_fail(
		p, "kind", "\"%.32s\" is none of periodic, bursty, saturating, loop, rogue", word);
}

static int validate_stream(struct parser *p, struct sim_stream *s, int has_guest)
{
	int timed = s->kind == SIM_PERIODIC || s->kind == SIM_BURSTY;

	if (!has_guest && read_guest_name(p, s, s->name))
		return -1;
	if (!s->num_segments)
		return statement_fail(p, "job", "is missing: how long it takes, such as job=4ms");
	if (timed && !s->period_ns)
		return statement_fail(p, "period", "is missing, such as period=16.667ms");
	if (!strcmp(p->word[2], "rogue") && !s->rogue_every)
		return statement_fail(p, "rogue",
				      "is missing: TIME of its long jobs, or TIME/N for each Nth");
	if (s->jitter_ns > s->period_ns && timed)
		return statement_fail(p, "jitter", "is longer than the period");
	if (s->kind == SIM_PERIODIC && !s->deadline_ns)
		s->deadline_ns = s->period_ns;
	return 0;
}

int statement_stream(struct parser *p)
{
	struct sim_workload *w = p->out;
	struct sim_stream *s = &w->stream[w->num_streams];
	int has_guest = 0;

	if (p->words < 3)
		return statement_fail(
			p, "stream",
			"the name or kind is missing: stream NAME KIND field=value...");
	if (w->num_streams == SIM_MAX_STREAMS)
		return statement_fail(p, "stream", "more than %u", SIM_MAX_STREAMS);
	if (find_stream(w, p->word[1]) >= 0)
		return statement_fail(p, "stream", "\"%.32s\" exists already", p->word[1]);
	sim_stream_init(s);
	if (statement_name(p, "stream", p->word[1], s->name) || read_kind(p, s, p->word[2]))
		return -1;
	for (uint32_t i = 3; i < p->words; i++) {
		char *value = statement_value(p, 3, i);

		if (!value || read_stream_field(p, s, p->word[i], value))
			return -1;
		has_guest |= !strcmp(p->word[i], "guest");
	}
	if (validate_stream(p, s, has_guest))
		return -1;
	w->num_streams++;
	return 0;
}

/* --- sweep and settings -------------------------------------------------------------------- */

int statement_sweep(struct parser *p)
{
	struct sim_workload *w = p->out;
	struct sim_sweep *sweep = &w->sweep[w->num_sweeps];
	uint64_t steps = 0;
	char *value;
	int stream;

	if (p->words != 3)
		return statement_fail(p, "sweep", "is not of the form: sweep STREAM steps=N");
	if (w->num_sweeps == SIM_MAX_SWEEPS)
		return statement_fail(p, "sweep", "more than %u", SIM_MAX_SWEEPS);
	stream = find_stream(w, p->word[1]);
	if (stream < 0 || !w->stream[stream].period_ns)
		return statement_fail(p, "sweep",
				      "there is no stream \"%.32s\" with a period above "
				      "this line",
				      p->word[1]);
	value = statement_value(p, 2, 2);
	if (!value)
		return -1;
	if (strcmp(p->word[2], "steps"))
		return statement_fail(p, p->word[2], "unknown; a sweep has steps");
	if (statement_number(p, "steps", value, 1, SIM_MAX_STEPS, &steps))
		return -1;
	sweep->stream = (uint32_t)stream;
	sweep->steps = (uint32_t)steps;
	w->num_sweeps++;
	return 0;
}

int statement_setting(struct parser *p)
{
	struct sim_workload *w = p->out;
	const char *name = p->word[0];
	uint32_t bit;

	if (p->words != 2)
		return statement_fail(p, name, "takes one value");
	/* The names of settings differ in their first two letters. */
	bit = (uint32_t)name[0] << 8 | (uint32_t)name[1];
	for (uint32_t i = 0; i < p->num_settings; i++)
		if (p->setting[i] == bit)
			return statement_fail(p, name, "is given twice");
	p->setting[p->num_settings++] = bit;
	if (!strcmp(name, "policy"))
		return statement_name(p, name, p->word[1], w->policy);
	if (!strcmp(name, "seed"))
		return statement_number(p, name, p->word[1], 0, UINT64_MAX / 200, &w->seed);
	if (!strcmp(name, "duration"))
		return statement_time(p, name, p->word[1], 1000, SIM_MAX_DURATION_NS,
				      &w->duration_ns);
	return statement_time(p, name, p->word[1], 0, SIM_MAX_JOB_NS,
			      !strcmp(name, "switch")	 ? &w->switch_ns
			      : !strcmp(name, "latency") ? &w->latency_ns
			      : !strcmp(name, "reset")	 ? &w->reset_ns
							 : &w->watchdog_ns);
}

/* SPDX-License-Identifier: MIT */
/* Writes a workload as a file from which the parser reads the same workload. */
#include <inttypes.h>

#include "mediator/sim/output/output.h"

static void write_guest(FILE *out, const struct sim_guest *g)
{
	fprintf(out, "guest %s priority=%u weight=%u", g->name, g->priority, g->weight);
	if (g->max_job_ns)
		fprintf(out, " max-job=%" PRIu64 "ns", g->max_job_ns);
	if (g->kill_ns)
		fprintf(out, " kill=%" PRIu64 "ns", g->kill_ns);
	if (g->budget_ns)
		fprintf(out, " budget=%" PRIu64 "ns/%" PRIu64 "ns", g->budget_ns,
			g->budget_period_ns);
	if (g->slack_ns)
		fprintf(out, " slack=%" PRIu64 "ns", g->slack_ns);
	fprintf(out, "%s\n", g->gate ? " gate=on" : "");
}

static void write_segments(FILE *out, const struct sim_stream *s)
{
	for (uint32_t i = 0; i < s->num_segments; i++)
		fprintf(out, "%s%" PRIu64 "ns..%" PRIu64 "ns", i ? "," : " job=", s->job_min_ns[i],
			s->job_max_ns[i]);
	for (uint32_t i = 0; i + 1 < s->num_segments; i++)
		fprintf(out, "%s%" PRIu64 "ns", i ? "," : " gap=", s->gap_ns[i]);
}

static void write_stream(FILE *out, const struct sim_workload *w, const struct sim_stream *s)
{
	static const char *const kinds[] = {"periodic", "bursty", "saturating", "loop"};
	static const char *const modes[] = {"random", "first", "alternate"};

	fprintf(out, "stream %s %s guest=%s", s->name, kinds[s->kind], w->guest[s->guest].name);
	write_segments(out, s);
	if (s->kind == SIM_PERIODIC || s->kind == SIM_BURSTY)
		fprintf(out,
			" period=%" PRIu64 "ns sporadic=%" PRIu64 "ns jitter=%" PRIu64
			"ns jitter-mode=%s",
			s->period_ns, s->sporadic_ns, s->jitter_ns, modes[s->jitter_mode]);
	if (s->kind == SIM_PERIODIC)
		fprintf(out, " backlog=%u", s->backlog);
	else
		fprintf(out, " %s=%u", s->kind == SIM_SATURATING ? "queued" : "burst", s->burst);
	if (s->kind == SIM_LOOP)
		fprintf(out, " wait=%" PRIu64 "ns", s->wait_ns);
	if (s->deadline_ns)
		fprintf(out, " deadline=%" PRIu64 "ns", s->deadline_ns);
	if (s->start_ns)
		fprintf(out, " start=%" PRIu64 "ns", s->start_ns);
	if (s->stop_ns != SIM_NEVER)
		fprintf(out, " stop=%" PRIu64 "ns", s->stop_ns);
	if (s->rogue_every)
		fprintf(out, " rogue=%" PRIu64 "ns/%u", s->rogue_ns, s->rogue_every);
	fputs("\n", out);
}

void sim_workload_write(FILE *out, const struct sim_workload *w)
{
	if (*w->policy)
		fprintf(out, "policy %s\n", w->policy);
	fprintf(out,
		"seed %" PRIu64 "\nduration %" PRIu64 "ns\nswitch %" PRIu64 "ns\nlatency %" PRIu64
		"ns\nwatchdog %" PRIu64 "ns\nreset %" PRIu64 "ns\n",
		w->seed, w->duration_ns, w->switch_ns, w->latency_ns, w->watchdog_ns, w->reset_ns);
	for (uint32_t i = 0; i < w->num_guests; i++)
		write_guest(out, &w->guest[i]);
	for (uint32_t i = 0; i < w->num_streams; i++)
		write_stream(out, w, &w->stream[i]);
	for (uint32_t i = 0; i < w->num_sweeps; i++)
		fprintf(out, "sweep %s steps=%u\n", w->stream[w->sweep[i].stream].name,
			w->sweep[i].steps);
}

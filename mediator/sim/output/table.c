/* SPDX-License-Identifier: MIT */
#include "mediator/sim/output/output.h"

#include <inttypes.h>

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void write_stream(FILE *out, const struct sim_result *result, uint32_t i)
{
	const struct sim_stream *st = &result->workload->stream[i];
	const struct sim_stream_outcome *r = &result->outcome->stream[i];
	const struct sim_distribution *d = &r->response;
	char deadline[24] = "-", bound[24] = "-";

	if (st->deadline_ns)
		snprintf(deadline, sizeof(deadline), "%.3f", ms(st->deadline_ns));
	if (result->bound_ns && result->bound_ns[i])
		snprintf(bound, sizeof(bound), "%.3f", ms(result->bound_ns[i]));
	fprintf(out,
		"  %-16s %10" PRIu64 " %8" PRIu64 " %7" PRIu64 " %9.3f %9.3f %9.3f %9.3f %9s %9s "
		"%6.2f%%\n",
		st->name, r->finished, r->missed, r->skipped,
		ms(sim_distribution_permyriad(d, 5000)), ms(sim_distribution_permyriad(d, 9900)),
		ms(sim_distribution_permyriad(d, 9990)), ms(d->max_ns), bound, deadline,
		100 * (double)r->busy_ns / (double)result->outcome->time_ns);
}

static void write_totals(FILE *out, const struct sim_result *result)
{
	const struct sim_outcome *r = result->outcome;
	double error = sim_outcome_share_error(r, result->workload);
	uint64_t overruns = 0, killed = 0;

	for (uint32_t i = 0; i < result->workload->num_guests; i++) {
		overruns += r->guest[i].overruns;
		killed += r->guest[i].killed;
	}
	fprintf(out,
		"  GPU busy %.2f%%, held back %.2f%%, %" PRIu64 " jobs in %.3f s, %" PRIu64
		" run%s",
		100 * (double)r->busy_ns / (double)r->time_ns,
		100 * (double)r->held_back_ns / (double)r->time_ns, r->jobs,
		(double)r->time_ns / 1e9, r->runs, r->runs == 1 ? "" : "s");
	if (error >= 0)
		fprintf(out, ", share error %.3f%%", 100 * error);
	if (overruns)
		fprintf(out, ", %" PRIu64 " overruns", overruns);
	if (killed)
		fprintf(out, ", %" PRIu64 " killed", killed);
	fputs("\n", out);
}

void sim_table_write(FILE *out, const struct sim_result *result)
{
	fprintf(out, "%s (%s)\n", result->policy->name, result->policy->about);
	fprintf(out, "  %-16s %10s %8s %7s %9s %9s %9s %9s %9s %9s %7s\n", "STREAM", "FRAMES",
		"MISSED", "SKIPPED", "p50 ms", "p99", "p99.9", "max", "bound", "deadline", "GPU");
	for (uint32_t i = 0; i < result->workload->num_streams; i++)
		write_stream(out, result, i);
	write_totals(out, result);
}

/* SPDX-License-Identifier: MIT */
#include "mediator/sim/output/output.h"

#include <inttypes.h>
#include <stdarg.h>

enum { GPU = 1, FRAMES = 2 }; /* "processes" of the timeline */

/* Write one event. Names consist of letters, digits, - and _, so nothing needs to be escaped. */
__attribute__((format(printf, 2, 3))) static void event(struct sim_trace *t, const char *format,
							...)
{
	va_list args;

	fputs(t->first ? "\n" : ",\n", t->out);
	t->first = 0;
	va_start(args, format);
	vfprintf(t->out, format, args);
	va_end(args);
}

static double us(uint64_t ns)
{
	return (double)ns / 1e3;
}

static void trace_job(void *arg, const struct sim *s, const struct sim_job *job, uint64_t start,
		      uint64_t end)
{
	const struct sim_stream *st = &s->workload->stream[job->stream];
	struct sim_trace *t = arg;

	if (end >= t->until)
		return;
	event(t,
	      "{\"ph\":\"X\",\"pid\":%d,\"tid\":1,\"name\":\"%s\",\"cat\":\"job\",\"ts\":%.3f,"
	      "\"dur\":%.3f,\"args\":{\"guest\":\"%s\",\"priority\":%u,\"waited_us\":%.3f,"
	      "\"killed\":%s}}",
	      GPU, st->name, us(start), us(end - start), s->workload->guest[st->guest].name,
	      s->workload->guest[st->guest].priority,
	      us(start > job->ready_ns ? start - job->ready_ns : 0),
	      job->killed ? "true" : "false");
}

static void trace_frame(void *arg, const struct sim *s, uint32_t stream, uint64_t nominal,
			uint64_t end, int missed)
{
	const char *name = s->workload->stream[stream].name;
	struct sim_trace *t = arg;

	if (s->now >= t->until)
		return;
	if (end) {
		t->frames++;
		event(t,
		      "{\"ph\":\"b\",\"pid\":%d,\"tid\":%u,\"id\":%" PRIu64
		      ",\"cat\":\"frame\",\"name\":\"%s\",\"ts\":%.3f}",
		      FRAMES, stream + 1, t->frames, name, us(nominal));
		event(t,
		      "{\"ph\":\"e\",\"pid\":%d,\"tid\":%u,\"id\":%" PRIu64
		      ",\"cat\":\"frame\",\"name\":\"%s\",\"ts\":%.3f,\"args\":{\"missed\":%s}}",
		      FRAMES, stream + 1, t->frames, name, us(end), missed ? "true" : "false");
	}
	if (missed || !end)
		event(t,
		      "{\"ph\":\"i\",\"s\":\"p\",\"pid\":%d,\"tid\":%u,\"name\":\"%s "
		      "%s\",\"ts\":%.3f}",
		      FRAMES, stream + 1, name, end ? "missed" : "skipped", us(s->now));
}

void sim_trace_start(struct sim_trace *t, FILE *out, const struct sim_workload *w,
		     const struct sim_policy *policy, uint64_t until)
{
	*t = (struct sim_trace){.out = out, .until = until, .first = 1};
	t->observer = (struct sim_observer){.arg = t, .job = trace_job, .frame = trace_frame};
	fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", out);
	event(t,
	      "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":\"GPU, %s\"}}",
	      GPU, policy->name);
	event(t,
	      "{\"ph\":\"M\",\"pid\":%d,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":"
	      "\"jobs\"}}",
	      GPU);
	event(t,
	      "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":\"frames\"}}",
	      FRAMES);
	for (uint32_t i = 0; i < w->num_streams; i++)
		event(t,
		      "{\"ph\":\"M\",\"pid\":%d,\"tid\":%u,\"name\":\"thread_name\",\"args\":{"
		      "\"name\":"
		      "\"%s\"}}",
		      FRAMES, i + 1, w->stream[i].name);
}

void sim_trace_finish(struct sim_trace *t)
{
	fputs("\n]}\n", t->out);
}

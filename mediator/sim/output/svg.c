/* SPDX-License-Identifier: MIT */
/*
 * One plot per stream: the x axis is the response time, the y axis the part of frames that took
 * longer, on a logarithmic scale, so that rare frames are as visible as usual ones.
 */
#include "mediator/sim/output/output.h"

#include <math.h>

enum {
	WIDTH = 760,
	LEFT = 70,
	RIGHT = 24,
	TOP = 30, /* of a plot, for its title */
	PLOT = 170,
	BOTTOM = 44,
	ROW = TOP + PLOT + BOTTOM,
	LEGEND = 20, /* height of a line */
	DECADES = 6,
};

static const char *const colours[SIM_SVG_POLICIES] = {"#0b6e99", "#d1495b", "#66a182", "#8d5a97",
						      "#e07a1f", "#3d405b", "#2e8b57", "#b8860b",
						      "#7a7a7a", "#c71585", "#4682b4", "#8b4513"};

static const struct sim_distribution *response(const struct sim_result *result, uint32_t stream)
{
	return &result->outcome->stream[stream].response;
}

/* Right end of the x axis: the longest response under any policy, at most four deadlines. */
static double axis_end(const struct sim_result *results, uint32_t n, uint32_t stream)
{
	uint64_t deadline = results[0].workload->stream[stream].deadline_ns;
	uint64_t end = deadline;

	for (uint32_t i = 0; i < n; i++)
		if (response(&results[i], stream)->max_ns > end)
			end = response(&results[i], stream)->max_ns;
	if (deadline && end > 4 * deadline)
		end = 4 * deadline;
	return end ? (double)end * 1.05 : 1;
}

static double across(double ns, double end)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (ns < end ? ns : end) / end;
}

/* Distance from a plot's top for the part `ratio`, 0 < ratio <= 1. */
static double down(double ratio)
{
	double decades = -log10(ratio);

	return PLOT * (decades < DECADES ? decades : DECADES) / DECADES;
}

/* A round step between at most eight ticks: 1, 2 or 5 times a power of ten. */
static double tick_step(double end)
{
	double step = pow(10, floor(log10(end / 8)));

	if (step * 8 < end)
		step *= 2;
	if (step * 8 < end)
		step *= 2.5;
	if (step * 8 < end)
		step *= 2;
	return step;
}

static void write_axes(FILE *out, double end)
{
	double step = tick_step(end / 1e6);

	for (int i = 0; i <= DECADES; i += 2)
		fprintf(out,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>"
			"<text x=\"%d\" y=\"%.1f\" class=\"end\">%g%%</text>\n",
			LEFT, WIDTH - RIGHT, (double)PLOT * i / DECADES, (double)PLOT * i / DECADES,
			LEFT - 6, (double)PLOT * i / DECADES + 4, pow(10, 2 - i));
	for (double t = 0; t * 1e6 <= end; t += step)
		fprintf(out,
			"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"axis\"/>"
			"<text x=\"%.1f\" y=\"%d\" class=\"mid\">%g</text>\n",
			across(t * 1e6, end), across(t * 1e6, end), PLOT, PLOT + 4,
			across(t * 1e6, end), PLOT + 17, t);
	fprintf(out,
		"<path d=\"M%d,0V%dH%d\" class=\"axis\"/>"
		"<text x=\"%d\" y=\"%d\" class=\"end\">response, ms</text>\n",
		LEFT, PLOT, WIDTH - RIGHT, WIDTH - RIGHT, PLOT + 33);
}

static void write_curve(FILE *out, const struct sim_distribution *d, double end, const char *colour)
{
	uint64_t longer = d->count;

	if (!d->count)
		return;
	fprintf(out, "<path class=\"curve\" stroke=\"%s\" d=\"M%d,0", colour, LEFT);
	for (uint32_t i = 0; i < SIM_BUCKETS && longer; i++) {
		double top = (double)sim_bucket_top(i);

		if (!d->bucket[i])
			continue;
		longer -= d->bucket[i];
		if (top > (double)d->max_ns)
			top = (double)d->max_ns;
		fprintf(out, "H%.1fV%.1f", across(top, end),
			longer ? down((double)longer / (double)d->count) : (double)PLOT);
		if (top > end)
			break;
	}
	fputs("\"/>\n", out);
}

static void write_mark(FILE *out, uint64_t ns, double end, const char *class, const char *text)
{
	double x = across((double)ns, end);

	fprintf(out,
		"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"-4\" y2=\"%d\" class=\"%s\"/>"
		"<text x=\"%.1f\" y=\"-7\" class=\"mid %s-text\">%s</text>\n",
		x, x, PLOT, class, x, class, text);
}

static void write_plot(FILE *out, const struct sim_result *results, uint32_t n, uint32_t stream,
		       int y)
{
	const struct sim_stream *st = &results[0].workload->stream[stream];
	double end = axis_end(results, n, stream);

	fprintf(out,
		"<g transform=\"translate(0,%d)\">\n<text x=\"%d\" y=\"-10\" "
		"class=\"title\">%s</text>\n",
		y + TOP, LEFT, st->name);
	write_axes(out, end);
	if (st->deadline_ns)
		write_mark(out, st->deadline_ns, end, "deadline", "deadline");
	if (results[0].bound_ns && results[0].bound_ns[stream])
		write_mark(out, results[0].bound_ns[stream], end, "bound", "bound");
	for (uint32_t i = n; i-- > 0;)
		write_curve(out, response(&results[i], stream), end, colours[i]);
	for (uint32_t i = 0, line = 0; i < n; i++)
		if (!response(&results[i], stream)->count)
			fprintf(out,
				"<text x=\"%d\" y=\"%u\" class=\"end\">no frame finished under "
				"%s</text>\n",
				WIDTH - RIGHT - 8, 18 + LEGEND * line++, results[i].policy->name);
	fputs("</g>\n", out);
}

static int is_shown(const struct sim_workload *w, uint32_t stream)
{
	int any = 0;

	for (uint32_t i = 0; i < w->num_streams; i++)
		any |= w->stream[i].deadline_ns != 0;
	return !any || w->stream[stream].deadline_ns;
}

static void write_legend(FILE *out, const struct sim_result *results, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fprintf(out,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" class=\"curve\" "
			"stroke=\"%s\"/>"
			"<text x=\"%d\" y=\"%d\">%s: %s</text>\n",
			LEFT, LEFT + 24, 40 + LEGEND * (int)i, 40 + LEGEND * (int)i, colours[i],
			LEFT + 32, 44 + LEGEND * (int)i, results[i].policy->name,
			results[i].policy->about);
}

void sim_svg_write(FILE *out, const struct sim_result *results, uint32_t num_results)
{
	const struct sim_workload *w = results[0].workload;
	uint32_t n = num_results < SIM_SVG_POLICIES ? num_results : SIM_SVG_POLICIES;
	int y = 50 + LEGEND * (int)n, rows = 0;

	for (uint32_t i = 0; i < w->num_streams; i++)
		rows += is_shown(w, i);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n"
		"<style>text{font:12px sans-serif;fill:#333}.title{font-size:14px;font-weight:bold}"
		".mid{text-anchor:middle}.end{text-anchor:end}.grid{stroke:#ddd}"
		".axis{stroke:#555;fill:none}.curve{fill:none;stroke-width:2}"
		".deadline{stroke:#c00;stroke-width:1.5;stroke-dasharray:5 "
		"3}.deadline-text{fill:#c00}"
		".bound{stroke:#000;stroke-dasharray:2 2}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"22\" class=\"title\">Part of frames that took longer</text>\n",
		WIDTH, y + ROW * rows, WIDTH, y + ROW * rows, LEFT);
	write_legend(out, results, n);
	for (uint32_t i = 0; i < w->num_streams; i++) {
		if (!is_shown(w, i))
			continue;
		write_plot(out, results, n, i, y);
		y += ROW;
	}
	fputs("</svg>\n", out);
}

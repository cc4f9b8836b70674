/* SPDX-License-Identifier: MIT */
/* Numbers, times and names in workload files. */
#include <stdio.h>
#include <string.h>

#include "mediator/sim/input/statement.h"

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t unit_ns(const char *unit)
{
	if (!strcmp(unit, "ns"))
		return 1;
	if (!strcmp(unit, "us"))
		return 1000;
	if (!strcmp(unit, "ms"))
		return 1000000;
	if (!strcmp(unit, "s"))
		return 1000000000;
	return 0;
}

int sim_parse_time(const char *text, uint64_t *ns)
{
	uint64_t whole = 0, fraction = 0, scale = 1, unit;

	if (!is_digit(*text))
		return -1;
	for (; is_digit(*text); text++) {
		if (whole > UINT64_MAX / 100)
			return -1;
		whole = whole * 10 + (uint64_t)(*text - '0');
	}
	if (*text == '.') {
		text++;
		if (!is_digit(*text))
			return -1;
		for (; is_digit(*text); text++) {
			if (scale == 1000000000)
				return -1;
			fraction = fraction * 10 + (uint64_t)(*text - '0');
			scale *= 10;
		}
	}
	unit = unit_ns(text);
	if (!unit || whole > UINT64_MAX / 2 / unit || fraction * unit % scale)
		return -1;
	*ns = whole * unit + fraction * unit / scale;
	return 0;
}

int statement_number(struct parser *p, const char *field, const char *value, uint64_t min,
		     uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	const char *c = value;

	for (; is_digit(*c) && n <= UINT64_MAX / 100; c++)
		n = n * 10 + (uint64_t)(*c - '0');
	if (c == value || *c || n < min || n > max)
		return statement_fail(p, field, "\"%.32s\" is not a number from %llu to %llu",
				      value, (unsigned long long)min, (unsigned long long)max);
	*out = n;
	return 0;
}

static const char *time_text(uint64_t ns, char *text, size_t size)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns % units[i].ns && i < 3)
			continue;
		snprintf(text, size, "%llu%s", (unsigned long long)(ns / units[i].ns),
			 units[i].name);
		break;
	}
	return text;
}

int statement_time(struct parser *p, const char *field, const char *value, uint64_t min,
		   uint64_t max, uint64_t *out)
{
	char low[32], high[32];

	if (!sim_parse_time(value, out) && *out >= min && *out <= max)
		return 0;
	return statement_fail(p, field, "\"%.32s\" is not a time from %s to %s, such as 16.667ms",
			      value, time_text(min, low, sizeof(low)),
			      time_text(max, high, sizeof(high)));
}

int statement_name(struct parser *p, const char *field, const char *name, char *out)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++) {
		char c = name[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    c != '-' && c != '_')
			length = SIM_NAME_MAX;
	}
	if (!length || length >= SIM_NAME_MAX)
		return statement_fail(p, field,
				      "\"%.32s\" is not a name: 1 to %u letters, digits, - and _",
				      name, SIM_NAME_MAX - 1);
	memcpy(out, name, length + 1);
	return 0;
}

char *statement_value(struct parser *p, uint32_t first, uint32_t index)
{
	char *equals = strchr(p->word[index], '=');

	if (!equals || equals == p->word[index]) {
		statement_fail(p, p->word[index], "is not of the form field=value");
		return NULL;
	}
	*equals = '\0';
	for (uint32_t i = first; i < index; i++) {
		if (!strcmp(p->word[i], p->word[index])) {
			statement_fail(p, p->word[index], "is given twice");
			return NULL;
		}
	}
	return equals + 1;
}

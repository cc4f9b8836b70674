/* SPDX-License-Identifier: MIT */
/*
 * Where command streams are cut. In the tables, a letter is a command of virgl's protocol, and |
 * marks the end of a slice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/device/cut.h"
#include "backend/gpu/virgl_stream.h"

#define MAX_DWORDS 65536u
#define HEADER(command, object, length)                                                            \
	((uint32_t)(command) | (uint32_t)(object) << 8 | (uint32_t)(length) << 16)

static const struct {
	char letter;
	uint32_t command, object, length; /* numbers of the protocol */
} alphabet[] = {
	{'n', 0, 0, 0},	     /* NOP */
	{'s', 14, 0, 4},     /* SET_BLEND_COLOR */
	{'b', 2, 4, 1},	     /* BIND_OBJECT */
	{'v', 1, 8, 5},	     /* CREATE_OBJECT, a surface */
	{'e', 44, 0, 0},     /* END_TRANSFERS */
	{'D', 8, 0, 12},     /* DRAW_VBO */
	{'C', 7, 0, 8},	     /* CLEAR */
	{'W', 9, 0, 300},    /* RESOURCE_INLINE_WRITE */
	{'B', 16, 0, 21},    /* BLIT */
	{'R', 17, 0, 13},    /* RESOURCE_COPY_REGION */
	{'G', 37, 0, 8},     /* LAUNCH_GRID */
	{'T', 43, 0, 13},    /* TRANSFER3D */
	{'P', 45, 0, 14},    /* COPY_TRANSFER3D */
	{'X', 47, 0, 12},    /* CLEAR_TEXTURE */
	{'H', 1, 4, 40},     /* CREATE_OBJECT, a shader */
	{'L', 52, 0, 6},     /* LINK_SHADER */
	{'I', 8, 0, 20},     /* DRAW_VBO, indirect, of three */
	{'?', 64, 0, 2},     /* newer than the parser's table */
	{'z', 255, 0, 0},    /* no command of the protocol */
	{'p', 48, 0, 11},    /* PIPE_RESOURCE_CREATE */
	{'t', 49, 0, 8},     /* PIPE_RESOURCE_SET_TYPE */
	{'V', 53, 0, 8},     /* CREATE_VIDEO_CODEC */
	{'E', 61, 0, 2},     /* END_FRAME */
	{'|', 0xffff, 0, 0}, /* not a command */
};

struct stream {
	uint32_t dwords[MAX_DWORDS];
	uint32_t count;
	uint32_t end[256], ends; /* dwords before each | */
};

static void append(struct stream *s, char letter)
{
	size_t i = 0;

	while (alphabet[i].letter != letter)
		assert_true(++i < sizeof(alphabet) / sizeof(alphabet[0]));
	if (letter == '|') {
		s->end[s->ends++] = s->count;
		return;
	}
	uint32_t *at = s->dwords + s->count;
	assert_true(s->count + 1 + alphabet[i].length <= MAX_DWORDS);
	at[0] = HEADER(alphabet[i].command, alphabet[i].object, alphabet[i].length);
	for (uint32_t j = 1; j <= alphabet[i].length; j++)
		at[j] = 0x48484848u + s->count + j;
	if (letter == 'I')
		at[18] = 3;
	s->count += 1 + alphabet[i].length;
}

/* The stream that the letters describe. The end of the stream counts as the last |. */
static struct stream *make_stream(const char *letters)
{
	struct stream *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	while (*letters)
		append(s, *letters++);
	append(s, '|');
	return s;
}

static uint32_t cut(const struct stream *s, uint32_t from, uint32_t max_draws)
{
	uint32_t bytes =
		cut_slice(virgl_stream_parse, s->dwords + from, (s->count - from) * 4, max_draws);

	assert_int_equal(bytes % 4, 0);
	return bytes / 4;
}

static void streams_are_cut_after_every_nth_draw(void **state)
{
	static const struct {
		uint32_t max_draws;
		const char *slices;
	} cases[] = {
		{1, "D|D|D"},
		{2, "DD|DD|D"},
		{3, "DD"},
		{1, "sD|ssD|bsvD"},
		{2, "sDssD|bsvD"},
		/* state commands after the last draw are no slice of their own */
		{1, "sD|sDsbs"},
		{1, "ssbbss"},
		/* commands that work count as draws, state commands do not */
		{1, "C|D|W|B|R|G|T|eP|X|H|L|sD"},
		{4, "sCnDbDWs"},
		{4, "CDDsW|sBR"},
		/* a command of several draws ends its slice as early as possible */
		{1, "D|I|D"},
		{1, "sIs"},
		{1, "sI|sDs"},
		{3, "D|I|DDD"},
		{4, "DI|DDDD"},
		{5, "sDsIsD|sD"},
		{65536, "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stream *s = make_stream(cases[i].slices);
		uint32_t at = 0;

		for (uint32_t j = 0; j < s->ends; j++) {
			at += cut(s, at, cases[i].max_draws);
			if (at != s->end[j])
				fail_msg("\"%s\" in slices of %u: number %u ends at %u, not %u",
					 cases[i].slices, cases[i].max_draws, j, at, s->end[j]);
		}
		free(s);
	}
}

static void without_a_limit_streams_are_not_cut(void **state)
{
	struct stream *s = make_stream("sDsDsDCBsDIWs");

	(void)state;
	assert_int_equal(cut(s, 0, 0), s->count);
	free(s);
}

static void unknown_or_unoffered_commands_refuse_the_stream(void **state)
{
	static const char *const bad[] = {"?",	"z",  "p",  "t",   "V",	  "E",	"D?",
					  "pD", "sz", "Dp", "sDt", "DsV", "DDE"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct stream *s = make_stream(bad[i]);

		assert_int_equal(cut(s, 0, 0), 0);
		assert_int_equal(cut(s, 0, 100), 0);
		free(s);
	}
}

static void a_truncated_command_refuses_the_stream(void **state)
{
	struct stream *s = make_stream("sDsDsDC");
	uint32_t whole = s->count;

	(void)state;
	for (uint32_t bytes = (whole - 8) * 4; bytes < whole * 4; bytes++)
		assert_int_equal(cut_slice(virgl_stream_parse, s->dwords, bytes, 0), 0);
	/* a length that would overflow refuses it, too */
	s->dwords[0] |= 0xffff0000u;
	assert_int_equal(cut(s, 0, 0), 0);
	free(s);
}

static void an_empty_stream_has_no_slices(void **state)
{
	(void)state;
	assert_int_equal(cut_slice(virgl_stream_parse, NULL, 0, 0), 0);
	assert_int_equal(cut_slice(virgl_stream_parse, NULL, 0, 1), 0);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* The draws of a slice, and those of its heaviest command. */
static uint64_t draws_of(const uint32_t *dwords, uint32_t count, uint32_t *heaviest)
{
	struct stream_command command;
	uint64_t draws = 0;

	*heaviest = 0;
	for (uint32_t at = 0; at < count; at += command.bytes / 4) {
		assert_true(virgl_stream_parse(dwords + at, (count - at) * 4, &command));
		draws += command.draws;
		if (command.draws > *heaviest)
			*heaviest = command.draws;
	}
	return draws;
}

static void slices_of_any_stream_are_valid_bounded_and_complete(void **state)
{
	static const char letters[] = "nsbveDCWBRGTPXHLIDDDDssss";
	uint32_t seed = 4711, heaviest;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct stream *s = make_stream("");
		uint32_t length = next_random(&seed) % 200, at = 0;
		uint32_t max_draws = 1 + next_random(&seed) % 12, slices = 0;

		for (uint32_t i = 0; i < length; i++)
			append(s, letters[next_random(&seed) % (sizeof(letters) - 1)]);
		while (at < s->count) {
			uint32_t slice = cut(s, at, max_draws);
			uint64_t draws = draws_of(s->dwords + at, slice, &heaviest);

			assert_in_range(slice, 1, s->count - at);
			assert_int_equal(
				cut_slice(virgl_stream_parse, s->dwords + at, slice * 4, 0),
				slice * 4);
			assert_true(draws <= max_draws || draws == heaviest);
			/* a slice without draws is a whole stream without draws */
			assert_true(draws > 0 || slice == s->count);
			at += slice;
			slices++;
		}
		assert_int_equal(at, s->count);
		assert_true(slices <= 1 + draws_of(s->dwords, s->count, &heaviest));
		free(s);
	}
}

/* One frame of eight draws, blits and uploads, as Mesa 22.3 sent it to virgl. */
static void mesas_stream_is_accepted(void **state)
{
	static uint32_t dwords[MAX_DWORDS];
	FILE *file = fopen("tests/fuzz/corpus/fuzz_backend_cut/mesa", "rb");
	uint32_t bytes, heaviest;

	(void)state;
	assert_non_null(file);
	/* skip the bytes that the fuzz target uses itself */
	assert_int_equal(fseek(file, 2, SEEK_SET), 0);
	bytes = (uint32_t)fread(dwords, 1, sizeof(dwords), file);
	fclose(file);
	assert_int_equal(cut_slice(virgl_stream_parse, dwords, bytes, 0), bytes);
	assert_true(draws_of(dwords, bytes / 4, &heaviest) >= 8);
	assert_true(cut_slice(virgl_stream_parse, dwords, bytes, 8) < bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_cut_after_every_nth_draw),
		cmocka_unit_test(without_a_limit_streams_are_not_cut),
		cmocka_unit_test(unknown_or_unoffered_commands_refuse_the_stream),
		cmocka_unit_test(a_truncated_command_refuses_the_stream),
		cmocka_unit_test(an_empty_stream_has_no_slices),
		cmocka_unit_test(slices_of_any_stream_are_valid_bounded_and_complete),
		cmocka_unit_test(mesas_stream_is_accepted),
	};

	return cmocka_run_group_tests_name("cut", tests, NULL, NULL);
}

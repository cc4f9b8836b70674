/* SPDX-License-Identifier: MIT */
/* Texts for people: each outcome has its own words, and so has an unknown outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/admission/admission.h"
#include "mediator/config/config.h"
#include "mediator/sched/sched.h"
#include "mediator/truth/monitor.h"

static const char *word_of(int verdict)
{
	return admission_word((enum admission_verdict)verdict);
}

static const char *state_of(int state)
{
	return truth_state_name((enum truth_state)state);
}

static const char *reason_of(int reason)
{
	return truth_reason_text((enum truth_reason)reason);
}

static const struct vocabulary {
	const char *(*word)(int value);
	int values[8], count;
	const char *some; /* the beginning of the text of values[1] */
} vocabularies[] = {
	{config_strstatus,
	 {CONFIG_OK, CONFIG_ERR_BLOB, CONFIG_ERR_NODE, CONFIG_ERR_UNKNOWN, CONFIG_ERR_MISSING,
	  CONFIG_ERR_VALUE, CONFIG_ERR_CONFLICT, 1},
	 8,
	 "not an intact device tree"},
	{sched_strstatus,
	 {SCHED_OK, SCHED_ERR_WAITING, SCHED_ERR_ID, SCHED_ERR_IDLE, 1},
	 5,
	 "a second job"},
	{word_of,
	 {ADMISSION_HOLDS, ADMISSION_OPEN, ADMISSION_EFFORT, ADMISSION_LATE, ADMISSION_SHORT, 99},
	 6,
	 "not promised"},
	{state_of, {TRUTH_OFF, TRUTH_GOOD, TRUTH_WARNED, TRUTH_SAFE}, 4, "good"},
	{reason_of,
	 {TRUTH_NO_REASON, TRUTH_NO_FRAME, TRUTH_SAME_CONTENT, TRUTH_NO_ANNOUNCEMENT,
	  TRUTH_WRONG_REGION, TRUTH_UNVERIFIED},
	 6,
	 "no frame"},
};

static void every_outcome_has_its_own_words(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(vocabularies) / sizeof(vocabularies[0]); n++) {
		const struct vocabulary *v = &vocabularies[n];

		assert_ptr_equal(strstr(v->word(v->values[1]), v->some), v->word(v->values[1]));
		for (int i = 0; i < v->count; i++)
			for (int j = 0; j < i; j++)
				assert_string_not_equal(v->word(v->values[i]),
							v->word(v->values[j]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_has_its_own_words),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}

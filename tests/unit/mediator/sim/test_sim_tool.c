/* SPDX-License-Identifier: MIT */
/* The program gpumsim, run as by a user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

static char folder[] = "/tmp/gpumsim-XXXXXX";
static char output[1 << 20];

/* Run "gpumsim ARGUMENTS" in a shell; `output` has output and errors. Returns the exit status. */
__attribute__((format(printf, 1, 2))) static int gpumsim(const char *format, ...)
{
	const char *build = getenv("BUILD");
	char arguments[1024], command[2048];
	va_list args;
	size_t size;
	FILE *pipe;
	int status;

	va_start(args, format);
	vsnprintf(arguments, sizeof(arguments), format, args);
	va_end(args);
	snprintf(command, sizeof(command), "%s/host/san/bin/gpumsim %s 2>&1",
		 build ? build : "build", arguments);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(output, 1, sizeof(output) - 1, pipe);
	output[size] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static json_t *load(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return json_load_file(path, 0, NULL);
}

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_file("good.sim", "duration 3s\nguest cluster priority=0 max-job=4ms\n"
			       "guest ivi priority=1 max-job=9ms\n"
			       "stream cluster periodic period=16.667ms job=2ms..4ms jitter=2ms\n"
			       "stream ivi saturating job=5ms..9ms queued=3\n"
			       "sweep cluster steps=4\n");
	write_file("bad.sim", "guest cluster priority=0\n\nstream cluster periodic job=4ms\n");
	return 0;
}

static int remove_files(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void help_version_and_policies_are_printed(void **state)
{
	(void)state;
	assert_int_equal(gpumsim("--help"), 0);
	assert_non_null(strstr(output, "usage: gpumsim"));
	assert_int_equal(gpumsim("--version"), 0);
	assert_int_equal(gpumsim("--list-policies"), 0);
	assert_non_null(strstr(output, "fixed-priority"));
	assert_non_null(strstr(output, "gvt-g"));
}

static void bad_usage_exits_with_2_and_says_what_to_do(void **state)
{
	static const struct {
		const char *arguments, *says;
	} cases[] = {{"", "--help"},
		     {"a b", "more than one file"},
		     {"--tree x.dtb y", "one file"},
		     {"--nonsense", "nonsense"},
		     {"--seed x %s/good.sim", "not a number"},
		     {"--duration 5 %s/good.sim", "16.667ms"},
		     {"--load heavy --tree x.dtb", "saturating"},
		     {"--policy lottery %s/good.sim", "--list-policies"},
		     {"%s/nothing.sim", "No such file"},
		     {"%s/bad.sim", "bad.sim:3: period: is missing"},
		     {"--tree %s/good.sim", "refused"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char arguments[256] = "";
		const char *at = strstr(cases[i].arguments, "%s");

		if (at)
			snprintf(arguments, sizeof(arguments), "%.*s%s%s",
				 (int)(at - cases[i].arguments), cases[i].arguments, folder,
				 at + 2);
		if (gpumsim("%s", at ? arguments : cases[i].arguments) != 2 ||
		    !strstr(output, cases[i].says))
			fail_msg("gpumsim %s: %s", cases[i].arguments, output);
	}
}

static void missed_deadlines_fail_only_with_the_option_check(void **state)
{
	(void)state;
	assert_int_equal(gpumsim("--check %s/good.sim", folder), 0);
	assert_int_equal(gpumsim("--check --policy virtio-fifo %s/good.sim", folder), 1);
	assert_int_equal(gpumsim("--policy virtio-fifo %s/good.sim", folder), 0);
}

static void a_failed_write_exits_with_3(void **state)
{
	(void)state;
	assert_int_equal(gpumsim("--svg %s/no/folder.svg %s/good.sim", folder, folder), 3);
	assert_int_equal(gpumsim("--trace %s/no/folder.json %s/good.sim", folder, folder), 3);
	assert_int_equal(gpumsim("%s/good.sim >/dev/full", folder), 3);
}

static void the_same_input_gives_the_same_output(void **state)
{
	static char first[sizeof(output)];

	(void)state;
	assert_int_equal(gpumsim("--json --policy all %s/good.sim", folder), 0);
	strcpy(first, output);
	assert_int_equal(gpumsim("--json --policy all %s/good.sim", folder), 0);
	assert_string_equal(first, output);
	assert_int_equal(gpumsim("--json --policy all --seed 2 %s/good.sim", folder), 0);
	assert_string_not_equal(first, output);
}

static void json_figure_and_timeline_are_written(void **state)
{
	char path[128], text[8] = "";
	json_t *json;
	FILE *file;

	(void)state;
	assert_int_equal(gpumsim("--json --svg %s/a.svg --trace %s/a.json --trace-time 500ms "
				 "--policy fixed-priority,np-edf %s/good.sim",
				 folder, folder, folder),
			 0);
	json = json_loads(output, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(json, "policies")), 2);
	json_decref(json);
	json = load("a.json");
	assert_true(json_array_size(json_object_get(json, "traceEvents")) > 50);
	json_decref(json);
	snprintf(path, sizeof(path), "%s/a.svg", folder);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, 6, file));
	fclose(file);
	assert_string_equal(text, "<svg ");
}

static void a_printed_workload_gives_the_same_result(void **state)
{
	static char first[sizeof(output)];
	char *rest;

	(void)state;
	assert_int_equal(gpumsim("%s/good.sim", folder), 0);
	strcpy(first, output);
	assert_int_equal(gpumsim("--print-workload %s/good.sim", folder), 0);
	write_file("printed.sim", output);
	assert_int_equal(gpumsim("- <%s/printed.sim", folder), 0);
	assert_string_equal(first, output);
	rest = strstr(output, "4 runs");
	assert_non_null(rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_version_and_policies_are_printed),
		cmocka_unit_test(bad_usage_exits_with_2_and_says_what_to_do),
		cmocka_unit_test(missed_deadlines_fail_only_with_the_option_check),
		cmocka_unit_test(a_failed_write_exits_with_3),
		cmocka_unit_test(the_same_input_gives_the_same_output),
		cmocka_unit_test(json_figure_and_timeline_are_written),
		cmocka_unit_test(a_printed_workload_gives_the_same_result),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}

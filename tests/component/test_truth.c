/* SPDX-License-Identifier: MIT */
/*
 * A display shows its guest's picture only while it is fresh and true, and its safe picture
 * otherwise.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mediator/shared/strip/strip.h"
#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"
#include "tests/component/cockpit/screen.h"

#define WIDTH	COCKPIT_WIDTH
#define HEIGHT	COCKPIT_HEIGHT
#define PICTURE 1u /* the cluster's resource */
#define DRAWN	0x112233u
#define SAFE	0xa00b0cu
#define FREEZE	200u /* ms, as in the tree */

static struct cockpit cockpit;
static struct guest cluster, ivi;
static char folder[] = "/tmp/truth.XXXXXX";
static char safe_file[64], watchdog_file[64];

/* cockpit_tree with more properties in the cluster's display and in the mediator's node. */
static const char *tree_with(const char *display, const char *mediator)
{
	static char tree[8192];
	const char *at = strstr(cockpit_tree, "label = \"cluster\";");
	const char *policy = strstr(cockpit_tree, "policy =");

	snprintf(tree, sizeof(tree), "%.*s%s %.*s%s %s", (int)(policy - cockpit_tree), cockpit_tree,
		 mediator, (int)(at - policy), policy, display, at);
	return tree;
}

static const char *monitored(void)
{
	static char more[256];

	snprintf(more, sizeof(more), "freeze-timeout-ms = <%u>; safe-picture = \"%s\";", FREEZE,
		 safe_file);
	return more;
}

static int setup_group(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(safe_file, sizeof(safe_file), "%s/safe.png", folder);
	snprintf(watchdog_file, sizeof(watchdog_file), "%s/watchdog", folder);
	screen_write_png(safe_file, WIDTH, HEIGHT, SAFE);
	return 0;
}

static int teardown_group(void **state)
{
	(void)state;
	unlink(safe_file);
	unlink(watchdog_file);
	return rmdir(folder);
}

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	guest_finish(&ivi);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static int start(const char *tree)
{
	cockpit_start(&cockpit, tree);
	guest_create(&cluster, 5, "cluster");
	guest_create(&ivi, 6, "ivi");
	if (guest_connect(&cluster) && guest_connect(&ivi) &&
	    draw_picture(&cluster, PICTURE, 0, WIDTH, HEIGHT, DRAWN, NULL) == 0)
		return 0;
	teardown(NULL);
	return -1;
}

static int setup(void **state)
{
	(void)state;
	return start(tree_with(monitored(), ""));
}

static bool draw_for(struct guest *g, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;

	while (test_now_ms() < until)
		if (draw_flush(g, PICTURE, WIDTH, HEIGHT) != VIRTIO_GPU_RESP_OK_NODATA)
			return false;
	return true;
}

/* The object `picture` of the cluster's display in the status; the caller releases it. */
static json_t *picture(void)
{
	json_t *status = cockpit_status(&cockpit);
	json_t *p = json_object_get(cockpit_status_of(status, "displays", "cluster"), "picture");

	p = json_deep_copy(p);
	json_decref(status);
	return p;
}

static void assert_state(const char *state, const char *reason)
{
	json_t *p = picture();

	assert_string_equal(json_string_value(json_object_get(p, "state")), state);
	assert_non_null(strstr(json_string_value(json_object_get(p, "reason")), reason));
	json_decref(p);
}

static void a_guest_that_draws_is_shown(void **state)
{
	(void)state;
	assert_true(draw_for(&cluster, 3 * FREEZE));
	assert_state("good", "");
	assert_int_equal(screen_colour(&cockpit, "cluster"), DRAWN);
}

static void a_frozen_guest_is_replaced_by_the_safe_picture_within_200_ms(void **state)
{
	json_t *p;

	(void)state;
	assert_true(draw_for(&cluster, FREEZE));
	assert_true(screen_wait(&cockpit, "cluster", SAFE, 2 * FREEZE));
	assert_state("safe", "no frame");
	p = picture();
	assert_true(json_number_value(json_object_get(p, "longest_until_safe_ms")) < 100);
	assert_int_equal(json_integer_value(json_object_get(p, "warnings")), 1);
	json_decref(p);
}

static void picture_returns_with_good_frames(void **state)
{
	(void)state;
	assert_true(screen_wait(&cockpit, "cluster", SAFE, GUEST_PATIENCE));
	assert_true(draw_for(&cluster, FREEZE));
	assert_int_equal(screen_colour(&cockpit, "cluster"), DRAWN);
	assert_state("good", "");
}

static void killed_backend_brings_the_safe_picture(void **state)
{
	(void)state;
	kill(cockpit_backend(&cockpit, "cluster"), SIGKILL);
	assert_true(screen_wait(&cockpit, "cluster", SAFE, GUEST_PATIENCE));
	assert_state("safe", "no frame");
}

static void destroyed_guest_brings_the_safe_picture(void **state)
{
	(void)state;
	guest_destroy(&cluster);
	assert_true(screen_wait(&cockpit, "cluster", SAFE, GUEST_PATIENCE));
}

static void guest_that_switches_its_display_off_brings_the_safe_picture(void **state)
{
	(void)state;
	assert_int_equal(draw_set_scanout(&cluster, 0, 0, 0, 0), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(screen_wait(&cockpit, "cluster", SAFE, GUEST_PATIENCE));
}

static void display_is_not_judged_before_its_first_frame(void **state)
{
	json_t *status, *p;

	(void)state;
	usleep(2 * FREEZE * 1000);
	status = cockpit_status(&cockpit);
	p = json_object_get(cockpit_status_of(status, "displays", "ivi"), "picture");
	assert_string_equal(json_string_value(json_object_get(p, "state")), "off");
	json_decref(status);
}

static void freeze_without_a_safe_picture_is_only_in_the_status(void **state)
{
	(void)state;
	for (int i = 0; i < 100 && screen_colour(&cockpit, "cluster") == DRAWN; i++)
		usleep(5000);
	assert_state("safe", "no frame");
	assert_int_equal(screen_colour(&cockpit, "cluster"), DRAWN);
}

static int setup_without_picture(void **state)
{
	(void)state;
	return start(tree_with("freeze-timeout-ms = <200>;", ""));
}

/* --- Announcements ---------------------------------------------------------------------------- */

#define STRIP_Y	  400u
#define TELLTALES 2u
static const struct {
	uint32_t x, y, width, height, colour;
} telltale[TELLTALES] = {{10, 10, 20, 20, 0xff0000}, {50, 12, 31, 17, 0x00ff80}};

/* The cluster's application. */
static struct {
	uint32_t *pixels;
	uint32_t alive; /* its alive counter */
	bool stuck;	/* does not advance the alive counter */
	bool wrong;	/* draws one wrong pixel in a telltale */
	bool silent;	/* draws no strip */
} app;

static uint32_t draw_telltale(uint32_t i)
{
	uint8_t meant[TRUTH_PIXEL];
	uint32_t crc = 0;

	for (uint32_t c = 0; c < 3; c++)
		meant[c] = (uint8_t)(telltale[i].colour >> (16 - 8 * c));
	for (uint32_t y = 0; y < telltale[i].height; y++)
		for (uint32_t x = 0; x < telltale[i].width; x++) {
			app.pixels[(telltale[i].y + y) * WIDTH + telltale[i].x + x] =
				telltale[i].colour;
			crc = truth_crc(crc, meant, 1);
		}
	return crc;
}

static void draw_strip(const struct truth_strip *strip)
{
	uint8_t bits[TRUTH_PIXEL * TRUTH_STRIP_PIXELS(TELLTALES)];

	truth_strip_encode(strip, bits);
	for (uint32_t i = 0; i < TRUTH_STRIP_PIXELS(TELLTALES); i++)
		app.pixels[STRIP_Y * WIDTH + i] = bits[TRUTH_PIXEL * i] ? 0xffffff : 0;
}

static bool app_frame(void)
{
	struct truth_strip strip = {.count = TELLTALES};

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		app.pixels[i] = DRAWN;
	for (uint32_t i = 0; i < TELLTALES; i++)
		strip.crc[i] = draw_telltale(i);
	app.alive += !app.stuck;
	strip.alive = app.alive;
	if (!app.silent)
		draw_strip(&strip);
	if (app.wrong) /* the last pixel of the last telltale */
		app.pixels[28 * WIDTH + 80] ^= 0x010000;
	return draw_transfer(&cluster, PICTURE, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA &&
	       draw_flush(&cluster, PICTURE, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA;
}

static void app_run(uint32_t ms)
{
	for (uint64_t until = test_now_ms() + ms; test_now_ms() < until;)
		assert_true(app_frame());
}

/* Draws frames until the display shows this colour. */
static void app_run_until(uint32_t colour)
{
	for (uint64_t until = test_now_ms() + GUEST_PATIENCE; test_now_ms() < until;) {
		assert_true(app_frame());
		if (screen_colour(&cockpit, "cluster") == colour)
			return;
	}
	fail_msg("%06x is not shown", colour);
}

static int start_app(const char *display, const char *mediator)
{
	uint32_t bytes = WIDTH * HEIGHT * 4, ref;
	char more[512];

	snprintf(more, sizeof(more),
		 "%s announce = <0 %u>; telltales = <10 10 20 20>, <50 12 31 17>;", display,
		 STRIP_Y);
	cockpit_start(&cockpit, tree_with(more, mediator));
	guest_create(&cluster, 5, "cluster");
	guest_create(&ivi, 6, "ivi");
	memset(&app, 0, sizeof(app));
	if (!guest_connect(&cluster))
		return -1;
	app.pixels = guest_grant_pages(&cluster, bytes / FX_PAGE_SIZE, &ref);
	draw_create_2d(&cluster, PICTURE, WIDTH, HEIGHT);
	draw_attach(&cluster, PICTURE, ref, bytes);
	draw_set_scanout(&cluster, 0, PICTURE, WIDTH, HEIGHT);
	/* Wait until the verifier runs and has seen a strip. */
	for (uint64_t until = test_now_ms() + GUEST_PATIENCE; test_now_ms() < until;) {
		json_t *p = app_frame() ? picture() : NULL;
		bool announced = json_is_true(json_object_get(p, "announced"));

		json_decref(p);
		if (announced)
			return 0;
	}
	return -1;
}

static int setup_app(void **state)
{
	(void)state;
	return start_app(monitored(), "");
}

static long counted(const char *what)
{
	json_t *p = picture();
	long n = (long)json_integer_value(json_object_get(p, what));

	json_decref(p);
	return n;
}

static void a_true_picture_stays(void **state)
{
	(void)state;
	app_run(4 * FREEZE);
	assert_state("good", "");
	assert_int_equal(screen_colour(&cockpit, "cluster"), DRAWN);
	assert_true(counted("verifications") >= 6);
	assert_int_equal(counted("mismatches"), 0);
	assert_int_equal(counted("freezes"), 0);
}

static void one_wrong_pixel_in_a_telltale_brings_the_safe_picture(void **state)
{
	uint64_t since;

	(void)state;
	app_run(FREEZE);
	app.wrong = true;
	since = test_now_ms();
	app_run_until(SAFE);
	assert_true(test_now_ms() - since < 200);
	assert_state("safe", "telltale");
	app_run(2 * FREEZE);
	assert_int_equal(screen_colour(&cockpit, "cluster"), SAFE);
	assert_int_equal(counted("freezes"), 0);
}

static void picture_returns_with_right_telltales(void **state)
{
	(void)state;
	app.wrong = true;
	app_run_until(SAFE);
	app.wrong = false;
	app_run_until(DRAWN);
	assert_state("good", "");
	assert_int_equal(counted("returns"), 1);
}

static void frames_with_the_same_alive_counter_are_a_frozen_picture(void **state)
{
	(void)state;
	app.stuck = true;
	app_run_until(SAFE);
	assert_state("safe", "stands still");
	app.stuck = false;
	app_run_until(DRAWN);
}

static void guest_that_stops_announcing_is_not_trusted(void **state)
{
	(void)state;
	app.silent = true;
	app_run_until(SAFE);
	assert_state("safe", "announce nothing");
}

static pid_t verifier(void)
{
	json_t *status = cockpit_status(&cockpit);
	json_t *pid = json_object_get(json_object_get(status, "verifier"), "pid");
	pid_t result = (pid_t)json_integer_value(pid);

	json_decref(status);
	return result;
}

static void stopped_verifier_brings_the_safe_picture_until_it_is_replaced(void **state)
{
	pid_t pid = verifier();

	(void)state;
	assert_true(pid > 0);
	kill(pid, SIGSTOP);
	app_run_until(SAFE);
	assert_state("safe", "nobody has verified");
	kill(pid, SIGKILL);
	app_run_until(DRAWN);
	assert_int_not_equal(verifier(), pid);
}

static void announcement_does_not_affect_other_displays(void **state)
{
	(void)state;
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, PICTURE, 0, WIDTH, HEIGHT, 0x445566, NULL), 0);
	app.wrong = true;
	app_run_until(SAFE);
	assert_int_equal(screen_colour(&cockpit, "ivi"), 0x445566);
}

/* --- The watchdog ----------------------------------------------------------------------------- */

static int setup_watchdog(void **state)
{
	char mediator[128];
	FILE *dog = fopen(watchdog_file, "w");

	(void)state;
	snprintf(mediator, sizeof(mediator), "watchdog = \"%s\";", watchdog_file);
	return !dog || fclose(dog) || start(tree_with(monitored(), mediator)) ? -1 : 0;
}

static int setup_watchdog_without_picture(void **state)
{
	char mediator[128];
	FILE *dog = fopen(watchdog_file, "w");

	(void)state;
	snprintf(mediator, sizeof(mediator), "watchdog = \"%s\";", watchdog_file);
	return !dog || fclose(dog) || start(tree_with("freeze-timeout-ms = <200>;", mediator)) ? -1
											       : 0;
}

/* How often the watchdog was fed: each time one byte is written to the file that stands for it. */
static long count_feeds(void)
{
	struct stat s;

	return stat(watchdog_file, &s) ? -1 : (long)s.st_size;
}

static void watchdog_is_fed_while_the_cluster_makes_progress(void **state)
{
	long before = count_feeds();

	(void)state;
	assert_true(draw_for(&cluster, 600));
	assert_true(count_feeds() >= before + 4);
}

static void watchdog_is_not_fed_while_the_picture_is_frozen(void **state)
{
	long before;

	(void)state;
	assert_true(draw_for(&cluster, 300));
	before = count_feeds();
	assert_true(before > 0);
	usleep(1500000);
	assert_int_equal(count_feeds(), before);
	assert_true(draw_for(&cluster, 600));
	assert_true(count_feeds() > before);
}

static int setup_watchdog_with_app(void **state)
{
	char mediator[128];
	FILE *dog = fopen(watchdog_file, "w");

	(void)state;
	snprintf(mediator, sizeof(mediator), "watchdog = \"%s\";", watchdog_file);
	return !dog || fclose(dog) ||
			       start_app("freeze-timeout-ms = <2000>; check-interval-ms = <50>;",
					 mediator)
		       ? -1
		       : 0;
}

static void repeated_frames_do_not_feed_the_watchdog(void **state)
{
	long before = count_feeds();

	(void)state;
	app_run(500);
	assert_true(count_feeds() > before);
	app.stuck = true;
	app_run(FREEZE);
	before = count_feeds();
	app_run(800); /* the picture is not safe yet, but the cluster makes no progress */
	assert_int_equal(count_feeds(), before);
	app.stuck = false;
	app_run(500);
	assert_true(count_feeds() > before);
}

static void wrong_telltale_does_not_feed_the_watchdog(void **state)
{
	long before;

	(void)state;
	app.wrong = true;
	app_run(FREEZE);
	before = count_feeds();
	app_run(1000);
	assert_int_equal(count_feeds(), before);
}

static void another_display_does_not_feed_the_watchdog(void **state)
{
	long before;

	(void)state;
	assert_int_equal(draw_picture(&ivi, PICTURE, 0, WIDTH, HEIGHT, DRAWN, NULL), 0);
	usleep(300000);
	before = count_feeds();
	assert_true(draw_for(&ivi, 600));
	assert_int_equal(count_feeds(), before);
}

static void shown_safe_picture_feeds_the_watchdog(void **state)
{
	long before;

	(void)state;
	assert_true(screen_wait(&cockpit, "cluster", SAFE, GUEST_PATIENCE));
	before = count_feeds();
	usleep(1600000);
	assert_in_range(count_feeds(), before + 2, before + 4);
}

static void killed_mediator_leaves_the_watchdog_running(void **state)
{
	char text[4096] = "";
	FILE *dog;
	size_t n;

	(void)state;
	cockpit_kill_mediator(&cockpit);
	for (int i = 0; i < 500 && cockpit_has_backend(&cockpit); i++)
		usleep(10000);
	dog = fopen(watchdog_file, "r");
	assert_non_null(dog);
	n = fread(text, 1, sizeof(text), dog);
	fclose(dog);
	assert_true(n > 0);
	assert_null(memchr(text, 'V', n));
}

/* --- Bad files -------------------------------------------------------------------------------- */

static int setup_xen(void **state)
{
	(void)state;
	cockpit_start_xen(&cockpit);
	return 0;
}

static int teardown_xen(void **state)
{
	(void)state;
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static void refused(const char *file, const char *words)
{
	char more[256], text[4096];

	snprintf(more, sizeof(more), "freeze-timeout-ms = <200>; safe-picture = \"%s\";", file);
	assert_int_equal(cockpit_try_tree(&cockpit, tree_with(more, ""), text, sizeof(text)), 1);
	assert_non_null(strstr(text, "/passthrough/gpu-mediator/displays/display@0: safe-picture"));
	assert_non_null(strstr(text, file));
	assert_non_null(strstr(text, "640x480"));
	assert_non_null(strstr(text, words));
}

static void unusable_safe_picture_is_refused_at_start(void **state)
{
	char file[64];
	FILE *f;

	(void)state;
	refused("/no/such/file.png", "No such file");
	snprintf(file, sizeof(file), "%s/other.png", folder);
	screen_write_png(file, WIDTH - 1, HEIGHT, SAFE);
	refused(file, "639x480");
	f = fopen(file, "w");
	assert_non_null(f);
	fputs("P6 this is no PNG", f);
	fclose(f);
	refused(file, "PNG");
	truncate(safe_file, 0);
	refused(safe_file, "PNG");
	screen_write_png(safe_file, WIDTH, HEIGHT, SAFE);
	unlink(file);
}

int main(void)
{
#define WITH(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST(name)	  cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_guest_that_draws_is_shown),
		TEST(a_frozen_guest_is_replaced_by_the_safe_picture_within_200_ms),
		TEST(picture_returns_with_good_frames),
		TEST(killed_backend_brings_the_safe_picture),
		TEST(destroyed_guest_brings_the_safe_picture),
		TEST(guest_that_switches_its_display_off_brings_the_safe_picture),
		TEST(display_is_not_judged_before_its_first_frame),
		cmocka_unit_test_setup_teardown(freeze_without_a_safe_picture_is_only_in_the_status,
						setup_without_picture, teardown),
		WITH(a_true_picture_stays, setup_app),
		WITH(one_wrong_pixel_in_a_telltale_brings_the_safe_picture, setup_app),
		WITH(picture_returns_with_right_telltales, setup_app),
		WITH(frames_with_the_same_alive_counter_are_a_frozen_picture, setup_app),
		WITH(guest_that_stops_announcing_is_not_trusted, setup_app),
		WITH(stopped_verifier_brings_the_safe_picture_until_it_is_replaced, setup_app),
		WITH(announcement_does_not_affect_other_displays, setup_app),
		WITH(watchdog_is_fed_while_the_cluster_makes_progress, setup_watchdog),
		WITH(watchdog_is_not_fed_while_the_picture_is_frozen,
		     setup_watchdog_without_picture),
		WITH(repeated_frames_do_not_feed_the_watchdog, setup_watchdog_with_app),
		WITH(wrong_telltale_does_not_feed_the_watchdog, setup_watchdog_with_app),
		WITH(another_display_does_not_feed_the_watchdog, setup_watchdog_without_picture),
		WITH(shown_safe_picture_feeds_the_watchdog, setup_watchdog),
		WITH(killed_mediator_leaves_the_watchdog_running, setup_watchdog),
		cmocka_unit_test_setup_teardown(unusable_safe_picture_is_refused_at_start,
						setup_xen, teardown_xen),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("truth", tests, setup_group, teardown_group);
}

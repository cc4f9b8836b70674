/* SPDX-License-Identifier: MIT */
/*
 * A backend that its guest has taken over sends false messages (lies) to the mediator. After each
 * lie the backend is killed, its guest gets a strike, and no other guest is affected.
 *
 * This program is also that backend. When it is started under the name gpum-backend, it reads the
 * plan: it tells the lie that the plan names, or else executes the real backend. The test writes
 * the plan before it creates the guest whose backend is to lie.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mediator/shared/protocol/client.h"
#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH  COCKPIT_WIDTH
#define HEIGHT COCKPIT_HEIGHT
#define BESIDE "/../taken-over/bin" /* relative to build/host/san */
#define SAID   3u		    /* most messages of a lie */

struct saying {
	uint32_t type;	/* 0: end of the list */
	bool with_file; /* send a picture's file descriptor with the message */
	bool after_run; /* wait for JOB_RUN first */
	struct gpum_msg msg;
};

static const struct lie {
	const char *name, *reason;
	struct saying say[SAID];
} lies[] = {
	{"a job that it did not announce has ended",
	 "a job ended that was not running",
	 {{.type = GPUM_MSG_JOB_DONE, .msg.done.id = 1}}},
	{"its job has ended before it was told to run",
	 "a job ended that was not running",
	 {{.type = GPUM_MSG_JOB_DONE,
	   .msg.done = {.id = 1, .next = {.id = 2, .kind = GPUM_JOB_SUBMIT}}}}},
	{"another job than the one that runs has ended",
	 "the job's id is not the expected one",
	 {{.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 5, .kind = GPUM_JOB_SUBMIT}},
	  {.type = GPUM_MSG_JOB_DONE, .after_run = true, .msg.done.id = 6}}},
	{"a third job is ready",
	 "a second job was announced while one is waiting",
	 {{.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 5, .kind = GPUM_JOB_SUBMIT}},
	  {.type = GPUM_MSG_JOB_READY,
	   .after_run = true,
	   .msg.job = {.id = 6, .kind = GPUM_JOB_SUBMIT}},
	  {.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 7, .kind = GPUM_JOB_SUBMIT}}}},
	{"a job that has ended is ready again",
	 "the job's id is not the expected one",
	 {{.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 5, .kind = GPUM_JOB_SUBMIT}},
	  {.type = GPUM_MSG_JOB_DONE,
	   .after_run = true,
	   .msg.done = {.id = 5, .next = {.id = 5, .kind = GPUM_JOB_SUBMIT}}}}},
	{"its job has ended twice",
	 "a job ended that was not running",
	 {{.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 5, .kind = GPUM_JOB_SUBMIT}},
	  {.type = GPUM_MSG_JOB_DONE, .after_run = true, .msg.done.id = 5},
	  {.type = GPUM_MSG_JOB_DONE, .msg.done.id = 5}}},
	{"its job is a composition, which goes before all others",
	 "a job of unknown kind",
	 {{.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 1, .kind = GPUM_JOB_COMPOSE}}}},
	{"its job is a verification",
	 "a job of unknown kind",
	 {{.type = GPUM_MSG_JOB_READY, .msg.job = {.id = 1, .kind = GPUM_JOB_VERIFY}}}},
	{"a frame on another's display",
	 "a frame for a display that it does not have",
	 {{.type = GPUM_MSG_FRAME,
	   .msg.frame = {.scanout = 1, .buffer_id = 1, .width = 8, .height = 8, .seq = 1}}}},
	{"a frame from another's buffer",
	 "a frame in a buffer that was not announced",
	 {{.type = GPUM_MSG_FRAME,
	   .msg.frame = {.buffer_id = 1, .width = 8, .height = 8, .seq = 1}}}},
	{"a frame beyond its buffer",
	 "a frame that is not inside its buffer",
	 {{.type = GPUM_MSG_BUFFER_ADD,
	   .with_file = true,
	   .msg.buffer =
		   {.id = 1, .width = 8, .height = 8, .stride = 32, .fourcc = DRM_FORMAT_XRGB8888}},
	  {.type = GPUM_MSG_FRAME,
	   .msg.frame = {.buffer_id = 1, .x = UINT32_MAX, .width = 8, .height = 8, .seq = 1}}}},
	{"a buffer whose rows overlap",
	 "a buffer with an impossible stride",
	 {{.type = GPUM_MSG_BUFFER_ADD,
	   .with_file = true,
	   .msg.buffer = {.id = 1,
			  .width = 8,
			  .height = 8,
			  .stride = 4,
			  .fourcc = DRM_FORMAT_XRGB8888}}}},
	{"another's display is off",
	 "a display that it does not have",
	 {{.type = GPUM_MSG_SCANOUT_OFF, .msg.id.id = 1}}},
	{"another's buffer is gone",
	 "the end of a buffer that was not announced",
	 {{.type = GPUM_MSG_BUFFER_REMOVE, .msg.id.id = 1}}},
	{"a cursor on another's display",
	 "a cursor on a display that it does not have",
	 {{.type = GPUM_MSG_CURSOR, .msg.cursor.scanout = 1}}},
	{"a verifier's message",
	 "a message that a backend does not send",
	 {{.type = GPUM_MSG_VERIFIED}}},
	{"a compositor's message",
	 "a message that a backend does not send",
	 {{.type = GPUM_MSG_PANEL_BUFFER,
	   .with_file = true,
	   .msg.buffer = {.id = 1,
			  .width = WIDTH,
			  .height = HEIGHT,
			  .stride = WIDTH * 4,
			  .fourcc = DRM_FORMAT_XRGB8888}}}},
	{"a second HELLO", "a second HELLO", {{.type = GPUM_MSG_HELLO, .msg.hello.version = 1}}},
	{"a message of the mediator",
	 "a message that a backend does not send",
	 {{.type = GPUM_MSG_JOB_RUN}}},
};
#define LIES (sizeof(lies) / sizeof(lies[0]))

/* --- The backend ------------------------------------------------------------------------------ */

#define HONEST LIES

/* The index of the lie to tell, or HONEST. It is in a file that both sides map; see main(). */
static size_t *plan;

static void say(const struct saying *s)
{
	struct gpum_msg msg = s->msg;
	int fd = s->with_file ? memfd_create("picture", MFD_CLOEXEC) : -1;

	gpum_msg_send(GPUM_CLIENT_FD, &msg, s->type, fd);
	if (fd >= 0)
		close(fd);
}

static bool wait_for(uint32_t type)
{
	struct gpum_msg msg;
	int fd;

	while (gpum_msg_recv(GPUM_CLIENT_FD, &msg, &fd) == 1)
		if (msg.type == type)
			return true;
	return false;
}

static int lie(const struct lie *l)
{
	const struct saying hello = {.type = GPUM_MSG_HELLO,
				     .msg.hello = {.version = GPUM_CLIENT_VERSION}};

	say(&hello);
	wait_for(GPUM_MSG_CONFIG);
	for (size_t i = 0; i < SAID && l->say[i].type; i++) {
		if (l->say[i].after_run && !wait_for(GPUM_MSG_JOB_RUN))
			return 0;
		say(&l->say[i]);
	}
	/* Live on: only the mediator may end this backend. */
	for (;;)
		pause();
}

/* --- The folder of the programs --------------------------------------------------------------- */

static char folder[PATH_MAX];

static void link_into_folder(const char *name, const char *from)
{
	char at[PATH_MAX + 32];

	snprintf(at, sizeof(at), "%s/%s", folder, name);
	unlink(at);
	if (symlink(from, at))
		perror(at);
}

/* Makes a folder in which this program takes the backend's place beside the real programs. */
static void make_folder(void)
{
	static const char *const real[] = {"gpu-mediatord", "fakexen", "gpumctl"};
	char self[PATH_MAX], from[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	char *at = strstr(self, "/tests/component/");
	if (!at)
		exit(99);
	snprintf(folder, sizeof(folder), "%.*s/../taken-over", (int)(at - self), self);
	mkdir(folder, 0755);
	strcat(folder, "/bin");
	mkdir(folder, 0755);
	link_into_folder("gpum-backend", self);
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		snprintf(from, sizeof(from), "%.*s/bin/%s", (int)(at - self), self, real[i]);
		link_into_folder(real[i], from);
	}
	snprintf(from, sizeof(from), "%.*s/bin/gpum-backend", (int)(at - self), self);
	setenv("HONEST_BACKEND", from, 1);
}

static int make_plan(void **state)
{
	static char path[] = "/tmp/taken-over.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || ftruncate(fd, sizeof(*plan)))
		return -1;
	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	setenv("TAKEN_OVER_PLAN", path, 1);
	make_folder();
	cockpit_use(BESIDE);
	return plan == MAP_FAILED ? -1 : 0;
}

static int drop_plan(void **state)
{
	(void)state;
	return unlink(getenv("TAKEN_OVER_PLAN"));
}

/* --- The test --------------------------------------------------------------------------------- */

static struct cockpit cockpit;
static struct guest cluster, ivi;

static int setup(void **state)
{
	(void)state;
	*plan = HONEST;
	return cockpit_start_pair(&cockpit, NULL, &cluster, &ivi);
}

static int teardown(void **state)
{
	(void)state;
	*plan = HONEST;
	return cockpit_stop_pair(&cockpit, &cluster, &ivi);
}

static json_int_t of_cluster(const char *what)
{
	return cockpit_of_guest(&cockpit, "cluster", NULL, what);
}

/* The guest returns as another domain, whose backend is started at once, without a pause. */
static void return_as(uint32_t domid)
{
	guest_destroy(&ivi);
	guest_finish(&ivi);
	guest_create(&ivi, domid, "ivi");
}

static void lying_backend_harms_only_its_own_guest(void **state)
{
	pid_t pid = cockpit_backend(&cockpit, "cluster");

	(void)state;
	for (size_t i = 0; i < LIES; i++) {
		*plan = i;
		return_as(20 + (uint32_t)i);
		if (!cockpit_wait_fault(&cockpit, "ivi", lies[i].reason, GUEST_PATIENCE))
			fail_msg("the mediator accepts: %s", lies[i].name);
		assert_int_equal(draw_transfer(&cluster, 1, WIDTH, HEIGHT),
				 VIRTIO_GPU_RESP_OK_NODATA);
		assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	}
	assert_int_equal(cockpit_backend(&cockpit, "cluster"), pid);
	assert_int_equal(of_cluster("strikes"), 0);
	/* With an honest backend the guest is served again. */
	*plan = HONEST;
	return_as(100);
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

static int play_the_guests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lying_backend_harms_only_its_own_guest, setup,
						teardown),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("taken over", tests, make_plan, drop_plan);
}

int main(int argc, char **argv)
{
	const char *path = getenv("TAKEN_OVER_PLAN");
	int fd;

	(void)argc;
	if (strcmp(program_invocation_short_name, "gpum-backend") != 0)
		return play_the_guests();
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	plan = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*plan), PROT_READ, MAP_SHARED, fd, 0);
	if (plan != MAP_FAILED && *plan < LIES)
		return lie(&lies[*plan]);
	execv(getenv("HONEST_BACKEND"), argv);
	return 127;
}

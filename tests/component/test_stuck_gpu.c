/* SPDX-License-Identifier: MIT */
/* While the GPU is stuck, the display shows the safe picture, which needs only the CPU. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"
#include "tests/component/cockpit/screen.h"

#define WIDTH  COCKPIT_WIDTH
#define HEIGHT COCKPIT_HEIGHT
#define DRAWN  1u /* colour of cockpit_start_pair() */
#define SAFE   0xa00b0cu
#define FREEZE 200u /* ms, as in the tree */
#define LABEL  "label = \"cluster\";"

static struct cockpit cockpit;
static struct guest cluster, ivi;
static char safe_file[] = "/tmp/stuck-gpu.XXXXXX";

static int setup(void **state)
{
	char more[256], *tree;
	int status, fd = mkstemp(safe_file);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	screen_write_png(safe_file, WIDTH, HEIGHT, SAFE);
	snprintf(more, sizeof(more), LABEL " freeze-timeout-ms = <200>; safe-picture = \"%s\";",
		 safe_file);
	tree = cockpit_changed_tree(cockpit_tree, LABEL, more);
	status = cockpit_start_pair(&cockpit, tree, &cluster, &ivi);
	free(tree);
	return status;
}

static int teardown(void **state)
{
	(void)state;
	unlink(safe_file);
	return cockpit_stop_pair(&cockpit, &cluster, &ivi);
}

/* The tree declares no kill time for ivi, so its endless job would be killed only after 30 s. */
static void stuck_gpu_brings_the_safe_picture_until_it_is_free(void **state)
{
	const struct virtio_gpu_transfer_to_host_2d c = {.hdr.type =
								 VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
							 .r = {.width = WIDTH, .height = HEIGHT},
							 .resource_id = 1};
	uint32_t frame;

	(void)state;
	assert_true(draw_context(&ivi, 1));
	draw_work(&ivi, 60000000);
	usleep(20000);
	/* The cluster draws its next frame, which waits for the GPU. */
	frame = guest_send(&cluster, 0, &c, sizeof(c), sizeof(struct virtio_gpu_ctrl_hdr));
	assert_true(screen_wait(&cockpit, "cluster", SAFE, 2 * FREEZE));
	usleep(5 * FREEZE * 1000);
	assert_int_equal(screen_colour(&cockpit, "cluster"), SAFE);
	assert_false(guest_answered(&cluster, 0, frame));
	kill(cockpit_backend(&cockpit, "ivi"), SIGKILL);
	assert_true(draw_finished(&cluster, frame));
	for (int i = 0; i < 6; i++)
		assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(screen_wait(&cockpit, "cluster", DRAWN, FREEZE));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(stuck_gpu_brings_the_safe_picture_until_it_is_free),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("stuck gpu", tests, NULL, NULL);
}

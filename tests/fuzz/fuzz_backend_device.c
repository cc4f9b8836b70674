/* SPDX-License-Identifier: MIT */
/*
 * A whole device with the simulated GPU, on rings of the fuzzer's making. The input is the pool
 * (descriptor tables, rings and commands), followed by a trailer that says in which order the
 * driver, the mediator and time act. In the end, every mapped page must be unmapped, and the
 * mediator must have received only messages that the protocol allows.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/device/device.h"
#include "tests/fuzz/grants.h"

#define POOL_BYTES (64u * 4096u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t now;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint64_t clock_us(void *opaque)
{
	(void)opaque;
	return now;
}

/* The mediator's state. */
struct mediator {
	int socket;
	uint64_t waiting, running, last_id;
	uint64_t frame[GPUM_MAX_SCANOUTS];
	uint32_t pending;
};

static void note_job(struct mediator *m, const struct gpum_job *job)
{
	require(m->waiting == 0 && job->id > m->last_id);
	m->waiting = m->last_id = job->id;
}

static void listen_to(struct mediator *m)
{
	struct gpum_msg msg;
	char byte;
	int fd;

	while (recv(m->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
		require(gpum_msg_recv(m->socket, &msg, &fd) == 1);
		if (fd >= 0)
			close(fd);
		if (msg.type == GPUM_MSG_JOB_READY) {
			require(m->running == 0 && m->pending == 0);
			note_job(m, &msg.job);
		} else if (msg.type == GPUM_MSG_JOB_DONE) {
			require(msg.done.id == m->running);
			m->running = 0;
			if (msg.done.next.kind)
				note_job(m, &msg.done.next);
		} else if (msg.type == GPUM_MSG_FRAME) {
			require(msg.frame.scanout < 2 && m->running == 0);
			require(!(m->pending >> msg.frame.scanout & 1));
			require(msg.frame.seq > m->frame[msg.frame.scanout]);
			m->frame[msg.frame.scanout] = msg.frame.seq;
			m->pending |= 1u << msg.frame.scanout;
		}
	}
}

static int act(struct device *dev, struct mediator *m, uint8_t what, uint8_t *pool)
{
	uint64_t id = m->waiting;
	uint32_t scanout = what >> 4 & 1;

	switch (what & 7) {
	case 0: /* the driver makes more chains available */
		pool[1024 + 2] = (uint8_t)(pool[1024 + 2] + (what >> 3));
		return device_pump(dev);
	case 1:
		if (id == 0 || m->running)
			return 0;
		m->waiting = 0;
		m->running = id;
		return device_job_run(dev, id);
	case 2:
		if (!(m->pending >> scanout & 1))
			return 0;
		m->pending &= ~(1u << scanout);
		return device_frame_shown(dev, scanout, m->frame[scanout]);
	case 3:
		now += 1000;
		return device_poll(dev);
	case 4: /* the driver overwrites a command */
		pool[4096 + what * 16u] ^= what;
		return device_pump(dev);
	default:
		return device_pump(dev);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(4096) uint8_t pool[POOL_BYTES];
	const struct vgpu_queue setup[2] = {
		{.size = 32, .enabled = 1, .desc = 0, .driver = 1024, .device = 2048},
		{.size = 16, .enabled = 1, .desc = 512, .driver = 1536, .device = 3072},
	};
	struct gpum_config config = {.domid = 1,
				     .max_job_draws = 1,
				     .num_scanouts = 2,
				     .memory_mib = 1,
				     .max_granted_mib = 1,
				     .max_contexts = 2,
				     .max_resources = 4,
				     .max_command_bytes = 4096};
	struct virtqueue control, cursor;
	struct mediator m = {0};
	struct granted granted;
	int sockets[2];

	if (size < 16 || size > POOL_BYTES)
		return 0;
	size_t acts = size / 4 < 64 ? size / 4 : 64;
	memset(pool, 0, sizeof(pool));
	memcpy(pool, data, size - acts);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) < 0)
		return 0;
	m.socket = sockets[0];
	now = 1;
	struct gpu *gpu = gpu_sim_create(clock_us, NULL);
	granted_open(&granted, 1);
	struct device *dev = device_create(&config, gpu, &granted, sockets[1]);
	require(vq_init(&control, pool, sizeof(pool), &setup[0], data[0] & 1) == 0);
	require(vq_init(&cursor, pool, sizeof(pool), &setup[1], data[0] & 1) == 0);
	device_start(dev, &control, &cursor, device_features(dev));
	int err = device_pump(dev);
	for (size_t i = 0; i < acts && err >= 0; i++) {
		listen_to(&m);
		err = act(dev, &m, data[size - acts + i], pool);
	}
	listen_to(&m);
	device_destroy(dev);
	gpu->ops->destroy(gpu);
	granted_close(&granted);
	close(sockets[0]);
	close(sockets[1]);
	require(grants_mapped == 0 && granted.pages == 0);
	return 0;
}

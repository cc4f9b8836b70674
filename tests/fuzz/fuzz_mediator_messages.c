/* SPDX-License-Identifier: MIT */
/*
 * The real daemon, in virtual time, with backends that their guests have taken over: three guests
 * whose backends were left by an earlier mediator, a panel that they share, and another panel that
 * belongs to one of them. The input is what two of the backends send, print and do, and when. The
 * third guest's backend and the compositor obey the protocol (mediator_messages/). In all cases:
 *
 * - neither of these two is killed, and the mediator kills only its own clients;
 * - the messages to the two are valid: no job twice, each frame answered, and a picture's layers
 *   are known to the compositor, belong to the right guest and lie inside their buffers;
 * - in the end the honest guest's job still gets its turn, and its frame is shown;
 * - no backend has more buffers than GPUM_MAX_BUFFERS, and each buffer has a key of its own;
 * - a line of the log is one line of printable characters, and the status can be made;
 * - when the daemon ends, no descriptor is left open and no watcher active.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/guest/xenstore.h"
#include "mediator/shared/protocol/packet.h"
#include "tests/fuzz/mediator_messages/world.h"

#define HONEST		  0u
#define STATUS_CHECKS_MAX 2u
#define ACTS_MAX	  96u
#define ROUNDS_MAX	  6u /* rounds of messages at one time */
#define TICK_NS		  UINT64_C(16666667)
#define SETTLE_TICKS	  16u
#define SETTLE_TURNS	  100u /* after the ticks 0.5 s each: exceeds all time-outs */
#define DESCRIPTORS	  256u /* descriptors that are tested for leaks */
#define PRINTED_MAX	  1024u
#define NS_PER_MS	  UINT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

static const struct options options = {.libexec = "/",
				       .output = "none",
				       .gpu = "sim",
				       .render_node = "/",
				       .card_fd = -1,
				       .keeper_fd = -1};
static uint64_t next_tick_ns;
static struct xenstore_view view;
static uint32_t status_checks_left; /* calls of check_status() left */

static const uint8_t *next;
static size_t left;

static uint8_t take(void)
{
	if (left == 0)
		return 0;
	left--;
	return *next++;
}

/* --- messages to the clients ----------------------------------------------------------------- */

static void on_liar_message(struct process *p, const struct gpum_msg *msg)
{
	if (msg->type == GPUM_MSG_JOB_RUN)
		p->running = msg->run.id;
}

static void read_messages(struct process *p)
{
	struct gpum_msg msg;
	int fd, got;

	for (; p->unread > 0 && p->socket >= 0; p->unread--) {
		/*
		 * The kernel reports this once before the queued messages, if the mediator closed
		 * without reading all.
		 */
		do
			got = gpum_msg_recv(p->socket, &msg, &fd);
		while (got == -ECONNRESET);
		require(got == 1);
		close_end(&fd);
		if (p->role == HONEST_BACKEND)
			on_honest_message(p, &msg);
		else if (p->role == COMPOSITOR)
			on_compositor_message(p, &msg);
		else
			on_liar_message(p, &msg);
	}
}

/* Let every client read its messages. Returns whether there were any. */
static bool read_all_messages(void)
{
	bool heard = false;

	for (uint32_t i = 0; i < SLOTS; i++) {
		struct process *p = &world.process[i];

		if (!p->role || p->reaped || p->deaf || p->socket < 0 || p->unread == 0)
			continue;
		heard = true;
		read_messages(p);
	}
	return heard;
}

/* Let the daemon and its clients react to each other until there is nothing to do at this time. */
static void run_daemon(void)
{
	bool heard = true;

	for (uint32_t i = 0; i < ROUNDS_MAX && heard; i++) {
		ev_run(world.m.loop, EVRUN_NOWAIT);
		reap_processes();
		heard = read_all_messages();
	}
}

static void advance(uint64_t ns)
{
	const uint64_t one = 1;

	world.now_ns += ns;
	for (uint32_t i = 0; i < world.ticks && world.now_ns >= next_tick_ns; i++)
		require(write(world.tick[i], &one, sizeof(one)) == sizeof(one));
	if (world.now_ns >= next_tick_ns)
		next_tick_ns = world.now_ns + TICK_NS;
	run_daemon();
}

/* --- the lying backends ---------------------------------------------------------------------- */

static void send_packet(const struct process *p, struct gpum_msg *msg, size_t size, uint32_t fds)
{
	const struct packet packet = {
		.data = msg, .size = size, .fd = {world.picture, world.picture}, .num_fds = fds};

	if (p->socket >= 0)
		packet_send(p->socket, &packet);
}

static void fill(struct gpum_msg *msg)
{
	uint8_t *bytes = (uint8_t *)msg;
	size_t count = take();

	for (size_t i = 8; i < 8 + count && i < sizeof(*msg); i++)
		bytes[i] = take();
}

/*
 * Any bytes as any message. In the flags byte, bits 0-1 give the number of descriptors, bits 2-3
 * and 4-5 what is wrong with the packet's size and the size in its header: nothing, too short, too
 * long, far too long.
 */
static void send_anything(const struct process *p)
{
	static const int wrong[] = {0, -4, 8, 512};
	struct gpum_msg msg = {.type = take()};
	uint8_t flags = take();
	uint32_t size = gpum_msg_size(msg.type);
	size_t packet;

	size = size ? size : 8;
	packet = size + (size_t)(ssize_t)wrong[flags >> 2 & 3];
	msg.size = size + (uint32_t)wrong[flags >> 4 & 3];
	fill(&msg);
	if (flags & 0x80)
		msg.type |= UINT32_C(0x100);
	send_packet(p, &msg, packet < sizeof(msg) ? packet : sizeof(msg), flags % 4 % 3);
}

static void send_well_formed(struct process *p, struct gpum_msg *msg, uint32_t type)
{
	send_message(p, msg, type, type == GPUM_MSG_BUFFER_ADD ? world.picture : -1);
}

/* A well-formed message, whose two arguments may make it invalid. */
static void send_something(struct process *p)
{
	uint8_t what = take(), a = take(), b = take();
	struct gpum_msg msg = {0};

	switch (what % 12) {
	case 0:
		send_hello(p);
		return;
	case 1:
		p->job += b;
		announce_job(p, 1 + a % 3u);
		return;
	case 2:
		msg.done = (struct gpum_job_done){.id = p->running, .failed = a & 1};
		if (b)
			msg.done.next =
				(struct gpum_job){.id = ++p->job, .kind = 1 + b % 2u, .bytes = b};
		send_well_formed(p, &msg, GPUM_MSG_JOB_DONE);
		return;
	case 3:
		msg.buffer = any_buffer(a, b & 1 ? WIDTH : 64, HEIGHT);
		msg.buffer.y_inverted = b >> 1 & 1;
		send_well_formed(p, &msg, GPUM_MSG_BUFFER_ADD);
		return;
	case 4:
		for (uint32_t i = 0; i < b % (BUFFERS_MAX + 1); i++) {
			msg.buffer = any_buffer(a + i, WIDTH, HEIGHT);
			send_well_formed(p, &msg, GPUM_MSG_BUFFER_ADD);
		}
		return;
	case 5:
		msg.id.id = a;
		send_well_formed(p, &msg, GPUM_MSG_BUFFER_REMOVE);
		return;
	case 6:
		show(p, b % GPUM_MAX_SCANOUTS, a);
		return;
	case 7:
		msg.id.id = a;
		send_well_formed(p, &msg, GPUM_MSG_SCANOUT_OFF);
		return;
	case 8:
		msg.cursor = (struct gpum_cursor){
			.scanout = b & 1, .buffer_id = a, .x = (int8_t)b, .y = b << 8};
		send_well_formed(p, &msg, GPUM_MSG_CURSOR);
		return;
	case 9:
		memset(&msg.state, a, sizeof(msg.state));
		send_well_formed(p, &msg, GPUM_MSG_STATE);
		return;
	case 10:
		memset(msg.fault.reason, a, b % (sizeof(msg.fault.reason) + 1));
		send_well_formed(p, &msg, GPUM_MSG_FAULT);
		return;
	default:
		send_well_formed(p, &msg, GPUM_MSG_PONG);
	}
}

static void print(const struct process *p)
{
	uint8_t text[PRINTED_MAX];
	size_t count = take() * 4u;

	memset(text, take(), sizeof(text));
	for (size_t i = 0; i < count && left; i += 1 + text[i] % 8)
		text[i] = take();
	if (p->log >= 0 && write(p->log, text, count) < 0)
		return; /* the pipe is full */
}

/* A guest appears, is detached by dom0 or leaves, or another domain takes its name. */
static void change_xenstore(uint32_t guest)
{
	struct xenstore_device *d = &view.device[guest];
	uint8_t how = take();

	d->online = how & 1;
	d->frontend_state = how >> 1 & 7;
	d->backend_state = how >> 4 & 7;
	if (how & 0x80)
		d->domid += GUESTS;
	guests_update(&world.m.guests, &view);
}

static void check_status_sometimes(void)
{
	if (status_checks_left == 0)
		return;
	status_checks_left--;
	check_status();
}

static void act(void)
{
	uint8_t what = take();
	struct process *p = find_process(world.m.guests.guest[1 + (what >> 7)].backend.pid);

	if (!p || p->reaped) {
		advance(NS_PER_MS);
		return;
	}
	switch (what % 16) {
	case 0:
	case 1:
		send_anything(p);
		return;
	case 2:
	case 3:
	case 4:
	case 5:
		send_something(p);
		return;
	case 6:
		run_daemon();
		return;
	case 7:
	case 8:
		advance((uint64_t)take() * NS_PER_MS);
		return;
	case 9:
		advance((uint64_t)take() * 16 * NS_PER_MS);
		return;
	case 10:
		close_end(&p->socket);
		return;
	case 11:
		end_process(p, take());
		return;
	case 12:
		print(p);
		return;
	case 13:
		p->deaf = !p->deaf;
		return;
	case 14:
		change_xenstore(1 + (what >> 6 & 1));
		return;
	default:
		check_status_sometimes();
	}
}

/*
 * --- one run -----------------------------------------------------------------------------------
 */

/* The state that main() prepares before it starts anything. */
static struct mediator prepared;

static void prepare(void)
{
	if (prepared.options)
		return;
	signal(SIGPIPE, SIG_IGN);
	log_set_level("error");
	parse_tree(&prepared.config);
	admission_check(&prepared.config, &prepared.admission);
	require(!admission_refused(&prepared.admission));
	prepared.options = &options;
	world.picture = memfd_create("picture", MFD_CLOEXEC);
}

static void fill_view(void)
{
	static const char *const names[GUESTS] = {"cluster", "ivi", "seat"};

	memset(&view, 0, sizeof(view));
	view.num_devices = GUESTS;
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct xenstore_device *d = &view.device[i];

		d->domid = FIRST_DOMID + i;
		d->matches = d->online = true;
		d->frontend_state = d->backend_state = XENSTORE_CONNECTED;
		snprintf(d->domain_name, sizeof(d->domain_name), "%s", names[i]);
	}
}

static void start(uint8_t how)
{
	const struct keeper_msg ready = {.type = KEEPER_MSG_READY};
	int sockets[2];

	world.m = prepared;
	forget_layers();
	world.ticks = 0;
	world.jobs_run = world.frames_shown = 0;
	world.stopping = false;
	status_checks_left = STATUS_CHECKS_MAX;
	world.last_pid = FIRST_PID;
	world.now_ns = 1000 * NS_PER_S;
	next_tick_ns = world.now_ns;
	fill_view();
	world.m.loop = ev_loop_new(EVFLAG_AUTO);
	require(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
	world.keeper = sockets[0];
	hand_over(HONEST_SLOT, "backend of cluster", FIRST_DOMID, false);
	hand_over(LIAR_SLOT, "backend of ivi", FIRST_DOMID + 1, how & 1);
	hand_over(LIAR2_SLOT, "backend of seat", FIRST_DOMID + 2, how & 2);
	hand_over(COMPOSITOR_SLOT, "compositor of panel-0", 0, false);
	require(keeper_send(world.keeper, &ready, NULL) == 0);
	world.m.started_ns = world.m.window_ns = world.now_ns;
	require(clients_init(&world.m.clients, world.m.loop, options.libexec, world.m.config.policy,
			     &world.m.config.costs, sockets[1], world.m.started_ns));
	guests_init(&world.m.guests, world.m.loop, &options, &world.m.config, &world.m.admission,
		    &world.m.clients, &world.m.displays);
	require(displays_init(&world.m.displays, world.m.loop, &options, &world.m.config,
			      &world.m.clients));
	clients_end_unwanted(&world.m.clients);
	/* Most messages are valid only after HELLO. */
	for (uint32_t i = LIAR_SLOT; i <= LIAR2_SLOT; i++)
		if (how % 16 < 12)
			send_hello(&world.process[i]);
	run_daemon();
}

static void stop(void)
{
	world.stopping = true;
	guests_finish(&world.m.guests);
	displays_finish(&world.m.displays);
	clients_finish(&world.m.clients);
	require(!ev_run(world.m.loop, EVRUN_NOWAIT));
	ev_loop_destroy(world.m.loop);
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (!world.process[i].role)
			continue;
		close_end(&world.process[i].socket);
		close_end(&world.process[i].log);
		world.process[i].role = FREE;
	}
	close(world.keeper);
}

static void check_key(const struct source *owner, struct buffer *b)
{
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct source *s = &world.m.displays.source[i];

		require(buffers_find_key(&s->buffers, b->key) == (s == owner ? b : NULL));
	}
}

static void check_buffers(void)
{
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct buffers *b = &world.m.displays.source[i].buffers;
		uint32_t announced = 0;

		for (uint32_t j = 0; j < BUFFERS_MAX; j++) {
			announced += b->buffer[j].key && b->buffer[j].id;
			if (b->buffer[j].key)
				check_key(&world.m.displays.source[i], &b->buffer[j]);
		}
		require(announced == b->announced && announced <= GPUM_MAX_BUFFERS);
	}
}

/* The liars fall silent, without giving back the GPU: the honest guest must still get it. */
static void settle(void)
{
	uint64_t jobs = world.jobs_run + 1, frames = world.frames_shown + 1;

	for (uint32_t i = 0;
	     i < SETTLE_TURNS && (world.jobs_run < jobs || world.frames_shown < frames); i++)
		advance(i < SETTLE_TICKS ? TICK_NS : NS_PER_S / 2);
	require(world.jobs_run >= jobs && world.frames_shown >= frames);
	require(world.m.guests.guest[HONEST].life.state == GUEST_RUNNING &&
		client_ready(&world.m.guests.guest[HONEST].backend));
	require(world.m.guests.guest[HONEST].life.strikes.total == 0 &&
		world.m.displays.panel[0].compositor.process.restarts == 0);
}

/* The number of closed descriptors below DESCRIPTORS. */
static int count_closed(void)
{
	struct pollfd fds[DESCRIPTORS];
	int count = 0;

	for (int i = 0; i < (int)DESCRIPTORS; i++)
		fds[i] = (struct pollfd){.fd = i};
	poll_now(fds, DESCRIPTORS);
	for (uint32_t i = 0; i < DESCRIPTORS; i++)
		count += (fds[i].revents & POLLNVAL) != 0;
	return count;
}

/* A run frees little memory; a small quarantine keeps ASan's memory in the CPU caches. */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=8";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int closed;

	next = data;
	left = size;
	prepare();
	closed = count_closed();
	start(take());
	for (uint32_t i = 0; i < ACTS_MAX && left; i++)
		act();
	run_daemon();
	check_buffers();
	settle();
	check_buffers();
	stop();
	require(count_closed() == closed);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Backends that their guests have taken over, and the real daemon, in virtual time: three guests
 * whose backends an earlier mediator has left, a panel that they share and another that one of them
 * has alone. The input is what two of the backends say, print and do, and when. The third guest's
 * backend and the compositor obey the protocol. Whatever happens:
 *
 * - neither of these two is killed, and only processes are that the mediator has;
 * - what it says to the two makes sense: no job twice, each frame answered, a picture's layers are
 *   known to the compositor, of the right guest and inside their buffers;
 * - in the end the honest guest's job still gets its turn, and its frame is shown;
 * - nobody has more buffers than GPUM_MAX_BUFFERS, each has a key of its own;
 * - a line of the log is one line of printable characters, and the status can be told;
 * - when it ends, no descriptor is left open and no watcher active.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/report.h"
#include "mediator/daemon/xenstore.h"
#include "mediator/protocol/packet.h"
#include "mediator/sandbox/inspect.h"
#include "mediator/sandbox/sandbox.h"

#define GUESTS	     3u
#define HONEST	     0u
#define PANELS	     2u
#define WIDTH	     128u
#define HEIGHT	     64u /* of a display */
#define FIRST_DOMID  1u
#define FIRST_PID    10000000 /* Linux gives none that is so high */
#define LAYERS	     256u     /* that the compositor can know: buffers of all guests */
#define MAX_CURSOR   256u     /* pixels */
#define LOOKS_MAX    2u
#define ACTS_MAX     96u
#define ROUNDS_MAX   6u /* of question and answer at one time */
#define TICK_NS	     UINT64_C(16666667)
#define SETTLE_TICKS 16u
#define SETTLE_TURNS 100u /* the others of 0.5 s: each limit of the mediator's is reached */
#define DESCRIPTORS  256u /* that are looked at for leaks */
#define BLOB_BYTES   4096u
#define PRINTED_MAX  1024u
#define SMALL_BUFFER 1 /* bytes: the kernel makes it the least there can be */
#define NS_PER_S     UINT64_C(1000000000)
#define NS_PER_MS    UINT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum role { FREE = 0, HONEST_BACKEND, COMPOSITOR, LIAR };

/* The other end of a client of the mediator's. */
struct process {
	enum role role;
	pid_t pid;
	int socket, log;  /* its ends; -1: closed */
	bool killed;	  /* and the keeper has not noticed */
	bool reaped;	  /* by the keeper, which has said so */
	bool deaf;	  /* it does not read */
	uint64_t job;	  /* the last that it has announced */
	uint64_t running; /* 0: none */
	uint64_t seq[GPUM_MAX_SCANOUTS];
};

struct layer {
	uint32_t id; /* 0: none */
	struct gpum_buffer is;
};

/* Of those that lie, two may be over while the mediator starts two others. */
enum { HONEST_SLOT, COMPOSITOR_SLOT, LIAR_SLOT, LIAR2_SLOT, SLOTS = LIAR2_SLOT + 3 };

static struct process processes[SLOTS];
static struct mediator m;
static const struct options options = {.libexec = "/",
				       .output = "none",
				       .gpu = "sim",
				       .render_node = "/",
				       .card_fd = -1,
				       .keeper_fd = -1};
static uint64_t now_ns, next_tick_ns;
static int keeper, picture;
static int tick[PANELS];
static uint32_t ticks;
static pid_t last_pid;
static bool stopping;
static struct layer layers[LAYERS];
static uint64_t jobs_run, frames_shown; /* the honest guest's */
static struct xenstore_view view;
static uint32_t looks_left; /* at the status */

static const uint8_t *next;
static size_t left;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint8_t take(void)
{
	if (left == 0)
		return 0;
	left--;
	return *next++;
}

/* --- What the daemon stands on -------------------------------------------------------------- */

uint64_t mediator_now(void)
{
	return now_ns;
}

/* libev's, too. The fuzzer's own clock is another. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_MONOTONIC || !now_ns)
		return (int)syscall(SYS_clock_gettime, clock, t);
	t->tv_sec = (time_t)(now_ns / NS_PER_S);
	t->tv_nsec = (long)(now_ns % NS_PER_S);
	return 0;
}

int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *spec,
			   struct itimerspec *before);
int __real_keeper_send(int socket, const struct keeper_msg *msg, const int *fds);
int __wrap_keeper_send(int socket, const struct keeper_msg *msg, const int *fds);
int __wrap_kill(pid_t pid, int sig);
pid_t __wrap_waitpid(pid_t pid, int *status, int flags);
int __wrap_access(const char *path, int mode);
void __wrap_log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
pid_t __wrap_sandbox_spawn(const char *path, char *const arguments[], int socket, int as,
			   int output, bool sibling);
bool __wrap_sandbox_inspect(pid_t pid, struct sandbox_state *state);

/* A panel's: it expires when time passes. */
int __wrap_timerfd_create(int clock, int flags)
{
	(void)clock;
	(void)flags;
	require(ticks < PANELS);
	tick[ticks] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return tick[ticks++];
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *spec,
			   struct itimerspec *before)
{
	(void)fd;
	(void)flags;
	(void)spec;
	(void)before;
	return 0;
}

static struct process *find_process(pid_t pid)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (processes[i].role && processes[i].pid == pid)
			return &processes[i];
	return NULL;
}

/* The fuzzer's own alarm may interrupt it. */
static int look(struct pollfd *fds, nfds_t count)
{
	int ready;

	do
		ready = poll(fds, count, 0);
	while (ready < 0 && errno == EINTR);
	require(ready >= 0);
	return ready;
}

static bool is_keeper_heard(void)
{
	struct pollfd p = {.fd = m.kept.fd, .events = POLLIN};

	return look(&p, 1) == 0;
}

/* One that it has been told is reaped may be another process by now. */
static void ask_to_kill(pid_t pid)
{
	struct process *p = find_process(pid);

	require(p && (p->role == LIAR || stopping));
	require(!p->reaped || !is_keeper_heard());
	p->killed = true;
}

/* The keeper hears at once what the mediator says, and keeps nothing. */
int __wrap_keeper_send(int socket, const struct keeper_msg *msg, const int *fds)
{
	if (socket == keeper)
		return __real_keeper_send(socket, msg, fds);
	require(socket == m.kept.fd && (msg->type == KEEPER_KEEP || msg->type == KEEPER_KILL));
	if (msg->type == KEEPER_KILL)
		ask_to_kill(msg->pid);
	return 0;
}

/* Only who waits for a process may kill it. */
int __wrap_kill(pid_t pid, int sig)
{
	(void)pid;
	(void)sig;
	abort();
}

pid_t __wrap_waitpid(pid_t pid, int *status, int flags)
{
	require(find_process(pid) && stopping && flags == 0);
	*status = SIGKILL;
	return pid;
}

int __wrap_access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return 0;
}

void __wrap_log_line(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (const char *c = line; *c; c++)
		require(*c >= ' ' && *c <= '~');
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct process *become(uint32_t slot, int socket, int log)
{
	static const enum role roles[] = {HONEST_BACKEND, COMPOSITOR, LIAR};
	struct process *p = &processes[slot];

	*p = (struct process){.role = roles[slot < LIAR_SLOT ? slot : LIAR_SLOT],
			      .pid = ++last_pid,
			      .socket = socket,
			      .log = log};
	return p;
}

static int keep_end(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	require(own >= 0 && fcntl(own, F_SETFL, O_NONBLOCK) == 0);
	return own;
}

/* Only backends that have lied are ever started again. */
pid_t __wrap_sandbox_spawn(const char *path, char *const arguments[], int socket, int as,
			   int output, bool sibling)
{
	(void)arguments;
	require(!strcmp(path, "//gpum-backend") && as == GPUM_CLIENT_FD && sibling);
	for (uint32_t i = LIAR_SLOT; i < SLOTS; i++)
		if (!processes[i].role)
			return become(i, keep_end(socket), keep_end(output))->pid;
	abort();
}

bool __wrap_sandbox_inspect(pid_t pid, struct sandbox_state *state)
{
	(void)state;
	require(find_process(pid) != NULL);
	return false;
}

uint64_t xenstore_refuse(struct xenstore *x, uint32_t domid, const char *reason)
{
	(void)x;
	(void)domid;
	for (const char *c = reason; *c; c++)
		require(*c >= ' ' && *c <= '~');
	return 0;
}

void xenstore_absolve(struct xenstore *x, uint32_t domid)
{
	(void)x;
	(void)domid;
}

void xenstore_forget(struct xenstore *x, uint32_t domid)
{
	(void)x;
	(void)domid;
}

/* --- The keeper ----------------------------------------------------------------------------- */

static void tell_end(struct process *p, int status)
{
	const struct keeper_msg msg = {.type = KEEPER_ENDED, .pid = p->pid, .status = status};

	close_end(&p->socket);
	close_end(&p->log);
	p->reaped = true;
	require(keeper_send(keeper, &msg, NULL) == 0);
}

static void bury(void)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct process *p = &processes[i];

		if (p->role && !p->reaped && p->killed)
			tell_end(p, SIGKILL);
		else if (p->role && p->reaped && is_keeper_heard())
			p->role = FREE;
	}
}

static void hand_over(uint32_t slot, const char *name, uint32_t domid, bool small)
{
	struct keeper_msg msg = {.type = KEEPER_KEPT, .domid = domid};
	int sockets[2], log[2], fds[2], bytes = SMALL_BUFFER;

	require(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets));
	require(!pipe2(log, O_NONBLOCK | O_CLOEXEC));
	if (small)
		setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	msg.pid = become(slot, sockets[1], log[1])->pid;
	snprintf(msg.name, sizeof(msg.name), "%s", name);
	fds[0] = sockets[0];
	fds[1] = log[0];
	require(keeper_send(keeper, &msg, fds) == 0);
	close(sockets[0]);
	close(log[0]);
}

/* --- Who obeys ------------------------------------------------------------------------------ */

static void say(const struct process *p, struct gpum_msg *msg, uint32_t type, int fd)
{
	if (p->socket >= 0)
		gpum_msg_send(p->socket, msg, type, fd);
}

static void say_hello(const struct process *p)
{
	struct gpum_msg msg = {.hello = {.version = GPUM_CLIENT_VERSION,
					 .resume = m.started_ns,
					 .renderer = "any GPU"}};

	say(p, &msg, GPUM_MSG_HELLO, -1);
}

static struct gpum_buffer any_buffer(uint32_t id, uint32_t width, uint32_t height)
{
	return (struct gpum_buffer){.id = id,
				    .width = width,
				    .height = height,
				    .stride = width * 4,
				    .fourcc = DRM_FORMAT_XRGB8888};
}

static void announce_job(struct process *p, uint32_t kind)
{
	struct gpum_msg msg = {.job = {.id = ++p->job, .kind = kind, .bytes = 8}};

	say(p, &msg, GPUM_MSG_JOB_READY, -1);
}

static void end_job(struct process *p)
{
	struct gpum_msg msg = {.done = {.id = p->job}};

	say(p, &msg, GPUM_MSG_JOB_DONE, -1);
}

static void show(struct process *p, uint32_t scanout, uint32_t buffer)
{
	struct gpum_msg msg = {.frame = {.scanout = scanout,
					 .buffer_id = buffer,
					 .width = WIDTH,
					 .height = HEIGHT,
					 .seq = ++p->seq[scanout]}};

	say(p, &msg, GPUM_MSG_FRAME, -1);
}

static void start_drawing(struct process *p)
{
	for (uint32_t i = 1; i <= 2; i++) {
		struct gpum_msg msg = {.buffer = any_buffer(i, WIDTH, HEIGHT)};

		say(p, &msg, GPUM_MSG_BUFFER_ADD, picture);
	}
	announce_job(p, GPUM_JOB_SUBMIT);
}

/* A frame is one job; the next begins when it is shown. */
static void hear_honest(struct process *p, const struct gpum_msg *msg)
{
	struct gpum_msg pong = {0};

	switch (msg->type) {
	case GPUM_MSG_RESUME:
		say_hello(p);
		return;
	case GPUM_MSG_CONFIG:
		require(msg->config.domid == FIRST_DOMID && msg->config.num_scanouts == 1);
		start_drawing(p);
		return;
	case GPUM_MSG_JOB_RUN:
		require(msg->run.id == p->job);
		end_job(p);
		jobs_run++;
		show(p, 0, 1 + (uint32_t)(p->seq[0] & 1));
		return;
	case GPUM_MSG_FRAME_SHOWN:
		require(msg->shown.scanout == 0 && msg->shown.seq == p->seq[0]);
		frames_shown++;
		announce_job(p, GPUM_JOB_SUBMIT);
		return;
	case GPUM_MSG_PING:
		say(p, &pong, GPUM_MSG_PONG, -1);
		return;
	default:
		abort();
	}
}

static struct layer *find_layer(uint32_t id)
{
	for (uint32_t i = 0; i < LAYERS; i++)
		if (layers[i].id == id)
			return &layers[i];
	return NULL;
}

static void add_layer(const struct gpum_buffer *b)
{
	struct layer *l = find_layer(0);

	require(l && b->id && !find_layer(b->id));
	*l = (struct layer){.id = b->id, .is = *b};
}

static void check_layer(const struct gpum_layer *l, bool kept)
{
	const struct layer *known = l->buffer_id ? find_layer(l->buffer_id) : NULL;
	struct gpum_rect s = l->source;

	/* Each guest has one display there, in their order. */
	require(l->clip.y % (int)HEIGHT == 0 && l->clip.width == WIDTH && l->clip.height == HEIGHT);
	if (!l->buffer_id || kept)
		return;
	require(known && s.x >= 0 && s.y >= 0);
	require(!l->blend || (s.width <= MAX_CURSOR && s.height <= MAX_CURSOR));
	require((uint64_t)s.x + s.width <= known->is.width &&
		(uint64_t)s.y + s.height <= known->is.height);
	for (uint32_t i = 0; i < GUESTS; i++)
		require(l->clip.y == (int)(i * HEIGHT) ||
			!buffers_find_key(&m.guest[i], l->buffer_id));
}

static void compose(struct process *p, const struct gpum_compose *c)
{
	require(c->panel_buffer < GPUM_PANEL_BUFFERS && c->num_layers <= GPUM_MAX_LAYERS);
	for (uint32_t i = 0; i < c->num_layers; i++)
		check_layer(&c->layer[i], c->keep & UINT32_C(1) << i);
	announce_job(p, GPUM_JOB_COMPOSE);
}

static void bring_panel_buffers(const struct process *p)
{
	for (uint32_t i = 1; i <= GPUM_PANEL_BUFFERS; i++) {
		struct gpum_msg msg = {.buffer = any_buffer(i, WIDTH, GUESTS * HEIGHT)};

		say(p, &msg, GPUM_MSG_PANEL_BUFFER, picture);
	}
}

static void hear_compositor(struct process *p, const struct gpum_msg *msg)
{
	struct gpum_msg pong = {0};
	struct layer *l;

	switch (msg->type) {
	case GPUM_MSG_RESUME:
		say_hello(p);
		return;
	case GPUM_MSG_PANEL:
		bring_panel_buffers(p);
		return;
	case GPUM_MSG_LAYER_ADD:
		add_layer(&msg->buffer);
		return;
	case GPUM_MSG_LAYER_REMOVE:
		l = msg->id.id ? find_layer(msg->id.id) : NULL;
		require(l != NULL);
		l->id = 0;
		return;
	case GPUM_MSG_COMPOSE:
		compose(p, &msg->compose);
		return;
	case GPUM_MSG_JOB_RUN:
		require(msg->run.id == p->job);
		end_job(p);
		return;
	case GPUM_MSG_PING:
		say(p, &pong, GPUM_MSG_PONG, -1);
		return;
	default:
		abort();
	}
}

static void hear_liar(struct process *p, const struct gpum_msg *msg)
{
	if (msg->type == GPUM_MSG_JOB_RUN)
		p->running = msg->run.id;
}

static void hear(struct process *p)
{
	struct gpum_msg msg;
	int fd;

	while (gpum_msg_recv(p->socket, &msg, &fd) == 1) {
		close_end(&fd);
		if (p->role == HONEST_BACKEND)
			hear_honest(p, &msg);
		else if (p->role == COMPOSITOR)
			hear_compositor(p, &msg);
		else
			hear_liar(p, &msg);
	}
}

/* Whether anybody was told anything. */
static bool hear_all(void)
{
	struct pollfd waiting[SLOTS];
	bool heard = false;

	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct process *p = &processes[i];
		bool hears = p->role && !p->reaped && !p->deaf;

		waiting[i] = (struct pollfd){.fd = hears ? p->socket : -1, .events = POLLIN};
	}
	look(waiting, SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (!(waiting[i].revents & POLLIN))
			continue;
		heard = true;
		hear(&processes[i]);
	}
	return heard;
}

/* The daemon's turn, and whatever follows from it at this time. */
static void turn(void)
{
	bool heard = true;

	for (uint32_t i = 0; i < ROUNDS_MAX && heard; i++) {
		ev_run(m.loop, EVRUN_NOWAIT);
		bury();
		heard = hear_all();
	}
}

static void pass(uint64_t ns)
{
	const uint64_t one = 1;

	now_ns += ns;
	for (uint32_t i = 0; i < ticks && now_ns >= next_tick_ns; i++)
		require(write(tick[i], &one, sizeof(one)) == sizeof(one));
	if (now_ns >= next_tick_ns)
		next_tick_ns = now_ns + TICK_NS;
	turn();
}

/* --- Who lies ------------------------------------------------------------------------------- */

static void send_packet(const struct process *p, struct gpum_msg *msg, size_t size, uint32_t fds)
{
	const struct packet packet = {
		.data = msg, .size = size, .fd = {picture, picture}, .num_fds = fds};

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
 * Any bytes as any message. Of the flags, 3 are how many descriptors go with it, twice two bits
 * what is wrong with its size: nothing, too short, too long, far too long.
 */
static void say_anything(const struct process *p)
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

static void say_well(struct process *p, struct gpum_msg *msg, uint32_t type)
{
	say(p, msg, type, type == GPUM_MSG_BUFFER_ADD ? picture : -1);
}

/* A message that may be sent, but for what its two arguments do to it. */
static void say_something(struct process *p)
{
	uint8_t what = take(), a = take(), b = take();
	struct gpum_msg msg = {0};

	switch (what % 12) {
	case 0:
		say_hello(p);
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
		say_well(p, &msg, GPUM_MSG_JOB_DONE);
		return;
	case 3:
		msg.buffer = any_buffer(a, b & 1 ? WIDTH : 64, HEIGHT);
		msg.buffer.y_inverted = b >> 1 & 1;
		say_well(p, &msg, GPUM_MSG_BUFFER_ADD);
		return;
	case 4:
		for (uint32_t i = 0; i < b % (BUFFERS_MAX + 1); i++) {
			msg.buffer = any_buffer(a + i, WIDTH, HEIGHT);
			say_well(p, &msg, GPUM_MSG_BUFFER_ADD);
		}
		return;
	case 5:
		msg.id.id = a;
		say_well(p, &msg, GPUM_MSG_BUFFER_REMOVE);
		return;
	case 6:
		show(p, b % GPUM_MAX_SCANOUTS, a);
		return;
	case 7:
		msg.id.id = a;
		say_well(p, &msg, GPUM_MSG_SCANOUT_OFF);
		return;
	case 8:
		msg.cursor = (struct gpum_cursor){
			.scanout = b & 1, .buffer_id = a, .x = (int8_t)b, .y = b << 8};
		say_well(p, &msg, GPUM_MSG_CURSOR);
		return;
	case 9:
		memset(&msg.state, a, sizeof(msg.state));
		say_well(p, &msg, GPUM_MSG_STATE);
		return;
	case 10:
		memset(msg.fault.reason, a, b % (sizeof(msg.fault.reason) + 1));
		say_well(p, &msg, GPUM_MSG_FAULT);
		return;
	default:
		say_well(p, &msg, GPUM_MSG_PONG);
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
		return; /* it is full */
}

/* A guest is there, is detached by dom0, or has gone; or another domain has its name. */
static void change_xenstore(uint32_t guest)
{
	struct xenstore_device *d = &view.device[guest];
	uint8_t how = take();

	d->online = how & 1;
	d->frontend_state = how >> 1 & 7;
	d->backend_state = how >> 4 & 7;
	if (how & 0x80)
		d->domid += GUESTS;
	guests_update(&m, &view);
}

static void look_at_status(void)
{
	json_t *status;

	/* It takes as long as all else together. */
	if (looks_left == 0)
		return;
	looks_left--;
	status = report_status(&m);
	require(status != NULL);
	json_decref(status);
}

static void act(void)
{
	uint8_t what = take();
	struct process *p = find_process(m.guest[1 + (what >> 7)].backend.pid);

	if (!p || p->reaped) {
		pass(NS_PER_MS);
		return;
	}
	switch (what % 16) {
	case 0:
	case 1:
		say_anything(p);
		return;
	case 2:
	case 3:
	case 4:
	case 5:
		say_something(p);
		return;
	case 6:
		turn();
		return;
	case 7:
	case 8:
		pass((uint64_t)take() * NS_PER_MS);
		return;
	case 9:
		pass((uint64_t)take() * 16 * NS_PER_MS);
		return;
	case 10:
		close_end(&p->socket);
		return;
	case 11:
		tell_end(p, take());
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
		look_at_status();
	}
}

/* --- A whole life --------------------------------------------------------------------------- */

static void text(void *fdt, const char *name, const char *value)
{
	fdt_property(fdt, name, value, (int)strlen(value) + 1);
}

static void panel_node(void *fdt, const char *name, const char *mode, uint32_t phandle)
{
	fdt_begin_node(fdt, name);
	text(fdt, "connector", name);
	text(fdt, "mode", mode);
	fdt_property_u32(fdt, "phandle", phandle);
	fdt_end_node(fdt);
}

static void cells(void *fdt, const char *name, uint32_t count, const uint32_t *values)
{
	fdt32_t swapped[4];

	for (uint32_t i = 0; i < count; i++)
		swapped[i] = cpu_to_fdt32(values[i]);
	fdt_property(fdt, name, swapped, (int)(count * sizeof(*swapped)));
}

static void display_node(void *fdt, uint32_t reg, uint32_t panel, uint32_t y)
{
	const uint32_t region[] = {0, y, WIDTH, HEIGHT};
	char name[32];

	snprintf(name, sizeof(name), "display@%x", reg);
	fdt_begin_node(fdt, name);
	fdt_property_u32(fdt, "reg", reg);
	fdt_property_u32(fdt, "panel", panel);
	cells(fdt, "region", 4, region);
	fdt_property_u32(fdt, "priority", reg);
	fdt_property_u32(fdt, "freeze-timeout-ms", 1000);
	fdt_property_u32(fdt, "phandle", 16 + reg);
	fdt_end_node(fdt);
}

static void guest_node(void *fdt, const char *name, uint32_t count, uint32_t first)
{
	const uint32_t displays[] = {16 + first, 17 + first};

	fdt_begin_node(fdt, name);
	text(fdt, "domain-name", name);
	cells(fdt, "displays", count, displays);
	fdt_property_u32(fdt, "ban-ms", 500);
	if (!strcmp(name, "ivi")) {
		fdt_property_u32(fdt, "max-job-us", 4000);
		fdt_property_u32(fdt, "kill-time-us", 8000);
		fdt_property_u32(fdt, "budget-us", 6000);
		fdt_property_u32(fdt, "budget-period-us", 20000);
	}
	fdt_end_node(fdt);
}

static void make_tree(void *fdt)
{
	fdt_create(fdt, BLOB_BYTES);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "gpu-mediator");
	text(fdt, "compatible", CONFIG_COMPATIBLE);
	panel_node(fdt, "panel-0", "128x192@60", 1);
	panel_node(fdt, "panel-1", "128x64@60", 2);
	fdt_begin_node(fdt, "displays");
	fdt_property_u32(fdt, "#address-cells", 1);
	fdt_property_u32(fdt, "#size-cells", 0);
	display_node(fdt, 0, 1, 0);
	display_node(fdt, 1, 1, HEIGHT);
	display_node(fdt, 2, 2, 0);
	display_node(fdt, 3, 1, 2 * HEIGHT);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "guests");
	guest_node(fdt, "cluster", 1, 0);
	guest_node(fdt, "ivi", 2, 1);
	guest_node(fdt, "seat", 1, 3);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	require(fdt_finish(fdt) == 0);
}

/* As main() has it before it starts anything. */
static const struct mediator *prepared(void)
{
	static struct mediator blank;
	static uint64_t fdt[BLOB_BYTES / sizeof(uint64_t)];
	struct config_error error;

	if (blank.options)
		return &blank;
	signal(SIGPIPE, SIG_IGN);
	log_set_level("error");
	make_tree(fdt);
	if (config_parse(fdt, sizeof(fdt), &blank.config, &error)) {
		fprintf(stderr, "%s\n", error.message);
		abort();
	}
	admission_check(&blank.config, &blank.admission);
	require(!admission_refused(&blank.admission));
	blank.options = &options;
	blank.watchdog.fd = -1;
	return &blank;
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
	const struct keeper_msg ready = {.type = KEEPER_READY};
	int sockets[2];

	m = *prepared();
	memset(layers, 0, sizeof(layers));
	ticks = 0;
	jobs_run = frames_shown = 0;
	stopping = false;
	looks_left = LOOKS_MAX;
	last_pid = FIRST_PID;
	now_ns = 1000 * NS_PER_S;
	next_tick_ns = now_ns;
	fill_view();
	m.loop = ev_loop_new(EVFLAG_AUTO);
	picture = memfd_create("picture", MFD_CLOEXEC);
	require(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
	keeper = sockets[0];
	hand_over(HONEST_SLOT, "backend of cluster", FIRST_DOMID, false);
	hand_over(LIAR_SLOT, "backend of ivi", FIRST_DOMID + 1, how & 1);
	hand_over(LIAR2_SLOT, "backend of seat", FIRST_DOMID + 2, how & 2);
	hand_over(COMPOSITOR_SLOT, "compositor of panel-0", 0, false);
	require(keeper_send(keeper, &ready, NULL) == 0);
	m.started_ns = m.window_ns = now_ns;
	jobs_init(&m);
	require(kept_init(&m, sockets[1]));
	guests_init(&m);
	require(watchdog_init(&m) && panels_init(&m));
	checker_init(&m);
	kept_end_others(&m);
	/* Most have much to say only then. */
	for (uint32_t i = LIAR_SLOT; i <= LIAR2_SLOT; i++)
		if (how % 16 < 12)
			say_hello(&processes[i]);
	turn();
}

static void stop(void)
{
	stopping = true;
	guests_stop(&m);
	checker_stop(&m);
	panels_stop(&m);
	watchdog_stop(&m);
	kept_finish(&m);
	ev_timer_stop(m.loop, &m.jobs.watchdog);
	ev_timer_stop(m.loop, &m.jobs.look);
	require(!ev_run(m.loop, EVRUN_NOWAIT));
	ev_loop_destroy(m.loop);
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (!processes[i].role)
			continue;
		close_end(&processes[i].socket);
		close_end(&processes[i].log);
		processes[i].role = FREE;
	}
	close(keeper);
	close(picture);
}

static void check_key(struct guest *owner, struct buffer *b)
{
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct guest *g = &m.guest[i];

		require(buffers_find_key(g, b->key) == (g == owner ? b : NULL));
	}
}

static void check_buffers(void)
{
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct buffers *b = &m.guest[i].buffers;
		uint32_t announced = 0;

		for (uint32_t j = 0; j < BUFFERS_MAX; j++) {
			announced += b->buffer[j].key && b->buffer[j].id;
			if (b->buffer[j].key)
				check_key(&m.guest[i], &b->buffer[j]);
		}
		require(announced == b->announced && announced <= GPUM_MAX_BUFFERS);
	}
}

/* Nobody lies any more, and nobody who holds the GPU gives it back. */
static void settle(void)
{
	uint64_t jobs = jobs_run + 1, frames = frames_shown + 1;

	for (uint32_t i = 0; i < SETTLE_TURNS && (jobs_run < jobs || frames_shown < frames); i++)
		pass(i < SETTLE_TICKS ? TICK_NS : NS_PER_S / 2);
	require(jobs_run >= jobs && frames_shown >= frames);
	require(m.guest[HONEST].state == GUEST_RUNNING && client_ready(&m.guest[HONEST].backend));
	require(m.guest[HONEST].strikes.total == 0 && m.panel[0].restarts == 0);
}

/* How many descriptors are not open. */
static int count_closed(void)
{
	struct pollfd fds[DESCRIPTORS];
	int count = 0;

	for (int i = 0; i < (int)DESCRIPTORS; i++)
		fds[i] = (struct pollfd){.fd = i};
	look(fds, DESCRIPTORS);
	for (uint32_t i = 0; i < DESCRIPTORS; i++)
		count += (fds[i].revents & POLLNVAL) != 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int closed = count_closed();

	next = data;
	left = size;
	start(take());
	for (uint32_t i = 0; i < ACTS_MAX && left; i++)
		act();
	turn();
	check_buffers();
	settle();
	check_buffers();
	stop();
	require(count_closed() == closed);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "tests/component/cockpit/cockpit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/component/cockpit/draw.h"

/* A display that fills its panel needs no compositor, and so no GL. */
#define PANEL(number)                                                                              \
	"panel" number ": panel-" number " { connector = \"Virtual-" number                        \
	"\"; mode = \"640x480@60\"; };\n"
#define DISPLAY(number, label, priority)                                                           \
	"display" number ": display@" number " { reg = <" number ">; label = \"" label             \
	"\"; panel = <&panel" number ">; region = <0 0 640 480>; priority = <" priority            \
	">; frame-period-us = <33333>; };\n"
#define GUEST(number, name)                                                                        \
	name " { domain-name = \"" name "\"; displays = <&display" number                          \
	     ">; memory-mib = <16>; max-contexts = <4>; max-resources = <32>; ban-ms = <0>; };\n"

const char cockpit_tree[] =
	"/dts-v1/;\n"
	"/ { #address-cells = <2>; #size-cells = <2>; model = \"component test\";\n"
	"passthrough { compatible = \"simple-bus\"; ranges; #address-cells = <2>;\n"
	"#size-cells = <2>;\n"
	"gpu-mediator { compatible = \"xen,gpu-mediator-v1\"; policy = \"fixed-priority\";\n" PANEL(
		"0") PANEL("1")
		PANEL("2") "displays { #address-cells = <1>; #size-cells = <0>;\n" DISPLAY(
			"0", "cluster", "0") DISPLAY("1", "ivi", "2")
			DISPLAY("2", "passenger",
				"3") "};\n"
				     "guests {\n" GUEST("0", "cluster") GUEST("1", "ivi")
					     GUEST("2", "passenger") "}; }; }; };\n";

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(99);
}

/* Relative to build/host/san; NULL stands for "/bin". */
static const char *other_folder;

/* The folder of the programs, found from the path of the test: .../tests/component/test_x. */
static const char *programs(void)
{
	static char dir[512];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 16);
	char *at;

	must(n > 0, "/proc/self/exe");
	dir[n] = '\0';
	at = strstr(dir, "/tests/component/");
	must(at != NULL, "folder of the test program");
	strcpy(at, other_folder ? other_folder : "/bin");
	return dir;
}

void cockpit_use(const char *folder)
{
	other_folder = folder;
}

static void set_log(struct cockpit *c, const char *log)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", c->dir, log);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	must(fd >= 0, path);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
}

static pid_t spawn(struct cockpit *c, const char *program, const char *const arguments[],
		   const char *log)
{
	char path[600];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", programs(), program);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid > 0)
		return pid;
	/* If the test program dies, its programs must not survive. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_log(c, log);
	execv(path, (char *const *)(uintptr_t)arguments);
	perror(path);
	_exit(127);
}

/* Stores a command's whole output. Returns -1 if its exit status is not 0. */
static int output_of(const char *command, char *text, size_t size)
{
	FILE *f = popen(command, "re");
	size_t n;

	must(f != NULL, command);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	return pclose(f) == 0 ? 0 : -1;
}

static void write_tree(struct cockpit *c, const char *tree, const char *name)
{
	char command[256];
	FILE *f;

	snprintf(command, sizeof(command), "dtc -q -I dts -O dtb -o %s/%s -", c->dir, name);
	f = popen(command, "we");
	must(f != NULL, "dtc");
	fputs(tree, f);
	must(pclose(f) == 0, "dtc");
}

static void mediator_arguments(struct cockpit *c, const char *blob, char path[2][128],
			       const char *out[16])
{
	const char *const list[] = {"gpu-mediatord",
				    "--fdt",
				    path[0],
				    "--libexec",
				    programs(),
				    "--socket",
				    path[1],
				    "--gpu",
				    "sim",
				    "--output",
				    "none",
				    "--board",
				    "test",
				    c->supervised ? "--supervise" : NULL,
				    NULL};

	snprintf(path[0], 128, "%s/%s", c->dir, blob);
	snprintf(path[1], 128, "%s/control", c->dir);
	memcpy(out, list, sizeof(list));
}

/* Connects to the mediator's control socket; -1 if the mediator does not listen (yet). */
static int connect_control(struct cockpit *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(s >= 0, "socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", c->dir);
	if (connect(s, (struct sockaddr *)&address, sizeof(address)) == 0)
		return s;
	close(s);
	return -1;
}

/* The socket's file exists before the mediator listens, so try to connect. */
static bool answers(struct cockpit *c)
{
	int s = connect_control(c);

	if (s >= 0)
		close(s);
	return s >= 0;
}

void cockpit_start_mediator(struct cockpit *c)
{
	uint64_t until = test_now_ms() + GUEST_PATIENCE;
	const char *arguments[16];
	char path[2][128];

	mediator_arguments(c, "tree.dtb", path, arguments);
	c->mediator = spawn(c, "gpu-mediatord", arguments, "mediator.log");
	while (!answers(c)) {
		if (test_now_ms() > until || waitpid(c->mediator, NULL, WNOHANG) != 0) {
			fprintf(stderr, "gpu-mediatord did not start:\n");
			snprintf(path[0], sizeof(path[0]), "cat %s/mediator.log >&2", c->dir);
			if (system(path[0]) != 0)
				perror("cat");
			exit(99);
		}
		usleep(2000);
	}
}

void cockpit_start_xen(struct cockpit *c)
{
	const char *xen[] = {"fakexen", c->dir, NULL};

	memset(c, 0, sizeof(*c));
	strcpy(c->dir, "/tmp/cockpit.XXXXXX");
	must(mkdtemp(c->dir) != NULL, "mkdtemp");
	setenv("FAKEXEN_DIR", c->dir, 1);
	setenv("FAKEXEN_DOMID", "1", 1);
	c->xen = spawn(c, "fakexen", xen, "xen.log");
	for (uint64_t until = test_now_ms() + GUEST_PATIENCE; c->control <= 0; usleep(2000)) {
		must(test_now_ms() < until, "fakexen");
		c->control = fx_open(FX_KIND_CONTROL, 0, NULL);
	}
	/* The nodes that dom0 writes for a driver domain. */
	struct xs_handle *xs = fx_xs_open(FX_DRIVER_DOMID);
	must(xs != NULL, "xenstore");
	xs_write(xs, XBT_NULL, "/local/domain/1/domid", "1", 1);
	xs_write(xs, XBT_NULL, "/local/domain/1/name", "driver", 6);
	xs_write(xs, XBT_NULL, "/local/domain/0/domid", "0", 1);
	xs_write(xs, XBT_NULL, "/local/domain/0/name", "Domain-0", 8);
	xs_mkdir(xs, XBT_NULL, "/local/domain/1/backend");
	xs_close(xs);
}

void cockpit_start(struct cockpit *c, const char *tree)
{
	cockpit_start_xen(c);
	write_tree(c, tree ? tree : cockpit_tree, "tree.dtb");
	cockpit_start_mediator(c);
}

void cockpit_start_supervised(struct cockpit *c, const char *tree)
{
	cockpit_start_xen(c);
	c->supervised = true;
	write_tree(c, tree ? tree : cockpit_tree, "tree.dtb");
	cockpit_start_mediator(c);
}

void cockpit_replace_tree(struct cockpit *c, const char *tree)
{
	write_tree(c, tree, "tree.dtb");
}

static int wait_end(pid_t pid, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (test_now_ms() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		usleep(2000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void cockpit_kill_mediator(struct cockpit *c)
{
	kill(c->mediator, SIGKILL);
	waitpid(c->mediator, NULL, 0);
	c->mediator = 0;
}

/* The next process id in /proc, 0 at the end. */
static pid_t next_process(DIR *proc)
{
	struct dirent *entry;

	while ((entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);
		if (pid > 0)
			return (pid_t)pid;
	}
	return 0;
}

/* Whether that process is a gpum-backend of this cockpit. */
static bool is_backend(struct cockpit *c, pid_t pid)
{
	char path[64], text[2048], wanted[96];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	snprintf(wanted, sizeof(wanted), "FAKEXEN_DIR=%s", c->dir);
	if (n <= 0 || !memmem(text, (size_t)n, wanted, strlen(wanted) + 1))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	return n > 0 && strncmp(text, "gpum-backend", 12) == 0;
}

bool cockpit_has_backend(struct cockpit *c)
{
	DIR *proc = opendir("/proc");
	pid_t pid;

	must(proc != NULL, "/proc");
	while ((pid = next_process(proc)) && !is_backend(c, pid))
		;
	closedir(proc);
	return pid != 0;
}

/* Looks for sanitizers' complaints in the logs. Prints the logs if there are any, or if `show`. */
static bool logs_are_clean(struct cockpit *c, bool show)
{
	static char text[1 << 20];
	char command[256];
	bool clean;

	snprintf(command, sizeof(command), "cat %s/*.log", c->dir);
	output_of(command, text, sizeof(text));
	clean = !strstr(text, "Sanitizer") && !strstr(text, "runtime error");
	if (!clean || show)
		fprintf(stderr, "%s\n", text);
	return clean;
}

bool cockpit_stop(struct cockpit *c)
{
	bool ended = true, alone, clean;
	char command[128];
	int status;

	if (c->mediator) {
		kill(c->mediator, SIGTERM);
		status = wait_end(c->mediator, GUEST_PATIENCE);
		ended = status == 0;
		if (!ended)
			fprintf(stderr, "gpu-mediatord ended with status %d\n", status);
	}
	alone = !cockpit_has_backend(c);
	if (!alone)
		fprintf(stderr, "a backend is alive after its mediator has ended\n");
	clean = logs_are_clean(c, !ended || !alone || getenv("COCKPIT_LOG"));
	close(c->control);
	kill(c->xen, SIGKILL);
	waitpid(c->xen, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", c->dir);
	if (system(command) != 0)
		perror(command);
	return ended && alone && clean;
}

char *cockpit_changed_tree(const char *tree, const char *from, const char *to)
{
	const char *at = strstr(tree, from);
	size_t size = strlen(tree) + strlen(to) + 1;
	char *changed = malloc(size);

	must(at && changed, from);
	snprintf(changed, size, "%.*s%s%s", (int)(at - tree), tree, to, at + strlen(from));
	return changed;
}

int cockpit_start_pair(struct cockpit *c, const char *tree, struct guest *cluster,
		       struct guest *ivi)
{
	cockpit_start(c, tree);
	guest_create(cluster, 5, "cluster");
	guest_create(ivi, 6, "ivi");
	if (guest_connect(cluster) && guest_connect(ivi) &&
	    draw_picture(cluster, 1, 0, COCKPIT_WIDTH, COCKPIT_HEIGHT, 1, NULL) == 0)
		return 0;
	cockpit_stop_pair(c, cluster, ivi);
	return -1;
}

int cockpit_stop_pair(struct cockpit *c, struct guest *cluster, struct guest *ivi)
{
	guest_finish(cluster);
	guest_finish(ivi);
	return cockpit_stop(c) ? 0 : -1;
}

int cockpit_try_tree(struct cockpit *c, const char *tree, char *text, size_t size)
{
	const char *arguments[16];
	char path[2][128], command[256];
	int status;

	write_tree(c, tree, "other.dtb");
	mediator_arguments(c, "other.dtb", path, arguments);
	snprintf(path[1], sizeof(path[1]), "%s/other", c->dir);
	status = wait_end(spawn(c, "gpu-mediatord", arguments, "other.log"), GUEST_PATIENCE);
	snprintf(command, sizeof(command), "cat %s/other.log", c->dir);
	output_of(command, text, size);
	return status;
}

static void ask_xen(struct cockpit *c, struct fx_request *request, struct fx_reply *reply)
{
	must(fx_call(c->control, request, 0, reply, NULL) >= 0, "fake Xen");
}

void cockpit_stats(struct cockpit *c, struct fx_stats *stats)
{
	static struct fx_request request = {.op = FX_STATS};
	static struct fx_reply reply;

	ask_xen(c, &request, &reply);
	memcpy(stats, reply.data, sizeof(*stats));
}

void cockpit_fail(struct cockpit *c, enum fx_op op, uint32_t countdown, int error)
{
	static struct fx_request request = {.op = FX_FAIL};
	static struct fx_reply reply;

	request.a[0] = op;
	request.a[1] = countdown;
	request.a[2] = (uint32_t)error;
	ask_xen(c, &request, &reply);
}

bool cockpit_wait_mapped(struct cockpit *c, uint32_t mapped, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;
	struct fx_stats stats;

	for (;;) {
		cockpit_stats(c, &stats);
		if (stats.mapped == mapped)
			return true;
		if (test_now_ms() > until) {
			fprintf(stderr, "%u grants are mapped, not %u\n", stats.mapped, mapped);
			return false;
		}
		usleep(2000);
	}
}

/* Sends one line of JSON to the control socket and reads one line. */
json_t *cockpit_status(struct cockpit *c)
{
	static const char request[] = "{\"command\": \"status\"}\n";
	static char text[1 << 16];
	size_t len = 0;
	ssize_t n = 0;
	int s = connect_control(c);

	if (s < 0)
		return NULL;
	if (send(s, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0)
		while (len < sizeof(text) && !memchr(text, '\n', len) &&
		       (n = read(s, text + len, sizeof(text) - len)) > 0)
			len += (size_t)n;
	close(s);
	return json_loadb(text, len, JSON_DISABLE_EOF_CHECK, NULL);
}

json_t *cockpit_status_of(json_t *status, const char *list, const char *name)
{
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(status, list), i, object)
	{
		const char *its = json_string_value(json_object_get(object, "name"));
		if (its && strcmp(its, name) == 0)
			return object;
	}
	return NULL;
}

int cockpit_gpumctl(struct cockpit *c, uint32_t domid, const char *arguments, char *text,
		    size_t size)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "FAKEXEN_DOMID=%u %s/gpumctl --socket %s/control %s 2>&1", domid, programs(),
		 c->dir, arguments);
	return output_of(command, text, size);
}

pid_t cockpit_mediator(struct cockpit *c)
{
	json_t *status = cockpit_status(c);
	pid_t result = (pid_t)json_integer_value(json_object_get(status, "pid"));

	json_decref(status);
	return result;
}

json_int_t cockpit_of_guest(struct cockpit *c, const char *guest, const char *part,
			    const char *what)
{
	json_t *status = cockpit_status(c);
	json_t *in = cockpit_status_of(status, "guests", guest);
	json_int_t value;

	if (part)
		in = json_object_get(in, part);
	value = json_integer_value(json_object_get(in, what));
	json_decref(status);
	return value;
}

pid_t cockpit_backend(struct cockpit *c, const char *guest)
{
	return (pid_t)cockpit_of_guest(c, guest, NULL, "pid");
}

bool cockpit_wait_fault(struct cockpit *c, const char *guest, const char *text, uint32_t ms)
{
	uint64_t until = test_now_ms() + ms;
	const char *fault;
	bool found;

	do {
		json_t *status = cockpit_status(c);
		fault = json_string_value(
			json_object_get(cockpit_status_of(status, "guests", guest), "last_fault"));
		found = fault && strstr(fault, text);
		if (!found && test_now_ms() >= until)
			fprintf(stderr, "%s's last fault is not \"%s\" but \"%s\"\n", guest, text,
				fault ? fault : "");
		json_decref(status);
		if (!found)
			usleep(5000);
	} while (!found && test_now_ms() < until);
	return found;
}

/* SPDX-License-Identifier: MIT */
/*
 * Plays a backend that was taken over: enters the sandbox as a backend does, then tries the action
 * that its argument names. Exit status: 0 the action succeeded, 1 it was refused, 2 wrong usage, 3
 * the sandbox could not be entered. Built without sanitizers, so that the product's filter applies.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/shared/sandbox/sandbox.h"

#define CHANNEL	   3
#define OPEN_FILES 64u
#define STACK	   65536u
#define THREADS	   64u /* docs/architecture.md */
#define HEAP_BYTES (UINT64_C(64) << 20)

static volatile sig_atomic_t go; /* lets the early thread try its action */
static bool early_worked;

static bool open_file(const char *path)
{
	return open(path, O_RDONLY) >= 0;
}

static bool try_file(void)
{
	return open_file("/etc/passwd");
}

static bool try_hypercall_device(void)
{
	return open_file("/dev/xen/privcmd");
}

static bool try_proc(void)
{
	return open_file("/proc/self/mem");
}

static bool try_write(void)
{
	return mkdir("/new", 0700) == 0 || open("/new", O_CREAT | O_WRONLY, 0600) >= 0;
}

/* "/" exists, so only the filter can refuse this. */
static bool try_opening(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool try_internet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool try_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool try_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool try_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool try_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool try_trace(void)
{
	return ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0;
}

static bool try_foreign_memory(void)
{
	return syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0) >= 0;
}

static bool try_kill(void)
{
	return kill(-1, SIGTERM) == 0;
}

static bool try_mount(void)
{
	return mount("none", "/", "tmpfs", 0, NULL) == 0;
}

static bool try_root(void)
{
	return chroot("/") == 0;
}

static bool try_user(void)
{
	return syscall(SYS_setuid, 0) == 0;
}

static bool try_capabilities(void)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0) == 0;
}

static bool try_kernel_programs(void)
{
	return syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM;
}

static bool try_module(void)
{
	return syscall(SYS_finit_module, -1, "", 0) == 0;
}

static bool try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) != MAP_FAILED;
}

static bool try_data_as_code(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

/*
 * Requests are those of xen/evtchn.h and xen/gntdev.h. If one passes the filter, the socket answers
 * ENOTTY.
 */
static bool passes(unsigned long request)
{
	return ioctl(CHANNEL, request, NULL) == 0 || errno == ENOTTY || errno == EOPNOTSUPP;
}

static bool try_virtual_interrupt(void)
{
	return passes(_IOC(_IOC_NONE, 'E', 0, 4));
}

static bool try_grant_copy(void)
{
	return passes(_IOC(_IOC_NONE, 'G', 8, 16));
}

static bool try_terminal_input(void)
{
	return passes(0x5412); /* TIOCSTI */
}

static bool try_other_descriptor(void)
{
	return fcntl(9, F_GETFD) >= 0;
}

static bool try_more_descriptors(void)
{
	int fd = 0;

	for (unsigned int i = 0; i < 2 * OPEN_FILES && fd >= 0; i++)
		fd = dup(CHANNEL);
	return fd >= 0;
}

static bool try_more_memory(void)
{
	char *memory = malloc(2 * HEAP_BYTES);

	if (memory)
		memory[HEAP_BYTES] = 1;
	return memory != NULL;
}

static bool try_more_rights_for_a_thread(void)
{
	go = 1;
	for (int i = 0; i < 1000 && go; i++)
		usleep(1000);
	return early_worked;
}

/* --- Actions that must succeed ---------------------------------------------------------------- */

static void *nothing(void *argument)
{
	return argument;
}

static bool try_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static void *stay(void *argument)
{
	sleep(1);
	return argument;
}

static bool try_more_threads(void)
{
	pthread_attr_t small; /* small stacks, so that the limit of memory is not reached first */
	pthread_t thread;
	int status = pthread_attr_init(&small) || pthread_attr_setstacksize(&small, STACK);

	for (unsigned int i = 0; i < 2 * THREADS && status == 0; i++)
		status = pthread_create(&thread, &small, stay, NULL);
	return status == 0;
}

static bool try_memory(void)
{
	int fd = memfd_create("picture", MFD_CLOEXEC);

	return fd >= 0 && ftruncate(fd, 4096) == 0 &&
	       mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED;
}

static bool try_grants_and_events(void)
{
	return passes(_IOC(_IOC_NONE, 'G', 0, 24)) && passes(_IOC(_IOC_NONE, 'G', 1, 16)) &&
	       passes(_IOC(_IOC_NONE, 'G', 2, 24)) && passes(_IOC(_IOC_NONE, 'E', 1, 8)) &&
	       passes(_IOC(_IOC_NONE, 'E', 3, 4)) && passes(_IOC(_IOC_NONE, 'E', 4, 4));
}

static bool try_gpu(void)
{
	return passes(_IOC(_IOC_READ | _IOC_WRITE, 'd', 0x42, 16));
}

/* Waits until the test has inspected this process and closes the channel. */
static bool try_nothing(void)
{
	char byte;

	return write(CHANNEL, "r", 1) == 1 && read(CHANNEL, &byte, 1) == 0;
}

static const struct {
	const char *name;
	bool (*try)(void);
} tries[] = {
	{"file", try_file},
	{"hypercall-device", try_hypercall_device},
	{"proc", try_proc},
	{"write", try_write},
	{"opening", try_opening},
	{"internet", try_internet},
	{"local-socket", try_local_socket},
	{"program", try_program},
	{"process", try_process},
	{"namespace", try_namespace},
	{"trace", try_trace},
	{"foreign-memory", try_foreign_memory},
	{"kill", try_kill},
	{"mount", try_mount},
	{"root", try_root},
	{"user", try_user},
	{"capabilities", try_capabilities},
	{"kernel-programs", try_kernel_programs},
	{"module", try_module},
	{"code", try_code},
	{"data-as-code", try_data_as_code},
	{"virtual-interrupt", try_virtual_interrupt},
	{"grant-copy", try_grant_copy},
	{"terminal-input", try_terminal_input},
	{"other-descriptor", try_other_descriptor},
	{"more-descriptors", try_more_descriptors},
	{"more-memory", try_more_memory},
	{"more-threads", try_more_threads},
	{"early-thread", try_more_rights_for_a_thread},
	{"thread", try_thread},
	{"memory", try_memory},
	{"grants-and-events", try_grants_and_events},
	{"gpu", try_gpu},
	{"nothing", try_nothing},
};

/* This thread is started before the sandbox is entered, as those of GL drivers are. */
static void *early(void *argument)
{
	while (!go)
		usleep(1000);
	early_worked = socket(AF_INET, SOCK_STREAM, 0) >= 0;
	go = 0;
	return argument;
}

int main(int argc, char **argv)
{
	const struct sandbox sandbox = {
		.rights = {.xen = true, .jit = argc > 2 && !strcmp(argv[2], "jit")},
		.open_files = OPEN_FILES,
		.heap_bytes = HEAP_BYTES,
	};
	pthread_t thread;

	if (argc < 2 || pthread_create(&thread, NULL, early, NULL))
		return 2;
	if (sandbox_enter(&sandbox))
		return 3;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (!strcmp(argv[1], tries[i].name))
			return tries[i].try() ? 0 : 1;
	return 2;
}

/* SPDX-License-Identifier: MIT */
#include "mediator/shared/sandbox/filter.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "mediator/shared/sandbox/sanitizer.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Type and number of an ioctl. Size and direction are left to the driver. */
#define IOCTL(type, number) ((uint32_t)(unsigned char)(type) << 8 | (number))

/* Allowed in processes that draw. */
static const char *const allowed_for_drawing[] = {
	/* memory */
	"brk", "munmap", "mremap", "madvise", "memfd_create", "ftruncate", "fallocate",
	"membarrier",
	/* open descriptors */
	"read", "write", "readv", "writev", "pread64", "close", "dup", "dup3", "fcntl", "lseek",
	"fstat", "poll", "ppoll", "pselect6", "eventfd2", "pipe2", "sendmsg", "recvmsg", "sendto",
	"recvfrom",
	/* threads and signals */
	"futex", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
	"gettid", "getpid",
	/* time, randomness, own identity */
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday",
	"getrandom", "getuid", "geteuid", "getgid", "getegid", "uname", "sysinfo", NULL};

/* Killed in processes that draw: no library makes these calls. */
static const char *const killed_if_confined[] = {
	/* other programs and processes */
	"execve", "execveat", "fork", "vfork", "kill", "tkill", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo", "pidfd_open", "pidfd_send_signal", "setpgid", "setsid",
	/* contact to other processes */
	"socket", "bind", "listen", "accept", "accept4", "connect",
	/* other rights and roots */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
	"setfsuid", "setfsgid", "capset", "chroot", "pivot_root", "mount", "umount2", "move_mount",
	"open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "unshare", "setns",
	"seccomp", "mknod", "mknodat", NULL};

/* Killed in the mediator, too: no daemon makes these calls. */
static const char *const killed_always[] = {"process_vm_readv",
					    "process_vm_writev",
					    "pidfd_getfd",
					    "process_madvise",
					    "bpf",
					    "perf_event_open",
					    "userfaultfd",
					    "io_uring_setup",
					    "io_uring_enter",
					    "io_uring_register",
					    "init_module",
					    "finit_module",
					    "delete_module",
					    "kexec_load",
					    "kexec_file_load",
					    "reboot",
					    "swapon",
					    "swapoff",
					    "acct",
					    "quotactl",
					    "syslog",
					    "keyctl",
					    "add_key",
					    "request_key",
					    "name_to_handle_at",
					    "open_by_handle_at",
					    "iopl",
					    "ioperm",
					    "settimeofday",
					    "clock_settime",
					    "adjtimex",
					    "clock_adjtime",
					    "sethostname",
					    "setdomainname",
					    "vhangup",
					    "lookup_dcookie",
					    "nfsservctl",
					    NULL};

/* Only in builds with AddressSanitizer: see sanitizer.h. */
static const char *const allowed_for_sanitizer[] = {
	"clone", "wait4",    "open",	   "openat",  "readlink",   "readlinkat", "stat",

	"prctl", "getdents", "getdents64", "getppid", "newfstatat", NULL};

/* In place of the library's SCMP_A* macros, which leave a field out: clang warns of that. */
static struct scmp_arg_cmp equals(unsigned int argument, uint32_t value)
{
	return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value};
}

static struct scmp_arg_cmp is_null(unsigned int argument)
{
	return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, UINT64_MAX, 0};
}

/* glibc implements fstat() by newfstatat() with AT_EMPTY_PATH, which acts on a descriptor. */
static int allow_fstat(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
				SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000 /* AT_EMPTY_PATH */, 0x1000));
}

static int add(scmp_filter_ctx f, uint32_t action, const char *const names[])
{
	int status = 0;

	for (size_t i = 0; names[i] && !status; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		/* Skip calls that are newer than the library; they get the default action. */
		if (number != __NR_SCMP_ERROR)
			status = seccomp_rule_add(f, action, number, 0);
	}
	return status;
}

static int allow_ioctl(scmp_filter_ctx f, uint32_t mask, uint32_t value)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1_32(SCMP_CMP_MASKED_EQ, mask, value));
}

/* drm/drm.h 'd', linux/dma-buf.h 'b', linux/sync_file.h '>'. */
static int allow_gpu(scmp_filter_ctx f)
{
	int status = allow_ioctl(f, 0xff00, IOCTL('d', 0));

	if (!status)
		status = allow_ioctl(f, 0xff00, IOCTL('b', 0));
	if (!status)
		status = allow_ioctl(f, 0xff00, IOCTL('>', 0));
	return status;
}

/*
 * From xen/gntdev.h: map, unmap, and look up a mapping, which unmapping needs. From xen/evtchn.h:
 * bind to a domain's port, unbind, notify. Not allowed: granting, copying, exporting as dma-buf,
 * other kinds of ports.
 */
static int allow_xen(scmp_filter_ctx f)
{
	static const uint32_t calls[] = {IOCTL('G', 0), IOCTL('G', 1), IOCTL('G', 2),
					 IOCTL('E', 1), IOCTL('E', 3), IOCTL('E', 4)};
	int status = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !status; i++)
		status = allow_ioctl(f, 0xffff, calls[i]);
	return status;
}

static int allow_threads(scmp_filter_ctx f)
{
	/*
	 * clone3() has its flags in memory, which a filter cannot read. After ENOSYS, glibc falls
	 * back to clone().
	 */
	int status = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (!status)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
					  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!status && !SANDBOX_SANITIZED)
		status = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
					  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	/* Signals to own threads: abort(), pthread_cancel(). */
	if (!status)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					  equals(0, (uint32_t)getpid()));
	return status;
}

static int allow_memory(scmp_filter_ctx f, bool jit)
{
	const struct scmp_arg_cmp not_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	unsigned int conditions = jit ? 0 : 1;
	int status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), conditions, not_code);

	if (!status)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), conditions,
					  not_code);
	return status;
}

/* prlimit64() only to read own limits; prctl() only to name threads and memory. */
static int allow_self_inspection(scmp_filter_ctx f)
{
	static const uint32_t harmless[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA};
	int status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, equals(0, 0),
				      is_null(2));

	for (size_t i = 0; i < 3 && !status && !SANDBOX_SANITIZED; i++)
		status = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
					  equals(0, harmless[i]));
	return status;
}

/* Only AddressSanitizer's leak check needs ptrace(), on its own process. */
static int add_ptrace_rule(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SANDBOX_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS,
				SCMP_SYS(ptrace), 0);
}

static int load(scmp_filter_ctx f)
{
	int status = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!status)
		status = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!status)
		status = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return status ? status : seccomp_load(f);
}

int filter_confine(const struct filter_rights *rights)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status = f ? add(f, SCMP_ACT_ALLOW, allowed_for_drawing) : -ENOMEM;

	if (!status)
		status = add(f, SCMP_ACT_KILL_PROCESS, killed_if_confined);
	if (!status)
		status = add(f, SCMP_ACT_KILL_PROCESS, killed_always);
	if (!status)
		status = add_ptrace_rule(f);
	if (!status)
		status = allow_threads(f);
	if (!status)
		status = allow_memory(f, rights->jit);
	if (!status)
		status = allow_self_inspection(f);
	if (!status)
		status = allow_gpu(f);
	if (!status && rights->xen)
		status = allow_xen(f);
	if (!status)
		status = SANDBOX_SANITIZED ? add(f, SCMP_ACT_ALLOW, allowed_for_sanitizer)
					   : allow_fstat(f);
	if (!status)
		status = load(f);
	seccomp_release(f);
	return status;
}

int filter_restrain(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int status = f ? add(f, SCMP_ACT_KILL_PROCESS, killed_always) : -ENOMEM;

	if (!status && !SANDBOX_SANITIZED)
		status = add_ptrace_rule(f);
	if (!status)
		status = load(f);
	seccomp_release(f);
	return status;
}

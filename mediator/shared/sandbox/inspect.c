/* SPDX-License-Identifier: MIT */
#include "mediator/shared/sandbox/inspect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mediator/shared/sandbox/sanitizer.h"

#define PATH_BYTES	128
#define MODE_FILTER	2			      /* SECCOMP_MODE_FILTER, in the line Seccomp */
#define ENTRIES_ALLOWED (SANDBOX_SANITIZED ? 1u : 0u) /* mounted for AddressSanitizer */

const char *const sandbox_namespaces[SANDBOX_NAMESPACES] = {"user", "mnt", "pid",   "net",
							    "ipc",  "uts", "cgroup"};

/*
 * The number of the caller's own filters. The mediator restricts itself before it starts any
 * client, and the clients inherit that filter: a confined client has one more.
 */
static unsigned int own_filters(void)
{
	static const char name[] = "Seccomp_filters:";
	FILE *f = fopen("/proc/self/status", "re");
	unsigned int count = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, sizeof(name) - 1))
			count = (unsigned int)strtoul(line + sizeof(name) - 1, NULL, 10);
	if (f)
		fclose(f);
	return count;
}

static void read_line(const char *line, unsigned int own, struct sandbox_state *s)
{
	unsigned long long value;
	unsigned int number;

	if (sscanf(line, "CapPrm: %llx", &value) == 1 ||
	    sscanf(line, "CapEff: %llx", &value) == 1 || sscanf(line, "CapAmb: %llx", &value) == 1)
		s->capabilities |= value;
	else if (sscanf(line, "Uid: %u", &number) == 1)
		s->uid = number;
	else if (sscanf(line, "NoNewPrivs: %u", &number) == 1)
		s->no_new_privs &= number == 1;
	else if (sscanf(line, "Seccomp: %u", &number) == 1)
		s->filtered &= number == MODE_FILTER;
	else if (sscanf(line, "Seccomp_filters: %u", &number) == 1)
		s->filtered &= number > own;
}

static bool read_thread(pid_t pid, const char *thread, unsigned int own, struct sandbox_state *s)
{
	char path[PATH_BYTES], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/status", (int)pid, thread);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		read_line(line, own, s);
	fclose(f);
	s->threads++;
	return true;
}

static void read_threads(pid_t pid, struct sandbox_state *s)
{
	unsigned int own = own_filters();
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *threads;

	s->no_new_privs = s->filtered = true;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	while (threads && (entry = readdir(threads)))
		if (entry->d_name[0] != '.')
			read_thread(pid, entry->d_name, own, s);
	if (threads)
		closedir(threads);
}

static bool is_other_namespace(pid_t pid, const char *name)
{
	char path[PATH_BYTES], its[PATH_BYTES] = "", own[PATH_BYTES] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	if (readlink(path, its, sizeof(its) - 1) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return readlink(path, own, sizeof(own) - 1) > 0 && strcmp(its, own) != 0;
}

static bool has_empty_root(pid_t pid)
{
	unsigned int entries = 0;
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *root;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	root = opendir(path);
	while (root && (entry = readdir(root)))
		entries += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	if (!root)
		return false;
	closedir(root);
	return entries <= ENTRIES_ALLOWED;
}

bool sandbox_inspect(pid_t pid, struct sandbox_state *s)
{
	memset(s, 0, sizeof(*s));
	if (pid <= 0)
		return false;
	read_threads(pid, s);
	if (!s->threads)
		return false;
	for (unsigned int i = 0; i < SANDBOX_NAMESPACES; i++)
		if (is_other_namespace(pid, sandbox_namespaces[i]))
			s->namespaces |= UINT32_C(1) << i;
	s->empty_root = has_empty_root(pid);
	return true;
}

bool sandbox_is_closed(const struct sandbox_state *s)
{
	return s->threads && !s->capabilities && s->no_new_privs && s->filtered && s->empty_root &&
	       s->namespaces == SANDBOX_ALL_NAMESPACES;
}

/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/preflight.h"

#include <stdio.h>
#include <sys/resource.h>

#include "mediator/shared/wire/vgpu.h"
#include "mediator/daemon/display/buffers.h"
#include "mediator/daemon/base/log.h"

#define PAGES_PER_MIB	  256u
#define OWN_FILES	  64u /* event loop, KMS, xenstore, control connections, log */
#define FILES_PER_CLIENT  4u  /* socket and output; both ends while it is being started */
#define FILES_PER_PANEL	  (2u * GPUM_PANEL_BUFFERS + FILES_PER_CLIENT + 4u)
#define OWN_WATCHES	  2u
#define WATCHES_PER_GUEST 4u /* three of its backend, one of ours */
#define KERNEL_WATCHES	  8u /* the driver domain's own devices */

void preflight_count(const struct config *c, struct preflight *needed)
{
	uint64_t largest = VGPU_POOL_PAGES_MAX;

	for (uint32_t i = 0; i < c->num_guests; i++) {
		uint64_t pages = (uint64_t)c->guest[i].max_granted_mib * PAGES_PER_MIB;

		largest = pages > largest ? pages : largest;
	}
	needed->grants = largest;
	needed->files = OWN_FILES + (uint64_t)c->num_panels * FILES_PER_PANEL +
			(uint64_t)c->num_guests * (BUFFERS_MAX + FILES_PER_CLIENT);
	needed->watches = OWN_WATCHES + KERNEL_WATCHES + c->num_guests * WATCHES_PER_GUEST;
}

bool preflight_files(const struct preflight *needed)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed->files)
		return true;
	limit.rlim_cur = needed->files;
	if (limit.rlim_max >= needed->files && !setrlimit(RLIMIT_NOFILE, &limit))
		return true;
	log_error(
		"open files are limited to %llu, and the tree's guests and panels need %llu; fix: "
		"start gpu-mediatord with RLIMIT_NOFILE (ulimit -n) of %llu",
		(unsigned long long)limit.rlim_max, (unsigned long long)needed->files,
		(unsigned long long)needed->files);
	return false;
}

bool preflight_grants(const struct preflight *needed, const char *limit_file)
{
	FILE *f = fopen(limit_file, "re");
	unsigned long long limit = 0;
	int found = f ? fscanf(f, "%llu", &limit) : 0;

	if (f)
		fclose(f);
	if (found != 1 || limit >= needed->grants)
		return true;
	log_error("one request may map %llu grants, and the tree's max-granted-mib and memory-mib "
		  "need %llu; fix: echo %llu >%s, or boot with xen_gntdev.limit=%llu",
		  limit, (unsigned long long)needed->grants, (unsigned long long)needed->grants,
		  limit_file, (unsigned long long)needed->grants);
	return false;
}

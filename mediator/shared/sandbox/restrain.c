/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "mediator/shared/sandbox/sandbox.h"

/* Needed to map users, root included, into the user namespaces of clients. */
static const cap_value_t kept[] = {CAP_SETUID, CAP_SETGID, CAP_SETFCAP};

static int keep_only(const cap_value_t *wanted, int count)
{
	cap_t have = cap_get_proc(), keep = cap_init();
	int status = have && keep ? 0 : -ENOMEM;

	for (int i = 0; i < count && !status; i++) {
		cap_flag_value_t held = CAP_CLEAR;

		cap_get_flag(have, wanted[i], CAP_PERMITTED, &held);
		if (held == CAP_SET && (cap_set_flag(keep, CAP_PERMITTED, 1, &wanted[i], CAP_SET) ||
					cap_set_flag(keep, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET)))
			status = -errno;
	}
	if (!status && cap_set_proc(keep))
		status = -errno;
	cap_free(have);
	cap_free(keep);
	return status;
}

int sandbox_restrain(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : filter_restrain();
}

int sandbox_drop_capabilities(void)
{
	return keep_only(kept, sizeof(kept) / sizeof(kept[0]));
}

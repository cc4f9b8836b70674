/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "mediator/ctl/ctl.h"

/* A helper reads the pixels, because it links GL, which dom0 does not have. */
int ctl_screenshot(const struct ctl_options *options, const char *display, const char *file)
{
	char path[512];
	char *const argv[] = {path,
			      (char *)(uintptr_t) "--socket",
			      (char *)(uintptr_t)options->socket,
			      (char *)(uintptr_t) "--",
			      (char *)(uintptr_t)display,
			      (char *)(uintptr_t)file,
			      NULL};

	snprintf(path, sizeof(path), "%s/gpum-readback", options->libexec);
	execv(path, argv);
	fprintf(stderr,
		"error: %s: %m (screenshots are taken in the driver domain; see --libexec)\n",
		path);
	return CTL_FAILED;
}

/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/control/status_sandbox.h"

#include <stdio.h>

#include "mediator/daemon/client/client.h"
#include "mediator/shared/sandbox/inspect.h"

static json_t *names_of(uint32_t namespaces)
{
	json_t *names = json_array();

	for (unsigned int i = 0; i < SANDBOX_NAMESPACES; i++)
		if (namespaces >> i & 1)
			json_array_append_new(names, json_string(sandbox_namespaces[i]));
	return names;
}

json_t *status_sandbox(const struct client *c)
{
	struct sandbox_state s;
	char capabilities[24];

	if (!client_running(c) || !sandbox_inspect(c->pid, &s))
		return json_null();
	snprintf(capabilities, sizeof(capabilities), "%016llx", (unsigned long long)s.capabilities);
	return json_pack("{s:b, s:i, s:i, s:s, s:b, s:b, s:b, s:o}", "closed",
			 (int)sandbox_is_closed(&s), "threads", (int)s.threads, "uid", (int)s.uid,
			 "capabilities", capabilities, "no_new_privs", (int)s.no_new_privs,
			 "system_calls_filtered", (int)s.filtered, "empty_root", (int)s.empty_root,
			 "own_namespaces", names_of(s.namespaces));
}

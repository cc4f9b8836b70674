/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/clients.h"

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/client/client.h"

static struct client *find_client(struct clients *all, int pid)
{
	struct client *c = all->first;

	while (c && c->pid != pid)
		c = c->next;
	return c;
}

static void on_ended(void *owner, int pid, int status)
{
	struct clients *all = owner;
	struct client *c = find_client(all, pid);

	if (c)
		client_ended(c, status);
	else if (kept_link_forget(&all->kept, pid))
		jobs_resolved(&all->jobs);
}

bool clients_init(struct clients *all, struct ev_loop *loop, const char *libexec,
		  const struct sched_policy *policy, const struct sched_costs *costs, int keeper_fd,
		  uint64_t now)
{
	all->loop = loop;
	all->libexec = libexec;
	all->mediator = now;
	jobs_init(&all->jobs, loop, policy, costs, &client_jobs_ops);
	return kept_link_init(&all->kept, loop, keeper_fd, on_ended, all);
}

void clients_end_unwanted(struct clients *all)
{
	for (uint32_t i = 0; i < all->kept.count; i++) {
		struct kept_client *k = &all->kept.client[i];

		if (!k->pid)
			continue;
		log_warning("%s is not needed any more", k->name);
		kept_link_kill(&all->kept, k->pid);
		all->jobs.unknown++;
		k->name[0] = '\0'; /* from now on it cannot be taken */
	}
}

void clients_finish(struct clients *all)
{
	kept_link_finish(&all->kept);
	jobs_finish(&all->jobs);
}

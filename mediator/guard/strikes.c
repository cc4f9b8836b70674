/* SPDX-License-Identifier: MIT */
#include "mediator/guard/strikes.h"

#include <string.h>

void strikes_init(struct strikes *s, uint64_t ban_ns)
{
	memset(s, 0, sizeof(*s));
	s->ban_ns = ban_ns;
}

static bool is_recent(uint64_t at, uint64_t now)
{
	return at && now - at < STRIKES_WINDOW_NS;
}

uint32_t strikes_recent(const struct strikes *s, uint64_t now)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < STRIKES_LIMIT - 1; i++)
		count += is_recent(s->at_ns[i], now);
	return count;
}

static void remember(struct strikes *s, uint64_t now)
{
	memmove(s->at_ns + 1, s->at_ns, sizeof(s->at_ns) - sizeof(s->at_ns[0]));
	s->at_ns[0] = now;
}

bool strikes_add(struct strikes *s, uint64_t now)
{
	bool ban =
		s->ban_ns && !strikes_banned(s, now) && strikes_recent(s, now) == STRIKES_LIMIT - 1;

	s->total++;
	remember(s, now);
	if (!ban)
		return false;
	s->until_ns = now + s->ban_ns;
	s->bans++;
	return true;
}

uint64_t strikes_banned(struct strikes *s, uint64_t now)
{
	if (s->until_ns && now >= s->until_ns) {
		s->until_ns = 0;
		memset(s->at_ns, 0, sizeof(s->at_ns));
	}
	return s->until_ns ? s->until_ns - now : 0;
}

void strikes_forgive(struct strikes *s)
{
	strikes_init(s, s->ban_ns);
}

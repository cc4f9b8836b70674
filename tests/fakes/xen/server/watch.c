/* SPDX-License-Identifier: MIT */
/* xenstore's watches. */
#include "tests/fakes/xen/server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watch {
	struct watch *next;
	struct conn *owner;
	size_t cut; /* bytes of the path's front that events omit */
	char *path; /* absolute, or special ("@...") */
	char *token;
};

static struct watch *watches;

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

int path_is_below(const char *top, const char *path)
{
	size_t n = strlen(top);

	if (strcmp(top, "/") == 0)
		return path[0] == '/';
	return strncmp(top, path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static void watch_send(const struct watch *w, const char *path)
{
	char event[XENSTORE_ABS_PATH_MAX + XENSTORE_PAYLOAD_MAX];
	const char *seen = path + (path[0] == '/' ? w->cut : 0);
	size_t path_len = strlen(seen) + 1, token_len = strlen(w->token) + 1;

	if (path_len + token_len > sizeof(event))
		return;
	memcpy(event, seen, path_len);
	memcpy(event + path_len, w->token, token_len);
	conn_event(w->owner, event, path_len + token_len);
}

void watch_fire(const char *path, int removed)
{
	for (struct watch *w = watches; w; w = w->next) {
		if (path_is_below(w->path, path))
			watch_send(w, path);
		else if (removed && path_is_below(path, w->path))
			watch_send(w, w->path);
	}
}

void store_fire_special(const char *name)
{
	for (struct watch *w = watches; w; w = w->next) {
		if (strcmp(w->path, name) == 0)
			watch_send(w, name);
	}
}

int watch_add(struct conn *c, const char *path, const char *token, size_t cut)
{
	struct watch *w;

	for (w = watches; w; w = w->next) {
		if (w->owner == c && !strcmp(w->path, path) && !strcmp(w->token, token))
			return EEXIST;
	}
	w = must(calloc(1, sizeof(*w)));
	w->owner = c;
	w->cut = cut;
	w->path = must(strdup(path));
	w->token = must(strdup(token));
	w->next = watches;
	watches = w;
	stats.watches++;
	watch_send(w, w->path);
	return 0;
}

int watch_remove(const struct conn *c, const char *path, const char *token)
{
	int found = 0;

	for (struct watch **link = &watches; *link;) {
		struct watch *w = *link;

		if (w->owner != c || (path && (strcmp(w->path, path) || strcmp(w->token, token)))) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		free(w->path);
		free(w->token);
		free(w);
		stats.watches--;
		found = 1;
	}
	return found ? 0 : ENOENT;
}

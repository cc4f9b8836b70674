/* SPDX-License-Identifier: MIT */
/*
 * xenstore as a flat list of paths. Each transaction works on a copy. Parents of a node always
 * exist.
 */
#include "tests/fakes/xen/server/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
	char *path;
	char *value;
	size_t len;
	char *perms;
	size_t perms_len;
};

struct store {
	struct node *node;
	size_t count;
};

struct change {
	struct change *next;
	int removed;
	char path[];
};

struct transaction {
	struct transaction *next;
	const struct conn *owner;
	uint32_t id;
	uint64_t generation; /* the store's generation at the start */
	struct store copy;
	struct change *changes;
};

static struct store live;
static uint64_t generation;
static struct transaction *transactions;
static uint32_t last_transaction;

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static struct node *find(const struct store *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->node[i].path, path) == 0)
			return &s->node[i];
	}
	return NULL;
}

static struct node *make(struct store *s, const char *path)
{
	struct node *n = find(s, path);
	const char *slash = strrchr(path, '/');

	if (n)
		return n;
	if (slash > path) {
		char *parent = must(strndup(path, (size_t)(slash - path)));
		make(s, parent);
		free(parent);
	}
	s->node = must(realloc(s->node, (s->count + 1) * sizeof(*s->node)));
	n = &s->node[s->count++];
	*n = (struct node){
		.path = must(strdup(path)), .value = must(strdup("")), .perms = must(strdup(""))};
	return n;
}

static void node_free(struct node *n)
{
	free(n->path);
	free(n->value);
	free(n->perms);
}

static void store_remove(struct store *s, const char *top)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (path_is_below(top, s->node[i].path))
			node_free(&s->node[i]);
		else
			s->node[kept++] = s->node[i];
	}
	s->count = kept;
}

static void set(char **field, size_t *len, const char *data, size_t data_len)
{
	char *copy = must(malloc(data_len + 1));

	memcpy(copy, data, data_len);
	copy[data_len] = '\0';
	free(*field);
	*field = copy;
	*len = data_len;
}

static struct store store_copy(const struct store *from)
{
	struct store to = {.node = must(calloc(from->count + 1, sizeof(*to.node))),
			   .count = from->count};

	for (size_t i = 0; i < from->count; i++) {
		to.node[i].path = must(strdup(from->node[i].path));
		set(&to.node[i].value, &to.node[i].len, from->node[i].value, from->node[i].len);
		set(&to.node[i].perms, &to.node[i].perms_len, from->node[i].perms,
		    from->node[i].perms_len);
	}
	return to;
}

static void store_free(struct store *s)
{
	for (size_t i = 0; i < s->count; i++)
		node_free(&s->node[i]);
	free(s->node);
}

static struct transaction *transaction_find(const struct conn *c, uint32_t id)
{
	for (struct transaction *t = transactions; t; t = t->next) {
		if (t->id == id && t->owner == c)
			return t;
	}
	return NULL;
}

static void transaction_drop(struct transaction *t)
{
	struct transaction **link = &transactions;

	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	store_free(&t->copy);
	while (t->changes) {
		struct change *change = t->changes;
		t->changes = change->next;
		free(change);
	}
	free(t);
}

static void transaction_begin(const struct conn *c, struct answer *a)
{
	struct transaction *t = must(calloc(1, sizeof(*t)));

	t->owner = c;
	t->id = ++last_transaction;
	t->generation = generation;
	t->copy = store_copy(&live);
	t->next = transactions;
	transactions = t;
	a->reply.value = t->id;
}

static int transaction_finish(struct transaction *t, int abort_it)
{
	if (!t)
		return ENOENT;
	if (!abort_it && t->generation != generation) {
		transaction_drop(t);
		return EAGAIN;
	}
	if (!abort_it && t->changes) {
		struct store old = live;
		live = t->copy;
		t->copy = old;
		generation++;
		for (struct change *c = t->changes; c; c = c->next)
			watch_fire(c->path, c->removed);
	}
	transaction_drop(t);
	return 0;
}

static void changed(struct transaction *t, const char *path, int removed)
{
	struct change **link, *c;

	if (!t) {
		generation++;
		watch_fire(path, removed);
		return;
	}
	c = must(malloc(sizeof(*c) + strlen(path) + 1));
	c->next = NULL;
	c->removed = removed;
	strcpy(c->path, path);
	for (link = &t->changes; *link; link = &(*link)->next)
		;
	*link = c;
}

static int directory(const struct store *s, const char *path, struct answer *a)
{
	size_t n = strcmp(path, "/") == 0 ? 0 : strlen(path);

	if (!find(s, path) && n > 0)
		return ENOENT;
	for (size_t i = 0; i < s->count; i++) {
		const char *name = s->node[i].path + n + 1;

		if (!path_is_below(path, s->node[i].path) || s->node[i].path[n] != '/' ||
		    *name == '\0' || strchr(name, '/'))
			continue;
		if (strlen(name) + 1 > FX_DATA_MAX - a->len)
			return E2BIG;
		strcpy(a->reply.data + a->len, name);
		a->len += strlen(name) + 1;
	}
	return 0;
}

void store_gone(struct conn *c)
{
	struct transaction *t = transactions;

	watch_remove(c, NULL, NULL);
	while (t) {
		struct transaction *next = t->next;
		if (t->owner == c)
			transaction_drop(t);
		t = next;
	}
}

static int give(struct answer *a, const char *data, size_t len)
{
	if (len > FX_DATA_MAX)
		return E2BIG;
	memcpy(a->reply.data, data, len);
	a->len = len;
	return 0;
}

static int node_request(const struct fx_request *r, const char *path, const char *data, size_t len,
			struct transaction *t, struct answer *a)
{
	struct store *s = t ? &t->copy : &live;
	struct node *n = find(s, path);

	switch ((enum fx_op)r->op) {
	case FX_XS_READ:
		return n ? give(a, n->value, n->len) : ENOENT;
	case FX_XS_GET_PERMISSIONS:
		return n ? give(a, n->perms, n->perms_len) : ENOENT;
	case FX_XS_DIRECTORY:
		return directory(s, path, a);
	case FX_XS_WRITE:
		n = make(s, path);
		set(&n->value, &n->len, data, len);
		changed(t, path, 0);
		return 0;
	case FX_XS_MKDIR:
		if (!n) {
			make(s, path);
			changed(t, path, 0);
		}
		return 0;
	case FX_XS_SET_PERMISSIONS:
		if (!n)
			return ENOENT;
		set(&n->perms, &n->perms_len, data, len);
		changed(t, path, 0);
		return 0;
	case FX_XS_RM:
		if (!n)
			return ENOENT;
		store_remove(s, path);
		changed(t, path, 1);
		return 0;
	default:
		return ENOSYS;
	}
}

/* Make a path absolute. Relative paths start at the domain's home; returns that prefix's length. */
static size_t absolute(const struct conn *c, const char *path, char *out, size_t size)
{
	size_t cut = 0;

	out[0] = '\0';
	if (path[0] != '/' && path[0] != '@')
		cut = (size_t)snprintf(out, size, "/local/domain/%u/", c->domid);
	strncat(out, path, size - 1 - cut);
	return cut;
}

int store_request(struct conn *c, const struct fx_request *r, size_t len, struct answer *a)
{
	struct transaction *t = transaction_find(c, r->a[0]);
	const char *path = r->data, *data;
	char full[XENSTORE_ABS_PATH_MAX + 64];
	size_t cut;

	if (r->op == FX_XS_START) {
		transaction_begin(c, a);
		return 0;
	}
	if (r->op == FX_XS_END)
		return transaction_finish(t, r->a[1] != 0);
	if (r->op == FX_XS_IS_INTRODUCED) {
		a->reply.value = domain_find(r->a[1]) != NULL;
		return 0;
	}
	if (!memchr(path, '\0', len))
		return EINVAL;
	data = path + strlen(path) + 1;
	len -= strlen(path) + 1;
	cut = absolute(c, path, full, sizeof(full));
	if (strlen(full) > 1 && full[strlen(full) - 1] == '/')
		return EINVAL;
	if (r->op == FX_XS_WATCH || r->op == FX_XS_UNWATCH) {
		if (!memchr(data, '\0', len))
			return EINVAL;
		return r->op == FX_XS_WATCH ? watch_add(c, full, data, cut)
					    : watch_remove(c, full, data);
	}
	if (full[0] != '/' || (r->a[0] != XBT_NULL && !t))
		return EINVAL;
	return node_request(r, full, data, len, t, a);
}

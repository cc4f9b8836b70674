/* SPDX-License-Identifier: MIT */
/*
 * Takes chains from rings of the fuzzer's making, while an adversary rewrites them between any two
 * loads. In all cases, taken segments lie in the pool, an unanswered head is not taken again,
 * responses stay within their descriptors, and the used index counts them.
 *
 * Input: a byte of set-up, the number of acts, the number of the adversary's steps; then the acts,
 * the steps, and the pool.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/transport/virtqueue.h"
#include "tests/fuzz/adversary.h"

#define POOL_BYTES   1024u
#define SIZE_MAX_LOG 4u
#define HEADS	     (1u << SIZE_MAX_LOG)
#define AVAIL_AT     (HEADS * 16u)
#define USED_AT	     (AVAIL_AT + 64u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct session {
	uint8_t *pool;
	struct virtqueue vq;
	uint8_t has[HEADS]; /* heads taken and not completed */
	struct vq_answer answer[HEADS];
	uint32_t count;
	uint16_t completed;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_segment(const struct vq_segment *s)
{
	require(s->length > 0 && s->length <= POOL_BYTES && s->offset <= POOL_BYTES - s->length);
}

static void check_chain(const struct session *s, const struct vq_chain *chain)
{
	uint64_t readable = 0, writable = 0;

	require(chain->count + chain->answer.count >= 1);
	require(chain->count + chain->answer.count <= s->vq.size);
	require(chain->answer.count <= VQ_ANSWER_SEGMENTS);
	for (uint32_t i = 0; i < chain->count; i++) {
		check_segment(&chain->segment[i]);
		readable += chain->segment[i].length;
	}
	for (uint32_t i = 0; i < chain->answer.count; i++) {
		check_segment(&chain->answer.segment[i]);
		writable += chain->answer.segment[i].length;
	}
	require(readable == chain->length && writable == chain->answer.length);
	require(chain->answer.head < s->vq.size && !s->has[chain->answer.head]);
}

static void keep(struct session *s, const struct vq_chain *chain)
{
	s->has[chain->answer.head] = 1;
	s->answer[s->count++] = chain->answer;
	require(s->count <= s->vq.size);
}

static void read_some(const struct session *s, const struct vq_chain *chain, uint8_t what)
{
	uint32_t bytes = what < chain->length ? what : (uint32_t)chain->length;
	uint8_t *to =
		malloc(bytes + 1u); /* exactly this size plus one, so that ASan sees an overflow */

	require(to != NULL);
	vq_read(&s->vq, chain, to, bytes);
	free(to);
}

static void complete(struct session *s, uint8_t which, uint32_t bytes)
{
	static const uint8_t zeroes[256];
	struct vq_answer *a = &s->answer[which % s->count];

	vq_complete(&s->vq, a, zeroes, bytes);
	s->has[a->head] = 0;
	*a = s->answer[--s->count];
	require(s->vq.used_next == ++s->completed);
}

static int act(struct session *s, uint8_t what)
{
	static struct vq_chain chain;
	int got = 0;

	switch (what & 7) {
	case 0:
	case 1:
		got = vq_take(&s->vq, &chain);
		break;
	case 2:
		if ((got = vq_peek(&s->vq, &chain)) == 1) {
			check_chain(s, &chain);
			vq_claim(&s->vq, &chain);
		}
		break;
	case 3:
		got = vq_peek(&s->vq, &chain);
		if (got == 1)
			check_chain(s, &chain);
		return got;
	case 4:
		if (s->count > 0)
			complete(s, what >> 3, what);
		return 0;
	case 5:
		return vq_must_notify(&s->vq);
	case 6:
		return vq_want_events(&s->vq);
	default: /* the driver makes more chains available */
		s->pool[AVAIL_AT + 2] = (uint8_t)(s->pool[AVAIL_AT + 2] + (what >> 3));
		return 0;
	}
	if (got == 1) {
		if ((what & 7) < 2)
			check_chain(s, &chain);
		keep(s, &chain);
		read_some(s, &chain, what);
	}
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	uint8_t set_up = data[0];
	size_t acts = data[1], races = data[2] * sizeof(struct adversary_step);

	data += 3;
	size -= 3;
	acts = acts < size ? acts : size;
	races = races < size - acts ? races : size - acts;
	size_t pool_bytes = size - acts - races;
	struct session s = {.pool = aligned_alloc(16, POOL_BYTES)};
	const struct vgpu_queue setup = {.size = 1u << (set_up & 7) % (SIZE_MAX_LOG + 1),
					 .desc = 0,
					 .driver = AVAIL_AT,
					 .device = USED_AT};

	require(s.pool != NULL);
	memset(s.pool, 0, POOL_BYTES);
	memcpy(s.pool, data + acts + races, pool_bytes < POOL_BYTES ? pool_bytes : POOL_BYTES);
	require(vq_init(&s.vq, s.pool, POOL_BYTES, &setup, set_up & 8) == 0);
	adversary_start(s.pool, POOL_BYTES, data + acts, races);
	for (size_t i = 0; i < acts && act(&s, data[i]) >= 0; i++)
		;
	adversary_stop();
	free(s.pool);
	return 0;
}

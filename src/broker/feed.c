/* One peer's stream: sweep, dirty sets, what left its view. */
#include "broker/feed.h"

#include "common/proto.h"

#include <stdlib.h>
#include <string.h>

#define PUTS_AT_MOST 3        /* more changes than this of one kind go as a batch */
#define GONE_MAX 65536        /* more than these that are gone: the peer starts over */

/* What a job did comes before the job: who reads that it is done has read what it did. */
static const enum kind order_of_changes[KIND_COUNT] = {
	KIND_SITE, KIND_RACK, KIND_ENCLOSURE, KIND_BLADE, KIND_NOTICE, KIND_CLUSTER, KIND_VOLUME, KIND_VM, KIND_ALERT,
	KIND_LEASE, KIND_JOB
};

struct marks { uint64_t *bits; uint32_t words; };
struct queue { uint32_t *at; uint32_t size, head, n; };
struct gone { enum kind kind; istr id; };
struct feed {
	struct registry *objects;
	struct view *view;
	struct news *news;
	const struct actor *actor;
	unsigned kinds;           /* 0: not subscribed */
	bool batch, reset, synced;
	struct marks known[KIND_COUNT], dirty[KIND_COUNT];
	struct queue queue[KIND_COUNT];
	struct gone *gone;
	size_t ngone, gone_size, gone_at;
	int sweep_kind;           /* KIND_COUNT: the sweep is over */
	uint32_t sweep_slot;
	uint64_t news_at;
};

/* ---- sets of slots ---- */

static bool is_marked(const struct marks *m, uint32_t slot)
{
	return slot / 64 < m->words && (m->bits[slot / 64] >> (slot % 64) & 1);
}

static void mark(struct marks *m, uint32_t slot, bool on)
{
	uint32_t word = slot / 64;

	if (word >= m->words) {
		if (!on)
			return;
		uint32_t words = word + 1 > m->words * 2 ? word + 1 : m->words * 2;
		m->bits = xrealloc(m->bits, words * sizeof *m->bits);
		memset(m->bits + m->words, 0, (words - m->words) * sizeof *m->bits);
		m->words = words;
	}
	if (on)
		m->bits[word] |= (uint64_t)1 << (slot % 64);
	else
		m->bits[word] &= ~((uint64_t)1 << (slot % 64));
}

static void push(struct queue *q, uint32_t slot)
{
	if (q->n == q->size) {
		uint32_t size = q->size ? q->size * 2 : 16;
		uint32_t *at = xmalloc(size * sizeof *at);
		for (uint32_t i = 0; i < q->n; i++)
			at[i] = q->at[(q->head + i) % q->size];
		free(q->at);
		q->at = at;
		q->size = size;
		q->head = 0;
	}
	q->at[(q->head + q->n++) % q->size] = slot;
}

static uint32_t pop(struct queue *q)
{
	uint32_t slot = q->at[q->head];

	q->head = (q->head + 1) % q->size;
	q->n--;
	return slot;
}

/* ---- life ---- */

struct feed *feed_new(struct registry *r, struct view *v, struct news *n)
{
	struct feed *f = xcalloc(1, sizeof *f);

	f->objects = r;
	f->view = v;
	f->news = n;
	f->sweep_kind = KIND_COUNT;
	return f;
}

static void forget_gone(struct feed *f)
{
	for (size_t i = f->gone_at; i < f->ngone; i++)
		intern_free(f->gone[i].id);
	f->ngone = f->gone_at = 0;
}

static void forget(struct feed *f)
{
	forget_gone(f);
	for (int k = 0; k < KIND_COUNT; k++) {
		free(f->known[k].bits);
		free(f->dirty[k].bits);
		free(f->queue[k].at);
		memset(&f->known[k], 0, sizeof f->known[k]);
		memset(&f->dirty[k], 0, sizeof f->dirty[k]);
		memset(&f->queue[k], 0, sizeof f->queue[k]);
	}
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	forget(f);
	free(f->gone);
	free(f);
}

void feed_restart(struct feed *f)
{
	if (!f->kinds)
		return;
	forget(f);
	f->reset = true;
	f->synced = false;
	f->sweep_kind = 0;
	f->sweep_slot = 0;
}

void feed_subscribe(struct feed *f, const struct actor *a, unsigned kinds, bool batch)
{
	bool again = f->kinds != 0;

	f->actor = a;
	f->kinds = kinds;
	f->batch = batch;
	/* How many of the newest are a customer's own would tell how much happens to others; his servers' histories have it all. */
	f->news_at = a->role == ROLE_CUSTOMER ? news_next(f->news) : news_first(f->news);
	feed_restart(f);
	f->reset = again;
}

/* ---- what the registry tells ---- */

static bool wanted(const struct feed *f, enum kind k)
{
	return f->kinds >> k & 1;
}

/* The sweep has been here, or will not come. */
static bool swept(const struct feed *f, enum kind k, uint32_t slot)
{
	return (int)k < f->sweep_kind || ((int)k == f->sweep_kind && slot < f->sweep_slot);
}

void feed_changed(struct feed *f, enum kind k, uint32_t slot)
{
	if (!wanted(f, k) || !swept(f, k, slot) || is_marked(&f->dirty[k], slot))
		return;
	mark(&f->dirty[k], slot, true);
	push(&f->queue[k], slot);
}

static void say_gone(struct feed *f, enum kind k, uint32_t slot, istr id)
{
	if (!is_marked(&f->known[k], slot))
		return;
	mark(&f->known[k], slot, false);
	if (f->ngone - f->gone_at >= GONE_MAX) {
		feed_restart(f);
		return;
	}
	if (f->gone_at == f->ngone)
		f->gone_at = f->ngone = 0;
	if (f->ngone == f->gone_size) {
		f->gone_size = f->gone_size ? f->gone_size * 2 : 16;
		f->gone = xrealloc(f->gone, f->gone_size * sizeof *f->gone);
	}
	f->gone[f->ngone++] = (struct gone){ .kind = k, .id = intern_ref(id) };
}

void feed_gone(struct feed *f, enum kind k, uint32_t slot, const void *object)
{
	if (!wanted(f, k))
		return;
	/* It stays in its queue: whoever stands in the slot when its turn comes is what is sent. */
	say_gone(f, k, slot, ((const struct object *)object)->id);
}

void feed_review(struct feed *f, enum kind k)
{
	uint32_t n = registry_slots(f->objects, k);

	for (uint32_t s = 0; s < n; s++)
		if (registry_at(f->objects, k, s))
			feed_changed(f, k, s);
}

/* ---- what is said ---- */

bool feed_has(const struct feed *f)
{
	if (!f->kinds)
		return false;
	if (f->reset || !f->synced || f->gone_at < f->ngone || f->news_at < news_next(f->news))
		return true;
	for (int k = 0; k < KIND_COUNT; k++)
		if (f->queue[k].n)
			return true;
	return false;
}

static void put(struct feed *f, struct buf *out, enum kind k, uint32_t slot, enum viewer as)
{
	const struct buf *b = view_object(f->view, f->actor, k, slot, as);

	buf_str(out, "{\"event\":\"put\",\"object\":");
	buf_append(out, b->data, b->len);
	buf_str(out, "}\n");
}

/* Slots that are there and seen, as puts or as one batch. All are of one class: it is the actor's. */
static void put_many(struct feed *f, struct buf *out, enum kind k, const uint32_t *slots, size_t n, enum viewer as)
{
	if (!f->batch || n <= PUTS_AT_MOST) {
		for (size_t i = 0; i < n; i++)
			put(f, out, k, slots[i], as);
		return;
	}
	buf_printf(out, "{\"event\":\"batch\",\"kind\":\"%s\",\"columns\":", kind_name(k));
	view_columns(out, k, as);
	buf_str(out, ",\"rows\":[");
	for (size_t i = 0; i < n; i++) {
		const struct buf *b = view_row(f->view, f->actor, k, slots[i], as);
		if (i)
			buf_str(out, ",");
		buf_append(out, b->data, b->len);
	}
	buf_str(out, "]}\n");
}

static void write_gone(struct feed *f, struct buf *out, size_t until)
{
	while (f->gone_at < f->ngone && out->len < until) {
		struct gone *g = &f->gone[f->gone_at++];
		buf_printf(out, "{\"event\":\"gone\",\"kind\":\"%s\",\"id\":", kind_name(g->kind));
		buf_json_string(out, g->id);
		buf_str(out, "}\n");
		intern_free(g->id);
	}
}

static void write_dirty(struct feed *f, struct buf *out, enum kind k)
{
	uint32_t slots[PROTO_BATCH_ROWS];
	size_t n = 0;
	enum viewer as = VIEWER_TENANT;

	while (f->queue[k].n && n < PROTO_BATCH_ROWS) {
		uint32_t slot = pop(&f->queue[k]);
		struct object *o = registry_at(f->objects, k, slot);
		mark(&f->dirty[k], slot, false);
		if (!o)
			continue;
		if (!view_of(f->view, f->actor, k, o, &as)) {
			say_gone(f, k, slot, o->id);
			continue;
		}
		mark(&f->known[k], slot, true);
		slots[n++] = slot;
	}
	if (n)
		put_many(f, out, k, slots, n, as);
}

static void sweep(struct feed *f, struct buf *out)
{
	uint32_t slots[PROTO_BATCH_ROWS];
	size_t n = 0;
	enum kind k = (enum kind)f->sweep_kind;
	uint32_t end = registry_slots(f->objects, k);
	enum viewer as = VIEWER_TENANT;
	uint32_t looked = 0;

	/* A customer's few among many: no turn looks at more than some thousands. */
	for (; wanted(f, k) && f->sweep_slot < end && n < PROTO_BATCH_ROWS && looked < 16384; f->sweep_slot++, looked++) {
		const void *o = registry_at(f->objects, k, f->sweep_slot);
		if (!o || !view_of(f->view, f->actor, k, o, &as))
			continue;
		mark(&f->known[k], f->sweep_slot, true);
		slots[n++] = f->sweep_slot;
	}
	if (n)
		put_many(f, out, k, slots, n, as);
	if (!wanted(f, k) || f->sweep_slot >= end) {
		f->sweep_kind++;
		f->sweep_slot = 0;
	}
}

static void write_news(struct feed *f, struct buf *out, size_t until)
{
	if (f->news_at < news_first(f->news))
		f->news_at = news_first(f->news);
	while (f->news_at < news_next(f->news) && out->len < until)
		news_write(f->news, f->news_at++, f->view, f->actor, out);
}

void feed_produce(struct feed *f, struct buf *out, size_t until)
{
	if (!f->kinds)
		return;
	if (f->reset) {
		buf_str(out, "{\"event\":\"reset\"}\n");
		f->reset = false;
	}
	while (out->len < until) {
		bool idle = true;
		write_gone(f, out, until);
		for (int i = 0; i < KIND_COUNT && out->len < until; i++) {
			enum kind k = order_of_changes[i];
			if (!f->queue[k].n)
				continue;
			write_dirty(f, out, k);
			/* What left its view was queued just now, and must not come after what came since. */
			write_gone(f, out, SIZE_MAX);
			idle = false;
		}
		if (out->len >= until)
			return;
		if (f->sweep_kind < KIND_COUNT) {
			sweep(f, out);
			continue;
		}
		write_news(f, out, until);
		if (!f->synced && f->news_at >= news_next(f->news)) {
			f->synced = true;
			buf_str(out, "{\"event\":\"synced\"}\n");
		}
		if (idle && f->gone_at == f->ngone && f->news_at >= news_next(f->news))
			return;
	}
}

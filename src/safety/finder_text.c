/* The text: for each object a record of marked values, folded. What changes is made anew soon after, some at a time, or at the next
 * question. */
#include "safety/finder_text.h"

#include <stdlib.h>
#include <string.h>

#define WAITS UINT32_MAX     /* instead of a place: it is in the list of those that wait, and has none */
#define SLICE 500            /* of these at once, when nobody asks */
#define SLICE_MS 100
#define DEAD_MIN 65536       /* bytes */

const struct finder_key finder_keys[FINDER_KEYS] = {
	{ KIND_RACK, "name", "name", 0, 1 }, { KIND_ENCLOSURE, "name", "name", 0, 1 }, { KIND_BLADE, "name", "name", 0, 1 },
	{ KIND_VM, "name", "name", 0, 1 }, { KIND_CLUSTER, "name", "name", 0, 1 }, { KIND_VOLUME, "name", "name", 0, 1 },
	{ KIND_VM, "addresses", "address", FINDER_LIST, 3 }, { KIND_VM, "macs", "mac", FINDER_LIST, 4 }, { KIND_VM, "uuid", "uuid", FINDER_START, 4 },
	{ KIND_ENCLOSURE, "serial", "serial", 0, 3 }, { KIND_BLADE, "serial", "serial", 0, 3 }, { KIND_BLADE, "bay_serial", "serial", 0, 3 },
	{ KIND_BLADE, "hostname", "name", 0, 3 }, { KIND_JOB, "id", "job", FINDER_WHOLE_ID, 2 }, { KIND_JOB, "reason", "ticket", 0, 3 },
	{ KIND_ALERT, "ticket", "ticket", 0, 2 },
};

bool finder_finds(enum kind k)
{
	for (size_t i = 0; i < FINDER_KEYS; i++)
		if (finder_keys[i].kind == k)
			return true;
	return false;
}

istr finder_value(const struct finder *f, size_t key, const void *object)
{
	return *(const istr *)(const void *)((const char *)object + f->fields[key]->offset);
}

/* ---- the text ---- */

void finder_fold(struct buf *b, const char *s, size_t len)
{
	bool ascii = true;

	for (size_t i = 0; i < len; i++)
		ascii = ascii && (unsigned char)s[i] < 0x80;
	if (ascii) {
		size_t at = b->len;
		buf_append(b, s, len);
		for (; at < b->len; at++)
			if (b->data[at] >= 'A' && b->data[at] <= 'Z')
				b->data[at] = (char)(b->data[at] + 32);
		return;
	}
	char *one = xasprintf("%.*s", (int)len, s), *folded = text_fold(one);
	buf_str(b, folded);
	free(folded);
	free(one);
}

static void put_value(struct buf *b, size_t key, const char *s)
{
	char mark = (char)(key + 1);

	if (finder_keys[key].flags & FINDER_WHOLE_ID) {
		const char *colon = strchr(s, ':');
		s = colon ? colon + 1 : s;
	}
	while (*s) {
		size_t len = finder_keys[key].flags & FINDER_LIST ? strcspn(s, ",") : strlen(s);
		size_t skip = finder_keys[key].flags & FINDER_LIST ? strspn(s, " ") : 0;
		if (len > skip) {
			buf_append(b, &mark, 1);
			finder_fold(b, s + skip, len - skip);
		}
		s += len + (s[len] == ',');
	}
}

static void let_go(struct finder *f, struct entry *e)
{
	for (size_t i = 0; i < HELD; i++)
		intern_free(e->held[i]);
	memset(e->held, 0, sizeof e->held);
	memset(f->text.data + e->at, 0, e->len); /* nothing matches it any more */
	f->dead += e->len;
	e->dead = true;
}

static struct entry *entry_of(const struct finder *f, enum kind k, uint32_t slot)
{
	uint32_t at = slot < f->slots[k].n ? f->slots[k].entry[slot] : 0;

	return at && at != WAITS ? &f->entries[at - 1] : NULL;
}

/* The cell of a slot, which is made when there is none. */
static uint32_t *cell_of(struct finder *f, enum kind k, uint32_t slot)
{
	struct slots *s = &f->slots[k];

	if (slot >= s->n) {
		uint32_t n = slot + 1 > 2 * s->n ? slot + 1 : 2 * s->n;
		s->entry = xrealloc(s->entry, n * sizeof *s->entry);
		memset(s->entry + s->n, 0, (n - s->n) * sizeof *s->entry);
		s->n = n;
	}
	return &s->entry[slot];
}

static void add(struct finder *f, enum kind k, uint32_t slot, const void *object)
{
	size_t held = 0;

	if (f->n == f->size) {
		f->size = f->size ? f->size * 2 : 256;
		f->entries = xrealloc(f->entries, f->size * sizeof *f->entries);
	}
	struct entry *e = &f->entries[f->n++];
	*e = (struct entry){ .slot = slot, .at = (uint32_t)f->text.len, .kind = (unsigned char)k };
	*cell_of(f, k, slot) = (uint32_t)f->n;
	for (size_t i = 0; i < FINDER_KEYS; i++)
		if (finder_keys[i].kind == k) {
			istr value = finder_value(f, i, object);
			e->held[held++] = intern_ref(value);
			put_value(&f->text, i, value);
		}
	buf_append(&f->text, "\0", 1);
	e->len = (uint32_t)f->text.len - e->at;
}

static bool is_same(const struct finder *f, const struct entry *e, const void *object)
{
	size_t held = 0;

	for (size_t i = 0; i < FINDER_KEYS; i++)
		if (finder_keys[i].kind == (enum kind)e->kind && e->held[held++] != finder_value(f, i, object))
			return false;
	return true;
}

/* In the list once, whatever comes and goes in that slot meanwhile. */
static void wait_for(struct finder *f, enum kind k, uint32_t slot)
{
	if (f->nwaiting == f->waiting_size) {
		f->waiting_size = f->waiting_size ? f->waiting_size * 2 : 64;
		f->waiting = xrealloc(f->waiting, f->waiting_size * sizeof *f->waiting);
	}
	f->waiting[f->nwaiting++] = (struct waiting){ k, slot };
	if (f->timer && !loop_timer_pending(f->timer))
		loop_timer_set(f->timer, SLICE_MS);
}

void finder_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct finder *f = ctx;

	if (!finder_finds(k))
		return;
	struct entry *e = entry_of(f, k, slot);
	uint32_t *cell = cell_of(f, k, slot);
	if (e ? e->waits || is_same(f, e, object) : *cell == WAITS)
		return;
	if (e)
		e->waits = true;
	else
		*cell = WAITS;
	wait_for(f, k, slot);
}

void finder_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct finder *f = ctx;
	struct entry *e = finder_finds(k) ? entry_of(f, k, slot) : NULL;

	if (!e)
		return;
	*cell_of(f, k, slot) = e->waits ? WAITS : 0;
	let_go(f, e);
}

void finder_forget(struct finder *f)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t h = 0; h < HELD && !f->entries[i].dead; h++)
			intern_free(f->entries[i].held[h]);
	for (int k = 0; k < KIND_COUNT; k++)
		if (f->slots[k].n)
			memset(f->slots[k].entry, 0, f->slots[k].n * sizeof *f->slots[k].entry);
	f->text.len = 0;
	f->n = f->nwaiting = f->dead = 0;
}

void finder_all(struct finder *f)
{
	finder_forget(f);
	for (int k = 0; k < KIND_COUNT; k++)
		for (uint32_t s = 0; finder_finds((enum kind)k) && s < registry_slots(f->r, (enum kind)k); s++)
			if (registry_at(f->r, (enum kind)k, s))
				finder_changed(f, (enum kind)k, s, registry_at(f->r, (enum kind)k, s));
}

static void look_again(struct finder *f, struct waiting w)
{
	const void *object = registry_at(f->r, w.kind, w.slot);
	struct entry *e = entry_of(f, w.kind, w.slot);

	if (e && object && is_same(f, e, object)) {
		e->waits = false;
		return;
	}
	*cell_of(f, w.kind, w.slot) = 0;
	if (e)
		let_go(f, e);
	if (object)
		add(f, w.kind, w.slot, object);
}

/* Brings the text to what is there now, as far as so many that wait. */
void finder_catch_up(struct finder *f, size_t most)
{
	if (f->dead * 2 > f->text.len && f->dead > DEAD_MIN)
		finder_all(f);
	size_t n = f->nwaiting < most ? f->nwaiting : most;
	for (size_t i = 0; i < n; i++)
		look_again(f, f->waiting[i]);
	if (!n)
		return;
	f->nwaiting -= n;
	memmove(f->waiting, f->waiting + n, f->nwaiting * sizeof *f->waiting);
}

void finder_on_time(void *ctx)
{
	struct finder *f = ctx;

	finder_catch_up(f, SLICE);
	if (f->nwaiting)
		loop_timer_set(f->timer, 1);
}

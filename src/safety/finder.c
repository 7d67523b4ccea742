/* The search: memmem over the whole text, and the best of what matches. */
#include "safety/finder_text.h"

#include <stdlib.h>
#include <string.h>

/* ---- asking ---- */

/* A match: value is in the text. */
struct match { enum kind kind; int score /* the smaller the better */; const void *object; size_t key; const char *value; size_t len; };
struct asking {
	struct finder *f;
	const struct gate *g;
	const struct actor *a;
	struct match best[FINDER_MAX];
	size_t n, max, total;
	int only;                /* this kind alone; -1 any */
};

/* How good is a match here? At end: behind the value. */
static int score_of(size_t key, bool starts, bool ends)
{
	int name = strcmp(finder_keys[key].by, "name") == 0 ? 0 : 1;

	if (starts && ends)
		return name;
	return (starts ? 2 : 4) + name;
}

/* As people look for things: from the large to the small. */
static int rank_of(enum kind k)
{
	static const enum kind order[] = { KIND_RACK, KIND_ENCLOSURE, KIND_BLADE, KIND_VM, KIND_CLUSTER, KIND_VOLUME, KIND_ALERT, KIND_JOB };
	int i = 0;

	while (i < (int)(sizeof order / sizeof *order) && order[i] != k)
		i++;
	return i;
}

static istr name_of(const struct finder *f, enum kind k, const void *object)
{
	return *(const istr *)(const void *)((const char *)object + f->names[k]->offset);
}

static bool is_better(const struct finder *f, const struct match *a, const struct match *b)
{
	if (a->score != b->score)
		return a->score < b->score;
	if (a->kind != b->kind)
		return rank_of(a->kind) < rank_of(b->kind);
	int order = text_natural_cmp(name_of(f, a->kind, a->object), name_of(f, b->kind, b->object));
	return order ? order < 0 : strcmp(((const struct object *)a->object)->id, ((const struct object *)b->object)->id) < 0;
}

static void keep(struct asking *q, const struct match *m)
{
	size_t i = q->n;

	q->total++;
	if (q->n == q->max && !is_better(q->f, m, &q->best[q->n - 1]))
		return;
	if (q->n < q->max)
		q->n++;
	else
		i--;
	for (; i > 0 && is_better(q->f, m, &q->best[i - 1]); i--)
		q->best[i] = q->best[i - 1];
	q->best[i] = *m;
}

/* What it was is told as it is written; of a list, the one of it. */
static void tell(const struct asking *q, const struct match *m, struct finding *out)
{
	bool list = finder_keys[m->key].flags & FINDER_LIST;
	const char *value = list ? m->value : finder_value(q->f, m->key, m->object);
	size_t len = list ? m->len : strlen(value);

	*out = (struct finding){ .kind = m->kind, .object = m->object, .by = finder_keys[m->key].by };
	len = len < sizeof out->what ? len : sizeof out->what - 1;
	memcpy(out->what, value, len);
	text_mend(out->what);
}

/* The best match of this record, which is one that he sees; the first is at hit. */
static void look_into(struct asking *q, const struct entry *e, const char *hit, const char *needle, size_t len)
{
	const char *record = q->f->text.data + e->at, *end = record + e->len;
	const void *object = registry_at(q->f->r, (enum kind)e->kind, e->slot);
	struct match m = { .kind = (enum kind)e->kind, .object = object };

	if (!object || (q->only >= 0 && q->only != e->kind) || (e->kind == KIND_BLADE && !((const struct blade *)object)->name[0]))
		return;
	for (; hit; hit = memmem(hit + 1, (size_t)(end - hit - 1), needle, len)) {
		const char *start = hit, *stop = hit + len;
		while ((unsigned char)start[-1] >= 0x20)
			start--;
		while ((unsigned char)*stop >= 0x20)
			stop++;
		size_t key = (size_t)(unsigned char)start[-1] - 1;
		if (key >= FINDER_KEYS) /* no mark of ours */
			continue;
		bool shown = q->f->fields[key]->viewers >> actor_viewer(q->a) & 1;
		int score = score_of(key, hit == start, stop == hit + len);
		if (shown && len >= finder_keys[key].least && (hit == start || !(finder_keys[key].flags & FINDER_START)) && (!m.value || score < m.score)) {
			m.value = start;
			m.key = key;
			m.len = (size_t)(stop - start);
			m.score = score;
		}
	}
	if (m.value)
		keep(q, &m);
}

/* A customer's own, one after the other: how long that takes says nothing about what others have. */
static void search_own(struct asking *q, const char *needle, size_t len)
{
	const struct finder *f = q->f;

	for (size_t i = 0; i < f->n; i++) {
		const struct entry *e = &f->entries[i];
		const void *object = e->dead ? NULL : registry_at(f->r, (enum kind)e->kind, e->slot);
		const char *hit;

		if (object && q->g->sees(q->g->ctx, q->a, (enum kind)e->kind, object) && (hit = memmem(f->text.data + e->at, e->len, needle, len)))
			look_into(q, e, hit, needle, len);
	}
}

static void search(struct asking *q, const char *needle, size_t len)
{
	const struct finder *f = q->f;
	const char *at = f->text.data, *end = f->text.len ? at + f->text.len : at;
	size_t entry = 0;

	if (!actor_is_staff(q->a)) { /* who is sees all */
		search_own(q, needle, len);
		return;
	}
	while (at && at < end && (at = memmem(at, (size_t)(end - at), needle, len))) {
		uint32_t offset = (uint32_t)(at - f->text.data);
		while (entry + 1 < f->n && f->entries[entry + 1].at <= offset)
			entry++;
		look_into(q, &f->entries[entry], at, needle, len);
		at = f->text.data + f->entries[entry].at + f->entries[entry].len;
	}
}

/* A MAC in any of its spellings becomes the one that hosts use; size >= 18. */
static bool is_mac(const char *s, char *out)
{
	size_t n = 0;

	for (; *s; s++) {
		if (strchr(":-.", *s))
			continue;
		if (!strchr("0123456789abcdef", *s) || n == 17)
			return false;
		if (n % 3 == 2)
			out[n++] = ':';
		out[n++] = *s;
	}
	out[n] = '\0';
	return n == 17;
}

/* "vm:db01" looks for db01 among the VMs; an id is that object, and nothing else. */
static const char *kind_word(struct asking *q, const char *text)
{
	const char *colon = strchr(text, ':');
	char word[16];
	enum kind k;

	if (!colon || (size_t)(colon - text) >= sizeof word)
		return text;
	memcpy(word, text, (size_t)(colon - text));
	word[colon - text] = '\0';
	if (!kind_from_name(word, &k) || !finder_finds(k))
		return text;
	q->only = (int)k;
	return colon + 1;
}

static bool is_id(struct asking *q, const char *text, struct finding *out)
{
	enum kind k = (enum kind)q->only;
	const void *object = q->only >= 0 ? registry_find(q->f->r, k, text) : NULL;

	if (!object || !q->g->sees(q->g->ctx, q->a, k, object))
		return false;
	*out = (struct finding){ .kind = k, .object = object, .by = k == KIND_JOB ? "job" : "name" };
	strncpy(out->what, name_of(q->f, k, object), sizeof out->what - 1);
	return true;
}

size_t finder_ask(struct finder *f, const struct gate *g, const struct actor *a, const char *text, struct finding *out, size_t max,
	size_t *more)
{
	struct asking q = { .f = f, .g = g, .a = a, .max = max < FINDER_MAX ? max : FINDER_MAX, .only = -1 };
	struct buf needle = { 0 };
	char mac[24];

	*more = 0;
	finder_catch_up(f, SIZE_MAX);
	const char *rest = kind_word(&q, text);
	if (!q.max || strlen(text) > FINDER_TEXT_MAX)
		return 0;
	if (is_id(&q, text, out))
		return 1;
	while (*rest == ' ')
		rest++;
	finder_fold(&needle, rest, strlen(rest));
	while (needle.len && needle.data[needle.len - 1] == ' ')
		needle.len--;
	buf_append(&needle, "", 1);
	size_t len = strlen(needle.data);
	bool plain = len > 0;
	for (size_t i = 0; i < len; i++)
		plain = plain && (unsigned char)needle.data[i] >= 0x20;
	if (plain)
		search(&q, needle.data, len);
	if (plain && !q.total && is_mac(needle.data, mac))
		search(&q, mac, strlen(mac));
	buf_free(&needle);
	for (size_t i = 0; i < q.n; i++)
		tell(&q, &q.best[i], &out[i]);
	*more = q.total - q.n;
	return q.n;
}

/* ---- life ---- */

struct finder *finder_new(struct loop *l, struct registry *r)
{
	struct finder *f = xcalloc(1, sizeof *f);

	f->r = r;
	for (size_t i = 0; i < FINDER_KEYS; i++)
		f->fields[i] = field_find(finder_keys[i].kind, finder_keys[i].field);
	for (int k = 0; k < KIND_COUNT; k++)
		f->names[k] = field_find((enum kind)k, k == KIND_JOB ? "id" : "name");
	f->watch = (struct registry_watch){ .ctx = f, .changed = finder_changed, .gone = finder_gone };
	registry_watch(r, &f->watch);
	if (l)
		f->timer = loop_timer_new(l, finder_on_time, f);
	finder_all(f);
	return f;
}

void finder_free(struct finder *f)
{
	if (!f)
		return;
	registry_unwatch(f->r, &f->watch);
	loop_timer_free(f->timer);
	finder_forget(f);
	for (int k = 0; k < KIND_COUNT; k++)
		free(f->slots[k].entry);
	buf_free(&f->text);
	free(f->entries);
	free(f->waiting);
	free(f);
}

size_t finder_bytes(const struct finder *f)
{
	size_t bytes = sizeof *f + f->text.size + f->size * sizeof *f->entries + f->waiting_size * sizeof *f->waiting;

	for (int k = 0; k < KIND_COUNT; k++)
		bytes += f->slots[k].n * sizeof *f->slots[k].entry;
	return bytes;
}

/* Keeps the console's registry as the broker tells it: new objects, changes in place, what is gone, what was not renewed
 * after a reconnect. Used by the screen and by the commands; knows no socket but for its subscription. */
#include "link/mirror.h"

#include "common/batch.h"
#include "common/clock.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define HAPPENED_MAX 200

/* Slots of one kind that came since the last subscribe, as bits. */
struct seen {
	uint64_t *bits;
	size_t words;
};

struct mirror {
	struct registry *objects;
	unsigned kinds;
	struct batch batch;          /* its room is kept while all comes */
	bool synced, renewing;       /* renewing: what is not seen again goes at "synced" */
	struct seen seen[KIND_COUNT];
	int64_t lost_at;             /* boot ms, 0: not lost */
	struct happened happened[HAPPENED_MAX]; /* a ring */
	size_t newest, nhappened;    /* index of the newest; how many there are */
	uint64_t heard;              /* how many there were, ever */
};

struct mirror *mirror_new(void)
{
	struct mirror *m = xcalloc(1, sizeof *m);

	m->objects = registry_new();
	return m;
}

static void happened_clear(struct happened *h)
{
	free(h->object);
	free(h->name);
	msg_free(&h->what);
	memset(h, 0, sizeof *h);
}

void mirror_free(struct mirror *m)
{
	if (!m)
		return;
	registry_free(m->objects);
	batch_free(&m->batch);
	for (int k = 0; k < KIND_COUNT; k++)
		free(m->seen[k].bits);
	for (size_t i = 0; i < HAPPENED_MAX; i++)
		happened_clear(&m->happened[i]);
	free(m);
}

struct registry *mirror_objects(struct mirror *m)
{
	return m->objects;
}

void mirror_kinds(struct mirror *m, unsigned kinds)
{
	m->kinds = kinds;
}

bool mirror_synced(const struct mirror *m)
{
	return m->synced;
}

int64_t mirror_age_s(const struct mirror *m)
{
	return m->lost_at ? (clock_boot_ms() - m->lost_at) / 1000 : 0;
}

const struct site *mirror_site(const struct mirror *m)
{
	return registry_find(m->objects, KIND_SITE, "site");
}

size_t mirror_happened(const struct mirror *m, const struct happened **newest_first, size_t max)
{
	size_t n = m->nhappened < max ? m->nhappened : max;

	for (size_t i = 0; i < n; i++)
		newest_first[i] = &m->happened[(m->newest + HAPPENED_MAX - i) % HAPPENED_MAX];
	return n;
}

uint64_t mirror_heard(const struct mirror *m)
{
	return m->heard;
}

/* ---- what was seen since the subscription ---- */

static void seen_add(struct seen *s, uint32_t slot)
{
	size_t word = slot / 64;

	if (word >= s->words) {
		size_t words = s->words ? s->words : 4;
		while (words <= word)
			words *= 2;
		s->bits = xrealloc(s->bits, words * sizeof *s->bits);
		memset(s->bits + s->words, 0, (words - s->words) * sizeof *s->bits);
		s->words = words;
	}
	s->bits[word] |= UINT64_C(1) << slot % 64;
}

static bool seen_has(const struct seen *s, uint32_t slot)
{
	return slot / 64 < s->words && s->bits[slot / 64] >> slot % 64 & 1;
}

/* From here on everything comes anew; what is there stays until then. */
static void begin_again(struct mirror *m)
{
	m->synced = false;
	m->renewing = true;
	for (int k = 0; k < KIND_COUNT; k++)
		if (m->seen[k].bits)
			memset(m->seen[k].bits, 0, m->seen[k].words * sizeof *m->seen[k].bits);
}

static void drop_unseen(struct mirror *m)
{
	/* VMs before blades and so on: a watcher never finds a VM whose blade has just gone. */
	for (int k = KIND_COUNT - 1; k >= 0; k--) {
		uint32_t slots = registry_slots(m->objects, k);
		for (uint32_t s = 0; s < slots; s++) {
			void *o = registry_at(m->objects, k, s);
			if (o && !seen_has(&m->seen[k], s))
				registry_remove(m->objects, k, o);
		}
	}
}

/* ---- objects ---- */

/* The object of this id, to be read into; a new one is not registered yet. */
static void *object_for(struct mirror *m, enum kind k, json_t *id, bool *is_new)
{
	void *o = registry_find(m->objects, k, json_string_value(id));

	*is_new = !o;
	return o ? o : object_new(k);
}

/* It was read (or not: then nothing of it was touched). */
static void object_came(struct mirror *m, enum kind k, void *o, bool is_new, bool ok)
{
	uint32_t slot;

	if (!ok) {
		if (is_new)
			object_free(k, o);
		return;
	}
	if (is_new) {
		slot = registry_add(m->objects, k, o);
	} else {
		slot = registry_slot(m->objects, k, o);
		registry_changed(m->objects, k, o, false);
	}
	if (m->renewing)
		seen_add(&m->seen[k], slot);
}

static void on_put(struct mirror *m, json_t *object)
{
	const char *kind = json_string_value(json_object_get(object, "kind"));
	enum kind k;
	bool is_new;

	if (!kind || !kind_from_name(kind, &k))
		return;
	void *o = object_for(m, k, json_object_get(object, "id"), &is_new);
	object_came(m, k, o, is_new, object_read(k, o, object));
}

static void on_batch(struct mirror *m, json_t *line)
{
	const char *kind = json_string_value(json_object_get(line, "kind"));
	int columns[MODEL_FIELDS_MAX], id = -1;
	enum kind k;
	size_t i;
	json_t *row;

	if (!kind || !kind_from_name(kind, &k))
		return;
	int n = columns_read(k, json_object_get(line, "columns"), columns, MODEL_FIELDS_MAX);
	for (int c = 0; c < n && id < 0; c++)
		if (columns[c] == 0) /* every table begins with the id */
			id = c;
	if (id < 0)
		return;
	json_array_foreach (json_object_get(line, "rows"), i, row) {
		bool is_new;
		void *o = object_for(m, k, json_array_get(row, (size_t)id), &is_new);
		object_came(m, k, o, is_new, object_read_row(k, o, row, columns, n));
	}
}

bool mirror_batch(struct mirror *m, const char *line, size_t len)
{
	struct batch *b = &m->batch;
	bool ok = batch_read(b, line, len);

	for (size_t i = 0; ok && i < b->nrows; i++) {
		const struct wire *id = batch_id(b, i);
		istr known = intern_n(id->s, id->len);
		void *o = registry_find(m->objects, b->kind, known);
		bool is_new = !o;

		if (is_new)
			o = object_new(b->kind);
		batch_row(b, i, o);
		object_came(m, b->kind, o, is_new, true);
		intern_free(known);
	}
	if (m->synced)
		batch_free(b);
	return ok;
}

static void on_gone(struct mirror *m, json_t *line)
{
	const char *kind = json_string_value(json_object_get(line, "kind"));
	const char *id = json_string_value(json_object_get(line, "id"));
	enum kind k;

	if (!kind || !id || !kind_from_name(kind, &k))
		return;
	void *o = registry_find(m->objects, k, id);
	if (o)
		registry_remove(m->objects, k, o);
}

/* ---- news ---- */

/* After a reconnect the broker tells its newest ones again. */
static bool is_known(const struct mirror *m, const struct happened *h)
{
	for (size_t i = 0; i < m->nhappened; i++) {
		const struct happened *o = &m->happened[(m->newest + HAPPENED_MAX - i) % HAPPENED_MAX];
		if (o->at == h->at && strcmp(o->object, h->object) == 0 && strcmp(o->what.text, h->what.text) == 0)
			return true;
	}
	return false;
}

static void on_happened(struct mirror *m, json_t *line)
{
	struct happened h = { .seq = json_integer_value(json_object_get(line, "seq")), .at = json_integer_value(json_object_get(line, "at")) };
	const char *kind = json_string_value(json_object_get(line, "kind"));

	if (!msg_from_json(&h.what, json_object_get(line, "what")))
		return;
	if (!kind || !kind_from_name(kind, &h.kind))
		h.kind = KIND_SITE;
	h.object = text_shown_dup(json_string_value(json_object_get(line, "object")));
	h.name = text_shown_dup(json_string_value(json_object_get(line, "name")));
	if (!m->synced && is_known(m, &h)) {
		happened_clear(&h);
		return;
	}
	m->heard++;
	m->newest = m->nhappened ? (m->newest + 1) % HAPPENED_MAX : 0;
	if (m->nhappened < HAPPENED_MAX)
		m->nhappened++;
	happened_clear(&m->happened[m->newest]);
	m->happened[m->newest] = h;
}

void mirror_event(struct mirror *m, json_t *line)
{
	const char *event = json_string_value(json_object_get(line, "event"));

	if (!event)
		return;
	if (strcmp(event, "put") == 0) {
		on_put(m, json_object_get(line, "object"));
	} else if (strcmp(event, "batch") == 0) {
		on_batch(m, line);
	} else if (strcmp(event, "gone") == 0) {
		on_gone(m, line);
	} else if (strcmp(event, "reset") == 0) {
		begin_again(m);
	} else if (strcmp(event, "synced") == 0) {
		if (m->renewing)
			drop_unseen(m);
		m->renewing = false;
		m->synced = true;
		batch_free(&m->batch);
	} else if (strcmp(event, "happened") == 0) {
		on_happened(m, line);
	}
}

/* ---- the connection comes and goes ---- */

static void on_subscribed(void *ctx, struct err *e, json_t *ret)
{
	err_free(e); /* a loss is told by the client's state; a refusal leaves us unsynced */
}

void mirror_subscribe(struct mirror *m, struct client *c)
{
	json_t *args = json_object();

	m->lost_at = 0;
	begin_again(m);
	if (m->kinds) {
		json_t *kinds = json_array();
		for (int k = 0; k < KIND_COUNT; k++)
			if (m->kinds & 1u << k)
				json_array_append_new(kinds, json_string(kind_name(k)));
		json_object_set_new(args, "kinds", kinds);
	}
	client_request(c, "subscribe", args, on_subscribed, NULL);
}

void mirror_lost(struct mirror *m)
{
	int64_t now = clock_wall_s();

	if (m->lost_at)
		return; /* told again at each try that fails */
	m->lost_at = clock_boot_ms();
	m->synced = false;
	uint32_t slots = registry_slots(m->objects, KIND_VM);
	for (uint32_t s = 0; s < slots; s++) {
		struct vm *vm = registry_at(m->objects, KIND_VM, s);
		if (!vm || !vm->live)
			continue;
		vm->live = false;
		vm->seen = now;
		registry_changed(m->objects, KIND_VM, vm, false);
	}
	slots = registry_slots(m->objects, KIND_BLADE);
	for (uint32_t s = 0; s < slots; s++) {
		struct blade *b = registry_at(m->objects, KIND_BLADE, s);
		if (!b || (b->host != HOST_UP && !b->power_live))
			continue;
		if (b->power_live)
			b->power_seen = now;
		b->power_live = false;
		if (b->host == HOST_UP) {
			b->host = HOST_STALE;
			b->seen = now;
			intern_set(&b->why, msg_template("broker.lost"));
			intern_set(&b->why_id, "broker.lost");
		}
		registry_changed(m->objects, KIND_BLADE, b, false);
	}
	struct site *site = registry_find(m->objects, KIND_SITE, "site");
	if (site) {
		site->hosts_live = 0;
		registry_changed(m->objects, KIND_SITE, site, false);
	}
}

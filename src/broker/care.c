/* The wiring (care.h). What ends by time alone is taken from the store without waiting: if that cannot be written, the next start finds
 * it over, and drops it then. */
#include "broker/care.h"

#include "broker/peers.h"

#include <string.h>

void care_happened(struct broker *b, enum kind k, const char *object, const char *name, const struct msg *m)
{
	if (!b->peers)
		return;
	news_add(b->news, k, object, name, m, NULL);
	peers_poke(b->peers);
}

static void on_alert(void *ctx, enum kind k, const char *object, const char *name, const struct msg *m)
{
	care_happened(ctx, k, object, name, m);
}

static void on_dropped(void *ctx, const char *id)
{
	struct broker *b = ctx;

	if (!b->peers)
		return;
	struct store_tx *tx = store_begin(b->store);
	store_drop_alert(tx, id);
	store_commit(tx, NULL, NULL);
}

static void on_seen(void *ctx, const char *id, int64_t since)
{
	struct broker *b = ctx;

	if (b->peers)
		store_cache_alert(b->store, id, since);
}

static void on_note_ended(void *ctx, const struct store_note *n)
{
	struct broker *b = ctx;
	const struct blade *blade = registry_find(b->objects, KIND_BLADE, n->object);
	const char *name = blade ? blade->name : strchr(n->object, ':') ? strchr(n->object, ':') + 1 : n->object;
	struct msg m;

	if (!b->peers)
		return;
	struct store_tx *tx = store_begin(b->store);
	store_drop_note(tx, n->object);
	store_commit(tx, NULL, NULL);
	msg_make(&m, "note.ended", "{s:s, s:s}", "name", name, "text", n->text);
	care_happened(b, KIND_BLADE, n->object, name, &m);
	msg_free(&m);
}

static void on_event(void *ctx, const struct store_event *e)
{
	struct broker *b = ctx;

	store_cache_event(b->store, e);
}

static bool on_stood(void *ctx, const char *cause, const char *object)
{
	return alerts_stood(((struct broker *)ctx)->alerts, cause, object);
}

void care_new(struct broker *b)
{
	b->alerts = alerts_new(&(struct alerts_config){ .loop = b->loop, .objects = b->objects, .ctx = b, .happened = on_alert,
		.dropped = on_dropped, .seen = on_seen });
	b->notes = notes_new(&(struct notes_config){ .loop = b->loop, .objects = b->objects, .ctx = b, .ended = on_note_ended });
}

void care_start(struct broker *b)
{
	news_keep(b->news, on_event, b);
	news_known(b->news, on_stood, b);
	notes_start(b->notes);
	alerts_start(b->alerts);
}

void care_free(struct broker *b)
{
	alerts_free(b->alerts);
	notes_free(b->notes);
	b->alerts = NULL;
	b->notes = NULL;
	if (b->news) {
		news_keep(b->news, NULL, NULL);
		news_known(b->news, NULL, NULL);
	}
}

void care_load_alert(void *ctx, const struct store_alert *m)
{
	alerts_load_mark(((struct broker *)ctx)->alerts, m);
}

void care_load_seen(void *ctx, const char *id, int64_t since)
{
	alerts_load_seen(((struct broker *)ctx)->alerts, id, since);
}

void care_load_note(void *ctx, const struct store_note *n)
{
	notes_load(((struct broker *)ctx)->notes, n);
}

void care_load_event(void *ctx, const struct store_event *e)
{
	news_load(((struct broker *)ctx)->news, e);
}

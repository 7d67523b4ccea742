/* One cluster: where its nodes stand, what is left of it when a blade, an enclosure or a rack is lost, and its nodes in a list. */
#include "views/cluster_inside.h"

#include "common/text.h"
#include "tr.h"
#include "views/view_list.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 2000   /* after a change the losses are asked anew, not with every one of a burst */

const struct cluster *cluster_of(const struct cluster_head *h)
{
	return registry_find(h->app->objects, KIND_CLUSTER, h->id);
}

/* ---- who its nodes are ---- */

static int compare_nodes(const void *a, const void *b, void *ctx)
{
	const struct cluster_head *h = ctx;
	const struct blade *x = registry_at(h->app->objects, KIND_BLADE, *(const uint32_t *)a), *y = registry_at(h->app->objects, KIND_BLADE, *(const uint32_t *)b);
	int c = text_natural_cmp(x->rack, y->rack);

	if (c == 0)
		c = text_natural_cmp(x->enclosure, y->enclosure);
	return c != 0 ? c : x->place < y->place ? -1 : x->place > y->place;
}

/* Only when one came or went: the rest of what a node is, is looked up when it is drawn. */
static void gather(struct cluster_head *h)
{
	if (!h->stale)
		return;
	h->stale = false;
	h->nnodes = 0;
	for (uint32_t s = 0, n = registry_slots(h->app->objects, KIND_BLADE); s < n && h->nnodes < CLUSTER_NODES; s++) {
		const struct blade *b = registry_at(h->app->objects, KIND_BLADE, s);

		if (b && b->cluster == h->name)
			h->nodes[h->nnodes++] = s;
	}
	qsort_r(h->nodes, h->nnodes, sizeof *h->nodes, compare_nodes, h);
}

static bool is_node(const struct cluster_head *h, uint32_t slot)
{
	for (size_t i = 0; i < h->nnodes; i++)
		if (h->nodes[i] == slot)
			return true;
	return false;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct cluster_head *h = ctx;

	if (k == KIND_BLADE && (((struct blade *)o)->cluster == h->name) != is_node(h, slot))
		h->stale = true;
	if (k == KIND_CLUSTER && ((struct cluster *)o)->id == h->id && !loop_timer_pending(h->again))
		loop_timer_set(h->again, AGAIN_MS);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct cluster_head *h = ctx;
	size_t keep = 0;

	for (size_t i = 0; k == KIND_BLADE && i < h->nnodes; i++)
		if (h->nodes[i] != slot)
			h->nodes[keep++] = h->nodes[i];
	if (k == KIND_BLADE)
		h->nnodes = keep;
}

/* ---- what each loss leaves ---- */

static void on_loss(void *ctx, struct err *e, json_t *ret)
{
	struct cluster_loss *l = ctx;
	size_t i;
	json_t *c;

	l->request = 0;
	err_free(e); /* what was known stays */
	json_array_foreach (json_object_get(ret, "clusters"), i, c) {
		const char *name = json_string_value(json_object_get(c, "name"));

		if (!name || strcmp(name, l->head->name) != 0)
			continue;
		l->known = true;
		l->before = (long long)json_integer_value(json_object_get(c, "votes_before"));
		l->after = (long long)json_integer_value(json_object_get(c, "votes_after"));
		l->needed = (long long)json_integer_value(json_object_get(c, "needed"));
		l->mem_needed = json_integer_value(json_object_get(c, "mem_needed_kib"));
		l->mem_left = json_integer_value(json_object_get(c, "mem_left_kib"));
		l->fits = json_is_true(json_object_get(c, "fits"));
		snprintf(l->quorum, sizeof l->quorum, "%s", json_string_value(json_object_get(c, "quorum")) ? json_string_value(json_object_get(c, "quorum")) : "");
	}
	app_draw_data(l->head->app);
}

static void add_loss(struct cluster_head *h, const char *kind, const char *name)
{
	struct cluster_loss *l = &h->losses[h->nlosses];
	char id[300];

	if (!*name || h->nlosses == CLUSTER_LOSSES)
		return;
	snprintf(id, sizeof id, "%s:%s", kind, name);
	for (size_t i = 0; i < h->nlosses; i++)
		if (strcmp(h->losses[i].id, id) == 0)
			return;
	memset(l, 0, sizeof *l);
	l->head = h;
	snprintf(l->id, sizeof l->id, "%s", id);
	if (strcmp(kind, "rack") == 0)
		snprintf(l->label, sizeof l->label, _("rack %s"), name);
	else
		snprintf(l->label, sizeof l->label, strcmp(kind, "blade") == 0 ? _("blade %s") : _("enclosure %s"), name);
	h->nlosses++;
}

static void forget(struct cluster_head *h)
{
	for (size_t i = 0; i < h->nlosses; i++)
		app_forget(h->app, h->losses[i].request);
	h->nlosses = 0;
}

/* The worst blade, and every enclosure and rack in which a node stands. */
static void ask(struct cluster_head *h)
{
	const struct cluster *c = cluster_of(h);

	forget(h);
	if (!c)
		return;
	gather(h);
	add_loss(h, "blade", c->blade_worst);
	for (int rack = 0; rack < 2; rack++)
		for (size_t i = 0; i < h->nnodes; i++) {
			const struct blade *b = registry_at(h->app->objects, KIND_BLADE, h->nodes[i]);

			if (rack)
				add_loss(h, "rack", b->rack);
			else
				add_loss(h, "enclosure", b->enclosure);
		}
	for (size_t i = 0; i < h->nlosses; i++)
		h->losses[i].request = app_request(h->app, "what-if", json_pack("{s:s}", "object", h->losses[i].id), on_loss, &h->losses[i]);
}

static void on_again(void *ctx)
{
	ask(ctx);
}

/* ---- the head ---- */

static int draw(void *ctx, struct box b, const void *under)
{
	struct cluster_head *h = ctx;

	if (!h->asked) {
		h->asked = true;
		ask(h);
	}
	if (!cluster_of(h)) {
		screen_text(b.y, b.x + 1, b.w - 1, INK_WARN, _("This cluster is no longer in the site file."));
		return 1;
	}
	gather(h);
	return cluster_draw(h, b, under);
}

static void info(void *ctx, struct pen *p)
{
	const struct cluster *c = cluster_of(ctx);
	struct look l;

	if (!c)
		return;
	l = look_quorum(c->quorum, screen_tier());
	pen_text(p, INK_BOLD, c->name);
	pen_skip(p, 2);
	if (l.rank == LOOK_WELL)
		pen_piece(p, INK_GOOD, "%s", _("quorum stays"));
	else
		pen_piece(p, l.ink, l.ink == INK_ALERT ? _(" quorum %s ") : _("quorum %s"), l.word);
	if (c->unknown > 0)
		pen_piece(p, INK_UNKNOWN, _("%lld sure, %lld unknown, %lld needed"), (long long)c->sure, (long long)c->unknown, (long long)c->needed);
	else
		pen_piece(p, INK_DIM, _("%lld sure, %lld needed"), (long long)c->sure, (long long)c->needed);
}

static void crumb(void *ctx, char *out, size_t size)
{
	snprintf(out, size, "%s", ((struct cluster_head *)ctx)->name);
}

/* Its labels are in the other language. */
static void retold(void *ctx)
{
	ask(ctx);
}

static void closed(void *ctx)
{
	struct cluster_head *h = ctx;

	forget(h);
	registry_unwatch(h->app->objects, &h->watch);
	loop_timer_free(h->again);
	intern_free(h->id);
	intern_free(h->name);
	free(h);
}

struct view *view_cluster_new(struct app *a, const struct cluster *c)
{
	static const struct list_head head = {.draw = draw, .info = info, .crumb = crumb, .retold = retold, .closed = closed};
	struct cluster_head *h = xcalloc(1, sizeof *h);

	h->app = a;
	h->id = intern(c->id);
	h->name = intern(c->name);
	h->stale = true;
	h->again = loop_timer_new(a->loop, on_again, h);
	h->watch = (struct registry_watch){.ctx = h, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &h->watch);
	return view_list_of(a, KIND_BLADE, &columns_blade, "cluster", c->name, &head, h);
}

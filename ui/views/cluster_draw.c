/* The upper half of a cluster's view: its nodes where they stand, and what each loss leaves (cluster_inside.h). */
#include "views/cluster_inside.h"

#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

#define LABEL 9
#define GAP 3

/* ---- where its nodes stand: the fronts of their enclosures, small ---- */

static const struct metal_enclosure *enclosure_named(struct metal *m, const char *name)
{
	for (int i = 0, n = metal_enclosures(m); i < n; i++)
		if (strcmp(metal_enclosure(m, i)->name, name) == 0)
			return metal_enclosure(m, i);
	return NULL;
}

static size_t fronts(struct cluster_head *h, const struct metal_enclosure **out, size_t max)
{
	const char *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < h->nnodes; i++) {
		const struct blade *b = registry_at(h->app->objects, KIND_BLADE, h->nodes[i]);

		if (last && strcmp(last, b->enclosure) == 0)
			continue;
		last = b->enclosure;
		if (n < max && (out[n] = enclosure_named(h->app->metal, b->enclosure)))
			n++;
	}
	return n;
}

static void draw_bay(struct cluster_head *h, uint32_t slot, int y, int x, int w, const void *under)
{
	const struct blade *b = slot == METAL_NONE ? NULL : registry_at(h->app->objects, KIND_BLADE, slot);
	struct look l;

	if (!b || b->cluster != h->name) {
		screen_text(y, x, 1, INK_LINE, glyph_text(GLYPH_OFF, screen_tier()));
		return;
	}
	l = look_blade(b, screen_tier());
	screen_text(y, x, 1, *l.sign ? l.ink : INK_LOAD, *l.sign ? l.sign : glyph_load_alone(look_load(b), screen_tier()));
	if (w > 2 && b == under) {
		screen_text(y, x - 1, 1, INK_ACCENT, "[");
		screen_text(y, x + 1, 1, INK_ACCENT, "]");
	}
}

/* Cells of a bay so that all of them fit; at least one, and then what has no room is left out. */
static int bay_width(const struct metal_enclosure *const *e, size_t n, int width)
{
	for (int w = 3; w > 1; w--) {
		int all = 0;

		for (size_t i = 0; i < n; i++)
			all += e[i]->columns * w + GAP;
		if (all - GAP <= width)
			return w;
	}
	return 1;
}

static int draw_fronts(struct cluster_head *h, struct box b, const void *under)
{
	const struct metal_enclosure *e[CLUSTER_NODES];
	size_t n = fronts(h, e, CLUSTER_NODES);
	int w = bay_width(e, n, b.w - 2), x = b.x + 2, high = 0;

	for (size_t i = 0; i < n; i++) {
		char title[128];
		int width = e[i]->columns * w, row, column;

		snprintf(title, sizeof title, _("rack %.40s  %.60s"), metal_rack(h->app->metal, e[i]->rack)->name, e[i]->name);
		if (width < text_width(e[i]->name))
			width = text_width(e[i]->name);
		if (x + width > b.x + b.w) {
			screen_text(b.y, x, b.x + b.w - x, INK_DIM, glyph_text(GLYPH_CUT, screen_tier()));
			break;
		}
		screen_text(b.y, x - (w > 2), width, INK_DIM, text_width(title) <= width ? title : e[i]->name);
		for (int bay = 0; bay < e[i]->bays; bay++) {
			metal_spot(e[i], bay, &row, &column);
			if (1 + row < b.h)
				draw_bay(h, e[i]->blade[bay], b.y + 1 + row, x + column * w, w, under);
		}
		high = 1 + e[i]->rows > high ? 1 + e[i]->rows : high;
		x += width + GAP;
	}
	return high < b.h ? high : b.h;
}

/* ---- what each loss leaves ---- */

static void draw_loss(const struct cluster_loss *l, int y, int x, int end, int label)
{
	struct pen p = {y, x + label + 2, end};
	struct look look = look_loss(l->quorum, screen_tier());

	screen_text(y, x, label, INK_NORMAL, l->label);
	if (!l->known) {
		pen_text(&p, INK_DIM, l->request ? _("asking") : _("not known"));
		return;
	}
	screen_text(y, p.x, 9, look.ink, look.word);
	pen_skip(&p, 11);
	pen_f(&p, l->after < l->needed ? INK_ALERT_TEXT : INK_DIM, _("%lld of %lld votes, %lld needed"), l->after, l->before, l->needed);
	pen_skip(&p, 2);
	/* Without quorum nothing is started elsewhere, whatever room there is. */
	if (strcmp(l->quorum, "kept") == 0)
		pen_f(&p, l->fits ? INK_DIM : INK_WARN, l->fits ? _("needs %.0f of %.0f GiB") : _("needs %.0f of %.0f GiB: no room"),
			(double)l->mem_needed / (1024 * 1024), (double)l->mem_left / (1024 * 1024));
}

static int draw_losses(const struct cluster_head *h, struct box b)
{
	int label = 10, used = 0;

	if (b.h < 2 || h->nlosses == 0)
		return 0;
	screen_text(b.y, b.x + 1, b.w - 1, INK_DIM, _("if this is lost:"));
	for (size_t i = 0; i < h->nlosses; i++)
		label = text_width(h->losses[i].label) > label ? text_width(h->losses[i].label) : label;
	label = label > b.w / 3 ? b.w / 3 : label;
	/* A rack tells more than the enclosures in it: where not all fit, the last ones are kept. */
	for (size_t i = h->nlosses > (size_t)b.h - 1 ? h->nlosses - (size_t)(b.h - 1) : 0; i < h->nlosses; i++)
		draw_loss(&h->losses[i], b.y + ++used, b.x + 2, b.x + b.w, label);
	return used + 1;
}

int cluster_draw(struct cluster_head *h, struct box b, const void *under)
{
	const struct cluster *c = cluster_of(h);
	struct pen p = {b.y, b.x + 1, b.x + b.w};
	int used = 1, wide = b.w >= 130;

	if (b.h < 3)
		return 0;
	pen_piece(&p, INK_NORMAL, _("stands in: %s"), look_pattern(c->pattern));
	if (c->mem_kib > 0)
		pen_piece(&p, INK_DIM, _("memory %.0f of %.0f GiB"), (double)c->used_kib / (1024 * 1024), (double)c->mem_kib / (1024 * 1024));
	pen_piece(&p, INK_DIM, P_(_("%lld VM running"), _("%lld VMs running"), c->running), (long long)c->running);
	if (wide) {
		int left = draw_fronts(h, (struct box){b.y + 2, b.x, b.h - 2, b.w / 2 - 2}, under);
		int right = draw_losses(h, (struct box){b.y + 2, b.x + b.w / 2, b.h - 2, b.w - b.w / 2});

		return 2 + (left > right ? left : right);
	}
	if (b.h >= 6)
		used += draw_fronts(h, (struct box){b.y + used, b.x, b.h - used - 2, b.w}, under);
	used += draw_losses(h, (struct box){b.y + used, b.x, b.h - used, b.w});
	return used;
}

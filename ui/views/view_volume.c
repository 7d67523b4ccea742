/* One volume: how full it is and what still fits, and the VMs that lie on it in a list. */
#include "app.h"
#include "common/text.h"
#include "tr.h"
#include "views/view_list.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>

#define LABEL 11
#define BAR 30

struct volume_head {
	struct app *app;
	istr id, name;
};

static const struct volume *volume_of(const struct volume_head *h)
{
	return registry_find(h->app->objects, KIND_VOLUME, h->id);
}

/* A bar whose end is the whole volume; percent as the list says it. */
static void draw_bar(struct box b, int line, const char *label, int64_t kib, int64_t size, int64_t percent, enum ink ink)
{
	struct pen p = {b.y + line, b.x + 1 + LABEL, b.x + b.w};
	int cells = b.w >= LABEL + BAR + 30 ? BAR : 10;
	char of[24], all[24];

	if (line >= b.h)
		return;
	screen_text(b.y + line, b.x + 1, LABEL, INK_DIM, label);
	if (kib <= 0 || size <= 0) {
		pen_text(&p, INK_UNKNOWN, _("not known"));
		return;
	}
	for (int i = 0; i < cells; i++)
		pen_glyph(&p, kib > size ? INK_WARN : INK_LOAD, (double)kib / (double)size * cells > i + 0.5 ? GLYPH_BAR : GLYPH_BAR_REST);
	text_bytes_kib(of, sizeof of, (unsigned long long)kib);
	text_bytes_kib(all, sizeof all, (unsigned long long)size);
	pen_f(&p, ink, "%5lld %%  ", (long long)percent);
	pen_f(&p, INK_DIM, _("%s of %s"), of, all);
}

static int draw(void *ctx, struct box b, const void *under)
{
	const struct volume *v = volume_of(ctx);
	struct pen p;
	int64_t used;

	if (b.h < 3)
		return 0;
	if (!v) {
		screen_text(b.y, b.x + 1, b.w - 1, INK_WARN, _("This volume is no longer in the site file."));
		return 1;
	}
	used = v->size_kib > 0 ? (int64_t)((double)v->used_kib * 100 / (double)v->size_kib + 0.5) : 0;
	draw_bar(b, 0, _("used"), v->used_kib, v->size_kib, used, v->used_kib >= v->size_kib / 100 * 95 ? INK_ALERT_TEXT : INK_NORMAL);
	draw_bar(b, 1, _("promised"), v->promised_kib, v->size_kib, v->overcommit, v->promised_kib > v->size_kib ? INK_WARN : INK_NORMAL);
	p = (struct pen){b.y + 2, b.x + 1 + LABEL, b.x + b.w};
	screen_text(b.y + 2, b.x + 1, LABEL, INK_DIM, _("room"));
	if (v->vms_max > 0)
		pen_f(&p, v->vms > v->vms_max ? INK_WARN : INK_NORMAL, _("%lld of at most %lld VMs"), (long long)v->vms, (long long)v->vms_max);
	else
		pen_f(&p, INK_NORMAL, P_(_("%lld VM"), _("%lld VMs"), v->vms), (long long)v->vms);
	pen_skip(&p, 2);
	if (v->fits < 0)
		pen_text(&p, INK_UNKNOWN, _("what still fits is not known"));
	else if (v->fits == 0)
		pen_text(&p, INK_DIM, _("no more fits"));
	else
		pen_f(&p, INK_GOOD, _("%lld more fit"), (long long)v->fits);
	return 3;
}

static void info(void *ctx, struct pen *p)
{
	const struct volume *v = volume_of(ctx);
	struct look l;

	if (!v)
		return;
	l = look_volume(v, screen_tier());
	pen_text(p, INK_BOLD, v->name);
	pen_skip(p, 2);
	if (l.rank >= LOOK_WARN)
		pen_piece(p, l.ink, l.ink == INK_ALERT ? " %s " : "%s", l.word);
	if (*v->cluster)
		pen_piece(p, INK_DIM, _("cluster %s"), v->cluster);
}

static void crumb(void *ctx, char *out, size_t size)
{
	snprintf(out, size, "%s", ((struct volume_head *)ctx)->name);
}

static void closed(void *ctx)
{
	struct volume_head *h = ctx;

	intern_free(h->id);
	intern_free(h->name);
	free(h);
}

struct view *view_volume_new(struct app *a, const struct volume *vol)
{
	static const struct list_head head = {.draw = draw, .info = info, .crumb = crumb, .closed = closed};
	struct volume_head *h = xcalloc(1, sizeof *h);

	h->app = a;
	h->id = intern(vol->id);
	h->name = intern(vol->name);
	return view_list_of(a, KIND_VM, &columns_vm, "volumes", vol->name, &head, h);
}

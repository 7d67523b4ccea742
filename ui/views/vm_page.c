/* What stands where on the page of a VM: below one another on a narrow screen, as panes side by side on a wide one (vm_inside.h). */
#include "views/vm_inside.h"

#include "common/text.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

#define PANES 106       /* cells inside from which things stand side by side: a screen of 110 columns less its margins */
#define ENDLESS 10000   /* rows of a page that no screen has */

/* What is to be shown, put together once for a picture. */
struct page {
	struct vm_view *v;
	const struct vm *vm;    /* NULL: gone */
	struct facts now, made;
	const char *instead;    /* of what it is made of; "" nothing */
	enum ink ink;           /* ... of that */
	struct box seen;
};

/* ---- what is known ---- */

static void add_job(struct page *p)
{
	const struct job *j = *p->vm->doing ? registry_find(p->v->view.app->objects, KIND_JOB, p->vm->job) : NULL;
	char age[32];

	if (!j || !*j->text) /* that it is under way is said already */
		return;
	look_elapsed(age, sizeof age, j->started);
	facts_add(&p->now, _("job"), INK_ACTIVE, "%s %s, %s", look_job(j, screen_tier()).word, age, lang_said(j->text_id, j->text));
}

static void add_made(struct page *p)
{
	struct facts *f = *p->instead ? &p->now : &p->made;
	const struct vm *vm = p->vm;
	void *b = NULL;

	facts_add(f, _("address"), INK_NORMAL, "%s", vm->addresses);
	facts_add(f, _("volume"), INK_NORMAL, "%s", vm->volumes);
	facts_add(f, _("uuid"), INK_DIM, "%s", vm->uuid);
	if (*vm->blade && registry_named(p->v->view.app->objects, KIND_BLADE, vm->blade, &b, 1) == 1)
		facts_add(f, _("host"), INK_NORMAL, "%s  %s", vm->blade, ((struct blade *)b)->version);
}

static void gather(struct page *p, struct vm_view *v, struct box seen)
{
	*p = (struct page){.v = v, .vm = vm_view_vm(v), .made = v->made, .seen = seen};
	p->instead = !v->show.answered ? _("Asking its host.") : v->error;
	p->ink = v->show.answered ? INK_WARN : INK_DIM;
	if (!p->vm)
		return;
	facts_vm(&p->now, p->vm, screen_tier());
	add_job(p);
	add_made(p);
}

/* ---- the parts: each from y on, each returns its rows ---- */

static int sentence(const char *text, enum ink ink, int y, int x, int w)
{
	struct lines one = {0};
	int h;

	lines_add(&one, ink, "", "%s", text);
	h = lines_height(&one, w);
	lines_draw(&one, 0, (struct box){y, x, h, w});
	lines_clear(&one);
	return h;
}

/* A blank row between what it is and what it does, where side by side there is room for it. */
static int air(const struct page *p)
{
	return p->seen.w - 2 >= PANES && vm_now_rows(p->vm) > 0;
}

static int draw_now(const struct page *p, int y, int x, int w)
{
	int h;

	if (!p->vm)
		return sentence(_("This VM is no longer there."), INK_WARN, y, x, w);
	h = facts_draw(&p->now, (struct box){y, x, ENDLESS, w}, VM_LABEL) + air(p);
	return h + vm_now_draw(p->vm, y + h, x, w);
}

static int now_rows(const struct page *p, int w)
{
	return p->vm ? facts_height(&p->now, w, VM_LABEL) + air(p) + vm_now_rows(p->vm) : 1;
}

static int draw_made(const struct page *p, int y, int x, int w)
{
	return *p->instead ? sentence(p->instead, p->ink, y, x, w) : facts_draw(&p->made, (struct box){y, x, ENDLESS, w}, VM_LABEL);
}

static int made_rows(const struct page *p, int w)
{
	return *p->instead ? 2 : facts_height(&p->made, w, VM_LABEL);
}

static int draw_history(const struct page *p, int y, int x, int w)
{
	const struct lines *l = &p->v->history;
	int h = lines_height(l, w);

	if (l->n == 0)
		return sentence(p->v->show.answered ? _("Nothing was done with it from here yet.") : "", INK_DIM, y, x, w);
	lines_draw(l, 0, (struct box){y, x, h, w});
	return h;
}

static int history_rows(const struct page *p, int w)
{
	int h = lines_height(&p->v->history, w);

	return h > 0 ? h : 1;
}

static const char *now_note(const struct page *p)
{
	return p->vm && vm_now_rows(p->vm) > 0 ? _("last 3 minutes, one mark 5 s") : "";
}

/* ---- below one another ---- */

static int heading(const char *title, const char *note, int y, int x, int w)
{
	int used = text_width(title) + 2;

	screen_text(y, x, w, INK_BOLD, title);
	if (*note && used + text_width(note) <= w)
		screen_text(y, x + used, w - used, INK_DIM, note);
	return 1;
}

static int one_column(const struct page *p, int y, int x, int w)
{
	int from = y;

	/* What is looked for most stands first. */
	y += heading(_("Now"), now_note(p), y, x, w);
	y += draw_now(p, y, x, w) + 1;
	y += vm_snaps_draw(&p->v->snaps, (struct box){y, x, ENDLESS, w}, true) + 1;
	y += heading(_("Made of"), "", y, x, w);
	y += draw_made(p, y, x, w) + 1;
	y += heading(_("History"), "", y, x, w);
	return y + draw_history(p, y, x, w) - from;
}

/* ---- side by side ---- */

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void pane(struct box b, const char *title, const char *note)
{
	screen_box(b, INK_LINE, INK_BOLD, title, note);
}

/* Rows of the snapshots at this width: drawn where nobody sees it. */
static int snaps_rows(const struct page *p, int w)
{
	int h;

	screen_clip((struct box){0, 0, 0, 0});
	h = vm_snaps_draw(&p->v->snaps, (struct box){0, 0, ENDLESS, w}, false);
	screen_clip(p->seen);
	return h;
}

static int panes(const struct page *p, int y, int x, int w)
{
	int left = w / 2, right = w - left, snaps = w * 62 / 100, rest = w - snaps, from = y, h;
	char note[256];

	h = larger(now_rows(p, left - 4), made_rows(p, right - 4)) + 2;
	pane((struct box){y, x, h, left}, _("Now"), now_note(p));
	draw_now(p, y + 1, x + 2, left - 4);
	pane((struct box){y, x + left, h, right}, _("Made of"), "");
	draw_made(p, y + 1, x + left + 2, right - 4);
	y += h;
	h = larger(snaps_rows(p, snaps - 4), history_rows(p, rest - 4)) + 2;
	vm_snaps_note(&p->v->snaps, note, sizeof note);
	pane((struct box){y, x, h, snaps}, _("Snapshots"), note);
	vm_snaps_draw(&p->v->snaps, (struct box){y + 1, x + 2, ENDLESS, snaps - 4}, false);
	pane((struct box){y, x + snaps, h, rest}, _("History"), "");
	draw_history(p, y + 1, x + snaps + 2, rest - 4);
	return y + h - from;
}

/* Of a VM that is gone only what was done with it is known for sure. */
static int gone(const struct page *p, int y, int x, int w)
{
	int from = y;

	y += heading(_("Now"), "", y, x, w);
	y += draw_now(p, y, x, w);
	if (p->v->history.n == 0)
		return y - from;
	y += 1 + heading(_("History"), "", y + 1, x, w);
	return y + draw_history(p, y, x, w) - from;
}

int vm_page(struct vm_view *v, int y, struct box b)
{
	struct page p;

	for (int i = 0; i < b.h; i++)
		screen_fill(b.y + i, b.x, b.w, INK_NORMAL);
	gather(&p, v, b);
	if (!p.vm)
		return gone(&p, y, b.x + 1, b.w - 2);
	return b.w - 2 >= PANES ? panes(&p, y, b.x + 1, b.w - 2) : one_column(&p, y, b.x + 1, b.w - 2);
}

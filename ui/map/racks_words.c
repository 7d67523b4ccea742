/* What the Racks view says in words: the blade under the cursor, what is not well, what is new (racks_inside.h). */
#include "map/racks_inside.h"

#include "common/text.h"
#include "tr.h"
#include "words/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FACTS_ROOM 13     /* lines of facts in the pane: the list of VMs begins at the same line for every blade */

/* ---- what is under the cursor, in words ---- */

static int by_rank_then_name(const void *a, const void *b)
{
	const struct vm *x = *(struct vm *const *)a, *y = *(struct vm *const *)b;
	int rx = (int)look_vm_rank(x), ry = (int)look_vm_rank(y);

	/* What is wrong first; what is off last. */
	rx = rx == LOOK_OFF ? -1 : rx;
	ry = ry == LOOK_OFF ? -1 : ry;
	return rx != ry ? ry - rx : text_natural_cmp(x->name, y->name);
}

static void vms_words(const struct blade *b, char *out, size_t size)
{
	if (b->vms == 0)
		snprintf(out, size, "%s", look_unheard(b) ? _("VMs not known") : _("no VMs"));
	else if (b->host == HOST_UP)
		snprintf(out, size, P_(_("%lld VM, %lld running"), _("%lld VMs, %lld running"), b->vms), (long long)b->vms, (long long)b->running);
	else
		snprintf(out, size, P_(_("%lld VM, %lld were running"), _("%lld VMs, %lld were running"), b->vms), (long long)b->vms, (long long)b->running);
}

static void draw_vms(struct racks *r, struct box b, const struct blade *blade)
{
	size_t n, most;
	struct vm *const *vms = registry_vms_on(r->view.app->objects, blade->name, &n);
	struct vm **sorted;
	char words[96], title[384];
	int name;

	if (b.h < 2)
		return;
	vms_words(blade, words, sizeof words);
	snprintf(title, sizeof title, "%s: %s", blade->name, words);
	screen_text(b.y, b.x, b.w, INK_BOLD, title);
	sorted = xmalloc((n + 1) * sizeof *sorted);
	for (size_t i = 0; i < n; i++)
		sorted[i] = vms[i];
	qsort(sorted, n, sizeof *sorted, by_rank_then_name);
	most = n > (size_t)b.h - 1 ? (size_t)b.h - 2 : n;
	name = b.w - 2 - 18 < 12 ? b.w - 2 : b.w - 2 - 18;
	name = name > 28 ? 28 : name;
	for (size_t i = 0; i < most; i++) {
		const struct vm *vm = sorted[i];
		struct look l = look_vm(vm, screen_tier());
		struct pen p = {b.y + 1 + (int)i, b.x + 2 + name + 1, b.x + b.w};

		screen_text(p.y, b.x, 1, l.ink, l.sign);
		screen_text(p.y, b.x + 2, name, l.rank == LOOK_OFF ? INK_DIM : INK_NORMAL, vm->name);
		if (p.end - p.x >= 10) {
			screen_text(p.y, p.x, 10, INK_DIM, vm->tenant);
			pen_skip(&p, 11);
			pen_text(&p, INK_DIM, vm->grade);
			if (l.rank != LOOK_WELL && p.end - p.x > 8) {
				pen_skip(&p, 2);
				pen_text(&p, l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink, l.word);
			}
		}
	}
	if (most < n) {
		char more[48];

		snprintf(more, sizeof more, _("%zu more"), n - most);
		screen_text(b.y + 1 + (int)most, b.x + 2, b.w - 2, INK_DIM, more);
	}
	free(sorted);
}

static void place_words(const struct blade *b, char *out, size_t size)
{
	snprintf(out, size, _("rack %.30s  %.30s  bay %.10s"), b->rack, b->enclosure, b->bay);
}

void racks_draw_pane(struct racks *r, struct box b)
{
	const struct rack_cell *c = racks_cell(r);
	const struct blade *blade = racks_blade(r, c);
	const struct blade *resting;
	struct facts f;
	char place[96], title[64];
	int used;

	screen_clip(b);
	if (!blade) {
		if (c && c->bay >= 0) {
			snprintf(title, sizeof title, _("bay %d"), c->bay + 1);
			screen_box(b, INK_LINE, INK_BOLD, title, metal_enclosure(r->view.app->metal, c->enclosure)->name);
			screen_text(b.y + 2, b.x + 2, b.w - 4, INK_DIM, _("The site file names no blade here."));
		}
		return;
	}
	place_words(blade, place, sizeof place);
	screen_box(b, INK_LINE, INK_BOLD, blade->name, place);
	screen_clip((struct box){b.y + 1, b.x + 1, b.h - 2, b.w - 2});
	facts_blade(&f, blade, screen_tier());
	used = FACTS_ROOM < b.h - 10 ? FACTS_ROOM : b.h - 4;
	facts_draw(&f, (struct box){b.y + 2, b.x + 2, used, b.w - 4}, 11);
	resting = r->resting ? registry_find(r->view.app->objects, KIND_BLADE, r->resting) : NULL;
	if (resting)
		draw_vms(r, (struct box){b.y + 3 + used, b.x + 2, b.h - 4 - used, b.w - 4}, resting);
	if (resting != blade && !loop_timer_pending(r->rest))
		loop_timer_set(r->rest, resting ? RACKS_REST_MS : 0);
}

/* "a2-13  silent 4 min": name and state, the state loud when it must be. */
static void pen_state(struct pen *p, const struct blade *b)
{
	struct look l = look_blade(b, screen_tier());
	char age[32];
	int start = p->x;

	look_age(age, sizeof age, b->host == HOST_UP || *b->doing ? 0 : l.rank == LOOK_OFF ? b->power_since : b->seen);
	pen_text(p, INK_BOLD, b->name);
	p->x = p->x < start + 12 ? start + 12 : p->x + 2;
	if (l.ink == INK_ALERT)
		pen_f(p, l.ink, " %s%s%s ", l.word, *age ? " " : "", age);
	else
		pen_f(p, l.ink, "%s%s%s", l.word, *age ? " " : "", age);
	if (*b->doing && *b->by)
		pen_f(p, l.ink, _(" by %s"), b->by);
	pen_skip(p, 2);
}

/* An enclosure or a rack. */
static void pen_sum(struct racks *r, struct pen *p, const struct rack_cell *c)
{
	const char *name = c->enclosure >= 0 ? metal_enclosure(r->view.app->metal, c->enclosure)->name : "";
	void *e = NULL;
	struct racks_sum s;
	struct look m;

	racks_sum_cell(r, &s, c);
	pen_f(p, INK_BOLD, _("rack %s"), metal_rack(r->view.app->metal, c->rack)->name);
	if (*name)
		pen_f(p, INK_BOLD, "  %s", name);
	pen_skip(p, 2);
	pen_f(p, INK_NORMAL, _("%d blades, %d live"), s.blades, s.live);
	pen_skip(p, 2);
	if (s.worst.rank >= LOOK_UNKNOWN) {
		const char *pad = s.worst.ink == INK_ALERT ? " " : "";

		/* Several that hurt as much may do so each in its way. */
		if (s.count > 1 && s.worst.rank >= LOOK_WARN) {
			pen_text(p, s.worst.ink, pad);
			pen_f(p, s.worst.ink, _("%zu not well"), (size_t)s.count);
			pen_text(p, s.worst.ink, pad);
		} else {
			pen_f(p, s.worst.ink, "%s%d %s%s", pad, s.count, s.worst.word, pad);
		}
		pen_skip(p, 2);
	}
	if (!*name || registry_named(r->view.app->objects, KIND_ENCLOSURE, name, &e, 1) != 1)
		return;
	m = look_manager(((struct enclosure *)e)->manager, screen_tier());
	if (m.rank > LOOK_WELL)
		pen_f(p, m.ink, _("manager %s"), m.word);
}

/* Two lines at the bottom. */
void racks_draw_strip(struct racks *r, struct box b)
{
	const struct rack_cell *c = racks_cell(r);
	const struct blade *blade = racks_blade(r, c);
	struct pen p = {b.y, b.x + 1, b.x + b.w};
	char words[320];

	screen_clip(b);
	if (!c || b.h < 1)
		return;
	if (c->bay < 0) {
		pen_sum(r, &p, c);
		return;
	}
	if (!blade) {
		pen_f(&p, INK_DIM, _("rack %s  %s  bay %d: the site file names no blade here"), metal_rack(r->view.app->metal, c->rack)->name,
			metal_enclosure(r->view.app->metal, c->enclosure)->name, c->bay + 1);
		return;
	}
	/* In fixed columns: from blade to blade only what differs is sent. */
	pen_state(&p, blade);
	p.x = p.x < b.x + 34 ? b.x + 34 : p.x;
	vms_words(blade, words, sizeof words);
	pen_text(&p, INK_NORMAL, words);
	p.x = p.x < b.x + 56 ? b.x + 56 : p.x + 2;
	place_words(blade, words, sizeof words);
	pen_text(&p, INK_DIM, words);
	if (b.h < 2)
		return;
	p = (struct pen){b.y + 1, b.x + 1, b.x + b.w};
	look_both(words, sizeof words, blade);
	if (*words && look_contradicts(blade)) {
		pen_text(&p, INK_WARN, words);
		pen_skip(&p, 2);
		pen_text(&p, INK_DIM, *blade->serial ? blade->serial : blade->bay_serial);
		pen_skip(&p, 2);
		pen_text(&p, INK_DIM, *blade->model ? blade->model : blade->bay_model);
		return;
	}
	if (*blade->alert || (*blade->why && look_blade(blade, screen_tier()).rank != LOOK_OFF)) {
		pen_text(&p, *blade->alert ? INK_WARN : INK_NORMAL, *blade->alert ? look_alert(blade) : lang_said(blade->why_id, blade->why));
		return;
	}
	look_watch(words, sizeof words, blade);
	if (*words) {
		pen_f(&p, INK_MAINT, _("watch: %s"), words);
		return;
	}
	if (look_load(blade) > 0 && blade->host == HOST_UP)
		pen_f(&p, INK_DIM, _("%.3g of %.3g GiB used"), (double)blade->used_kib / 1048576, (double)blade->mem_kib * 2 / 3 / 1048576);
	else if (*blade->owner)
		pen_f(&p, INK_DIM, _("driven by %s"), blade->owner);
	for (int i = 0; i < 4; i++) {
		const char *more[] = {*blade->serial ? blade->serial : blade->bay_serial, blade->cluster, *blade->model ? blade->model : blade->bay_model, blade->version};
		static const int at[] = {20, 34, 42, 63};

		p.x = p.x < b.x + at[i] ? b.x + at[i] : p.x + 2;
		pen_text(&p, INK_DIM, more[i]);
	}
}

/* ---- what fills the room below ---- */

/* Why it is not well: what contradicts, with its age, else what its host or its manager said. */
static void pen_why(struct pen *p, const struct blade *b)
{
	char both[128] = "";

	if (look_contradicts(b))
		look_both(both, sizeof both, b);
	pen_text(p, INK_DIM, *both ? both : *b->alert ? look_alert(b) : lang_said(b->why_id, b->why));
}

void racks_title(struct box *b, const char *title)
{
	screen_text(b->y, b->x + 1, b->w - 1, INK_BOLD, title);
	b->y++;
	b->h--;
}

/* What is not well, worst first; returns the lines used. */
int racks_draw_troubles(struct racks *r, struct box b, bool heading)
{
	const struct blade *list[64];
	size_t n = tally_troubles(r->view.app->tally, list, 64), lines;
	int name = 5;

	screen_clip(b);
	if (b.h < 2 || n == 0)
		return 0;
	if (heading)
		racks_title(&b, _("not well"));
	lines = n < (size_t)b.h ? n : (size_t)b.h;
	for (size_t i = 0; i < lines && i < 64; i++) {
		int w = text_width(list[i]->name);

		name = w > name ? w : name;
	}
	name = name > 14 ? 14 : name;
	for (size_t i = 0; i < lines; i++) {
		struct look l;
		struct pen p = {b.y + (int)i, b.x + 1, b.x + b.w};
		enum ink ink;
		char age[32];

		if ((i + 1 == lines && n > lines) || i == 64) {
			pen_f(&p, INK_DIM, _("%zu more"), n - i);
			return (int)i + 1 + heading;
		}
		l = look_blade(list[i], screen_tier());
		ink = l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink;
		look_age(age, sizeof age, list[i]->seen);
		screen_right(p.y, p.x, 6, ink, age);
		screen_text(p.y, p.x + 8, name, ink, list[i]->name);
		screen_text(p.y, p.x + 10 + name, 10, ink, l.word);
		p.x += 22 + name;
		if (p.end - p.x >= 12)
			pen_why(&p, list[i]);
	}
	return (int)lines + heading;
}

void racks_draw_news(struct racks *r, struct box b)
{
	const struct happened *news[32];
	size_t n = mirror_happened(r->view.app->mirror, news, 32);

	screen_clip(b);
	if (b.h < 3 || n == 0)
		return;
	screen_text(b.y, b.x + 1, b.w - 1, INK_BOLD, _("newest"));
	for (size_t i = 0; i < n && (int)i < b.h - 1; i++) {
		struct pen p = {b.y + 1 + (int)i, b.x + 1, b.x + b.w};
		time_t t = (time_t)news[i]->at;
		char when[16] = "";
		struct tm tm;

		if (localtime_r(&t, &tm))
			strftime(when, sizeof when, "%H:%M:%S", &tm);
		pen_text(&p, INK_DIM, when);
		pen_skip(&p, 2);
		if (!strstr(news[i]->what.text, news[i]->name)) { /* most say themselves of whom */
			screen_text(p.y, p.x, 16, INK_NORMAL, news[i]->name);
			pen_skip(&p, 18);
		}
		pen_text(&p, INK_DIM, news[i]->what.text);
	}
}

/* What does not fit as a whole is left out. */
static void pen_sign(struct pen *p, enum ink ink, const char *sign, const char *means)
{
	if (p->x + text_width(sign) + 1 + text_width(means) > p->end)
		return;
	pen_text(p, ink, sign);
	pen_skip(p, 1);
	pen_text(p, INK_DIM, means);
	pen_skip(p, 3);
}

void racks_draw_legend(struct racks *r, int y, int x, int end)
{
	struct pen p = {y, x + 1, end};
	enum tier t = screen_tier();

	screen_clip((struct box){y, x, 2, end - x});
	for (int i = 1; i <= 8; i += t == TIER_FULL ? 1 : 2)
		pen_text(&p, INK_LOAD, glyph_load(i / 8.0, t));
	pen_text(&p, INK_DIM, _(" load, VMs running"));
	pen_skip(&p, 3);
	pen_sign(&p, INK_ALERT, "?", _("silent"));
	pen_sign(&p, INK_ALERT, "!", _("though it is on, or failed"));
	p = (struct pen){y + 1, x + 1, end};
	pen_sign(&p, INK_WARN, "!", _("alert"));
	pen_sign(&p, INK_UNKNOWN, "?", _("not known"));
	pen_sign(&p, INK_ACTIVE, "~", _("connecting"));
	pen_sign(&p, INK_DIM, glyph_text(GLYPH_OFF, t), _("off"));
	pen_sign(&p, INK_DIM, "s", _("spare"));
	pen_sign(&p, INK_DIM, "x", _("owner's"));
	pen_sign(&p, INK_DIM, "-", _("no host"));
}

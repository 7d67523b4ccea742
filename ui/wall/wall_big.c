/* What the wall writes in large letters: the headline and the numbers (wall_inside.h). Called by wall_draw.c. */
#include "wall/wall_inside.h"

#include "common/clock.h"
#include "common/text.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

/* ---- large letters ---- */

static void draw_big(int y, int x, enum big big, enum ink ink, const char *text)
{
	char row[WALL_ALERTS_MAX * 4];
	int w = big_width(big, screen_tier(), text);

	for (int i = 0; i < big_rows(big, screen_tier()); i++) {
		big_row(big, screen_tier(), text, i, row, sizeof row);
		screen_text(y + i, x, w, ink, row);
	}
}

/* The largest letters for these words in h rows and the width; false: none, they must be written small. */
static bool big_for(const char *text, int h, int w, enum big *out)
{
	static const enum big sizes[] = {BIG_HUGE, BIG_TEXT};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		int width = big_width(sizes[i], screen_tier(), text);

		*out = sizes[i];
		if (width > 0 && width <= w - 4 && big_rows(sizes[i], screen_tier()) <= h)
			return true;
	}
	return false;
}

void wall_headline(struct box b, enum ink ink, const char *name, const char *state)
{
	char text[160];
	int y, x, w, small = text_width(state);
	enum big big;

	snprintf(text, sizeof text, "%s%s%s", name, *state ? " " : "", state);
	screen_clip(b);
	for (int i = 0; ink == INK_ALERT && i < b.h; i++)
		screen_fill(b.y + i, b.x, b.w, ink);
	if (big_for(text, b.h, b.w, &big)) {
		draw_big(b.y + (b.h - big_rows(big, screen_tier()) + 1) / 2, b.x + (b.w - big_width(big, screen_tier(), text)) / 2, big, ink, text);
	} else if (*state && big_for(name, b.h, b.w - small - 3, &big)) {
		w = big_width(big, screen_tier(), name) + 3 + small;
		y = b.y + (b.h - big_rows(big, screen_tier()) + 1) / 2;
		x = b.x + (b.w - w) / 2;
		draw_big(y, x, big, ink, name);
		screen_text(y + big_rows(big, screen_tier()) / 2, x + w - small, small, ink, state);
	} else {
		w = text_width(text) < b.w - 2 ? text_width(text) : b.w - 2;
		screen_text(b.y + b.h / 2, b.x + (b.w - w) / 2, w, ink, text);
	}
}

void wall_say(struct box b, enum ink ink, const char *words, const char *sign)
{
	bool plain = text_width(words) == (int)strlen(words);

	wall_headline(b, ink, plain ? words : sign, plain ? "" : words);
}

/* ---- the numbers ---- */

#define NUMBERS 6
struct number {
	char digits[24], label[64], brief[48];
	enum ink ink, label_ink;
};

static void put_number(struct number *n, int64_t value, enum ink ink, const char *label)
{
	memset(n, 0, sizeof *n);
	snprintf(n->digits, sizeof n->digits, "%lld", (long long)(value > 9999999 ? 9999999 : value));
	snprintf(n->label, sizeof n->label, "%s", label);
	snprintf(n->brief, sizeof n->brief, "%.47s", label);
	text_mend(n->brief);
	n->ink = ink;
	n->label_ink = INK_DIM;
}

/* "+14 in 10 min" behind the label. */
static void put_delta(struct number *n, struct wall *w, enum wall_total which, int64_t now, int bad)
{
	int minutes;
	int64_t delta = wall_ring_delta(&w->ring, clock_boot_ms(), which, now, &minutes);
	size_t at = strlen(n->label), brief = strlen(n->brief);

	if (delta == 0)
		return;
	snprintf(n->label + at, sizeof n->label - at, _(" %+lld in %d min"), (long long)delta, minutes);
	snprintf(n->brief + brief, sizeof n->brief - brief, " %+lld", (long long)delta);
	n->label_ink = (delta > 0) == (bad > 0) ? INK_WARN : INK_BOLD;
}

static int numbers_of(struct wall *w, struct number *n, size_t alerts, size_t warnings)
{
	const struct wall_counts *c = wall_counts(w->count);
	bool old = w->waiting != 0;
	char label[48];

	put_number(&n[0], (int64_t)alerts, old || alerts == 0 ? INK_DIM : w->open ? INK_ALERT : INK_BOLD, _("alerts"));
	put_number(&n[1], (int64_t)warnings, old || warnings == 0 ? INK_DIM : INK_WARN, _("warnings"));
	snprintf(label, sizeof label, _("of %lld hosts"), (long long)c->hosts);
	put_number(&n[2], c->live, old ? INK_DIM : INK_BOLD, label);
	put_delta(&n[2], w, WALL_LIVE, c->live, -1);
	put_number(&n[3], c->running, old ? INK_DIM : INK_BOLD, _("VMs running"));
	put_delta(&n[3], w, WALL_RUNNING, c->running, -1);
	put_number(&n[4], c->off, old ? INK_DIM : INK_BOLD, _("VMs off"));
	put_delta(&n[4], w, WALL_OFF, c->off, 1);
	if (w->o->nracks) /* nobody says in which rack a job works */
		return 5;
	put_number(&n[5], (int64_t)tally_counts(w->app.tally)->jobs_open, old || tally_counts(w->app.tally)->jobs_open == 0 ? INK_DIM : INK_ACTIVE, _("jobs"));
	return 6;
}

static int width_of(const struct number *n, enum big big, bool brief)
{
	int digits = big_width(big, screen_tier(), n->digits), label = text_width(brief ? n->brief : n->label);

	return digits > label ? digits : label;
}

void wall_numbers(struct wall *w, struct box b, enum big big, size_t alerts, size_t warnings)
{
	struct number n[NUMBERS];
	int count = numbers_of(w, n, alerts, warnings), sum, gap, x = b.x + 2;
	bool brief = false;

	screen_clip(b);
	for (;; brief ? count-- : (brief = true)) {
		sum = 0;
		for (int i = 0; i < count; i++)
			sum += width_of(&n[i], big, brief);
		if (count <= 1 || sum + 2 * (count - 1) + 3 <= b.w)
			break;
	}
	gap = count > 1 ? (b.w - 3 - sum) / (count - 1) : 0;
	gap = gap > b.w / 8 ? b.w / 8 : gap;
	for (int i = 0; i < count; i++) {
		int width = width_of(&n[i], big, brief), digits = big_width(big, screen_tier(), n[i].digits);

		if (n[i].ink == INK_ALERT)
			for (int y = 0; y < big_rows(big, screen_tier()); y++)
				screen_fill(b.y + y, x - 1, digits + 2, INK_ALERT);
		draw_big(b.y, x, big, n[i].ink, n[i].digits);
		screen_text(b.y + big_rows(big, screen_tier()), x, width, n[i].label_ink, brief ? n[i].brief : n[i].label);
		x += width + gap;
	}
}

void wall_numbers_line(struct wall *w, struct box b, size_t alerts, size_t warnings)
{
	struct number n[NUMBERS];
	int count = numbers_of(w, n, alerts, warnings);
	struct pen p = {b.y, b.x + 1, b.x + b.w};

	for (int i = 0; i < count; i++)
		pen_piece(&p, n[i].ink, n[i].ink == INK_ALERT ? " %s %s " : "%s %s", n[i].digits, n[i].brief);
}


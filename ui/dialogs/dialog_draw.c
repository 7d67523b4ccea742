/* Drawing the action dialog, beside what it is about (dialog_inside.h). */
#include "dialogs/dialog_inside.h"

#include "common/text.h"
#include "frame.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"
#include "words/wrap.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 76
#define WIDTH_LEAST 44   /* beside the target; narrower, it is better covered */
#define NOTICE_ROWS 6
#define AIR_FROM 20      /* rows of the screen from which there is a blank line below the title */

/* What can be looked at: the VMs, of a snapshot what goes with it, of blades their VMs and, where they are several, they themselves. */
static void targets_text(const struct dialog *d, char *out, size_t size)
{
	size_t all = d->preview.targets.n, vms = d->preview.nvms;

	if (*d->preview.snapshot)
		snprintf(out, size, _("Show the %zu snapshots"), all);
	else if (!d->preview.blades)
		snprintf(out, size, _("Show the %zu VMs"), all);
	else if (vms == all)
		snprintf(out, size, P_(_("Show the %zu VM"), _("Show the %zu VMs"), vms), vms);
	else if (vms == 0)
		snprintf(out, size, _("Show the %zu blades"), all);
	else
		snprintf(out, size, _("Show the %zu blades and their %zu VMs"), all - vms, vms);
}

static void line_text(const struct dialog *d, const struct choice *c, char *out, size_t size)
{
	if (*c->label) {
		snprintf(out, size, "%s", c->label);
		return;
	}
	switch (c->kind) {
	case LINE_CANCEL:
		snprintf(out, size, "%s", d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_NONE ? _("Close") : _("Cancel, change nothing"));
		break;
	case LINE_VERB:
		snprintf(out, size, "%s", look_verb_title(c->verb));
		break;
	case LINE_DETAILS:
		snprintf(out, size, "%s", _("Details and note"));
		break;
	case LINE_VM:
		snprintf(out, size, _("Actions on %.100s itself"), d->title);
		break;
	case LINE_SET:
	case LINE_LEAVE: /* its label says it */
		snprintf(out, size, "%s", c->set ? c->set : "");
		break;
	case LINE_TARGETS:
		if (d->show_targets)
			snprintf(out, size, "%s", _("Show what it does"));
		else
			targets_text(d, out, size);
		break;
	case LINE_GENTLER:
		snprintf(out, size, _("%s instead"), look_verb_title(c->verb));
		break;
	case LINE_REASON:
		snprintf(out, size, "%s", d->preview.reason ? _("Reason, which this needs:") : _("Reason, for the audit log:"));
		break;
	case LINE_CONFIRM:
		if (d->preview.kind == CONFIRM_ENTER)
			snprintf(out, size, _("%s now"), look_verb_title(d->verb));
		else if (d->preview.kind == CONFIRM_YES)
			snprintf(out, size, _("%s now: press y"), look_verb_title(d->verb));
		else
			snprintf(out, size, _("%s now: type %s"), look_verb_title(d->verb), d->preview.confirm);
		break;
	}
}

static const struct lines *words_of(const struct dialog *d)
{
	static const struct lines none;

	if (d->state != STATE_PREVIEW && d->state != STATE_COMMITTING)
		return &none;
	return d->show_targets ? &d->preview.targets : &d->preview.words;
}

/* Lines of the command that does the same, wrapped: it is there to be copied. 0: there is none. */
static int command_height(const struct dialog *d, int width)
{
	if ((d->state != STATE_PREVIEW && d->state != STATE_COMMITTING) || !*d->preview.command)
		return 0;
	return wrap_height(d->preview.command, width - 6);
}

int dialog_text(int y, int x, int width, int most, enum ink ink, const char *text)
{
	int h;

	if (!*text || most < 1)
		return 0;
	if (y >= 0)
		return wrap_draw(y, x, width, most, ink, text, false);
	h = wrap_height(text, width);
	return h < most ? h : most;
}

/* The reason why the line under the cursor cannot be chosen, in full; beside the line it may be cut. */
static const char *why_of(const struct dialog *d)
{
	if (d->state != STATE_MENU || d->at < 0 || d->at >= d->nlines || d->lines[d->at].ok)
		return "";
	return d->lines[d->at].why;
}

/* Room for the notice, or for the longest reason, so that nothing moves when the cursor does. */
static int notice_height(const struct dialog *d, int width)
{
	int most = dialog_text(-1, 0, width - 6, NOTICE_ROWS, INK_NORMAL, d->notice);

	for (int i = 0; d->state == STATE_MENU && i < d->nlines; i++) {
		int h = d->lines[i].ok ? 0 : dialog_text(-1, 0, width - 6, NOTICE_ROWS, INK_NORMAL, d->lines[i].why);

		most = h > most ? h : most;
	}
	return most;
}

/* Border, words, air, lines, air, notice or command. */
static int height(struct view *v, int width)
{
	struct dialog *d = (struct dialog *)v;
	int words = lines_height(words_of(d), width - 6);
	int lines = d->state == STATE_ASKING || d->state == STATE_PLANNING ? 1 : d->nlines;
	int command = command_height(d, width), notice = notice_height(d, width);
	int h = 2 + (words ? words + 1 : 0) + lines + (notice ? notice + 1 : 0) + (command ? command + 1 : 0);

	return screen_rows() >= AIR_FROM ? h + 1 : h;
}

struct box dialog_place(struct view *v, int (*rows_at)(struct view *v, int width))
{
	struct app *a = v->app;
	struct view *below = NULL;
	int rows = screen_rows(), cols = screen_cols();
	struct box in = frame_inside(rows, cols), spot, b;
	bool known;

	if (in.y == 3) { /* the blank line below line 2 */
		in.y--;
		in.h++;
	}

	for (int i = 0; i < a->depth; i++) /* dialogs stand on one another: what they are about is below them all */
		if (!a->stack[i]->ops->overlay)
			below = a->stack[i];
	known = below && view_spot(below, &spot);
	b.w = cols > WIDTH + 4 ? WIDTH : cols > 8 ? cols - 2 : cols;
	b.h = rows_at(v, b.w);
	b.x = (cols - b.w) / 2;
	b.y = in.y + (in.h - b.h) / 2;
	if (known && spot.y + spot.h + b.h <= in.y + in.h) {
		b.y = spot.y + spot.h;
	} else if (known && spot.y - b.h >= in.y) {
		b.y = spot.y - b.h;
	} else if (known && cols - spot.x - spot.w - 1 >= WIDTH_LEAST) {
		b.x = spot.x + spot.w + 1;
		b.w = cols - b.x < WIDTH ? cols - b.x : WIDTH;
		b.h = rows_at(v, b.w);
		b.y = in.y + (in.h - b.h) / 2;
	} else if (known && spot.x - 1 >= WIDTH_LEAST) {
		b.w = spot.x - 1 < WIDTH ? spot.x - 1 : WIDTH;
		b.x = spot.x - 1 - b.w;
		b.h = rows_at(v, b.w);
		b.y = in.y + (in.h - b.h) / 2;
	}
	if (b.h > in.h)
		b.h = in.h;
	if (b.y < in.y)
		b.y = in.y;
	return b;
}

void dialog_more(struct box b)
{
	const char *words = _(" PgDn shows more ");
	int w = text_width(words);

	if (w + 4 <= b.w)
		screen_text(b.y + b.h - 1, b.x + b.w - w - 2, w, INK_DIM, words);
}

int dialog_first(int at, int n, int room)
{
	return n <= room || at < room ? 0 : at - room + 1;
}

/* Where both fields begin: behind the longer label. */
static int fields_at(const struct dialog *d, struct box b)
{
	int most = 0;

	for (int i = 0; i < d->nlines; i++) {
		char label[192];

		if (d->lines[i].kind != LINE_REASON && d->lines[i].kind != LINE_CONFIRM)
			continue;
		line_text(d, &d->lines[i], label, sizeof label);
		most = text_width(label) > most ? text_width(label) : most;
	}
	return b.x + 2 + 2 + most + 1;
}

/* Where the reasons begin why something cannot be done: behind the longest label that has one. */
static int whys_at(const struct dialog *d, struct box b)
{
	int most = 20;

	for (int i = 0; i < d->nlines; i++) {
		char label[192];

		if (d->lines[i].ok || (!*d->lines[i].why && d->lines[i].can == 0))
			continue;
		line_text(d, &d->lines[i], label, sizeof label);
		most = text_width(label) + 2 > most ? text_width(label) + 2 : most;
	}
	return b.x + 4 + (most < b.w / 2 ? most : 20);
}

static void draw_line(struct dialog *d, int i, int y, struct box b)
{
	const struct choice *c = &d->lines[i];
	int fields = fields_at(d, b), whys = whys_at(d, b);
	bool here = i == d->at, ok = (c->ok || c->can > 0) && !(c->kind == LINE_CONFIRM && dialog_lacks_reason(d));
	char label[192];
	struct pen p = {y, b.x + 2, b.x + b.w - 2};
	enum ink ink = !ok ? INK_DIM : INK_NORMAL;
	struct input *in = c->kind == LINE_REASON ? &d->reason : c->kind == LINE_CONFIRM && d->preview.kind == CONFIRM_TEXT ? &d->typed : NULL;

	line_text(d, c, label, sizeof label);
	if (d->state == STATE_COMMITTING && c->kind == LINE_CONFIRM) {
		pen_text(&p, INK_ACTIVE, "  ");
		pen_text(&p, INK_ACTIVE, _("Asking the broker."));
		return;
	}
	if (here && !in)
		ink = ok ? INK_CURSOR_BOLD : INK_CURSOR;
	pen_f(&p, ink, "%s %s", here ? ">" : " ", label);
	if (here && !in)
		pen_text(&p, ink, " ");
	if (in && p.end - p.x > 4) {
		int x;

		pen_skip(&p, 1);
		p.x = fields > p.x && p.end - fields > 8 ? fields : p.x;
		input_draw(in, y, p.x, p.end - p.x > 28 ? 28 : p.end - p.x, INK_FIELD, &x);
		if (here && d->state == STATE_PREVIEW) {
			d->view.cursor_y = y;
			d->view.cursor_x = x;
		}
	} else if (!c->ok && c->can > 0) {
		p.x = p.x < whys ? whys : p.x + 2;
		pen_f(&p, INK_WARN, _("%d of %zu"), c->can, d->nids);
	} else if (!c->ok && *c->why) {
		p.x = p.x < whys ? whys : p.x + 2;
		if (p.end - p.x >= 12)
			pen_text(&p, INK_DIM, c->why);
	}
}

static void draw_title(const struct dialog *d, struct box b, enum ink line)
{
	size_t row = d->snap ? snaps_find(&d->snaps, d->snap) : 0;
	const char *name = *d->preview.snapshot ? d->preview.snapshot : d->snap && row < d->snaps.n ? d->snaps.list[row].name : "";
	bool menu = d->state == STATE_MENU || d->state == STATE_ASKING;
	char title[320];

	if (menu && d->snap)
		snprintf(title, sizeof title, _("Snapshot %.80s of %s"), name, d->title);
	else if (menu)
		snprintf(title, sizeof title, "%s", d->title);
	else if (strcmp(d->verb, verb_name(VERB_SNAP_CREATE)) == 0)
		snprintf(title, sizeof title, _("New snapshot of %s%s%.80s"), d->title, *name ? ": " : "", name);
	else if (strcmp(d->verb, verb_name(VERB_SNAP_REVERT)) == 0)
		snprintf(title, sizeof title, _("Revert %s to %.80s"), d->title, name);
	else if (strcmp(d->verb, verb_name(VERB_SNAP_DELETE)) == 0)
		snprintf(title, sizeof title, _("Delete snapshot %.80s of %s"), name, d->title);
	else if (strcmp(d->verb, verb_name(VERB_LOCATE)) == 0 || strcmp(d->verb, verb_name(VERB_LOCATE_OFF)) == 0)
		snprintf(title, sizeof title, "%s: %s", look_verb_title(d->verb), d->title);
	else if (strcmp(d->verb, verb_name(VERB_PAIR)) == 0)
		snprintf(title, sizeof title, _("Pair %s with its bay"), d->title);
	else
		snprintf(title, sizeof title, "%s %s", look_verb_title(d->verb), d->title);
	screen_box(b, line, line == INK_WARN ? INK_WARN : INK_BOLD, title, app_of_uris(d->view.app) ? "" : lang_said(NULL, d->preview.place));
}

void dialog_air(struct box b)
{
	screen_clip((struct box){b.y, b.x - 1, b.h, b.w + 2});
	for (int i = 0; i < b.h; i++) {
		screen_fill(b.y + i, b.x - 1, 1, INK_NORMAL);
		screen_fill(b.y + i, b.x + b.w, 1, INK_NORMAL);
	}
	screen_clip(b);
}

void dialog_draw(struct view *v, struct box area)
{
	struct dialog *d = (struct dialog *)v;
	struct box b = dialog_place(v, height);
	const struct lines *words = words_of(d);
	int command = command_height(d, b.w), notice = notice_height(d, b.w), tail = (notice ? notice + 1 : 0) + (command ? command + 1 : 0);
	int lines = d->state == STATE_ASKING || d->state == STATE_PLANNING ? 1 : d->nlines;
	int y = b.y + 1, room, all = lines_height(words, b.w - 6);
	enum ink line = d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_TEXT ? INK_WARN : INK_ACCENT;

	dialog_air(b);
	/* When there is little room, what can be chosen stays and the words scroll; the command goes before what was just said. */
	if (b.h - 2 - lines - tail < (all ? 2 : 0) && command > 0) {
		tail -= command + 1;
		command = 0;
	}
	if (b.h - 2 - lines - tail < (all ? 1 : 0))
		tail = notice = 0;
	room = b.h - 2 - lines - tail - (all ? 1 : 0);
	if (screen_rows() >= AIR_FROM && b.h == height(v, b.w)) { /* which counts it */
		y++;
		room -= 1;
	}
	draw_title(d, b, line);
	if (all > 0 && room > 0) {
		if (d->top + 1 > words->n)
			d->top = words->n - 1;
		if (all <= room)
			d->top = 0;
		lines_draw(words, d->top, (struct box){y, b.x + 3, room < all ? room : all, b.w - 6});
		if (all > room)
			dialog_more(b);
		y += (room < all ? room : all) + 1;
	}
	if (d->state == STATE_ASKING || d->state == STATE_PLANNING)
		screen_text(y++, b.x + 4, b.w - 6, INK_DIM, _("Asking the broker."));
	else
		for (int i = dialog_first(d->at, d->nlines, b.y + b.h - 1 - y); i < d->nlines && y < b.y + b.h - 1; i++)
			draw_line(d, i, y++, b);
	if (notice > 0) {
		if (*d->notice)
			dialog_text(y + 1, b.x + 4, b.w - 6, notice, d->notice_ink, d->notice);
		else
			dialog_text(y + 1, b.x + 4, b.w - 6, notice, INK_WARN, why_of(d));
		y += notice + 1;
	}
	if (tail > 0 && command > 0)
		dialog_text(y + 1, b.x + 4, b.w - 6, command, INK_DIM, d->preview.command);
}

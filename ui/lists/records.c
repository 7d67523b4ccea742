/* Records in rows (records.h). Kept by time, oldest first; what is shown of them stands in an array of its own, in the order of the screen. */
#include "lists/records.h"
#include "lists/columns.h"

#include "common/buf.h"
#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEFT 2           /* cells before the first column */
#define GAP 2
#define REST_LEAST 20    /* for the column that takes what is left over */
#define REST_WANTED 36
#define NAMES_LEAST 14 /* names may be cut for that, but not shorter */

struct records {
	struct app *app;
	const struct records_ops *ops;
	void *ctx;
	struct record **all;     /* oldest first, or as they were added */
	size_t n, room;
	struct record **shown;   /* as on the screen */
	size_t nshown, shown_room;
	size_t cursor, top, page, unseen;
	bool moved;              /* the cursor stays on its record */
	int seen[RECORDS_CELLS]; /* widest so far */
	struct box rows;
	int name_x, name_w;
};

/* ---- one ---- */

struct record *record_new(int64_t seq, int64_t at, const char *object, const char *name)
{
	struct record *rec = xcalloc(1, sizeof *rec);

	rec->seq = seq;
	rec->at = at;
	rec->kind = KIND_SITE;
	rec->object = text_shown_dup(object);
	rec->name = text_shown_dup(name);
	for (int i = 0; i < RECORDS_CELLS; i++)
		rec->cell[i] = NULL;
	return rec;
}

void record_cell(struct record *rec, int i, const char *text)
{
	free(rec->cell[i]);
	rec->cell[i] = text && *text ? text_shown_dup(text) : NULL;
}

void record_free(struct record *rec)
{
	if (!rec)
		return;
	for (int i = 0; i < RECORDS_CELLS; i++)
		free(rec->cell[i]);
	free(rec->object);
	free(rec->name);
	free(rec->whole);
	free(rec->folded);
	free(rec);
}

bool record_has(struct record *rec, const char *word)
{
	if (!rec->folded) {
		struct buf all = {0};

		for (int i = 0; i < RECORDS_CELLS; i++)
			if (rec->cell[i]) {
				buf_str(&all, rec->cell[i]);
				buf_str(&all, "\n");
			}
		buf_append(&all, "", 1);
		rec->folded = text_fold(all.data);
		buf_free(&all);
	}
	return strstr(rec->folded, word) != NULL;
}

/* ---- all ---- */

static void measure(struct records *r, const struct record *rec)
{
	for (int i = 0; i < r->ops->n && !rec->heading; i++) {
		int w = rec->cell[i] ? text_width(rec->cell[i]) : 0, most = r->ops->columns[i].max;

		w = w > most ? most : w;
		r->seen[i] = w > r->seen[i] ? w : r->seen[i];
	}
}

static bool matches(const struct records *r, struct record *rec)
{
	return !r->ops->match || r->ops->match(r->ctx, rec);
}

static void show_at(struct records *r, size_t at, struct record *rec)
{
	if (r->nshown == r->shown_room) {
		r->shown_room = r->shown_room ? r->shown_room * 2 : 256;
		r->shown = xrealloc(r->shown, r->shown_room * sizeof *r->shown);
	}
	memmove(r->shown + at + 1, r->shown + at, (r->nshown - at) * sizeof *r->shown);
	r->shown[at] = rec;
	r->nshown++;
}

/* The oldest one goes. */
static void drop_oldest(struct records *r)
{
	struct record *old = r->all[0];
	size_t at = r->ops->newest_first ? r->nshown - 1 : 0;

	if (r->nshown > 0 && r->shown[at] == old) {
		r->nshown--;
		memmove(r->shown + at, r->shown + at + 1, (r->nshown - at) * sizeof *r->shown);
	}
	r->n--;
	memmove(r->all, r->all + 1, r->n * sizeof *r->all);
	record_free(old);
}

void records_add(struct records *r, struct record *rec, bool newer)
{
	if (r->n >= RECORDS_MOST) {
		if (!newer) {
			record_free(rec);
			return;
		}
		drop_oldest(r);
	}
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : 256;
		r->all = xrealloc(r->all, r->room * sizeof *r->all);
	}
	if (!newer)
		memmove(r->all + 1, r->all, r->n * sizeof *r->all);
	r->all[newer ? r->n : 0] = rec;
	r->n++;
	measure(r, rec);
	if (!matches(r, rec))
		return;
	if (newer == r->ops->newest_first) {
		show_at(r, 0, rec);
		if (r->moved) { /* the eye keeps its place */
			r->cursor++;
			r->top++;
			r->unseen++;
		}
	} else {
		show_at(r, r->nshown, rec);
	}
}

void records_sift(struct records *r)
{
	const struct record *was = records_at(r);

	r->nshown = 0;
	r->cursor = r->top = r->unseen = 0;
	for (size_t i = 0; i < r->n; i++) {
		struct record *rec = r->all[r->ops->newest_first ? r->n - 1 - i : i];

		if (!matches(r, rec))
			continue;
		if (rec == was && r->moved)
			r->cursor = r->nshown;
		show_at(r, r->nshown, rec);
	}
	r->moved = r->moved && r->cursor > 0;
}

void records_clear(struct records *r)
{
	for (size_t i = 0; i < r->n; i++)
		record_free(r->all[i]);
	r->n = r->nshown = r->cursor = r->top = r->unseen = 0;
	r->moved = false;
	memset(r->seen, 0, sizeof r->seen);
}

struct records *records_new(struct app *a, const struct records_ops *ops, void *ctx)
{
	struct records *r = xcalloc(1, sizeof *r);

	r->app = a;
	r->ops = ops;
	r->ctx = ctx;
	return r;
}

void records_free(struct records *r)
{
	if (!r)
		return;
	records_clear(r);
	free(r->all);
	free(r->shown);
	free(r);
}

void records_retell(struct records *r)
{
	memset(r->seen, 0, sizeof r->seen);
	for (size_t i = 0; i < r->n; i++)
		measure(r, r->all[i]);
}

/* ---- drawing ---- */

static void lay_out(const struct records *r, int width, int *cells)
{
	const struct records_column *c = r->ops->columns;
	int total = LEFT - GAP, rest = -1, last = -1;

	for (int i = 0; i < r->ops->n; i++) {
		cells[i] = c[i].max == 0 ? REST_LEAST : r->seen[i] > c[i].min ? r->seen[i] : c[i].min;
		if (!r->ops->headless && cells[i] < text_width(_(c[i].title)))
			cells[i] = text_width(_(c[i].title));
		if (c[i].max > 0 && r->seen[i] == 0 && r->n > 0)
			cells[i] = 0;
		total += cells[i] > 0 ? cells[i] + GAP : 0;
		rest = c[i].max == 0 ? i : rest;
	}
	while (total > width) {
		int worst = -1;

		for (int i = 0; i < r->ops->n; i++)
			if (cells[i] > 0 && c[i].rank > 0 && (worst < 0 || c[i].rank >= c[worst].rank))
				worst = i;
		if (worst < 0)
			break;
		total -= cells[worst] + GAP;
		cells[worst] = 0;
	}
	for (int i = 0; i < r->ops->n; i++)
		last = cells[i] > 0 ? i : last;
	if (rest >= 0 && cells[rest] + width - total > 0)
		cells[rest] += width - total;
	if (rest >= 0 && last != rest && cells[rest] > COLUMN_REST_MOST)
		cells[rest] = COLUMN_REST_MOST;
	/* A long name or two do not cut every sentence. */
	while (rest >= 0 && cells[rest] < REST_WANTED && cells[r->ops->name] > NAMES_LEAST) {
		cells[r->ops->name]--;
		cells[rest]++;
	}
}

static void draw_row(struct records *r, size_t at, int y, const struct box *b, const int *cells)
{
	const struct record *rec = r->shown[at];
	bool here = at == r->cursor;
	int x = b->x + LEFT;

	screen_text(y, b->x, 1, INK_ACCENT, here ? ">" : " ");
	if (rec->heading) {
		screen_text(y, b->x + 1, b->w - 1, rec->ink == INK_DIM ? INK_DIM : INK_BOLD, rec->cell[0] ? rec->cell[0] : "");
		return;
	}
	for (int i = 0; i < r->ops->n; i++) {
		enum ink ink = r->ops->columns[i].max == 0 ? rec->ink : r->ops->columns[i].ink;

		if (cells[i] == 0)
			continue;
		if (here && i == r->ops->name)
			screen_fill(y, x - 1, cells[i] + 2, INK_CURSOR);
		if (rec->cell[i])
			screen_text(y, x, cells[i], here && i == r->ops->name ? palette_selected(ink) : ink, rec->cell[i]);
		x += cells[i] + GAP;
	}
}

static void draw_head(const struct records *r, int y, const struct box *b, const int *cells)
{
	int x = b->x + LEFT;

	screen_fill(y, b->x, b->w, INK_HEAD);
	for (int i = 0; i < r->ops->n; i++) {
		if (cells[i] == 0)
			continue;
		screen_text(y, x, cells[i], INK_HEAD, _(r->ops->columns[i].title));
		x += cells[i] + GAP;
	}
}

void records_draw(struct records *r, struct box b, const char *empty)
{
	int cells[RECORDS_CELLS] = {0}, x;
	bool head = b.h > 2 && !r->ops->headless;
	size_t most;

	screen_clip(b);
	if (b.h < 1 || b.w < 1)
		return;
	lay_out(r, b.w, cells);
	if (head)
		draw_head(r, b.y, &b, cells);
	r->rows = (struct box){b.y + head, b.x, b.h - head, b.w};
	r->page = (size_t)r->rows.h;
	x = b.x + LEFT;
	for (int i = 0; i < r->ops->name; i++)
		x += cells[i] > 0 ? cells[i] + GAP : 0;
	r->name_x = x;
	r->name_w = cells[r->ops->name];
	if (r->nshown == 0) {
		screen_text(r->rows.y + (r->rows.h > 2), b.x + LEFT, b.w - LEFT, INK_DIM, empty);
		return;
	}
	if (r->cursor >= r->nshown)
		r->cursor = r->nshown - 1;
	most = r->nshown > r->page ? r->nshown - r->page : 0;
	if (r->cursor < r->top)
		r->top = r->cursor;
	if (r->cursor >= r->top + r->page)
		r->top = r->cursor - r->page + 1;
	if (r->top > 0 && r->top == r->cursor && r->shown[r->top - 1]->heading) /* what heads it is seen with it */
		r->top--;
	if (r->top > most)
		r->top = most;
	for (int i = 0; i < r->rows.h && r->top + (size_t)i < r->nshown; i++)
		draw_row(r, r->top + (size_t)i, r->rows.y + i, &b, cells);
}

/* ---- moving ---- */

static void go_to(struct records *r, size_t at)
{
	if (r->nshown == 0)
		return;
	r->cursor = at < r->nshown ? at : r->nshown - 1;
	r->moved = r->cursor > 0;
	if (!r->moved)
		r->unseen = 0;
}

bool records_command(struct records *r, enum command c)
{
	size_t page = r->page > 1 ? r->page - 1 : 1;

	switch (c) {
	case CMD_UP:
		go_to(r, r->cursor > 0 ? r->cursor - 1 : 0);
		return true;
	case CMD_DOWN:
		go_to(r, r->cursor + 1);
		return true;
	case CMD_PAGE_UP:
		r->top = r->top > page ? r->top - page : 0;
		go_to(r, r->cursor > page ? r->cursor - page : 0);
		return true;
	case CMD_PAGE_DOWN:
		if (r->top + r->page < r->nshown)
			r->top += page;
		go_to(r, r->cursor + page);
		return true;
	case CMD_HOME:
		r->top = 0;
		go_to(r, 0);
		return true;
	case CMD_END:
		go_to(r, SIZE_MAX);
		return true;
	default:
		return false;
	}
}

/* ---- questions ---- */

struct record *records_at(struct records *r)
{
	return r->cursor < r->nshown ? r->shown[r->cursor] : NULL;
}

bool records_spot(struct records *r, struct box *out)
{
	if (r->cursor < r->top || r->cursor >= r->top + r->page || r->cursor >= r->nshown)
		return false;
	*out = (struct box){r->rows.y + (int)(r->cursor - r->top), r->name_x, 1, r->name_w};
	return true;
}

enum click records_click(struct records *r, int y, int x)
{
	size_t at = r->top + (size_t)(y - r->rows.y);

	if (y < r->rows.y || y >= r->rows.y + r->rows.h || x < r->rows.x || x >= r->rows.x + r->rows.w || at >= r->nshown)
		return CLICK_NONE;
	if (at == r->cursor)
		return CLICK_AGAIN;
	go_to(r, at);
	return CLICK_MOVED;
}

size_t records_count(const struct records *r)
{
	return r->n;
}

size_t records_shown(const struct records *r)
{
	return r->nshown;
}

bool records_ending(const struct records *r)
{
	return r->n < RECORDS_MOST && r->top + 2 * r->page >= r->nshown;
}

bool records_back(const struct records *r)
{
	return r->moved;
}

int64_t records_oldest(const struct records *r)
{
	return r->n ? r->all[0]->seq : 0;
}

int64_t records_newest(const struct records *r)
{
	return r->n ? r->all[r->n - 1]->seq : 0;
}

int64_t records_newest_at(const struct records *r)
{
	return r->n ? r->all[r->n - 1]->at : 0;
}

void records_position(const struct records *r, char *out, size_t size)
{
	size_t last = r->top + r->page;

	if (r->nshown <= r->page)
		out[0] = '\0';
	else
		snprintf(out, size, "%zu-%zu", r->top + 1, last < r->nshown ? last : r->nshown);
}

void records_info(const struct records *r, struct pen *p, const char *count)
{
	char where[48];

	if (r->unseen > 0)
		pen_piece(p, INK_ACTIVE, P_(_("%zu new above: Home"), _("%zu new above: Home"), r->unseen), r->unseen);
	if (r->nshown < r->n)
		pen_f(p, INK_NORMAL, _("%zu of "), r->nshown);
	pen_piece(p, INK_NORMAL, "%s", count);
	records_position(r, where, sizeof where);
	if (*where)
		pen_piece(p, INK_DIM, "%s", where);
}

size_t records_where(const struct records *r)
{
	return r->cursor;
}

void records_go(struct records *r, size_t at)
{
	go_to(r, at);
}

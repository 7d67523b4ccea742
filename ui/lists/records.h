/* Records in rows: what happened, who did what. Some are there, older ones are fetched as one looks back, newer ones come above without
 * moving what is read. Behind the views of events, audit and handover. A picture costs the rows on the screen; bounded. */
#ifndef TANA_RECORDS_H
#define TANA_RECORDS_H

#include "app.h"
#include "term/screen.h"

#define RECORDS_CELLS 5
#define RECORDS_MOST 5000   /* kept at once */

struct record {
	int64_t seq, at;         /* of the broker; 0 none */
	enum ink ink;            /* of its last cell */
	bool heading;            /* cell[0] stands over the whole width; dim where it heads nothing */
	enum kind kind;          /* of its object, where that is told */
	char *cell[RECORDS_CELLS];
	char *object, *name;     /* what Enter opens; "" nothing */
	char *whole;             /* what it was made from, NULL: not kept */
	char *folded;            /* made when it is searched first */
};

struct records_column {
	const char *title;       /* N_() */
	short min, max;          /* cells, as in columns.h; max 0: what is left over */
	short rank;              /* the highest go first when room is short; 0 stays */
	enum ink ink;
};

struct records_ops {
	const struct records_column *columns;
	int n, name;             /* name: the column that the cursor lights */
	bool newest_first;       /* else as they were added */
	bool headless;           /* no names of columns above */
	/* Whether the filter of now takes it; NULL: all. */
	bool (*match)(void *ctx, struct record *r);
};

struct records;

struct records *records_new(struct app *a, const struct records_ops *ops, void *ctx);
void records_free(struct records *r);
void records_clear(struct records *r);                    /* the cursor goes to the first again */

/* A new one, to be filled in and then added; the texts are copied and cleaned. NULL texts are "". */
struct record *record_new(int64_t seq, int64_t at, const char *object, const char *name);
void record_cell(struct record *rec, int i, const char *text);
void record_free(struct record *rec);
/* newer: behind those that are there in time, else before them. Taken over. */
void records_add(struct records *r, struct record *rec, bool newer);

void records_sift(struct records *r);                     /* match says otherwise than before */
/* All words (folded) are in its cells. */
bool record_has(struct record *rec, const char *word);

void records_draw(struct records *r, struct box b, const char *empty); /* empty: said where no row is shown */
bool records_command(struct records *r, enum command c); /* moving */
struct record *records_at(struct records *r);             /* under the cursor, NULL none */
bool records_spot(struct records *r, struct box *out);
enum click records_click(struct records *r, int y, int x);
size_t records_count(const struct records *r);            /* all that are kept */
size_t records_shown(const struct records *r);            /* of them those that the filter leaves */
/* The last rows are on the screen: older ones are wanted. */
bool records_ending(const struct records *r);
bool records_back(const struct records *r);               /* one looks back, or down: what is on the screen stays */
int64_t records_oldest(const struct records *r);          /* seq, 0 none */
int64_t records_newest(const struct records *r);
int64_t records_newest_at(const struct records *r);       /* when that was, 0 none */
void records_position(const struct records *r, char *out, size_t size); /* "17-36"; "" when all are shown. size >= 48 */
void records_info(const struct records *r, struct pen *p, const char *count); /* the same and more, in line 2; count: "27 events" */
size_t records_where(const struct records *r);             /* which row the cursor is on */
void records_go(struct records *r, size_t at);
void records_retell(struct records *r);                   /* widths are measured anew */

#endif

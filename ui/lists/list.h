/* A list of objects of one kind: sorted, filtered, marked, with a cursor that stays on its object. Kept current by the
 * mirror's changes, which are taken in when the next picture is drawn: a picture costs the rows on the screen, a change
 * O(log n), however long the list is. Views embed one. */
#ifndef TANA_LIST_H
#define TANA_LIST_H

#include "app.h"
#include "lists/columns.h"
#include "term/screen.h"

#define LIST_LEFT 3   /* cells before the names: mark, sign, blank */

struct list;

/* blade: only the VMs on this blade, NULL all of the kind. The list lives as long as its view. */
struct list *list_new(struct app *a, enum kind k, const struct columns *c, const char *blade);
void list_free(struct list *l);
/* Only rows that match this, whatever the user's filter says: "cluster:K1". field: its key, whose column is not shown; static. Once, before
 * the list is drawn. */
void list_within(struct list *l, const char *filter, const char *field);

void list_draw(struct list *l, struct box b);
/* Moving, sorting, marking. True: it was one of these. */
bool list_command(struct list *l, enum command c);
void *list_object(struct list *l);                 /* under the cursor, NULL none */
enum kind list_kind(const struct list *l);
bool list_spot(struct list *l, struct box *out);   /* where that row stands */
void list_retell(struct list *l);                  /* the language was switched: texts have other widths */
size_t list_shown(struct list *l);                 /* rows that match */
size_t list_total(struct list *l);                 /* rows without the filter */
size_t list_marked(struct list *l);                /* how many of its kind are marked */
size_t list_marked_unseen(struct list *l);         /* marked ones that the filter hides */
/* The cursor goes to this object; false: it is not in the list. */
bool list_go(struct list *l, const char *id);
/* Its columns: what there is (the first is always there), which are shown in which order, by which it is sorted. What is chosen is kept
 * (settings.h) for all lists of this sort. n 0: as it was at first. */
const struct columns *list_columns(const struct list *l);
int list_chosen(const struct list *l, int *out, bool *usual); /* out holds COLUMNS_MOST; usual: as at first. Returns how many */
void list_choose(struct list *l, const int *columns, int n);
int list_sorted_by(const struct list *l, bool *reverse);
void list_sort_by(struct list *l, int column, bool reverse);
/* The mouse at a cell of the screen: on a row, or on a heading, by which it is sorted then, or the other way round. */
enum click list_click(struct list *l, int y, int x);
/* Why the filter is not obeyed here, NULL when it is (borrowed until the next picture). */
const struct err *list_filter_error(struct list *l);
/* Where the rows on the screen stand: "17-36"; "" when all are shown. size >= 32 */
void list_position(struct list *l, char *out, size_t size);

#endif

/* A list of objects of one kind: sorted, filtered, marked, with a cursor that stays on its object. Kept current by the
 * mirror's changes, which are taken in when the next picture is drawn: a picture costs the rows on the screen, a change
 * O(log n), however long the list is. Views embed one. */
#ifndef TANA_LIST_H
#define TANA_LIST_H

#include "app.h"
#include "columns.h"
#include "screen.h"

#define LIST_LEFT 3   /* cells before the names: mark, sign, blank */

struct list;

/* blade: only the VMs on this blade, NULL all of the kind. The list lives as long as its view. */
struct list *list_new(struct app *a, enum kind k, const struct columns *c, const char *blade);
void list_free(struct list *l);

void list_draw(struct list *l, struct box b);
/* Moving, sorting, marking. True: it was one of these. */
bool list_command(struct list *l, enum command c);
void *list_object(struct list *l);                 /* under the cursor, NULL none */
bool list_spot(struct list *l, struct box *out);   /* where that row stands */
void list_retell(struct list *l);                  /* the language was switched: texts have other widths */
size_t list_shown(struct list *l);                 /* rows that match */
size_t list_total(struct list *l);                 /* rows without the filter */
size_t list_marked_unseen(struct list *l);         /* marked VMs that the filter hides */
/* The cursor goes to this object; false: it is not in the list. */
bool list_go(struct list *l, const char *id);
/* Why the filter is not obeyed here, NULL when it is (borrowed until the next picture). */
const struct err *list_filter_error(struct list *l);
/* Where the rows on the screen stand: "17-36"; "" when all are shown. size >= 32 */
void list_position(struct list *l, char *out, size_t size);

#endif

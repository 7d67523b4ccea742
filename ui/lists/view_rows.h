/* What the views with a list in them share: opening, acting, asking. Used by the views of lists, racks, blades,
 * enclosures and VMs. */
#ifndef TANA_VIEW_ROWS_H
#define TANA_VIEW_ROWS_H

#include "lists/list.h"

/* Actions on a VM, or on the marked ones when there are any; c is one of CMD_ACTIONS, CMD_POWER, CMD_PROTECT; a
 * snapshot (CMD_SNAPSHOT) is of one alone. */
void rows_act(struct app *a, enum command c, const struct vm *vm);
/* Actions on a blade: CMD_ACTIONS (all of them) or CMD_POWER. */
void rows_act_blade(struct app *a, enum command c, const struct blade *b);
void rows_act_blades(struct app *a, enum command c, const struct blade *b); /* the same in a list: on the marked ones when there are any */
/* The enclosure in which it stands, with the cursor on it. */
void rows_enclosure(struct app *a, const struct blade *b);
/* Opens the view of an object. */
void rows_open(struct app *a, enum kind k, const void *o);
/* The same by its id ("blade:a2-13"), and says so where it is no longer there. */
void rows_open_id(struct app *a, const char *id, const char *name);
/* The dialog for a blade's watch note; NULL is allowed. */
void rows_note(struct app *a, const struct blade *b);
void rows_history(struct app *a, const char *id, const char *name);
void rows_console(struct app *a, const struct vm *vm); /* its serial console; NULL is allowed */
void rows_screen(struct app *a, const struct vm *vm);  /* what its screen shows; NULL is allowed */
/* Asks the object's host now, and says so. */
void rows_refresh(struct app *a, const char *id, const char *name);
void rows_refresh_manager(struct app *a, const char *id, const char *name);
void rows_refresh_blade(struct app *a, const struct blade *b); /* host and manager */
/* "14 running  2 off": how VMs are, loudest last. */
void rows_vm_counts(struct pen *p, const struct tally_counts *c);
/* " 1 host silent ", " 1 blade down ": what is wrong with the metal, loudest first. */
void rows_wrong_blades(struct pen *p, const struct tally_counts *c);
/* "41 of 732 VMs  3 marked", or why the filter is not obeyed. */
void rows_info(struct app *a, struct list *l, struct pen *p);

#endif

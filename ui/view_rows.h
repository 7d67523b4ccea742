/* What the views with a list in them share: opening, acting, asking. Used by view_list.c, view_blade.c and view_vm.c. */
#ifndef TANA_VIEW_ROWS_H
#define TANA_VIEW_ROWS_H

#include "list.h"

/* Actions on a VM, or on the marked ones when there are any; c is one of CMD_ACTIONS, CMD_POWER, CMD_PROTECT; a
 * snapshot (CMD_SNAPSHOT) is of one alone. */
void rows_act(struct app *a, enum command c, const struct vm *vm);
/* Opens the view of an object. */
void rows_open(struct app *a, enum kind k, const void *o);
void rows_history(struct app *a, const char *id, const char *name);
/* Asks the object's host now, and says so. */
void rows_refresh(struct app *a, const char *id, const char *name);
/* "41 of 732 VMs  3 marked", or why the filter is not obeyed. */
void rows_info(struct app *a, struct list *l, struct pen *p, const char *one, const char *many);

#endif

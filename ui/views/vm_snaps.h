/* The snapshots in the view of a VM: limits, tree, and a cursor that walks it. Only view_vm.c uses it. */
#ifndef TANA_VM_SNAPS_H
#define TANA_VM_SNAPS_H

#include "views/snaps_live.h"

#define VM_SNAPS_BARS 16

struct vm_snaps {
	struct snaps_live live;
	char *at;               /* id of the snapshot under the cursor, NULL: none, keys are for the VM itself */
	struct lines limits;
	double used[VM_SNAPS_BARS]; /* of each limit, 0 to 1; -1 not known */
	int rows_y;             /* where the first row was drawn last, in rows of the screen; it may lie outside */
};

void vm_snaps_open(struct vm_snaps *s, struct app *a, const char *vm_id);
void vm_snaps_close(struct vm_snaps *s);
/* Draws from b.y on, however far that reaches below b (what lies outside is clipped); returns the rows it takes. head: with a
 * heading of its own. */
int vm_snaps_draw(struct vm_snaps *s, struct box b, bool head);
/* How old it is, or why it is not newer: what the heading says else. "" as of now. size >= 64 */
void vm_snaps_note(const struct vm_snaps *s, char *out, size_t size);
/* Row of the cursor, -1: none. */
int vm_snaps_row(const struct vm_snaps *s);
/* One row up or down; false: there is none, and the cursor stays (down) or leaves the tree (up). */
bool vm_snaps_move(struct vm_snaps *s, int by);
/* The menu of the snapshot under the cursor. */
void vm_snaps_menu(struct vm_snaps *s, const struct vm *vm);

#endif

/* Between the files of a VM's view: view_vm.c (what it asks and what keys do), vm_page.c (what stands where), vm_now.c (graphs). */
#ifndef TANA_VM_INSIDE_H
#define TANA_VM_INSIDE_H

#include "views/view_show.h"
#include "views/vm_snaps.h"
#include "words/facts.h"
#include "words/lines.h"

#define VM_LABEL 11     /* cells of the labels */

struct vm_view {
	struct view view;
	istr id, name;
	struct facts made;      /* disks, NICs, machine */
	struct lines history;
	struct vm_snaps snaps;
	int top;                /* first row of the page that is shown */
	int rows, fits;         /* of the page, as it was drawn last; of the screen */
	bool follow;            /* the cursor moved: it is to be seen */
	char error[256];        /* why the host does not tell, "" */
	struct view_show show;
};

const struct vm *vm_view_vm(struct vm_view *v); /* NULL: it is gone */

/* vm_page.c: the whole page from row y of the screen on, of which b is seen; returns its rows. */
int vm_page(struct vm_view *v, int y, struct box b);

/* vm_now.c: CPU, memory, disks and network over the last minutes, a row each of what is known; returns the rows. The VM is wanted to be
 * watched. */
int vm_now_draw(const struct vm *vm, int y, int x, int w);
int vm_now_rows(const struct vm *vm);

#endif

/* Asking hosts for the snapshots of a VM, and for its details, on behalf of requests: of one VM one at a time, however many want
 * to know, so that nobody's asking fills a host's queue of questions. Called by the requests. */
#ifndef TANA_LOOKS_H
#define TANA_LOOKS_H

#include "broker/inside.h"

/* done comes once, later or at once, on the loop, when the book has what the host said: e (borrowed) says why not. Who asks
 * while another is answered is answered, with all who came meanwhile, by one more question: what they hear is never older
 * than their asking. */
typedef void looks_done(void *ctx, const struct err *e);
void looks_ask(struct broker *b, const struct vm *vm, looks_done *done, void *ctx);
/* The same for details; d (borrowed) is NULL where e is not. */
typedef void details_done(void *ctx, const struct err *e, const struct host_vm_detail *d);
void looks_detail(struct broker *b, const struct vm *vm, details_done *told, void *ctx);

#endif

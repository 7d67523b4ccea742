/* The children that a loop waits for: each by its pidfd, or by looking now and then where the kernel gives none. Part of loop.c. */
#ifndef TANA_CHILDREN_H
#define TANA_CHILDREN_H

#include "common/loop.h"

struct child;

/* As loop_child; *all owns it, and begins as NULL. */
void children_add(struct child **all, struct loop *l, pid_t pid, void (*fn)(void *ctx, pid_t pid, int status), void *ctx);
void children_free(struct child **all); /* before the loop's timers and descriptors go; nobody is told, nothing is reaped */

#endif

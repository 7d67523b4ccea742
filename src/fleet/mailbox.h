/* What workers and hosts' threads hand to the loop: one queue for all, in order, opened on the loop's thread some at a
 * time so that a storm of events never holds the loop. */
#ifndef TANA_MAILBOX_H
#define TANA_MAILBOX_H

#include "common/loop.h"

struct mailbox;
struct mail {                       /* part of the sender's struct */
	struct mail *next;
	void (*open)(struct mail *m);   /* on the loop; owns m */
};

struct mailbox *mailbox_new(struct loop *l);
void mailbox_put(struct mailbox *b, struct mail *m);   /* any thread */
void mailbox_drain(struct mailbox *b);                 /* loop thread: opens all there is */
void mailbox_wait(struct mailbox *b, int64_t ms);      /* loop thread: until there is mail, then opens all of it */
/* leak: threads may still put something in; then nothing is opened any more and nothing freed. */
void mailbox_free(struct mailbox *b, bool leak);

#endif

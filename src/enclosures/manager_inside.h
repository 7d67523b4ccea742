/* Inside of a conversation with an enclosure's managers: what manager.c and manager_open.c share. */
#ifndef TANA_MANAGER_INSIDE_H
#define TANA_MANAGER_INSIDE_H

#include "enclosures/exchange.h"
#include "enclosures/manager.h"

#include <pthread.h>
#include <stdatomic.h>

struct manager {
	struct manager_config c;
	pthread_mutex_t lock;           /* link, against being freed under an abort */
	struct ssh_link *link;          /* NULL: no session */
	atomic_bool aborted;            /* for ever */
	bool open;                      /* logged in, dialect and role known */
	const struct dialect *dialect;
	struct exchange x;
	size_t active;                  /* index of the address of the session, or of the last one */
	char *who[MANAGER_ADDRESSES_MAX];           /* "A2 (oa1.example.net)" */
	const char *seen[MANAGER_ADDRESSES_MAX];    /* "active", "standby", "silent", ...; NULL not tried */
	_Atomic unsigned long sessions, commands;
};

/* manager.c */
/* The steps of a question or a verb; *reply (may be NULL) gets what came, cleaned. The first thing said that is an error ends it.
 * means: REPLY_MEANS_COUNT when it was no word of the manager. After an error of the connection the session is over. */
struct err *manager_steps(struct manager *m, const struct dialect_steps *steps, const char *bay, struct buf *reply,
	enum reply_means *means);
/* Ends the session at once, without a word. */
void manager_drop(struct manager *m);
/* Leaves as its vendor wants it. */
void manager_leave(struct manager *m);
void manager_set_link(struct manager *m, struct ssh_link *l);

#endif

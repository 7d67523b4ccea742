/* A conversation with an enclosure's managers: finds the active one, logs in, knows its dialect, asks and orders. Everything
 * blocks, on one worker at a time; manager_abort may come from any thread. One SSH session at a time, kept and reused; a manager
 * that is left is left politely, since managers allow few sessions. Called by the fleet. */
#ifndef TANA_MANAGER_H
#define TANA_MANAGER_H

#include "enclosures/dialect.h"

struct manager;

#define MANAGER_ADDRESSES_MAX 2          /* an active one and one that stands by */

struct manager_config {                 /* all borrowed for the manager's life */
	const char *name;               /* "A2": for words */
	const struct dialects *dialects;
	const struct dialect *dialect;  /* NULL: found by greeting */
	const char *const *addresses;   /* "host" or "host:port", "[v6]:port"; one or two */
	size_t naddresses;
	size_t first;                   /* index of the one to begin with: that which was active last */
	const char *user, *key_file, *known_hosts, *ciphers;
	bool legacy;
	/* The password, read when it is needed, each time anew: from a file or a credential, whose owner and mode are checked.
	 * "" none. */
	const char *password_file, *password;
	int step_ms;                    /* 0 = 10000; a dialect may ask for more */
};
struct manager *manager_new(const struct manager_config *c);
/* Connects to the active one: begins with the one that was active last, asks its role where the dialect can, and goes on to the
 * other one if it is the standby or does not answer. Errors, by id, for enum manager_state: manager.busy, manager.denied,
 * manager.legacy, else silent. *out: what the greeting and role told. */
struct err *manager_open(struct manager *m, struct metal *out);
bool manager_is_open(const struct manager *m);
const struct dialect *manager_dialect(const struct manager *m);   /* NULL before it was open once */
/* One question; its facts are added to *out. Errors: what the manager said (ids manager.said.*), manager.strange (a reply that was
 * not understood, quoted), lost or late ones (ERR_UNREACHABLE, ERR_TIMEOUT: the session is over, open again; so too after
 * manager.standby: a take-over happened). */
struct err *manager_ask(struct manager *m, const struct dialect_ask *a, const char *bay, struct metal *out);
/* One verb. NULL: the manager took it (or said that it is so already); that it came true only a later status shows. sent is
 * called right before its first byte leaves: an error without it means that nothing was ordered. */
struct err *manager_act(struct manager *m, enum verb v, const char *bay, void (*sent)(void *ctx), void *ctx);
size_t manager_active(const struct manager *m);                   /* index of the address that was active last */
/* What stands behind this address, as far as it was seen: "active", "standby", "silent", ..., "not asked". Static. These two: any
 * thread, while nothing runs. */
const char *manager_seen(const struct manager *m, size_t address);
/* "oa1.example.net active, oa2.example.net standby". Caller frees. */
char *manager_words(const struct manager *m);
/* How many sessions were opened and commands sent so far. */
struct manager_counts { unsigned long sessions, commands; };
struct manager_counts manager_count(const struct manager *m);
void manager_abort(struct manager *m);   /* any thread: what runs ends with an error, the session with it */
void manager_close(struct manager *m);   /* politely: leave, linger, close; after an abort at once */
void manager_free(struct manager *m);    /* closed */

#endif

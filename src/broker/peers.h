/* The peers: who they are, their lines in and out, bounded both ways. A peer's mistake ends that peer alone.
 * Called by broker.c and listen.c; the requests of commands.c answer through here. */
#ifndef TANA_PEERS_H
#define TANA_PEERS_H

#include "broker/inside.h"
#include "safety/plan.h"

#define PEERS_MAX 256
#define PEERS_OF_USER 16
#define PEER_WAITING_MAX 16         /* requests of one peer that wait for their answers */
#define PEER_OUT_HIGH (256 * 1024)  /* bytes that wait for a slow reader; more are not made */
#define PEER_HELLO_MS 30000
#define PEERS_STAFF 16              /* places of all that customers leave to the staff */
#define PEER_IDLE_EXTRA_MS 60000    /* longer than its user may rest, for a console that signs out by itself */

struct peer;
struct command;

struct peers *peers_new(struct broker *b);
void peers_free(struct peers *p);
/* Takes fd over. Who it is, is asked of the kernel. private: it is the broker's one peer, an operator. */
void peers_add(struct peers *p, int fd, bool private_peer);
void peers_changed(struct peers *p, enum kind k, uint32_t slot);
void peers_gone(struct peers *p, enum kind k, uint32_t slot, const void *object);
void peers_review_customers(struct peers *p);   /* a VM's owner moved: jobs and leases may be seen by others now */
void peers_poke(struct peers *p);               /* there is news */
void peers_roles_changed(struct peers *p);      /* after a reload: roles anew, previews die */
void peers_stopping(struct peers *p);           /* all are told that the broker ends, and comes back */

/* One request that waits for its answer. Exactly one of the two ends it; the peer may be gone by then. */
struct request {
	struct request *next, **prev;
	struct peer *peer;            /* NULL: gone, the answer goes nowhere */
	struct broker *broker;
	json_t *id;                   /* NULL: none was given */
	const struct command *command;
	bool noted;                   /* its refusal is in the audit log already */
};
void request_return(struct request *q, json_t *value); /* takes value over; NULL is {} */
void request_error(struct request *q, struct err *e);  /* takes e over */

/* For requests; the peer is there. */
const struct actor *peer_actor(const struct peer *p);
struct plans *peer_plans(struct peer *p);
void peer_subscribe(struct peer *p, unsigned kinds);
int peer_idle_s(const struct peer *p);          /* as the site file gives it to him; 0 never */
void peer_charge(struct peer *p, int requests); /* this request was as much work as so many more */
/* NULL when he may come in; his features and origin are kept. read_only: of an operator's connection it makes a viewer's, for as long as it lasts. */
struct err *peer_hello(struct peer *p, const char *origin, bool batch, bool read_only);
bool peer_said_hello(const struct peer *p);
struct broker *peer_broker(const struct peer *p);
void peer_end_after(struct peer *p);            /* ends when what is due was written */
uint64_t peer_serial(const struct peer *p);     /* never used again */
struct peer *peers_find(struct peers *p, uint64_t serial); /* NULL: gone */

#endif

/* Inside peers: one connection. Shared by peers.c (the list of them), peer_who.c (who it is) and peer_io.c (its lines). */
#ifndef TANA_PEER_H
#define TANA_PEER_H

#include "broker/peers.h"
#include "broker/rate.h"
#include "common/proto.h"

enum peer_state { PEER_NAMING /* who is it */, PEER_OPEN, PEER_ENDING /* last words are under way */ };

struct peer {
	struct peer *next, **prev;
	struct peers *all;
	uint64_t serial;
	int fd;
	enum peer_state state;
	bool is_private, hello, batch;
	bool read_only;            /* it asked for it: no more than a viewer, whoever it is */
	bool eof;                  /* it says no more; what is due to it is still written */
	uid_t uid;
	gid_t *gids;
	size_t ngids;
	struct actor actor;        /* its strings: */
	char *user, *origin, *tenant;
	struct loop_io *io;
	struct loop_timer *timer;  /* hello, name, tokens, linger: what the state says */
	struct proto_reader in;
	struct buf out;
	size_t out_at;             /* bytes of out that are written */
	struct feed *feed;
	struct plans plans;
	struct request *requests;
	int waiting;
	unsigned streams;          /* serial consoles it had so far: their names */
	struct rate rate;
	struct loop_timer *idle;   /* while it may rest only so long */
	int64_t used_at;           /* boot ms of its newest request that somebody wanted */
	bool starved;              /* it asks too fast; rests until there are tokens */
};
struct peers {
	struct broker *b;
	struct peer *first;
	int n;
	uint64_t serial;
	struct rate_user *rates;
	bool freeing;
};


/* peers.c */
void peer_free(struct peer *p);               /* a private broker's last one ends it */
void peer_put_error(struct peer *p, json_t *id, struct err *e); /* owns e */
void peer_arm_idle(struct peer *p);           /* from its role as it is now; used_at is when it was used last */
void peers_flush(void *ctx);                  /* of loop_soon, for struct peers: every peer goes on */

/* peer_who.c */
void peer_ask_kernel(struct peer *p);         /* uid and groups */
void peer_find_role(struct peer *p);          /* from the site file as it is now */
void peer_name(struct peer *p);               /* then it is open: at once, or when the name service has answered */
void peer_name_late(struct peer *p);          /* the name service is too slow: a number must do */
void peer_set_text(char **slot, const char **seen, const char *value);

/* peer_io.c */
void peer_step(struct peer *p);               /* all that can be done for it now; it may be gone then */
void peer_on_io(void *ctx, int fd, int events);

#endif

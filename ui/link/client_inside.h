/* What the two halves of the client share: client.c owns the connection and its life, client_talk.c what is said on it. */
#ifndef TANA_CLIENT_INSIDE_H
#define TANA_CLIENT_INSIDE_H

#include "link/client.h"

#include "common/buf.h"
#include "common/proto.h"

#define RESTARTS_MAX 3 /* of a private broker, in a minute */

/* IDLE: between two tries. DYING: the private broker's connection is gone, its end and last words are awaited. */
enum phase { PHASE_IDLE, PHASE_CONNECT, PHASE_GREETING, PHASE_HELLO, PHASE_READY, PHASE_DYING, PHASE_ENDED };

struct pending {
	uint64_t id;
	client_done *done; /* NULL: forgotten */
	void *ctx;
	struct err *fail;  /* answered by ourselves, at the next turn */
};

struct client {
	struct loop *loop;
	struct client_ops ops;
	struct client_target target; /* strings below are ours */
	char *socket, *site_file, *program, **uris;
	char *origin;

	enum client_state state;
	enum phase phase;
	bool was_ready;
	struct client_user user;

	struct connector *connector;
	struct loop_io *connector_io;
	struct launch *launch;
	struct err *dying;           /* why, until the last words are there */

	int fd;
	struct loop_io *io;
	struct proto_reader reader;
	struct buf out;

	struct pending *pending;
	size_t npending, room;
	uint64_t last_id;

	struct loop_timer *retry;    /* next try, or the deadline of the phase */
	struct loop_timer *alive;
	struct loop_timer *later;    /* answers of our own */
	int64_t heard;               /* boot ms when the last byte came */
	bool pinged;
	int64_t backoff;
	int64_t lost_at;             /* boot ms; 0: it is not lost */
	int64_t away;                /* ms that the last loss took */
	bool restarting;             /* the broker said that it would be back */
	int64_t deaths[RESTARTS_MAX]; /* boot ms, newest first; 0 none */

	int inside;                  /* depth of callbacks to the owner */
	bool closed;
};

/* client.c */
void client_set_state(struct client *c, enum client_state s, const struct err *why);
void client_is_ready(struct client *c);                     /* hello was answered */
void client_lost(struct client *c, struct err *why);        /* takes why over */

/* client_talk.c */
uint64_t client_send(struct client *c, bool may, const char *name, json_t *args, client_done *done, void *ctx);
void client_flush(struct client *c);
void client_later(struct client *c);                        /* gives the answers that are our own */
void client_fail_all(struct client *c);                     /* answers what waits: the connection is lost */
void client_read_lines(struct client *c);                   /* what was fed to the reader */
void client_free_user(struct client *c);

#endif

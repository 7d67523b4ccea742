/* The console's end of the protocol: one connection, its requests and answers, reconnecting when it is lost.
 * Used by the screen and by the commands. Never blocks after client_open. */
#ifndef TANA_CLIENT_H
#define TANA_CLIENT_H

#include "common/error.h"
#include "common/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct client;

/* Where the broker is: exactly one of socket, site_file, uris, demo. */
struct client_target {
	const char *socket;             /* path of a shared broker; reconnects through the connector */
	const char *site_file;          /* the rest start a private tanad over a socketpair */
	const char *const *uris; int nuris;
	bool demo;
	bool read_only;                 /* no more than look, whoever we are: the broker runs no action for us */
	const char *program;            /* tanad to start; NULL: the one beside our own program, else the installed one */
};
enum client_state { CLIENT_CONNECTING, CLIENT_READY /* hello answered */, CLIENT_LOST /* trying again */, CLIENT_ENDED /* for good */ };

struct client_ops {
	void *ctx;
	void (*state)(void *ctx, enum client_state s, const struct err *why); /* why: for LOST and ENDED, borrowed */
	void (*event)(void *ctx, json_t *line);  /* every line that is no answer; borrowed */
	bool (*batch)(void *ctx, const char *line, size_t len); /* NULL, or asked first for what looks like a batch of objects: true, it was
	                                                         * taken as it came; else it comes as an event */
};

/* Connects or starts a private broker, says hello. origin: "" or what $SSH_CONNECTION says. */
struct err *client_open(struct loop *l, const struct client_target *t, const char *origin, const struct client_ops *ops, struct client **out);
/* Ends a private broker and waits for it, at most 5 s. Requests not answered yet are dropped without a call of done. */
void client_close(struct client *c);
enum client_state client_state(const struct client *c);
bool client_restarting(const struct client *c);    /* lost, and the broker said that it would be back */
int64_t client_heard_ms(const struct client *c);   /* boot time when the broker was heard last; 0 never */
int64_t client_away_ms(const struct client *c);    /* for how long it was lost before it was ready again; 0 never */
void client_away(const struct client *c, char *out, size_t size); /* the same for people: "2 s"; size >= 24 */
/* Who we are, from hello; valid from READY on. */
struct client_user {
	char *user, *role, *tenant, *site;
	int64_t uid;
	bool private_broker;
	int idle_s;              /* nothing typed for so long: signed out; 0 never */
	char *support, *escape;  /* whom a customer asks, the key that leaves a serial console; "" not told */
};
const struct client_user *client_user(const struct client *c);

/* Sends a request; args is taken over (NULL = none). done comes once: e (owned by the receiver) or ret (borrowed).
 * When the connection is lost first: ERR_UNREACHABLE "broker.lost" (the outcome is then unknown). */
typedef void client_done(void *ctx, struct err *e, json_t *ret);
uint64_t client_request(struct client *c, const char *name, json_t *args, client_done *done, void *ctx);
void client_forget(struct client *c, uint64_t request); /* the answer is dropped when it comes */

/* The one child that a client of a shared broker keeps, for the sandbox; 0: its broker is a private one. */
pid_t client_connector(const struct client *c);

/* What to say as origin: "ssh ADDRESS" from $SSH_CONNECTION, else ""; size >= 64. */
void client_origin(char *out, size_t size);

#endif

/* For the broker's tests: the other end of a tanad's protocol as a script would be. */
#ifndef TEST_TALK_H
#define TEST_TALK_H

#include "daemon.h"

#include "common/buf.h"

#include <jansson.h>
#include <stdbool.h>

struct talk {
	int fd;
	struct buf in;
	int next_id;
	json_t *objects;    /* as the stream has them, by id */
	json_t *happened;   /* every "happened", in order */
	json_t *stats;      /* the newest row of numbers of each VM, by id */
	json_t *told;       /* how often each id was told of, by id */
	json_t *other;      /* the newest line that is neither answer nor event, or NULL */
	int synced, resets;
	bool ended;         /* the broker closed the connection */
};
struct talk *talk_to(struct daemon *d);            /* connected, greeting read */
struct talk *talk_on(int fd);
struct talk *talk_hello(struct daemon *d);         /* and said hello, with batches */
void talk_end(struct talk *t);
void talk_send(struct talk *t, const char *text);  /* as it stands */
/* One more line from the broker, taken in: false when it ended or nothing came for wait_ms. */
bool talk_read(struct talk *t, int wait_ms);
/* A request and its answer: {"return":...} or {"error":...}; the test owns it. fmt: json_pack of the arguments or NULL. */
json_t *talk_ask(struct talk *t, const char *name, const char *fmt, ...);
int talk_start(struct talk *t, const char *name, json_t *args); /* sends; its id */
json_t *talk_answer(struct talk *t, int id);
/* The same, and it must be a return (its value, owned) or an error with this message id (or class:id). */
json_t *talk_get(struct talk *t, const char *name, const char *fmt, ...);
void talk_refused(struct talk *t, const char *class, const char *id, const char *name, const char *fmt, ...);
void talk_subscribe(struct talk *t);               /* and waits for synced */
/* Waits until an object's field has this text (numbers and booleans as JSON writes them). */
void talk_wait(struct talk *t, const char *object, const char *field, const char *value);
void talk_wait_live(struct talk *t, int hosts, int vms); /* so many hosts live, shown up, and VMs known */
bool talk_happened(struct talk *t, const char *id);
void talk_wait_happened(struct talk *t, const char *id); /* what happened is told after the objects that changed */
json_t *talk_vm(struct talk *t, const char *name);  /* borrowed; the test fails when there is none */
const char *talk_id(struct talk *t, const char *name);
json_t *in_list(json_t *answer, const char *name);   /* the snapshot with this name; borrowed, NULL none */
const char *field_of(json_t *object, const char *field); /* text, "" none */

/* Plans, confirms as the plan wants it, commits; the id of the job (caller frees). */
char *talk_act(struct talk *t, const char *verb, const char *target);
/* Waits for the end of a job: its state. Borrowed until the next event. */
const char *talk_job(struct talk *t, const char *job);

#endif

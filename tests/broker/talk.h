/* For the broker's tests: a real tanad on libvirt's test driver, and the other end of its protocol as a script would be. */
#ifndef TEST_TALK_H
#define TEST_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#define TALK_MS 30000   /* how long anything may take */

/* ---- a broker ---- */
struct daemon {
	pid_t pid;
	char dir[64];       /* of the test: site.conf, nodes/, state/, broker.sock, stderr */
	char socket[100];
	int fd;             /* of a private one, -1 */
};
/* Makes a folder with a generated site: one rack, one enclosure, so many blades and VMs on each. */
void daemon_site(struct daemon *d, int bays, int vms, int dead);
/* Replaces the roles of the site file by these lines. */
void daemon_roles(struct daemon *d, const char *lines);
void daemon_append(struct daemon *d, const char *lines); /* to the site file */
/* Starts it and waits until it answers. Further options end with NULL. */
void daemon_shared(struct daemon *d, ...);
void daemon_private(struct daemon *d, ...);        /* --private with these options */
/* Runs it to its end: exit status; what it said on stderr in *said (caller frees, may be NULL). */
int daemon_try(struct daemon *d, char **said, ...);
int daemon_end(struct daemon *d, int signo);       /* signals, waits; exit status, or 128 + signal */
void daemon_remove(struct daemon *d);              /* the folder */
char *daemon_said(const struct daemon *d);         /* its stderr so far; caller frees */

/* ---- a peer ---- */
struct talk {
	int fd;
	struct buf in;
	int next_id;
	json_t *objects;    /* as the stream has them, by id */
	json_t *happened;   /* every "happened", in order */
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
void talk_wait_live(struct talk *t, int hosts, int vms); /* so many hosts live and VMs known */
bool talk_happened(struct talk *t, const char *id);
json_t *talk_vm(struct talk *t, const char *name);  /* borrowed; the test fails when there is none */
const char *talk_id(struct talk *t, const char *name);
const char *field_of(json_t *object, const char *field); /* text, "" none */

/* Plans, confirms as the plan wants it, commits; the id of the job (caller frees). */
char *talk_act(struct talk *t, const char *verb, const char *target);
/* Waits for the end of a job: its state. Borrowed until the next event. */
const char *talk_job(struct talk *t, const char *job);

#endif

/* The console as a whole: the loop, the connection, the mirror of the site, the stack of views, marks and the filter.
 * main.c calls app_run; views and the frame use the rest. */
#ifndef TANA_APP_H
#define TANA_APP_H

#include "keymap.h"
#include "link/client.h"
#include "link/mirror.h"
#include "link/tally.h"
#include "lists/marks.h"
#include "map/metal.h"
#include "term/palette.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_options {
	const struct client_target *target; /* borrowed while it runs */
	const char *origin;   /* "" or what the user's connection says: "ssh 192.0.2.7" */
	int ambiguous;        /* cells of an ambiguous character: 1, 2, 0 = measure */
	/* This serial console alone and nothing else: it ends with it. NULL: the whole site. Borrowed while it runs. */
	const struct console_options *console;
};
/* Runs the console until its user leaves. Returns the exit status; what went wrong is in *e (caller frees), nothing was
 * printed but that the user was signed out, and the terminal is as it was. */
int app_run(struct loop *l, const struct app_options *o, struct err **e);

#define APP_DEPTH 16
#define APP_FILTER_MAX 256

struct app {
	struct loop *loop;
	struct client *client;
	struct mirror *mirror;
	struct registry *objects;          /* the mirror's */
	struct tally *tally;
	struct metal *metal;
	struct marks *marks, *blade_marks; /* of VMs, of blades: app_marks */
	struct view *tabs[TAB_COUNT];      /* made when first shown, kept */
	enum tab tab;
	struct view *stack[APP_DEPTH];     /* stack[0] is tabs[tab] */
	int depth;
	char filter[APP_FILTER_MAX];       /* one for all views, "" none; filter_gen moves when it does */
	uint32_t filter_gen;
};

/* Asks for a new picture: at the end of this turn (a key), or soon (data; coalesced). */
void app_draw(struct app *a);
void app_draw_data(struct app *a);

/* Takes the view over and shows it. False (and frees it) when too many are open. */
bool app_push(struct app *a, struct view *v);
void app_back(struct app *a);              /* leaves the top view; on the first one does nothing */
bool app_alone(const struct app *a);       /* one serial console, nothing else */
/* How what it runs alone went; NULL: well. Taken over, and of no interest else. */
void app_result(struct app *a, struct err *e);
void app_tab(struct app *a, enum tab t);
struct view *app_tab_view(struct app *a, enum tab t); /* made when it was never shown; NULL: this user has none */
struct view *app_top(struct app *a);
bool app_can(struct app *a, struct view *v, enum command c); /* this user has it, and in v it has a meaning here and now */
void app_filter_set(struct app *a, const char *text);
bool app_typing(const struct app *a);      /* the filter is being typed: what is wrong with it is told there */
struct marks *app_marks(const struct app *a, enum kind k); /* NULL: nothing of this kind is marked ever */

/* One line for the user, above the key line; stays 15 s. */
void app_say(struct app *a, enum ink ink, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void app_say_error(struct app *a, const struct err *e);
const char *app_said(const struct app *a, enum ink *ink);

/* What the broker said of this user (client.h); NULL before that. Borrowed until the loop turns. */
const struct client_user *app_client_user(const struct app *a);
const char *app_user(const struct app *a); /* the name, "" before that */
bool app_may_act(const struct app *a);     /* operator or customer, and the broker is there */
bool app_is_customer(const struct app *a);
bool app_lost(const struct app *a);
bool app_of_uris(const struct app *a);     /* hosts that were named on the command line: they stand in no rack that anybody knows */
int app_idle_left(const struct app *a);    /* seconds until the user is signed out, when that is to be told; else -1 */

/* A request whose answer comes to done as client_request says; app_forget drops the answer. 0 when there is no broker:
 * done is then called at once with an error. */
uint64_t app_request(struct app *a, const char *name, json_t *args, client_done *done, void *ctx);
void app_forget(struct app *a, uint64_t request);
/* A job that was started here: its end is told in the line above the keys. */
void app_own_job(struct app *a, const char *id);

#endif

/* What the files of the app share: app.c (life), app_draw.c (pictures, the line for the user), app_views.c (the stack of views, tabs),
 * app_keys.c (the terminal) and app_broker.c (the connection). Views see app.h alone. */
#ifndef TANA_APP_INSIDE_H
#define TANA_APP_INSIDE_H

#include "app.h"
#include "jail/idle.h"
#include "lists/filter_line.h"

#define APP_OWN_JOBS 32

/* The app as its own files see it. */
struct inner {
	struct app app;
	const struct client_target *target;  /* borrowed while it runs */
	const struct console_options *alone; /* one serial console and nothing else; NULL: all */
	struct err *fatal;        /* why it ended, NULL: its user left */
	bool signed_out;          /* it ended because nobody typed */
	struct idle *idle;

	/* pictures and words */
	struct loop_timer *tick_timer, *draw_timer;
	int64_t drawn;            /* boot ms of the last picture */
	bool bell_armed;          /* the last picture knew all that there was */
	size_t bell_heard;        /* of tally's alerts_came */
	char said[512];
	enum ink said_ink;
	int64_t said_until;
	bool obeying;             /* a key's command runs: what is said now answers it */
	bool said_answer;         /* such an answer goes with the view that it was said in */

	/* views */
	bool chosen;              /* the user has switched the view: the first one stays no more */
	bool customer;            /* whose views stand in the tabs */

	/* keys */
	struct keys *keys;
	struct loop_io *tty;
	struct loop_timer *key_timer;
	struct filter_line filter; /* while it is typed */
	bool quit_asked;
	bool together;            /* more than one byte came at once: a paste that says nothing of itself, or keys ahead of their picture */
	bool paste_told;          /* that there is no field for what is being pasted */

	/* the broker */
	struct registry_watch watch;
	bool ready_once, synced_once;
	struct err *unmet;        /* why it was not there when it was last tried, until it is met for the first time */
	int64_t told;             /* boot ms when it last heard that somebody types */
	char own_jobs[APP_OWN_JOBS][16]; /* ids of jobs that were started here */
	int nown;
	char zone[64];            /* the site's, as the clock was last set */
};

static inline struct inner *inner_of(const struct app *a)
{
	return (struct inner *)a; /* an app is the first member */
}

/* Pictures: the timers, until app_draw_close, behind which none is drawn. */
void app_draw_open(struct inner *in);
void app_draw_close(struct inner *in);
void app_draw_at_once(struct inner *in); /* what was asked for, if anything was: not at the end of the turn but now */
void app_draw_tick(struct inner *in); /* when the next clock or age on the screen changes, as things are now */

/* Views. */
void app_views_close(struct inner *in);         /* all of them */
void app_next_tab(struct app *a, int by);       /* 1 or -1; of the tabs that this user has */
void app_number(struct inner *in, uint32_t digit); /* '1' to '9', '0': straight to one of the first ten */
void app_take_role(struct inner *in);           /* another role than the one whose views were made: they start over */
void app_switch_language(struct app *a);

/* A row of the key table is obeyed, as if `code`, one of its keys, had been pressed; app_can was asked. */
void app_obey(struct inner *in, const struct binding *b, uint32_t code);
void app_mouse(struct inner *in, const struct key *k); /* K_CLICK to K_WHEEL_DOWN */

/* The decoder of keys, until app_keys_close; the terminal is read from app_keys_start (the screen has started) to app_keys_stop. */
void app_keys_open(struct inner *in);
void app_keys_close(struct inner *in);
void app_keys_start(struct inner *in);
void app_keys_stop(struct inner *in);

/* What the client calls, and the changes of the mirror's objects while they are watched. */
void app_broker_state(void *ctx, enum client_state s, const struct err *why);
void app_broker_event(void *ctx, json_t *line);
bool app_broker_batch(void *ctx, const char *line, size_t len);
void app_broker_watch(struct inner *in);
void app_broker_unwatch(struct inner *in);

#endif

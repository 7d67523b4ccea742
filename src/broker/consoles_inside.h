/* Inside serial consoles: what consoles.c (those who look), console_ends.c (what ends it), console_host.c (the host's side),
 * console_out.c (lines to peers) and console_audit.c (records, who is who) share. Nobody else includes it. */
#ifndef TANA_CONSOLES_INSIDE_H
#define TANA_CONSOLES_INSIDE_H

#include "broker/console_ring.h"
#include "broker/consoles.h"

#define CONSOLE_LINGER_MS 2000 /* for the last output of a stream that ended, where credit is awaited */

struct console;

/* Somebody who looks, or asks to. */
struct console_stream {
	struct console_stream *next;
	struct console *console;
	uint64_t serial;
	struct peer *peer;           /* it outlives no peer */
	char name[24];
	struct request *q;           /* its stream-open is not answered yet */
	bool recorded;               /* that it is opened is written down */
	bool write, take;            /* as asked for */
	bool force;                  /* from whom it is open for outside Tana */
	bool open, ended;            /* ended: what is due to it is still sent, then that */
	struct msg why;
	int64_t opened_ms, ended_ms, typed_ms; /* boot time */
	uint64_t at, credit, lost;   /* position sent up to; lost: left out and not told */
	uint64_t out, in;            /* bytes sent to it, typed by it */
	bool tell_writer;
	struct actor who;            /* as he was at its opening; strings: */
	char *user, *origin, *tenant, *took;
};

/* One VM's, while somebody looks. */
struct console {
	struct console *next, **prev;
	struct consoles *all;
	char *vm, *vm_name, *blade, *tenant;
	uint64_t owned_from;         /* what was said before this position, it was not this tenant's */
	struct fleet_console *line;  /* NULL: the host was not asked yet, or it is over */
	bool up;                     /* the host opened it */
	bool over;                   /* nobody new comes to it */
	struct err *host_why;        /* why the host ended it, as far as it said */
	int64_t host_end_ms;         /* it did, boot time; the VM's state may say why in a moment; 0 */
	struct console_stream *streams, *writer;
	int64_t pen_s;               /* writer types since, Unix time */
	struct console_ring ring;
};

struct consoles {
	struct broker *b;
	struct console *first;
	uint64_t serial;
	bool review;
	struct loop_timer *timer;
	struct audit_gate often;     /* of customers: how often consoles are opened */
};

/* consoles.c */
void console_check(struct console *c);                         /* the last one to look hangs up; c may be gone then */
void console_end(struct console *c, const struct err *why);    /* all who look; who asks gets the error */
void console_stream_end(struct console_stream *s, const struct msg *why);
void console_stream_drop(struct console_stream *s, const struct msg *why); /* and forgets it; why NULL: it has ended before */
void console_owner(struct console *c, const struct vm *vm);    /* from now on it is whose the VM is now */
void console_answer(struct console_stream *s);                 /* the host is there: he looks from now on */

/* console_ends.c */
void console_soon(struct consoles *all);                       /* all that is due is done when this turn ends */
void console_due(void *ctx);                                   /* of loop_soon, for struct consoles */
void console_tick(void *ctx);                                  /* of their timer */

/* console_host.c */
struct err *console_ask(struct console *c, const struct vm *vm, bool force);
void console_hang_up(struct console *c);

/* console_audit.c */
/* Writes that he opens it; done comes with ctx. */
void console_record_open(struct console_stream *s, store_done *done, void *ctx);
void console_record_close(struct console_stream *s, const struct msg *why);
void console_remember(struct console_stream *s, const struct actor *a);
const char *console_by(const struct console *c, const struct actor *a); /* who types, for this reader; "" nobody */
/* In words that this actor may read: a customer never learns of hosts. Takes e. */
struct err *console_plain(const struct actor *a, const char *name, struct err *e);

#endif

/* A serial console on the screen: the pane with the guest's output, the line above it that says whose it is and who types, the line
 * below it with the keys, and the keys themselves. Owned by view_console.c. */
#ifndef TANA_CONSOLE_H
#define TANA_CONSOLE_H

#include "link/client.h"
#include "term/keys.h"
#include "view.h"

struct console;

struct console_options {
	const char *object;       /* as protocol.md has targets; copied */
	const char *name;         /* what it is called until the broker says; NULL: as object */
	bool watch, take;         /* do not type; take the pen from who has it */
	int wait_s;               /* an object that is not there may come so long: the hosts of a broker that was just started */
};
struct console_ops {
	void *ctx;
	void (*draw)(void *ctx, bool now); /* it looks different: at once (a key), or soon (output) */
	void (*leave)(void *ctx);          /* its user goes; the owner frees it, not from inside this call */
};

/* o and ops are copied; l and c are borrowed until console_free. */
struct console *console_new(struct loop *l, struct client *c, const struct console_options *o, const struct console_ops *ops);
void console_free(struct console *c);
bool console_event(struct console *c, json_t *line);         /* true: it was ours */
void console_broker(struct console *c, enum client_state now); /* from the client's owner, when that changes: it opens again by itself */
void console_key(struct console *c, const struct key *k);    /* every key: the guest's, or behind the key that leaves its own */
/* All of b. *cursor_y, *cursor_x: where the guest's cursor is, left alone where it is not seen. */
void console_draw(struct console *c, struct box b, int *cursor_y, int *cursor_x);
const char *console_name(const struct console *c);
bool console_over(const struct console *c);                  /* it ended, or was refused; not while it is tried again */
/* Why it is over; NULL: it is not. The caller's. What was refused has the broker's class; what ended by itself ERR_FAILED; a broker
 * that is away ERR_UNREACHABLE. */
struct err *console_why(const struct console *c);

#endif

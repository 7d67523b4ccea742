/* What the two halves of a serial console share: console.c is what happens to it, console_draw.c what it looks like. */
#ifndef TANA_CONSOLE_INSIDE_H
#define TANA_CONSOLE_INSIDE_H

#include "guest/console.h"

#include "common/buf.h"
#include "guest/pane.h"
#include "guest/stream.h"

struct console {
	struct loop *loop;
	struct client *client;
	struct console_ops ops;
	struct stream *stream;
	struct pane *pane;
	char *name;
	struct buf in;            /* output that is not in the pane yet */
	size_t gap;               /* bytes of it that come before a gap, 0 none */
	size_t fed;               /* bytes in the pane that were not drawn yet */
	uint64_t lost;
	bool heard;               /* output came */
	bool fresh;               /* the next output begins anew */
	bool stale;               /* what stands there is of before the broker went */
	int64_t reopened;         /* wall s, 0 never */
	bool menu, room;          /* the keys behind the escape key are shown; the pane has all the room, not 80 x 24 */
	int back;                 /* lines that are looked back */
	int top, left, height;    /* what is seen of the pane */
	int64_t key_at, bell_until, said_until, until; /* boot ms; until: an object that is not there may come */
	unsigned bells;
	bool pasting;
	char said[256];
	struct loop_timer *feed, *fade, *again;
};

/* In the last line for a few seconds. */
void console_say(struct console *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *console_escape_name(const struct console *c);   /* "^]"; until the next call */
void console_who(const struct console *c, char *out, size_t size); /* "you type", "watching: sato types" */
void console_look_back(struct console *c, int by);          /* lines; stays within what there is */

#endif

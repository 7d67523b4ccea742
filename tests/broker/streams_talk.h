/* For the tests of serial consoles: connections of several Unix users, and what their streams tell. */
#ifndef TEST_STREAMS_TALK_H
#define TEST_STREAMS_TALK_H

#include "talk.h"

#define STREAMS 64

/* One connection, and all that its streams told. */
struct user {
	struct talk *t;
	struct stream { char name[24]; struct buf data; int64_t lost; char why[64], by[64]; bool told, writer; } s[STREAMS];
	int n;
};

/* As this Unix user (NULL: one's own), who needs be root for it: what the kernel says of a socket is who connected it. */
struct user *enter(struct daemon *d, const char *name);
void leave(struct user *u);
bool more(struct user *u, int ms);                    /* one line more is taken in, if one comes within ms */
#define UNTIL(u, cond) do { \
	int64_t end_ = now_ms() + TALK_MS; \
	while (!(cond) && now_ms() < end_) \
		more(u, 50); \
	if (!(cond)) \
		fail_msg("never: %s", #cond); \
} while (0)

json_t *ask(struct user *u, const char *name, json_t *args);        /* the answer, owned */
const char *asked(struct user *u, const char *name, json_t *args);  /* the id of its refusal, or "" */
json_t *args_of(const char *vm, const char *mode, int credit, bool take_it);
struct stream *open_it(struct user *u, const char *vm, const char *mode, int credit, bool take_it); /* and it is granted */
const char *open_refused(struct user *u, const char *vm, const char *mode, bool take_it);
const char *type(struct user *u, const struct stream *s, const char *data, size_t n);
void line(struct user *u, const struct stream *s, const char *text); /* typed, and taken */
const char *credit(struct user *u, const struct stream *s, int bytes);
void close_it(struct user *u, const struct stream *s);
json_t *record(struct user *u, const char *vm, const char *what);   /* the newest of this kind on the VM; owned */

#endif

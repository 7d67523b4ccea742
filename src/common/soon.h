/* What a turn of the loop does last: functions asked for by anyone, each once however often it was asked for. */
#ifndef TANA_SOON_H
#define TANA_SOON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct soon_call {
	void (*fn)(void *ctx);
	void *ctx;
	size_t place; /* in the hash */
	bool off;     /* taken back, or run */
};
struct soon_list { struct soon_call *at; size_t n, size; };

struct soon {
	struct soon_list asked;   /* in the order asked */
	struct soon_list running; /* what soon_run runs now */
	uint32_t *hash;           /* index into asked + 1 */
	size_t hash_size;         /* a power of two, at least twice asked.size */
};

void soon_add(struct soon *s, void (*fn)(void *ctx), void *ctx);    /* the same fn and ctx: the same call */
bool soon_cancel(struct soon *s, void (*fn)(void *ctx), void *ctx); /* true: it was asked for, for the end of this turn */
size_t soon_run(struct soon *s); /* what was asked for before; how many ran */
void soon_free(struct soon *s);  /* runs nothing */

#endif

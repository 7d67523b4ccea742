/* A console that nobody uses is signed out: counts from the last key, warns for the last minute. Called by the app alone. */
#ifndef TANA_IDLE_H
#define TANA_IDLE_H

#include "common/loop.h"

#include <stdbool.h>

struct idle;

/* tick: the last minute began, or a second of it passed: a new picture. out: the time is over. Never called from idle_touch. */
struct idle *idle_new(struct loop *l, void (*tick)(void *ctx), void (*out)(void *ctx), void *ctx);
void idle_free(struct idle *i); /* NULL is nothing */
/* From hello: how long without a key. Seconds; 0: for ever. Counts from the last key on. */
void idle_set(struct idle *i, int seconds);
void idle_touch(struct idle *i);          /* a key came */
/* Seconds that are left when they are to be told: 60 and less; -1 not yet. */
int idle_left(const struct idle *i);

#endif

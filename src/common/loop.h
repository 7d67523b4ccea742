/* One thread's event loop (libev below): descriptors, timers on boot time, closures posted from other threads,
 * signals, children. Console and broker both stand on it. Everything but loop_post is for the loop's own thread. */
#ifndef TANA_LOOP_H
#define TANA_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_io;
struct loop_timer;

#define LOOP_READ 1
#define LOOP_WRITE 2

struct loop *loop_new(void);
void loop_free(struct loop *l);           /* runs what was posted and not run yet, then frees */
void loop_run(struct loop *l);            /* until loop_stop */
void loop_stop(struct loop *l);
bool loop_step(struct loop *l, int wait_ms); /* one turn, waits at most wait_ms (-1: for ever); true when anything ran; for tests */

struct loop_io *loop_io_add(struct loop *l, int fd, int events, void (*fn)(void *ctx, int fd, int events), void *ctx);
void loop_io_events(struct loop_io *io, int events); /* 0 rests */
void loop_io_first(struct loop_io *io);   /* has its turn before the others that are ready with it */
void loop_io_del(struct loop_io *io);     /* does not close the descriptor; safe inside its own callback */

/* A timer belongs to its owner and can be set again and again; it fires once for each set. */
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx);
void loop_timer_set(struct loop_timer *t, int64_t after_ms);
void loop_timer_clear(struct loop_timer *t);
bool loop_timer_pending(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL is allowed; safe inside its own callback */

/* From any thread: fn(ctx) runs on the loop's thread, in the order posted. */
void loop_post(struct loop *l, void (*fn)(void *ctx), void *ctx);
/* Runs fn once at the end of this turn of the loop, however often it is asked for with the same fn and ctx. */
void loop_soon(struct loop *l, void (*fn)(void *ctx), void *ctx);
/* An owner that goes away takes back what it asked for. True: it was asked for in this turn, and did not run yet. */
bool loop_soon_cancel(struct loop *l, void (*fn)(void *ctx), void *ctx);

/* One loop a process for each signal; asking again replaces the function. */
void loop_signal(struct loop *l, int signo, void (*fn)(void *ctx, int signo), void *ctx);
/* fn comes once, when this child has ended: status as from waitpid, -1 when somebody else reaped it. */
void loop_child(struct loop *l, pid_t pid, void (*fn)(void *ctx, pid_t pid, int status), void *ctx);

#endif

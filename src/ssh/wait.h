/* Waiting with a deadline and a way to be called off, and threads that no signal ever reaches. For ssh and hosts. */
#ifndef TANA_SSH_WAIT_H
#define TANA_SSH_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wait_end { WAIT_READY, WAIT_LATE, WAIT_STOPPED };

/* Until fd (-1: none) shows one of events (poll(2)), stop_fd (-1: none) is readable, or deadline (boot time, ms) comes.
 * stop_fd goes first. */
enum wait_end wait_fd(int fd, short events, int stop_fd, int64_t deadline);

/* A thread with all signals blocked; stack 0 = usual. Detached when joinable is NULL. False: none could be had. */
bool thread_start(void *(*fn)(void *), void *arg, size_t stack, pthread_t *joinable);

/* Writing to a peer that is gone must give an error, not a signal: once, process-wide, unless somebody handles it. */
void wait_ignore_sigpipe(void);

#endif

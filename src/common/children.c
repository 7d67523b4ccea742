/* See children.h. */
#include "common/children.h"
#include "common/buf.h"

#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS 100   /* where the kernel gives no pidfd */

struct child {
	struct child *next, **prev;
	pid_t pid;
	int fd;                   /* its pidfd; -1 none */
	struct loop_io *io;       /* on that */
	struct loop_timer *timer; /* or this */
	void (*fn)(void *ctx, pid_t pid, int status);
	void *ctx;
};

static void child_free(struct child *c)
{
	if (c->io) {
		loop_io_del(c->io);
		close(c->fd);
	}
	loop_timer_free(c->timer);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	free(c);
}

static void look(struct child *c)
{
	int status;
	pid_t got = waitpid(c->pid, &status, WNOHANG);

	if (!got) {
		if (c->timer)
			loop_timer_set(c->timer, POLL_MS);
		return;
	}
	struct child told = *c;
	child_free(c);
	told.fn(told.ctx, told.pid, got == told.pid ? status : -1);
}

static void on_pidfd(void *ctx, int fd, int events)
{
	look(ctx);
}

static void on_poll(void *ctx)
{
	look(ctx);
}

void children_add(struct child **all, struct loop *l, pid_t pid, void (*fn)(void *ctx, pid_t pid, int status), void *ctx)
{
	struct child *c = xcalloc(1, sizeof *c);

	c->pid = pid;
	c->fn = fn;
	c->ctx = ctx;
	c->next = *all;
	c->prev = all;
	if (c->next)
		c->next->prev = &c->next;
	*all = c;
	c->fd = pidfd_open(pid, 0); /* close-on-exec by itself; readable once the child has ended */
	if (c->fd >= 0) {
		c->io = loop_io_add(l, c->fd, LOOP_READ, on_pidfd, c);
	} else {
		c->timer = loop_timer_new(l, on_poll, c);
		loop_timer_set(c->timer, 0);
	}
}

void children_free(struct child **all)
{
	while (*all)
		child_free(*all);
}

/* Owns the way from workers and event threads to the loop; used by fleet.c and conn.c. */
#include "fleet/mailbox.h"

#include "common/buf.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define TURN 256 /* opened in one turn of the loop */

struct mailbox {
	struct loop *loop;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct mail *first, **last;
	bool posted, closed, leaked;
};

static void destroy(struct mailbox *b)
{
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->arrived);
	free(b);
}

static struct mail *take(struct mailbox *b)
{
	struct mail *m;

	pthread_mutex_lock(&b->lock);
	if ((m = b->first)) {
		b->first = m->next;
		if (!b->first)
			b->last = &b->first;
	}
	pthread_mutex_unlock(&b->lock);
	return m;
}

/* Posted while the box has mail; the box outlives what it posted. */
static void turn(void *ctx)
{
	struct mailbox *b = ctx;
	struct mail *m;

	for (int n = 0; n < TURN && !b->closed && (m = take(b)); n++)
		m->open(m);
	pthread_mutex_lock(&b->lock);
	b->posted = b->first && !b->closed;
	if (b->posted)
		loop_post(b->loop, turn, b);
	pthread_mutex_unlock(&b->lock);
	if (b->closed && !b->leaked)
		destroy(b);
}

struct mailbox *mailbox_new(struct loop *l)
{
	struct mailbox *b = xcalloc(1, sizeof(*b));
	pthread_condattr_t mono;

	b->loop = l;
	b->last = &b->first;
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&b->arrived, &mono);
	pthread_condattr_destroy(&mono);
	return b;
}

void mailbox_put(struct mailbox *b, struct mail *m)
{
	m->next = NULL;
	pthread_mutex_lock(&b->lock);
	*b->last = m;
	b->last = &m->next;
	if (!b->posted && !b->closed) {
		b->posted = true;
		loop_post(b->loop, turn, b);
	}
	pthread_cond_signal(&b->arrived);
	pthread_mutex_unlock(&b->lock);
}

void mailbox_drain(struct mailbox *b)
{
	struct mail *m;

	while ((m = take(b)))
		m->open(m);
}

void mailbox_wait(struct mailbox *b, int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&b->lock);
	while (!b->first && pthread_cond_timedwait(&b->arrived, &b->lock, &t) == 0)
		;
	pthread_mutex_unlock(&b->lock);
	mailbox_drain(b);
}

void mailbox_free(struct mailbox *b, bool leak)
{
	bool posted;

	pthread_mutex_lock(&b->lock);
	b->closed = true;
	b->leaked = leak;
	posted = b->posted;
	pthread_mutex_unlock(&b->lock);
	if (!posted && !leak)
		destroy(b);
}

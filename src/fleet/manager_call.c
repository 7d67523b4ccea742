/* Owns what is on its way to a manager: calls on workers, and their answers. Called by manager_sup.c. */
#include "fleet/metal.h"

#include "common/clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_STEPS 8   /* name, socket, keys, login, shell, prompt, role; each has its own deadline below this one */
#define CALL_STEPS 3

struct sent { struct mail mail; struct mcall *c; };

struct mcall *mcall_new(struct mgr *m, enum mcall_kind kind, int limit_ms)
{
	struct mcall *c = xcalloc(1, sizeof(*c));

	c->m = m;
	c->kind = kind;
	c->limit_ms = limit_ms;
	c->blade = intern("");
	return c;
}

void mcall_free(struct mcall *c)
{
	err_free(c->err);
	if (c->metal)
		metal_free(c->metal);
	intern_free(c->blade);
	free(c);
}

/* The room of managers has a deadline for each step; this one is for what hangs all the same. */
int mgr_limit(const struct mgr *m, enum mcall_kind kind, size_t steps)
{
	int step = m->f->c.manager_ms;

	if (m->dialect && m->dialect->session.timeout_ms > step)
		step = m->dialect->session.timeout_ms;
	if (kind == MCALL_OPEN)
		return step * OPEN_STEPS * (m->site.naddresses > 1 ? 2 : 1);
	if (kind == MCALL_CLOSE)
		return step + (m->dialect ? m->dialect->session.linger_ms : 0);
	return step * (int)(CALL_STEPS + (steps < 16 ? steps : 16));
}

/* ---- on a worker ---- */

void mcall_left(struct mcall *c)
{
	if (c->owed && !c->told_sent && c->act.sent)
		c->act.sent(c->act.ctx);
	c->told_sent = true;
}

static void open_sent(struct mail *mail)
{
	struct sent *s = (struct sent *)mail;
	struct mcall *c = s->c;

	mcall_left(c);
	free(s);
}

/* The answer stands behind this in the mailbox, so the call outlives it. */
static void on_sent(void *ctx)
{
	struct mcall *c = ctx;
	struct sent *s;

	if (atomic_exchange(&c->sent, true))
		return;
	s = xcalloc(1, sizeof(*s));
	s->mail.open = open_sent;
	s->c = c;
	mailbox_put(c->m->f->metal_mail, &s->mail);
}

static void run(struct work *w)
{
	struct mcall *c = (struct mcall *)(void *)((char *)w - offsetof(struct mcall, work));

	switch (c->kind) {
	case MCALL_OPEN:
		c->metal = metal_new();
		c->err = manager_open(c->session, c->metal);
		break;
	case MCALL_ASK:
		c->metal = metal_new();
		c->err = manager_ask(c->session, c->what, c->bay, c->metal);
		break;
	case MCALL_ACT:
		c->err = manager_act(c->session, c->verb, c->bay, on_sent, c);
		break;
	case MCALL_CLOSE:
		manager_close(c->session);
		break;
	}
}

static void returned(struct work *w)
{
	struct mcall *c = (struct mcall *)(void *)((char *)w - offsetof(struct mcall, work));

	mailbox_put(c->m->f->metal_mail, &c->mail);
}

/* ---- on the loop ---- */

static void open_return(struct mail *mail)
{
	mgr_returned((struct mcall *)mail);
}

/* Orders never wait behind connects. All else does nothing but wait for a network, as a connect does: power is read first among
 * them, the rest takes its turn with those that come up. */
void mcall_run(struct mcall *c)
{
	struct mgr *m = c->m;
	unsigned order = c->kind == MCALL_OPEN ? 1 + m->failures : c->kind == MCALL_ASK && !c->what->status ? 1 : 0;

	c->session = m->session;
	c->mail.open = open_return;
	c->work.run = run;
	c->work.returned = returned;
	m->flying = c;
	workers_put(m->f->workers, c->kind == MCALL_ACT ? WORK_CALL : WORK_CONNECT, order, &c->work);
}

bool mcall_take_back(struct mcall *c)
{
	if (!workers_take_back(c->m->f->workers, &c->work))
		return false;
	c->m->flying = NULL;
	return true;
}

void mcall_answer(struct mcall *c, struct err *e)
{
	if (!c->owed) {
		err_free(e);
		return;
	}
	c->owed = false;
	c->act.done(c->act.ctx, e);
}

void mcall_answer_later(struct mcall *c, struct err *e)
{
	struct fleet *f = c->m->f;
	struct mcall **at = &f->metal_failed;

	err_free(c->err);
	c->err = e;
	c->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = c;
	fleet_soon(f);
}

void mcall_answer_failed(struct fleet *f)
{
	struct mcall *list = f->metal_failed, *c;
	struct err *e;

	f->metal_failed = NULL;
	while ((c = list)) {
		list = c->next;
		e = c->err;
		c->err = NULL;
		mcall_answer(c, e);
		mcall_free(c);
	}
}

/* ---- orders that wait for their turn ---- */

void mgr_fail_queue(struct mgr *m, const struct msg *why)
{
	struct mcall *c;
	struct err *e;

	while ((c = m->queue)) {
		m->queue = c->next;
		e = mgr_unreachable(m, "");
		if (why && why->id) {
			msg_free(&e->msg);
			msg_copy(&e->msg, why);
		}
		mcall_answer_later(c, e);
	}
}

void mgr_fail_bay(struct mgr *m, istr blade, const struct msg *why)
{
	struct mcall **at = &m->queue, *c;
	struct err *e;

	while ((c = *at)) {
		if (c->blade != blade) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		e = mgr_unreachable(m, "");
		msg_free(&e->msg);
		msg_copy(&e->msg, why);
		mcall_answer_later(c, e);
	}
}

bool mgr_withdraw(struct mgr *m, const void *act_ctx)
{
	struct mcall **at = &m->queue, *c;

	while ((c = *at) && !(c->owed && c->act.ctx == act_ctx))
		at = &c->next;
	if (!c)
		return false;
	*at = c->next;
	mcall_answer_later(c, err_new(ERR_STATE, "fleet.dropped", "{s:s}", "host", m->name));
	return true;
}

/* A conversation with an enclosure's managers that is open: questions, orders, leaving. How it is opened: manager_open.c. */
#include "enclosures/manager_inside.h"

#include "common/text.h"
#include "enclosures/pattern.h"

#include <stdlib.h>
#include <string.h>

#define LEAVE_MS 3000  /* for a manager to hang up after it was told goodbye */

struct manager *manager_new(const struct manager_config *c)
{
	struct manager *m = xcalloc(1, sizeof *m);

	m->c = *c;
	if (m->c.naddresses > MANAGER_ADDRESSES_MAX)
		m->c.naddresses = MANAGER_ADDRESSES_MAX;
	if (m->c.step_ms <= 0)
		m->c.step_ms = 10000;
	m->dialect = c->dialect;
	m->active = c->first < m->c.naddresses ? c->first : 0;
	for (size_t i = 0; i < m->c.naddresses; i++)
		m->who[i] = xasprintf("%s (%s)", c->name, c->addresses[i]);
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void manager_set_link(struct manager *m, struct ssh_link *l)
{
	pthread_mutex_lock(&m->lock);
	struct ssh_link *old = m->link;
	m->link = l;
	/* It came between: what is opened now ends at once. */
	if (l && atomic_load(&m->aborted))
		ssh_link_abort(l);
	pthread_mutex_unlock(&m->lock);
	ssh_link_free(old);
	m->x.link = l;
}

void manager_abort(struct manager *m)
{
	pthread_mutex_lock(&m->lock);
	atomic_store(&m->aborted, true);
	if (m->link)
		ssh_link_abort(m->link);
	pthread_mutex_unlock(&m->lock);
}

void manager_drop(struct manager *m)
{
	manager_set_link(m, NULL);
	exchange_free(&m->x);
	m->x.heard = (struct buf){0};
	m->open = false;
}

static bool in_shell(const struct manager *m)
{
	return m->dialect && m->dialect->session.mode == DIALECT_SHELL;
}

void manager_leave(struct manager *m)
{
	const struct dialect *d = m->dialect;

	if (m->link && d && m->open && !atomic_load(&m->aborted) && !ssh_link_lost(m->link)) {
		const struct dialect_steps *s = &d->session.leave;
		for (size_t i = 0; i < s->n; i++) {
			bool last = i + 1 == s->n;
			if (in_shell(m) && last) {
				exchange_goodbye(&m->x, s->list[i].send, d->session.linger_ms > LEAVE_MS ? d->session.linger_ms : LEAVE_MS);
			} else {
				struct err *e = in_shell(m) ? exchange_line(&m->x, s->list[i].send, s->list[i].until) :
					exchange_exec(&m->x, s->list[i].send);
				bool well = !e;
				err_free(e);
				if (!well)
					break;
			}
		}
		ssh_link_hang_up(m->link);
	}
	atomic_store(&m->commands, m->x.commands);
	manager_drop(m);
}

void manager_close(struct manager *m)
{
	manager_leave(m);
}

void manager_free(struct manager *m)
{
	if (!m)
		return;
	manager_drop(m);
	for (size_t i = 0; i < m->c.naddresses; i++)
		free(m->who[i]);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

bool manager_is_open(const struct manager *m)
{
	return m->open && m->link && !ssh_link_lost(m->link);
}

const struct dialect *manager_dialect(const struct manager *m)
{
	return m->dialect;
}

size_t manager_active(const struct manager *m)
{
	return m->active;
}

const char *manager_seen(const struct manager *m, size_t address)
{
	return m->seen[address] ? m->seen[address] : "not asked";
}

char *manager_words(const struct manager *m)
{
	struct buf b = {0};

	for (size_t i = 0; i < m->c.naddresses; i++) {
		char *address = text_shown_dup(m->c.addresses[i]);
		buf_printf(&b, "%s%s %s", i ? ", " : "", address, manager_seen(m, i));
		free(address);
	}
	buf_append(&b, "", 1);
	return b.data;
}

struct manager_counts manager_count(const struct manager *m)
{
	return (struct manager_counts){atomic_load(&m->sessions), atomic_load(&m->commands)};
}

/* ---- steps ---- */

/* Back to where every question begins; where the dialect has no way, the session ends: nothing is ever typed into a wrong menu. */
static void go_home(struct manager *m, const struct dialect_steps *done)
{
	const struct dialect_steps *home = &m->dialect->session.home;
	struct err *e = NULL;

	if (!in_shell(m) || (done->n < 2 && !home->n))
		return;
	for (size_t i = 0; !e && i < home->n; i++)
		e = exchange_line(&m->x, home->list[i].send, home->list[i].until);
	if (e || !home->n)
		manager_drop(m);
	err_free(e);
}

static struct err *one_step(struct manager *m, const struct dialect_step *s, const char *bay, struct buf *reply, enum reply_means *means)
{
	char *line = dialect_fill(s->send, bay);
	struct err *e = in_shell(m) ? exchange_line(&m->x, line, s->until) : exchange_exec(&m->x, line);

	atomic_store(&m->commands, m->x.commands);
	if (e && s->until && m->x.heard.len && dialect_at_prompt(m->dialect, m->x.heard.data, m->x.heard.len)) {
		/* Another menu than expected: perhaps it says why. */
		char *clean = dialect_clean(m->dialect, line, m->x.heard.data, m->x.heard.len);
		struct err *why = dialect_judge(m->dialect, m->x.who, clean, means);
		free(clean);
		if (why) {
			err_free(e);
			e = why;
		}
	} else if (!e) {
		char *clean = dialect_clean(m->dialect, line, m->x.heard.data ? m->x.heard.data : "", m->x.heard.len);
		if (reply)
			buf_str(reply, clean);
		e = dialect_judge(m->dialect, m->x.who, clean, means);
		free(clean);
	}
	free(line);
	return e;
}

struct err *manager_steps(struct manager *m, const struct dialect_steps *steps, const char *bay, struct buf *reply,
	enum reply_means *means)
{
	struct err *e = NULL;

	*means = REPLY_MEANS_COUNT;
	for (size_t i = 0; !e && i < steps->n; i++)
		e = one_step(m, &steps->list[i], bay, reply, means);
	if (!e)
		return NULL;
	if (*means == REPLY_MEANS_COUNT) {
		/* What came may still be coming: that session cannot be trusted any more. */
		manager_drop(m);
	} else if (*means == REPLY_STANDBY) {
		m->seen[m->active] = "standby";
		struct err *standby = err_new(ERR_STATE, "manager.standby", "{s:s, s:s}", "manager", m->who[m->active], "words", e->msg.text);
		err_free(e);
		e = standby;
		if (m->c.naddresses > 1)
			m->active = !m->active;
		manager_leave(m);
	} else {
		go_home(m, steps);
	}
	return e;
}

static struct err *not_open(const struct manager *m)
{
	return err_new(ERR_UNREACHABLE, "manager.closed", "{s:s}", "manager", m->who[m->active]);
}

/* ---- questions ---- */

/* How a reply begins, for words; "-" when it says nothing. The caller frees. */
static char *beginning(const char *reply)
{
	reply += strspn(reply, " \n");
	return text_shown_cut(*reply ? reply : "-", strlen(*reply ? reply : "-"), 80);
}

static struct err *strange(const struct manager *m, const struct dialect_ask *a, const char *reply)
{
	char *shown = beginning(reply);
	struct err *e = err_new(ERR_FAILED, "manager.strange", "{s:s, s:s, s:s}", "manager", m->x.who, "ask", a->name, "words", shown);
	free(shown);
	return e;
}

struct err *manager_ask(struct manager *m, const struct dialect_ask *a, const char *bay, struct metal *out)
{
	struct buf reply = {0};
	enum reply_means means;

	if (!manager_is_open(m))
		return not_open(m);
	struct err *e = manager_steps(m, &a->steps, a->per_bay ? bay : "", &reply, &means);
	buf_append(&reply, "", 1);
	if (e && means == REPLY_EMPTY && a->per_bay) {
		struct bay_facts *b = metal_bay(out, bay);
		if (b)
			b->fitted = 0;
		err_free(e);
		e = NULL;
	} else if (!e || means == REPLY_ALREADY) {
		err_free(e);
		e = dialect_understand(m->dialect, a, a->per_bay ? bay : "", reply.data, out) ? NULL : strange(m, a, reply.data);
		m->x.doubt = e != NULL;
	}
	buf_free(&reply);
	return e;
}

/* ---- orders ---- */

struct err *manager_act(struct manager *m, enum verb v, const char *bay, void (*sent)(void *ctx), void *ctx)
{
	struct buf reply = {0};
	enum reply_means means;

	if (!manager_is_open(m))
		return not_open(m);
	const struct dialect_verb *verb = &m->dialect->verbs[v];
	if (!verb->there)
		return err_new(ERR_UNSUPPORTED, "dialect.cannot", "{s:s, s:s}", "name", m->c.name, "dialect", m->dialect->title);
	m->x.leaves = sent;
	m->x.leaves_ctx = ctx;
	struct err *e = manager_steps(m, &verb->steps, bay, &reply, &means);
	m->x.leaves = NULL;
	buf_append(&reply, "", 1);
	/* An order for a state is fulfilled then; a restart is not: nothing went through it. */
	if (e && means == REPLY_ALREADY && v != VERB_REBOOT && v != VERB_RESET) {
		err_free(e);
		e = NULL;
	} else if (!e && !dialect_accepts(verb, reply.data)) {
		char *shown = beginning(reply.data);
		/* Neither a yes nor a no: it may be done. */
		e = err_new(ERR_TIMEOUT, "manager.unclear", "{s:s, s:s}", "manager", m->x.who, "words", shown);
		free(shown);
	} else if (e && means == REPLY_MEANS_COUNT && e->class != ERR_TIMEOUT && e->class != ERR_UNREACHABLE) {
		e->class = ERR_TIMEOUT; /* it was sent, and what became of it was not said */
	}
	buf_free(&reply);
	return e;
}

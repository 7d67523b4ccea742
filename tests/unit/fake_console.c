/* The serial consoles of scripted machines, see fake_host.h. */
#include "fake_inside.h"

#include <stdio.h>
#include <string.h>

const char *host_no_console(const struct host_facts *f)
{
	return f->no_console;
}

struct err *host_console_open(struct host *h, const char *uuid, bool force, const struct host_console_sink *sink)
{
	struct fvm *v;

	pthread_mutex_lock(&fake_lock);
	struct err *e = fake_begin(h, FAKE_CONSOLE, 0);
	if (e)
		return e;
	if (!(v = fake_vm_by_uuid(h->m, uuid))) {
		e = fake_err(ERR_NOTFOUND, "fake: no such VM");
	} else {
		h->console = *sink;
		h->console_vm = v->n;
		v->forced = force;
	}
	pthread_mutex_unlock(&fake_lock);
	return e;
}

struct err *host_console_write(struct host *h, const void *data, size_t n)
{
	pthread_mutex_lock(&fake_lock);
	struct err *e = fake_begin(h, FAKE_TYPE, 0);
	if (e)
		return e;
	struct fvm *v = fake_vm_of(h->m, h->console_vm);
	if (v && v->ntyped + n < sizeof(v->typed)) {
		memcpy(v->typed + v->ntyped, data, n);
		v->ntyped += n;
	}
	pthread_mutex_unlock(&fake_lock);
	return NULL;
}

#define EACH(m, n, h) \
	for (int i_ = 0; i_ < CONNS; i_++) \
		for (struct host *h = (m)->conns[i_]; h && h->console_vm == (n); h = NULL)

void fake_say(const char *name, int n, const char *data, size_t size)
{
	FAKE_SET(EACH(m, n, h) h->console.data(h->console.ctx, data, size));
}

void fake_hang_up(const char *name, int n, const char *why)
{
	FAKE_SET(EACH(m, n, h) h->console.end(h->console.ctx, why ? fake_err(ERR_FAILED, why) : NULL));
}

void fake_no_console(const char *name)
{
	FAKE_SET(m->no_console = true);
}

const char *fake_typed(const char *name, int n)
{
	static char text[65536];

	FAKE_SET(struct fvm *v = fake_vm_of(m, n); memcpy(text, v->typed, v->ntyped); text[v->ntyped] = '\0');
	return text;
}

int fake_consoles(const char *name, int n)
{
	int count = 0;

	FAKE_SET(EACH(m, n, h) count++);
	return count;
}

bool fake_forced(const char *name, int n)
{
	bool forced;

	FAKE_SET(forced = fake_vm_of(m, n)->forced);
	return forced;
}

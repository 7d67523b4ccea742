/* A VM's serial console over libvirt's stream: what the guest says is taken from the stream on the event loop's thread the moment
 * it is there, what is typed is sent by a worker. One for each connection. Called by fleet's workers through console.c. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/domxml.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK (16 * 1024)
#define CHUNKS 16           /* taken in one go: the thread serves other hosts too */

/* Outlives its stream's callback: libvirt gives the callback's reference back from its event loop, later. */
struct lv_console {
	pthread_mutex_t lock;   /* held while the sink runs */
	int refs;
	struct host_console_sink sink;
	bool quiet, ended;
	virStreamPtr stream;
	char *host;
};

static void unref(void *opaque)
{
	struct lv_console *c = opaque;

	pthread_mutex_lock(&c->lock);
	bool last = --c->refs == 0;
	pthread_mutex_unlock(&c->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c->host);
	free(c);
}

static struct err *stream_error(const struct lv_console *c)
{
	virErrorPtr last = virGetLastError();
	char *said = text_clean_dup(last && last->message ? last->message : "no reason given");
	struct err *e = err_new(ERR_FAILED, "host.console.broke", "{s:s, s:s}", "host", c->host, "reason", said);

	free(said);
	return e;
}

static void tell_end(struct lv_console *c, struct err *e)
{
	pthread_mutex_lock(&c->lock);
	bool tell = !c->quiet && !c->ended;
	c->ended = true;
	if (tell)
		c->sink.end(c->sink.ctx, e);
	pthread_mutex_unlock(&c->lock);
	if (!tell)
		err_free(e);
}

static void tell_data(struct lv_console *c, const char *data, size_t n)
{
	pthread_mutex_lock(&c->lock);
	if (!c->quiet)
		c->sink.data(c->sink.ctx, data, n);
	pthread_mutex_unlock(&c->lock);
}

/* The event loop's thread. Taking what has come does not block, on a stream of this kind. */
static void on_stream(virStreamPtr stream, int events, void *opaque)
{
	struct lv_console *c = opaque;
	char chunk[CHUNK];
	int n = -2;

	for (int i = 0; i < CHUNKS && (n = virStreamRecv(stream, chunk, sizeof chunk)) > 0; i++)
		tell_data(c, chunk, (size_t)n);
	if (n == -2 && (events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP)))
		n = 0;
	if (n == 0 || n == -1) {
		tell_end(c, n == 0 ? NULL : stream_error(c));
		virStreamEventUpdateCallback(stream, 0); /* it would be called again and again */
	}
}

/* Whoever has it open outside Tana is told by the failure alone: libvirt has no code of its own for it. */
static struct err *open_error(struct lv *h)
{
	virErrorPtr last = virGetLastError();

	if (last && last->code == VIR_ERR_OPERATION_FAILED)
		return err_new(ERR_LEASE, "host.console.held", NULL);
	return lv_error(h);
}

struct err *lv_console_open(struct host *base, const char *uuid, bool force, const struct host_console_sink *sink)
{
	struct lv *h = (struct lv *)base;
	struct host_vm_detail d = { 0 };
	virDomainPtr dom = NULL;

	if (h->kind->no_console)
		return err_new(ERR_UNSUPPORTED, h->kind->no_console, "{s:s}", "driver", h->kind->driver);
	struct err *e = lv_domain(h, uuid, &dom);
	if (e)
		return e;
	/* libvirt's own words for what is not there say nothing to a person. */
	e = lv_described(h, dom, &d);
	if (!e && d.no_console)
		e = err_new(ERR_UNSUPPORTED, d.no_console, "{s:s, s:s}", "driver", h->kind->driver, "type", d.console);
	host_vm_detail_free(&d);
	virStreamPtr stream = e ? NULL : virStreamNew(h->conn, VIR_STREAM_NONBLOCK);
	if (!e && !stream)
		e = lv_error(h);
	if (!e && virDomainOpenConsole(dom, NULL, stream, h->kind->console_flags | (force ? VIR_DOMAIN_CONSOLE_FORCE : 0)) != 0)
		e = open_error(h);
	virDomainFree(dom);
	if (e) {
		if (stream)
			virStreamFree(stream);
		return e;
	}
	struct lv_console *c = xcalloc(1, sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	c->refs = 2; /* ours, and the callback's */
	c->sink = *sink;
	c->stream = stream;
	c->host = xstrdup(h->name);
	h->console = c;
	if (virStreamEventAddCallback(stream, VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP, on_stream,
		c, unref) == 0)
		return NULL;
	e = lv_error(h);
	unref(c);
	lv_console_close(h);
	return e;
}

struct err *lv_console_write(struct host *base, const void *data, size_t n)
{
	struct lv *h = (struct lv *)base;
	const char *at = data;
	struct err *e = lv_ready(h);

	while (!e && n) {
		int sent = virStreamSend(h->console->stream, at, n);
		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		} else if (sent == -1) {
			e = lv_error(h);
		} else {
			/* libvirt queues what its socket does not take, and blocks for that: it does not say so. */
			e = err_new(ERR_FAILED, "host.console.broke", "{s:s, s:s}", "host", h->name, "reason", "it takes nothing");
		}
	}
	return e;
}

void lv_console_close(struct lv *h)
{
	struct lv_console *c = h->console;

	if (!c)
		return;
	h->console = NULL;
	pthread_mutex_lock(&c->lock);
	c->quiet = true;
	pthread_mutex_unlock(&c->lock);
	virStreamEventRemoveCallback(c->stream);
	virStreamAbort(c->stream); /* also where it has ended: libvirt's client lets go of it only so */
	virStreamFree(c->stream);
	unref(c);
}

/* Sending anchors to the log service. What could not be sent is sent again later. */
#include "broker/anchor.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/text.h"

#include <stdlib.h>
#include <syslog.h>

#define RETRY_S 30

struct anchor {
	struct anchor_config c;
	char *site;
	struct loop_timer *timer;
	int64_t told;            /* seq of the newest one that was sent by us */
	bool asking, failing, ended;
};

static void noted(void *ctx, struct err *e)
{
	/* It was sent all the same; the next one is noted again. The store has told its own trouble to the log. */
	err_free(e);
}

static void again(struct anchor *a, int seconds)
{
	if (!a->ended)
		loop_timer_set(a->timer, (int64_t)seconds * 1000);
}

static void send_head(struct anchor *a, int64_t seq, const char *hash)
{
	char *text = xasprintf("tana-audit anchor seq=%lld hash=%s site=%s", (long long)seq, hash, a->site);
	const char *path = a->c.socket ? a->c.socket : LOG_SOCKET, *why = log_datagram(path, LOG_AUTHPRIV | LOG_NOTICE, "tanad", text);

	free(text);
	if (why) {
		if (!a->failing && a->c.quiet)
			log_info("the audit log's anchor %lld could not be sent to %s: %s", (long long)seq, path, why);
		else if (!a->failing)
			log_warn("the audit log's anchor %lld could not be sent to %s: %s; trying again", (long long)seq, path, why);
		a->failing = true;
		again(a, a->c.every_s < RETRY_S ? a->c.every_s : RETRY_S);
		return;
	}
	if (a->failing)
		log_info("the audit log is anchored again: %lld", (long long)seq);
	a->failing = false;
	a->told = seq;
	struct store_tx *tx = store_begin(a->c.store);
	store_put_anchor(tx, seq, hash, clock_wall_s());
	store_commit(tx, noted, NULL);
}

static void have_head(void *ctx, struct err *e, json_t *head)
{
	struct anchor *a = ctx;
	int64_t seq = json_integer_value(json_object_get(head, "seq"));
	const char *hash = json_string_value(json_object_get(head, "hash"));

	a->asking = false;
	again(a, a->c.every_s);
	if (e)
		log_warn("the audit log's head could not be read: %s", e->msg.text);
	else if (hash && seq > a->told)
		send_head(a, seq, hash);
	err_free(e);
	json_decref(head);
}

static void ask(void *ctx)
{
	struct anchor *a = ctx;

	if (a->asking)
		return;
	a->asking = true;
	store_audit_head(a->c.store, have_head, a);
}

struct anchor *anchor_new(const struct anchor_config *c)
{
	struct anchor *a = xcalloc(1, sizeof *a);

	a->c = *c;
	if (a->c.every_s <= 0)
		a->c.every_s = ANCHOR_EVERY_S;
	a->site = text_clean_dup(c->site);
	a->timer = loop_timer_new(c->loop, ask, a);
	ask(a);
	return a;
}

void anchor_site(struct anchor *a, const char *site)
{
	if (!a)
		return;
	free(a->site);
	a->site = text_clean_dup(site);
}

void anchor_last(struct anchor *a)
{
	if (!a)
		return;
	a->ended = true;
	loop_timer_clear(a->timer);
	/* One that is under way may have been asked before the last record. */
	a->asking = true;
	store_audit_head(a->c.store, have_head, a);
}

void anchor_free(struct anchor *a)
{
	if (!a)
		return;
	loop_timer_free(a->timer);
	free(a->site);
	free(a);
}

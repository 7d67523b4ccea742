/* Reading the site file: at start, and again on SIGHUP, where only a good one changes anything. */
#include "broker/peers.h"

#include "broker/bookkeeping.h"
#include "broker/consoles.h"
#include "broker/dialects.h"
#include "broker/notices.h"
#include "broker/service.h"
#include "common/log.h"
#include "safety/lease.h"
#include "watch/clusters.h"
#include "watch/volumes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_warnings(const struct site_model *m)
{
	for (size_t i = 0; i < m->nwarnings && i < 50; i++)
		log_warn("%s", m->warnings[i]);
}

/* For whoever started us, who may have done it by hand. */
static void say_error(const struct site_error *at)
{
	if (log_is_journal())
		log_error("%s:%d: %s", at->file, at->line, at->err->msg.text);
	else if (at->line > 0)
		fprintf(stderr, "%s:%d: %s\n", at->file, at->line, at->err->msg.text);
	else /* of the file as a whole */
		fprintf(stderr, "%s: %s\n", at->file, at->err->msg.text);
}

/* What ends the broker: the one mistake there is, else how many there are. */
static struct err *errors_as_one(const char *file, const struct site_errors *errors)
{
	const struct site_error *first = &errors->list[0];

	if (errors->n == 1 && first->line == 0)
		return err_copy(first->err);
	if (errors->n == 1)
		return err_new(ERR_USAGE, "reload.bad", "{s:s, s:i, s:s}", "file", first->file, "line", first->line, "reason", first->err->msg.text);
	return err_new(ERR_USAGE, "site.errors", "{s:s, s:I, s:i, s:s}", "file", file, "count", (json_int_t)errors->n, "line", first->line, "reason",
		first->err->msg.text);
}

struct err *broker_read_site(struct broker *b)
{
	struct site_errors errors = { 0 };
	struct err *e = NULL;

	if (b->c.nuris)
		return site_from_uris(b->c.uris, (size_t)b->c.nuris, &b->site);
	site_read(b->c.site_file, &b->site, &errors);
	if (errors.n) {
		for (size_t i = 0; errors.n > 1 && i < errors.n && i < 50; i++)
			say_error(&errors.list[i]);
		e = errors_as_one(b->c.site_file, &errors);
	}
	site_errors_free(&errors);
	if (b->site)
		log_warnings(b->site);
	return e;
}

/* ---- reload ---- */

struct reload {
	struct broker *b;
	struct site_model *model;
	/* made by the helper: it may wait for the name service and for disks */
	bool private_broker;
	struct roles *roles;
	struct dialects *dialects;   /* NULL: as they are */
	char *was, *mark;
};

static void reload_free(struct reload *r)
{
	free(r->was);
	free(r->mark);
	free(r);
}

static bool is_busy(void *ctx, const char *blade)
{
	const struct broker *b = ctx;

	return lease_blade_busy(b->objects, blade);
}

static void tell(struct broker *b, const struct msg *m)
{
	const struct site *s = registry_find(b->objects, KIND_SITE, "site");

	log_info("%s", m->text);
	news_add(b->news, KIND_SITE, "site", s ? s->name : "", m, NULL);
	peers_poke(b->peers);
}

/* "blades +2 -1, tenants ~1" */
static char *difference_words(json_t *diff)
{
	static const struct { const char *key, *sign; } parts[] = { { "added", "+" }, { "gone", "-" }, { "changed", "~" } };
	struct buf b = { 0 };
	const char *what;
	json_t *one;

	json_object_foreach(diff, what, one) {
		buf_printf(&b, "%s%s", b.len ? ", " : "", what);
		for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
			json_t *list = json_object_get(one, parts[i].key);
			if (json_array_size(list))
				buf_printf(&b, " %s%zu", parts[i].sign, json_array_size(list));
		}
	}
	if (!b.len)
		buf_str(&b, "-");
	buf_append(&b, "", 1);
	return b.data;
}

static void again(struct broker *b)
{
	b->reloading = false;
	service_ready(b->service);
	if (b->reload_again) {
		b->reload_again = false;
		broker_reload(b);
	}
}

/* Managers speak anew by the new ones; the old ones are nobody's then, but where one hangs for good: it keeps them. */
static void take_dialects(struct broker *b, struct reload *r)
{
	struct dialects *old = b->dialects;

	if (!r->dialects)
		return;
	b->dialects = r->dialects;
	if (fleet_dialects(b->fleet, b->dialects) && old)
		dialects_free(old);
	free(b->dialects_mark);
	b->dialects_mark = r->mark;
	r->mark = NULL;
}

static void apply(struct broker *b, struct reload *r)
{
	struct site_model *old = b->site, *m = r->model;
	struct actor nobody = { .user = "", .origin = "", .tenant = "" };
	struct msg said;

	json_t *diff = site_diff(old, m);
	char *words = difference_words(diff);
	b->site = m;
	b->world.site = m;
	take_dialects(b, r);
	/* Before anything can begin by the new site. What peers borrow of the old one is there till they have it anew. */
	if (!b->private_broker) {
		roles_free(b->roles);
		b->roles = r->roles;
	}
	fleet_apply(b->fleet, m, is_busy, b);
	book_site(b->book, m);
	clusters_site(b->clusters, m);
	volumes_site(b->volumes, m);
	notices_site(b->notices, m);
	anchor_site(b->anchor, m->name);
	service_site(b->service, m->name);
	bookkeeping_arm(b);
	peers_roles_changed(b->peers);
	consoles_review(b->consoles);
	struct store_tx *tx = store_begin(b->store);
	json_t *record = audit_record(&(struct audit){ .what = "reload", .actor = &nobody, .detail = diff });
	store_append(tx, record);
	store_commit(tx, NULL, NULL);
	json_decref(record);
	json_decref(diff);
	msg_make(&said, "reload.done", "{s:s}", "what", words);
	tell(b, &said);
	msg_free(&said);
	free(words);
	site_free(old);
	again(b);
}

static void *resolve(void *arg)
{
	struct reload *r = arg;

	if (!r->private_broker)
		r->roles = roles_resolve(r->model);
	r->dialects = dialects_load(r->model, r->was, &r->mark);
	return r;
}

static void resolved(void *ctx, void *result)
{
	struct reload *r = ctx;
	struct broker *b = r->b;

	if (b->stopping) {
		roles_free(r->roles);
		if (r->dialects)
			dialects_free(r->dialects);
		site_free(r->model);
	} else {
		apply(b, r);
	}
	reload_free(r);
}

static void read_done(void *ctx, struct site_model *m, struct site_errors *errors)
{
	struct broker *b = ctx;
	struct msg said;

	if (b->stopping || !m) {
		for (size_t i = 0; i < errors->n && i < 50; i++)
			log_error("%s:%d: %s", errors->list[i].file, errors->list[i].line, errors->list[i].err->msg.text);
		if (!b->stopping && errors->n) {
			msg_make(&said, "reload.bad", "{s:s, s:i, s:s}", "file", errors->list[0].file, "line", errors->list[0].line, "reason",
				errors->list[0].err->msg.text);
			tell(b, &said);
			msg_free(&said);
		}
		site_free(m);
		site_errors_free(errors);
		if (!b->stopping)
			again(b);
		return;
	}
	site_errors_free(errors);
	log_warnings(m);
	struct reload *r = xcalloc(1, sizeof *r);
	*r = (struct reload){ .b = b, .model = m, .private_broker = b->private_broker,
		.was = xstrdup(b->dialects_mark ? b->dialects_mark : "") };
	helper_run(b->helper, resolve, r, resolved, r);
}

void broker_reload(struct broker *b)
{
	if (b->c.nuris || b->stopping || b->leaving)
		return;
	if (b->reloading) {
		b->reload_again = true;
		return;
	}
	b->reloading = true;
	service_reloading(b->service);
	site_read_async(b->loop, b->c.site_file, read_done, b);
}

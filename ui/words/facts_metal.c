/* What is known of a blade and of an enclosure, as rows (facts.h): the manager's words beside the host's, each with its age. */
#include "words/facts.h"

#include "common/clock.h"
#include "tr.h"
#include "words/look.h"

#include <string.h>

/* White on red is for one thing on a screen; here the words say what hurts. */
static enum ink quieter(enum ink ink)
{
	return ink == INK_ALERT ? INK_ALERT_TEXT : ink;
}

static void next_try(struct facts *f, int64_t at)
{
	int64_t wait = at - clock_wall_s();

	if (at > 0 && wait > 0)
		facts_add(f, _("next try"), INK_NORMAL, wait >= 60 ? _("in %lld min") : _("in %lld s"), (long long)(wait >= 60 ? wait / 60 : wait < 10 ? wait : wait / 10 * 10));
}

static void metal_of_blade(struct facts *f, const struct blade *b, enum tier t)
{
	struct look p = look_power(b, t), m = look_manager(b->manager, t), h = look_health(b->health, t);

	if (*p.word) {
		facts_add(f, _("power"), p.ink, "%s", p.word);
		facts_age(f, b->power_live ? b->power_since : b->power_seen);
	}
	if (b->manager == MANAGER_UP && b->health == HEALTH_OK) {
		facts_add(f, _("manager"), INK_NORMAL, _("%s; health %s"), m.word, h.word);
	} else {
		facts_add(f, _("manager"), quieter(m.ink), "%s", m.word);
		if (b->manager != MANAGER_NONE && b->health != HEALTH_UNKNOWN)
			facts_add(f, _("health"), quieter(h.ink), "%s%s", h.word, b->manager == MANAGER_UP ? "" : _(", when it was last heard"));
	}
	if (strcmp(b->fitted, "no") == 0)
		facts_add(f, _("bay"), INK_DIM, "%s", _("no blade is in it"));
}

/* Is it the blade that stands there? */
static void identity(struct facts *f, const struct blade *b)
{
	const char *serial = *b->serial ? b->serial : b->bay_serial;

	if (strcmp(b->identity, "differs") == 0)
		facts_add(f, _("serial"), INK_WARN, _("host says %s, bay says %s"), *b->serial ? b->serial : "?", *b->bay_serial ? b->bay_serial : "?");
	else if (strcmp(b->identity, "unknown") == 0 && b->manager != MANAGER_UP && *b->serial && strcmp(b->serial, b->bay_serial) == 0)
		facts_add(f, _("serial"), INK_NORMAL, _("%s, the bay's blade when last heard"), serial);
	else if (strcmp(b->identity, "unknown") == 0)
		facts_add(f, _("serial"), INK_NORMAL, _("%s%snot compared yet"), serial, *serial ? ", " : "");
	else if (strcmp(b->identity, "agrees") == 0 && *serial)
		facts_add(f, _("serial"), INK_NORMAL, _("%s, the bay's blade"), serial);
	else
		facts_add(f, _("serial"), INK_NORMAL, "%s", serial);
}

/* The host in its own words, whatever the metal below it does. */
static struct look host_alone(const struct blade *b, enum tier t)
{
	struct blade alone = *b; /* its texts stay the other's */

	alone.manager = MANAGER_NONE;
	alone.power = POWER_UNKNOWN;
	alone.health = HEALTH_UNKNOWN;
	alone.fitted = alone.doing = alone.alert = "";
	return look_blade(&alone, t);
}

void facts_blade(struct facts *f, const struct blade *b, enum tier t)
{
	struct look l = look_blade(b, t);
	double load = look_load(b);
	bool off = b->power_live && b->power == POWER_OFF && b->host != HOST_UP;
	char both[128], watch[320];

	f->n = 0;
	look_both(both, sizeof both, b);
	if (*b->alert)
		facts_add(f, _("alert"), l.rank == LOOK_ALERT ? INK_ALERT_TEXT : INK_WARN, "%s", look_alert(b));
	/* Two that contradict each other: both facts, and how old each is. */
	if (*both && look_contradicts(b))
		facts_add(f, *b->alert ? "" : _("alert"), *b->alert ? INK_NORMAL : INK_ALERT_TEXT, "%s", both);
	look_watch(watch, sizeof watch, b);
	if (*watch)
		facts_add(f, _("watch"), INK_MAINT, "%s", watch);
	if (*b->doing)
		facts_add(f, _("in use"), INK_ACTIVE, _("by %s, %s, job %s"), *b->by ? b->by : "?", look_verb(b->doing), look_id(b->job));
	metal_of_blade(f, b, t);
	if (b->host != HOST_NONE || b->manager == MANAGER_NONE) {
		struct look h = host_alone(b, t);

		facts_add(f, _("host"), off ? INK_DIM : h.ink, "%s", off ? _("none while it is off") : h.word);
		if (b->host != HOST_UP)
			facts_age(f, b->seen);
	}
	if (!off) {
		if (*b->why)
			facts_add(f, _("why"), INK_NORMAL, "%s", lang_said(b->why_id, b->why));
		if (b->host != HOST_UP)
			next_try(f, b->retry);
	}
	if (load > 0 && b->host == HOST_UP)
		facts_add(f, _("load"), INK_NORMAL, _("%s %.3g of %.3g GiB in use"), glyph_load(load, t), facts_gib(b->used_kib), facts_gib(b->mem_kib) * 2 / 3);
	else if (load > 0)
		facts_add(f, _("load"), INK_DIM, _("%.3g of %.3g GiB were in use"), facts_gib(b->used_kib), facts_gib(b->mem_kib) * 2 / 3);
	facts_add(f, _("owner"), INK_NORMAL, "%s%s", b->owner, *b->owner ? _(", who drives it") : "");
	if (b->spare)
		facts_add(f, _("pool"), INK_NORMAL, "%s", _("spare: kept for when another fails"));
	identity(f, b);
	facts_add(f, _("model"), INK_NORMAL, "%s", *b->model ? b->model : b->bay_model);
	if (b->mem_kib > 0 && b->cpus > 0)
		facts_add(f, _("hardware"), INK_NORMAL, _("%lld cores, %.3g GiB"), (long long)b->cpus, facts_gib(b->mem_kib));
	else if (b->mem_kib > 0)
		facts_add(f, _("hardware"), INK_NORMAL, "%.3g GiB", facts_gib(b->mem_kib));
	facts_add(f, _("cluster"), INK_NORMAL, "%s", b->cluster);
	if (*b->locate)
		facts_add(f, _("locate"), strcmp(b->locate, "on") == 0 ? INK_MAINT : INK_DIM, "%s", strcmp(b->locate, "on") == 0 ? _("its light is on") : _("its light is off"));
	facts_add(f, _("firmware"), INK_NORMAL, "%s", b->firmware);
	facts_add(f, _("runs"), INK_NORMAL, "%s", b->version);
	if (strcmp(b->hostname, b->name) != 0)
		facts_add(f, _("host name"), INK_NORMAL, "%s", b->hostname);
	if (*b->named && strcmp(b->named, b->name) != 0 && strcmp(b->named, b->hostname) != 0)
		facts_add(f, _("bay name"), INK_DIM, "%s", b->named);
	facts_add(f, _("address"), INK_DIM, "%s", b->uri);
}

void facts_enclosure(struct facts *f, const struct enclosure *e, enum tier t, bool told)
{
	struct look m = look_manager(e->manager, t), h = look_health(e->health, t);

	f->n = 0;
	if (*e->alert)
		facts_add(f, _("alert"), INK_WARN, "%s", lang_said(e->alert_id, e->alert));
	if (e->manager == MANAGER_NONE) {
		facts_add(f, _("manager"), INK_DIM, "%s", _("the site file names none"));
	} else {
		facts_add(f, _("manager"), m.ink, "%s", m.word);
		if (e->manager != MANAGER_UP)
			facts_age(f, e->manager_seen);
	}
	if (e->manager != MANAGER_UP) {
		if (*e->manager_why)
			facts_add(f, _("why"), INK_NORMAL, "%s", lang_said(e->manager_why_id, e->manager_why));
		next_try(f, e->manager_retry);
	}
	if (!told)
		facts_add(f, _("addresses"), INK_NORMAL, "%s", e->managers);
	if (e->manager != MANAGER_NONE && e->health != HEALTH_UNKNOWN)
		facts_add(f, _("health"), quieter(h.ink), "%s%s", *e->wrong ? lang_said(NULL, e->wrong) : h.word, e->manager == MANAGER_UP ? "" : _(", when it was last heard"));
	facts_add(f, _("power"), INK_NORMAL, "%s", lang_said(NULL, e->power));
	facts_add(f, _("fans"), INK_NORMAL, "%s", lang_said(NULL, e->fans));
	facts_add(f, _("air"), INK_NORMAL, "%s", lang_said(NULL, e->temperature));
	facts_add(f, _("title"), INK_NORMAL, "%s", e->title);
	facts_add(f, _("model"), INK_NORMAL, "%s", e->model);
	facts_add(f, _("serial"), INK_NORMAL, "%s", e->serial);
	facts_add(f, _("firmware"), INK_NORMAL, "%s", e->firmware);
	facts_add(f, _("dialect"), INK_DIM, "%s", e->dialect);
}

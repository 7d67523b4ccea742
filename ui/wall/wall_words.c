/* What a wall says of alerts and events. Where visitors look on (--anonymous) no sentence of the broker's is shown, since it may quote
 * anybody: only the names of the metal and words of our own. Called by wall_draw.c. */
#include "wall/wall_inside.h"

#include "common/text.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const char *id, const char *kind)
{
	size_t n = strlen(kind);

	return strncmp(id, kind, n) == 0 && id[n] == ':';
}

/* The metal has names that anybody may read. */
static bool is_metal(const char *id)
{
	return is_of(id, "blade") || is_of(id, "enclosure") || is_of(id, "rack");
}

static const char *manager_words(const struct enclosure *e)
{
	struct look m = look_manager(e->manager, TIER_ASCII);

	return m.rank > LOOK_WELL ? m.word : look_health(e->health, TIER_ASCII).word;
}

/* How the thing is, in a word or two; "" where that says nothing. */
static const char *state_words(struct wall *w, const char *object)
{
	const void *o;

	if (is_of(object, "blade") && (o = registry_find(w->app.objects, KIND_BLADE, object)))
		return look_blade(o, TIER_ASCII).rank >= LOOK_UNKNOWN ? look_blade(o, TIER_ASCII).word : "";
	if (is_of(object, "enclosure") && (o = registry_find(w->app.objects, KIND_ENCLOSURE, object)))
		return manager_words(o);
	return "";
}

static void put_behind(char *out, size_t size, struct wall *w, const char *object, int64_t behind)
{
	const struct blade *b = is_of(object, "blade") ? registry_find(w->app.objects, KIND_BLADE, object) : NULL;

	out[0] = '\0';
	if (b && b->running > 0 && b->host != HOST_UP)
		snprintf(out, size, P_(_("%lld VM was running there"), _("%lld VMs were running there"), b->running), (long long)b->running);
	else if (behind > 0 && is_of(object, "blade"))
		snprintf(out, size, P_(_("%lld VM behind it"), _("%lld VMs behind it"), behind), (long long)behind);
	else if (behind > 0 && is_of(object, "enclosure"))
		snprintf(out, size, P_(_("%lld host behind it"), _("%lld hosts behind it"), behind), (long long)behind);
	else if (behind > 0)
		snprintf(out, size, _("%lld behind it"), (long long)behind);
}

static void put_alert(struct wall *w, struct wall_trouble *t, const struct alert *a)
{
	bool secret = w->o->anonymous && !is_metal(a->object);
	const char *state = state_words(w, a->object);
	char behind[192], holder[128];
	struct look l = look_alarm(a, screen_tier());

	memset(t, 0, sizeof *t);
	t->since = a->since;
	t->taken = look_alarm_is(a, "acknowledged");
	t->hurts = strcmp(a->level, "warning") != 0;
	t->ink = t->taken ? INK_NORMAL : l.rank == LOOK_ALERT ? INK_ALERT_TEXT : INK_WARN;
	snprintf(t->name, sizeof t->name, "%s", secret ? is_of(a->object, "vm") ? _("a VM") : _("the site") : a->name);
	if (!w->o->anonymous)
		snprintf(t->text, sizeof t->text, "%s%s", look_alarm_text(a), a->flapping ? _(", flapping") : "");
	else
		snprintf(t->text, sizeof t->text, "%s", *state ? state : l.word);
	snprintf(t->state, sizeof t->state, "%s", *state ? state : l.word);
	put_behind(behind, sizeof behind, w, a->object, a->behind);
	if (*behind)
		look_alarm_whose(behind + strlen(behind), sizeof behind - strlen(behind), a);
	look_alarm_holder(holder, sizeof holder, a);
	snprintf(t->more, sizeof t->more, "%.180s%s%.60s", behind, *behind && t->taken ? ", " : "", t->taken ? w->o->anonymous ? _("somebody has it") : holder : "");
	text_mend(t->text);
	text_mend(t->more);
	text_mend(t->state);
	text_mend(t->name);
}

/* Where the broker tells no alerts (they came later), the blades that are not well speak for themselves. */
static void put_blade(struct wall *w, struct wall_trouble *t, const struct blade *b)
{
	struct look l = look_blade(b, screen_tier());

	memset(t, 0, sizeof *t);
	t->since = b->seen;
	t->hurts = l.rank == LOOK_ALERT;
	t->ink = t->hurts ? INK_ALERT_TEXT : INK_WARN;
	snprintf(t->name, sizeof t->name, "%s", b->name);
	snprintf(t->text, sizeof t->text, "%s", w->o->anonymous ? l.word : *b->alert ? look_alert(b) : *b->why ? lang_said(b->why_id, b->why) : l.word);
	snprintf(t->state, sizeof t->state, "%s", l.word);
	put_behind(t->more, sizeof t->more, w, b->id, 0);
	text_mend(t->text);
	text_mend(t->name);
}

size_t wall_troubles(struct wall *w, struct wall_trouble *out, size_t from, size_t max, size_t *alerts, size_t *warnings)
{
	static const struct alert *list[WALL_ALERTS_MAX];
	static const struct blade *blades[WALL_ALERTS_MAX];
	size_t n = tally_alerts(w->app.tally, list, WALL_ALERTS_MAX), seen = 0;

	*alerts = *warnings = 0;
	for (size_t i = 0; i < n && i < WALL_ALERTS_MAX; i++) {
		if (!wall_count_shows(w->count, list[i]->rack))
			continue;
		if (strcmp(list[i]->level, "warning") == 0)
			++*warnings;
		else
			++*alerts;
		if (seen >= from && seen - from < max)
			put_alert(w, &out[seen - from], list[i]);
		seen++;
	}
	if (n > 0)
		return seen;
	n = tally_troubles(w->app.tally, blades, WALL_ALERTS_MAX);
	for (size_t i = 0; i < n && i < WALL_ALERTS_MAX; i++) {
		enum look_rank rank = look_blade(blades[i], TIER_ASCII).rank;

		if (rank < LOOK_WARN || !wall_count_shows(w->count, blades[i]->rack))
			continue;
		if (rank == LOOK_WARN)
			++*warnings;
		else
			++*alerts;
		if (seen >= from && seen - from < max)
			put_blade(w, &out[seen - from], blades[i]);
		seen++;
	}
	return seen;
}

/* ---- events ---- */

/* What may be said before visitors, by the message's id. */
static const struct { const char *id, *text; } plain[] = {
	{"event.started", N_("started")}, {"event.started.by", N_("started")}, {"event.guest-off", N_("shut down by its guest")},
	{"event.off", N_("powered off")}, {"event.off.unknown", N_("went off")}, {"event.shutdown.by", N_("shut down")},
	{"event.power-off.by", N_("powered off")}, {"event.crashed", N_("crashed")}, {"event.migrated", N_("moved")}, {"event.moved", N_("moved")},
	{"event.saved", N_("saved to disk")}, {"event.failed", N_("stopped by an error of its host")}, {"event.reboot", N_("restarted")},
	{"event.reboot.by", N_("restarted")}, {"event.new", N_("new")}, {"event.gone", N_("gone")}, {"event.silent", N_("no answer")},
	{"event.back", N_("back")}, {"event.snap.taken", N_("snapshot taken")}, {"event.snap.taken.by", N_("snapshot taken")},
	{"event.snap.reverted", N_("reverted to a snapshot")}, {"event.snap.reverted.by", N_("reverted to a snapshot")},
	{"event.snap.deleted", N_("snapshot deleted")}, {"event.snap.deleted.by", N_("snapshot deleted")}, {"event.blade.on", N_("went on")},
	{"event.blade.off", N_("went off")}, {"event.blade.on.by", N_("powered on")}, {"event.blade.off.by", N_("powered off")},
	{"event.manager.silent", N_("manager does not answer")}, {"event.manager.back", N_("manager is back")},
	{"event.manager.takeover", N_("the other manager is active now")},
};

static const char *plain_words(const char *id)
{
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (strcmp(plain[i].id, id) == 0)
			return _(plain[i].text);
	return NULL;
}

/* The rack it happened in; NULL: nobody can tell. */
static const char *rack_of(struct wall *w, const struct happened *h)
{
	const void *o;

	if (h->kind == KIND_BLADE && (o = registry_find(w->app.objects, KIND_BLADE, h->object)))
		return ((const struct blade *)o)->rack;
	if (h->kind == KIND_ENCLOSURE && (o = registry_find(w->app.objects, KIND_ENCLOSURE, h->object)))
		return ((const struct enclosure *)o)->rack;
	return NULL;
}

static bool put_news(struct wall *w, struct wall_news *n, const struct happened *h)
{
	const char *words = plain_words(h->what.id);
	bool metal = h->kind == KIND_BLADE || h->kind == KIND_ENCLOSURE;

	if (w->o->nracks) {
		const char *rack = rack_of(w, h);

		if (!rack || !wall_count_shows(w->count, rack))
			return false;
	}
	memset(n, 0, sizeof *n);
	n->at = h->at;
	if (w->o->anonymous) {
		if (!words || (!metal && h->kind != KIND_VM))
			return false;
		snprintf(n->name, sizeof n->name, "%s", metal ? h->name : _("a VM"));
		snprintf(n->text, sizeof n->text, "%s", words);
	} else {
		const char *said = lang_said(h->what.id, h->what.text);
		bool named = strstr(said, h->name) != NULL; /* most say themselves of whom */

		snprintf(n->name, sizeof n->name, "%s", named ? "" : h->name);
		snprintf(n->text, sizeof n->text, "%s", said);
	}
	text_mend(n->name);
	text_mend(n->text);
	return true;
}

size_t wall_news(struct wall *w, struct wall_news *out, size_t max)
{
	const struct happened *all[100];
	size_t n = mirror_happened(w->app.mirror, all, sizeof all / sizeof all[0]), found = 0;

	for (size_t i = 0; i < n && found < max; i++)
		found += put_news(w, &out[found], all[i]);
	return found;
}

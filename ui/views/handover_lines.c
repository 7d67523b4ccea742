/* The lines of the handover (handover.h): a heading for each part, with "none" where there is nothing to tell. */
#include "views/handover.h"

#include "common/text.h"
#include "tr.h"
#include "words/look.h"
#include "words/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void blank(struct handover_page *h)
{
	struct record *rec;

	if (records_count(h->records) == 0)
		return;
	rec = record_new(0, 0, "", "");
	rec->heading = true;
	records_add(h->records, rec, true);
}

/* "Jobs that failed: 2"; where there are none it says so and no more. */
static void heading(struct handover_page *h, const char *text, size_t n)
{
	struct record *rec = record_new(0, 0, "", "");
	char line[200];

	if (n > 0 || h->below_line)
		blank(h);
	h->below_line = false;
	snprintf(line, sizeof line, n > 0 ? "%s: %zu" : _("%s: none"), text, n);
	record_cell(rec, 0, line);
	rec->heading = true;
	rec->ink = n > 0 ? INK_BOLD : INK_DIM;
	records_add(h->records, rec, true);
}

static void line(struct handover_page *h, int64_t at, const char *object, const char *name, enum ink ink, const char *text, const char *who)
{
	struct record *rec = record_new(0, at, object, name);
	char when[24];

	look_clock(when, sizeof when, at);
	record_cell(rec, HANDOVER_TIME, when);
	record_cell(rec, HANDOVER_NAME, name);
	record_cell(rec, HANDOVER_WHAT, text);
	record_cell(rec, HANDOVER_WHO, who);
	rec->ink = ink;
	h->below_line = true;
	records_add(h->records, rec, true);
}

static void more(struct handover_page *h, size_t n)
{
	char text[64];

	if (n <= HANDOVER_SECTION)
		return;
	snprintf(text, sizeof text, _("%zu more"), n - HANDOVER_SECTION);
	line(h, 0, "", "", INK_DIM, text, "");
}

/* ---- alerts ---- */

enum part { PART_NEW, PART_TAKEN, PART_CLEARED, PART_COUNT };

static int alert_order(const void *a, const void *b)
{
	return look_alarm_order(*(const struct alert *const *)a, *(const struct alert *const *)b);
}

static bool is_part(const struct handover_page *h, const struct alert *a, enum part part)
{
	if (!told_alert(a, h->since))
		return false;
	if (a->cleared)
		return part == PART_CLEARED;
	return look_alarm_is(a, "acknowledged") || look_alarm_is(a, "muted") ? part == PART_TAKEN : part == PART_NEW;
}

static void alerts(struct handover_page *h)
{
	struct registry *r = h->app->objects;
	uint32_t slots = registry_slots(r, KIND_ALERT);
	const struct alert **list = xmalloc((slots + 1) * sizeof *list);
	static const char *const titles[PART_COUNT] = {N_("Alerts that nobody has taken"), N_("Alerts that somebody has, or that are muted"), N_("Alerts that cleared")};

	for (int part = 0; part < PART_COUNT; part++) {
		size_t n = 0;

		for (uint32_t s = 0; s < slots; s++) {
			const struct alert *a = registry_at(r, KIND_ALERT, s);

			if (a && is_part(h, a, (enum part)part))
				list[n++] = a;
		}
		qsort(list, n, sizeof *list, alert_order);
		heading(h, _(titles[part]), n);
		for (size_t i = 0; i < n && i < HANDOVER_SECTION; i++) {
			char holder[128] = "", says[320], text[600];

			if (part != PART_NEW)
				look_alarm_holder(holder, sizeof holder, list[i]);
			look_alarm_says(says, sizeof says, list[i]);
			snprintf(text, sizeof text, *list[i]->note ? "%.300s (%.250s)" : "%.300s", says, list[i]->note);
			text_mend(text);
			line(h, part == PART_CLEARED ? list[i]->cleared : list[i]->since, list[i]->object, list[i]->name, look_alarm_ink(list[i]), text,
				part == PART_CLEARED ? "" : holder);
		}
		more(h, n);
	}
	free(list);
}

/* ---- jobs ---- */

static int job_order(const void *a, const void *b)
{
	const struct job *x = *(const struct job *const *)a, *y = *(const struct job *const *)b;

	return x->started > y->started ? -1 : x->started < y->started;
}

static void jobs(struct handover_page *h)
{
	struct registry *r = h->app->objects;
	uint32_t slots = registry_slots(r, KIND_JOB);
	const struct job **list = xmalloc((slots + 1) * sizeof *list);

	for (int open = 0; open < 2; open++) {
		size_t n = 0;

		for (uint32_t s = 0; s < slots; s++) {
			const struct job *j = registry_at(r, KIND_JOB, s);

			if (j && told_job(j, h->since) == (open ? TOLD_JOB_OPEN : TOLD_JOB_WRONG))
				list[n++] = j;
		}
		qsort(list, n, sizeof *list, job_order);
		heading(h, open ? _("Jobs under way") : _("Jobs that failed or whose outcome is not known"), n);
		for (size_t i = 0; i < n && i < HANDOVER_SECTION; i++) {
			const struct job *j = list[i];
			struct look l = look_job(j, TIER_ASCII);
			char text[600];

			snprintf(text, sizeof text, "%s: %s%s%.400s", look_verb(j->verb), l.word, *j->text ? ", " : "", lang_said(j->text_id, j->text));
			text_mend(text);
			line(h, j->started, j->id, j->targets, l.ink, text, j->by);
		}
		more(h, n);
	}
	free(list);
}

/* ---- notes ---- */

static void notes(struct handover_page *h)
{
	struct registry *r = h->app->objects;
	size_t n = 0;

	for (uint32_t s = 0, slots = registry_slots(r, KIND_BLADE); s < slots; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);

		n += b && told_blade(b);
	}
	h->nwatched = 0;
	heading(h, _("Blades under observation"), n);
	for (uint32_t s = 0, slots = registry_slots(r, KIND_BLADE), shown = 0; n > 0 && s < slots && shown < HANDOVER_SECTION; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		char text[400], until[24];

		if (!b || !told_blade(b))
			continue;
		shown++;
		h->watched[h->nwatched++] = s;
		look_clock(until, sizeof until, b->watch_until);
		snprintf(text, sizeof text, *until ? _("%.250s, until %s") : "%.250s", b->watch, until);
		text_mend(text);
		line(h, 0, b->id, b->name, INK_NORMAL, text, b->watch_by);
	}
	more(h, n);
}

/* ---- what people did ---- */

static void people(struct handover_page *h)
{
	const struct deeds *d = h->deeds;

	if (!h->told) {
		line(h, 0, "", "", h->refused ? INK_WARN : INK_DIM, h->refused ? h->refused->msg.text : _("Asking the broker what people did."), "");
		return;
	}
	heading(h, _("Changes of protections, limits and the site file"), d->nkept + d->kept_more);
	for (size_t i = 0; i < d->nkept; i++) {
		const struct deed *k = &d->kept[i];
		char text[600];

		snprintf(text, sizeof text, "%.100s%s%.400s", k->does, *k->text ? ": " : "", k->text);
		text_mend(text);
		line(h, k->at, k->object, k->name, INK_NORMAL, text, k->by);
	}
	more(h, d->nkept + d->kept_more > DEEDS_KEPT ? d->kept_more + HANDOVER_SECTION : 0);
	heading(h, _("Who did something"), d->npeople);
	for (size_t i = 0; i < d->npeople; i++) {
		const struct person *p = &d->people[i];
		char text[1024];

		deeds_text(p, text, sizeof text);
		line(h, 0, "", p->name, INK_NORMAL, text, *p->role ? _(p->role) : "");
	}
	if (h->cut)
		line(h, 0, "", "", INK_WARN, _("the log has more of that time than is counted here"), "");
}

void handover_build(struct handover_page *h)
{
	h->below_line = false;
	records_clear(h->records);
	alerts(h);
	jobs(h);
	notes(h);
	people(h);
}

/* What a job with blades keeps over a restart, what is said of one with steps, and its record. Called by jobs*.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- what it keeps ---- */

char *metal_write(const struct run *r)
{
	if (!r->metal)
		return NULL;
	json_t *list = json_array();
	for (size_t i = 0; i < r->n; i++) {
		const struct run_target *t = &r->targets[i];
		int64_t at = t->sent ? r->started + (t->sent_at - r->started_boot) / 1000 : 0;
		json_t *o = json_pack("{s:s, s:i, s:s, s:I, s:I}", "verb", verb_name(t->verb), "rank", (int)t->rank, "blade", t->blade, "ms",
			(json_int_t)t->shutdown_ms, "at", (json_int_t)at);
		if (t->place)
			json_object_set_new(o, "place", json_string(t->place));
		if (t->serial[0])
			json_object_set_new(o, "serial", json_string(t->serial));
		json_array_append_new(list, o);
	}
	json_t *o = json_pack("{s:b, s:I, s:o}", "vms_first", r->vms_first, "begun", (json_int_t)r->may_in_tx, "targets", list);
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static void read_target(struct run_target *t, json_t *o)
{
	const char *verb = json_string_value(json_object_get(o, "verb")), *blade = json_string_value(json_object_get(o, "blade"));
	const char *place = json_string_value(json_object_get(o, "place")), *serial = json_string_value(json_object_get(o, "serial"));
	const struct run *r = t->run;
	json_int_t at = json_integer_value(json_object_get(o, "at"));
	enum verb v;

	if (verb && verb_from_name(verb, &v) && v < VERB_SNAP_CREATE)
		t->verb = v;
	if (blade && t->kind == KIND_VM)
		intern_set(&t->blade, blade);
	free(t->place);
	t->place = place ? xstrdup(place) : NULL;
	intern_set(&t->serial, serial ? serial : "");
	t->rank = (unsigned)json_integer_value(json_object_get(o, "rank"));
	t->shutdown_ms = json_integer_value(json_object_get(o, "ms"));
	t->sent_at = at > 0 ? r->started_boot + (at - r->started) * 1000 : r->started_boot;
}

void metal_read(struct run *r, const char *detail)
{
	json_t *o = json_loads(detail ? detail : "", 0, NULL), *list = json_object_get(o, "targets");
	json_int_t begun = json_integer_value(json_object_get(o, "begun"));

	r->metal = true;
	r->cut = true;
	r->vms_first = json_is_true(json_object_get(o, "vms_first"));
	/* Without its detail nobody knows which may have been begun: all. */
	r->next_target = r->may = r->may_in_tx = json_is_object(o) && begun >= 0 && (size_t)begun < r->n ? (size_t)begun : r->n;
	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		if (strncmp(t->id, "blade:", 6) == 0) {
			t->kind = KIND_BLADE;
			intern_set(&t->blade, t->id + 6);
		}
		t->sent_at = r->started_boot;
		read_target(t, json_array_get(list, i));
		t->no_lease = t->kind == KIND_VM || t->verb == VERB_LOCATE || t->verb == VERB_LOCATE_OFF;
	}
	json_decref(o);
}

/* ---- its record ---- */

json_t *metal_record(const struct plan *p)
{
	if (p->kind != KIND_BLADE)
		return NULL;
	json_t *list = json_array();
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_target *t = &p->targets[i];
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", t->name, "place", t->place ? t->place : "", "serial",
			t->serial ? t->serial : "", "power", power_state_name(t->power)));
	}
	json_t *o = json_pack("{s:o}", "blades", list);
	if (p->vms_first)
		json_object_set_new(o, "vms_first", json_true());
	if (p->consent)
		json_object_set_new(o, "consent", json_true());
	return o;
}

/* ---- what is said of it ---- */

struct sight {
	size_t vms, off;                        /* VMs in all; seen off */
	const struct run_target *asked;         /* the first VM that is under way */
	size_t number;                          /* of that one, from 1 */
	const struct run_target *overdue, *unknown, *failed; /* VMs */
	const struct run_target *blade;         /* the first that is not done, else the last */
	bool open;
};

static bool was_left_out(const struct run_target *t)
{
	return strcmp(t->text_id, "job.step.skipped") == 0 || strcmp(t->text_id, "job.not-begun") == 0;
}

static void look(const struct run *r, bool shown, struct sight *s)
{
	*s = (struct sight){ 0 };
	for (size_t i = 0; i < r->n; i++) {
		const struct run_target *t = &r->targets[i];
		enum job_state is = shown ? t->shown : t->state;
		s->open |= job_state_is_open(is);
		if (t->kind == KIND_BLADE) {
			if (!s->blade || (shown ? s->blade->shown : s->blade->state) == JOB_DONE)
				s->blade = t;
			continue;
		}
		s->vms++;
		s->off += is == JOB_DONE;
		if (is == JOB_OVERDUE && !s->overdue)
			s->overdue = t;
		if (is == JOB_UNKNOWN && !s->unknown)
			s->unknown = t;
		if (is == JOB_FAILED && !s->failed && !was_left_out(t))
			s->failed = t;
		if (is == JOB_RUNNING && !s->asked) {
			s->asked = t;
			s->number = s->vms;
		}
	}
}

static void words_of_vms(const struct sight *s, struct msg *m)
{
	const char *blade = s->blade->name;

	if (s->overdue)
		msg_make(m, "job.steps.overdue", "{s:s, s:s}", "vm", s->overdue->name, "name", blade);
	else if (s->unknown)
		msg_make(m, "job.steps.unknown", "{s:s, s:s}", "vm", s->unknown->name, "name", blade);
	else if (s->asked)
		msg_make(m, "job.steps.vm", "{s:s, s:i, s:i}", "vm", s->asked->name, "number", (int)s->number, "count", (int)s->vms);
	else
		msg_make(m, "job.steps.off", "{s:s, s:i, s:i}", "name", blade, "done", (int)s->off, "count", (int)s->vms);
}

bool steps_words(const struct run *r, bool shown, struct msg *m)
{
	struct sight s;

	if (!r->vms_first)
		return false;
	look(r, shown, &s);
	if (!s.blade || s.vms == 0)
		return false;
	enum job_state blade = shown ? s.blade->shown : s.blade->state;
	bool turn = s.off == s.vms && s.blade->text_id[0] && strcmp(s.blade->text_id, "job.pending") != 0;
	if (s.failed && !turn)
		msg_make(m, "job.steps.stopped", "{s:s, s:s, s:i, s:i}", "vm", s.failed->name, "name", s.blade->name, "done", (int)s.off,
			"count", (int)s.vms);
	else if (s.open && !turn)
		words_of_vms(&s, m);
	else if (s.open && blade == JOB_RUNNING)
		msg_make(m, "job.steps.blade", "{s:s}", "name", s.blade->name);
	else if (blade == JOB_DONE)
		msg_make(m, "job.steps.done", "{s:i, s:s}", "count", (int)s.vms, "name", s.blade->name);
	else
		msg_make(m, "job.steps.said", "{s:i, s:i, s:s, s:s}", "done", (int)s.off, "count", (int)s.vms, "name", s.blade->name, "text",
			s.blade->text);
	return true;
}

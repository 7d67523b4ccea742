/* The previews of one peer while they live, and how they look on the wire. */
#include "safety/plan_words.h"

#include "common/clock.h"

#include <string.h>

void plans_add(struct plans *p, struct plan *plan)
{
	int at = -1;

	for (int i = 0; i < PLANS_MAX; i++) {
		if (!p->list[i]) {
			at = i;
			break;
		}
		if (p->list[i]->writing)
			continue;
		if (at < 0 || p->list[i]->expires < p->list[at]->expires)
			at = i;
	}
	if (at < 0) {
		/* Every one is just being written: cannot last, and the new one can be asked for again. */
		plan_free(plan);
		return;
	}
	plan_free(p->list[at]);
	p->list[at] = plan;
}

struct err *plans_find(struct plans *p, const char *id, struct plan **out)
{
	for (int i = 0; i < PLANS_MAX; i++) {
		struct plan *plan = p->list[i];
		if (!plan || strcmp(plan->id, id) != 0)
			continue;
		if (!plan->job[0] && !plan->writing && clock_boot_ms() > plan->expires)
			return err_new(ERR_CONFIRM, "plan.expired", NULL);
		*out = plan;
		return NULL;
	}
	return err_new(ERR_CONFIRM, "plan.unknown", NULL);
}

void plans_clear(struct plans *p)
{
	for (int i = 0; i < PLANS_MAX; i++) {
		plan_free(p->list[i]);
		p->list[i] = NULL;
	}
}

/* ---- on the wire ---- */

static json_t *note_json(const struct plan_note *n, bool refusal)
{
	json_t *j = msg_to_json(&n->msg);

	if (refusal)
		json_object_set_new(j, "class", json_string(err_class_name(n->class)));
	if (n->object[0])
		json_object_set_new(j, "object", json_string(n->object));
	return j;
}

json_t *plan_notes_json(const struct plan_notes *n, bool refusals)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n; i++)
		json_array_append_new(list, note_json(&n->list[i], refusals));
	return list;
}

static json_t *target_json(const struct plan *p, const struct plan_target *t)
{
	json_t *j = json_pack("{s:s, s:s, s:b, s:s, s:b}", "id", t->id, "name", t->name, "live", t->live, "tenant", t->tenant, "ok",
		t->why == NULL);

	if (t->kind == KIND_VM) {
		json_object_set_new(j, "state", json_string(vm_state_name(t->state)));
		json_object_set_new(j, "grade", json_string(t->grade));
	} else if (p->viewer != VIEWER_TENANT) {
		json_object_set_new(j, "serial", json_string(t->serial));
		json_object_set_new(j, "power", json_string(power_state_name(t->power)));
		json_object_set_new(j, "power_live", json_boolean(t->power_live));
	}
	if (p->viewer != VIEWER_TENANT) {
		json_object_set_new(j, "blade", json_string(t->blade));
		json_object_set_new(j, "place", json_string(t->place));
	}
	if (t->why) {
		json_t *why = msg_to_json(&t->why->msg);
		json_object_set_new(why, "class", json_string(err_class_name(t->why->class)));
		json_object_set_new(j, "why", why);
	} else {
		json_object_set_new(j, "why", json_null());
	}
	return j;
}

static json_t *victims_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nvictims; i++) {
		const struct plan_victim *v = &p->victims[i];
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "id", v->id, "name", v->name, "tenant", v->tenant,
			"state", vm_state_name(v->state), "live", v->live, "protect", v->protect));
	}
	return list;
}

static json_t *steps_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nsteps; i++) {
		const struct plan_step *s = &p->steps[i];
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i}", "id", s->id, "name", s->name, "verb", verb_name(s->verb),
			"rank", (int)s->rank));
	}
	return list;
}

json_t *plan_to_json(const struct plan *p)
{
	json_t *targets = json_array(), *gentler = json_array();

	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(targets, target_json(p, &p->targets[i]));
	if (p->has_gentler) {
		json_t *g = json_pack("{s:s}", "verb", verb_name(p->gentler));
		if (p->gentler_vms_first)
			json_object_set_new(g, "vms-first", json_string("yes"));
		json_array_append_new(gentler, g);
	}
	json_t *confirm = json_pack("{s:s}", "kind", confirm_kind_name(p->confirm));
	if (p->confirm_text)
		json_object_set_new(confirm, "text", json_string(p->confirm_text));
	int64_t left = p->expires - clock_boot_ms();
	json_t *j = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:i}", "plan", p->id, "verb", verb_name(p->verb), "targets",
		targets, "impact", plan_notes_json(&p->impact, false), "warnings", plan_notes_json(&p->warnings, false), "refused",
		plan_notes_json(&p->refused, true), "gentler", gentler, "confirm", confirm, "command", p->command, "expires_s",
		(int)(left > 0 ? (left + 999) / 1000 : 0));
	json_object_set_new(j, "kind", json_string(kind_name(p->kind)));
	json_object_set_new(j, "reason", json_boolean(p->reason_needed));
	if (p->kind == KIND_BLADE) {
		json_object_set_new(j, "victims", victims_json(p));
		json_object_set_new(j, "steps", steps_json(p));
	}
	if (p->snap)
		json_object_set_new(j, "snapshot", plan_snap_json(p->snap));
	if (p->limits)
		json_object_set(j, "limits", p->limits);
	return j;
}

/* What may still come after the end: effects of actions that were given up, and the warning that goes with them. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "safety/outcome_blade.h"

#include <string.h>

static void drop(struct jobs *j, size_t i)
{
	intern_free(j->late[i].vm);
	intern_free(j->late[i].job);
	intern_free(j->late[i].by);
	j->nlate--;
	memmove(&j->late[i], &j->late[i + 1], (j->nlate - i) * sizeof j->late[0]);
}

void late_free(struct jobs *j)
{
	while (j->nlate)
		drop(j, 0);
}

void late_add(struct jobs *j, const struct run_target *t, bool warn)
{
	if (j->nlate == LATE_MAX)
		drop(j, 0);
	j->late[j->nlate++] = (struct late){ .vm = intern(t->id), .job = intern(t->run->id), .by = intern(t->run->user),
		.verb = t->verb, .sent_at = t->sent_at ? t->sent_at : t->run->started_boot, .since = clock_boot_ms(), .warn = warn };
	jobs_tick_soon(j);
}

static void make_words(struct msg *m, const char *name, const char *job, enum verb v, const char *by, const char *age)
{
	msg_make(m, "job.late-effect", "{s:s, s:s, s:s, s:s, s:s}", "name", name, "job", job, "verb", verb_name(v), "by", by, "age",
		age);
}

void late_tell(struct jobs *j, const char *vm_id, const char *name, const char *job, enum verb v, const char *by, const char *age)
{
	struct msg m;

	if (!j->c.happened)
		return;
	make_words(&m, name, job, v, by, age);
	j->c.happened(j->c.ctx, vm_id, name, true, &m);
	msg_free(&m);
}

/* Its job is closed, so a record of its own says it: who reads the audit log finds the end of the story there. */
static void tell(struct jobs *j, const struct late *l, const struct fleet_news *n)
{
	const char *id = n->vm ? n->vm->id : n->blade->id, *name = n->vm ? n->vm->name : n->blade->name;
	struct msg m;
	char age[24];
	json_t *objects = NULL;

	policy_age(age, sizeof age, (clock_boot_ms() - l->sent_at) / 1000);
	late_tell(j, id, name, l->job, l->verb, l->by, age);
	make_words(&m, name, l->job, l->verb, l->by, age);
	audit_object(&objects, id, name, n->vm ? n->vm->blade : name);
	struct store_tx *tx = store_begin(j->c.store);
	json_t *record = audit_record(&(struct audit){ .what = "late", .verb = verb_name(l->verb), .objects = objects, .job = l->job,
		.outcome = &m });
	store_append(tx, record);
	store_commit(tx, NULL, NULL);
	json_decref(record);
	json_decref(objects);
	msg_free(&m);
}

static bool is_effect(const struct late *l, const struct fleet_news *n)
{
	if (!n->vm)
		return n->blade->power_live && outcome_wished_blade(l->verb, n->blade->power) &&
			!outcome_wished_blade(l->verb, n->power_was) && n->asked > l->sent_at;
	if (n->kind == NEWS_VM_REBOOTED)
		return l->verb == VERB_REBOOT || l->verb == VERB_RESET;
	return outcome_wished(l->verb, n->vm->state) && !outcome_wished(l->verb, n->was);
}

static bool settled(struct jobs *j, const struct late *l)
{
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, l->vm);
	const struct blade *b = registry_find(j->c.objects, KIND_BLADE, l->vm);

	if (b)
		return b->power_live && clock_boot_ms() - l->since >= j->c.settle_ms &&
			fleet_blade_steady_ms(j->c.fleet, b->name) >= j->c.settle_ms;
	return vm && vm->live && clock_boot_ms() - l->since >= j->c.settle_ms &&
		fleet_steady_ms(j->c.fleet, vm->blade) >= j->c.settle_ms;
}

/* n: NULL when only time has passed. */
void late_news(struct jobs *j, const struct fleet_news *n)
{
	const char *id = n ? n->vm ? n->vm->id : n->blade->id : "";

	for (size_t i = 0; i < j->nlate; ) {
		struct late *l = &j->late[i];
		if (clock_boot_ms() - l->sent_at > LATE_MS) {
			drop(j, i);
		} else if (n && strcmp(l->vm, id) == 0 && is_effect(l, n)) {
			tell(j, l, n);
			drop(j, i);
		} else {
			i++;
		}
	}
}

bool jobs_unsettled(struct jobs *j, const char *id, struct msg *what)
{
	char age[24];

	for (size_t i = 0; i < j->nlate; i++) {
		struct late *l = &j->late[i];
		if (!l->warn || strcmp(l->vm, id) != 0)
			continue;
		if (settled(j, l)) {
			l->warn = false;
			continue;
		}
		policy_age(age, sizeof age, (clock_boot_ms() - l->sent_at) / 1000);
		msg_make(what, "warn.unsettled", "{s:s, s:s, s:s}", "verb", verb_name(l->verb), "job", l->job, "age", age);
		return true;
	}
	for (const struct snapshot *s = book_rows(j->c.book, id); s; s = s->next) {
		const struct run_target *t = run_target_of(j, id);
		if (s->state != SNAP_SENT || (t && strcmp(t->run->id, s->job) == 0))
			continue;
		policy_age(age, sizeof age, clock_wall_s() - s->at);
		msg_make(what, "warn.unsettled", "{s:s, s:s, s:s}", "verb", verb_name(VERB_SNAP_CREATE), "job", s->job, "age", age);
		return true;
	}
	return false;
}

/* The situations (alerts_rules.h). */
#include "watch/alerts_rules.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_S 10          /* so long its manager has to tell that a silent blade is off */
#define BUSY_S 120         /* a manager that allows no session for so long is somebody's business */
#define PAUSED_S 60        /* a VM is paused for a moment by many a snapshot and move */
#define QUORUM_UNKNOWN_S 60 /* hosts are heard one after the other */
#define VOLUME_FULL 95     /* percent */

static const char *const names[CAUSE_COUNT] = { "host", "manager", "metal", "health", "twice", "vm", "state", "quorum", "volume", "job",
	"hosts", "vms" };

const char *alert_cause_name(enum alert_cause c)
{
	return (unsigned)c < CAUSE_COUNT ? names[c] : "?";
}

void alert_say_free(struct alert_say *s)
{
	free(s->text);
	s->text = NULL;
}

static struct alert_say *say(struct alert_say *out, size_t *n, enum alert_cause c)
{
	out[*n] = (struct alert_say){ .cause = c, .level = LEVEL_NONE, .id = "" };
	return &out[(*n)++];
}

/* A row whose only hole is {name}. */
static void tell(struct alert_say *s, enum alert_level level, const char *id, const char *name)
{
	struct msg m;

	msg_make(&m, id, "{s:s}", "name", name);
	s->level = level;
	s->id = id;
	s->text = xstrdup(m.text);
	msg_free(&m);
}

/* What the object says of itself already. */
static void quote(struct alert_say *s, enum alert_level level, const char *id, const char *text)
{
	s->level = level;
	s->id = id;
	s->text = xstrdup(text);
}

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* ---- blades ---- */

static bool is_ours(const struct blade *b)
{
	return b->host == HOST_UP || (!*b->owner && !b->spare);
}

static bool says_off(const struct blade *b)
{
	return b->power == POWER_OFF && b->host != HOST_UP; /* also as last known: it may well be off still */
}

bool alert_host_expected(const struct blade *b)
{
	if (!*b->name || b->host == HOST_NONE || !is_ours(b))
		return false;
	if (b->host == HOST_UP)
		return true;
	return !says_off(b) && strcmp(b->fitted, "no") != 0;
}

/* It was tried, and did not answer. A host that was not tried since the broker began has no `why`. */
static bool silent(const struct blade *b)
{
	return b->host == HOST_BACKOFF || ((b->host == HOST_DOWN || b->host == HOST_CONNECTING) && *b->why);
}

static bool switching(const struct blade *b)
{
	return (*b->doing && strncmp(b->doing, "locate", 6) != 0) ||
		(b->power_live && (b->power == POWER_STARTING || b->power == POWER_STOPPING));
}

static void host_says(const struct blade *b, struct alert_say *out, size_t *n)
{
	struct alert_say *s;

	if (!alert_host_expected(b) || b->host == HOST_UP) {
		say(out, n, CAUSE_HOST);
		return;
	}
	/* Not tried yet; or switched by somebody who knows that it is away meanwhile. */
	if ((!silent(b) && b->host != HOST_STALE) || switching(b))
		return;
	s = say(out, n, CAUSE_HOST);
	s->behind = b->running;
	s->since = b->seen;
	s->delay_s = b->manager != MANAGER_NONE && b->power == POWER_UNKNOWN ? TOLD_S : 0;
	if (b->host == HOST_STALE)
		tell(s, LEVEL_WARNING, "alert.host.stale", b->name);
	else if (strcmp(b->alert_id, "blade.alert.on") == 0)
		quote(s, LEVEL_ALERT, "blade.alert.on", b->alert);
	else
		tell(s, LEVEL_ALERT, "alert.host.silent", b->name);
}

static void metal_says(const struct blade *b, struct alert_say *out, size_t *n)
{
	struct alert_say *s = say(out, n, CAUSE_METAL);
	bool elsewhere = strcmp(b->alert_id, "blade.alert.on") == 0 || strcmp(b->alert_id, "blade.alert.health") == 0 ||
		starts(b->alert_id, "manager.alert.");

	if (!*b->alert || elsewhere)
		return;
	/* Off, though work is said to run there, hurts. */
	bool hurts = b->power == POWER_OFF && b->power_live && b->host != HOST_UP;
	quote(s, hurts ? LEVEL_ALERT : LEVEL_WARNING, b->alert_id, b->alert);
	s->behind = hurts ? b->running : 0;
}

static void blade_health(const struct blade *b, struct alert_say *out, size_t *n)
{
	struct alert_say *s;

	if (b->manager == MANAGER_NONE)
		return;
	s = say(out, n, CAUSE_HEALTH);
	if (!*b->name || (strcmp(b->fitted, "no") == 0 && b->host != HOST_UP))
		return;
	if (b->health == HEALTH_FAILED)
		tell(s, LEVEL_ALERT, "blade.alert.health", b->name);
	else if (b->health == HEALTH_WARNING)
		tell(s, LEVEL_WARNING, "alert.health.warning", b->name);
}

static void manager_says(enum manager_state m, const char *name, int64_t seen, struct alert_say *out, size_t *n)
{
	struct alert_say *s;

	if (m == MANAGER_CONNECTING)
		return; /* as it was */
	s = say(out, n, CAUSE_MANAGER);
	if (m == MANAGER_SILENT || m == MANAGER_DENIED || m == MANAGER_BUSY)
		s->since = seen;
	if (m == MANAGER_SILENT)
		tell(s, LEVEL_ALERT, "manager.alert.silent", name);
	else if (m == MANAGER_DENIED)
		tell(s, LEVEL_WARNING, "manager.alert.denied", name);
	else if (m == MANAGER_BUSY)
		tell(s, LEVEL_WARNING, "manager.alert.busy", name);
	s->delay_s = m == MANAGER_BUSY ? BUSY_S : 0;
}

static size_t of_blade(const struct blade *b, bool own_manager, struct alert_say *out)
{
	size_t n = 0;

	host_says(b, out, &n);
	metal_says(b, out, &n);
	blade_health(b, out, &n);
	if (own_manager && is_ours(b))
		manager_says(b->manager, b->name, b->power_seen, out, &n);
	return n;
}

/* ---- enclosures ---- */

bool alert_no_power(const struct enclosure *e)
{
	return starts(e->power, "0 of ") && !starts(e->power, "0 of 0");
}

static size_t of_enclosure(const struct enclosure *e, struct alert_say *out)
{
	size_t n = 0;
	struct alert_say *s;
	struct msg m;

	if (e->manager != MANAGER_NONE)
		manager_says(e->manager, e->name, e->manager_seen, out, &n);
	s = say(out, &n, CAUSE_HEALTH);
	if (e->health != HEALTH_FAILED && e->health != HEALTH_WARNING)
		s->level = LEVEL_NONE;
	else if (e->health == HEALTH_FAILED && starts(e->alert_id, "enclosure.alert."))
		quote(s, LEVEL_ALERT, e->alert_id, e->alert);
	else if (*e->wrong) {
		msg_make(&m, "enclosure.alert.wrong", "{s:s, s:s}", "name", e->name, "wrong", e->wrong);
		quote(s, e->health == HEALTH_FAILED ? LEVEL_ALERT : LEVEL_WARNING, "enclosure.alert.wrong", m.text);
		msg_free(&m);
	} else
		tell(s, e->health == HEALTH_FAILED ? LEVEL_ALERT : LEVEL_WARNING,
			e->health == HEALTH_FAILED ? "enclosure.alert.health" : "alert.health.enclosure", e->name);
	s = say(out, &n, CAUSE_METAL);
	if (strcmp(e->alert_id, "manager.alert.standby") == 0)
		quote(s, LEVEL_WARNING, e->alert_id, e->alert);
	return n;
}

/* ---- VMs ---- */

static size_t of_vm(const struct vm *vm, struct alert_say *out)
{
	size_t n = 0;
	struct alert_say *s = say(out, &n, CAUSE_TWICE);

	if (vm->twice)
		quote(s, LEVEL_ALERT, "fleet.twice", *vm->alert ? vm->alert : vm->name);
	s = say(out, &n, CAUSE_VM);
	if (*vm->alert && !vm->twice)
		quote(s, LEVEL_WARNING, "", vm->alert);
	if (!vm->live)
		return n;
	s = say(out, &n, CAUSE_STATE);
	s->since = vm->since;
	if (vm->state == VM_CRASHED) {
		tell(s, LEVEL_ALERT, "alert.vm.crashed", vm->name);
	} else if (vm->state == VM_PAUSED && !*vm->doing) {
		tell(s, LEVEL_WARNING, "alert.vm.paused", vm->name);
		s->delay_s = PAUSED_S;
	}
	return n;
}

/* ---- clusters, volumes, jobs ---- */

static size_t of_cluster(const struct cluster *c, struct alert_say *out)
{
	size_t n = 0;
	struct alert_say *s;

	if (!*c->quorum)
		return 0;
	s = say(out, &n, CAUSE_QUORUM);
	if (strcmp(c->quorum, "kept") == 0)
		return n;
	if (strcmp(c->quorum, "lost") == 0) {
		tell(s, LEVEL_ALERT, "alert.quorum.lost", c->name);
	} else {
		tell(s, LEVEL_WARNING, "alert.quorum.unknown", c->name);
		s->delay_s = QUORUM_UNKNOWN_S;
	}
	s->behind = c->vms;
	return n;
}

static size_t of_volume(const struct volume *v, struct alert_say *out)
{
	size_t n = 0;
	struct alert_say *s = say(out, &n, CAUSE_VOLUME);

	if (v->size_kib > 0 && v->used_kib >= v->size_kib / 100 * VOLUME_FULL)
		tell(s, LEVEL_ALERT, "alert.volume.full", v->name);
	else if (v->vms_max > 0 && v->vms > v->vms_max)
		tell(s, LEVEL_WARNING, "alert.volume.vms", v->name);
	else if (v->size_kib > 0 && v->promised_kib > v->size_kib)
		tell(s, LEVEL_WARNING, "alert.volume.over", v->name);
	s->behind = s->level ? v->vms : 0;
	return n;
}

static size_t of_job(const struct job *j, struct alert_say *out)
{
	size_t n = 0;
	struct alert_say *s = say(out, &n, CAUSE_JOB);
	const char *id = j->state == JOB_UNKNOWN ? "alert.job.unknown" : "alert.job.overdue";
	struct msg m;

	if (j->state != JOB_UNKNOWN && j->state != JOB_OVERDUE)
		return n;
	msg_make(&m, id, "{s:s, s:s, s:s}", "job", j->id, "verb", j->verb, "targets", j->targets);
	quote(s, LEVEL_WARNING, id, m.text);
	s->since = j->state == JOB_OVERDUE && j->deadline ? j->deadline : j->started;
	msg_free(&m);
	return n;
}

/* ---- any ---- */

size_t alert_says(enum kind k, const void *o, bool own_manager, struct alert_say out[ALERT_SAYS_MAX])
{
	switch (k) {
	case KIND_BLADE:
		return of_blade(o, own_manager, out);
	case KIND_ENCLOSURE:
		return of_enclosure(o, out);
	case KIND_VM:
		return of_vm(o, out);
	case KIND_CLUSTER:
		return of_cluster(o, out);
	case KIND_VOLUME:
		return of_volume(o, out);
	case KIND_JOB:
		return of_job(o, out);
	default:
		return 0;
	}
}

static bool is_well(const struct blade *b)
{
	return b->host == HOST_UP && !*b->alert && b->health != HEALTH_WARNING && b->health != HEALTH_FAILED &&
		(b->manager == MANAGER_NONE || b->manager == MANAGER_UP);
}

bool alert_may_say(enum kind k, const void *o)
{
	const struct vm *vm = o;
	const struct job *j = o;

	switch (k) {
	case KIND_VM:
		return *vm->alert || vm->twice || (vm->live && (vm->state == VM_CRASHED || vm->state == VM_PAUSED));
	case KIND_JOB:
		return j->state == JOB_UNKNOWN || j->state == JOB_OVERDUE;
	case KIND_BLADE:
		return !is_well(o);
	case KIND_ENCLOSURE:
	case KIND_CLUSTER:
	case KIND_VOLUME:
		return true;
	default:
		return false;
	}
}

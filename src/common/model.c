/* The field tables and name tables of all objects, and objects in memory. Called by every room.
 * model_json.c writes and reads them. */
#include "common/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static const char *const kind_names[KIND_COUNT] = {"site", "rack", "enclosure", "blade", "notice", "cluster", "volume", "alert",
	"job", "lease", "vm"};
static const char *const vm_state_names[VM_STATE_COUNT] = {
	"unknown", "running", "blocked", "paused", "shutting-down", "off", "crashed", "suspended"};
static const char *const host_state_names[HOST_STATE_COUNT] = {"none", "down", "connecting", "up", "stale", "backoff"};
static const char *const job_state_names[JOB_STATE_COUNT] = {
	"pending", "running", "overdue", "unknown", "done", "accepted", "failed", "partly"};
static const char *const role_names[ROLE_COUNT] = {"none", "operator", "viewer", "customer"};
static const char *const right_names[RIGHT_COUNT] = {"none", "view", "power", "full"};

static const char *const power_state_names[POWER_STATE_COUNT] = {"unknown", "off", "on", "starting", "stopping"};
static const char *const health_names[HEALTH_COUNT] = {"unknown", "ok", "warning", "failed"};
static const char *const manager_state_names[MANAGER_STATE_COUNT] = {
	"none", "connecting", "up", "busy", "denied", "silent"};

#define OF_VM (1u << KIND_VM)
#define OF_BLADE (1u << KIND_BLADE)

static const struct { const char *name; enum effect effect; unsigned kinds; } verbs[VERB_COUNT] = {
	[VERB_POWER_ON] = {"power-on", EFFECT_NONE, OF_VM | OF_BLADE},
	[VERB_SHUTDOWN] = {"shutdown", EFFECT_SHORT, OF_VM | OF_BLADE},
	[VERB_POWER_OFF] = {"power-off", EFFECT_LOSS, OF_VM | OF_BLADE},
	[VERB_REBOOT] = {"reboot", EFFECT_SHORT, OF_VM | OF_BLADE},
	[VERB_RESET] = {"reset", EFFECT_LOSS, OF_VM | OF_BLADE},
	[VERB_LOCATE] = {"locate", EFFECT_NONE, OF_BLADE},
	[VERB_LOCATE_OFF] = {"locate-off", EFFECT_NONE, OF_BLADE},
	[VERB_SNAP_CREATE] = {"snapshot-create", EFFECT_SHORT, OF_VM},
	[VERB_SNAP_REVERT] = {"snapshot-revert", EFFECT_LOSS, OF_VM},
	[VERB_SNAP_DELETE] = {"snapshot-delete", EFFECT_LOSS, OF_VM},
	[VERB_PROTECT] = {"protect", EFFECT_NONE, OF_VM},
	[VERB_UNPROTECT] = {"unprotect", EFFECT_SHORT, OF_VM}, /* loses nothing itself, but opens the door: y */
	[VERB_PAIR] = {"pair", EFFECT_SHORT, OF_BLADE},         /* the same */
};

const char *kind_name(enum kind k)
{
	return (unsigned)k < KIND_COUNT ? kind_names[k] : "?";
}

const char *vm_state_name(enum vm_state s)
{
	return (unsigned)s < VM_STATE_COUNT ? vm_state_names[s] : "?";
}

const char *host_state_name(enum host_state s)
{
	return (unsigned)s < HOST_STATE_COUNT ? host_state_names[s] : "?";
}

const char *power_state_name(enum power_state s)
{
	return (unsigned)s < POWER_STATE_COUNT ? power_state_names[s] : "?";
}

const char *health_name(enum health h)
{
	return (unsigned)h < HEALTH_COUNT ? health_names[h] : "?";
}

const char *manager_state_name(enum manager_state s)
{
	return (unsigned)s < MANAGER_STATE_COUNT ? manager_state_names[s] : "?";
}

const char *job_state_name(enum job_state s)
{
	return (unsigned)s < JOB_STATE_COUNT ? job_state_names[s] : "?";
}

const char *role_name(enum role r)
{
	return (unsigned)r < ROLE_COUNT ? role_names[r] : "?";
}

const char *right_name(enum right r)
{
	return (unsigned)r < RIGHT_COUNT ? right_names[r] : "?";
}

bool right_from_name(const char *name, enum right *out)
{
	for (int i = 0; i < RIGHT_COUNT; i++)
		if (strcmp(right_names[i], name) == 0) {
			*out = (enum right)i;
			return true;
		}
	return false;
}

const char *verb_name(enum verb v)
{
	return (unsigned)v < VERB_COUNT ? verbs[v].name : "?";
}

enum effect verb_effect(enum verb v)
{
	return (unsigned)v < VERB_COUNT ? verbs[v].effect : EFFECT_LOSS;
}

bool verb_from_name(const char *name, enum verb *out)
{
	for (int i = 0; name && i < VERB_COUNT; i++) {
		if (!strcmp(verbs[i].name, name)) {
			*out = (enum verb)i;
			return true;
		}
	}
	return false;
}

bool kind_from_name(const char *name, enum kind *out)
{
	for (int i = 0; name && i < KIND_COUNT; i++) {
		if (!strcmp(kind_names[i], name)) {
			*out = (enum kind)i;
			return true;
		}
	}
	return false;
}

bool verb_is_snapshot(enum verb v)
{
	return v == VERB_SNAP_CREATE || v == VERB_SNAP_REVERT || v == VERB_SNAP_DELETE;
}

bool verb_is_of(enum verb v, enum kind k)
{
	return (unsigned)v < VERB_COUNT && verbs[v].kinds & (1u << k);
}

bool vm_state_is_active(enum vm_state s)
{
	return s == VM_RUNNING || s == VM_BLOCKED || s == VM_PAUSED || s == VM_SHUTTING_DOWN;
}

void alert_holder(const struct alert *a, char *out, size_t size)
{
	bool held = strcmp(a->state, "acknowledged") == 0 || strcmp(a->state, "muted") == 0;

	if (held)
		snprintf(out, size, "%s %s%s%s", a->state, a->by, *a->ticket ? " " : "", a->ticket);
	else
		out[0] = '\0';
}

bool job_state_is_open(enum job_state s)
{
	return s == JOB_PENDING || s == JOB_RUNNING || s == JOB_OVERDUE || s == JOB_UNKNOWN;
}

int field_names(enum field_type type, const char *const **names)
{
	switch (type) {
	case FIELD_VM_STATE:
		*names = vm_state_names;
		return VM_STATE_COUNT;
	case FIELD_HOST_STATE:
		*names = host_state_names;
		return HOST_STATE_COUNT;
	case FIELD_JOB_STATE:
		*names = job_state_names;
		return JOB_STATE_COUNT;
	case FIELD_POWER:
		*names = power_state_names;
		return POWER_STATE_COUNT;
	case FIELD_HEALTH:
		*names = health_names;
		return HEALTH_COUNT;
	case FIELD_MANAGER:
		*names = manager_state_names;
		return MANAGER_STATE_COUNT;
	default:
		*names = NULL;
		return 0;
	}
}

/* ---- fields ---- */

#define OP (1u << VIEWER_OPERATOR)              /* operators alone */
#define STAFF (OP | 1u << VIEWER_VIEWER)        /* and walls */
#define ALL (STAFF | 1u << VIEWER_TENANT)       /* and the tenant whose it is */

#define F(kind, member, type, viewers) {#member, FIELD_##type, offsetof(struct kind, member), viewers, sizeof ((struct kind *)0)->member}

static const struct field site_fields[] = {
	F(site, id, STR, ALL), F(site, gen, INT, ALL), F(site, name, STR, ALL), F(site, colour, STR, ALL),
	F(site, note, STR, STAFF), F(site, racks, INT, STAFF), F(site, enclosures, INT, STAFF), F(site, blades, INT, STAFF),
	F(site, hosts, INT, STAFF), F(site, hosts_live, INT, STAFF), F(site, vms, INT, STAFF),
	F(site, vms_running, INT, STAFF), F(site, zone, STR, ALL), F(site, tz, STR, ALL),
};
static const struct field rack_fields[] = {
	F(rack, id, STR, STAFF), F(rack, gen, INT, STAFF), F(rack, name, STR, STAFF), F(rack, order, INT, STAFF),
};
static const struct field enclosure_fields[] = {
	F(enclosure, id, STR, STAFF), F(enclosure, gen, INT, STAFF), F(enclosure, name, STR, STAFF),
	F(enclosure, rack, STR, STAFF), F(enclosure, order, INT, STAFF), F(enclosure, rows, INT, STAFF),
	F(enclosure, columns, INT, STAFF), F(enclosure, by_column, BOOL, STAFF),
	F(enclosure, bays, INT, STAFF), F(enclosure, manager, MANAGER, STAFF), F(enclosure, manager_why, STR, STAFF),
	F(enclosure, manager_why_id, STR, STAFF), F(enclosure, manager_seen, TIME, STAFF), F(enclosure, manager_retry, TIME, STAFF),
	F(enclosure, managers, STR, STAFF), F(enclosure, dialect, STR, STAFF), F(enclosure, title, STR, STAFF),
	F(enclosure, model, STR, STAFF), F(enclosure, serial, STR, STAFF), F(enclosure, firmware, STR, STAFF),
	F(enclosure, health, HEALTH, STAFF), F(enclosure, power, STR, STAFF), F(enclosure, fans, STR, STAFF),
	F(enclosure, temperature, STR, STAFF), F(enclosure, wrong, STR, STAFF), F(enclosure, alert, STR, STAFF),
	F(enclosure, alert_id, STR, STAFF),
};
static const struct field blade_fields[] = {
	F(blade, id, STR, STAFF), F(blade, gen, INT, STAFF), F(blade, name, STR, STAFF), F(blade, enclosure, STR, STAFF),
	F(blade, rack, STR, STAFF), F(blade, bay, STR, STAFF), F(blade, place, INT, STAFF),
	F(blade, host, HOST_STATE, STAFF), F(blade, why, STR, STAFF), F(blade, why_id, STR, STAFF),
	F(blade, seen, TIME, STAFF), F(blade, retry, TIME, STAFF), F(blade, vms, INT, STAFF), F(blade, running, INT, STAFF),
	F(blade, cpus, INT, STAFF), F(blade, mem_kib, KIB, STAFF), F(blade, used_kib, KIB, STAFF),
	F(blade, driver, STR, STAFF), F(blade, version, STR, STAFF), F(blade, hostname, STR, STAFF),
	F(blade, host_uuid, STR, STAFF), F(blade, model, STR, STAFF), F(blade, serial, STR, STAFF),
	F(blade, cluster, STR, STAFF), F(blade, owner, STR, STAFF), F(blade, uri, STR, OP), F(blade, alert, STR, STAFF),
	F(blade, alert_id, STR, STAFF), F(blade, manager, MANAGER, STAFF), F(blade, power, POWER, STAFF),
	F(blade, power_live, BOOL, STAFF), F(blade, power_seen, TIME, STAFF), F(blade, power_since, TIME, STAFF),
	F(blade, health, HEALTH, STAFF), F(blade, fitted, STR, STAFF), F(blade, locate, STR, STAFF), F(blade, named, STR, STAFF),
	F(blade, bay_model, STR, STAFF), F(blade, bay_serial, STR, STAFF), F(blade, firmware, STR, STAFF),
	F(blade, identity, STR, STAFF), F(blade, spare, BOOL, STAFF), F(blade, job, STR, STAFF), F(blade, doing, STR, STAFF),
	F(blade, by, STR, STAFF), F(blade, watch, STR, STAFF), F(blade, watch_by, STR, STAFF), F(blade, watch_until, TIME, STAFF),
};
static const struct field notice_fields[] = {
	F(notice, id, STR, ALL), F(notice, gen, INT, ALL), F(notice, name, STR, ALL), F(notice, text, STR, ALL),
	F(notice, text_ja, STR, ALL), F(notice, level, STR, ALL), F(notice, since, TIME, ALL), F(notice, until, TIME, ALL),
	F(notice, tenants, STR, STAFF),
};
static const struct field job_fields[] = {
	F(job, id, STR, ALL), F(job, gen, INT, ALL), F(job, verb, STR, ALL), F(job, target, STR, ALL),
	F(job, targets, STR, ALL), F(job, count, INT, ALL), F(job, done, INT, ALL), F(job, by, STR, ALL),
	F(job, origin, STR, OP), F(job, reason, STR, OP), F(job, state, JOB_STATE, ALL), F(job, started, TIME, ALL),
	F(job, ended, TIME, ALL), F(job, deadline, TIME, ALL), F(job, text, STR, ALL), F(job, text_id, STR, ALL),
};
static const struct field lease_fields[] = {
	F(lease, id, STR, ALL), F(lease, gen, INT, ALL), F(lease, object, STR, ALL), F(lease, name, STR, ALL),
	F(lease, by, STR, STAFF), F(lease, job, STR, ALL), F(lease, verb, STR, ALL), F(lease, since, TIME, ALL),
};
static const struct field vm_fields[] = {
	F(vm, id, STR, ALL), F(vm, gen, INT, ALL), F(vm, name, STR, ALL), F(vm, uuid, STR, ALL), F(vm, blade, STR, STAFF),
	F(vm, tenant, STR, STAFF), F(vm, grade, STR, ALL), F(vm, guest, STR, ALL), F(vm, state, VM_STATE, ALL),
	F(vm, live, BOOL, ALL), F(vm, protect, BOOL, ALL), F(vm, persistent, BOOL, STAFF), F(vm, twice, BOOL, STAFF),
	F(vm, seen, TIME, ALL), F(vm, since, TIME, ALL), F(vm, vcpus, INT, ALL), F(vm, mem_kib, KIB, ALL),
	F(vm, job, STR, ALL), F(vm, doing, STR, ALL), F(vm, by, STR, STAFF), F(vm, alert, STR, STAFF),
	F(vm, pair, STR, ALL), F(vm, snaps, INT, ALL), F(vm, snaps_busy, INT, ALL), F(vm, snaps_max, INT, ALL),
	F(vm, snap, STR, ALL), F(vm, addresses, STR, ALL), F(vm, macs, STR, ALL), F(vm, volumes, STR, STAFF),
};
static const struct field cluster_fields[] = {
	F(cluster, id, STR, STAFF), F(cluster, gen, INT, STAFF), F(cluster, name, STR, STAFF), F(cluster, pattern, STR, STAFF),
	F(cluster, nodes, INT, STAFF), F(cluster, sure, INT, STAFF), F(cluster, unknown, INT, STAFF), F(cluster, needed, INT, STAFF),
	F(cluster, quorum, STR, STAFF), F(cluster, mem_kib, KIB, STAFF), F(cluster, used_kib, KIB, STAFF),
	F(cluster, blade_lost, STR, STAFF), F(cluster, blade_worst, STR, STAFF), F(cluster, enclosure_lost, STR, STAFF),
	F(cluster, enclosure_worst, STR, STAFF), F(cluster, rack_lost, STR, STAFF), F(cluster, rack_worst, STR, STAFF),
	F(cluster, vms, INT, STAFF), F(cluster, running, INT, STAFF),
};
static const struct field volume_fields[] = {
	F(volume, id, STR, STAFF), F(volume, gen, INT, STAFF), F(volume, name, STR, STAFF), F(volume, cluster, STR, STAFF),
	F(volume, size_kib, KIB, STAFF), F(volume, vms, INT, STAFF), F(volume, vms_max, INT, STAFF), F(volume, fits, INT, STAFF),
	F(volume, promised_kib, KIB, STAFF), F(volume, used_kib, KIB, STAFF), F(volume, overcommit, INT, STAFF),
};
static const struct field alert_fields[] = {
	F(alert, id, STR, STAFF), F(alert, gen, INT, STAFF), F(alert, object, STR, STAFF), F(alert, name, STR, STAFF),
	F(alert, place, STR, STAFF), F(alert, rack, STR, STAFF), F(alert, level, STR, STAFF), F(alert, text, STR, STAFF),
	F(alert, text_id, STR, STAFF), F(alert, state, STR, STAFF), F(alert, since, TIME, STAFF), F(alert, changed, TIME, STAFF),
	F(alert, cleared, TIME, STAFF), F(alert, muted_until, TIME, STAFF), F(alert, behind, INT, STAFF), F(alert, tenants, INT, STAFF),
	F(alert, changes, INT, STAFF),
	F(alert, flapping, BOOL, STAFF), F(alert, by, STR, STAFF), F(alert, ticket, STR, OP), F(alert, note, STR, OP),
};

#define MODEL(kind) {#kind, sizeof(struct kind), kind##_fields, (int)(sizeof kind##_fields / sizeof *kind##_fields)}

const struct model models[KIND_COUNT] = {
	[KIND_SITE] = MODEL(site), [KIND_RACK] = MODEL(rack), [KIND_ENCLOSURE] = MODEL(enclosure),
	[KIND_BLADE] = MODEL(blade), [KIND_NOTICE] = MODEL(notice), [KIND_CLUSTER] = MODEL(cluster),
	[KIND_VOLUME] = MODEL(volume), [KIND_ALERT] = MODEL(alert), [KIND_JOB] = MODEL(job), [KIND_LEASE] = MODEL(lease), [KIND_VM] = MODEL(vm),
};

/* gen is the one number that has no sign; it stands at the same place in every object. */
#define GEN offsetof(struct object, gen)
_Static_assert(offsetof(struct site, gen) == GEN && offsetof(struct rack, gen) == GEN &&
	offsetof(struct enclosure, gen) == GEN && offsetof(struct blade, gen) == GEN && offsetof(struct notice, gen) == GEN && offsetof(struct job, gen) == GEN &&
	offsetof(struct cluster, gen) == GEN && offsetof(struct volume, gen) == GEN && offsetof(struct alert, gen) == GEN &&
	offsetof(struct lease, gen) == GEN && offsetof(struct vm, gen) == GEN, "objects begin alike");
_Static_assert(sizeof(struct vm) <= 168 || sizeof(void *) > 8, "a VM is small");

const struct field *field_find(enum kind k, const char *name)
{
	for (int i = 0; i < models[k].nfields; i++) {
		if (!strcmp(models[k].fields[i].name, name))
			return &models[k].fields[i];
	}
	return NULL;
}

int64_t field_int(const struct field *f, const void *o)
{
	const void *at = (const char *)o + f->offset;

	if (f->type == FIELD_STR)
		return 0;
	if (f->type == FIELD_BOOL)
		return *(const bool *)at;
	if (f->offset == GEN)
		return ((const struct object *)o)->gen;
	switch (f->size) {
	case 1:
		return *(const int8_t *)at;
	case 2:
		return *(const int16_t *)at;
	case 4:
		return *(const int32_t *)at;
	default:
		return *(const int64_t *)at;
	}
}

void field_set_int(const struct field *f, void *o, int64_t n)
{
	void *at = (char *)o + f->offset;

	if (f->type == FIELD_STR)
		return;
	if (f->type == FIELD_BOOL) {
		*(bool *)at = n != 0;
		return;
	}
	if (f->offset == GEN) {
		((struct object *)o)->gen = (uint32_t)n;
		return;
	}
	n = int_within(n, f->size);
	switch (f->size) {
	case 1:
		*(int8_t *)at = (int8_t)n;
		break;
	case 2:
		*(int16_t *)at = (int16_t)n;
		break;
	case 4:
		*(int32_t *)at = (int32_t)n;
		break;
	default:
		*(int64_t *)at = n;
	}
}

const char *field_text(const struct field *f, const void *o, char *tmp, size_t size)
{
	const char *const *names;
	int n = field_names(f->type, &names);
	int64_t value;

	if (f->type == FIELD_STR) {
		const char *s = *(const istr *)(const void *)((const char *)o + f->offset);
		size_t len = strlen(s);
		if (len < size)
			return s;
		len = size - 1;
		while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
		memcpy(tmp, s, len);
		tmp[len] = 0;
		return tmp;
	}
	value = field_int(f, o);
	if (n)
		return value >= 0 && value < n ? names[value] : "?";
	if (f->type == FIELD_BOOL)
		return value ? "yes" : "no";
	if (f->type == FIELD_TIME && !value)
		return "";
	snprintf(tmp, size, "%" PRId64, value);
	return tmp;
}

/* ---- objects ---- */

static istr *string_at(const struct field *f, const void *o)
{
	return (istr *)(uintptr_t)((const char *)o + f->offset);
}

void *object_new(enum kind k)
{
	void *o = xcalloc(1, models[k].size);

	for (int i = 0; i < models[k].nfields; i++) {
		if (models[k].fields[i].type == FIELD_STR)
			*string_at(&models[k].fields[i], o) = intern("");
	}
	return o;
}

void object_free(enum kind k, void *o)
{
	if (!o)
		return;
	for (int i = 0; i < models[k].nfields; i++) {
		if (models[k].fields[i].type == FIELD_STR)
			intern_free(*string_at(&models[k].fields[i], o));
	}
	free(o);
}

void object_copy(enum kind k, void *to, const void *from)
{
	if (to == from)
		return;
	for (int i = 0; i < models[k].nfields; i++) {
		const struct field *f = &models[k].fields[i];
		if (f->type == FIELD_STR) {
			istr *slot = string_at(f, to), old = *slot;
			*slot = intern_ref(*string_at(f, from));
			intern_free(old);
		} else {
			field_set_int(f, to, field_int(f, from));
		}
	}
}

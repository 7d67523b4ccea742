/* Tables of columns (columns.h). */
#include "columns.h"

#include "common/text.h"
#include "look.h"
#include "snaps.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

static int compare_int(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Empty ones last. */
static int compare_text(const char *a, const char *b)
{
	if (a == b) /* interned */
		return 0;
	if (!*a != !*b)
		return !*a ? 1 : -1;
	return text_natural_cmp(a, b);
}

static void plain(struct cell *c, const char *text, enum ink ink)
{
	c->text = text;
	c->ink = ink;
}

static void number(struct cell *c, int64_t n, enum ink ink)
{
	snprintf(c->tmp, sizeof c->tmp, "%lld", (long long)n);
	plain(c, c->tmp, ink);
}

/* Memory in GiB: whole where it is whole. */
static void gib(struct cell *c, int64_t kib)
{
	if (kib <= 0)
		c->tmp[0] = '\0';
	else if (kib % (1024 * 1024) == 0)
		snprintf(c->tmp, sizeof c->tmp, "%lld", (long long)(kib / (1024 * 1024)));
	else
		snprintf(c->tmp, sizeof c->tmp, "%.1f", (double)kib / (1024 * 1024));
	plain(c, c->tmp, INK_DIM);
}

#define TEXT_COLUMN(kind, member, paint) \
	static void kind##_##member##_cell(const void *o, struct cell *c, enum tier t) \
	{ \
		plain(c, ((const struct kind *)o)->member, paint); \
	} \
	static int kind##_##member##_compare(const void *a, const void *b) \
	{ \
		return compare_text(((const struct kind *)a)->member, ((const struct kind *)b)->member); \
	}
#define INT_COMPARE(kind, member) \
	static int kind##_##member##_compare(const void *a, const void *b) \
	{ \
		return compare_int(((const struct kind *)a)->member, ((const struct kind *)b)->member); \
	}

/* ---- VMs ---- */

TEXT_COLUMN(vm, tenant, INK_NORMAL)
TEXT_COLUMN(vm, grade, INK_DIM)
TEXT_COLUMN(vm, blade, INK_NORMAL)
TEXT_COLUMN(vm, guest, INK_DIM)
INT_COMPARE(vm, vcpus)
INT_COMPARE(vm, mem_kib)

static const char *vm_name(const void *o)
{
	return ((const struct vm *)o)->name;
}

static int vm_name_compare(const void *a, const void *b)
{
	return compare_text(vm_name(a), vm_name(b));
}

static void vm_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_vm(o, t);

	plain(c, l.sign, l.ink);
}

static void vm_name_cell(const void *o, struct cell *c, enum tier t)
{
	plain(c, vm_name(o), look_vm(o, t).rank >= LOOK_WARN ? INK_BOLD : INK_NORMAL);
}

static void vm_state_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_vm(o, t);

	/* The sign shouts; the word need not shout again. */
	plain(c, l.word, l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink == INK_GOOD ? INK_NORMAL : l.ink);
}

static int vm_state_compare(const void *a, const void *b)
{
	return compare_int(look_vm(b, TIER_ASCII).rank, look_vm(a, TIER_ASCII).rank);
}

static int64_t vm_when(const struct vm *vm)
{
	return vm->live ? vm->since : vm->seen;
}

static void vm_for_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;

	/* What is being done to it has not lasted as long as its state. */
	look_age(c->tmp, sizeof c->tmp, vm->live && *vm->doing ? 0 : vm_when(vm));
	plain(c, c->tmp, INK_DIM);
}

static int vm_for_compare(const void *a, const void *b)
{
	return compare_int(vm_when(b), vm_when(a));
}

static void vm_vcpus_cell(const void *o, struct cell *c, enum tier t)
{
	number(c, ((const struct vm *)o)->vcpus, INK_DIM);
}

static void vm_mem_cell(const void *o, struct cell *c, enum tier t)
{
	gib(c, ((const struct vm *)o)->mem_kib);
}

static void vm_snaps_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;

	snaps_use(vm, c->tmp, sizeof c->tmp);
	plain(c, c->tmp, vm->snaps < 0 ? INK_UNKNOWN : strcmp(vm->snap, "full") == 0 ? INK_WARN : vm->snaps_busy > 0 ? INK_ACTIVE :
		vm->snaps > 0 ? INK_NORMAL : INK_DIM);
}

static int64_t vm_snaps_many(const struct vm *vm)
{
	return vm->snaps < 0 ? -1 : vm->snaps + vm->snaps_busy;
}

/* Full ones first, then those with the most. */
static int vm_snaps_compare(const void *a, const void *b)
{
	const struct vm *x = a, *y = b;
	bool fx = strcmp(x->snap, "full") == 0, fy = strcmp(y->snap, "full") == 0;

	return fx != fy ? (int)fx - (int)fy : compare_int(vm_snaps_many(x), vm_snaps_many(y));
}

static void vm_note_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;

	if (*vm->alert) {
		plain(c, lang_said(NULL, vm->alert), vm->twice ? INK_ALERT_TEXT : INK_WARN);
	} else if (*vm->doing) {
		snprintf(c->tmp, sizeof c->tmp, _("in use by %.40s"), *vm->by ? vm->by : "?");
		plain(c, c->tmp, INK_ACTIVE);
	} else {
		plain(c, vm->protect ? _("protected") : "", INK_DIM);
	}
}

static int vm_note_class(const struct vm *vm)
{
	return vm->twice ? 0 : *vm->alert ? 1 : *vm->doing ? 2 : vm->protect ? 3 : 4;
}

static int vm_note_compare(const void *a, const void *b)
{
	return compare_int(vm_note_class(a), vm_note_class(b));
}

static const struct column vm_list[] = {
	{N_("NAME"), NULL, 12, 40, false, 0, false, vm_name_cell, vm_name_compare},
	{N_("STATE"), "state", 8, 17, false, 1, false, vm_state_cell, vm_state_compare},
	{N_("FOR"), NULL, 6, 6, true, 7, false, vm_for_cell, vm_for_compare},
	{N_("TENANT"), "tenant", 6, 16, false, 3, false, vm_tenant_cell, vm_tenant_compare},
	{N_("GRADE"), "grade", 5, 6, false, 4, false, vm_grade_cell, vm_grade_compare},
	{N_("SNAPS"), NULL, 5, 8, true, 5, true, vm_snaps_cell, vm_snaps_compare},
	{N_("VCPU"), "vcpus", 4, 4, true, 9, true, vm_vcpus_cell, vm_vcpus_compare},
	{N_("GiB"), "mem", 4, 5, true, 8, true, vm_mem_cell, vm_mem_kib_compare},
	{N_("BLADE"), "blade", 5, 16, false, 2, false, vm_blade_cell, vm_blade_compare},
	{N_("GUEST"), "guest", 5, 26, false, 10, false, vm_guest_cell, vm_guest_compare},
	{N_("NOTE"), NULL, 9, 0, false, 6, false, vm_note_cell, vm_note_compare},
};
const struct columns columns_vm = {vm_list, sizeof vm_list / sizeof vm_list[0], 0, vm_sign, vm_name, true,
	N_("No VMs yet."), N_("No VM matches the filter. F clears it.")};

/* ---- a customer's servers ---- */

/* Nobody who comes twice a year knows what 2/3 means. */
static void server_snaps_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;
	char kept[48];

	vm_snaps_cell(o, c, t);
	if (vm->snaps < 0)
		snprintf(kept, sizeof kept, "?");
	else if (vm->snaps_busy > 0)
		snprintf(kept, sizeof kept, "%lld+%lld", (long long)vm->snaps, (long long)vm->snaps_busy);
	else
		snprintf(kept, sizeof kept, "%lld", (long long)vm->snaps);
	if (vm->snaps_max >= 0)
		snprintf(c->tmp, sizeof c->tmp, _("%s of %lld"), kept, (long long)vm->snaps_max);
	else
		snprintf(c->tmp, sizeof c->tmp, "%s", kept);
	c->text = c->tmp;
}

static void server_note_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;
	const char *id = strchr(vm->job, ':');

	if (*vm->doing && id) {
		snprintf(c->tmp, sizeof c->tmp, _("job %s"), id + 1);
		plain(c, c->tmp, INK_ACTIVE);
	} else {
		plain(c, vm->protect ? _("protected") : "", INK_DIM);
	}
}

static const struct column server_list[] = {
	{N_("NAME"), NULL, 12, 40, false, 0, false, vm_name_cell, vm_name_compare},
	{N_("STATE"), "state", 8, 17, false, 1, false, vm_state_cell, vm_state_compare},
	{N_("FOR"), NULL, 6, 6, true, 4, false, vm_for_cell, vm_for_compare},
	{N_("GRADE"), "grade", 5, 6, false, 5, false, vm_grade_cell, vm_grade_compare},
	{N_("VCPU"), "vcpus", 4, 4, true, 7, true, vm_vcpus_cell, vm_vcpus_compare},
	{N_("GiB"), "mem", 4, 5, true, 6, true, vm_mem_cell, vm_mem_kib_compare},
	{N_("SNAPSHOTS"), NULL, 9, 9, true, 3, true, server_snaps_cell, vm_snaps_compare},
	{N_("GUEST"), "guest", 5, 26, false, 8, false, vm_guest_cell, vm_guest_compare},
	{N_("NOTE"), NULL, 9, 0, false, 2, false, server_note_cell, vm_note_compare},
};
const struct columns columns_server = {server_list, sizeof server_list / sizeof server_list[0], 0, vm_sign, vm_name, true,
	N_("No servers are assigned to you."), N_("No server matches the filter. F clears it.")};

/* ---- blades ---- */

TEXT_COLUMN(blade, rack, INK_DIM)
TEXT_COLUMN(blade, enclosure, INK_DIM)
TEXT_COLUMN(blade, cluster, INK_DIM)
TEXT_COLUMN(blade, version, INK_DIM)
INT_COMPARE(blade, place)
INT_COMPARE(blade, vms)
INT_COMPARE(blade, running)
INT_COMPARE(blade, mem_kib)

/* For sorting: bays without a blade come last. */
static const char *blade_name(const void *o)
{
	const char *name = ((const struct blade *)o)->name;

	return *name ? name : "~";
}

static int blade_name_compare(const void *a, const void *b)
{
	return compare_text(blade_name(a), blade_name(b));
}

static void blade_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_blade(o, t);

	plain(c, *l.sign ? l.sign : glyph_text(GLYPH_DOT, t), l.ink);
}

static void blade_name_cell(const void *o, struct cell *c, enum tier t)
{
	if (*((const struct blade *)o)->name)
		plain(c, blade_name(o), look_blade(o, t).rank >= LOOK_WARN ? INK_BOLD : INK_NORMAL);
	else
		plain(c, _("(bay)"), INK_DIM);
}

static void blade_host_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_blade(o, t);

	plain(c, l.word, l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink == INK_GOOD ? INK_NORMAL : l.ink);
}

static int blade_host_compare(const void *a, const void *b)
{
	return compare_int(look_blade(b, TIER_ASCII).rank, look_blade(a, TIER_ASCII).rank);
}

static void blade_power_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_power(o, t);

	plain(c, l.word, l.ink == INK_GOOD ? INK_NORMAL : l.ink);
}

static int blade_power_compare(const void *a, const void *b)
{
	const struct blade *x = a, *y = b;

	return compare_int(x->power * 2 - x->power_live, y->power * 2 - y->power_live);
}

static void blade_for_cell(const void *o, struct cell *c, enum tier t)
{
	look_age(c->tmp, sizeof c->tmp, look_blade(o, t).rank == LOOK_OFF ? ((const struct blade *)o)->power_since : ((const struct blade *)o)->seen);
	plain(c, c->tmp, INK_DIM);
}

static int blade_for_compare(const void *a, const void *b)
{
	return compare_int(((const struct blade *)b)->seen, ((const struct blade *)a)->seen);
}

static void blade_bay_cell(const void *o, struct cell *c, enum tier t)
{
	plain(c, ((const struct blade *)o)->bay, INK_DIM);
}

static void blade_running_cell(const void *o, struct cell *c, enum tier t)
{
	const struct blade *b = o;

	number(c, b->running, b->host == HOST_UP ? INK_NORMAL : INK_DIM);
}

static void blade_vms_cell(const void *o, struct cell *c, enum tier t)
{
	number(c, ((const struct blade *)o)->vms, INK_DIM);
}

static void blade_load_cell(const void *o, struct cell *c, enum tier t)
{
	double load = look_load(o);

	if (load > 0)
		snprintf(c->tmp, sizeof c->tmp, "%s%4d", glyph_load(load, t), load < 99 ? (int)(load * 100 + 0.5) : 9900);
	else
		c->tmp[0] = '\0';
	plain(c, c->tmp, INK_LOAD);
}

static int blade_load_compare(const void *a, const void *b)
{
	double x = look_load(a), y = look_load(b);

	return x < y ? -1 : x > y;
}

static void blade_mem_cell(const void *o, struct cell *c, enum tier t)
{
	gib(c, ((const struct blade *)o)->mem_kib);
}

static void blade_note_cell(const void *o, struct cell *c, enum tier t)
{
	const struct blade *b = o;

	if (*b->doing) {
		snprintf(c->tmp, sizeof c->tmp, _("in use by %.40s"), *b->by ? b->by : "?");
		plain(c, c->tmp, INK_ACTIVE);
	} else if (*b->alert) {
		plain(c, look_alert(b), INK_WARN);
	} else if (*b->why && look_blade(b, t).rank != LOOK_OFF) {
		plain(c, lang_said(b->why_id, b->why), INK_DIM);
	} else if (*b->owner) {
		snprintf(c->tmp, sizeof c->tmp, _("owner %.50s"), b->owner);
		plain(c, c->tmp, INK_DIM);
	} else {
		plain(c, "", INK_DIM);
	}
}

static int blade_note_compare(const void *a, const void *b)
{
	const struct blade *x = a, *y = b;

	return compare_text(*x->alert ? x->alert : x->why, *y->alert ? y->alert : y->why);
}

static const struct column blade_list[] = {
	{N_("NAME"), NULL, 10, 24, false, 0, false, blade_name_cell, blade_name_compare},
	{N_("HOST"), "host", 10, 13, false, 1, false, blade_host_cell, blade_host_compare},
	{N_("POWER"), "power", 5, 9, false, 4, false, blade_power_cell, blade_power_compare},
	{N_("FOR"), NULL, 6, 6, true, 5, false, blade_for_cell, blade_for_compare},
	{N_("RACK"), "rack", 4, 12, false, 7, false, blade_rack_cell, blade_rack_compare},
	{N_("ENCL"), "enclosure", 4, 12, false, 6, false, blade_enclosure_cell, blade_enclosure_compare},
	{N_("BAY"), NULL, 3, 5, true, 6, false, blade_bay_cell, blade_place_compare},
	{N_("RUN"), "running", 3, 5, true, 2, true, blade_running_cell, blade_running_compare},
	{N_("VMS"), "vms", 3, 5, true, 8, true, blade_vms_cell, blade_vms_compare},
	{N_("LOAD %"), NULL, 6, 6, true, 3, true, blade_load_cell, blade_load_compare},
	{N_("GiB"), NULL, 5, 6, true, 9, true, blade_mem_cell, blade_mem_kib_compare},
	{N_("CLUSTER"), "cluster", 7, 14, false, 9, false, blade_cluster_cell, blade_cluster_compare},
	{N_("RUNS"), NULL, 8, 30, false, 10, false, blade_version_cell, blade_version_compare},
	{N_("NOTE"), NULL, 12, 0, false, 4, false, blade_note_cell, blade_note_compare},
};
const struct columns columns_blade = {blade_list, sizeof blade_list / sizeof blade_list[0], 0, blade_sign, blade_name, true,
	N_("No blades yet."), N_("No blade matches the filter. F clears it.")};

/* ---- jobs ---- */

TEXT_COLUMN(job, targets, INK_NORMAL)
TEXT_COLUMN(job, by, INK_NORMAL)
INT_COMPARE(job, started)

static void job_text_cell(const void *o, struct cell *c, enum tier t)
{
	const struct job *j = o;

	plain(c, lang_said(j->text_id, j->text), INK_DIM);
}

static int job_text_compare(const void *a, const void *b)
{
	return compare_text(((const struct job *)a)->text, ((const struct job *)b)->text);
}

/* Without the kind's prefix. */
static const char *job_id(const void *o)
{
	const char *id = ((const struct job *)o)->id, *colon = strchr(id, ':');

	return colon ? colon + 1 : id;
}

static void job_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_job(o, t);

	plain(c, l.sign, l.ink);
}

static void job_id_cell(const void *o, struct cell *c, enum tier t)
{
	plain(c, job_id(o), INK_DIM);
}

static int job_id_compare(const void *a, const void *b)
{
	return strcmp(job_id(a), job_id(b));
}

static void job_state_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_job(o, t);

	plain(c, l.word, l.ink);
}

static int job_state_compare(const void *a, const void *b)
{
	return compare_int(((const struct job *)a)->state, ((const struct job *)b)->state);
}

static void job_verb_cell(const void *o, struct cell *c, enum tier t)
{
	plain(c, look_verb(((const struct job *)o)->verb), INK_NORMAL);
}

static int job_verb_compare(const void *a, const void *b)
{
	return compare_text(((const struct job *)a)->verb, ((const struct job *)b)->verb);
}

static void job_started_cell(const void *o, struct cell *c, enum tier t)
{
	look_time(c->tmp, sizeof c->tmp, ((const struct job *)o)->started);
	plain(c, c->tmp, INK_DIM);
}

static int64_t job_seconds(const struct job *j)
{
	return j->ended > 0 ? j->ended - j->started : -j->started;
}

static void job_took_cell(const void *o, struct cell *c, enum tier t)
{
	const struct job *j = o;

	if (j->ended > 0 && j->ended - j->started < 60)
		snprintf(c->tmp, sizeof c->tmp, _("%d s"), (int)(j->ended - j->started));
	else if (j->ended > 0)
		lang_age(c->tmp, sizeof c->tmp, j->ended - j->started);
	else
		look_elapsed(c->tmp, sizeof c->tmp, j->started);
	plain(c, c->tmp, j->ended > 0 ? INK_DIM : INK_ACTIVE);
}

static int job_took_compare(const void *a, const void *b)
{
	return compare_int(job_seconds(a), job_seconds(b));
}

static const struct column job_list[] = {
	{N_("JOB"), NULL, 6, 8, false, 6, false, job_id_cell, job_id_compare},
	{N_("STATE"), "state", 9, 15, false, 1, false, job_state_cell, job_state_compare},
	{N_("ACTION"), "verb", 9, 15, false, 0, false, job_verb_cell, job_verb_compare},
	{N_("TARGET"), "targets", 10, 30, false, 0, false, job_targets_cell, job_targets_compare},
	{N_("BY"), "by", 4, 14, false, 3, false, job_by_cell, job_by_compare},
	{N_("STARTED"), NULL, 16, 16, false, 4, true, job_started_cell, job_started_compare},
	{N_("TOOK"), NULL, 6, 6, true, 5, true, job_took_cell, job_took_compare},
	{N_("OUTCOME"), NULL, 12, 0, false, 2, false, job_text_cell, job_text_compare},
};
const struct columns columns_job = {job_list, sizeof job_list / sizeof job_list[0], 5, job_sign, job_id, false,
	N_("No jobs yet. Each action that somebody starts stands here with its outcome."), N_("No job matches the filter. F clears it.")};

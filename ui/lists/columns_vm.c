/* The columns of VMs, as an operator sees them and as their customer does (columns.h). */
#include "lists/columns_inside.h"

#include "link/snaps.h"
#include "link/stats.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

/* ---- as an operator sees them ---- */

TEXT_COLUMN(vm, tenant, INK_NORMAL)
TEXT_COLUMN(vm, grade, INK_DIM)
TEXT_COLUMN(vm, blade, INK_NORMAL)
TEXT_COLUMN(vm, guest, INK_DIM)
TEXT_COLUMN(vm, uuid, INK_DIM)
TEXT_COLUMN(vm, macs, INK_DIM)
TEXT_COLUMN(vm, pair, INK_NORMAL)
TEXT_COLUMN(vm, volumes, INK_NORMAL)
TEXT_COLUMN(vm, by, INK_NORMAL)
TEXT_COMPARE(vm, addresses)
INT_COMPARE(vm, vcpus)
INT_COMPARE(vm, mem_kib)

static const char *vm_name(const void *o)
{
	return ((const struct vm *)o)->name;
}

static int vm_name_compare(const void *a, const void *b)
{
	return columns_compare_text(vm_name(a), vm_name(b));
}

static void vm_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_vm(o, t);

	cell_text(c, l.sign, l.ink);
}

static void vm_name_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, vm_name(o), look_vm_rank(o) >= LOOK_WARN ? INK_BOLD : INK_NORMAL);
}

static void vm_state_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_vm(o, t);

	cell_text(c, l.word, look_word_ink(l.ink));
}

static int64_t vm_state_number(const void *o)
{
	return -(int64_t)look_vm_rank(o);
}

NUMBER_COMPARE(vm_state)

static int64_t vm_when(const struct vm *vm)
{
	return vm->live ? vm->since : vm->seen;
}

static void vm_for_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;

	/* What is being done to it has not lasted as long as its state. */
	look_age(c->tmp, sizeof c->tmp, vm->live && *vm->doing ? 0 : vm_when(vm));
	cell_text(c, c->tmp, INK_DIM);
}

static int64_t vm_for_number(const void *o)
{
	return -vm_when(o);
}

NUMBER_COMPARE(vm_for)

static void vm_vcpus_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, "", INK_DIM);
	if (((const struct vm *)o)->vcpus > 0) /* else not known yet, as its memory */
		cell_number(c, ((const struct vm *)o)->vcpus, INK_DIM);
}

static void vm_mem_cell(const void *o, struct cell *c, enum tier t)
{
	cell_gib(c, ((const struct vm *)o)->mem_kib);
}

/* ---- what it does now: known of rows on the screen alone, so that nothing is sorted by it ---- */

static void load_cell(struct cell *c, double load, enum tier t)
{
	if (load > 1)
		load = 1;
	snprintf(c->tmp, sizeof c->tmp, "%s %3d", glyph_load(load, t), (int)(load * 100 + 0.5));
	cell_text(c, c->tmp, INK_LOAD);
}

/* What was measured before it went off is not what it does now. */
static const struct stat_sample *now_of(const struct vm *vm)
{
	return vm->live && vm_state_is_active(vm->state) ? stats_now(vm->id) : NULL;
}

static void vm_cpu_cell(const void *o, struct cell *c, enum tier t)
{
	const struct stat_sample *now = now_of(o);

	cell_text(c, "", INK_DIM);
	if (now && now->cpu >= 0)
		load_cell(c, now->cpu / 1000.0, t);
}

static void vm_memory_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;
	const struct stat_sample *now = now_of(vm);

	cell_text(c, "", INK_DIM);
	if (now && now->mem >= 0 && vm->mem_kib > 0)
		load_cell(c, (double)now->mem / (double)vm->mem_kib, t);
}

bool column_is_now(const struct column *c)
{
	return c->cell == vm_cpu_cell || c->cell == vm_memory_cell;
}

/* The first, and how many more. */
static void vm_address_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;
	size_t n = strcspn(vm->addresses, ",");
	int more = 0;

	for (const char *p = vm->addresses + n; *p; p++)
		more += *p == ',';
	cell_text(c, vm->addresses, INK_NORMAL);
	if (more == 0)
		return;
	snprintf(c->tmp, sizeof c->tmp, "%.*s +%d", (int)(n < 48 ? n : 48), vm->addresses, more);
	c->text = c->tmp;
}

static void vm_snaps_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;

	snaps_use(vm, c->tmp, sizeof c->tmp);
	cell_text(c, c->tmp, vm->snaps < 0 ? INK_UNKNOWN : strcmp(vm->snap, "full") == 0 ? INK_WARN : vm->snaps_busy > 0 ? INK_ACTIVE :
		vm->snaps > 0 ? INK_NORMAL : INK_DIM);
}

/* Full ones first, then those with the most. */
static int64_t vm_snaps_number(const void *o)
{
	const struct vm *vm = o;
	int64_t many = vm->snaps < 0 ? -1 : vm->snaps + vm->snaps_busy;

	return strcmp(vm->snap, "full") == 0 ? many + 1000000 : many;
}

NUMBER_COMPARE(vm_snaps)

static void vm_note_cell(const void *o, struct cell *c, enum tier t)
{
	const struct vm *vm = o;

	if (*vm->alert) {
		cell_text(c, lang_said(NULL, vm->alert), vm->twice ? INK_ALERT_TEXT : INK_WARN);
	} else if (*vm->doing) {
		snprintf(c->tmp, sizeof c->tmp, _("in use by %.40s"), *vm->by ? vm->by : "?");
		cell_text(c, c->tmp, INK_ACTIVE);
	} else {
		cell_text(c, vm->protect ? _("protected") : "", INK_DIM);
	}
}

static int64_t vm_note_number(const void *o)
{
	const struct vm *vm = o;

	return vm->twice ? 0 : *vm->alert ? 1 : *vm->doing ? 2 : vm->protect ? 3 : 4;
}

NUMBER_COMPARE(vm_note)

static void vm_since_cell(const void *o, struct cell *c, enum tier t)
{
	look_time(c->tmp, sizeof c->tmp, vm_when(o));
	cell_text(c, c->tmp, INK_DIM);
}

/* They are there for who chooses them. */
#define CHOSEN 100

static const struct column vm_list[] = {
	{N_("NAME"), NULL, 12, 40, false, 0, false, vm_name_cell, vm_name_compare, NULL, NULL},
	{N_("STATE"), "state", 8, 17, false, 1, false, vm_state_cell, vm_state_compare, NULL, vm_state_number},
	{N_("FOR"), NULL, 6, 6, true, 7, false, vm_for_cell, vm_for_compare, NULL, vm_for_number},
	{N_("ADDRESS"), "addresses", 7, 19, false, 10, false, vm_address_cell, vm_addresses_compare, vm_addresses_text, NULL},
	{N_("TENANT"), "tenant", 6, 16, false, 3, false, vm_tenant_cell, vm_tenant_compare, vm_tenant_text, NULL},
	{N_("GRADE"), "grade", 5, 6, false, 4, false, vm_grade_cell, vm_grade_compare, vm_grade_text, NULL},
	{N_("CPU %"), NULL, 5, 5, true, 8, true, vm_cpu_cell, NULL, NULL, NULL},
	{N_("MEM %"), NULL, 5, 5, true, 9, true, vm_memory_cell, NULL, NULL, NULL},
	{N_("SNAPS"), NULL, 5, 8, true, 5, true, vm_snaps_cell, vm_snaps_compare, NULL, vm_snaps_number},
	{N_("VCPU"), "vcpus", 4, 4, true, 12, true, vm_vcpus_cell, vm_vcpus_compare, NULL, vm_vcpus_number},
	{N_("GiB"), "mem", 4, 5, true, 11, true, vm_mem_cell, vm_mem_kib_compare, NULL, vm_mem_kib_number},
	{N_("BLADE"), "blade", 5, 16, false, 2, false, vm_blade_cell, vm_blade_compare, vm_blade_text, NULL},
	{N_("GUEST"), "guest", 5, 30, false, 13, false, vm_guest_cell, vm_guest_compare, vm_guest_text, NULL},
	{N_("NOTE"), NULL, 9, 0, false, 6, false, vm_note_cell, vm_note_compare, NULL, vm_note_number},
	{N_("SINCE"), NULL, 16, 16, false, CHOSEN, false, vm_since_cell, vm_for_compare, NULL, vm_for_number},
	{N_("PAIR"), "pair", 4, 24, false, CHOSEN, false, vm_pair_cell, vm_pair_compare, vm_pair_text, NULL},
	{N_("VOLUMES"), "volumes", 7, 24, false, CHOSEN, false, vm_volumes_cell, vm_volumes_compare, vm_volumes_text, NULL},
	{N_("IN USE BY"), NULL, 9, 16, false, CHOSEN, false, vm_by_cell, vm_by_compare, vm_by_text, NULL},
	{N_("MAC"), "macs", 17, 36, false, CHOSEN, false, vm_macs_cell, vm_macs_compare, vm_macs_text, NULL},
	{N_("UUID"), "uuid", 36, 36, false, CHOSEN, false, vm_uuid_cell, vm_uuid_compare, vm_uuid_text, NULL},
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

	if (*vm->doing && *vm->job) {
		snprintf(c->tmp, sizeof c->tmp, _("job %s"), look_id(vm->job));
		cell_text(c, c->tmp, INK_ACTIVE);
	} else {
		cell_text(c, vm->protect ? _("protected") : "", INK_DIM);
	}
}

static const struct column server_list[] = {
	{N_("NAME"), NULL, 12, 40, false, 0, false, vm_name_cell, vm_name_compare, NULL, NULL},
	{N_("STATE"), "state", 8, 17, false, 1, false, vm_state_cell, vm_state_compare, NULL, vm_state_number},
	{N_("FOR"), NULL, 6, 6, true, 4, false, vm_for_cell, vm_for_compare, NULL, vm_for_number},
	{N_("ADDRESS"), "addresses", 7, 19, false, 9, false, vm_address_cell, vm_addresses_compare, vm_addresses_text, NULL},
	{N_("GRADE"), "grade", 5, 6, false, 5, false, vm_grade_cell, vm_grade_compare, vm_grade_text, NULL},
	{N_("CPU %"), NULL, 5, 5, true, 10, true, vm_cpu_cell, NULL, NULL, NULL},
	{N_("MEM %"), NULL, 5, 5, true, 11, true, vm_memory_cell, NULL, NULL, NULL},
	{N_("VCPU"), "vcpus", 4, 4, true, 7, true, vm_vcpus_cell, vm_vcpus_compare, NULL, vm_vcpus_number},
	{N_("GiB"), "mem", 4, 5, true, 6, true, vm_mem_cell, vm_mem_kib_compare, NULL, vm_mem_kib_number},
	{N_("SNAPSHOTS"), NULL, 6, 9, true, 3, true, server_snaps_cell, vm_snaps_compare, NULL, vm_snaps_number},
	{N_("GUEST"), "guest", 5, 30, false, 8, false, vm_guest_cell, vm_guest_compare, vm_guest_text, NULL},
	{N_("NOTE"), NULL, 9, 0, false, 2, false, server_note_cell, vm_note_compare, NULL, vm_note_number},
	{N_("SINCE"), NULL, 16, 16, false, CHOSEN, false, vm_since_cell, vm_for_compare, NULL, vm_for_number},
	{N_("MAC"), "macs", 17, 36, false, CHOSEN, false, vm_macs_cell, vm_macs_compare, vm_macs_text, NULL},
	{N_("UUID"), "uuid", 36, 36, false, CHOSEN, false, vm_uuid_cell, vm_uuid_compare, vm_uuid_text, NULL},
};
const struct columns columns_server = {server_list, sizeof server_list / sizeof server_list[0], 0, vm_sign, vm_name, true,
	N_("No servers are assigned to you."), N_("No server matches the filter. F clears it.")};

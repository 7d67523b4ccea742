/* The table of what can be listed (cli_listing.h): cells, order, rows. Cells of the metal, of clusters and volumes and of alerts have files
 * of their own. */
#include "cli/cli_listing.h"

#include "cli/cli.h"
#include "cli/cli_alerts.h"
#include "cli/cli_metal.h"
#include "cli/cli_site.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "link/snaps.h"
#include "tr.h"
#include "views/notices.h"

#include <string.h>

/* ---- cells ---- */

static void count_under(const struct registry *r, const char *rack, const char *enclosure, int64_t *vms, int64_t *running,
	int64_t *blades, int64_t *up)
{
	uint32_t slots = registry_slots(r, KIND_BLADE);

	*vms = *running = *blades = *up = 0;
	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *bl = registry_at(r, KIND_BLADE, s);
		if (!bl || (rack && bl->rack != rack) || (enclosure && bl->enclosure != enclosure))
			continue;
		++*blades;
		*up += bl->host == HOST_UP;
		*vms += bl->vms;
		*running += bl->running;
	}
}

enum count { COUNT_BLADES, COUNT_UP, COUNT_VMS, COUNT_RUNNING };
static void put_count(struct buf *b, const struct registry *r, const char *rack, const char *enclosure, enum count which)
{
	int64_t vms, running, blades, up;

	count_under(r, rack, enclosure, &vms, &running, &blades, &up);
	const int64_t counts[] = { [COUNT_BLADES] = blades, [COUNT_UP] = up, [COUNT_VMS] = vms, [COUNT_RUNNING] = running };
	buf_json_int(b, counts[which]);
}

#define COUNT_CELLS(what, count) \
	static void rack_##what(struct buf *b, const struct registry *r, const void *o) \
	{ \
		put_count(b, r, ((const struct rack *)o)->name, NULL, count); \
	} \
	static void enclosure_##what(struct buf *b, const struct registry *r, const void *o) \
	{ \
		put_count(b, r, NULL, ((const struct enclosure *)o)->name, count); \
	}
COUNT_CELLS(blades, COUNT_BLADES)
COUNT_CELLS(up, COUNT_UP)
COUNT_CELLS(vms, COUNT_VMS)
COUNT_CELLS(running, COUNT_RUNNING)

static void rack_enclosures(struct buf *b, const struct registry *r, const void *o)
{
	int64_t n = 0;
	uint32_t slots = registry_slots(r, KIND_ENCLOSURE);

	for (uint32_t s = 0; s < slots; s++) {
		const struct enclosure *e = registry_at(r, KIND_ENCLOSURE, s);
		n += e && e->rack == ((const struct rack *)o)->name;
	}
	buf_json_int(b, n);
}

static void enclosure_shape(struct buf *b, const struct registry *r, const void *o)
{
	const struct enclosure *e = o;

	buf_printf(b, "%lldx%lld", (long long)e->rows, (long long)e->columns);
}

/* What is only remembered is marked: "off?" is not "off". */
static void vm_state_cell(struct buf *b, const struct registry *r, const void *o)
{
	const struct vm *vm = o;

	buf_str(b, vm_state_name(vm->state));
	if (!vm->live && vm->state != VM_UNKNOWN)
		buf_str(b, "?");
}

static void vm_seen(struct buf *b, const struct registry *r, const void *o)
{
	const struct vm *vm = o;

	if (vm->live)
		buf_str(b, _("now"));
	else
		cli_age_cell(b, vm->seen);
}

static void vm_vcpus(struct buf *b, const struct registry *r, const void *o)
{
	if (((const struct vm *)o)->vcpus > 0) /* else not known yet, as its memory */
		buf_printf(b, "%d", ((const struct vm *)o)->vcpus);
}

static void vm_memory(struct buf *b, const struct registry *r, const void *o)
{
	char all[32];

	text_bytes_kib(all, sizeof all, (unsigned long long)((const struct vm *)o)->mem_kib);
	buf_str(b, ((const struct vm *)o)->mem_kib > 0 ? all : "");
}

static void vm_snaps(struct buf *b, const struct registry *r, const void *o)
{
	char use[64];

	snaps_use(o, use, sizeof use);
	buf_str(b, use);
}

static void vm_note(struct buf *b, const struct registry *r, const void *o)
{
	const struct vm *vm = o;
	const char *between = "";

	if (vm->doing[0]) {
		/* A customer is not told which of the provider's people it is; the job is what he can quote. */
		if (vm->by[0])
			buf_printf(b, _("%s by %s"), vm->doing, vm->by);
		else
			buf_printf(b, _("%s (job %s)"), vm->doing, look_id(vm->job));
		between = "; ";
	}
	if (vm->protect) {
		buf_printf(b, "%s%s", between, _("protected"));
		between = "; ";
	}
	if (vm->alert[0])
		buf_printf(b, "%s%s", between, lang_said(NULL, vm->alert));
}

static void job_id(struct buf *b, const struct registry *r, const void *o)
{
	buf_str(b, look_id(((const struct job *)o)->id));
}

static void job_started(struct buf *b, const struct registry *r, const void *o)
{
	cli_time(b, ((const struct job *)o)->started);
}

static void job_took(struct buf *b, const struct registry *r, const void *o)
{
	const struct job *j = o;

	if (j->started)
		cli_took(b, (j->ended ? j->ended : clock_wall_s()) - j->started);
}

static void lease_since(struct buf *b, const struct registry *r, const void *o)
{
	cli_time(b, ((const struct lease *)o)->since);
}

static void lease_job(struct buf *b, const struct registry *r, const void *o)
{
	buf_str(b, look_id(((const struct lease *)o)->job));
}

static void notice_since(struct buf *b, const struct registry *r, const void *o)
{
	cli_time(b, ((const struct notice *)o)->since);
}

static void notice_until(struct buf *b, const struct registry *r, const void *o)
{
	cli_time(b, ((const struct notice *)o)->until);
}

static void notice_text(struct buf *b, const struct registry *r, const void *o)
{
	buf_str(b, notice_words(o));
}

/* ---- order ---- */

static int64_t rack_order(const struct registry *r, const char *rack)
{
	void *o;

	return registry_named(r, KIND_RACK, rack, &o, 1) ? ((const struct rack *)o)->order : INT64_MAX;
}

static int64_t enclosure_order(const struct registry *r, const char *enclosure)
{
	void *o;

	return registry_named(r, KIND_ENCLOSURE, enclosure, &o, 1) ? ((const struct enclosure *)o)->order : INT64_MAX;
}

static int cmp_int(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int cmp_rack(const struct registry *r, const void *a, const void *b)
{
	return cmp_int(((const struct rack *)a)->order, ((const struct rack *)b)->order);
}

static int cmp_enclosure(const struct registry *r, const void *a, const void *b)
{
	const struct enclosure *x = a, *y = b;
	int c = cmp_int(rack_order(r, x->rack), rack_order(r, y->rack));

	return c ? c : cmp_int(x->order, y->order);
}

/* As they stand in the racks. */
static int cmp_blade(const struct registry *r, const void *a, const void *b)
{
	const struct blade *x = a, *y = b;
	int c = cmp_int(rack_order(r, x->rack), rack_order(r, y->rack));

	if (!c && x->enclosure != y->enclosure)
		c = cmp_int(enclosure_order(r, x->enclosure), enclosure_order(r, y->enclosure));
	if (!c)
		c = cmp_int(x->place, y->place);
	return c ? c : text_natural_cmp(x->name, y->name);
}

static int cmp_vm(const struct registry *r, const void *a, const void *b)
{
	const struct vm *x = a, *y = b;
	int c = text_natural_cmp(x->name, y->name);

	return c ? c : text_natural_cmp(x->blade, y->blade);
}

static int cmp_job(const struct registry *r, const void *a, const void *b)
{
	const struct job *x = a, *y = b;
	int c = cmp_int(x->started, y->started);

	/* Within a second: in the order in which they came. */
	return c ? c : cmp_int(registry_slot(r, KIND_JOB, a), registry_slot(r, KIND_JOB, b));
}

static int cmp_notice(const struct registry *r, const void *a, const void *b)
{
	return notice_cmp(a, b);
}

static int cmp_cluster(const struct registry *r, const void *a, const void *b)
{
	return text_natural_cmp(((const struct cluster *)a)->name, ((const struct cluster *)b)->name);
}

static int cmp_volume(const struct registry *r, const void *a, const void *b)
{
	return text_natural_cmp(((const struct volume *)a)->name, ((const struct volume *)b)->name);
}

static int cmp_lease(const struct registry *r, const void *a, const void *b)
{
	const struct lease *x = a, *y = b;
	int c = cmp_int(x->since, y->since);

	return c ? c : text_natural_cmp(x->name, y->name);
}

/* ---- the listings ---- */

#define NEEDS(kind) (1u << KIND_##kind)
static const struct listing listings[] = {
	{ "racks", KIND_RACK, NEEDS(RACK) | NEEDS(ENCLOSURE) | NEEDS(BLADE), cmp_rack,
		{ { N_("NAME"), "name", NULL, false }, { N_("ENCLOSURES"), NULL, rack_enclosures, true }, { N_("BLADES"), NULL, rack_blades, true },
			{ N_("HOSTS-UP"), NULL, rack_up, true }, { N_("VMS"), NULL, rack_vms, true }, { N_("RUNNING"), NULL, rack_running, true } } },
	{ "enclosures", KIND_ENCLOSURE, NEEDS(RACK) | NEEDS(ENCLOSURE) | NEEDS(BLADE), cmp_enclosure,
		{ { N_("NAME"), "name", NULL, false }, { N_("RACK"), "rack", NULL, false }, { N_("SHAPE"), NULL, enclosure_shape, true },
			{ N_("BAYS"), "bays", NULL, true }, { N_("BLADES"), NULL, enclosure_blades, true }, { N_("HOSTS-UP"), NULL, enclosure_up, true },
			{ N_("VMS"), NULL, enclosure_vms, true }, { N_("RUNNING"), NULL, enclosure_running, true }, { N_("ON"), NULL, cli_enclosure_power_on, true },
			{ N_("HEALTH"), NULL, cli_enclosure_health, false }, { N_("MANAGER"), NULL, cli_enclosure_manager, false }, { N_("DIALECT"), "dialect", NULL, false },
			{ N_("NOTE"), NULL, cli_enclosure_note, false } } },
	{ "blades", KIND_BLADE, NEEDS(RACK) | NEEDS(ENCLOSURE) | NEEDS(BLADE), cmp_blade,
		{ { N_("NAME"), "name", NULL, false }, { N_("RACK"), "rack", NULL, false }, { N_("ENCLOSURE"), "enclosure", NULL, false },
			{ N_("BAY"), "bay", NULL, true }, { N_("HOST"), "host", NULL, false }, { N_("SEEN"), NULL, cli_blade_seen, true },
			{ N_("POWER"), NULL, cli_blade_power, false }, { N_("HEALTH"), NULL, cli_blade_health, false }, { N_("MANAGER"), NULL, cli_blade_manager, false },
			{ N_("VMS"), "vms", NULL, true }, { N_("RUNNING"), "running", NULL, true }, { N_("MEMORY"), NULL, cli_blade_memory, true },
			{ N_("NOTE"), NULL, cli_blade_note, false } } },
	{ "vms", KIND_VM, NEEDS(BLADE) | NEEDS(VM), cmp_vm,
		{ { N_("NAME"), "name", NULL, false }, { N_("STATE"), NULL, vm_state_cell, false }, { N_("SEEN"), NULL, vm_seen, true },
			{ N_("BLADE"), "blade", NULL, false }, { N_("TENANT"), "tenant", NULL, false }, { N_("GRADE"), "grade", NULL, false },
			{ N_("VCPUS"), NULL, vm_vcpus, true }, { N_("MEMORY"), NULL, vm_memory, true }, { N_("SNAPS"), NULL, vm_snaps, true },
			{ N_("NOTE"), NULL, vm_note, false } } },
	{ "jobs", KIND_JOB, NEEDS(BLADE) | NEEDS(JOB), cmp_job,
		{ { N_("JOB"), NULL, job_id, false }, { N_("STARTED"), NULL, job_started, false }, { N_("VERB"), "verb", NULL, false },
			{ N_("STATE"), "state", NULL, false }, { N_("TOOK"), NULL, job_took, true }, { N_("BY"), "by", NULL, false },
			{ N_("TARGETS"), "targets", NULL, false }, { N_("OUTCOME"), "text", NULL, false } } },
	{ "clusters", KIND_CLUSTER, NEEDS(CLUSTER) | NEEDS(ENCLOSURE) | NEEDS(BLADE), cmp_cluster,
		{ { N_("NAME"), "name", NULL, false }, { N_("PATTERN"), "pattern", NULL, false }, { N_("NODES"), "nodes", NULL, true },
			{ N_("SURE"), "sure", NULL, true }, { N_("UNKNOWN"), "unknown", NULL, true }, { N_("NEEDED"), "needed", NULL, true },
			{ N_("QUORUM"), "quorum", NULL, false }, { N_("VMS"), "vms", NULL, true }, { N_("MEMORY"), NULL, cli_cluster_memory, true },
			{ N_("BLADE-LOST"), NULL, cli_cluster_blade, false }, { N_("ENCLOSURE-LOST"), NULL, cli_cluster_enclosure, false },
			{ N_("RACK-LOST"), NULL, cli_cluster_rack, false } } },
	{ "volumes", KIND_VOLUME, NEEDS(VOLUME) | NEEDS(BLADE), cmp_volume,
		{ { N_("NAME"), "name", NULL, false }, { N_("CLUSTER"), "cluster", NULL, false }, { N_("SIZE"), NULL, cli_volume_size, true },
			{ N_("VMS"), "vms", NULL, true }, { N_("MAX"), "vms_max", NULL, true }, { N_("FITS"), NULL, cli_volume_fits, true },
			{ N_("PROMISED"), NULL, cli_volume_promised, true }, { N_("OVERCOMMIT"), NULL, cli_volume_overcommit, true } } },
	{ "alerts", KIND_ALERT, NEEDS(ALERT) | NEEDS(BLADE) | NEEDS(ENCLOSURE), cli_alert_cmp,
		{ { N_("ALERT"), NULL, cli_alert_id, false }, { N_("STATE"), "state", NULL, false }, { N_("LEVEL"), "level", NULL, false },
			{ N_("SINCE"), NULL, cli_alert_since, false }, { N_("BEHIND"), NULL, cli_alert_behind, true }, { N_("PLACE"), "place", NULL, false },
			{ N_("WHO"), NULL, cli_alert_care, false }, { N_("TEXT"), NULL, cli_alert_text, false } } },
	{ "notices", KIND_NOTICE, NEEDS(NOTICE), cmp_notice,
		{ { N_("NAME"), "name", NULL, false }, { N_("LEVEL"), "level", NULL, false }, { N_("SINCE"), NULL, notice_since, false },
			{ N_("UNTIL"), NULL, notice_until, false }, { N_("TENANTS"), "tenants", NULL, false }, { N_("TEXT"), NULL, notice_text, false } } },
	{ "leases", KIND_LEASE, NEEDS(BLADE) | NEEDS(LEASE), cmp_lease,
		{ { N_("OBJECT"), "name", NULL, false }, { N_("SINCE"), NULL, lease_since, false }, { N_("BY"), "by", NULL, false },
			{ N_("VERB"), "verb", NULL, false }, { N_("JOB"), NULL, lease_job, false } } },
};

const struct listing *listing_find(const char *word)
{
	for (size_t i = 0; i < sizeof listings / sizeof *listings; i++)
		if (strcmp(listings[i].word, word) == 0)
			return &listings[i];
	return NULL;
}

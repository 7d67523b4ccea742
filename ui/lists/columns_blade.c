/* The columns of blades (columns.h). */
#include "lists/columns_inside.h"

#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>

TEXT_COLUMN(blade, rack, INK_DIM)
TEXT_COLUMN(blade, enclosure, INK_DIM)
TEXT_COLUMN(blade, cluster, INK_DIM)
TEXT_COLUMN(blade, version, INK_DIM)
TEXT_COLUMN(blade, owner, INK_NORMAL)
TEXT_COLUMN(blade, hostname, INK_DIM)
TEXT_COLUMN(blade, uri, INK_DIM)
TEXT_COLUMN(blade, firmware, INK_DIM)
INT_COMPARE(blade, place)
INT_COMPARE(blade, cpus)
INT_COMPARE(blade, health)
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
	return columns_compare_text(blade_name(a), blade_name(b));
}

static void blade_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_blade(o, t);

	cell_text(c, *l.sign ? l.sign : glyph_text(GLYPH_DOT, t), l.ink);
}

static void blade_name_cell(const void *o, struct cell *c, enum tier t)
{
	if (*((const struct blade *)o)->name)
		cell_text(c, blade_name(o), look_blade(o, t).rank >= LOOK_WARN ? INK_BOLD : INK_NORMAL);
	else
		cell_text(c, _("(bay)"), INK_DIM);
}

static void blade_host_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_blade(o, t);

	cell_text(c, l.word, look_word_ink(l.ink));
}

static int64_t blade_host_number(const void *o)
{
	return -(int64_t)look_blade(o, TIER_ASCII).rank;
}

NUMBER_COMPARE(blade_host)

static void blade_power_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_power(o, t);

	cell_text(c, l.word, l.ink == INK_GOOD ? INK_NORMAL : l.ink);
}

static int64_t blade_power_number(const void *o)
{
	const struct blade *b = o;

	return (int64_t)b->power * 2 - b->power_live;
}

NUMBER_COMPARE(blade_power)

static void blade_for_cell(const void *o, struct cell *c, enum tier t)
{
	look_age(c->tmp, sizeof c->tmp, look_blade(o, t).rank == LOOK_OFF ? ((const struct blade *)o)->power_since : ((const struct blade *)o)->seen);
	cell_text(c, c->tmp, INK_DIM);
}

static int64_t blade_for_number(const void *o)
{
	return -((const struct blade *)o)->seen;
}

NUMBER_COMPARE(blade_for)

static void blade_bay_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, ((const struct blade *)o)->bay, INK_DIM);
}

static void blade_running_cell(const void *o, struct cell *c, enum tier t)
{
	const struct blade *b = o;

	if (look_unheard(b))
		cell_text(c, "", INK_DIM);
	else
		cell_number(c, b->running, b->host == HOST_UP ? INK_NORMAL : INK_DIM);
}

static void blade_vms_cell(const void *o, struct cell *c, enum tier t)
{
	if (look_unheard(o))
		cell_text(c, "", INK_DIM);
	else
		cell_number(c, ((const struct blade *)o)->vms, INK_DIM);
}

static void blade_load_cell(const void *o, struct cell *c, enum tier t)
{
	double load = look_load(o);

	if (load > 0)
		snprintf(c->tmp, sizeof c->tmp, "%s%4d", glyph_load(load, t), load < 99 ? (int)(load * 100 + 0.5) : 9900);
	else
		c->tmp[0] = '\0';
	cell_text(c, c->tmp, INK_LOAD);
}

/* In millionths: nobody sees more of it. */
static int64_t blade_load_number(const void *o)
{
	double load = look_load(o);

	return (int64_t)((load < 1e6 ? load : 1e6) * 1e6);
}

NUMBER_COMPARE(blade_load)

static void blade_mem_cell(const void *o, struct cell *c, enum tier t)
{
	cell_gib(c, ((const struct blade *)o)->mem_kib);
}

static void blade_note_cell(const void *o, struct cell *c, enum tier t)
{
	const struct blade *b = o;

	if (*b->doing) {
		snprintf(c->tmp, sizeof c->tmp, _("in use by %.40s"), *b->by ? b->by : "?");
		cell_text(c, c->tmp, INK_ACTIVE);
	} else if (*b->alert) {
		cell_text(c, look_alert(b), INK_WARN);
	} else if (*b->watch) {
		snprintf(c->tmp, sizeof c->tmp, _("watch: %.150s"), b->watch);
		text_mend(c->tmp);
		cell_text(c, c->tmp, INK_MAINT);
	} else if (*b->why && look_blade(b, t).rank != LOOK_OFF) {
		cell_text(c, lang_said(b->why_id, b->why), INK_DIM);
	} else if (*b->owner) {
		snprintf(c->tmp, sizeof c->tmp, _("owner %.50s"), b->owner);
		cell_text(c, c->tmp, INK_DIM);
	} else {
		cell_text(c, "", INK_DIM);
	}
}

static const char *blade_note_text(const void *o)
{
	const struct blade *b = o;

	return *b->alert ? b->alert : b->why;
}

static int blade_note_compare(const void *a, const void *b)
{
	return columns_compare_text(blade_note_text(a), blade_note_text(b));
}

/* The manager's word stands where the host has none: it knows the thing also while that is off. */
static const char *blade_model_text(const void *o)
{
	const struct blade *b = o;

	return *b->model ? b->model : b->bay_model;
}

static const char *blade_serial_text(const void *o)
{
	const struct blade *b = o;

	return *b->serial ? b->serial : b->bay_serial;
}

static void blade_model_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, blade_model_text(o), INK_DIM);
}

static int blade_model_compare(const void *a, const void *b)
{
	return columns_compare_text(blade_model_text(a), blade_model_text(b));
}

static void blade_serial_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, blade_serial_text(o), INK_DIM);
}

static int blade_serial_compare(const void *a, const void *b)
{
	return columns_compare_text(blade_serial_text(a), blade_serial_text(b));
}

static void blade_cpus_cell(const void *o, struct cell *c, enum tier t)
{
	cell_number(c, ((const struct blade *)o)->cpus, INK_DIM);
}

static void blade_health_cell(const void *o, struct cell *c, enum tier t)
{
	enum health h = ((const struct blade *)o)->health;

	cell_text(c, h == HEALTH_WARNING ? _("warning") : h == HEALTH_FAILED ? C_("metal", "failed") : "", h == HEALTH_FAILED ? INK_ALERT_TEXT : INK_WARN);
}

static void blade_watch_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, ((const struct blade *)o)->watch, INK_MAINT);
}

TEXT_COMPARE(blade, watch)

/* They are there for who chooses them. */
#define CHOSEN 100

static const struct column blade_list[] = {
	{N_("NAME"), NULL, 10, 24, false, 0, false, blade_name_cell, blade_name_compare, blade_name, NULL},
	{N_("HOST"), "host", 10, 13, false, 1, false, blade_host_cell, blade_host_compare, NULL, blade_host_number},
	{N_("POWER"), "power", 5, 9, false, 4, false, blade_power_cell, blade_power_compare, NULL, blade_power_number},
	{N_("FOR"), NULL, 6, 6, true, 5, false, blade_for_cell, blade_for_compare, NULL, blade_for_number},
	{N_("RACK"), "rack", 4, 12, false, 7, false, blade_rack_cell, blade_rack_compare, blade_rack_text, NULL},
	{N_("ENCL"), "enclosure", 4, 12, false, 6, false, blade_enclosure_cell, blade_enclosure_compare, blade_enclosure_text, NULL},
	{N_("BAY"), NULL, 3, 5, true, 6, false, blade_bay_cell, blade_place_compare, NULL, blade_place_number},
	{N_("RUN"), "running", 3, 5, true, 2, true, blade_running_cell, blade_running_compare, NULL, blade_running_number},
	{N_("VMS"), "vms", 3, 5, true, 8, true, blade_vms_cell, blade_vms_compare, NULL, blade_vms_number},
	{N_("LOAD %"), NULL, 6, 6, true, 3, true, blade_load_cell, blade_load_compare, NULL, blade_load_number},
	{N_("GiB"), NULL, 5, 6, true, 9, true, blade_mem_cell, blade_mem_kib_compare, NULL, blade_mem_kib_number},
	{N_("CLUSTER"), "cluster", 7, 14, false, 9, false, blade_cluster_cell, blade_cluster_compare, blade_cluster_text, NULL},
	{N_("RUNS"), NULL, 8, 30, false, 10, false, blade_version_cell, blade_version_compare, blade_version_text, NULL},
	{N_("NOTE"), NULL, 12, 0, false, 4, false, blade_note_cell, blade_note_compare, blade_note_text, NULL},
	{N_("MODEL"), "model", 5, 24, false, CHOSEN, false, blade_model_cell, blade_model_compare, blade_model_text, NULL},
	{N_("SERIAL"), "serial", 6, 20, false, CHOSEN, false, blade_serial_cell, blade_serial_compare, blade_serial_text, NULL},
	{N_("FIRMWARE"), "firmware", 8, 20, false, CHOSEN, false, blade_firmware_cell, blade_firmware_compare, blade_firmware_text, NULL},
	{N_("HEALTH"), "health", 6, 8, false, CHOSEN, false, blade_health_cell, blade_health_compare, NULL, blade_health_number},
	{N_("CPUS"), "cpus", 4, 5, true, CHOSEN, true, blade_cpus_cell, blade_cpus_compare, NULL, blade_cpus_number},
	{N_("OWNER"), "owner", 5, 16, false, CHOSEN, false, blade_owner_cell, blade_owner_compare, blade_owner_text, NULL},
	{N_("WATCH"), "watch", 5, 40, false, CHOSEN, false, blade_watch_cell, blade_watch_compare, blade_watch_text, NULL},
	{N_("HOST NAME"), "hostname", 9, 30, false, CHOSEN, false, blade_hostname_cell, blade_hostname_compare, blade_hostname_text, NULL},
	{N_("URI"), "uri", 3, 48, false, CHOSEN, false, blade_uri_cell, blade_uri_compare, blade_uri_text, NULL},
};
const struct columns columns_blade = {blade_list, sizeof blade_list / sizeof blade_list[0], 0, blade_sign, blade_name, true,
	N_("No blades yet."), N_("No blade matches the filter. F clears it.")};

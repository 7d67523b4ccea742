/* The columns of clusters and of volumes (columns.h). */
#include "lists/columns_inside.h"

#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>

INT_COMPARE(cluster, nodes)
INT_COMPARE(cluster, needed)
INT_COMPARE(cluster, mem_kib)
INT_COMPARE(cluster, vms)

/* ---- clusters ---- */

static const char *cluster_name(const void *o)
{
	return ((const struct cluster *)o)->name;
}

static void cluster_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_cluster(o, t);

	cell_text(c, l.sign, l.ink);
}

static void cluster_name_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, cluster_name(o), look_cluster(o, t).rank >= LOOK_WARN ? INK_BOLD : INK_NORMAL);
}

static int cluster_name_compare(const void *a, const void *b)
{
	return columns_compare_text(cluster_name(a), cluster_name(b));
}

/* How bad it is: what it is now, then what the loss of a blade, an enclosure, a rack would leave. */
static int badness(const struct cluster *c)
{
	static const int weights[] = {0, 0, 0, 0, 1, 2, 3};
	const char *losses[] = {c->blade_lost, c->enclosure_lost, c->rack_lost};
	int bad = weights[look_quorum(c->quorum, TIER_ASCII).rank];

	for (int i = 0; i < 3; i++) {
		struct look l = look_loss(losses[i], TIER_ASCII);

		bad = bad * 4 + (l.ink == INK_ALERT_TEXT ? 3 : weights[l.rank]);
	}
	return bad;
}

static void cluster_quorum_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_quorum(((const struct cluster *)o)->quorum, t);

	cell_text(c, l.word, look_word_ink(l.ink));
}

static int cluster_quorum_compare(const void *a, const void *b)
{
	return columns_compare_int(badness(b), badness(a));
}

/* "6 of 8, 1 ?" */
static void cluster_nodes_cell(const void *o, struct cell *c, enum tier t)
{
	const struct cluster *k = o;

	if (k->unknown > 0)
		snprintf(c->tmp, sizeof c->tmp, _("%lld of %lld, %lld ?"), (long long)k->sure, (long long)k->nodes, (long long)k->unknown);
	else
		snprintf(c->tmp, sizeof c->tmp, _("%lld of %lld"), (long long)k->sure, (long long)k->nodes);
	cell_text(c, c->tmp, k->unknown > 0 ? INK_UNKNOWN : k->sure < k->nodes ? INK_NORMAL : INK_DIM);
}

static void cluster_needed_cell(const void *o, struct cell *c, enum tier t)
{
	cell_number(c, ((const struct cluster *)o)->needed, INK_DIM);
}

static void cluster_pattern_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, look_pattern(((const struct cluster *)o)->pattern), INK_DIM);
}

static int cluster_pattern_compare(const void *a, const void *b)
{
	return columns_compare_text(((const struct cluster *)a)->pattern, ((const struct cluster *)b)->pattern);
}

static void cluster_mem_cell(const void *o, struct cell *c, enum tier t)
{
	const struct cluster *k = o;
	double load = k->mem_kib > 0 ? (double)k->used_kib / (double)k->mem_kib : 0;

	if (load > 0)
		snprintf(c->tmp, sizeof c->tmp, "%s%4d", glyph_load(load, t), load < 99 ? (int)(load * 100 + 0.5) : 9900);
	else
		c->tmp[0] = '\0';
	cell_text(c, c->tmp, INK_LOAD);
}

static void cluster_vms_cell(const void *o, struct cell *c, enum tier t)
{
	cell_number(c, ((const struct cluster *)o)->running, INK_NORMAL);
}

static void loss_cell(struct cell *c, const char *loss, const char *worst, enum tier t)
{
	struct look l = look_loss(loss, t);

	if (l.rank > LOOK_WELL && *worst)
		snprintf(c->tmp, sizeof c->tmp, "%s  %.60s", l.word, worst);
	else
		snprintf(c->tmp, sizeof c->tmp, "%s", l.word);
	cell_text(c, c->tmp, l.ink);
}

#define LOSS(level) \
	static void cluster_##level##_cell(const void *o, struct cell *c, enum tier t) \
	{ \
		loss_cell(c, ((const struct cluster *)o)->level##_lost, ((const struct cluster *)o)->level##_worst, t); \
	} \
	static int cluster_##level##_compare(const void *a, const void *b) \
	{ \
		struct look x = look_loss(((const struct cluster *)a)->level##_lost, TIER_ASCII), y = look_loss(((const struct cluster *)b)->level##_lost, TIER_ASCII); \
		return columns_compare_int(y.rank * 2 + (y.ink == INK_ALERT_TEXT), x.rank * 2 + (x.ink == INK_ALERT_TEXT)); \
	}
LOSS(blade)
LOSS(enclosure)
LOSS(rack)

static const struct column cluster_list[] = {
	{N_("NAME"), NULL, 8, 20, false, 0, false, cluster_name_cell, cluster_name_compare, NULL, NULL},
	{N_("QUORUM"), "quorum", 6, 10, false, 1, false, cluster_quorum_cell, cluster_quorum_compare, NULL, NULL},
	{N_("SURE"), NULL, 6, 14, false, 3, true, cluster_nodes_cell, cluster_nodes_compare, NULL, cluster_nodes_number},
	{N_("NEEDED"), NULL, 4, 6, true, 5, true, cluster_needed_cell, cluster_needed_compare, NULL, cluster_needed_number},
	{N_("BLADE LOST"), "blade_lost", 8, 18, false, 2, false, cluster_blade_cell, cluster_blade_compare, NULL, NULL},
	{N_("ENCL LOST"), "enclosure_lost", 8, 16, false, 2, false, cluster_enclosure_cell, cluster_enclosure_compare, NULL, NULL},
	{N_("RACK LOST"), "rack_lost", 8, 16, false, 2, false, cluster_rack_cell, cluster_rack_compare, NULL, NULL},
	{N_("MEM %"), NULL, 6, 6, true, 4, true, cluster_mem_cell, cluster_mem_kib_compare, NULL, cluster_mem_kib_number},
	{N_("RUN"), NULL, 3, 5, true, 6, true, cluster_vms_cell, cluster_vms_compare, NULL, cluster_vms_number},
	{N_("STANDS IN"), "pattern", 12, 0, false, 7, false, cluster_pattern_cell, cluster_pattern_compare, NULL, NULL},
};
const struct columns columns_cluster = {cluster_list, sizeof cluster_list / sizeof cluster_list[0], 1, cluster_sign, cluster_name, true,
	N_("No clusters. The site file names them: cluster { ... } (man tana-site)."), N_("No cluster matches the filter. F clears it.")};

/* ---- volumes ---- */

TEXT_COLUMN(volume, cluster, INK_DIM)
INT_COMPARE(volume, size_kib)
INT_COMPARE(volume, vms)
INT_COMPARE(volume, vms_max)
INT_COMPARE(volume, fits)
INT_COMPARE(volume, promised_kib)

static const char *volume_name(const void *o)
{
	return ((const struct volume *)o)->name;
}

static void volume_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_volume(o, t);

	cell_text(c, l.sign, l.ink);
}

static void volume_name_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, volume_name(o), look_volume(o, t).rank >= LOOK_WARN ? INK_BOLD : INK_NORMAL);
}

static int volume_name_compare(const void *a, const void *b)
{
	return columns_compare_text(volume_name(a), volume_name(b));
}

static void volume_size_cell(const void *o, struct cell *c, enum tier t)
{
	cell_gib(c, ((const struct volume *)o)->size_kib);
}

static void volume_vms_cell(const void *o, struct cell *c, enum tier t)
{
	const struct volume *v = o;

	cell_number(c, v->vms, v->vms_max > 0 && v->vms > v->vms_max ? INK_WARN : INK_NORMAL);
}

static void volume_max_cell(const void *o, struct cell *c, enum tier t)
{
	const struct volume *v = o;

	cell_number(c, v->vms_max, INK_DIM);
	if (v->vms_max <= 0)
		cell_text(c, "", INK_DIM);
}

static void volume_fits_cell(const void *o, struct cell *c, enum tier t)
{
	const struct volume *v = o;

	if (v->fits < 0)
		cell_text(c, "?", INK_UNKNOWN);
	else
		cell_number(c, v->fits, v->fits > 0 ? INK_GOOD : INK_DIM);
}

static void volume_promised_cell(const void *o, struct cell *c, enum tier t)
{
	cell_gib(c, ((const struct volume *)o)->promised_kib);
}

static int64_t used_percent(const struct volume *v)
{
	return v->size_kib > 0 && v->used_kib > 0 ? (v->used_kib / 1024 * 100 + v->size_kib / 2048) / (v->size_kib / 1024 > 0 ? v->size_kib / 1024 : 1) : -1;
}

static void volume_used_cell(const void *o, struct cell *c, enum tier t)
{
	const struct volume *v = o;
	int64_t percent = used_percent(v);

	if (percent < 0) {
		cell_text(c, "?", INK_DIM);
		return;
	}
	snprintf(c->tmp, sizeof c->tmp, "%s%4lld", glyph_load((double)percent / 100, t), (long long)percent);
	cell_text(c, c->tmp, percent >= 95 ? INK_ALERT_TEXT : percent >= 85 ? INK_WARN : INK_LOAD);
}

static int volume_used_compare(const void *a, const void *b)
{
	return columns_compare_int(used_percent(a), used_percent(b));
}

/* "########..  112": ten signs are the whole volume. */
static void volume_over_cell(const void *o, struct cell *c, enum tier t)
{
	const struct volume *v = o;
	size_t n = 0;

	c->tmp[0] = '\0';
	for (int i = 0; v->overcommit > 0 && i < 10; i++)
		n += (size_t)snprintf(c->tmp + n, sizeof c->tmp - n, "%s", glyph_text(v->overcommit >= i * 10 + 5 ? GLYPH_BAR : GLYPH_BAR_REST, t));
	if (v->overcommit > 0)
		snprintf(c->tmp + n, sizeof c->tmp - n, "%5lld", (long long)v->overcommit);
	cell_text(c, c->tmp, v->overcommit > 100 ? INK_WARN : INK_LOAD);
}

static int volume_over_compare(const void *a, const void *b)
{
	return columns_compare_int(((const struct volume *)a)->overcommit, ((const struct volume *)b)->overcommit);
}

static void volume_state_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_volume(o, t);

	cell_text(c, l.word, l.ink == INK_ALERT ? INK_ALERT_TEXT : l.rank >= LOOK_WARN ? l.ink : INK_DIM);
}

static int volume_state_compare(const void *a, const void *b)
{
	return columns_compare_int(look_volume(b, TIER_ASCII).rank, look_volume(a, TIER_ASCII).rank);
}

static const struct column volume_list[] = {
	{N_("NAME"), NULL, 10, 24, false, 0, false, volume_name_cell, volume_name_compare, NULL, NULL},
	{N_("GiB"), NULL, 5, 7, true, 3, true, volume_size_cell, volume_size_kib_compare, NULL, volume_size_kib_number},
	{N_("VMS"), "vms", 4, 5, true, 1, true, volume_vms_cell, volume_vms_compare, NULL, volume_vms_number},
	{N_("MAX"), "vms_max", 4, 5, true, 2, true, volume_max_cell, volume_vms_max_compare, NULL, volume_vms_max_number},
	{N_("FITS"), "fits", 4, 5, true, 1, true, volume_fits_cell, volume_fits_compare, NULL, volume_fits_number},
	{N_("USED %"), NULL, 6, 6, true, 4, true, volume_used_cell, volume_used_compare, NULL, NULL},
	{N_("PROMISED"), NULL, 7, 8, true, 5, true, volume_promised_cell, volume_promised_kib_compare, NULL, volume_promised_kib_number},
	{N_("OF SIZE %"), NULL, 15, 15, true, 4, true, volume_over_cell, volume_over_compare, NULL, NULL},
	{N_("CLUSTER"), "cluster", 7, 14, false, 6, false, volume_cluster_cell, volume_cluster_compare, volume_cluster_text, NULL},
	{N_("STATE"), NULL, 12, 0, false, 3, false, volume_state_cell, volume_state_compare, NULL, NULL},
};
const struct columns columns_volume = {volume_list, sizeof volume_list / sizeof volume_list[0], 9, volume_sign, volume_name, true,
	N_("No volumes. The site file names them: volume { ... } (man tana-site)."), N_("No volume matches the filter. F clears it.")};

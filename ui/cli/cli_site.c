/* Cells of clusters and volumes (cli_site.h). */
#include "cli/cli_site.h"

#include "common/text.h"
#include "tr.h"

#include <string.h>

static void put_kib(struct buf *b, int64_t kib)
{
	char text[32];

	text_bytes_kib(text, sizeof text, (unsigned long long)kib);
	buf_str(b, text);
}

void cli_cluster_memory(struct buf *b, const struct registry *r, const void *o)
{
	const struct cluster *c = o;
	char used[32], all[32];

	text_bytes_kib(used, sizeof used, (unsigned long long)c->used_kib);
	text_bytes_kib(all, sizeof all, (unsigned long long)c->mem_kib);
	if (c->mem_kib)
		buf_printf(b, _("%s of %s"), used, all);
}

/* Which one it is, where its loss does harm. */
static void put_loss(struct buf *b, istr what, istr which)
{
	buf_str(b, what);
	if (which[0] && strcmp(what, "kept") != 0)
		buf_printf(b, " (%s)", which);
}

void cli_cluster_blade(struct buf *b, const struct registry *r, const void *o)
{
	put_loss(b, ((const struct cluster *)o)->blade_lost, ((const struct cluster *)o)->blade_worst);
}

void cli_cluster_enclosure(struct buf *b, const struct registry *r, const void *o)
{
	put_loss(b, ((const struct cluster *)o)->enclosure_lost, ((const struct cluster *)o)->enclosure_worst);
}

void cli_cluster_rack(struct buf *b, const struct registry *r, const void *o)
{
	put_loss(b, ((const struct cluster *)o)->rack_lost, ((const struct cluster *)o)->rack_worst);
}

void cli_volume_size(struct buf *b, const struct registry *r, const void *o)
{
	put_kib(b, ((const struct volume *)o)->size_kib);
}

void cli_volume_fits(struct buf *b, const struct registry *r, const void *o)
{
	const struct volume *v = o;

	if (v->fits < 0)
		buf_str(b, "?");
	else
		buf_json_int(b, v->fits);
}

void cli_volume_promised(struct buf *b, const struct registry *r, const void *o)
{
	put_kib(b, ((const struct volume *)o)->promised_kib);
}

void cli_volume_overcommit(struct buf *b, const struct registry *r, const void *o)
{
	buf_printf(b, "%lld %%", (long long)((const struct volume *)o)->overcommit);
}

/* Each two racks have four clusters, K1 to K4, K5 to K8, ...: one half in each rack; in one enclosure; over both enclosures of a
 * rack; over all four. Fixed for fixed numbers, as the rest of a made site. Called by generate.c. */
#include "site/generate_cluster.h"
#include "site/generate_metal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PATTERNS 4
#define NODES 8      /* of one that stands in one place */
#define RUNS_MAX 4

/* Some bays of an enclosure: first to last, from 0. */
struct run { int rack, enclosure, first, last; };
struct cluster { struct run runs[RUNS_MAX]; int n; int quorum; /* 0 majority */ const char *why; };

/* Sizes of volumes in turn, and how many VMs lie on each; as many turns as the cluster has VMs. */
static const struct { const char *size; int vms; } sizes[] = {
	{"2 TiB", 27}, {"2 TiB", 27}, {"1 TiB", 13}, {"2 TiB", 27}, {"1 TiB", 13}, {"500 GiB", 6}, {"300 GiB", 4}};
#define SIZES (int)(sizeof sizes / sizeof *sizes)

static void add(struct cluster *c, int rack, int enclosure, int first, int last)
{
	c->runs[c->n++] = (struct run){rack, enclosure, first, last};
}

/* Two blades of one enclosure stand one after the other; an empty bay cannot be a node. */
static bool is_whole(const struct generate *g, const struct cluster *c)
{
	for (int i = 0; i < c->n; i++)
		for (int bay = c->runs[i].first; bay <= c->runs[i].last; bay++)
			if (metal_is_empty(g, (c->runs[i].rack * g->enclosures + c->runs[i].enclosure) * g->bays + bay))
				return false;
	return true;
}

/* The k-th cluster; false: this site has none there. */
static bool cluster_at(const struct generate *g, int k, struct cluster *c)
{
	int rack = k / PATTERNS * 2, far = g->bays >= 12 ? 11 : 9;

	*c = (struct cluster){.n = 0};
	if (g->bays < NODES || rack >= g->racks)
		return false;
	if (rack + 1 == g->racks) { /* one rack without another */
		if (k)
			return false;
		add(c, 0, 0, 0, NODES - 1);
		c->quorum = 5;
		return is_whole(g, c);
	}
	if (k % PATTERNS && g->enclosures < 2)
		return false;
	switch (k % PATTERNS) {
	case 0:
		add(c, rack, 0, 0, NODES / 2 - 1);
		add(c, rack + 1, 0, 0, NODES / 2 - 1);
		c->quorum = 5;
		break;
	case 1:
		add(c, rack + 1, 1, 0, 4);
		break;
	case 2:
		add(c, rack, 0, 4, 7);
		add(c, rack, 1, 4, 7);
		break;
	default:
		if (g->bays < 10)
			return false;
		for (int i = 0; i < 4; i++)
			add(c, rack + i / 2, i % 2, 8, far);
		c->quorum = 2 * (far - 7);
		c->why = "half of its nodes: a witness is the further vote";
	}
	return is_whole(g, c);
}

static int clusters_max(const struct generate *g)
{
	return (g->racks + 1) / 2 * PATTERNS;
}

/* "a2-", as blades are called; size >= 16 */
static void prefix_of(const struct run *r, char *out, size_t size)
{
	if (r->rack >= 26)
		snprintf(out, size, "%c%c%d-", 'a' + r->rack / 26 - 1, 'a' + r->rack % 26, r->enclosure + 1);
	else
		snprintf(out, size, "%c%d-", 'a' + r->rack, r->enclosure + 1);
}

void cluster_sections(struct buf *b, const struct generate *g)
{
	int width = g->bays > 99 ? 3 : 2;

	for (int k = 0; k < clusters_max(g); k++) {
		struct cluster c;
		if (!cluster_at(g, k, &c))
			continue;
		buf_printf(b, "cluster \"K%d\" {\n", k + 1);
		if (c.quorum)
			buf_printf(b, "	quorum = %d%s%s\n", c.quorum, c.why ? "   # " : "", c.why ? c.why : "");
		buf_str(b, "	nodes = { ");
		for (int i = 0; i < c.n; i++) {
			char prefix[16];
			prefix_of(&c.runs[i], prefix, sizeof prefix);
			buf_printf(b, "%s\"%s[%0*d-%0*d]\"", i ? ", " : "", prefix, width, c.runs[i].first + 1, width, c.runs[i].last + 1);
		}
		buf_str(b, " }\n}\n");
	}
}

/* ---- volumes ---- */

static int held(int volume)
{
	return sizes[volume % SIZES].vms;
}

/* VMs on the nodes of c before this blade; blade < 0: on all. */
static int vms_before(const struct generate *g, const struct cluster *c, int blade, cluster_vms *vms)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		for (int bay = c->runs[i].first; bay <= c->runs[i].last; bay++) {
			int at = (c->runs[i].rack * g->enclosures + c->runs[i].enclosure) * g->bays + bay;
			if (blade < 0 || at < blade)
				n += vms(g, at);
		}
	return n;
}

static bool has(const struct generate *g, const struct cluster *c, int blade)
{
	int enclosure = blade / g->bays, bay = blade % g->bays;

	for (int i = 0; i < c->n; i++)
		if (c->runs[i].rack * g->enclosures + c->runs[i].enclosure == enclosure && bay >= c->runs[i].first && bay <= c->runs[i].last)
			return true;
	return false;
}

void cluster_volume_of(const struct generate *g, int blade, int vm, cluster_vms *vms, char *out, size_t size)
{
	int pair = blade / g->bays / g->enclosures / 2;

	*out = '\0';
	for (int k = pair * PATTERNS; k < (pair + 1) * PATTERNS; k++) {
		struct cluster c;
		if (!cluster_at(g, k, &c) || !has(g, &c, blade))
			continue;
		int n = vms_before(g, &c, blade, vms) + vm, volume = 0;
		for (; n >= held(volume); volume++)
			n -= held(volume);
		snprintf(out, size, "k%d-vol-%02d", k + 1, volume + 1);
		return;
	}
}

void cluster_volumes(struct buf *b, const struct generate *g, cluster_vms *vms)
{
	bool said = false;

	for (int k = 0; k < clusters_max(g); k++) {
		struct cluster c;
		if (!cluster_at(g, k, &c))
			continue;
		if (!said)
			buf_str(b, "\n# Shared storage of the clusters. How many VMs a volume holds is the provider's sizing (man 5 tana-site).\n");
		said = true;
		int left = vms_before(g, &c, -1, vms);
		for (int volume = 0; left > 0 || volume == 0; volume++) {
			buf_printf(b, "volume \"k%d-vol-%02d\" { size = \"%s\"  cluster = K%d  path = \"/srv/volumes/{name}\" }\n", k + 1, volume + 1,
				sizes[volume % SIZES].size, k + 1);
			left -= held(volume);
		}
	}
	if (said)
		buf_str(b, "\n");
}

/* Writes a site of any size: its site file here, its node files through generate_node.c. Called by tanad --generate,
 * by the demonstration and by the benches. */
#include "site/generate.h"
#include "site/generate_cluster.h"
#include "site/generate_metal.h"
#include "site/generate_node.h"
#include "common/buf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RACKS_MAX 700 /* A to ZX */
#define BLADES_MAX 20000

const struct generate generate_demo = {
	.racks = 2, .enclosures = 2, .bays = 16, .vms = 0, .dead = 1, .uri_format = "test://%s", .name = "demo"};

/* A ... Z, AA ... as spreadsheets count. */
static void rack_name(int i, char *out)
{
	char two[] = {
		i >= 26 ? (char)('A' + i / 26 - 1) : (char)('A' + i), i >= 26 ? (char)('A' + i % 26) : '\0', '\0'};

	memcpy(out, two, sizeof two);
}

/* "a2-": lower case, so that no name needs the shift key. */
static void blade_prefix(int rack, int enclosure, char *out, size_t size)
{
	char name[3];

	rack_name(rack, name);
	for (char *p = name; *p; p++)
		*p = (char)(*p + 32);
	snprintf(out, size, "%s%d-", name, enclosure + 1);
}

static int width(const struct generate *g)
{
	return g->bays > 99 ? 3 : 2;
}

/* A path inside a URI inside a site file's double quotes: what would mean something there is percent-encoded. */
static char *uri_path(const char *path)
{
	struct buf b = {0};

	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/._-~", c))
			buf_append(&b, path, 1);
		else
			buf_printf(&b, "%%%02X", c);
	}
	buf_append(&b, "", 1);
	return b.data;
}

/* uri_format with its %s filled, as a quoted value of the site file. */
static void put_uri(struct buf *b, const struct generate *g, const char *path)
{
	const char *hole = strstr(g->uri_format, "%s");
	char *uri = xasprintf("%.*s%s%s", (int)(hole - g->uri_format), g->uri_format, path, hole + 2);

	buf_str(b, "\"");
	for (const char *p = uri; *p; p++)
		buf_printf(b, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	buf_str(b, "\"");
	free(uri);
}

/* Which blades are unreachable on purpose: spread out, the first in the middle of the second enclosure. */
static bool is_dead(const struct generate *g, int blade)
{
	int blades = g->racks * g->enclosures * g->bays, first = blades > 22 ? 22 : blades / 2;
	int step = g->dead > 0 ? blades / g->dead : 0, k = blade - first;

	if (g->dead < 1)
		return false;
	if (k < 0)
		k += blades;
	return k % step == 0 && k / step < g->dead;
}

static bool is_spare(const struct generate *g, int blade)
{
	return !g->vms && blade == g->racks * g->enclosures * g->bays - 1 && blade > 0;
}

static const char head[] = "# A made site: nothing in it is real. tanad --generate wrote it.\n"
			   "\n"
			   "site \"%s\" {\n"
			   "	zone = \"Asia/Tokyo\"\n"
			   "	note = \"demonstration: nothing here is real\"\n"
			   "	reserve = \"8 GiB\"          # of a blade's 24: the host's own and a margin\n"
			   "%s"
			   "}\n"
			   "\n"
			   "# What one VM gets, and how many fit a blade.\n"
			   "grade \"V10\"  { vcpus = 2  memory = \"1 GiB\"   per-blade = 16 }\n"
			   "grade \"V20\"  { vcpus = 4  memory = \"2 GiB\"   per-blade = 8 }\n"
			   "grade \"V40\"  { vcpus = 4  memory = \"4 GiB\"   per-blade = 4 }\n"
			   "grade \"V80\"  { vcpus = 4  memory = \"8 GiB\"   per-blade = 2 }\n"
			   "grade \"V160\" { vcpus = 8  memory = \"16 GiB\"  per-blade = 1 }\n"
			   "\n"
			   "# What is contracted: snapshots up to the size of a server's own disks, so many times.\n"
			   "plan \"basic\"    { title = \"Basic\"     snapshots { kept = 2  taken = \"2 per day\"  space = disks } }\n"
			   "plan \"standard\" { title = \"Standard\"  snapshots { kept = 3  taken = \"4 per day\"  space = disks } }\n"
			   "\n"
			   "tenant \"acme\" {\n"
			   "	title = \"株式会社アクメ\"\n"
			   "	contact = \"noc@acme.example, +81 3 5550 0101\"\n"
			   "	procedure = \"Databases come in pairs: never both halves at once.\"\n"
			   "	vms = { \"acme-*\" }\n"
			   "	plan = standard\n"
			   "}\n"
			   "tenant \"globex\" {\n"
			   "	title = \"Globex Corporation\"\n"
			   "	contact = \"ops@globex.example\"\n"
			   "	vms = { \"globex-*\", \"gx-*\" }\n"
			   "	shutdown = \"20 min\"\n"
			   "	plan = basic\n"
			   "	snapshots { kept = 40  taken = \"100 per month\" }   # all its servers together\n"
			   "}\n"
			   "tenant \"hooli\" {\n"
			   "	title = \"フーリー合同会社\"\n"
			   "	contact = \"it@hooli.example\"\n"
			   "	vms = { \"hooli-*\" }\n"
			   "	plan = basic\n"
			   "}\n"
			   "\n"
			   "vm \"*-db*\" { shutdown = \"30 min\"  snapshots { kept = 5 } }\n"
			   "\n"
			   "role operator { users = { \"root\" }  groups = { \"tana\" } }\n"
			   "role viewer { users = { \"wall\" } }\n"
			   "role customer { tenant = \"acme\"  groups = { \"acme\" } }\n"
			   "role customer { tenant = \"globex\"  groups = { \"globex\" } }\n"
			   "role customer { tenant = \"hooli\"  groups = { \"hooli\" } }\n"
			   "\n";

static const char start_order[] = "	start-order = { \"infra-*\", \"*-db*\" }   # who comes first when many are powered on\n"
				  "	stagger = \"2 s\"\n";

/* The row of blades of an enclosure, whose first one is the site's first-th. */
static void put_row(struct buf *b, const struct generate *g, const char *nodes, int enclosure, const char *prefix)
{
	struct buf path = {0};
	int first = enclosure * g->bays;
	bool gap = false;

	for (int i = 0; i < g->bays; i++)
		gap = gap || metal_is_empty(g, first + i);
	buf_printf(b, "		blade \"%s[", prefix);
	metal_bays(b, g, enclosure, 1, width(g));
	buf_str(b, "]\" { ");
	if (gap) {
		buf_str(b, "bay = \"");
		metal_bays(b, g, enclosure, 1, 1);
		buf_str(b, "\"  ");
	}
	buf_printf(&path, "%s/[", nodes);
	metal_bays(&path, g, enclosure, first + 1, 1);
	buf_str(&path, "].xml");
	buf_append(&path, "", 1);
	buf_str(b, "host = ");
	put_uri(b, g, path.data);
	buf_free(&path);
	if (g->metal) {
		buf_str(b, "  serial = \"");
		metal_serials(b, g, enclosure);
		buf_str(b, "\"");
	}
	buf_str(b, " }\n");
}

static void put_enclosure(struct buf *b, const struct generate *g, const char *nodes, int rack, int enclosure,
	const struct generate_manager *manager)
{
	char name[3], prefix[32];
	int w = width(g), first = (rack * g->enclosures + enclosure) * g->bays, dead = 0;

	rack_name(rack, name);
	blade_prefix(rack, enclosure, prefix, sizeof prefix);
	buf_printf(b, "	enclosure \"%s%d\" {\n		bays = \"1-%d\"\n", name, enclosure + 1, g->bays);
	if (manager && manager->naddresses)
		metal_manager(b, manager);
	put_row(b, g, nodes, rack * g->enclosures + enclosure, prefix);
	for (int i = 0; i < first; i++)
		dead += is_dead(g, i);
	for (int i = 0; i < g->bays; i++) {
		if (is_dead(g, first + i)) {
			buf_printf(b,
				"		blade \"%s%0*d\" { host = \"qemu+ssh://root@127.0.%d.%d:1/system\" }  "
				"# unreachable on purpose\n",
				prefix, w, i + 1, dead / 250, dead % 250 + 1);
			dead++;
		} else if (is_spare(g, first + i)) {
			buf_printf(b, "		blade \"%s%0*d\" { spare = true }\n", prefix, w, i + 1);
		} else if (metal_is_owned(g, first + i)) {
			buf_printf(b, "		blade \"%s%0*d\" { owner = hooli  host = \"\" }  # its hypervisor is the customer's\n",
				prefix, w, i + 1);
		}
	}
	buf_str(b, "	}\n");
}

static int vms_of(const struct generate *g, int blade)
{
	return node_vms(blade, g->vms);
}

static void lies_on(void *ctx, int blade, int vm, char *out, size_t size)
{
	cluster_volume_of(ctx, blade, vm, vms_of, out, size);
}

static struct err *write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "we");
	int errnum;

	if (!f)
		return err_sys(ERR_FAILED, "open", path, errno);
	bool ok = fwrite(b->data, 1, b->len, f) == b->len;
	errnum = errno;
	if (fclose(f) && ok) {
		ok = false;
		errnum = errno;
	}
	return ok ? NULL : err_sys(ERR_FAILED, "write", path, errnum);
}

static struct err *write_site(const char *dir, const struct generate *g, const struct node_maker *maker,
	const struct generate_manager *managers)
{
	struct buf b = {0};
	char *nodes = xasprintf("%s/nodes", dir), *path = xasprintf("%s/site.conf", dir), *encoded = uri_path(nodes),
	     name[3];

	buf_printf(&b, head, g->name, g->metal ? start_order : "");
	for (int r = 0; r < g->racks; r++) {
		rack_name(r, name);
		buf_printf(&b, "rack \"%s\" {\n", name);
		for (int e = 0; e < g->enclosures; e++)
			put_enclosure(&b, g, encoded, r, e, managers ? &managers[r * g->enclosures + e] : NULL);
		buf_str(&b, "}\n");
	}
	buf_str(&b, "\n");
	cluster_sections(&b, g);
	cluster_volumes(&b, g, vms_of);
	node_pairs(&b, maker);
	struct err *e = write_file(path, &b);
	buf_free(&b);
	free(nodes);
	free(path);
	free(encoded);
	return e;
}

static struct err *write_nodes(const char *dir, const struct generate *g, struct node_maker *maker)
{
	int blades = g->racks * g->enclosures * g->bays;
	struct err *e = NULL;

	for (int i = 0; i < blades && !e; i++) {
		struct buf b = {0};
		char *path = xasprintf("%s/nodes/%d.xml", dir, i + 1);
		if (!is_dead(g, i) && !is_spare(g, i))
			node_write(&b, maker, i, g->vms, lies_on, (void *)(uintptr_t)g);
		/* the others' VMs are called the same with an empty bay as without */
		if (b.len && !metal_is_empty(g, i) && !metal_is_owned(g, i))
			e = write_file(path, &b);
		buf_free(&b);
		free(path);
	}
	return e;
}

static struct err *make_folder(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct err *e = mkdir(path, 0755) < 0 && errno != EEXIST ? err_sys(ERR_FAILED, "mkdir", path, errno) : NULL;

	free(path);
	return e;
}

/* What tana-enclosure-sim is to play: a file for each enclosure. */
static struct err *write_metal(const char *dir, const struct generate *g)
{
	struct err *e = make_folder(dir, "metal");

	for (int x = 0; x < g->racks * g->enclosures && !e; x++) {
		struct buf b = {0};
		char prefix[32], *file = xasprintf("%s/metal/%d.tab", dir, x + 1);
		blade_prefix(x / g->enclosures, x % g->enclosures, prefix, sizeof prefix);
		for (int i = 0; i < g->bays; i++) {
			int blade = x * g->bays + i;
			bool host = !is_dead(g, blade) && !is_spare(g, blade) && !metal_is_owned(g, blade);
			char *name = xasprintf("%s%0*d", prefix, width(g), i + 1);
			char *path = host ? xasprintf("%s/nodes/%d.xml", dir, blade + 1) : xstrdup("");
			metal_line(&b, g, x, i, name, path, is_spare(g, blade) || metal_is_off(g, blade));
			free(name);
			free(path);
		}
		e = write_file(file, &b);
		buf_free(&b);
		free(file);
	}
	return e;
}

static struct err *range(const char *what, int value, int min, int max)
{
	if (value >= min && value <= max)
		return NULL;
	return err_new(ERR_USAGE, "site.generate.range", "{s:s, s:i, s:i, s:i}", "what", what, "min", min, "max", max,
		"value", value);
}

static struct err *check(const struct generate *g)
{
	const char *hole = strstr(g->uri_format, "%s");
	struct err *e;

	if ((e = range("racks", g->racks, 1, RACKS_MAX)) || (e = range("enclosures of a rack", g->enclosures, 1, 64)) ||
		(e = range("bays of an enclosure", g->bays, 1, 128)) || (e = range("VMs of a blade", g->vms, 0, 1000)))
		return e;
	if ((e = range("blades", g->racks * g->enclosures * g->bays, 1, BLADES_MAX)) ||
		(e = range("unreachable blades", g->dead, 0, g->racks * g->enclosures * g->bays - 1)))
		return e;
	if (!*g->name ||
		strspn(g->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen(g->name))
		return err_new(ERR_USAGE, "site.name.sign", "{s:s, s:s}", "kind", "site", "name", g->name);
	if (!hole || strstr(hole + 2, "%s"))
		return err_new(ERR_USAGE, "site.generate.uri", "{s:s}", "uri", g->uri_format);
	return NULL;
}

struct err *generate_site(const char *dir, const struct generate *g)
{
	char real[PATH_MAX];
	struct err *e = check(g);
	struct node_maker maker = {0};
	struct generate_manager *managers = NULL;

	if (e)
		return e;
	if (!realpath(dir, real))
		return err_sys(ERR_FAILED, "open", dir, errno);
	e = make_folder(real, "nodes");
	if (!e)
		e = write_nodes(real, g, &maker);
	if (!e && g->metal)
		e = write_metal(real, g);
	if (!e && g->metal && g->managers) {
		size_t n = (size_t)(g->racks * g->enclosures);
		managers = xcalloc(n, sizeof *managers);
		for (size_t i = 0; i < n; i++)
			managers[i].dialect = metal_dialect((int)i);
		g->managers(g->ctx, real, managers, n);
	}
	if (!e)
		e = write_site(real, g, &maker, managers);
	free(managers);
	return e;
}

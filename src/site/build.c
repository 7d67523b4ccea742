/* From tree to model: the site itself, grades, clusters, and the tools of the other builders. */
#include "site/build.h"
#include "site/site_model.h"
#include "common/buf.h"
#include "common/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"
#define START_ORDER_MAX 200
#define STAGGER_MAX_S 600
#define DIALECTS_MAX 16 /* folders */

void build_say(struct build *b, const struct conf_node *n, int line, struct err *e)
{
	if (e)
		report_add(b->r, n->file, line, e);
}

void build_item(struct build *b, const struct conf_node *n, const char *item, struct err *e)
{
	const struct conf_item *it = conf_item(n, item);

	build_say(b, n, it ? it->line : n->line, e);
}

const char *build_place(const struct build *b, const struct conf_node *n, struct place p, char *buf)
{
	if (p.file == n->file)
		snprintf(buf, BUILD_PLACE_MAX, "line %d", p.line);
	else
		snprintf(buf, BUILD_PLACE_MAX, "%s:%d", b->c->files[p.file], p.line);
	return buf;
}

void *build_grow(void *array, size_t *n, size_t size)
{
	if (!(*n & (*n - 1)))
		array = xrealloc(array, (*n ? *n * 2 : 1) * size);
	memset((char *)array + *n * size, 0, size);
	(*n)++;
	return array;
}

char *build_text(const struct conf_node *n, const char *item)
{
	const char *s = conf_text(n, item);

	return xstrdup(s ? s : "");
}

/* Names are typed to confirm, stand in filters and targets, and on the command line. */
bool build_name(struct build *b, const struct conf_node *n, int line, const char *kind, const char *name)
{
	size_t len = strlen(name);
	const char *id = NULL;

	if (!len)
		id = "site.name.empty";
	else if (len > BUILD_NAME_MAX)
		id = "site.name.long";
	else if (strpbrk(name, "/:*?\"'\\,[]{}=<>|;&$()`") || strchr("-!~# ", name[0]) || name[len - 1] == ' ')
		id = "site.name.sign";
	if (id)
		build_say(b, n, line,
			err_new(ERR_USAGE, id, "{s:s, s:s, s:i}", "kind", kind, "name", name, "max", BUILD_NAME_MAX));
	return !id;
}

int build_find(json_t *table, const char *name)
{
	json_t *i = json_object_get(table, name);

	return i ? (int)json_integer_value(i) : -1;
}

bool build_new(struct build *b, const struct conf_node *n, const char *kind, json_t *table, const char *name, int i,
	const struct place *at)
{
	char buf[BUILD_PLACE_MAX];
	int old = build_find(table, name);

	if (old < 0) {
		json_object_set_new_nocheck(table, name, json_integer(i));
		return true;
	}
	build_say(b, n, n->line,
		err_new(ERR_USAGE, "site.twice", "{s:s, s:s, s:s}", "kind", kind, "name", name, "place",
			build_place(b, n, at[old], buf)));
	return false;
}

int build_ref(
	struct build *b, const struct conf_node *n, const char *item, const char *kind, json_t *table, const char *name)
{
	int i = build_find(table, name);

	if (i < 0)
		build_item(b, n, item,
			err_new(ERR_USAGE, "site.unknown.ref", "{s:s, s:s, s:s}", "option", item, "kind", kind, "name",
				name));
	return i;
}

/* Zones are files; where the system has none, only the form is looked at. */
void build_zone(struct build *b, const struct conf_node *n, char **out)
{
	char path[PATH_MAX];
	bool ok;

	*out = build_text(n, "zone");
	ok = strspn(*out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == strlen(*out) &&
	     **out != '/';
	if (!**out && !conf_item(n, "zone"))
		return;
	snprintf(path, sizeof path, "%s/%s", ZONES, *out);
	if (!**out || !ok || (!access(ZONES "/UTC", R_OK) && access(path, R_OK)))
		build_item(b, n, "zone", err_new(ERR_USAGE, "site.value.zone", "{s:s}", "value", *out));
}

char *build_path(struct build *b, const struct conf_node *n, const char *path)
{
	const char *file = b->c->files[n->file], *slash = strrchr(file, '/'), *home = getenv("HOME");
	char real[PATH_MAX], *folder;

	if (*path == '/' || !*path)
		return xstrdup(path);
	if (path[0] == '~' && path[1] == '/' && home && *home == '/')
		return xasprintf("%s%s", home, path + 1);
	if (!b->folders[n->file]) {
		folder = slash ? xasprintf("%.*s", (int)(slash == file ? 1 : slash - file), file) : xstrdup(".");
		b->folders[n->file] = xstrdup(realpath(folder, real) && text_is_clean(real) ? real : folder);
		free(folder);
	}
	return xasprintf("%s/%s", b->folders[n->file], path);
}

int build_shutdown(struct build *b, const struct conf_node *n)
{
	const char *s = conf_text(n, "shutdown");
	int seconds = 0;

	if (s)
		build_item(b, n, "shutdown", parse_duration("shutdown", s, &seconds));
	return seconds;
}

void build_missing(struct build *b, const struct conf_node *n, const char *option)
{
	build_say(b, n, n->line,
		err_new(ERR_USAGE, "site.missing", "{s:s, s:s, s:s}", "kind", n->kind, "name", n->title, "option",
			option));
}

/* Who comes first at a power-on of many, and how far apart. */
static void build_start_order(struct build *b, const struct conf_node *n)
{
	const struct conf_item *it = conf_item(n, "start-order");
	const char *stagger = conf_text(n, "stagger");
	struct site_model *m = b->m;
	int seconds = 0;

	for (size_t i = 0; it && i < it->n; i++) {
		const struct conf_value *v = &it->values[i];
		if (!*v->text || strlen(v->text) > BUILD_RULE_MAX || m->nstart_order == START_ORDER_MAX) {
			build_say(b, n, v->line, err_new(ERR_USAGE, "site.start-order", "{s:s, s:i, s:i}", "value", v->text, "max",
				START_ORDER_MAX, "bytes", BUILD_RULE_MAX));
			break;
		}
		m->start_order = build_grow(m->start_order, &m->nstart_order, sizeof *m->start_order);
		m->start_order[m->nstart_order - 1] = xstrdup(v->text);
	}
	if (!stagger)
		return;
	struct err *e = parse_duration("stagger", stagger, &seconds);
	if (!e && seconds > STAGGER_MAX_S)
		e = err_new(ERR_USAGE, "site.stagger", "{s:s, s:i}", "value", stagger, "max", STAGGER_MAX_S);
	if (!e)
		m->stagger_ms = seconds * 1000;
	build_item(b, n, "stagger", e);
}

static void build_dialect_folders(struct build *b, const struct conf_node *n)
{
	const struct conf_item *it = conf_item(n, "dialects");
	struct site_model *m = b->m;
	struct stat st;

	for (size_t i = 0; it && i < it->n; i++) {
		const struct conf_value *v = &it->values[i];
		char *path = build_path(b, n, v->text);
		if (!*path || stat(path, &st) || !S_ISDIR(st.st_mode) || m->ndialects == DIALECTS_MAX) {
			build_say(b, n, v->line, err_new(ERR_USAGE, "site.dialects", "{s:s, s:i}", "path", path, "max", DIALECTS_MAX));
			free(path);
			continue;
		}
		m->dialects = build_grow(m->dialects, &m->ndialects, sizeof *m->dialects);
		m->dialects[m->ndialects - 1] = path;
	}
}

static void build_site(struct build *b, const struct conf_node *n)
{
	static const char *const colours[] = {"red", "green", "yellow", "blue", "magenta", "cyan", "white"};
	struct site_model *m = b->m;
	const char *s;
	bool known = false;

	b->site = n;
	build_name(b, n, n->line, "site", n->title);
	m->name = xstrdup(n->title);
	m->colour = build_text(n, "colour");
	m->note = build_text(n, "note");
	build_zone(b, n, &m->zone);
	for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
		known = known || !strcmp(m->colour, colours[i]);
	if (conf_item(n, "colour") && !known)
		build_item(b, n, "colour",
			err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "colour", "value",
				m->colour, "choices", "red, green, yellow, blue, magenta, cyan, white"));
	if (conf_item(n, "shutdown"))
		m->shutdown_s = build_shutdown(b, n);
	s = conf_text(n, "reserve");
	if (s)
		build_item(b, n, "reserve", parse_size("reserve", s, &m->reserve_kib));
	build_start_order(b, n);
	build_dialect_folders(b, n);
	build_consoles(b, n);
}

static void build_grade(struct build *b, const struct conf_node *n)
{
	struct site_model *m = b->m;
	struct site_grade *g;
	struct place *at;
	const char *vcpus = conf_text(n, "vcpus"), *memory = conf_text(n, "memory"), *per = conf_text(n, "per-blade");
	char buf[BUILD_PLACE_MAX];
	size_t count = m->ngrades;

	if (!build_name(b, n, n->line, "grade", n->title) ||
		!build_new(b, n, "grade", b->grades, n->title, (int)m->ngrades, b->grade_at))
		return;
	m->grades = build_grow(m->grades, &m->ngrades, sizeof *m->grades);
	b->grade_at = build_grow(b->grade_at, &count, sizeof *b->grade_at);
	g = &m->grades[m->ngrades - 1];
	at = &b->grade_at[m->ngrades - 1];
	*at = (struct place){n->file, n->line};
	g->name = xstrdup(n->title);
	g->shutdown_s = build_shutdown(b, n);
	if (per)
		build_item(b, n, "per-blade", parse_number("per-blade", per, 1, 1000, &g->per_blade));
	if (vcpus)
		build_item(b, n, "vcpus", parse_number("vcpus", vcpus, 1, 4096, &g->vcpus));
	else
		build_missing(b, n, "vcpus");
	if (memory)
		build_item(b, n, "memory", parse_size("memory", memory, &g->mem_kib));
	else
		build_missing(b, n, "memory");
	for (size_t i = 0; g->vcpus && g->mem_kib && i + 1 < m->ngrades; i++)
		if (m->grades[i].vcpus == g->vcpus && m->grades[i].mem_kib == g->mem_kib) {
			build_say(b, n, n->line,
				err_new(ERR_USAGE, "site.grade.same", "{s:s, s:s, s:s}", "name", g->name, "other",
					m->grades[i].name, "place", build_place(b, n, b->grade_at[i], buf)));
			break;
		}
}

static void build_cluster(struct build *b, const struct conf_node *n)
{
	struct site_model *m = b->m;
	const char *quorum = conf_text(n, "quorum");
	size_t count = m->nclusters;

	if (!build_name(b, n, n->line, "cluster", n->title) ||
		!build_new(b, n, "cluster", b->clusters, n->title, (int)m->nclusters, b->cluster_at))
		return;
	m->clusters = build_grow(m->clusters, &m->nclusters, sizeof *m->clusters);
	b->cluster_at = build_grow(b->cluster_at, &count, sizeof *b->cluster_at);
	b->cluster_at[m->nclusters - 1] = (struct place){n->file, n->line};
	m->clusters[m->nclusters - 1].name = xstrdup(n->title);
	if (quorum)
		build_item(b, n, "quorum",
			parse_number("quorum", quorum, 1, BUILD_NODES_MAX + 1, &m->clusters[m->nclusters - 1].quorum));
}

/* Who belongs to a cluster, from its own list; and whether it can work at all. */
static void join_cluster(struct build *b, const struct conf_node *n)
{
	struct site_model *m = b->m;
	const struct conf_item *nodes = conf_item(n, "nodes");
	int self = build_find(b->clusters, n->title), members = 0;

	if (self < 0 || b->cluster_at[self].file != n->file || b->cluster_at[self].line != n->line)
		return; /* the second of its name */
	for (size_t i = 0; nodes && i < nodes->n; i++) {
		const struct conf_value *v = &nodes->values[i];
		struct names names;
		struct err *e = range_expand(v->text, &names);
		build_say(b, n, v->line, e);
		for (size_t k = 0; !e && k < names.n; k++) {
			int blade = build_find(b->blades, names.list[k]);
			struct site_blade *x = blade < 0 ? NULL : &m->blades[blade];
			if (!x)
				build_say(b, n, v->line,
					err_new(ERR_USAGE, "site.unknown.ref", "{s:s, s:s, s:s}", "option", "nodes",
						"kind", "blade", "name", names.list[k]));
			else if (*x->cluster && strcmp(x->cluster, n->title))
				build_say(b, n, v->line,
					err_new(ERR_USAGE, "site.cluster.two", "{s:s, s:s, s:s}", "name", x->name,
						"cluster", x->cluster, "other", n->title));
			else {
				free(x->cluster);
				x->cluster = xstrdup(n->title);
			}
		}
		if (!e)
			names_free(&names);
	}
	for (size_t i = 0; i < m->nblades; i++)
		members += !strcmp(m->blades[i].cluster, n->title);
	if (members > BUILD_NODES_MAX)
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.cluster.size", "{s:s, s:i, s:i}", "name", n->title, "count", members,
				"max", BUILD_NODES_MAX));
	else if (m->clusters[self].quorum > members + 1)
		build_item(b, n, "quorum",
			err_new(ERR_USAGE, "site.cluster.quorum", "{s:s, s:i, s:i}", "name", n->title, "count", members,
				"quorum", m->clusters[self].quorum));
}

void build_each(struct build *b, const char *kind, void (*fn)(struct build *b, const struct conf_node *n))
{
	for (size_t f = 0; f < b->c->n; f++)
		for (size_t i = 0; b->c->roots[f] && i < b->c->roots[f]->nchildren; i++)
			if (!strcmp(b->c->roots[f]->children[i]->kind, kind))
				fn(b, b->c->roots[f]->children[i]);
}

static void one_site(struct build *b, const struct conf_node *n)
{
	char buf[BUILD_PLACE_MAX];

	if (b->m->name) {
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.twice.site", "{s:s}", "place", build_place(b, n, b->site_at, buf)));
		return;
	}
	b->site_at = (struct place){n->file, n->line};
	build_site(b, n);
}

struct site_model *site_build(const struct conf *c, struct report *r)
{
	struct build b = {.c = c, .r = r, .m = xcalloc(1, sizeof *b.m)};
	json_t **tables[] = {
		&b.racks, &b.enclosures, &b.blades, &b.clusters, &b.tenants, &b.grades, &b.plans,
		&b.pairs, &b.halves, &b.vms, &b.hosts, &b.bays, &b.people, &b.addresses, &b.notices, &b.volumes, &b.volume_paths};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		*tables[i] = json_object();
	b.m->shutdown_s = 600;
	b.m->stagger_ms = SITE_STAGGER_MS;
	build_consoles_made(b.m);
	build_each(&b, "site", one_site);
	if (!b.m->name) {
		/* a file that could not be read through may hold it */
		bool whole = c->n > 0;
		for (size_t i = 0; i < c->n; i++)
			whole = whole && c->roots[i];
		if (whole)
			report_add(r, 0, 1, err_new(ERR_USAGE, "site.none", NULL));
		b.m->name = xstrdup("");
		b.m->colour = xstrdup("");
		b.m->zone = xstrdup("");
		b.m->note = xstrdup("");
	}
	b.m->file = xstrdup("");
	build_each(&b, "grade", build_grade);
	build_each(&b, "cluster", build_cluster);
	build_volumes(&b);
	build_plans(&b);
	build_people(&b);
	build_notices(&b);
	build_metal(&b);
	build_each(&b, "cluster", join_cluster);
	build_vms(&b);
	build_pairs(&b);
	build_rules(&b);
	build_blades_sort(&b);
	site_halves(b.m);
	site_paths(b.m);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		json_decref(*tables[i]);
	free(b.rack_at);
	free(b.enclosure_at);
	free(b.blade_at);
	free(b.cluster_at);
	free(b.tenant_at);
	free(b.grade_at);
	free(b.plan_at);
	free(b.pair_at);
	free(b.notice_at);
	free(b.volume_at);
	free(b.made);
	free(b.manager_at);
	build_shapes_free(&b);
	for (size_t i = 0; i < CONF_FILES_MAX; i++)
		free(b.folders[i]);
	return b.m;
}

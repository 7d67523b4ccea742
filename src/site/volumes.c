/* Volumes of the site file and the sizing by which they are filled: how they are written, what is asked of them. Called by build.c
 * (making), site_model.c (indexing), and by fleet, safety and broker (the questions). */
#include "site/build.h"
#include "site/site_model.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOLUMES_MAX 20000
#define PATHS_MAX 8    /* of one volume */
#define PATH_BYTES 255
#define SIZING_ROWS_MAX 64
#define VMS_MAX 100000

#define GIB (UINT64_C(1) << 20) /* in KiB */

/* As the provider's own table has it (man 5 tana-site): VMs a volume holds, and what one VM may fill. */
static const struct { const char *name; uint64_t gib; int vms; } usual[] = {
	{"300 GiB", 300, 4}, {"500 GiB", 500, 6}, {"1 TiB", 1024, 13}, {"2 TiB", 2048, 27}};
#define DISK (30 * GIB)
#define CONFIGURATION (12 * GIB)
#define SNAPSHOTS (30 * GIB)

/* ---- making ---- */

static char *path_of(struct build *b, const struct conf_node *n, const struct conf_value *v, const char *name)
{
	struct hole hole = {"name", name};
	char *path = NULL;
	struct err *e = holes_fill(v->text, &hole, 1, &path);
	size_t len = path ? strlen(path) : 0;

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	if (!e && (!len || len > PATH_BYTES || !strcmp(path, "/"))) {
		e = err_new(ERR_USAGE, "site.volume.path", "{s:s, s:s, s:i}", "name", name, "path", path, "max", PATH_BYTES);
		free(path);
		path = NULL;
	}
	build_say(b, n, v->line, e);
	return path;
}

/* What lies under a path belongs to one volume of a cluster. */
static bool path_is_free(struct build *b, const struct conf_node *n, int line, const struct site_volume *v, const char *path)
{
	char *key = xasprintf("%s\n%s", v->cluster, path), *shared = xasprintf("\n%s", path), buf[BUILD_PLACE_MAX];
	int other = build_find(b->volume_paths, key);

	if (other < 0)
		other = build_find(b->volume_paths, shared);
	if (other < 0)
		json_object_set_new_nocheck(b->volume_paths, key, json_integer(v - b->m->volumes));
	else
		build_say(b, n, line, err_new(ERR_USAGE, "site.volume.two", "{s:s, s:s, s:s, s:s}", "name", v->name, "path", path, "volume",
			b->m->volumes[other].name, "place", build_place(b, n, b->volume_at[other], buf)));
	free(key);
	free(shared);
	return other < 0;
}

static void build_paths(struct build *b, const struct conf_node *n, struct site_volume *v)
{
	const struct conf_item *it = conf_item(n, "path");

	if (!it)
		build_missing(b, n, "path");
	for (size_t i = 0; it && i < it->n; i++) {
		char *path = path_of(b, n, &it->values[i], v->name);
		if (path && i == PATHS_MAX)
			build_say(b, n, it->values[i].line, err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "paths of a volume", "max", PATHS_MAX));
		if (!path || i >= PATHS_MAX || !path_is_free(b, n, it->values[i].line, v, path)) {
			free(path);
			continue;
		}
		v->paths = build_grow(v->paths, &v->npaths, sizeof *v->paths);
		v->paths[v->npaths - 1] = path;
	}
}

static void build_one(struct build *b, const struct conf_node *n, const char *name)
{
	struct site_model *m = b->m;
	const char *size = conf_text(n, "size"), *max = conf_text(n, "max");
	size_t count = m->nvolumes;

	if (!build_name(b, n, n->line, "volume", name) || !build_new(b, n, "volume", b->volumes, name, (int)m->nvolumes, b->volume_at))
		return;
	m->volumes = build_grow(m->volumes, &m->nvolumes, sizeof *m->volumes);
	b->volume_at = build_grow(b->volume_at, &count, sizeof *b->volume_at);
	b->volume_at[m->nvolumes - 1] = (struct place){n->file, n->line};
	struct site_volume *v = &m->volumes[m->nvolumes - 1];
	v->name = xstrdup(name);
	v->cluster = build_text(n, "cluster");
	if (*v->cluster)
		build_ref(b, n, "cluster", "cluster", b->clusters, v->cluster);
	if (size)
		build_item(b, n, "size", parse_size("size", size, &v->size_kib));
	else
		build_missing(b, n, "size");
	if (max)
		build_item(b, n, "max", parse_number("max", max, 1, VMS_MAX, &v->max));
	build_paths(b, n, v);
}

static void build_volume(struct build *b, const struct conf_node *n)
{
	struct names names = {0};
	struct err *e = range_expand(n->title, &names);

	build_say(b, n, n->line, e);
	if (!e && b->m->nvolumes + names.n > VOLUMES_MAX)
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "volumes", "max", VOLUMES_MAX));
	else if (!e)
		for (size_t i = 0; i < names.n; i++) {
			b->r->quiet = i > 0;
			build_one(b, n, names.list[i]);
		}
	b->r->quiet = false;
	names_free(&names);
}

/* "1 TiB: 13" */
static void build_row(struct build *b, const struct conf_node *n, const struct conf_value *v)
{
	struct site_model *m = b->m;
	const char *colon = strrchr(v->text, ':');
	char *size = colon ? xasprintf("%.*s", (int)(colon - v->text), v->text) : NULL;
	uint64_t kib = 0;
	int vms = 0;
	struct err *e = colon ? parse_size("volumes", size, &kib) : NULL;

	if (!e && colon)
		e = parse_number("volumes", colon + 1, 1, VMS_MAX, &vms);
	if (!e && (!colon || !kib))
		e = err_new(ERR_USAGE, "site.sizing.row", "{s:s}", "value", v->text);
	else if (!e && m->nsizings == SIZING_ROWS_MAX)
		e = err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "sizes of volumes", "max", SIZING_ROWS_MAX);
	else if (!e && m->nsizings && (kib <= m->sizings[m->nsizings - 1].size_kib || vms < m->sizings[m->nsizings - 1].vms))
		e = err_new(ERR_USAGE, "site.sizing.order", "{s:s, s:s}", "value", v->text, "before", m->sizings[m->nsizings - 1].name);
	if (!e) {
		m->sizings = build_grow(m->sizings, &m->nsizings, sizeof *m->sizings);
		m->sizings[m->nsizings - 1] = (struct site_sizing){.name = size, .size_kib = kib, .vms = vms};
		size = NULL;
	}
	free(size);
	build_say(b, n, v->line, e);
}

static void build_share(struct build *b, const struct conf_node *n, const char *option, uint64_t *kib)
{
	const char *s = conf_text(n, option);

	if (s)
		build_item(b, n, option, parse_size(option, s, kib));
}

static void build_sizing(struct build *b, const struct conf_node *n)
{
	struct site_model *m = b->m;
	const struct conf_item *it = conf_item(n, "volumes");
	char buf[BUILD_PLACE_MAX];

	if (b->sizing) { /* in one file the reader says so itself */
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.twice", "{s:s, s:s, s:s}", "kind", "section", "name", "sizing", "place",
			build_place(b, n, (struct place){b->sizing->file, b->sizing->line}, buf)));
		return;
	}
	b->sizing = n;
	build_share(b, n, "disk", &m->vm_disk_kib);
	build_share(b, n, "configuration", &m->vm_config_kib);
	build_share(b, n, "snapshots", &m->vm_snaps_kib);
	for (size_t i = 0; it && i < it->n; i++)
		build_row(b, n, &it->values[i]);
	if (m->vm_disk_kib + m->vm_config_kib + m->vm_snaps_kib == 0)
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.sizing.nothing", NULL));
}

void build_volumes(struct build *b)
{
	struct site_model *m = b->m;

	m->vm_disk_kib = DISK;
	m->vm_config_kib = CONFIGURATION;
	m->vm_snaps_kib = SNAPSHOTS;
	build_each(b, "sizing", build_sizing);
	if (!b->sizing || !conf_item(b->sizing, "volumes")) {
		m->nsizings = sizeof usual / sizeof *usual;
		m->sizings = xcalloc(m->nsizings, sizeof *m->sizings);
		for (size_t i = 0; i < m->nsizings; i++)
			m->sizings[i] = (struct site_sizing){
				.name = xstrdup(usual[i].name), .size_kib = usual[i].gib * GIB, .vms = usual[i].vms};
	}
	build_each(b, "volume", build_volume);
}

/* ---- asking ---- */

static int by_path(const void *a, const void *b)
{
	const struct site_path *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : strcmp(x->volume->cluster, y->volume->cluster);
}

void site_paths(struct site_model *m)
{
	size_t n = 0;

	free(m->paths);
	for (size_t i = 0; i < m->nvolumes; i++)
		n += m->volumes[i].npaths;
	m->paths = xcalloc(n + 1, sizeof *m->paths);
	m->npaths = 0;
	for (size_t i = 0; i < m->nvolumes; i++)
		for (size_t k = 0; k < m->volumes[i].npaths; k++)
			m->paths[m->npaths++] = (struct site_path){m->volumes[i].paths[k], &m->volumes[i]};
	qsort(m->paths, m->npaths, sizeof *m->paths, by_path);
}

/* The one with exactly this path: of that cluster, else of none. */
static const struct site_volume *at_path(const struct site_model *m, const char *path, const char *cluster)
{
	struct site_volume none = {.cluster = (char *)"" }, own = {.cluster = (char *)cluster};
	struct site_path key = {path, &own};
	const struct site_path *found = bsearch(&key, m->paths, m->npaths, sizeof key, by_path);

	key.volume = &none;
	if (!found)
		found = bsearch(&key, m->paths, m->npaths, sizeof key, by_path);
	return found ? found->volume : NULL;
}

const struct site_volume *site_volume_of(const struct site_model *m, const char *source, const char *cluster)
{
	char path[PATH_BYTES + 1];
	const struct site_volume *v = NULL;
	size_t len = strnlen(source, PATH_BYTES + 1);

	if (!m->npaths)
		return NULL;
	/* From the longest: a volume may be mounted below another. */
	len = len > PATH_BYTES ? PATH_BYTES : len;
	memcpy(path, source, len);
	path[len] = '\0';
	if (source[len]) /* cut inside a name: that is not one */
		while (len && path[len - 1] != '/')
			path[--len] = '\0';
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	while (len && !(v = at_path(m, path, cluster ? cluster : ""))) {
		while (len && path[len - 1] != '/')
			len--;
		while (len && path[len - 1] == '/')
			len--;
		path[len] = '\0';
	}
	return v;
}

const struct site_volume *site_volume_named(const struct site_model *m, const char *name)
{
	for (size_t i = 0; i < m->nvolumes; i++)
		if (!strcmp(m->volumes[i].name, name))
			return &m->volumes[i];
	return NULL;
}

uint64_t site_promise_kib(const struct site_model *m, const char *vm_name, const char *tenant)
{
	struct limits limits = site_limits_of(m, vm_name, tenant);
	const struct limit *space = &limits.of[LIMIT_SPACE];
	uint64_t snaps = space->set == LIMIT_MAX ? (uint64_t)space->max / 1024 : m->vm_snaps_kib;

	return m->vm_disk_kib + m->vm_config_kib + snaps;
}

int site_volume_max(const struct site_model *m, const struct site_volume *v)
{
	uint64_t each = m->vm_disk_kib + m->vm_config_kib + m->vm_snaps_kib, from = 0, vms = 0, most = VMS_MAX;

	if (v->max)
		return v->max;
	for (size_t i = 0; i < m->nsizings; i++) {
		if (m->sizings[i].size_kib > v->size_kib) {
			most = (uint64_t)m->sizings[i].vms;
			break;
		}
		from = m->sizings[i].size_kib;
		vms = (uint64_t)m->sizings[i].vms;
	}
	if (each)
		vms += (v->size_kib - from) / each;
	return (int)(vms < most ? vms : most);
}

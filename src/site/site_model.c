/* The site model as a table: to JSON and back, differences, freeing. Called by site_child.c and by reload. */
#include "site/site_model.h"
#include "common/buf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
enum type {
	TEXT,            /* char * */
	TEXTS,           /* char **, its count in the size_t at count */
	INT, KIB,        /* int, uint64_t */
	YES,             /* bool */
	LIMITS,          /* struct limits */
	RACK, ENCLOSURE, BLADE, /* int: an index into another array of the model */
	MANAGER,         /* the same, into one that is read later; what it leads to is compared by itself */
	BAY              /* int: an index into the bays of the element's enclosure */
};
#define ROW(s, f, t) {#f, t, offsetof(struct s, f), 0}
#define ROWS(s, f, n) {#f, TEXTS, offsetof(struct s, f), offsetof(struct s, n)}
#define END {NULL, TEXT, 0, 0}
/* clang-format on */
struct row {
	const char *name;
	enum type type;
	size_t offset, count;
};

static const struct row rack_rows[] = {ROW(site_rack, name, TEXT), END};
static const struct row enclosure_rows[] = {ROW(site_enclosure, name, TEXT), ROW(site_enclosure, rack, RACK),
	ROW(site_enclosure, order, INT), ROW(site_enclosure, rows, INT), ROW(site_enclosure, columns, INT),
	ROW(site_enclosure, by_column, YES), ROWS(site_enclosure, bays, nbays), ROW(site_enclosure, manager, MANAGER), END};
static const struct row blade_rows[] = {ROW(site_blade, name, TEXT), ROW(site_blade, enclosure, ENCLOSURE),
	ROW(site_blade, bay, BAY), ROW(site_blade, uri, TEXT), ROW(site_blade, key_file, TEXT),
	ROW(site_blade, known_hosts, TEXT), ROW(site_blade, cluster, TEXT), ROW(site_blade, owner, TEXT),
	ROW(site_blade, serial, TEXT), ROW(site_blade, spare, YES), ROW(site_blade, manager, MANAGER), END};
static const struct row manager_rows[] = {ROW(site_manager, enclosure, ENCLOSURE), ROW(site_manager, blade, BLADE),
	ROW(site_manager, dialect, TEXT), ROWS(site_manager, addresses, naddresses), ROW(site_manager, user, TEXT),
	ROW(site_manager, key_file, TEXT), ROW(site_manager, known_hosts, TEXT), ROW(site_manager, password_file, TEXT),
	ROW(site_manager, password, TEXT), ROW(site_manager, legacy, YES), ROW(site_manager, ciphers, TEXT),
	ROW(site_manager, poll_s, INT), END};
static const struct row cluster_rows[] = {ROW(site_cluster, name, TEXT), ROW(site_cluster, quorum, INT), END};
static const struct row volume_rows[] = {ROW(site_volume, name, TEXT), ROW(site_volume, cluster, TEXT), ROW(site_volume, size_kib, KIB),
	ROWS(site_volume, paths, npaths), ROW(site_volume, max, INT), END};
static const struct row sizing_rows[] = {ROW(site_sizing, name, TEXT), ROW(site_sizing, size_kib, KIB), ROW(site_sizing, vms, INT), END};
static const struct row tenant_rows[] = {ROW(site_tenant, name, TEXT), ROW(site_tenant, title, TEXT),
	ROW(site_tenant, contact, TEXT), ROW(site_tenant, procedure, TEXT), ROW(site_tenant, zone, TEXT),
	ROW(site_tenant, state, INT), ROWS(site_tenant, rules, nrules), ROW(site_tenant, shutdown_s, INT),
	ROW(site_tenant, plan, TEXT), ROW(site_tenant, limits, LIMITS), END};
static const struct row grade_rows[] = {ROW(site_grade, name, TEXT), ROW(site_grade, vcpus, INT),
	ROW(site_grade, mem_kib, KIB), ROW(site_grade, per_blade, INT), ROW(site_grade, shutdown_s, INT), END};
static const struct row role_rows[] = {ROW(site_role, role, INT), ROW(site_role, user, TEXT),
	ROW(site_role, group, TEXT), ROW(site_role, tenant, TEXT), ROW(site_role, right, INT), ROWS(site_role, vms, nvms),
	ROWS(site_role, vm_rights, nvm_rights), ROW(site_role, idle_s, INT), ROW(site_role, consoles, INT), END};
static const struct row notice_rows[] = {ROW(site_notice, name, TEXT), ROW(site_notice, text, TEXT), ROW(site_notice, text_ja, TEXT),
	ROW(site_notice, warning, YES), ROWS(site_notice, tenants, ntenants), ROW(site_notice, from, TEXT), ROW(site_notice, until, TEXT), END};
static const struct row shutdown_rows[] = {ROW(site_shutdown, vm, TEXT), ROW(site_shutdown, seconds, INT), END};
static const struct row plan_rows[] = {
	ROW(site_plan, name, TEXT), ROW(site_plan, title, TEXT), ROW(site_plan, limits, LIMITS), END};
static const struct row pair_rows[] = {
	ROW(site_pair, name, TEXT), ROW(site_pair, a, TEXT), ROW(site_pair, b, TEXT), END};
static const struct row vm_rows[] = {
	ROW(site_vm, vm, TEXT), ROW(site_vm, plan, TEXT), ROW(site_vm, limits, LIMITS), END};
static const struct row model_rows[] = {ROW(site_model, name, TEXT), ROW(site_model, colour, TEXT),
	ROW(site_model, zone, TEXT), ROW(site_model, note, TEXT), ROW(site_model, file, TEXT),
	ROW(site_model, shutdown_s, INT), ROW(site_model, reserve_kib, KIB),
	ROWS(site_model, start_order, nstart_order), ROW(site_model, stagger_ms, INT), ROWS(site_model, dialects, ndialects),
	ROW(site_model, support, TEXT), ROW(site_model, console_idle_s, INT), ROW(site_model, console_escape, TEXT),
	ROW(site_model, vm_disk_kib, KIB), ROW(site_model, vm_config_kib, KIB), ROW(site_model, vm_snaps_kib, KIB),
	ROW(site_model, consoles_max, INT), ROWS(site_model, warnings, nwarnings), END};

_Static_assert(sizeof(enum tenant_state) == sizeof(int) && sizeof(enum role) == sizeof(int) && sizeof(enum right) == sizeof(int),
	"enums are read as ints");

/* The arrays of the model, in an order in which indexes point to what was read before. */
/* clang-format off */
#define ARRAY(f) {#f "s", offsetof(struct site_model, f##s), offsetof(struct site_model, n##f##s), \
	sizeof(struct site_##f), f##_rows}
/* clang-format on */
static const struct array {
	const char *name;
	size_t offset, count, size;
	const struct row *rows;
} arrays[] = {ARRAY(rack), ARRAY(enclosure), ARRAY(blade), ARRAY(manager), ARRAY(cluster), ARRAY(volume), ARRAY(sizing), ARRAY(tenant), ARRAY(grade), ARRAY(role), ARRAY(notice),
	ARRAY(shutdown), ARRAY(plan), ARRAY(pair), ARRAY(vm)};
#define ARRAYS (sizeof arrays / sizeof *arrays)

#define AT(p, offset, type) (*(type *)(void *)((char *)(p) + (offset)))
#define READ(p, offset, type) (*(type const *)(const void *)((const char *)(p) + (offset)))

static json_t *limits_write(const struct limits *l)
{
	json_t *list = json_array();

	for (int k = 0; k < LIMIT_KIND_COUNT; k++)
		json_array_append_new(list, json_pack("[i,I,i,i]", (int)l->of[k].set, (json_int_t)l->of[k].max,
						    (int)l->of[k].period, l->of[k].rolling_s));
	return list;
}

static json_t *value_write(const struct row *r, const void *p)
{
	json_t *list;

	switch (r->type) {
	case TEXT:
		return json_string(READ(p, r->offset, char *));
	case TEXTS:
		list = json_array();
		for (size_t i = 0; i < READ(p, r->count, size_t); i++)
			json_array_append_new(list, json_string(READ(p, r->offset, char **)[i]));
		return list;
	case KIB:
		return json_integer((json_int_t)READ(p, r->offset, uint64_t));
	case YES:
		return json_boolean(READ(p, r->offset, bool));
	case LIMITS:
		return limits_write(&READ(p, r->offset, struct limits));
	default:
		return json_integer(READ(p, r->offset, int));
	}
}

json_t *site_model_write(const struct site_model *m)
{
	json_t *j = json_object();

	for (const struct row *r = model_rows; r->name; r++)
		json_object_set_new(j, r->name, value_write(r, m));
	for (size_t a = 0; a < ARRAYS; a++) {
		json_t *list = json_array();
		const char *base = READ(m, arrays[a].offset, char *);
		for (size_t i = 0; i < READ(m, arrays[a].count, size_t); i++) {
			json_t *one =
				json_array(); /* the rows' values in their order: names would be most of the bytes */
			for (const struct row *r = arrays[a].rows; r->name; r++)
				json_array_append_new(one, value_write(r, base + i * arrays[a].size));
			json_array_append_new(list, one);
		}
		json_object_set_new(j, arrays[a].name, list);
	}
	return j;
}

/* Does index i of this kind lead somewhere? */
static bool index_ok(const struct site_model *m, const struct row *r, const void *p, json_int_t i)
{
	if (r->type == RACK)
		return i >= 0 && (size_t)i < m->nracks;
	if (r->type == ENCLOSURE)
		return i >= -1 && (i < 0 || (size_t)i < m->nenclosures);
	if (r->type == BLADE)
		return i >= -1 && (i < 0 || (size_t)i < m->nblades);
	if (r->type == MANAGER)
		return i >= -1 && i <= INT_MAX; /* managers_ok */
	int e = ((const struct site_blade *)p)->enclosure; /* BAY; read before it */
	return i >= -1 && (i < 0 || (e >= 0 && (size_t)i < m->enclosures[e].nbays));
}

static bool limits_read(struct limits *l, json_t *list)
{
	bool ok = json_array_size(list) == LIMIT_KIND_COUNT;

	for (int k = 0; ok && k < LIMIT_KIND_COUNT; k++) {
		int set = -1, period = -1;
		json_int_t max = -1;
		ok = !json_unpack(json_array_get(list, (size_t)k), "[i,I,i,i!]", &set, &max, &period,
			&l->of[k].rolling_s);
		l->of[k].set = (enum limit_set)set;
		l->of[k].period = (enum limit_period)period;
		l->of[k].max = max;
		ok = ok && limit_is_sound((enum limit_kind)k, &l->of[k]);
	}
	return ok;
}

static bool value_read(const struct site_model *m, const struct row *r, void *p, json_t *v)
{
	json_int_t n = json_integer_value(v);

	switch (r->type) {
	case TEXT:
		AT(p, r->offset, char *) = xstrdup(json_is_string(v) ? json_string_value(v) : "");
		return json_is_string(v);
	case TEXTS:
		AT(p, r->offset, char **) = xcalloc(json_array_size(v) + 1, sizeof(char *));
		AT(p, r->count, size_t) = json_array_size(v);
		for (size_t i = 0; i < json_array_size(v); i++) {
			const char *s = json_string_value(json_array_get(v, i));
			AT(p, r->offset, char **)[i] = xstrdup(s ? s : "");
		}
		return json_is_array(v);
	case KIB:
		AT(p, r->offset, uint64_t) = (uint64_t)n;
		return json_is_integer(v) && n >= 0;
	case YES:
		AT(p, r->offset, bool) = json_is_true(v);
		return json_is_boolean(v);
	case LIMITS:
		return limits_read(&AT(p, r->offset, struct limits), v);
	case INT:
		AT(p, r->offset, int) = (int)n;
		return json_is_integer(v) && n >= 0 && n <= INT_MAX;
	default:
		AT(p, r->offset, int) = -1; /* where it leads nowhere, nothing follows it */
		if (!json_is_integer(v) || !index_ok(m, r, p, n))
			return false;
		AT(p, r->offset, int) = (int)n;
		return true;
	}
}

static bool array_read(struct site_model *m, const struct array *a, json_t *list)
{
	size_t n = json_array_size(list);
	char *base = xcalloc(n + 1, a->size);
	bool ok = json_is_array(list);

	AT(m, a->offset, char *) = base;
	AT(m, a->count, size_t) = n;
	for (size_t i = 0; i < n; i++) {
		json_t *one = json_array_get(list, i);
		size_t k = 0;
		for (const struct row *r = a->rows; r->name; r++, k++)
			ok = value_read(m, r, base + i * a->size, json_array_get(one, k)) && ok;
	}
	return ok;
}

/* Managers lead to one enclosure or blade, and those to managers that are there. */
static bool managers_ok(const struct site_model *m)
{
	bool ok = true;

	for (size_t i = 0; i < m->nmanagers; i++)
		ok = ok && (m->managers[i].enclosure >= 0) != (m->managers[i].blade >= 0);
	for (size_t i = 0; i < m->nenclosures; i++)
		ok = ok && m->enclosures[i].manager < (int)m->nmanagers;
	for (size_t i = 0; i < m->nblades; i++)
		ok = ok && m->blades[i].manager < (int)m->nmanagers;
	return ok;
}

static bool rights_ok(const struct site_role *r)
{
	bool ok = r->role < ROLE_COUNT && r->right < RIGHT_COUNT && r->nvms == r->nvm_rights;
	enum right right;

	for (size_t i = 0; ok && i < r->nvms; i++)
		ok = right_from_name(r->vm_rights[i], &right);
	return ok;
}

struct site_model *site_model_read(json_t *j)
{
	struct site_model *m = xcalloc(1, sizeof *m);
	bool ok = json_is_object(j);

	for (const struct row *r = model_rows; r->name; r++)
		ok = value_read(m, r, m, json_object_get(j, r->name)) && ok;
	for (size_t a = 0; a < ARRAYS; a++)
		ok = array_read(m, &arrays[a], json_object_get(j, arrays[a].name)) && ok;
	for (size_t i = 0; i < m->ntenants; i++)
		ok = ok && m->tenants[i].state <= TENANT_LEAVING;
	for (size_t i = 0; i < m->nroles; i++)
		ok = ok && rights_ok(&m->roles[i]);
	if (ok && managers_ok(m)) {
		site_halves(m);
		site_paths(m);
		return m;
	}
	site_free(m);
	return NULL;
}

static void value_free(const struct row *r, void *p)
{
	if (r->type == TEXT)
		free(AT(p, r->offset, char *));
	if (r->type != TEXTS)
		return;
	for (size_t i = 0; i < AT(p, r->count, size_t); i++)
		free(AT(p, r->offset, char **)[i]);
	free(AT(p, r->offset, char **));
}

void site_free(struct site_model *m)
{
	if (!m)
		return;
	for (size_t a = 0; a < ARRAYS; a++) {
		char *base = AT(m, arrays[a].offset, char *);
		for (size_t i = 0; i < AT(m, arrays[a].count, size_t); i++)
			for (const struct row *r = arrays[a].rows; r->name; r++)
				value_free(r, base + i * arrays[a].size);
		free(base);
	}
	for (const struct row *r = model_rows; r->name; r++)
		value_free(r, m);
	free(m->halves);
	free(m->paths);
	free(m);
}

/* What an index stands for, so that a place that only moved up in its array has not changed. */
static const char *index_name(const struct site_model *m, const struct row *r, const void *p)
{
	int i = READ(p, r->offset, int), e;

	if (i < 0)
		return "";
	if (r->type == RACK)
		return m->racks[i].name;
	if (r->type == ENCLOSURE)
		return m->enclosures[i].name;
	if (r->type == BLADE)
		return m->blades[i].name;
	e = ((const struct site_blade *)p)->enclosure;
	return e < 0 ? "" : m->enclosures[e].bays[i];
}

static bool same_limits(const struct limits *a, const struct limits *b)
{
	for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
		const struct limit *x = &a->of[k], *y = &b->of[k];
		if (x->set != y->set || x->max != y->max || x->period != y->period || x->rolling_s != y->rolling_s)
			return false;
	}
	return true;
}

static bool same_value(
	const struct row *r, const struct site_model *m, const void *p, const struct site_model *n, const void *q)
{
	size_t count;

	switch (r->type) {
	case TEXT:
		return !strcmp(READ(p, r->offset, char *), READ(q, r->offset, char *));
	case TEXTS:
		count = READ(p, r->count, size_t);
		if (count != READ(q, r->count, size_t))
			return false;
		for (size_t i = 0; i < count; i++)
			if (strcmp(READ(p, r->offset, char **)[i], READ(q, r->offset, char **)[i]))
				return false;
		return true;
	case KIB:
		return READ(p, r->offset, uint64_t) == READ(q, r->offset, uint64_t);
	case YES:
		return READ(p, r->offset, bool) == READ(q, r->offset, bool);
	case LIMITS:
		return same_limits(&READ(p, r->offset, struct limits), &READ(q, r->offset, struct limits));
	case INT:
		return READ(p, r->offset, int) == READ(q, r->offset, int);
	case MANAGER:
		return true;
	default:
		return !strcmp(index_name(m, r, p), index_name(n, r, q));
	}
}

/* The name an element goes by: its own, whom a manager speaks for, or who holds the role. The caller frees. */
static char *key_of(const struct array *a, const struct site_model *m, const void *p)
{
	const struct site_manager *s = p;

	if (a->rows == manager_rows)
		return xasprintf("%s:%s", s->enclosure >= 0 ? "enclosure" : "blade",
			s->enclosure >= 0 ? m->enclosures[s->enclosure].name : m->blades[s->blade].name);
	if (a->rows != role_rows)
		return xstrdup(READ(p, a->rows[0].offset, char *));
	const struct site_role *r = p;
	return xasprintf("%s:%s", *r->user ? "user" : "group", *r->user ? r->user : r->group);
}

/* Elements of one array by key: index as JSON integer. New reference. */
static json_t *keys_of(const struct array *a, const struct site_model *m)
{
	json_t *keys = json_object();
	const char *base = READ(m, a->offset, char *);

	for (size_t i = 0; i < READ(m, a->count, size_t); i++) {
		char *key = key_of(a, m, base + i * a->size);
		json_object_set_new(keys, key, json_integer((json_int_t)i));
		free(key);
	}
	return keys;
}

static void note(json_t **to, const char *what, const char *name)
{
	if (!*to)
		*to = json_object();
	if (!json_object_get(*to, what))
		json_object_set_new(*to, what, json_array());
	json_array_append_new(json_object_get(*to, what), json_string(name));
}

static json_t *diff_array(const struct array *a, const struct site_model *from, const struct site_model *to)
{
	json_t *old = keys_of(a, from), *new = keys_of(a, to), *out = NULL, *at;
	const char *x = READ(from, a->offset, char *), *y = READ(to, a->offset, char *), *key;

	json_object_foreach(new, key, at)
	{
		json_t *was = json_object_get(old, key);
		if (!was) {
			note(&out, "added", key);
			continue;
		}
		const void *p = x + (size_t)json_integer_value(was) * a->size,
			   *q = y + (size_t)json_integer_value(at) * a->size;
		for (const struct row *r = a->rows; r->name; r++)
			if (!same_value(r, from, p, to, q)) {
				note(&out, "changed", key);
				break;
			}
	}
	json_object_foreach(old, key, at) if (!json_object_get(new, key)) note(&out, "gone", key);
	json_decref(old);
	json_decref(new);
	return out;
}

/* The order of roles and of VM sections is part of their meaning. */
static bool same_order(const struct array *a, const struct site_model *from, const struct site_model *to)
{
	size_t n = READ(from, a->count, size_t);
	bool same = true;

	for (size_t i = 0; i < n && i < READ(to, a->count, size_t) && same; i++) {
		char *x = key_of(a, from, READ(from, a->offset, char *) + i * a->size),
		     *y = key_of(a, to, READ(to, a->offset, char *) + i * a->size);
		same = !strcmp(x, y);
		free(x);
		free(y);
	}
	return same;
}

json_t *site_diff(const struct site_model *from, const struct site_model *to)
{
	json_t *out = json_object(), *site = NULL;

	for (const struct row *r = model_rows; r->name; r++)
		if (r->offset != offsetof(struct site_model, warnings) && !same_value(r, from, from, to, to))
			note(&site, "changed", r->name);
	for (size_t a = 0; a < ARRAYS; a++) {
		bool ordered = arrays[a].rows == role_rows || arrays[a].rows == shutdown_rows ||
			       arrays[a].rows == vm_rows;
		json_t *d = diff_array(&arrays[a], from, to);
		if (!d && ordered && !same_order(&arrays[a], from, to))
			note(&site, "changed", arrays[a].name);
		if (d)
			json_object_set_new(out, arrays[a].name, d);
	}
	if (site)
		json_object_set_new(out, "site", site);
	return out;
}

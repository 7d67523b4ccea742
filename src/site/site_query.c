/* Questions to a site model: whose VM, which grade, which limits, how long, which role. Pure. Called by fleet, safety and broker. */
#include "site/site_model.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WINDOWS_S 3600 /* it installs its updates on the way down */

static bool owns(const struct site_tenant *t, const char *vm_name, const char *uuid)
{
	for (size_t i = 0; i < t->nrules; i++) {
		if (!strncmp(t->rules[i], "uuid:", 5)) {
			if (uuid && !strcasecmp(t->rules[i] + 5, uuid))
				return true;
		} else if (text_glob(t->rules[i], vm_name)) {
			return true;
		}
	}
	return false;
}

int site_owner(const struct site_model *m, const char *vm_name, const char *uuid, int *a, int *b)
{
	int found = -1;

	for (size_t i = 0; i < m->ntenants; i++) {
		if (!owns(&m->tenants[i], vm_name, uuid))
			continue;
		if (found >= 0) {
			if (a)
				*a = found;
			if (b)
				*b = (int)i;
			return -2;
		}
		found = (int)i;
	}
	return found;
}

int site_grade_of(const struct site_model *m, unsigned vcpus, uint64_t mem_kib)
{
	for (size_t i = 0; i < m->ngrades; i++)
		if ((unsigned)m->grades[i].vcpus == vcpus && m->grades[i].mem_kib == mem_kib)
			return (int)i;
	return -1;
}

static bool is_windows(const char *guest)
{
	return guest &&
	       (strcasestr(guest, "windows") || strcasestr(guest, "microsoft") || !strncasecmp(guest, "win", 3));
}

int site_shutdown_s(
	const struct site_model *m, const char *vm_name, const char *tenant, const char *grade, const char *guest)
{
	for (size_t i = 0; i < m->nshutdowns; i++)
		if (text_glob(m->shutdowns[i].vm, vm_name))
			return m->shutdowns[i].seconds;
	for (size_t i = 0; grade && i < m->ngrades; i++)
		if (m->grades[i].shutdown_s && !strcmp(m->grades[i].name, grade))
			return m->grades[i].shutdown_s;
	for (size_t i = 0; tenant && i < m->ntenants; i++)
		if (m->tenants[i].shutdown_s && !strcmp(m->tenants[i].name, tenant))
			return m->tenants[i].shutdown_s;
	if (is_windows(guest) && m->shutdown_s < WINDOWS_S)
		return WINDOWS_S;
	return m->shutdown_s;
}

static const struct site_tenant *tenant_of(const struct site_model *m, const char *name)
{
	for (size_t i = 0; name && *name && i < m->ntenants; i++)
		if (!strcmp(m->tenants[i].name, name))
			return &m->tenants[i];
	return NULL;
}

struct limits site_limits_of(const struct site_model *m, const char *vm_name, const char *tenant)
{
	const struct site_tenant *t = tenant_of(m, tenant);
	const struct site_vm *v = NULL;
	struct limits none = {0};

	for (size_t i = 0; !v && i < m->nvms; i++)
		if (text_glob(m->vms[i].vm, vm_name))
			v = &m->vms[i];
	const char *plan = v && v->plan && *v->plan ? v->plan : t && t->plan ? t->plan : "";
	for (size_t i = 0; *plan && i < m->nplans; i++)
		if (!strcmp(m->plans[i].name, plan))
			return limits_over(v ? &v->limits : &none, &m->plans[i].limits);
	return v ? v->limits : none;
}

static int by_vm(const void *a, const void *b)
{
	const struct site_half *x = a, *y = b;

	return strcmp(x->vm, y->vm);
}

void site_halves(struct site_model *m)
{
	free(m->halves);
	m->halves = xcalloc(m->npairs * 2 + 1, sizeof *m->halves);
	m->nhalves = 0;
	for (size_t i = 0; i < m->npairs; i++) {
		m->halves[m->nhalves++] = (struct site_half){m->pairs[i].a, m->pairs[i].b};
		m->halves[m->nhalves++] = (struct site_half){m->pairs[i].b, m->pairs[i].a};
	}
	qsort(m->halves, m->nhalves, sizeof *m->halves, by_vm);
}

const char *site_pair_of(const struct site_model *m, const char *vm_name)
{
	struct site_half key = {vm_name, NULL};
	const struct site_half *found;

	if (m->halves) {
		found = bsearch(&key, m->halves, m->nhalves, sizeof key, by_vm);
		return found ? found->other : "";
	}
	for (size_t i = 0; i < m->npairs; i++) {
		if (!strcmp(m->pairs[i].a, vm_name))
			return m->pairs[i].b;
		if (!strcmp(m->pairs[i].b, vm_name))
			return m->pairs[i].a;
	}
	return "";
}

int site_quorum_of(const struct site_model *m, const char *cluster)
{
	for (size_t i = 0; i < m->nclusters; i++)
		if (!strcmp(m->clusters[i].name, cluster))
			return m->clusters[i].quorum;
	return 0;
}

size_t site_start_rank(const struct site_model *m, const char *name)
{
	for (size_t i = 0; i < m->nstart_order; i++)
		if (text_glob(m->start_order[i], name))
			return i;
	return m->nstart_order;
}

const char *site_zone_of(const struct site_model *m, const char *tenant)
{
	const struct site_tenant *t = tenant_of(m, tenant);

	if (t && t->zone && *t->zone)
		return t->zone;
	return m->zone ? m->zone : "";
}

const struct site_role *site_role_row(const struct site_model *m, const char *user, const char *const *groups, size_t ngroups)
{
	for (size_t i = 0; i < m->nroles; i++) {
		const struct site_role *r = &m->roles[i];
		bool match = *r->user && user && !strcmp(r->user, user);
		for (size_t k = 0; !match && *r->group && k < ngroups; k++)
			match = !strcmp(r->group, groups[k]);
		if (match)
			return r;
	}
	return NULL;
}

enum right site_right_of(const struct site_role *r, const char *vm_name)
{
	enum right right = RIGHT_NONE;

	for (size_t i = 0; i < r->nvms; i++)
		if (text_glob(r->vms[i], vm_name))
			return right_from_name(r->vm_rights[i], &right) ? right : RIGHT_NONE;
	return r->right;
}

bool site_role_same(const struct site_role *a, const struct site_role *b)
{
	if (!a || !b)
		return a == b;
	if (a->role != b->role || a->right != b->right || a->nvms != b->nvms || strcmp(a->tenant, b->tenant) != 0)
		return false;
	for (size_t i = 0; i < a->nvms; i++)
		if (strcmp(a->vms[i], b->vms[i]) != 0 || strcmp(a->vm_rights[i], b->vm_rights[i]) != 0)
			return false;
	return true;
}

enum role site_role_of(
	const struct site_model *m, const char *user, const char *const *groups, size_t ngroups, const char **tenant)
{
	const struct site_role *r = site_role_row(m, user, groups, ngroups);

	if (tenant)
		*tenant = r && r->role == ROLE_CUSTOMER ? r->tenant : "";
	return r ? r->role : ROLE_NONE;
}

/* Whose VMs stand behind a cause (alerts_inside.h): tenants and how often each is counted, so that a place knows its own by what is
 * added and taken off, never by a look at all that stands in it. Called by alerts.c and alerts_tree.c. */
#include "watch/alerts_inside.h"

#include <string.h>

/* n: below zero takes off. */
static void count(struct whose *w, const char *tenant, int n)
{
	if (!w->tenants)
		w->tenants = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	n += GPOINTER_TO_INT(g_hash_table_lookup(w->tenants, tenant));
	if (n > 0)
		g_hash_table_insert(w->tenants, g_strdup(tenant), GINT_TO_POINTER(n));
	else
		g_hash_table_remove(w->tenants, tenant);
}

void whose_add(struct whose *w, const char *tenant)
{
	if (*tenant)
		count(w, tenant, 1);
}

void whose_of_blade(struct whose *w, const struct registry *r, const struct blade *b)
{
	size_t n;
	struct vm *const *vms = registry_vms_on(r, b->name, &n);

	for (size_t i = 0; i < n; i++)
		if (vm_state_is_active(vms[i]->state))
			whose_add(w, vms[i]->tenant);
}

void whose_all(struct whose *w, const struct whose *of, bool off)
{
	GHashTableIter it;
	gpointer tenant, n;

	if (!of->tenants)
		return;
	g_hash_table_iter_init(&it, of->tenants);
	while (g_hash_table_iter_next(&it, &tenant, &n))
		count(w, tenant, off ? -GPOINTER_TO_INT(n) : GPOINTER_TO_INT(n));
}

bool whose_same(const struct whose *a, const struct whose *b)
{
	GHashTableIter it;
	gpointer tenant, n;

	if (whose_count(a) != whose_count(b))
		return false;
	if (whose_count(a) == 0)
		return true;
	g_hash_table_iter_init(&it, a->tenants);
	while (g_hash_table_iter_next(&it, &tenant, &n))
		if (g_hash_table_lookup(b->tenants, tenant) != n)
			return false;
	return true;
}

int64_t whose_count(const struct whose *w)
{
	return w->tenants ? g_hash_table_size(w->tenants) : 0;
}

void whose_free(struct whose *w)
{
	if (w->tenants)
		g_hash_table_destroy(w->tenants);
	w->tenants = NULL;
}

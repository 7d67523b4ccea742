/* Tenants and roles of the model. Called by build.c. */
#include "site/build.h"
#include "common/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One VM rule, in the form in which it is compared; NULL after an error. */
static char *rule_text(struct build *b, const struct conf_node *n, const struct conf_value *v)
{
	struct err *e = NULL;
	char *out;

	if (!*v->text || strlen(v->text) > BUILD_RULE_MAX)
		e = err_new(ERR_USAGE, "site.rule.long", "{s:s, s:i}", "rule", v->text, "max", BUILD_RULE_MAX);
	else if (!strncmp(v->text, "uuid:", 5) && !uuid_is(v->text + 5))
		e = err_new(ERR_USAGE, "site.rule.uuid", "{s:s}", "rule", v->text);
	build_say(b, n, v->line, e);
	if (e)
		return NULL;
	out = xstrdup(v->text);
	for (char *p = out; !strncmp(out, "uuid:", 5) && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

static void build_tenant(struct build *b, const struct conf_node *n)
{
	static const char *const states[] = {"active", "frozen", "leaving"};
	struct site_model *m = b->m;
	const char *state = conf_text(n, "state"), *shutdown = conf_text(n, "shutdown");
	const struct conf_item *vms = conf_item(n, "vms");
	size_t count = m->ntenants;

	if (!build_name(b, n, n->line, "tenant", n->title) ||
		!build_new(b, n, "tenant", b->tenants, n->title, (int)m->ntenants, b->tenant_at))
		return;
	b->tenant_at = build_grow(b->tenant_at, &count, sizeof *b->tenant_at);
	b->tenant_at[count - 1] = (struct place){n->file, n->line};
	m->tenants = build_grow(m->tenants, &m->ntenants, sizeof *m->tenants);
	struct site_tenant *t = &m->tenants[m->ntenants - 1];
	t->name = xstrdup(n->title);
	t->title = build_text(n, "title");
	t->contact = build_text(n, "contact");
	t->procedure = build_text(n, "procedure");
	build_zone(b, n, &t->zone);
	if (state) {
		bool known = false;
		for (int i = 0; i < 3; i++)
			if (!strcmp(state, states[i])) {
				t->state = (enum tenant_state)i;
				known = true;
			}
		if (!known)
			build_item(b, n, "state",
				err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "state", "value",
					state, "choices", "active, frozen, leaving"));
	}
	if (shutdown)
		build_item(b, n, "shutdown", parse_duration("shutdown", shutdown, &t->shutdown_s));
	t->plan = build_plan_ref(b, n);
	build_limits(b, n, true, &t->limits);
	for (size_t i = 0; vms && i < vms->n; i++) {
		char *rule = rule_text(b, n, &vms->values[i]);
		if (!rule)
			continue;
		t->rules = build_grow(t->rules, &t->nrules, sizeof *t->rules);
		t->rules[t->nrules - 1] = rule;
	}
}

/* A user or group of one role. */
static void add_person(struct build *b, const struct conf_node *n, enum role role, bool group,
	const struct conf_value *v, json_t *seen)
{
	struct site_model *m = b->m;
	char buf[BUILD_PLACE_MAX], *key;
	json_t *old;

	if (!*v->text || strlen(v->text) > BUILD_NAME_MAX || strpbrk(v->text, " :,/*?")) {
		build_say(b, n, v->line,
			err_new(ERR_USAGE, "site.role.name", "{s:s, s:s}", "what", group ? "group" : "user", "name",
				v->text));
		return;
	}
	key = xasprintf("%s %s", group ? "group" : "user", v->text);
	old = json_object_get(seen, key);
	if (old) {
		struct place at = {(int)json_integer_value(json_array_get(old, 0)),
			(int)json_integer_value(json_array_get(old, 1))};
		build_say(b, n, v->line,
			err_new(ERR_USAGE, "site.role.two", "{s:s, s:s, s:s}", "what", group ? "group" : "user", "name",
				v->text, "place", build_place(b, n, at, buf)));
	} else {
		json_object_set_new_nocheck(seen, key, json_pack("[i,i]", n->file, v->line));
		m->roles = build_grow(m->roles, &m->nroles, sizeof *m->roles);
		m->roles[m->nroles - 1] = (struct site_role){.role = role,
			.user = xstrdup(group ? "" : v->text),
			.group = xstrdup(group ? v->text : ""),
			.tenant = build_text(n, "tenant")};
	}
	free(key);
}

static void build_role(struct build *b, const struct conf_node *n)
{
	enum role role = !strcmp(n->title, "operator")   ? ROLE_OPERATOR
			 : !strcmp(n->title, "viewer")   ? ROLE_VIEWER
			 : !strcmp(n->title, "customer") ? ROLE_CUSTOMER
							 : ROLE_NONE;
	const char *tenant = conf_text(n, "tenant");
	size_t people = 0;

	if (role == ROLE_NONE)
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "role", "value", n->title,
				"choices", "operator, viewer, customer"));
	else if (role == ROLE_CUSTOMER && !tenant)
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.role.tenant", NULL));
	else if (role != ROLE_CUSTOMER && tenant)
		build_item(b, n, "tenant", err_new(ERR_USAGE, "site.role.notenant", "{s:s}", "role", n->title));
	else if (tenant)
		build_ref(b, n, "tenant", "tenant", b->tenants, tenant);
	for (size_t i = 0; i < n->nitems; i++) {
		bool group = !strcmp(n->items[i].name, "groups");
		if (!group && strcmp(n->items[i].name, "users"))
			continue;
		for (size_t k = 0; k < n->items[i].n; k++, people++)
			if (role != ROLE_NONE)
				add_person(b, n, role, group, &n->items[i].values[k], b->people);
	}
	if (!people)
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.role.empty", NULL));
}

void build_people(struct build *b)
{
	build_each(b, "tenant", build_tenant);
	build_each(b, "role", build_role);
}

/* Tenants and roles of the model. Called by build.c. */
#include "site/build.h"
#include "common/buf.h"

#include "conf/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ROLE_VMS_MAX 200       /* vm sections of one role */
#define ROLE_CONSOLES_MAX 1000
#define CUSTOMER_IDLE_S 900

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

/* What a section gives each of its people. */
struct said {
	enum role role;
	enum right right;
	const char *globs[ROLE_VMS_MAX]; /* borrowed from the tree */
	enum right rights[ROLE_VMS_MAX];
	size_t n;
	int idle_s, consoles;
};

static void add_rights(struct site_role *r, const struct said *said)
{
	r->vms = xcalloc(said->n + 1, sizeof *r->vms);
	r->vm_rights = xcalloc(said->n + 1, sizeof *r->vm_rights);
	for (size_t i = 0; i < said->n; i++) {
		r->vms[r->nvms++] = xstrdup(said->globs[i]);
		r->vm_rights[r->nvm_rights++] = xstrdup(right_name(said->rights[i]));
	}
}

static void build_right(struct build *b, const struct conf_node *n, const char *word, enum right *out)
{
	if (!right_from_name(word, out))
		build_item(b, n, "right", err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "right", "value", word,
			"choices", "none, view, power, full"));
}

/* vm "GLOB" { right = view } */
static void build_role_vm(struct build *b, const struct conf_node *n, struct said *said)
{
	const char *right = conf_text(n, "right");

	if (!*n->title || strlen(n->title) > BUILD_RULE_MAX) {
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.rule.long", "{s:s, s:i}", "rule", n->title, "max", BUILD_RULE_MAX));
		return;
	}
	for (size_t i = 0; i < said->n; i++)
		if (!strcmp(said->globs[i], n->title)) {
			build_say(b, n, n->line, err_new(ERR_USAGE, "site.right.two", "{s:s}", "vm", n->title));
			return;
		}
	if (said->n == ROLE_VMS_MAX) {
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "sections for VMs in a role", "max",
			ROLE_VMS_MAX));
		return;
	}
	if (!right) {
		build_missing(b, n, "right");
		return;
	}
	said->globs[said->n] = n->title;
	said->rights[said->n] = RIGHT_NONE;
	build_right(b, n, right, &said->rights[said->n++]);
}

static void build_said(struct build *b, const struct conf_node *n, struct said *said)
{
	const char *right = conf_text(n, "right"), *idle = conf_text(n, "idle"), *consoles = conf_text(n, "consoles");

	said->right = RIGHT_FULL;
	said->idle_s = said->role == ROLE_CUSTOMER ? CUSTOMER_IDLE_S : 0;
	if (said->role != ROLE_CUSTOMER && (right || conf_child(n, "vm"))) {
		const struct conf_node *vm = conf_child(n, "vm");
		struct err *e = err_new(ERR_USAGE, "site.right.role", "{s:s}", "role", n->title);
		if (right)
			build_item(b, n, "right", e);
		else
			build_say(b, n, vm->line, e);
	} else {
		if (right)
			build_right(b, n, right, &said->right);
		for (size_t i = 0; i < n->nchildren; i++)
			build_role_vm(b, n->children[i], said);
	}
	if (idle)
		build_item(b, n, "idle", build_idle("idle", idle, &said->idle_s));
	if (consoles)
		build_item(b, n, "consoles", parse_number("consoles", consoles, 1, ROLE_CONSOLES_MAX, &said->consoles));
}

/* A user or group of one role. */
static void add_person(struct build *b, const struct conf_node *n, const struct said *said, bool group,
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
		struct site_role *r = &m->roles[m->nroles - 1];
		*r = (struct site_role){.role = said->role,
			.user = xstrdup(group ? "" : v->text),
			.group = xstrdup(group ? v->text : ""),
			.tenant = build_text(n, "tenant"),
			.right = said->right,
			.idle_s = said->idle_s,
			.consoles = said->consoles};
		add_rights(r, said);
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
	struct said said = {.role = role};
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
	if (role != ROLE_NONE)
		build_said(b, n, &said);
	for (size_t i = 0; i < n->nitems; i++) {
		bool group = !strcmp(n->items[i].name, "groups");
		if (!group && strcmp(n->items[i].name, "users"))
			continue;
		for (size_t k = 0; k < n->items[i].n; k++, people++)
			if (role != ROLE_NONE)
				add_person(b, n, &said, group, &n->items[i].values[k], b->people);
	}
	if (!people)
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.role.empty", NULL));
}

void build_people(struct build *b)
{
	build_each(b, "tenant", build_tenant);
	build_each(b, "role", build_role);
}

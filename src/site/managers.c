/* Managers of the model: who speaks for the blades of an enclosure, or for one server. Called by metal.c and blades.c. */
#include "site/build.h"
#include "common/buf.h"
#include "conf/secret.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESSES_MAX 2 /* an active and a standby one */
#define WARNINGS_MAX 1000
#define HOST_MAX 253

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

struct manager_said build_manager_said(const struct conf_node *inner, const struct conf_node *outer)
{
	const struct conf_node *a = inner ? conf_child(inner, "manager") : NULL, *z = outer ? conf_child(outer, "manager") : NULL;
	struct manager_said s = {{NULL, NULL}, 0};

	if (a)
		s.list[s.n++] = a;
	if (z)
		s.list[s.n++] = z;
	return s;
}

const struct conf_node *build_manager_says(const struct manager_said *s, const char *option)
{
	for (size_t i = 0; i < s->n; i++)
		if (conf_item(s->list[i], option))
			return s->list[i];
	return NULL;
}

void build_warn(struct build *b, const struct conf_node *n, const char *item, struct err *e)
{
	struct site_model *m = b->m;
	const struct conf_item *it = conf_item(n, item);
	char *text = xasprintf("%s:%d: %s", b->c->files[n->file], it ? it->line : n->line, e->msg.text);
	bool said = m->nwarnings >= WARNINGS_MAX;

	err_free(e);
	for (size_t i = 0; i < m->nwarnings && !said; i++)
		said = !strcmp(m->warnings[i], text);
	if (said) {
		free(text);
		return;
	}
	m->warnings = build_grow(m->warnings, &m->nwarnings, sizeof *m->warnings);
	m->warnings[m->nwarnings - 1] = text;
}

static const char *text_of(const struct manager_said *s, const char *option)
{
	const struct conf_node *n = build_manager_says(s, option);
	const char *text = n ? conf_text(n, option) : NULL;

	return text ? text : "";
}

/* ---- where it is ---- */

static bool is_port(const char *p)
{
	long n = 0;

	if (!*p || strspn(p, "0123456789") != strlen(p) || strlen(p) > 5)
		return false;
	for (; *p; p++)
		n = n * 10 + (*p - '0');
	return n >= 1 && n <= 65535;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool is_address(const char *a)
{
	size_t len;

	if (*a == '[') {
		len = strspn(a + 1, "0123456789abcdefABCDEF:.");
		const char *rest = a + 1 + len;
		size_t zone = *rest == '%' ? 1 + strspn(rest + 1, letters) : 0;
		rest += zone;
		return len >= 2 && *rest == ']' && (!rest[1] || (rest[1] == ':' && is_port(rest + 2)));
	}
	len = strcspn(a, ":");
	if (len < 1 || len > HOST_MAX || *a == '-' || *a == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr(letters, a[i]) && !strchr("-._", a[i]))
			return false;
	return !a[len] || is_port(a + len + 1);
}

/* One manager allows few sessions, and two that speak to it would take them from each other. */
static void address_new(struct build *b, const struct conf_node *n, int line, const char *address)
{
	char buf[BUILD_PLACE_MAX];
	int other = build_find(b->addresses, address), self = (int)b->m->nmanagers - 1;

	if (other < 0) {
		json_object_set_new_nocheck(b->addresses, address, json_integer(self));
		return;
	}
	const struct site_manager *o = &b->m->managers[other];
	build_say(b, n, line,
		err_new(ERR_USAGE, "site.manager.twice", "{s:s, s:s, s:s}", "address", address, "name",
			o->enclosure >= 0 ? b->m->enclosures[o->enclosure].name : b->m->blades[o->blade].name, "place",
			build_place(b, n, b->manager_at[other], buf)));
}

static void build_addresses(struct build *b, const struct manager_said *s, const struct hole *holes, size_t nholes)
{
	const struct conf_node *n = build_manager_says(s, "address");
	const struct conf_item *it = n ? conf_item(n, "address") : NULL;
	struct site_manager *m = &b->m->managers[b->m->nmanagers - 1];

	if (!it || !it->n) {
		build_say(b, s->list[0], s->list[0]->line, err_new(ERR_USAGE, "site.manager.missing", "{s:s}", "option", "address"));
		return;
	}
	if (it->n > ADDRESSES_MAX) {
		build_item(b, n, "address", err_new(ERR_USAGE, "site.manager.addresses", "{s:i}", "count", (int)it->n));
		return;
	}
	m->addresses = xcalloc(ADDRESSES_MAX, sizeof *m->addresses);
	for (size_t i = 0; i < it->n; i++) {
		char *address = NULL;
		struct err *e = holes_fill(it->values[i].text, holes, nholes, &address);
		if (!e && !is_address(address))
			e = err_new(ERR_USAGE, "site.manager.address", "{s:s}", "value", address);
		build_say(b, n, it->values[i].line, e);
		if (e) {
			free(address);
			continue;
		}
		address_new(b, n, it->values[i].line, address);
		m->addresses[m->naddresses++] = address;
	}
}

/* ---- how to log in ---- */

static struct err *credential_path(const char *name, char **out)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	*out = NULL;
	for (const char *p = name; *p; p++)
		if (!strchr(letters, *p) && !strchr("-._@", *p))
			return err_new(ERR_USAGE, "site.manager.credential", "{s:s}", "value", name);
	if (!*name || *name == '.')
		return err_new(ERR_USAGE, "site.manager.credential", "{s:s}", "value", name);
	if (!dir || *dir != '/')
		return err_new(ERR_USAGE, "site.manager.credential.none", "{s:s}", "value", name);
	*out = xasprintf("%s/%s", dir, name);
	return NULL;
}

/* One of three, from the innermost section that says any of them. */
static void build_password(struct build *b, const struct manager_said *s, struct site_manager *m)
{
	static const char *const ways[] = {"password-file", "credential", "password"};
	const struct conf_node *n = NULL;
	const char *way = NULL, *also = NULL;
	struct err *e = NULL;
	char *path = NULL;

	for (size_t i = 0; i < s->n && !n; i++)
		for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
			if (!conf_item(s->list[i], ways[k]))
				continue;
			n = s->list[i];
			also = way;
			way = ways[k];
		}
	if (!n)
		return;
	const char *value = conf_text(n, way);
	if (also) {
		build_item(b, n, way, err_new(ERR_USAGE, "site.manager.both", "{s:s, s:s}", "one", also, "other", way));
		return;
	}
	if (!value || !*value) {
		build_item(b, n, way, err_new(ERR_USAGE, "site.manager.empty", "{s:s}", "option", way));
		return;
	}
	if (way == ways[2]) {
		free(m->password);
		m->password = xstrdup(value);
		build_warn(b, n, way, err_new(ERR_USAGE, "site.manager.clear", NULL));
		return;
	}
	if (way == ways[1])
		e = credential_path(value, &path);
	else
		path = build_path(b, n, value);
	if (!e)
		e = secret_check(path);
	build_item(b, n, way, e);
	if (path) {
		free(m->password_file);
		m->password_file = path;
	}
}

/* The manager's own login, else what counts for the hosts around it: known hosts always, a key only where no password is said. */
static void login_option(struct build *b, const struct conf_node *const *sections, size_t n, const char *option, char **out)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_node *login = sections[i] ? conf_child(sections[i], "login") : NULL;
		const char *text = login ? conf_text(login, option) : NULL;
		if (!text)
			continue;
		free(*out);
		*out = build_path(b, login, text);
		return;
	}
}

static void build_login(struct build *b, const struct manager_said *s, struct site_manager *m)
{
	const struct conf_node *sections[8];
	size_t n = 0, own;

	for (size_t i = 0; i < s->n; i++)
		sections[n++] = s->list[i];
	own = n;
	/* from the section in which the manager's stands outwards: a blade's, an enclosure's, a rack's; then the site's */
	for (const struct conf_node *at = s->list[0]->parent; at && n < sizeof sections / sizeof *sections - 1; at = at->parent)
		sections[n++] = at;
	sections[n++] = b->site;
	login_option(b, sections, n, "known-hosts", &m->known_hosts);
	login_option(b, sections, *m->password || *m->password_file ? own : n, "key", &m->key_file);
}

static void build_rest(struct build *b, const struct manager_said *s, struct site_manager *m)
{
	const struct conf_node *n;
	const char *text;

	if ((n = build_manager_says(s, "legacy")))
		build_item(b, n, "legacy", parse_yes("legacy", conf_text(n, "legacy"), &m->legacy));
	if ((n = build_manager_says(s, "poll")))
		build_item(b, n, "poll", parse_duration("poll", conf_text(n, "poll"), &m->poll_s));
	if ((n = build_manager_says(s, "ciphers"))) {
		text = conf_text(n, "ciphers");
		for (const char *p = text; *p; p++)
			if (!strchr(letters, *p) && !strchr("-.,@", *p)) {
				build_item(b, n, "ciphers", err_new(ERR_USAGE, "site.manager.ciphers", "{s:s}", "value", text));
				return;
			}
		free(m->ciphers);
		m->ciphers = xstrdup(text);
	}
}

void build_manager(struct build *b, const struct manager_said *s, const struct hole *holes, size_t nholes, int enclosure, int blade)
{
	size_t count = b->m->nmanagers;
	const struct conf_node *n;

	if (!s->n)
		return;
	b->manager_at = build_grow(b->manager_at, &count, sizeof *b->manager_at);
	b->manager_at[count - 1] = (struct place){s->list[0]->file, s->list[0]->line};
	b->m->managers = build_grow(b->m->managers, &b->m->nmanagers, sizeof *b->m->managers);
	struct site_manager *m = &b->m->managers[b->m->nmanagers - 1];
	*m = (struct site_manager){.enclosure = enclosure, .blade = blade};
	char **texts[] = {&m->dialect, &m->user, &m->key_file, &m->known_hosts, &m->password_file, &m->password, &m->ciphers};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = xstrdup("");
	if (enclosure >= 0)
		b->m->enclosures[enclosure].manager = (int)count - 1;
	else
		b->m->blades[blade].manager = (int)count - 1;
	n = build_manager_says(s, "dialect");
	if (n && build_dialect(b, n, conf_text(n, "dialect"))) {
		free(m->dialect);
		m->dialect = xstrdup(conf_text(n, "dialect"));
	}
	build_addresses(b, s, holes, nholes);
	free(m->user);
	m->user = xstrdup(text_of(s, "user"));
	if (!*m->user)
		build_say(b, s->list[0], s->list[0]->line, err_new(ERR_USAGE, "site.manager.missing", "{s:s}", "option", "user"));
	build_password(b, s, m);
	build_login(b, s, m);
	build_rest(b, s, m);
}

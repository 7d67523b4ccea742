/* Blades of the model: sections that stand for a row of them, and single ones that stand alone or change one of a row.
 * Called by metal.c and build.c. */
#include "site/build.h"
#include "site/site_uri.h"
#include "common/buf.h"
#include "common/host_uri.h"

#include <stdlib.h>
#include <string.h>

enum { BAY, HOST, CLUSTER, OWNER, SERIAL, SPARE, OPTIONS };
static const char *const options[OPTIONS] = {"bay", "host", "cluster", "owner", "serial", "spare"};

struct made {
	const struct conf_node *from, *over; /* its section; the single one that changes it, NULL */
	bool range, further;                 /* as in struct instance */
	bool bad_bay, bad_host;              /* said already */
};
struct single {
	const struct conf_node *n;
	struct instance in;
};

/* The section that said an option of a blade last. */
static const struct conf_node *said_by(const struct made *d, const char *option)
{
	return d->over && conf_item(d->over, option) ? d->over : d->from;
}

static void set(char **to, char *value)
{
	free(*to);
	*to = value;
}

/* Login of a blade: the innermost section that says it. */
static void apply_login(struct build *b, const struct conf_node *n, struct site_blade *x)
{
	const struct conf_node *login = n ? conf_child(n, "login") : NULL;
	const char *key = login ? conf_text(login, "key") : NULL,
		   *known = login ? conf_text(login, "known-hosts") : NULL;

	if (key)
		set(&x->key_file, build_path(b, login, key));
	if (known)
		set(&x->known_hosts, build_path(b, login, known));
}

static void apply_bay(struct build *b, const struct conf_node *n, size_t i, const char *bay)
{
	struct site_blade *x = &b->m->blades[i];
	struct site_enclosure *in = x->enclosure >= 0 ? &b->m->enclosures[x->enclosure] : NULL;
	struct err *e;

	x->bay = -1;
	for (size_t k = 0; in && k < in->nbays && x->bay < 0; k++)
		if (!strcmp(in->bays[k], bay))
			x->bay = (int)k;
	b->made[i].bad_bay = x->bay < 0;
	if (x->bay >= 0 || (in && !in->nbays))
		return;
	e = in ? err_new(ERR_USAGE, "site.bay.none", "{s:s, s:s}", "enclosure", in->name, "bay", bay)
	       : err_new(ERR_USAGE, "site.bay.nowhere", "{s:s}", "name", x->name);
	build_item(b, n, "bay", e);
}

static void apply_host(struct build *b, const struct conf_node *n, size_t i, const char *host)
{
	struct site_blade *x = &b->m->blades[i];
	const struct site_enclosure *in = x->enclosure >= 0 ? &b->m->enclosures[x->enclosure] : NULL;
	struct hole holes[] = {{"name", x->name}, {"bay", in && x->bay >= 0 ? in->bays[x->bay] : NULL},
		{"enclosure", in ? in->name : NULL}, {"rack", in ? b->m->racks[in->rack].name : NULL}};
	char *uri = NULL;
	struct err *e = holes_fill(host, holes, sizeof holes / sizeof *holes, &uri);

	if (!e && *uri) /* an empty one takes the row's away */
		e = host_uri_parse(uri, NULL);
	b->made[i].bad_host = e != NULL;
	if (e)
		free(uri);
	else
		set(&x->uri, uri);
	build_item(b, n, "host", e);
}

/* What one section says about blade i; values as expanded for it, NULL where it says nothing. */
static void apply(struct build *b, const struct conf_node *n, size_t i, const char *const *values)
{
	struct site_blade *x = &b->m->blades[i];

	if (values[BAY])
		apply_bay(b, n, i, values[BAY]);
	if (values[CLUSTER] && build_ref(b, n, "cluster", "cluster", b->clusters, values[CLUSTER]) >= 0)
		set(&x->cluster, xstrdup(values[CLUSTER]));
	if (values[OWNER] && build_ref(b, n, "owner", "tenant", b->tenants, values[OWNER]) >= 0)
		set(&x->owner, xstrdup(values[OWNER]));
	if (values[SERIAL])
		set(&x->serial, xstrdup(values[SERIAL]));
	if (values[SPARE])
		build_item(b, n, "spare", parse_yes("spare", values[SPARE], &x->spare));
	if (values[HOST])
		apply_host(b, n, i, values[HOST]);
	else if (values[SPARE] && x->spare)
		set(&x->uri, xstrdup("")); /* one of a row, in the pool now: nothing runs there */
	apply_login(b, n, x);
}

/* A new blade. Its index, or -1 after an error. */
static int create(struct build *b, const struct conf_node *n, const struct instance *in, const char *name, bool range)
{
	struct site_model *m = b->m;
	size_t count = m->nblades, made = count;

	if (!build_name(b, n, n->line, "blade", name) ||
		!build_new(b, n, "blade", b->blades, name, (int)count, b->blade_at))
		return -1;
	b->blade_at = build_grow(b->blade_at, &count, sizeof *b->blade_at);
	b->blade_at[count - 1] = (struct place){n->file, n->line};
	b->made = build_grow(b->made, &made, sizeof *b->made);
	b->made[made - 1] = (struct made){.from = n, .range = range, .further = in->further};
	m->blades = build_grow(m->blades, &m->nblades, sizeof *m->blades);
	struct site_blade *x = &m->blades[m->nblades - 1];
	*x = (struct site_blade){.name = xstrdup(name), .enclosure = in->enclosure_index, .bay = -1, .manager = -1};
	char **texts[] = {&x->uri, &x->key_file, &x->known_hosts, &x->cluster, &x->owner, &x->serial};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = xstrdup("");
	apply_login(b, b->site, x);
	apply_login(b, in->rack, x);
	apply_login(b, in->enclosure, x);
	return (int)m->nblades - 1;
}

static bool room(struct build *b, const struct conf_node *n, size_t more)
{
	if (b->m->nblades + more <= BUILD_BLADES_MAX)
		return true;
	build_say(b, n, n->line,
		err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "blades", "max", BUILD_BLADES_MAX));
	return false;
}

/* The title's names in one instance. */
static struct err *names_of(struct build *b, const struct conf_node *n, const struct instance *in, struct names *out)
{
	const struct site_enclosure *x = in->enclosure ? &b->m->enclosures[in->enclosure_index] : NULL;
	struct hole holes[] = {{"enclosure", x ? x->name : NULL}, {"rack", x ? b->m->racks[x->rack].name : NULL}};
	char *filled;
	struct err *e = holes_fill(n->title, holes, x ? 2 : 0, &filled);

	*out = (struct names){0};
	if (e)
		return e;
	e = range_expand(filled, out);
	free(filled);
	return e;
}

/* What each option says to count blades: one value for all or one for each; a bay for each. */
static void columns_of(struct build *b, const struct conf_node *n, size_t count, struct names *columns)
{
	for (size_t o = 0; o < OPTIONS; o++) {
		const char *text = conf_text(n, options[o]);
		struct err *e = NULL;
		columns[o] = (struct names){0};
		if (!text)
			continue;
		e = o == BAY ? range_list(text, &columns[o]) : range_expand(text, &columns[o]);
		if (!e && columns[o].n != count && (o == BAY || columns[o].n != 1))
			e = err_new(ERR_USAGE, "site.range.count", "{s:s, s:i, s:i}", "option", options[o], "values",
				(int)columns[o].n, "count", (int)count);
		else if (!e && o == HOST && count > 1 && columns[o].n == 1 && *text && !strchr(text, '{'))
			e = err_new(ERR_USAGE, "site.host.same", "{s:i}", "count", (int)count);
		if (e)
			names_free(&columns[o]);
		build_item(b, n, options[o], e);
	}
}

static void row_of(const struct names *columns, size_t i, const char **values)
{
	for (size_t o = 0; o < OPTIONS; o++)
		values[o] = !columns[o].n ? NULL : columns[o].list[columns[o].n == 1 ? 0 : i];
}

static void mark_bad(struct build *b, const struct conf_node *n, const struct names *columns, size_t blade)
{
	b->made[blade].bad_bay |= conf_item(n, "bay") && !columns[BAY].n;
	b->made[blade].bad_host |= conf_item(n, "host") && !columns[HOST].n;
}

/* A top section says itself where its blades stand. False: it says what is not there. */
static bool enclosure_of(struct build *b, const struct conf_node *n, struct instance *in)
{
	const char *name = conf_text(n, "enclosure");

	if (!name)
		return true;
	if (in->enclosure) {
		build_item(b, n, "enclosure", err_new(ERR_USAGE, "site.bay.inside", NULL));
		return true;
	}
	in->enclosure_index = build_ref(b, n, "enclosure", "enclosure", b->enclosures, name);
	return in->enclosure_index >= 0;
}

static void make_range(struct build *b, const struct conf_node *n, const struct instance *given)
{
	struct instance in = *given;
	struct names names, columns[OPTIONS];
	struct err *e = names_of(b, n, &in, &names);

	build_say(b, n, n->line, e);
	if (e || !room(b, n, names.n) || !enclosure_of(b, n, &in)) {
		names_free(&names);
		return;
	}
	columns_of(b, n, names.n, columns);
	const struct site_enclosure *x = in.enclosure_index >= 0 ? &b->m->enclosures[in.enclosure_index] : NULL;
	bool in_order = x && !conf_item(n, "bay") && names.n == x->nbays;
	for (size_t i = 0; i < names.n; i++) {
		const char *values[OPTIONS];
		b->r->quiet = given->further || i > 0;
		in.further = b->r->quiet;
		int blade = create(b, n, &in, names.list[i], true);
		if (blade < 0)
			continue;
		row_of(columns, i, values);
		if (in_order)
			values[BAY] = x->bays[i];
		mark_bad(b, n, columns, (size_t)blade);
		apply(b, n, (size_t)blade, values);
	}
	b->r->quiet = given->further;
	for (size_t o = 0; o < OPTIONS; o++)
		names_free(&columns[o]);
	names_free(&names);
}

static void make_single(struct build *b, const struct single *s)
{
	const struct conf_node *n = s->n;
	struct instance in = s->in;
	struct names names, columns[OPTIONS];
	const char *values[OPTIONS];
	struct err *e = names_of(b, n, &in, &names);

	b->r->quiet = in.further;
	build_say(b, n, n->line, e);
	if (e || !room(b, n, 1) || !enclosure_of(b, n, &in)) {
		names_free(&names);
		return;
	}
	columns_of(b, n, 1, columns);
	row_of(columns, 0, values);
	int blade = build_find(b->blades, names.list[0]);
	struct site_blade *x = blade >= 0 ? &b->m->blades[blade] : NULL;
	if (x && b->made[blade].range && !b->made[blade].over &&
		(!s->in.enclosure || x->enclosure == in.enclosure_index)) {
		b->made[blade].over = n;
		if (!s->in.enclosure && conf_item(n, "enclosure") && x->enclosure != in.enclosure_index) {
			x->enclosure = in.enclosure_index;
			x->bay = -1;
		}
	} else {
		blade = create(b, n, &in, names.list[0], false);
		const struct site_enclosure *at =
			in.enclosure_index >= 0 ? &b->m->enclosures[in.enclosure_index] : NULL;
		if (blade >= 0 && at && at->nbays == 1 && !conf_item(n, "bay"))
			values[BAY] = at->bays[0];
	}
	if (blade >= 0) {
		mark_bad(b, n, columns, (size_t)blade);
		apply(b, n, (size_t)blade, values);
	}
	for (size_t o = 0; o < OPTIONS; o++)
		names_free(&columns[o]);
	names_free(&names);
}

void build_blade(struct build *b, const struct conf_node *n, const struct instance *in)
{
	if (range_has(n->title)) {
		make_range(b, n, in);
		return;
	}
	b->singles = build_grow(b->singles, &b->nsingles, sizeof *b->singles);
	b->singles[b->nsingles - 1] = (struct single){n, *in};
}

/* Two blades in one bay. Key: no enclosure's name holds a slash. */
static void check_bay(struct build *b, size_t i)
{
	const struct site_blade *x = &b->m->blades[i];
	const struct made *d = &b->made[i];
	const struct conf_node *n = said_by(d, "bay");
	char buf[BUILD_PLACE_MAX];

	if (x->enclosure < 0 || d->bad_bay)
		return;
	if (x->bay < 0) {
		n = said_by(d, "enclosure"); /* it was moved there without one */
		if (b->m->enclosures[x->enclosure].nbays)
			build_say(b, n, n->line,
				err_new(ERR_USAGE, "site.bay.missing", "{s:s, s:s}", "name", x->name, "enclosure",
					b->m->enclosures[x->enclosure].name));
		return;
	}
	const struct site_enclosure *in = &b->m->enclosures[x->enclosure];
	char *key = xasprintf("%s/%d", in->name, x->bay);
	int other = build_find(b->bays, key);
	if (other < 0)
		json_object_set_new_nocheck(b->bays, key, json_integer((json_int_t)i));
	else
		build_item(b, n, "bay",
			err_new(ERR_USAGE, "site.bay.taken", "{s:s, s:s, s:s, s:s}", "bay", in->bays[x->bay],
				"enclosure", in->name, "name", b->m->blades[other].name, "place",
				build_place(b, n, b->blade_at[other], buf)));
	free(key);
}

/* One host under two names: its VMs would be seen twice. */
static void check_host(struct build *b, size_t i)
{
	const struct site_blade *x = &b->m->blades[i];
	const struct made *d = &b->made[i];
	const struct conf_node *n = said_by(d, "host");
	char buf[BUILD_PLACE_MAX], *key;

	if (d->bad_host)
		return;
	if (!*x->uri) {
		if (!x->spare && !*x->owner)
			build_say(b, n, n->line, err_new(ERR_USAGE, "site.host.missing", "{s:s}", "name", x->name));
		return;
	}
	key = uri_canonical(x->uri);
	int other = build_find(b->hosts, key);
	if (other < 0)
		json_object_set_new_nocheck(b->hosts, key, json_integer((json_int_t)i));
	else
		build_item(b, n, "host",
			err_new(ERR_USAGE, "site.host.twice", "{s:s, s:s, s:s}", "uri", x->uri, "name",
				b->m->blades[other].name, "place", build_place(b, n, b->blade_at[other], buf)));
	free(key);
}

/* A server's own manager. */
static void own_manager(struct build *b, size_t i)
{
	const struct site_blade *x = &b->m->blades[i];
	const struct made *d = &b->made[i];
	const struct site_enclosure *in = x->enclosure >= 0 ? &b->m->enclosures[x->enclosure] : NULL;
	struct manager_said said = build_manager_said(d->over, d->from);
	struct hole holes[] = {{"name", x->name}, {"bay", in && x->bay >= 0 ? in->bays[x->bay] : NULL},
		{"enclosure", in ? in->name : NULL}, {"rack", in ? b->m->racks[in->rack].name : NULL}};

	build_manager(b, &said, holes, sizeof holes / sizeof *holes, -1, (int)i);
}

void build_blades_finish(struct build *b)
{
	for (size_t i = 0; i < b->nsingles; i++)
		make_single(b, &b->singles[i]);
	free(b->singles);
	b->singles = NULL;
	/* who was written for itself is the one to look at: it comes second */
	for (int single = 0; single < 2; single++)
		for (size_t i = 0; i < b->m->nblades; i++) {
			if ((!b->made[i].range || b->made[i].over) != single)
				continue;
			b->r->quiet = b->made[i].further;
			check_bay(b, i);
			check_host(b, i);
			own_manager(b, i);
		}
	b->r->quiet = false;
}

static int by_bay(const void *a, const void *b)
{
	const struct site_blade *x = a, *y = b;
	unsigned ex = (unsigned)x->enclosure, ey = (unsigned)y->enclosure; /* -1, nowhere, comes last */

	if (ex != ey)
		return ex < ey ? -1 : 1;
	if (x->bay != y->bay)
		return x->bay < y->bay ? -1 : 1;
	return strcmp(x->name, y->name);
}

void build_blades_sort(struct build *b)
{
	struct site_model *m = b->m;

	if (m->nblades)
		qsort(m->blades, m->nblades, sizeof *m->blades, by_bay);
	/* Only now indexes of blades are what they stay; and who has no manager of his own has his enclosure's. */
	for (size_t i = 0; i < m->nblades; i++) {
		struct site_blade *x = &m->blades[i];
		if (x->manager >= 0)
			m->managers[x->manager].blade = (int)i;
		else if (x->enclosure >= 0)
			x->manager = m->enclosures[x->enclosure].manager;
	}
}

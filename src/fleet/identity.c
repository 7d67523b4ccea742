/* Place and thing: is the blade that a manager sees in a bay the one on which the host runs? Judged from what both tell now, the
 * site file, and the last pair that agreed, which is kept. Called by metal.c, listing.c, state.c and managers.c. */
#include "fleet/metal.h"
#include "fleet/vms.h"

#include "common/clock.h"
#include "common/log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- pure ---- */

/* What firmware writes where nobody wrote a serial. */
const char *identity_serial(const char *s)
{
	static const char *const nothing[] = { "not specified", "[unknown]", "unknown", "n/a", "na", "none", "null", "not available",
		"to be filled by o.e.m.", "to be filled by o.e.m", "system serial number", "serial number", "default string",
		"not present", "not applicable", "chassis serial number", "123456789", "0123456789", "empty", "oem", NULL };
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	for (size_t i = 0; nothing[i]; i++)
		if (strlen(nothing[i]) == n && !strncasecmp(s, nothing[i], n))
			return "";
	if (strspn(s, "0-._ \tXx") >= n) /* zeros, dashes, x's alone */
		return "";
	return s;
}

/* Letters' case and blanks say nothing. */
bool identity_same(const char *a, const char *b)
{
	for (;;) {
		while (isspace((unsigned char)*a))
			a++;
		while (isspace((unsigned char)*b))
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

static bool both(const char *a, const char *b)
{
	return *a && *b;
}

static bool differ(const char *a, const char *b)
{
	return both(a, b) && !identity_same(a, b);
}

/* All that is told is what the pair says, and something is told. */
static bool fits(const struct identity_told *t, const struct pair *p)
{
	const char *const told[] = { t->manager, t->host, t->uuid }, *const known[] = { p->manager_serial, p->host_serial, p->host_uuid };
	int n = 0;

	for (int i = 0; i < 3; i++) {
		if (differ(told[i], known[i]))
			return false;
		n += both(told[i], known[i]);
	}
	return n > 0;
}

/* The same, and nothing is told of which the pair says nothing: an operator looked at exactly these. */
static bool is(const struct identity_told *t, const struct pair *p)
{
	return fits(t, p) && !(*t->manager && !*p->manager_serial) && !(*t->host && !*p->host_serial);
}

const char *identity_judge(const struct identity_told *told, const struct pair *p, const char **other)
{
	struct identity_told t = { .place = told->place, .manager = identity_serial(told->manager), .host = identity_serial(told->host),
				   .uuid = told->uuid, .site = identity_serial(told->site) };

	*other = "";
	if (p && strcmp(p->place, t.place) != 0)
		p = NULL; /* it says nothing of this place */
	if (p && *p->by && is(&t, p))
		return "agrees";
	if (differ(t.manager, t.host))
		*other = t.host;
	else if (differ(t.manager, t.site))
		*other = t.site;
	if (**other)
		return "differs";
	if (both(t.manager, t.host))
		return "agrees"; /* told now by both: it outdoes what was known before */
	if (p && differ(t.manager, p->manager_serial))
		*other = p->manager_serial;
	else if (p && differ(t.host, p->host_serial))
		*other = p->host_serial;
	else if (p && differ(t.uuid, p->host_uuid))
		*other = p->host_uuid;
	if (**other)
		return "differs";
	if (both(t.manager, t.site))
		return "agrees";
	return p && fits(&t, p) ? "agrees" : "unknown";
}

/* ---- of a blade ---- */

void pair_free(struct pair *p)
{
	if (!p)
		return;
	intern_free(p->place);
	intern_free(p->manager_serial);
	intern_free(p->host_serial);
	intern_free(p->host_uuid);
	intern_free(p->by);
	free(p);
}

struct pair *pair_copy(const struct pair *p)
{
	struct pair *c;

	if (!p)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	*c = (struct pair){ .place = intern(p->place), .manager_serial = intern(p->manager_serial), .host_serial = intern(p->host_serial),
			    .host_uuid = intern(p->host_uuid), .by = intern(p->by), .at = p->at };
	return c;
}

static char *place_of(const struct blade *b)
{
	return *b->enclosure ? xasprintf("%s/%s", b->enclosure, b->bay) : xstrdup("");
}

static struct identity_told told_of(const struct bay *b, const char *place)
{
	const struct sup *s = b->host;

	return (struct identity_told){ .place = place, .manager = b->told_serial, .host = s ? s->told_serial : "",
				       .uuid = s ? s->told_uuid : "", .site = b->site_serial };
}

static void set_pair(struct sup *s, const char *place, const char *manager, const char *host, const char *uuid, const char *by, int64_t at)
{
	if (!s->pair)
		s->pair = xcalloc(1, sizeof(*s->pair));
	intern_set(&s->pair->place, place);
	intern_set(&s->pair->manager_serial, manager);
	intern_set(&s->pair->host_serial, host);
	intern_set(&s->pair->host_uuid, uuid);
	intern_set(&s->pair->by, by);
	s->pair->at = at;
}

static void put_pair(const struct sup *s, struct store_tx *tx)
{
	const struct pair *p = s->pair;

	store_put_pair(tx, &(struct store_pair){ .blade = s->name, .place = p->place, .manager_serial = p->manager_serial,
		.host_serial = p->host_serial, .host_uuid = p->host_uuid, .by = p->by, .at = p->at });
}

static void written(void *ctx, struct err *e)
{
	if (e)
		log_error("which blade stands where could not be written: %s", e->msg.text);
	err_free(e);
}

/* Both tell the same serial now: from here on that is the known pair. */
static void learn(struct bay *b, const struct identity_told *t)
{
	struct sup *s = b->host;
	const char *manager = identity_serial(t->manager), *host = identity_serial(t->host);
	const struct pair *p = s ? s->pair : NULL;
	struct store_tx *tx;

	if (!s || !both(manager, host) || !identity_same(manager, host))
		return;
	if (p && !strcmp(p->place, t->place) && identity_same(p->manager_serial, manager) && identity_same(p->host_serial, host) &&
	    (!*t->uuid || !strcmp(p->host_uuid, t->uuid)))
		return;
	set_pair(s, t->place, manager, host, t->uuid, "", clock_wall_s());
	if (!b->m->f->c.store)
		return;
	tx = store_begin(b->m->f->c.store);
	put_pair(s, tx);
	store_commit(tx, written, NULL);
}

const char *identity_other(const struct bay *b)
{
	char *place = place_of(b->blade);
	struct identity_told t = told_of(b, place);
	const char *other;

	identity_judge(&t, b->host ? b->host->pair : NULL, &other);
	free(place);
	return other;
}

void identity_review(struct bay *b)
{
	char *place = place_of(b->blade);
	struct identity_told t = told_of(b, place);
	const char *other, *is_now = identity_judge(&t, b->host ? b->host->pair : NULL, &other);

	if (!*b->blade->name)
		is_now = "";
	if (!strcmp(is_now, "agrees"))
		learn(b, &t);
	free(place);
	if (strcmp(b->blade->identity, is_now) != 0) {
		intern_set(&b->blade->identity, is_now);
		registry_changed(b->m->f->c.registry, KIND_BLADE, b->blade, true);
		if (b->host)
			host_power(b->host);
	}
	bay_alert(b);
}

void fleet_pair(struct fleet *f, struct blade *blade, const char *by, struct store_tx *tx)
{
	struct bay *b = bay_of(f, blade);
	struct identity_told t;
	char *place;

	if (!b || !b->host)
		return;
	place = place_of(blade);
	t = told_of(b, place);
	pair_free(b->host->pair_was);
	b->host->pair_was = pair_copy(b->host->pair);
	/* Not told again yet in this session: then the one that the operator was shown, and never just any. */
	if (!*identity_serial(t.manager))
		t.manager = blade->bay_serial;
	set_pair(b->host, place, identity_serial(t.manager), identity_serial(t.host), t.uuid, by, clock_wall_s());
	put_pair(b->host, tx);
	free(place);
	identity_review(b);
}

void fleet_pair_undo(struct fleet *f, struct blade *blade)
{
	struct bay *b = bay_of(f, blade);

	if (!b || !b->host)
		return;
	pair_free(b->host->pair);
	b->host->pair = b->host->pair_was;
	b->host->pair_was = NULL;
	identity_review(b);
}

void fleet_load_pair(struct fleet *f, const struct store_pair *p)
{
	set_pair(sup_get(f, p->blade), p->place, p->manager_serial, p->host_serial, p->host_uuid, p->by, p->at);
}

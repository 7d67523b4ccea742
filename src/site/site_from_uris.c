/* A site made of URIs on the command line, for people without a site file. Called by the broker. */
#include "site/build.h"
#include "site/site_uri.h"
#include "common/buf.h"
#include "common/text.h"
#include "common/host_uri.h"

#include <stdlib.h>
#include <string.h>

#define URIS_MAX 1000
#define COLUMNS 8

static char **number_bays(size_t n)
{
	char **bays = xcalloc(n, sizeof *bays);

	for (size_t i = 0; i < n; i++)
		bays[i] = xasprintf("%zu", i + 1);
	return bays;
}

/* name, or name-2, name-3, ... whichever no blade before i has. Takes name. */
static char *unused_name(const struct site_model *m, size_t i, char *name)
{
	char *out = xstrdup(name);
	bool taken = true;

	for (int n = 2; taken; n++) {
		taken = false;
		for (size_t k = 0; k < i; k++)
			taken = taken || !strcmp(m->blades[k].name, out);
		if (taken) {
			free(out);
			out = xasprintf("%s-%d", name, n);
		}
	}
	free(name);
	return out;
}

static struct err *add_blade(struct site_model *m, const char *uri)
{
	struct err *why, *e = NULL;
	char *self = uri_canonical(uri);

	why = text_is_clean(uri)
		      ? host_uri_parse(uri, NULL)
		      : err_new(ERR_USAGE, "site.value.unclean", "{s:s, s:s}", "option", "URI", "value", uri);
	for (size_t i = 0; !why && !e && i < m->nblades; i++) {
		char *other = uri_canonical(m->blades[i].uri);
		if (!strcmp(self, other))
			e = err_new(ERR_USAGE, "site.uris.twice", "{s:s, s:s}", "uri", uri, "other", m->blades[i].uri);
		free(other);
	}
	free(self);
	if (why || e)
		return why ? why : e;
	size_t i = m->nblades++;
	m->blades[i] = (struct site_blade){.name = unused_name(m, i, uri_name(uri)),
		.bay = (int)i,
		.uri = xstrdup(uri),
		.key_file = xstrdup(""),
		.known_hosts = xstrdup(""),
		.cluster = xstrdup(""),
		.owner = xstrdup(""),
		.serial = xstrdup(""),
		.manager = -1};
	return NULL;
}

struct err *site_from_uris(const char *const *uris, size_t n, struct site_model **out)
{
	struct site_model *m;
	struct err *e = NULL;

	*out = NULL;
	if (n < 1 || n > URIS_MAX)
		return err_new(ERR_USAGE, "site.uris.count", "{s:i}", "max", URIS_MAX);
	m = xcalloc(1, sizeof *m);
	m->colour = xstrdup("");
	m->zone = xstrdup("");
	m->note = xstrdup("");
	m->file = xstrdup("");
	m->shutdown_s = 600;
	m->stagger_ms = SITE_STAGGER_MS;
	build_consoles_made(m);
	m->racks = xcalloc(1, sizeof *m->racks);
	m->racks[m->nracks++].name = xstrdup("hosts");
	m->enclosures = xcalloc(1, sizeof *m->enclosures);
	m->enclosures[m->nenclosures++] = (struct site_enclosure){.name = xstrdup("hosts"),
		.rows = (int)(n + COLUMNS - 1) / COLUMNS,
		.columns = n < COLUMNS ? (int)n : COLUMNS,
		.bays = number_bays(n),
		.nbays = n,
		.manager = -1};
	m->blades = xcalloc(n, sizeof *m->blades);
	for (size_t i = 0; !e && i < n; i++)
		e = add_blade(m, uris[i]);
	m->name = xstrdup(!e && n == 1 ? m->blades[0].name : "hosts");
	if (e)
		site_free(m);
	else
		*out = m;
	return e;
}

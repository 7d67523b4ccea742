/* Host URIs: when two are one host, and what to call one. Called by blades.c and site_from_uris.c. */
#include "site/site_uri.h"
#include "common/buf.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* scheme://[user@]host[:port]/path[?query], each by its place and length. */
struct parts {
	const char *scheme, *user, *host, *path, *query;
	size_t nscheme, nuser, nhost, npath;
};

static bool split(const char *uri, struct parts *p)
{
	const char *colon = strstr(uri, "://"), *at;

	if (!colon)
		return false;
	*p = (struct parts){.scheme = uri, .nscheme = (size_t)(colon - uri), .host = colon + 3};
	p->nhost = strcspn(p->host, "/?");
	at = memrchr(p->host, '@', p->nhost);
	if (at) {
		p->user = p->host;
		p->nuser = (size_t)(at + 1 - p->host);
		p->host += p->nuser;
		p->nhost -= p->nuser;
	}
	p->path = p->host + p->nhost;
	p->npath = strcspn(p->path, "?");
	p->query = p->path + p->npath;
	return true;
}

/* The one parameter that leads elsewhere: the daemon's socket. Keys and known hosts only say how to get in. */
static const char *socket_of(const struct parts *p, size_t *n)
{
	const char *at = p->query;

	while (*at && strncmp(at + 1, "socket=", 7))
		at += 1 + strcspn(at + 1, "&");
	*n = *at ? strcspn(at + 1, "&") : 0;
	return *at ? at + 1 : "";
}

static bool ends(const char *s, size_t n, const char *with)
{
	return n >= strlen(with) && !memcmp(s + n - strlen(with), with, strlen(with));
}

static void append_lower(struct buf *b, const char *s, size_t n)
{
	size_t from = b->len;

	buf_append(b, s, n);
	for (size_t i = from; i < b->len; i++)
		b->data[i] = (char)tolower((unsigned char)b->data[i]);
}

char *uri_canonical(const char *uri)
{
	struct parts p;
	struct buf b = {0};
	const char *socket;
	size_t n;

	if (!split(uri, &p))
		return xstrdup(uri);
	socket = socket_of(&p, &n);
	bool ssh = ends(p.scheme, p.nscheme, "+ssh");
	/* a user's own session is a world of its own; else all users of a host see the same VMs */
	if (!ends(p.path, p.npath, "/session"))
		p.nuser = 0;
	if (ends(p.scheme, p.nscheme, "+unix") && !n)
		p.nscheme -= strlen("+unix");
	if (ssh && ends(p.host, p.nhost, ":22"))
		p.nhost -= strlen(":22");
	append_lower(&b, p.scheme, p.nscheme);
	buf_str(&b, "://");
	buf_append(&b, p.user ? p.user : "", p.nuser);
	append_lower(&b, p.host, p.nhost);
	buf_append(&b, p.path, p.npath);
	buf_str(&b, n ? "?" : "");
	buf_append(&b, socket, n);
	buf_append(&b, "", 1);
	return b.data;
}

char *uri_name(const char *uri)
{
	struct parts p;
	struct buf b = {0};

	if (!split(uri, &p))
		p = (struct parts){.host = uri, .nhost = strlen(uri), .path = ""};
	bool session = ends(p.path, p.npath, "/session"), machine = session || ends(p.path, p.npath, "/system");
	if (p.nhost) {
		const char *port = p.host[0] == '[' ? memchr(p.host, ']', p.nhost) : memchr(p.host, ':', p.nhost);
		buf_append(&b, p.host, port ? (size_t)(port - p.host) : p.nhost);
	} else if (machine) {
		buf_str(&b, "localhost");
	} else {
		const char *slash = memrchr(p.path, '/', p.npath), *base = slash ? slash + 1 : p.path;
		size_t n = (size_t)(p.path + p.npath - base);
		buf_append(&b, base, ends(base, n, ".xml") ? n - 4 : n);
	}
	if (session)
		buf_str(&b, "-session");
	if (b.len > 48)
		b.len = 48;
	for (size_t i = 0; i < b.len; i++)
		if (!isalnum((unsigned char)b.data[i]) && !strchr("-_.", b.data[i]))
			b.data[i] = '-';
	while (b.len && b.data[0] == '-')
		buf_drop(&b, 1);
	if (!b.len)
		buf_str(&b, "host");
	buf_append(&b, "", 1);
	return b.data;
}

/* URIs of hosts: taken apart by libxml2 (as libvirt does), judged here. */
#include "common/host_uri.h"

#include "common/buf.h"
#include "common/text.h"

#include <ctype.h>
#include <libxml/uri.h>
#include <stdlib.h>
#include <string.h>

#define URI_MAX 2048

static struct err *bad(const char *id, const char *uri, const char *what)
{
	char *u = text_clean_dup(uri), *w = text_clean_dup(what);
	struct err *e = err_new(ERR_USAGE, id, "{s:s, s:s}", "uri", u, "what", w);

	free(u);
	free(w);
	return e;
}

static bool is_driver(const char *s, size_t n)
{
	static const char *const drivers[] = { "qemu", "test", "xen" };

	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (strlen(drivers[i]) == n && strncmp(drivers[i], s, n) == 0)
			return true;
	return false;
}

/* name=value&name=value; values are percent-encoded. */
static struct err *params(const char *uri, const char *query, struct host_uri *u)
{
	while (query && *query) {
		size_t len = strcspn(query, "&;");
		const char *eq = memchr(query, '=', len);
		size_t name = eq ? (size_t)(eq - query) : len;
		char **slot = NULL;

		if (name == 7 && strncmp(query, "keyfile", name) == 0 && u->via == VIA_SSH)
			slot = &u->key_file;
		else if (name == 11 && strncmp(query, "known_hosts", name) == 0 && u->via == VIA_SSH)
			slot = &u->known_hosts;
		else if (name == 6 && strncmp(query, "socket", name) == 0 && u->via != VIA_PROCESS)
			slot = &u->socket;
		if (!slot || !eq || eq[1] == 0 || eq + 1 == query + len || **slot) {
			char *word = xasprintf("%.*s", (int)len, query);
			struct err *e = bad("host.uri.param", uri, word);
			free(word);
			return e;
		}
		char *value = xmlURIUnescapeString(eq + 1, (int)(query + len - eq - 1), NULL);
		free(*slot);
		*slot = xstrdup(value ? value : "");
		xmlFree(value);
		if (**slot != '/' || !text_is_clean(*slot))
			return bad("host.uri.path", uri, *slot);
		query += len + (query[len] ? 1 : 0);
	}
	return NULL;
}

/* A name that goes into messages, look-ups and a command to type: nothing that could be more than a name. */
static bool name_ok(const char *s, const char *more)
{
	if (!*s || *s == '-' || strlen(s) > 255)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(more, *s))
			return false;
	return true;
}

static struct err *judge(const char *uri, const xmlURI *x, struct host_uri *u)
{
	const char *scheme = x->scheme ? x->scheme : "";
	size_t driver = strcspn(scheme, "+");
	const char *transport = scheme[driver] ? scheme + driver + 1 : "";
	bool test;

	if (!is_driver(scheme, driver))
		return bad("host.uri.scheme", uri, scheme);
	memcpy(u->driver, scheme, driver);
	test = strcmp(u->driver, "test") == 0;
	if (!*transport)
		u->via = test ? VIA_PROCESS : VIA_LOCAL;
	else if (strcmp(transport, "unix") == 0)
		u->via = VIA_LOCAL;
	else if (strcmp(transport, "ssh") == 0)
		u->via = VIA_SSH;
	else
		return bad("host.uri.scheme", uri, scheme);

	if (u->via == VIA_SSH) {
		const char *host = x->server ? x->server : "";
		size_t n = strlen(host);
		bool six = n > 2 && host[0] == '[' && host[n - 1] == ']';
		free(u->host);
		u->host = six ? xasprintf("%.*s", (int)n - 2, host + 1) : xstrdup(host);
		if (!name_ok(u->host, six ? ":.%-_" : ".-_"))
			return bad("host.uri.host", uri, host);
		if (x->user) {
			free(u->user);
			u->user = xstrdup(x->user);
			if (strchr(u->user, ':') || !name_ok(u->user, ".-_@\\+$"))
				return bad("host.uri.user", uri, strchr(u->user, ':') ? "a password" : u->user);
		}
		u->port = x->port > 0 ? x->port : 0;
		if (x->port > 65535)
			return bad("host.uri.host", uri, "port");
	} else if ((x->server && *x->server) || x->user || x->port > 0) {
		return bad("host.uri.local", uri, x->server && *x->server ? x->server : "");
	}

	const char *path = x->path ? x->path : "";
	if (strcmp(u->driver, "xen") == 0 && (!*path || strcmp(path, "/") == 0))
		path = "/system";
	free(u->path);
	u->path = xstrdup(path);
	if (test ? *path != '/' || !path[1] || !text_is_clean(path)
		: strcmp(path, "/system") != 0 && (strcmp(path, "/session") != 0 || strcmp(u->driver, "xen") == 0))
		return bad(test ? "host.uri.test" : "host.uri.daemon", uri, path);
	if (x->fragment)
		return bad("host.uri.param", uri, "#");
	return params(uri, x->query_raw, u);
}

struct err *host_uri_parse(const char *uri, struct host_uri *out)
{
	struct host_uri u = { .path = xstrdup(""), .host = xstrdup(""), .user = xstrdup(""), .key_file = xstrdup(""),
		.known_hosts = xstrdup(""), .socket = xstrdup("") };
	xmlURI *x = strlen(uri) <= URI_MAX && text_is_clean(uri) ? xmlParseURI(uri) : NULL;
	struct err *e = x ? judge(uri, x, &u) : bad("host.uri.broken", strlen(uri) <= URI_MAX ? uri : "", "");

	xmlFreeURI(x);
	if (e || !out)
		host_uri_free(&u);
	else
		*out = u;
	return e;
}

void host_uri_free(struct host_uri *u)
{
	free(u->path);
	free(u->host);
	free(u->user);
	free(u->key_file);
	free(u->known_hosts);
	free(u->socket);
	memset(u, 0, sizeof *u);
}

static char *escape(const char *path)
{
	xmlChar *x = xmlURIEscapeStr((const xmlChar *)path, (const xmlChar *)"/");
	char *s = xstrdup(x ? (char *)x : "");

	xmlFree(x);
	return s;
}

char *host_uri_by_socket(const struct host_uri *u, const char *socket)
{
	char *path = escape(u->path), *at = escape(socket);
	char *s = xasprintf("%s+unix://%s?socket=%s", u->driver, path, at);

	free(path);
	free(at);
	return s;
}

char *host_uri_plain(const struct host_uri *u)
{
	char *path = escape(u->path);
	char *s = xasprintf("%s://%s", u->driver, path);

	free(path);
	return s;
}

/* The algorithms of libssh that are off unless the site says that a device is old, and the refusal when nothing fits. libssh
 * 0.10 cannot add to its defaults ("+name" is dropped without a word), so with legacy each list is set in full. */
#include "ssh/algos.h"

#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define OFFER_SHOWN 300 /* bytes of one side's offer in a refusal */
#define OFFERS_MAX 32   /* ciphers that a site file may name */

enum kind { KEX, HOST_KEY, CIPHER, MAC, KINDS };

/* modern is what libssh 0.10 offers by itself; legacy comes after it, so that it is taken only where nothing better fits. */
static const struct row { const char *name, *libssh, *modern, *legacy; } table[KINDS] = {
	[KEX] = { "key exchange", "kex",
		"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
		"diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,"
		"diffie-hellman-group14-sha256",
		"diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1" },
	[HOST_KEY] = { "host key", "host key",
		"ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,sk-ssh-ed25519@openssh.com,"
		"sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256",
		"ssh-rsa" },
	[CIPHER] = { "cipher", "encryption",
		"chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
		"aes256-cbc,aes192-cbc,aes128-cbc,3des-cbc" },
	[MAC] = { "MAC", "mac algo",
		"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512", "hmac-sha1" },
};

/* Whether list (comma separated) has name, len bytes long. */
static bool has(const char *list, const char *name, size_t len)
{
	for (const char *p = list; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");
		if (n == len && strncmp(p, name, n) == 0)
			return true;
		p += n;
	}
	return false;
}

/* Whether any of ours is in theirs. */
static bool meet(const char *ours, const char *theirs)
{
	for (const char *p = ours; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");
		if (has(theirs, p, n))
			return true;
		p += n;
	}
	return false;
}

/* The names of the login without blanks, as libssh wants them; each must be one that may be offered. */
static struct err *ciphers_of(const struct ssh_login *login, const char *host, char **out)
{
	struct buf b = { 0 };
	struct err *e = NULL;
	int n = 0;

	for (const char *p = login->ciphers; *p && !e;) {
		p += strspn(p, ", \t");
		size_t len = strcspn(p, ", \t");
		if (len == 0)
			break;
		bool known = has(table[CIPHER].modern, p, len), old = !known && has(table[CIPHER].legacy, p, len);
		if ((!known && !(old && login->legacy)) || ++n > OFFERS_MAX) {
			char *name = xasprintf("%.*s", (int)(len < 64 ? len : 64), p), *clean = text_clean_dup(name);
			e = err_new(ERR_USAGE, old ? "ssh.cipher.old" : "ssh.cipher.bad", "{s:s, s:s}", "host", host, "cipher", clean);
			free(name);
			free(clean);
		}
		buf_printf(&b, "%s%.*s", b.len ? "," : "", (int)len, p);
		p += len;
	}
	*out = b.len && !e ? xasprintf("%.*s", (int)b.len, b.data) : NULL;
	buf_free(&b);
	return e;
}

static bool offer(ssh_session s, enum ssh_options_e option, const struct row *r)
{
	char *all = xasprintf("%s,%s", r->modern, r->legacy);
	bool ok = ssh_options_set(s, option, all) == 0;

	free(all);
	return ok;
}

static bool offer_legacy(ssh_session s)
{
	int smallest = 768; /* bits of an RSA key; libssh takes nothing below */

	return offer(s, SSH_OPTIONS_KEY_EXCHANGE, &table[KEX]) && offer(s, SSH_OPTIONS_HOSTKEYS, &table[HOST_KEY])
		/* old managers know our own RSA keys by sha1 alone, too */
		&& offer(s, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, &table[HOST_KEY])
		&& offer(s, SSH_OPTIONS_CIPHERS_C_S, &table[CIPHER]) && offer(s, SSH_OPTIONS_CIPHERS_S_C, &table[CIPHER])
		&& offer(s, SSH_OPTIONS_HMAC_C_S, &table[MAC]) && offer(s, SSH_OPTIONS_HMAC_S_C, &table[MAC])
		&& ssh_options_set(s, SSH_OPTIONS_RSA_MIN_SIZE, &smallest) == 0;
}

struct err *algos_offer(ssh_session session, const char *host, const struct ssh_login *login)
{
	char *ciphers = NULL;
	struct err *e = login->ciphers ? ciphers_of(login, host, &ciphers) : NULL;
	bool ok = !e && (!login->legacy || offer_legacy(session));

	if (ok && ciphers)
		ok = ssh_options_set(session, SSH_OPTIONS_CIPHERS_C_S, ciphers) == 0
			&& ssh_options_set(session, SSH_OPTIONS_CIPHERS_S_C, ciphers) == 0;
	free(ciphers);
	if (ok || e)
		return e;
	char *why = text_clean_dup(ssh_get_error(session));
	e = err_new(ERR_INTERNAL, "ssh.kex.failed", "{s:s, s:s}", "host", host, "reason", why);
	free(why);
	return e;
}

/* What stands in the brackets after word, as libssh writes its offers; cut where libssh has cut it. */
static char *bracket(const char *reason, const char *word)
{
	const char *p = strstr(reason, word);

	p = p ? p + strlen(word) : "";
	size_t n = strcspn(p, "]"), whole = n;
	while (!p[n] && whole && p[whole - 1] != ',')
		whole--; /* half a name */
	return p[n] ? xasprintf("%.*s", (int)n, p) : xasprintf("%.*s...", (int)whole, p);
}

/* An offer for people: blanks after commas, cut at a name when it is long. */
static char *shown(const char *list)
{
	struct buf b = { 0 };

	for (const char *p = list; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");
		if (strncmp(p, "kex-strict-", 11) == 0 || strncmp(p, "ext-info-", 9) == 0) {
			p += n; /* signs between libraries, no algorithms */
			continue;
		}
		if (b.len + n > OFFER_SHOWN) {
			buf_str(&b, ", ...");
			break;
		}
		if (n)
			buf_printf(&b, "%s%.*s", b.len ? ", " : "", (int)n, p);
		p += n;
	}
	char *raw = b.len ? xasprintf("%.*s", (int)b.len, b.data) : xstrdup("-"), *clean = text_clean_dup(raw);
	free(raw);
	buf_free(&b);
	return clean;
}

struct err *algos_refusal(const char *reason, const char *host, const struct ssh_login *login)
{
	static const char start[] = "no match for method ";
	const char *what = strstr(reason, start);
	const struct row *r = NULL;

	if (!what)
		return NULL;
	what += strlen(start);
	for (size_t i = 0; i < KINDS && !r; i++)
		if (strncmp(what + (strncmp(what, "server ", 7) == 0 ? 7 : 0), table[i].libssh, strlen(table[i].libssh)) == 0)
			r = &table[i];
	if (!r)
		return NULL;
	char *theirs = bracket(what, "server ["), *ours = bracket(what, "client [");
	if (strcmp(ours, "...") == 0) { /* theirs has left no room */
		free(ours);
		ours = login->legacy ? xasprintf("%s,%s", r->modern, r->legacy) : xstrdup(r->modern);
	}
	char *server = shown(theirs), *client = shown(ours);
	bool modern = meet(r->modern, theirs), old = meet(r->legacy, theirs);
	bool narrow = r == &table[CIPHER] && login->ciphers && *login->ciphers && (modern || (old && login->legacy));
	const char *id = narrow ? "ssh.cipher.narrow" : old && !login->legacy ? "ssh.old" : "ssh.gone";
	struct err *e = err_new(ERR_UNREACHABLE, id, "{s:s, s:s, s:s, s:s}", "host", host, "kind", r->name,
		"server", server, "client", client);
	free(theirs);
	free(ours);
	free(server);
	free(client);
	return e;
}

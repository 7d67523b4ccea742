/* Opening a conversation: which of the managers is the active one, logging in to it, whose dialect it speaks. Called by the fleet
 * through manager.h. */
#include "enclosures/manager_inside.h"

#include "common/clock.h"
#include "common/text.h"
#include "conf/secret.h"

#include <stdlib.h>
#include <string.h>

/* "host", "host:port", "[v6]:port", "v6". The caller frees *host. The site's reader has checked it. */
static void split(const char *address, char **host, int *port)
{
	const char *colon = strrchr(address, ':');

	*port = 0;
	if (*address == '[') {
		const char *end = strchr(address, ']');
		*host = end ? xasprintf("%.*s", (int)(end - address - 1), address + 1) : xstrdup(address);
		if (end && end[1] == ':')
			*port = (int)strtol(end + 2, NULL, 10);
	} else if (colon && strchr(address, ':') == colon) {
		*host = xasprintf("%.*s", (int)(colon - address), address);
		*port = (int)strtol(colon + 1, NULL, 10);
	} else {
		*host = xstrdup(address);
	}
}

static const struct { const char *said, *id, *seen; } reasons[] = {
	{"ssh.login.refused", "manager.denied", "denied"}, {"ssh.login.partial", "manager.denied", "denied"},
	{"ssh.login.expired", "manager.denied", "denied"}, {"ssh.busy", "manager.busy", "busy"},
	{"ssh.old", "manager.legacy", "refused"}, {"ssh.gone", "manager.legacy", "refused"},
	{"ssh.cipher.narrow", "manager.legacy", "refused"}, {"ssh.cipher.old", "manager.legacy", "refused"},
	{"ssh.cipher.bad", "manager.legacy", "refused"}, {"ssh.key.changed", "manager.key", "refused"},
	{"ssh.key.unknown", "manager.key", "refused"}, {"ssh.key.other", "manager.key", "refused"},
	{"ssh.key.revoked", "manager.key", "refused"}, {"manager.said.busy", "manager.busy", "busy"},
	{"manager.said.denied", "manager.denied", "denied"}, {"manager.said.expired", "manager.denied", "denied"},
};

/* What an error says, without whom it is about. */
static const char *reason_of(const struct manager *m, const struct err *e)
{
	const char *who = m->who[m->active];
	size_t n = strlen(who);

	return !strncmp(e->msg.text, who, n) && !strncmp(e->msg.text + n, ": ", 2) ? e->msg.text + n + 2 : e->msg.text;
}

/* The same error under the id that tells what it comes to; takes e. *seen: one word. */
static struct err *sorted(struct manager *m, struct err *e, const char **seen)
{
	const char *id = "manager.silent";

	*seen = "silent";
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (!strcmp(e->msg.id, reasons[i].said)) {
			id = reasons[i].id;
			*seen = reasons[i].seen;
		}
	if (e->class == ERR_USAGE)
		*seen = "refused";
	struct err *out = err_new(e->class == ERR_TIMEOUT ? ERR_TIMEOUT : ERR_UNREACHABLE, id, "{s:s, s:s}", "manager",
		m->who[m->active], "reason", reason_of(m, e));
	err_free(e);
	return out;
}

static struct err *connect_to(struct manager *m)
{
	char *host, *password = NULL;
	int port;
	struct err *e = NULL;

	if (m->c.password_file && *m->c.password_file)
		e = secret_read(m->c.password_file, &password);
	else if (m->c.password && *m->c.password)
		password = xstrdup(m->c.password);
	if (e)
		return e;
	split(m->c.addresses[m->active], &host, &port);
	manager_set_link(m, ssh_link_new());
	m->x = (struct exchange){.link = m->link, .all = m->c.dialects, .dialect = m->dialect, .who = m->who[m->active],
		.step_ms = m->c.step_ms, .commands = atomic_load(&m->commands)};
	e = ssh_link_open(m->link, &(struct ssh_login){.host = host, .port = port, .user = m->c.user ? m->c.user : "",
		.key_file = m->c.key_file ? m->c.key_file : "", .known_hosts = m->c.known_hosts ? m->c.known_hosts : "",
		.step_ms = m->c.step_ms, .password = password, .legacy = m->c.legacy, .ciphers = m->c.ciphers});
	secret_free(password);
	free(host);
	if (!e)
		atomic_fetch_add(&m->sessions, 1);
	return e;
}

/* What was said instead of a prompt, if a dialect knows it for an error; takes e, the error that it was not a prompt. */
static struct err *or_said(struct manager *m, struct err *e)
{
	struct err *said = NULL;
	char *plain;

	if (!m->x.heard.len)
		return e;
	for (size_t i = 0; !said && i < (m->dialect ? 1 : dialects_count(m->c.dialects)); i++) {
		const struct dialect *d = m->dialect ? m->dialect : dialects_at(m->c.dialects, i);
		enum reply_means means = REPLY_MEANS_COUNT;
		plain = dialect_clean(d, "", m->x.heard.data, m->x.heard.len);
		said = dialect_judge(d, m->x.who, plain, &means);
		free(plain);
		if (means != REPLY_BUSY && means != REPLY_DENIED && means != REPLY_EXPIRED) {
			err_free(said);
			said = NULL;
		}
	}
	if (!said)
		return e;
	err_free(e);
	return said;
}

/* The shell's first prompt; finds the dialect by what came up to there, if nobody named it. */
static struct err *greet(struct manager *m)
{
	struct err *e = NULL;

	if (!m->dialect || m->dialect->session.mode == DIALECT_SHELL) {
		e = ssh_link_shell(m->link, m->dialect ? m->dialect->session.pty : true);
		if (!e)
			e = exchange_await(&m->x, NULL);
		if (e)
			return or_said(m, e);
	}
	if (m->dialect)
		return NULL;
	char *greeting = ssh_link_greeting(m->link);
	char *all = xasprintf("%s\n%.*s", greeting, (int)m->x.heard.len, m->x.heard.len ? m->x.heard.data : "");
	m->dialect = dialects_detect(m->c.dialects, all);
	free(all);
	free(greeting);
	if (!m->dialect)
		return err_new(ERR_UNSUPPORTED, "manager.unknown", "{s:s}", "manager", m->x.who);
	m->x.dialect = m->dialect;
	if (m->dialect->session.mode == DIALECT_EXEC)
		ssh_link_hang_up(m->link);
	return NULL;
}

/* *standby: it is, and was left. */
static struct err *role_of(struct manager *m, struct metal *out, bool *standby)
{
	const struct dialect *d = m->dialect;
	enum reply_means means;
	struct err *e;

	*standby = false;
	m->seen[m->active] = "active";
	if (d->role_ask < 0)
		return NULL;
	struct metal *told = metal_new();
	size_t was = m->active;
	struct buf reply = {0};
	e = manager_steps(m, &d->asks[d->role_ask].steps, "", &reply, &means);
	buf_append(&reply, "", 1);
	if (!e)
		dialect_understand(d, &d->asks[d->role_ask], "", reply.data, told);
	buf_free(&reply);
	if (e && means == REPLY_STANDBY) {
		*standby = true;
		m->active = was;
	} else if (!e && told->role == MANAGER_STANDBY) {
		*standby = true;
		m->seen[was] = "standby";
		manager_leave(m);
	} else if (!e) {
		out->role = told->role;
	} else if (means != REPLY_MEANS_COUNT && means != REPLY_BUSY && means != REPLY_EXPIRED && manager_is_open(m)) {
		/* It does not tell (whoever may switch some bays only may not ask that): taken for the active one till it says that it is not. */
		err_free(e);
		e = NULL;
	}
	if (*standby) {
		err_free(e);
		e = NULL;
	}
	metal_free(told);
	return e;
}

static struct err *open_one(struct manager *m, struct metal *out, bool *standby)
{
	enum reply_means means;

	*standby = false;
	struct err *e = connect_to(m);
	if (!e)
		e = greet(m);
	if (!e) {
		m->open = true;
		/* What it does not know there (an older firmware's script mode) is no reason to go. */
		e = manager_steps(m, &m->dialect->session.enter, "", NULL, &means);
		if (e && means != REPLY_MEANS_COUNT && means != REPLY_BUSY && means != REPLY_EXPIRED && m->link) {
			err_free(e);
			e = NULL;
		}
	}
	if (!e)
		e = role_of(m, out, standby);
	if (e)
		manager_drop(m);
	return e;
}

struct err *manager_open(struct manager *m, struct metal *out)
{
	size_t first = m->active, n = m->c.naddresses;
	struct err *first_err = NULL;
	char *reasons_said = NULL;

	if (manager_is_open(m))
		return NULL;
	manager_drop(m);
	for (size_t i = 0; i < n && !atomic_load(&m->aborted); i++) {
		bool standby;
		const char *seen = NULL;
		m->active = (first + i) % n;
		struct err *e = open_one(m, out, &standby);
		if (!e && !standby) {
			err_free(first_err);
			free(reasons_said);
			return NULL;
		}
		if (!e)
			e = err_new(ERR_STATE, "manager.standby.alone", "{s:s}", "manager", m->who[m->active]);
		char *said = xasprintf("%s%s%s: %s", reasons_said ? reasons_said : "", reasons_said ? "; " : "",
			m->c.addresses[m->active], reason_of(m, e));
		free(reasons_said);
		reasons_said = said;
		if (!standby)
			e = sorted(m, e, &seen);
		if (seen)
			m->seen[m->active] = seen;
		/* The reason of one that should be spoken to counts before that the other one is the standby. */
		if (!first_err || !strcmp(first_err->msg.id, "manager.standby.alone")) {
			err_free(first_err);
			first_err = e;
		} else {
			err_free(e);
		}
	}
	m->active = first;
	if (!first_err)
		first_err = err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", m->c.name);
	if (n > 1 && reasons_said) {
		/* Both reasons, under the id of the one that counts. */
		struct err *both = err_new(first_err->class, first_err->msg.id, "{s:s, s:s}", "manager", m->c.name, "reason", reasons_said);
		err_free(first_err);
		first_err = both;
	}
	free(reasons_said);
	return first_err;
}

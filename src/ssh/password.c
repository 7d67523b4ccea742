/* Logging in with a password: as such, then as the answer to the server's questions (keyboard-interactive, all that some
 * managers take). A dialogue that wants a new password is left, never answered. Called by login.c. */
#include "ssh/login.h"

#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 8     /* of questions; servers may ask for ever */
#define QUESTIONS_MAX 16 /* in one round */
#define SAID_SHOWN 200   /* cells */

static int by_password(struct ssh_link *l, const void *with)
{
	return ssh_userauth_password(l->session, l->user, with);
}

static int by_questions(struct ssh_link *l, const void *with)
{
	return ssh_userauth_kbdint(l->session, l->user, NULL);
}

static bool any_of(const char *text, const char *const *phrases)
{
	for (; text && *phrases; phrases++)
		if (strcasestr(text, *phrases))
			return true;
	return false;
}

/* A question that only a change of the password asks: the old one once more, or the new one. */
static bool wants_new(const char *question)
{
	static const char *const phrases[] = { "new password", "new unix password", "new passphrase", "new pass", "retype", "re-type",
		"re-enter", "reenter", "enter again", "confirm", "verify password", "current password", "(current)", "current unix",
		"old password", "expired", "change password", NULL };

	return any_of(question, phrases);
}

/* Said above questions. "It will expire in 5 days" is none of these. */
static bool says_expired(const char *text)
{
	static const char *const phrases[] = { "has expired", "is expired", "password expired", "have expired", "must change",
		"must be changed", "required to change", "forced to change", "change required", NULL };

	return any_of(text, phrases);
}

static struct err *expired(struct login *g, const char *said)
{
	char *user = text_clean_dup(g->l->user), *clean = text_clean_dup(said);

	clean[text_cut(clean, SAID_SHOWN, NULL)] = 0;
	struct err *e = err_new(ERR_UNREACHABLE, "ssh.login.expired", "{s:s, s:s, s:s}", "host", g->l->host, "user", user,
		"said", *clean ? clean : "-");
	free(user);
	free(clean);
	return e;
}

static struct err *try_plain(struct login *g, const char *password, bool *in)
{
	int rc;
	struct err *e = login_step(g, by_password, password, "the password", &rc);

	/* SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (60): libssh knows no answer and drops the connection */
	if (e && strstr(ssh_get_error(g->l->session), "rejected packet (type 60)")) {
		err_free(e);
		return expired(g, "");
	}
	*in = !e && rc == SSH_AUTH_SUCCESS;
	if (!e && rc == SSH_AUTH_DENIED)
		g->denied = true;
	if (!e && !*in)
		login_tried(g, "the password", "");
	return e;
}

/* One round of questions, answered. */
static struct err *answer(struct login *g, const char *password)
{
	ssh_session s = g->l->session;
	const char *name = ssh_userauth_kbdint_getname(s), *above = ssh_userauth_kbdint_getinstruction(s);
	int n = ssh_userauth_kbdint_getnprompts(s);
	char echo;

	/* all are read before one is answered */
	for (int i = 0; i < n; i++) {
		const char *question = ssh_userauth_kbdint_getprompt(s, (unsigned)i, &echo);
		if (wants_new(question))
			return expired(g, question);
	}
	if (n > 0 && (says_expired(name) || says_expired(above)))
		return expired(g, says_expired(above) ? above : name);
	for (int i = 0; i < n && i < QUESTIONS_MAX; i++) {
		(void)ssh_userauth_kbdint_getprompt(s, (unsigned)i, &echo);
		if (ssh_userauth_kbdint_setanswer(s, (unsigned)i, echo ? g->l->user : password) < 0)
			return err_sys(ERR_FAILED, "answer", g->l->host, ENOMEM);
	}
	return NULL;
}

static struct err *try_questions(struct login *g, const char *password, bool *in)
{
	static const char what[] = "the password as an answer to questions";
	struct err *e = NULL;
	int rc = SSH_AUTH_INFO, rounds = 0;

	while (!e && rc == SSH_AUTH_INFO && rounds <= ROUNDS_MAX) {
		e = login_step(g, by_questions, NULL, what, &rc);
		if (!e && rc == SSH_AUTH_INFO && rounds++ < ROUNDS_MAX)
			e = answer(g, password);
	}
	*in = !e && rc == SSH_AUTH_SUCCESS;
	if (!e && rc == SSH_AUTH_DENIED && rounds > 0)
		g->denied = true;
	if (!e && !*in)
		login_tried(g, what, rc == SSH_AUTH_INFO ? "it asks on and on" : "");
	return e;
}

struct err *password_try(struct login *g, const char *password, bool *in)
{
	/* after a key that was right the list is another one; 0: it did not say */
	int takes = ssh_userauth_list(g->l->session, g->l->user);
	bool partial = g->partial;
	struct err *e = NULL;

	g->partial = false;
	if (!takes || takes & SSH_AUTH_METHOD_PASSWORD)
		e = try_plain(g, password, in);
	/* a password that was right and is not enough: what is asked next is something else */
	if (!e && !*in && !g->partial && (!takes || takes & SSH_AUTH_METHOD_INTERACTIVE))
		e = try_questions(g, password, in);
	if (takes && !(takes & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE)))
		login_tried(g, "the password", "not taken there");
	g->partial = g->partial || (partial && !g->denied);
	return e;
}

/* What the site's section says about consoles: whom a customer asks, how long a serial console may lie unused, the key that
 * leaves it, how many consoles may be there. Called by build.c and site_from_uris.c. */
#include "site/build.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define IDLE_S 900
#define ESCAPE "^]"
#define SUPPORT_MAX 200 /* bytes: one line of a terminal, or two */
#define CONSOLES_MAX 10000

/* Control keys that a terminal, a shell or this program needs for something else. */
#define ESCAPE_NEVER "CDHIJLMQSZ["

void build_consoles_made(struct site_model *m)
{
	m->support = xstrdup("");
	m->console_escape = xstrdup(ESCAPE);
	m->console_idle_s = IDLE_S;
}

static void build_support(struct build *b, const struct conf_node *n)
{
	const char *s = conf_text(n, "support");

	if (!s)
		return;
	if (strlen(s) > SUPPORT_MAX) {
		build_item(b, n, "support", err_new(ERR_USAGE, "site.value.long", "{s:s, s:i}", "option", "support", "max", SUPPORT_MAX));
		return;
	}
	free(b->m->support);
	b->m->support = xstrdup(s);
}

/* "^]": a caret and the sign that the key with Control shows. */
static void build_escape(struct build *b, const struct conf_node *n)
{
	const char *s = conf_text(n, "console-escape");
	char key = s && s[0] == '^' && s[1] && !s[2] ? s[1] : '\0';

	if (!s)
		return;
	if (key >= 'a' && key <= 'z')
		key = (char)(key - 'a' + 'A');
	if (key < 'A' || key > '_' || strchr(ESCAPE_NEVER, key)) {
		build_item(b, n, "console-escape", err_new(ERR_USAGE, "site.console-escape", "{s:s}", "value", s));
		return;
	}
	free(b->m->console_escape);
	b->m->console_escape = xasprintf("^%c", key);
}

void build_consoles(struct build *b, const struct conf_node *n)
{
	const char *idle = conf_text(n, "console-idle"), *max = conf_text(n, "consoles");

	build_support(b, n);
	build_escape(b, n);
	if (idle)
		build_item(b, n, "console-idle", build_idle("console-idle", idle, &b->m->console_idle_s));
	if (max)
		build_item(b, n, "consoles", parse_number("consoles", max, 1, CONSOLES_MAX, &b->m->consoles_max));
}

struct err *build_idle(const char *option, const char *text, int *seconds)
{
	if (strcmp(text, "none") && strcmp(text, "0"))
		return parse_duration(option, text, seconds);
	*seconds = 0;
	return NULL;
}

/* What the provider tells its customers, as the site file says it. Called by build.c; when a notice is there is worked out by the
 * broker, which knows the site's calendar: here only that its times are times. */
#include "site/build.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOTICES_MAX 100
#define TEXT_MAX 1000 /* bytes: some lines of a terminal */
#define TIME_LEN 16   /* "2026-11-25 00:00" */

/* "2026-11-25" or "2026-11-25 08:30", on the calendar: its full form in out. */
static bool time_form(const char *text, char out[TIME_LEN + 1])
{
	size_t len = strlen(text);
	struct tm tm = {0}, same;
	const char *end;
	time_t at;

	if (len != 10 && len != TIME_LEN)
		return false;
	snprintf(out, TIME_LEN + 1, "%s%s", text, len == 10 ? " 00:00" : "");
	for (size_t i = 0; i < TIME_LEN; i++)
		if ("dddd-dd-dd dd:dd"[i] == 'd' ? out[i] < '0' || out[i] > '9' : out[i] != "dddd-dd-dd dd:dd"[i])
			return false;
	end = strptime(out, "%Y-%m-%d %H:%M", &tm);
	if (!end || *end || tm.tm_year < 70)
		return false;
	same = tm;
	at = timegm(&same);
	return at >= 0 && same.tm_mday == tm.tm_mday && same.tm_mon == tm.tm_mon && same.tm_hour == tm.tm_hour;
}

static char *build_time(struct build *b, const struct conf_node *n, const char *item)
{
	const char *s = conf_text(n, item);
	char full[TIME_LEN + 1] = "";

	if (s && !time_form(s, full)) {
		build_item(b, n, item, err_new(ERR_USAGE, "site.notice.time", "{s:s, s:s}", "option", item, "value", s));
		full[0] = '\0';
	}
	return xstrdup(full);
}

static char *build_words(struct build *b, const struct conf_node *n, const char *item)
{
	char *s = build_text(n, item);

	if (strlen(s) > TEXT_MAX)
		build_item(b, n, item, err_new(ERR_USAGE, "site.value.long", "{s:s, s:i}", "option", item, "max", TEXT_MAX));
	return s;
}

static bool build_level(struct build *b, const struct conf_node *n)
{
	const char *s = conf_text(n, "level");

	if (s && strcmp(s, "info") && strcmp(s, "warning"))
		build_item(b, n, "level",
			err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "level", "value", s, "choices", "info, warning"));
	return s && !strcmp(s, "warning");
}

static void build_notice(struct build *b, const struct conf_node *n)
{
	const struct conf_item *tenants = conf_item(n, "tenants");
	struct site_model *m = b->m;
	size_t count = m->nnotices;

	if (!build_name(b, n, n->line, "notice", n->title) ||
		!build_new(b, n, "notice", b->notices, n->title, (int)count, b->notice_at))
		return;
	b->notice_at = build_grow(b->notice_at, &count, sizeof *b->notice_at);
	b->notice_at[count - 1] = (struct place){n->file, n->line};
	m->notices = build_grow(m->notices, &m->nnotices, sizeof *m->notices);
	struct site_notice *x = &m->notices[m->nnotices - 1];
	x->name = xstrdup(n->title);
	x->text = build_words(b, n, "text");
	x->text_ja = build_words(b, n, "text-ja");
	x->warning = build_level(b, n);
	x->from = build_time(b, n, "from");
	x->until = build_time(b, n, "until");
	if (!*x->text)
		build_missing(b, n, "text");
	if (*x->from && *x->until && strcmp(x->from, x->until) >= 0)
		build_item(b, n, "until", err_new(ERR_USAGE, "site.notice.order", "{s:s, s:s, s:s}", "name", x->name, "from", x->from, "until", x->until));
	/* A list that is there and empty would be a notice for everybody that was meant for nobody. */
	if (tenants && !tenants->n)
		build_item(b, n, "tenants", err_new(ERR_USAGE, "site.notice.nobody", "{s:s}", "name", x->name));
	for (size_t i = 0; tenants && i < tenants->n; i++) {
		const struct conf_value *v = &tenants->values[i];
		if (build_find(b->tenants, v->text) < 0) {
			build_say(b, n, v->line, err_new(ERR_USAGE, "site.unknown.ref", "{s:s, s:s, s:s}", "option", "tenants", "kind", "tenant", "name", v->text));
			continue;
		}
		x->tenants = build_grow(x->tenants, &x->ntenants, sizeof *x->tenants);
		x->tenants[x->ntenants - 1] = xstrdup(v->text);
	}
	if (m->nnotices == NOTICES_MAX + 1)
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "notices", "max", NOTICES_MAX));
}

void build_notices(struct build *b)
{
	build_each(b, "notice", build_notice);
}

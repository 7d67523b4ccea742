/* Lines for a broker, made from its own table of requests: with arguments that are right, another's, nobody's, or nothing at all;
 * some of them broken as a whole. */
#include "hostile.h"

#include "broker/commands.h"
#include "broker/consoles.h"
#include "common/base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(h, list) ((list)[roll(h, sizeof(list) / sizeof *(list))])

unsigned roll(struct hostile *h, unsigned n)
{
	return (unsigned)rand_r(&h->seed) % n;
}

static void put_many(struct buf *out, const char *piece, int n)
{
	while (n-- > 0)
		buf_str(out, piece);
}

/* ---- values ---- */

/* No text, or not what is asked for. */
static void put_wrong(struct hostile *h, struct buf *out)
{
	static const char *const values[] = { "null", "true", "[]", "{}", "-0", "1e308", "0.5", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "4294967296", "-1", "[[[[[[[[]]]]]]]]", "{\"a\":{\"a\":{\"a\":1}}}", "[null]", "[\"\",\"\",\"\"]",
		"[[\"a\"]]", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\xff\xfe\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"", "tru" };

	buf_str(out, PICK(h, values));
}

/* Texts that are texts, and nothing else good. */
static void put_odd(struct hostile *h, struct buf *out)
{
	static const char *const texts[] = { "", " ", "\\u001b[2J", "\\u202eabc", "\\u200b", "%s%n%n", "' OR 1=1 --", "../../etc/passwd", "vm:",
		"blade:", "job:", "snap:", "lease:", "lease:vm:", "tenant:", "site", "*", "vm:*", "state:off", "state:running tenant:*", "!", "(",
		"not not not", "name:", "-", "\\n{\\\"execute\\\":\\\"ping\\\"}", "\\ud83d\\ude00" };
	static const char *const pieces[] = { "a", "\xe6\xa3\x9a", "\xf0\x9f\x98\x80", "a ", "(", "name:a or ", "\\\\", "\\u0301" };
	static const int lengths[] = { 1, 20, 21, 63, 64, 65, 199, 200, 511, 512, 513, 1024, 1365, 1366, 4096, 4097 };

	buf_str(out, "\"");
	if (roll(h, 3))
		buf_str(out, PICK(h, texts));
	else
		put_many(out, PICK(h, pieces), PICK(h, lengths));
	buf_str(out, "\"");
}

static void put_of(struct hostile *h, struct buf *out, const struct words *w)
{
	buf_json_string(out, w->n ? w->list[roll(h, (unsigned)w->n)] : "");
}

/* What others made; not what is a secret for him, which would come back as he said it. */
static const char *shared_id(struct hostile *h)
{
	static char id[48];

	snprintf(id, sizeof id, "%s", h->shared->ids[roll(h, HOSTILE_IDS)]);
	return words_in(&h->secret, &h->uttered, id, strlen(id)) ? "snap:0" : id;
}

/* A server that he may know, or none. */
static const char *own_server(struct hostile *h)
{
	for (int i = 0; i < 8; i++) {
		unsigned s = roll(h, SERVERS);
		if (!is_staff(h->person) && sees(h->person, (int)s))
			return roll(h, 3) ? server_id[s] : servers[s];
	}
	return ABSENT_ID;
}

/* What a thing may be called. */
static void put_thing(struct hostile *h, struct buf *out)
{
	static const char *const absent[] = { ABSENT_ID, "blade:a9-99", "job:000000", "none-such", "tenant:nobody", "snap:00" };
	unsigned n = roll(h, 20);

	if (n < 11) {
		buf_json_string(out, own_server(h));
	} else if (n < 13) {
		put_of(h, out, &h->own);
	} else if (n < 16) {
		put_of(h, out, &h->uttered);
	} else if (n < 17) {
		buf_json_string(out, shared_id(h));
	} else if (n < 18) {
		buf_json_string(out, PICK(h, absent));
	} else if (n < 19) {
		put_odd(h, out);
	} else {
		put_wrong(h, out);
	}
}

static void put_int(struct hostile *h, struct buf *out)
{
	static const char *const values[] = { "0", "1", "2", "100", "1000", "1001", "65536", "262143", "262144", "262145", "2147483647", "2147483648",
		"4294967295", "4294967296", "9223372036854775807", "-1", "-2147483648", "-9223372036854775808", "1795222333" };

	if (roll(h, 12))
		buf_str(out, PICK(h, values));
	else
		put_wrong(h, out);
}

/* What is typed on a guest's console (consoled.c); never anybody's secret. */
static void put_typed(struct hostile *h, struct buf *out)
{
	static const char *const typed[] = { "say 100000\r", "say 9\r", "end\r", "abc", "\r", "\x1b[2J\x1b]0;x\a", "", "\xff\xfe\xfd" };
	const char *text = PICK(h, typed);
	char room[CONSOLE_TYPED_MAX + 1];
	size_t n = strlen(text);

	memcpy(room, text, n + 1);
	if (!roll(h, 6)) {
		memset(room, 'a' + (int)roll(h, 26), sizeof room);
		n = sizeof room - roll(h, 3);
	}
	buf_str(out, "\"");
	base64_write(out, room, n);
	if (!roll(h, 20))
		buf_str(out, "=A");
	buf_str(out, "\"");
}

/* ---- arguments ---- */

static void put_name(struct buf *out, const char *name)
{
	if (out->data[out->len - 1] != '{')
		buf_str(out, ",");
	buf_json_string(out, name);
	buf_str(out, ":");
}

static void put_pair(struct buf *out, const char *name, const char *value)
{
	put_name(out, name);
	buf_json_string(out, value);
}

static const char *verb(struct hostile *h)
{
	static const char *const others[] = { "pair", "locate", "locate-off", "fly", "" };

	return roll(h, 12) ? PICK(h, verb_words) : PICK(h, others);
}

static void put_stream(struct hostile *h, const struct hostile_line_of *of, struct buf *out)
{
	static const char *const forged[] = { "s1", "s2", "s3", "s4", "s5", "s0", "s-1", "s4294967297", "S1", "1" };

	if (of->nstreams && roll(h, 4))
		buf_json_string(out, of->streams[roll(h, of->nstreams < OWN_STREAMS ? of->nstreams : OWN_STREAMS)]);
	else
		buf_json_string(out, PICK(h, forged));
}

static void put_list(struct hostile *h, struct buf *out, const char *name)
{
	static const char *const kinds[] = { "vm", "job", "lease", "blade", "rack", "site", "enclosure", "notice", "alert", "cluster", "volume", "x" };
	int n = roll(h, 8) ? 1 : roll(h, 20) ? (int)roll(h, 12) : 2000;

	buf_str(out, "[");
	for (int i = 0; i < n; i++) {
		if (i)
			buf_str(out, ",");
		if (strcmp(name, "targets") == 0 || strcmp(name, "ids") == 0)
			put_thing(h, out);
		else if (strcmp(name, "kinds") == 0)
			buf_json_string(out, PICK(h, kinds));
		else
			put_odd(h, out);
	}
	buf_str(out, "]");
}

/* Of a text: what a line of good sense would have there. Names, notes and reasons are written down for others to read, so no secret is
 * among them. */
static void put_sense(struct hostile *h, const struct hostile_line_of *of, struct buf *out, const char *name)
{
	static const char *const months[] = { "2026-03", "2026-13", "0000-00", "9999-12", "2026-3" };
	static const char *const filters[] = { "state:running", "state:off", "name:*-own", "was:running", "pair:x", "tenant:initech", "blade:*" };
	static const struct { const char *name, *values[3]; } some[] = { { "mode", { "write", "watch", "write" } }, { "take", { "yes", "", "no" } },
		{ "kind", { "vm", "blade", "kept" } }, { "typed", { "yes", "", "no" } }, { "external", { "yes", "no", "" } },
		{ "charge", { "tenant", "provider", "" } }, { "origin", { "ssh 198.51.100.9", "ssh 198.51.100.9", "x\x1b[2J" } },
		{ "limit", { "99", "", "none" } }, { "until", { "+1 h", "9999-01-01", "-1 h" } }, { "reason", { "it is mine", "", "\xe6\xa3\x9a" } },
		{ "ref", { "1", "", "x" } }, { "note", { "none", "", "\xe6\xa3\x9a" } }, { "after", { "", "1", "snap:00" } },
		{ "by", { "root", "", "daemon" } }, { "what", { "begin", "denied", "" } }, { "state", { "new", "acknowledged", "muted" } },
		{ "ticket", { "T-1", "", "\x1b[2J" } }, { "seen", { "", "acknowledged provider", "\x1b[2J" } }, { "read", { "only", "", "all" } }, { "text", { "", "NIC", "\xe6\xa3\x9a" } } };

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		if (strcmp(some[i].name, name) == 0) {
			buf_json_string(out, PICK(h, some[i].values));
			return;
		}
	if (strcmp(name, "verb") == 0)
		buf_json_string(out, verb(h));
	else if (strcmp(name, "stream") == 0)
		put_stream(h, of, out);
	else if (strcmp(name, "data") == 0)
		put_typed(h, out);
	else if (strcmp(name, "month") == 0)
		buf_json_string(out, PICK(h, months));
	else if (strcmp(name, "filter") == 0 && roll(h, 3))
		buf_json_string(out, PICK(h, filters));
	else if (strcmp(name, "name") == 0 || strcmp(name, "confirm") == 0)
		put_odd(h, out);
	else
		put_thing(h, out);
}

static void put_arg(struct hostile *h, const struct hostile_line_of *of, struct buf *out, const struct arg *a)
{
	put_name(out, a->name);
	if (!roll(h, 30))
		put_wrong(h, out);
	else if (a->type == ARG_INT)
		put_int(h, out);
	else if (a->type == ARG_TEXTS)
		put_list(h, out, a->name);
	else if (!roll(h, 15))
		put_odd(h, out);
	else
		put_sense(h, of, out, a->name);
}

static void put_args(struct hostile *h, const struct hostile_line_of *of, struct buf *out, const struct command *c)
{
	for (int i = 0; i < COMMAND_ARGS && c->args[i].name; i++)
		if (c->args[i].required ? roll(h, 40) != 0 : !roll(h, 4))
			put_arg(h, of, out, &c->args[i]);
	if (!roll(h, 50))
		put_pair(out, "colour", "none");
	if (!roll(h, 60) && c->args[0].name)
		put_arg(h, of, out, &c->args[0]); /* once more, perhaps: that ends it */
}

/* One that is likely to be granted, for what comes after it. */
static void put_plan(struct hostile *h, struct buf *out)
{
	const char *v = PICK(h, verb_words);

	put_pair(out, "verb", v);
	put_name(out, "targets");
	buf_str(out, "[");
	buf_json_string(out, own_server(h));
	buf_str(out, "]");
	if (strcmp(v, "snapshot-revert") == 0 || strcmp(v, "snapshot-delete") == 0)
		put_pair(out, "snapshot", shared_id(h));
}

/* A plan of this connection's, of another's, or of nobody's. */
static void put_commit(struct hostile *h, const struct hostile_line_of *of, struct buf *out)
{
	struct hostile_plan p = { "p-00", "yes" };

	if (of->nplans && roll(h, 4))
		p = of->plans[roll(h, of->nplans < OWN_PLANS ? of->nplans : OWN_PLANS)];
	else if (roll(h, 5))
		p = h->shared->plans[roll(h, HOSTILE_PLANS)];
	p.id[sizeof p.id - 1] = p.confirm[sizeof p.confirm - 1] = '\0';
	put_pair(out, "plan", p.id);
	if (roll(h, 8))
		put_pair(out, "confirm", p.confirm);
	h->shared->count[h->person].commits++;
}

static void put_open(struct hostile *h, struct buf *out)
{
	put_pair(out, "object", own_server(h));
	put_pair(out, "mode", roll(h, 3) ? "write" : "watch");
	put_name(out, "credit");
	buf_str(out, roll(h, 2) ? "65536" : "262144");
	if (!roll(h, 3))
		put_pair(out, "take", "yes");
}

/* ---- whole lines ---- */

static void put_request(struct hostile *h, const struct hostile_line_of *of, struct buf *out)
{
	static const char *const often[] = { "plan", "plan", "plan", "commit", "commit", "stream-open", "stream-data", "stream-credit", "show", "audit" };
	const struct command *c = &commands[roll(h, (unsigned)ncommands)];
	const char *wanted = roll(h, 3) ? PICK(h, often) : c->name;

	for (size_t i = 0; i < ncommands; i++)
		if (strcmp(commands[i].name, of->hello ? wanted : "hello") == 0)
			c = &commands[i];
	bool sane = roll(h, 4) != 0;
	buf_str(out, "{\"execute\":");
	buf_json_string(out, c->name);
	buf_str(out, ",\"arguments\":{");
	if (strcmp(c->name, "hello") == 0 && !of->hello)
		buf_str(out, "\"protocol\":1,\"features\":[\"batch\"],\"origin\":\"ssh 198.51.100.9\"");
	else if (strcmp(c->name, "plan") == 0 && sane)
		put_plan(h, out);
	else if (strcmp(c->name, "commit") == 0)
		put_commit(h, of, out);
	else if (strcmp(c->name, "stream-open") == 0 && sane)
		put_open(h, out);
	else
		put_args(h, of, out, c);
	buf_str(out, "}");
}

static void put_id(struct hostile *h, struct buf *out)
{
	static const char *const ids[] = { "1", "null", "\"\"", "[[1]]", "{\"id\":{\"id\":1}}", "9223372036854775807", "1e300", "\"\\u202e\"", "0.1" };

	if (roll(h, 10)) {
		buf_str(out, ",\"id\":");
		buf_str(out, PICK(h, ids));
	}
	buf_str(out, "}\n");
}

/* No line at all, or one too many. */
static void put_broken(struct hostile *h, struct buf *out, size_t from)
{
	size_t n = out->len - from;

	switch (roll(h, 9)) {
	case 0:
		for (unsigned k = 1 + roll(h, 4); k > 0; k--)
			out->data[from + roll(h, (unsigned)n)] = (char)roll(h, 256);
		break;
	case 1:
		out->len = from + roll(h, (unsigned)n);
		break;
	case 2: /* joined to what comes next */
		out->len--;
		break;
	case 3:
		put_many(out, "{\"a\":", 17);
		put_many(out, "}", 17);
		buf_str(out, "\n");
		break;
	case 4:
		put_many(out, "[", 60000);
		buf_str(out, "\n");
		break;
	case 5:
		buf_str(out, "{\"execute\":\"ping\",\"x\":\"");
		put_many(out, "0123456789abcdef", 4096 + (int)roll(h, 2));
		buf_str(out, "\"}\n");
		break;
	case 6: /* as long as may be: that is no mistake */
		buf_str(out, "{\"execute\":\"ping\",\"x\":\"");
		put_many(out, "0123456789abcdef", 4090);
		buf_str(out, "\"}\n");
		break;
	case 7:
		buf_append(out, "\0\n\0\0\n", 5);
		break;
	case 8:
		buf_str(out, "{\"execute\":\"ping\",\"execute\":\"show\"}\n");
		break;
	}
}

bool hostile_line(struct hostile *h, struct hostile_line_of *of, struct buf *out)
{
	size_t from = out->len;

	h->shared->count[h->person].requests++;
	if (!of->hello && !roll(h, 20))
		of->hello = true; /* it forgets to say it */
	put_request(h, of, out);
	put_id(h, out);
	of->hello = true;
	if (roll(h, 70))
		return false;
	put_broken(h, out, from);
	h->shared->count[h->person].mangled++;
	return true;
}

/* tana events: what happened, and with --follow what happens, one line each, over restarts of the broker: none is lost and none comes
 * twice, by their numbers. Made for pagers. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEWEST 100         /* shown without --since */
#define PAGE 1000          /* events of one request */
#define TURN_MS 1000       /* how soon it is seen that nobody reads any more */
#define WAITING_MAX 20000  /* that came while older ones are asked for: those are asked for too */

struct following {
	json_t *waiting;   /* heard, not written yet; NULL: not following */
	int64_t last;      /* number of the newest that was written */
	char *object;      /* id of the one that is followed, as the broker told it; NULL all */
};

static int64_t seq_of(json_t *event)
{
	return json_integer_value(json_object_get(event, "seq"));
}

static void put(const struct cli *c, struct buf *b, json_t *event)
{
	struct msg what;

	if (c->line->json) {
		json_t *plain = json_copy(event);
		json_object_del(plain, "event");
		buf_json(b, plain);
		json_decref(plain);
	} else {
		cli_time(b, json_integer_value(json_object_get(event, "at")));
		buf_str(b, "  ");
		if (msg_from_json(&what, json_object_get(event, "what"))) {
			cli_text(b, what.text);
			msg_free(&what);
		}
	}
	buf_str(b, "\n");
}

static struct err *print(struct cli *c, json_t *events, int64_t *last)
{
	struct buf out = { 0 };
	size_t i;
	json_t *e;

	json_array_foreach (events, i, e) {
		if (seq_of(e) <= *last)
			continue;
		*last = seq_of(e);
		put(c, &out, e);
	}
	if (out.len)
		return cli_print(&out);
	buf_free(&out);
	return NULL;
}

static struct err *ask(struct cli *c, int64_t after, int64_t since, int limit, json_t **ret)
{
	json_t *args = json_pack("{s:i}", "limit", limit);

	if (after)
		json_object_set_new(args, "after", json_integer(after));
	if (since)
		json_object_set_new(args, "since", json_integer(since));
	if (c->line->nwords)
		json_object_set_new(args, "object", json_string(c->line->words[0]));
	return cli_request(c, "events", args, ret);
}

/* All after the last one that was written. */
static struct err *catch_up(struct cli *c, int64_t since, int64_t *last)
{
	for (;;) {
		json_t *ret;
		struct err *e = ask(c, *last > 0 ? *last : 1, since, PAGE, &ret);
		if (e)
			return e;
		json_t *list = json_object_get(ret, "events");
		size_t n = json_array_size(list);
		int64_t before = *last;
		e = print(c, list, last);
		json_decref(ret);
		if (e || n < PAGE || *last == before)
			return e;
	}
}

/* ---- following ---- */

static void heard(struct cli *c, json_t *line)
{
	struct following *f = c->heard_ctx;

	if (strcmp(proto_text(line, "event"), "happened") != 0)
		return;
	if (f->object && strcmp(proto_text(line, "object"), f->object) != 0)
		return;
	if (json_array_size(f->waiting) < WAITING_MAX)
		json_array_append(f->waiting, line);
}

/* Did whoever reads us go away? Nothing is written to tell. */
static bool nobody_reads(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	return poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLNVAL);
}

static bool is_lost(const struct cli *c, const struct err *e)
{
	return e && e->class == ERR_UNREACHABLE && client_state(c->client) != CLIENT_ENDED;
}

static struct err *begin(struct cli *c, struct following *f, bool first, int64_t since)
{
	json_t *ret = NULL;

	json_array_clear(f->waiting);
	struct err *e = cli_request(c, "subscribe", json_pack("{s:[]}", "kinds"), &ret);
	json_decref(ret);
	if (e)
		return e;
	if (first) {
		e = ask(c, 0, 0, 1, &ret);
		if (e)
			return e;
		if (c->line->nwords)
			f->object = xstrdup(proto_text(ret, "object"));
		if (!since) /* from now on */
			f->last = seq_of(json_array_get(json_object_get(ret, "events"), 0));
		json_decref(ret);
		return since ? catch_up(c, since, &f->last) : NULL;
	}
	return catch_up(c, since, &f->last);
}

static struct err *write_heard(struct cli *c, struct following *f)
{
	json_t *list = f->waiting;
	bool full = json_array_size(list) >= WAITING_MAX;

	if (!json_array_size(list))
		return NULL;
	f->waiting = json_array();
	struct err *e = print(c, list, &f->last);
	json_decref(list);
	return !e && full ? catch_up(c, 0, &f->last) : e;
}

static bool stay_until_ready(struct cli *c)
{
	while (client_state(c->client) != CLIENT_READY)
		if (client_state(c->client) == CLIENT_ENDED || !cli_step(c, TURN_MS) || nobody_reads())
			return false;
	return true;
}

static struct err *follow(struct cli *c, struct following *f, int64_t since)
{
	bool first = true;
	struct err *e = NULL;

	while (!e && stay_until_ready(c)) {
		e = begin(c, f, first, since);
		first = first && e;
		while (!e && client_state(c->client) == CLIENT_READY && !nobody_reads()) {
			e = write_heard(c, f);
			if (!e && !cli_step(c, TURN_MS))
				break;
		}
		if (is_lost(c, e)) {
			err_free(e);
			e = NULL;
			cli_step(c, TURN_MS / 10);
		}
		if (c->interrupted || nobody_reads())
			break;
	}
	/* Told to end, or nobody reads: both are how it ends. */
	if (c->interrupted || nobody_reads()) {
		err_free(e);
		return NULL;
	}
	if (!e && c->lost) {
		e = c->lost;
		c->lost = NULL;
	}
	return e;
}

/* ---- the command ---- */

static struct err *newest(struct cli *c, int64_t since)
{
	int64_t last = 0;
	json_t *ret = NULL;

	if (since)
		return catch_up(c, since, &last);
	struct err *e = ask(c, 0, 0, NEWEST, &ret);
	if (!e)
		e = print(c, json_object_get(ret, "events"), &last);
	json_decref(ret);
	return e;
}

int cli_events(struct cli *c)
{
	struct following f = { 0 };
	bool follows = (c->line->given & OPT_FOLLOW) != 0;
	int64_t since;

	struct err *e = cli_since(cli_value(c->line, OPT_SINCE), &since);
	if (!e && follows) {
		f.waiting = json_array();
		c->heard = heard;
		c->heard_ctx = &f;
	}
	if (!e)
		e = cli_connect(c, 0);
	if (!e)
		e = follows ? follow(c, &f, since) : newest(c, since);
	c->heard = NULL;
	json_decref(f.waiting);
	free(f.object);
	return e ? cli_error(c->line, e) : CLI_DONE;
}

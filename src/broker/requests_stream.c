/* Requests of serial consoles: stream-open, stream-data, stream-credit, stream-close. What they come to is consoles.c's. */
#include "broker/commands.h"

#include "broker/consoles.h"
#include "common/base64.h"

#include <string.h>

static struct err *check_words(json_t *args)
{
	const char *mode = arg_text(args, "mode"), *take = arg_text(args, "take");

	if (strcmp(mode, "write") != 0 && strcmp(mode, "watch") != 0)
		return err_new(ERR_USAGE, "console.mode", "{s:s}", "value", mode);
	if (take[0] && strcmp(take, "yes") != 0)
		return err_new(ERR_USAGE, "args.yes", "{s:s, s:s, s:s}", "verb", "stream-open", "name", "take", "value", take);
	return NULL;
}

void do_stream_open(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	bool write = strcmp(arg_text(args, "mode"), "write") == 0;
	enum kind k;
	void *o = NULL;

	struct err *e = check_words(args);
	if (!e)
		e = targets_object(b->objects, &b->gate, a, arg_text(args, "object"), &k, &o);
	if (!e && k != KIND_VM)
		e = err_new(ERR_USAGE, "console.kind", "{s:s}", "object", arg_text(args, "object"));
	if (!e)
		e = plan_may_console(&b->world, a, write, o);
	if (e) {
		request_error(q, e);
		return;
	}
	consoles_open(b->consoles, q, o, write, arg_text(args, "take")[0] != '\0', (uint64_t)arg_int(args, "credit"));
}

static struct console_stream *stream_of(struct request *q, json_t *args)
{
	struct console_stream *s = consoles_find(q->broker->consoles, q->peer, arg_text(args, "stream"));

	if (!s)
		request_error(q, err_new(ERR_STATE, "console.stream", "{s:s}", "stream", arg_text(args, "stream")));
	return s;
}

static void answer(struct request *q, struct err *e)
{
	if (e)
		request_error(q, e);
	else
		request_return(q, NULL);
}

void do_stream_data(struct request *q, json_t *args)
{
	struct console_stream *s = stream_of(q, args);
	const char *text = arg_text(args, "data");
	struct buf typed = { 0 };

	if (!s)
		return;
	if (base64_read(&typed, text, strlen(text), CONSOLE_TYPED_MAX))
		answer(q, console_stream_type(s, typed.data, typed.len));
	else
		request_error(q, err_new(ERR_USAGE, "console.data", "{s:i}", "max", CONSOLE_TYPED_MAX));
	buf_free(&typed);
}

void do_stream_credit(struct request *q, json_t *args)
{
	struct console_stream *s = stream_of(q, args);

	if (s)
		answer(q, console_stream_credit(s, (uint64_t)arg_int(args, "bytes")));
}

void do_stream_close(struct request *q, json_t *args)
{
	struct console_stream *s = stream_of(q, args);

	if (!s)
		return;
	console_stream_close(s);
	request_return(q, NULL);
}

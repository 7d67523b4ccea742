/* Who opened a console and how it ended, as records; and who may read which name. Called by consoles.c and console_out.c. */
#include "broker/consoles_inside.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

static const char *mode_of(const struct console_stream *s)
{
	return s->write ? "write" : "watch";
}

static json_t *objects_of(const struct console *c)
{
	json_t *list = NULL;

	audit_object(&list, c->vm, c->vm_name, c->blade);
	return list;
}

static void write_record(struct console_stream *s, const struct audit *a, store_done *done, void *ctx)
{
	struct store_tx *tx = store_begin(s->console->all->b->store);
	json_t *record = audit_record(a);

	store_append(tx, record);
	store_commit(tx, done, ctx);
	json_decref(record);
	json_decref(a->objects);
	json_decref(a->detail);
}

void console_record_open(struct console_stream *s, store_done *done, void *ctx)
{
	json_t *detail = json_pack("{s:s}", "mode", mode_of(s));

	if (s->took)
		json_object_set_new(detail, "taken", json_string(s->took));
	if (s->force)
		json_object_set_new(detail, "forced", json_true());
	write_record(s, &(struct audit){ .what = "console-open", .actor = &s->who, .objects = objects_of(s->console), .detail = detail },
		done, ctx);
}

void console_record_close(struct console_stream *s, const struct msg *why)
{
	json_t *detail = json_pack("{s:s, s:I, s:I}", "mode", mode_of(s), "bytes_out", (json_int_t)s->out, "bytes_in", (json_int_t)s->in);

	write_record(s, &(struct audit){ .what = "console-close", .actor = &s->who, .objects = objects_of(s->console), .detail = detail,
		.outcome = why, .timed = true, .seconds = (clock_boot_ms() - s->opened_ms) / 1000 }, NULL, NULL);
}

void console_remember(struct console_stream *s, const struct actor *a)
{
	s->user = xstrdup(a->user);
	s->origin = xstrdup(a->origin);
	s->tenant = xstrdup(a->tenant);
	s->who = (struct actor){ .role = a->role, .uid = a->uid, .user = s->user, .origin = s->origin, .tenant = s->tenant };
}

const char *console_by(const struct console *c, const struct actor *a)
{
	const struct actor *w = c->writer ? &c->writer->who : NULL;

	if (!w)
		return "";
	if (actor_is_staff(a) || (w->role == ROLE_CUSTOMER && strcmp(w->tenant, a->tenant) == 0))
		return w->user;
	return "provider";
}

struct err *console_plain(const struct actor *a, const char *name, struct err *e)
{
	static const char *const plain[] = { "host.cannot.console", "host.console.none", "host.console.type", "host.console.held" };

	if (actor_is_staff(a) || strncmp(e->msg.id, "console.", 8) == 0)
		return e;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (strcmp(e->msg.id, plain[i]) == 0)
			return e;
	struct err *other = err_new(e->class, e->class == ERR_UNREACHABLE || e->class == ERR_TIMEOUT ? "vm.silent" : "console.failed",
		"{s:s}", "name", name);
	err_free(e);
	return other;
}

/* tana show: one object with all that is known of it, its details as its host tells them, and its history. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "map/metal_detail.h"
#include "words/look.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_CELLS 17

static void label(struct buf *b, const char *name)
{
	char fitted[128];

	text_fit(fitted, sizeof fitted, name, LABEL_CELLS, "", false);
	buf_str(b, fitted);
}

static void put_field(struct buf *b, const struct field *f, const void *o)
{
	char tmp[1024];

	/* Nothing is known, or (below 0) there is no limit. */
	if (f->type == FIELD_STR ? !**(const istr *)(const void *)((const char *)o + f->offset) : field_int(f, o) <= 0)
		return;
	label(b, f->name);
	if (f->type == FIELD_TIME)
		cli_time(b, field_int(f, o));
	else if (f->type == FIELD_KIB)
		text_bytes_kib(tmp, sizeof tmp, (unsigned long long)field_int(f, o)), buf_str(b, tmp);
	else
		cli_text(b, field_text(f, o, tmp, sizeof tmp));
	buf_str(b, "\n");
}

/* What a reader wants to know first: is it as of now? */
static void put_freshness(struct buf *b, enum kind k, const void *o)
{
	const struct vm *vm = o;
	const struct blade *bl = o;
	char both[160];

	if (k == KIND_BLADE) {
		look_both(both, sizeof both, bl);
		if (*both && look_contradicts(bl)) {
			label(b, "both say");
			buf_printf(b, "%s\n", both);
		}
		return;
	}
	if (k != KIND_VM || vm->live)
		return;
	label(b, "");
	if (vm->seen) {
		struct buf at = { 0 };
		cli_time(&at, vm->seen);
		buf_append(&at, "", 1);
		cli_say_to(b, "cli.show.stale", "{s:s}", "seen", at.data);
		buf_free(&at);
	} else {
		cli_say_to(b, "cli.show.never", NULL);
	}
	buf_str(b, "\n");
}

static void put_object(struct buf *b, json_t *object)
{
	const char *kind = json_string_value(json_object_get(object, "kind"));
	enum kind k;

	if (!kind || !kind_from_name(kind, &k))
		return;
	void *o = object_new(k);
	if (object_read(k, o, object)) {
		label(b, "kind");
		buf_printf(b, "%s\n", kind_name(k));
		for (int i = 0; i < models[k].nfields; i++)
			if (strcmp(models[k].fields[i].name, "gen") != 0)
				put_field(b, &models[k].fields[i], o);
		put_freshness(b, k, o);
	}
	object_free(k, o);
}

static void put_value(struct buf *b, json_t *v)
{
	if (json_is_string(v)) {
		cli_text(b, json_string_value(v));
	} else if (json_is_boolean(v)) {
		buf_str(b, json_is_true(v) ? "yes" : "no");
	} else if (json_is_object(v) && json_is_string(json_object_get(v, "text"))) {
		cli_json_text(b, v, "text");
	} else if (json_is_object(v) && json_is_boolean(json_object_get(v, "ok"))) { /* can it be had, and why not */
		json_t *why = json_object_get(v, "why");

		put_value(b, json_object_get(v, "ok"));
		if (json_is_object(why)) {
			buf_str(b, ": ");
			put_value(b, why);
		}
	} else if (!json_is_null(v)) {
		struct buf raw = { 0 };
		buf_json(&raw, v);
		buf_append(&raw, "", 1);
		cli_text(b, raw.data);
		buf_free(&raw);
	}
}

/* One disk, card or target: its values in their order. */
static void put_item(struct buf *b, json_t *item)
{
	const char *key;
	json_t *v;
	bool first = true;

	if (!json_is_object(item)) {
		put_value(b, item);
		return;
	}
	json_object_foreach (item, key, v) {
		if (json_is_null(v) || json_is_false(v) || (json_is_string(v) && !json_string_length(v)))
			continue;
		if (!first)
			buf_str(b, ", ");
		first = false;
		if (strcmp(key, "bytes") == 0 && json_is_integer(v)) {
			char size[32];
			text_bytes_kib(size, sizeof size, (unsigned long long)json_integer_value(v) / 1024);
			buf_str(b, size);
			continue;
		}
		if (json_is_true(v)) {
			cli_text(b, key);
			continue;
		}
		if (json_is_integer(v))
			buf_printf(b, "%s ", key);
		put_value(b, v);
	}
}

static void put_detail(struct buf *b, json_t *detail)
{
	const char *key;
	json_t *v, *item;
	size_t i;

	json_object_foreach (detail, key, v) {
		if (strcmp(key, "free") == 0) { /* in the words of the blade's view */
			char room[192];

			metal_detail_room(room, sizeof room, detail);
			label(b, "room");
			cli_text(b, room);
			buf_str(b, "\n");
			continue;
		}
		if (json_is_array(v)) {
			json_array_foreach (v, i, item) {
				label(b, i ? "" : key);
				put_item(b, item);
				buf_str(b, "\n");
			}
			continue;
		}
		if (json_is_null(v) || (json_is_string(v) && !json_string_length(v)))
			continue;
		label(b, key);
		put_value(b, v);
		buf_str(b, "\n");
	}
}

static struct err *print_words(json_t *ret)
{
	struct buf out = { 0 };
	json_t *detail = json_object_get(ret, "detail"), *history = json_object_get(ret, "history"), *r;
	size_t i;

	put_object(&out, json_object_get(ret, "object"));
	if (json_object_size(detail)) {
		buf_str(&out, "\n");
		put_detail(&out, detail);
	}
	if (json_array_size(history))
		buf_str(&out, "\n");
	json_array_foreach (history, i, r)
		cli_record(&out, r);
	return cli_print(&out);
}

static struct err *show(struct cli *c)
{
	json_t *ret = NULL;
	size_t silent = 0;

	c->metal = cli_is_metal(c->line->words[0]);
	struct err *e = cli_ask_tried(c, 1u << KIND_BLADE | (c->metal ? 1u << KIND_ENCLOSURE : 0), "show",
		json_pack("{s:s}", "object", c->line->words[0]), &ret, &silent);
	if (!e && c->line->json)
		return cli_print_json(ret);
	if (!e)
		e = print_words(ret);
	json_decref(ret);
	return e;
}

int cli_show(struct cli *c)
{
	struct err *e = show(c);

	return e ? cli_error(c->line, e) : CLI_DONE;
}

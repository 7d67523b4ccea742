/* Messages and errors: the table of sentences, filling their holes, and carrying them over the wire.
 * Called by every room, from any thread. */
#include "common/error.h"
#include "common/buf.h"
#include "common/text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_DEPTH 4 /* arrays and messages inside arguments go no deeper */

struct row { const char *id, *template; };

static struct row rows[] = {
#define MSG(id, template) {id, template},
#include "common/messages.def"
#undef MSG
};
static pthread_once_t rows_once = PTHREAD_ONCE_INIT;
static const struct msg_language *language; /* NULL: English */

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static void sort_rows(void)
{
	qsort(rows, sizeof rows / sizeof *rows, sizeof *rows, by_id);
}

static const struct row *find_row(const char *id)
{
	struct row key = {id, NULL};

	pthread_once(&rows_once, sort_rows);
	return bsearch(&key, rows, sizeof rows / sizeof *rows, sizeof *rows, by_id);
}

static _Noreturn void bug(const char *what, const char *id)
{
	fprintf(stderr, "bug: message %s: %s\n", id, what);
	abort();
}

const char *msg_template(const char *id)
{
	const struct row *r = id ? find_row(id) : NULL;

	return r ? r->template : NULL;
}

const char *msg_row(size_t i)
{
	pthread_once(&rows_once, sort_rows);
	return i < sizeof rows / sizeof *rows ? rows[i].template : NULL;
}

void msg_language_set(const struct msg_language *l)
{
	language = l;
}

static const char *in_language(const struct row *r)
{
	return language ? language->template(r->id, r->template) : r->template;
}

/* Clean text from s, which may be anything. */
static char *clean(const char *s)
{
	return s && text_is_clean(s) ? xstrdup(s) : text_clean_dup(s);
}

static json_t *clean_json(json_t *j, int depth);

static json_t *clean_container(json_t *j, int depth)
{
	json_t *to = json_is_object(j) ? json_object() : json_array(), *v;
	const char *key;
	size_t i;

	json_object_foreach (j, key, v)
		json_object_set_new_nocheck(to, key, clean_json(v, depth + 1));
	json_array_foreach (j, i, v)
		json_array_append_new(to, clean_json(v, depth + 1));
	return to;
}

/* A new reference to j, or to a copy of it in which every string is clean. */
static json_t *clean_json(json_t *j, int depth)
{
	if (json_is_string(j) && !text_is_clean(json_string_value(j))) {
		char *s = text_clean_dup(json_string_value(j));
		json_t *to = json_string_nocheck(s);

		free(s);
		return to;
	}
	if (json_is_object(j) || json_is_array(j))
		return depth < ARGS_DEPTH ? clean_container(j, depth) : json_null();
	return json_incref(j);
}

/* One value of a json_pack format; *fmt stands behind its letter afterwards. NULL: a letter that is not known here. */
static json_t *pack_value(const char **fmt, va_list *ap)
{
	char letter = *(*fmt)++;
	json_t *j = NULL, *to;
	const char *s;
	char *text;

	switch (letter) {
	case 's':
		s = va_arg(*ap, const char *);
		text = clean(s);
		j = s || **fmt != '?' ? json_string_nocheck(text) : json_null();
		free(text);
		break;
	case 'i':
		return json_integer(va_arg(*ap, int));
	case 'I':
		return json_integer(va_arg(*ap, json_int_t));
	case 'f':
		return json_real(va_arg(*ap, double));
	case 'b':
		return json_boolean(va_arg(*ap, int));
	case 'n':
		return json_null();
	case 'o':
	case 'O':
		to = va_arg(*ap, json_t *);
		j = to ? clean_json(to, 0) : json_null();
		if (letter == 'o')
			json_decref(to);
		break;
	default:
		return NULL;
	}
	if (**fmt == '?')
		(*fmt)++;
	return j;
}

static const char *skip(const char *fmt)
{
	return fmt + strspn(fmt, " \t,:");
}

/* json_pack's objects of plain values ("{s:s, s:i, s:I, s:f, s:b, s:n, s:o, s:O, s?}"), but text that is no UTF-8 is
 * cleaned instead of refused: a host's own words must not stop us. */
static json_t *pack(const char *id, const char *fmt, va_list *ap)
{
	json_t *args = json_object();

	fmt = skip(fmt);
	if (*fmt++ != '{')
		bug("format is no object", id);
	for (fmt = skip(fmt); *fmt == 's'; fmt = skip(fmt)) {
		const char *key = va_arg(*ap, const char *);
		fmt = skip(fmt + 1);
		json_t *value = *fmt ? pack_value(&fmt, ap) : NULL;
		if (!key || !value)
			bug("bad format", id);
		json_object_set_new_nocheck(args, key, value);
	}
	if (*fmt++ != '}' || *skip(fmt))
		bug("bad format", id);
	return args;
}

static void put_string(struct buf *b, const char *hole, const char *s, const struct msg_language *l)
{
	char *told = l ? l->value(hole, s) : NULL;

	buf_str(b, told ? told : s);
	free(told);
}

static void put_message(struct buf *b, json_t *v, const struct msg_language *l)
{
	struct msg m;

	if (l && msg_from_json(&m, v)) {
		buf_str(b, m.text);
		msg_free(&m);
	} else {
		buf_str(b, json_string_value(json_object_get(v, "text")));
	}
}

static void put_value(struct buf *b, const char *hole, json_t *v, int depth, const struct msg_language *l)
{
	json_t *part;
	size_t i;

	if (json_is_string(v)) {
		put_string(b, hole, json_string_value(v), l);
	} else if (json_is_integer(v)) {
		buf_json_int(b, json_integer_value(v));
	} else if (json_is_real(v)) {
		buf_printf(b, "%.1f", json_real_value(v));
	} else if (json_is_boolean(v)) {
		put_string(b, "", json_is_true(v) ? "yes" : "no", l);
	} else if (json_is_array(v) && depth < ARGS_DEPTH) {
		json_array_foreach (v, i, part) {
			if (i)
				buf_str(b, ", ");
			put_value(b, hole, part, depth + 1, l);
		}
	} else if (json_is_string(json_object_get(v, "text"))) { /* a message in a message */
		put_message(b, v, l);
	} else {
		buf_str(b, "?");
	}
}

static char *format(const char *template, json_t *args, const struct msg_language *l)
{
	struct buf b = {0};
	char name[32];

	while (*template) {
		size_t n = strcspn(template, "{");
		buf_append(&b, template, n);
		template += n;
		if (!*template)
			break;
		n = strcspn(template, "}");
		if (!template[n] || n < 2 || n > sizeof name) { /* no hole: a brace */
			buf_append(&b, template++, 1);
			continue;
		}
		memcpy(name, template + 1, n - 1);
		name[n - 1] = 0;
		template += n + 1;
		put_value(&b, name, json_object_get(args, name), 0, l);
	}
	buf_append(&b, "", 1);
	if (!text_is_clean(b.data)) {
		char *text = text_clean_dup(b.data);
		buf_free(&b);
		return text;
	}
	return b.data;
}

char *msg_format(const char *template, json_t *args)
{
	return format(template, args, NULL);
}

void msg_make_va(struct msg *m, const char *id, const char *fmt, va_list ap)
{
	const struct row *r = find_row(id);
	va_list copy;

	if (!r)
		bug("not in messages.def", id);
	va_copy(copy, ap);
	*m = (struct msg){.id = r->id, .args = fmt ? pack(id, fmt, &copy) : NULL};
	va_end(copy);
	m->text = format(in_language(r), m->args, language);
}

void msg_make(struct msg *m, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	msg_make_va(m, id, fmt, ap);
	va_end(ap);
}

bool msg_from_json(struct msg *m, json_t *j)
{
	const char *id = json_string_value(json_object_get(j, "msg"));
	const char *text = json_string_value(json_object_get(j, "text"));
	json_t *args = json_object_get(j, "args");

	*m = (struct msg){0};
	if (!id)
		return false;
	const struct row *r = find_row(id);
	if (!r) { /* said by a newer broker: its sentence is all we have */
		msg_make(m, "text", "{s:s}", "text", text ? text : id);
		return true;
	}
	m->id = r->id;
	if (json_is_object(args))
		m->args = clean_json(args, 0);
	if (language && text && json_object_size(m->args) == 0) { /* a sentence that was kept without them */
		json_decref(m->args);
		m->args = msg_args_of(r->template, text);
	}
	m->text = text && (in_language(r) == r->template || !m->args) ? clean(text) : format(in_language(r), m->args, language);
	return true;
}

json_t *msg_to_json(const struct msg *m)
{
	json_t *j = json_object();

	json_object_set_new_nocheck(j, "msg", json_string_nocheck(m->id ? m->id : "text"));
	json_object_set_new_nocheck(j, "args", m->args ? json_incref(m->args) : json_object());
	char *english = language && msg_template(m->id) ? msg_format(msg_template(m->id), m->args) : NULL;
	json_object_set_new_nocheck(j, "text", json_string_nocheck(english ? english : m->text ? m->text : ""));
	free(english);
	return j;
}

void msg_copy(struct msg *to, const struct msg *from)
{
	*to = (struct msg){from->id, json_deep_copy(from->args), xstrdup(from->text)};
}

void msg_free(struct msg *m)
{
	json_decref(m->args);
	free(m->text);
	*m = (struct msg){0};
}

static const struct { const char *name; int exit_status; } classes[ERR_CLASS_COUNT] = {
	[ERR_FAILED] = {"failed", 1}, [ERR_USAGE] = {"usage", 2}, [ERR_NOTFOUND] = {"notfound", 2},
	[ERR_LIMIT] = {"limit", 3}, [ERR_LEASE] = {"lease", 3}, [ERR_ROLE] = {"role", 3},
	[ERR_PROTECTED] = {"protected", 3}, [ERR_CONFIRM] = {"confirm", 3}, [ERR_UNSUPPORTED] = {"unsupported", 3},
	[ERR_STATE] = {"state", 3}, [ERR_UNREACHABLE] = {"unreachable", 4}, [ERR_TIMEOUT] = {"timeout", 4},
	[ERR_INTERNAL] = {"internal", 1},
};

struct err *err_new(enum err_class class, const char *id, const char *fmt, ...)
{
	struct err *e = xmalloc(sizeof *e);
	va_list ap;

	e->class = class;
	va_start(ap, fmt);
	msg_make_va(&e->msg, id, fmt, ap);
	va_end(ap);
	return e;
}

const char *err_reason(int errnum)
{
	const char *known = strerrordesc_np(errnum);

	return known ? known : "an error without a name";
}

struct err *err_sys(enum err_class class, const char *what, const char *name, int errnum)
{
	const char *known = strerrordesc_np(errnum);
	char number[32];

	snprintf(number, sizeof number, "error %d", errnum);
	return err_new(class, "os.error", "{s:s, s:s, s:s}", "what", what, "name", name, "reason", known ? known : number);
}

struct err *err_copy(const struct err *e)
{
	if (!e)
		return NULL;
	struct err *copy = xcalloc(1, sizeof *copy);
	copy->class = e->class;
	msg_copy(&copy->msg, &e->msg);
	return copy;
}

void err_free(struct err *e)
{
	if (!e)
		return;
	msg_free(&e->msg);
	free(e);
}

const char *err_class_name(enum err_class class)
{
	return (unsigned)class < ERR_CLASS_COUNT ? classes[class].name : "failed";
}

bool err_class_from_name(const char *name, enum err_class *out)
{
	for (int i = 0; name && i < ERR_CLASS_COUNT; i++) {
		if (!strcmp(classes[i].name, name)) {
			*out = (enum err_class)i;
			return true;
		}
	}
	return false;
}

int err_exit_status(enum err_class class)
{
	return (unsigned)class < ERR_CLASS_COUNT ? classes[class].exit_status : 1;
}

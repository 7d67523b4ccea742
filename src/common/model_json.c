/* Objects to and from the wire: whole objects and rows of a batch, field by field along the model's tables.
 * Called by the broker's peers (writing) and the console's mirror (reading). */
#include "common/model.h"

#include <string.h>

static inline bool shown(const struct field *f, enum viewer v)
{
	return f->viewers >> v & 1;
}

static void put_field(struct buf *b, const struct field *f, const void *o)
{
	const char *const *names;
	int n;

	switch (f->type) {
	case FIELD_STR:
		buf_json_string(b, *(const istr *)(const void *)((const char *)o + f->offset));
		break;
	case FIELD_BOOL:
		if (field_int(f, o))
			buf_append(b, "true", 4);
		else
			buf_append(b, "false", 5);
		break;
	case FIELD_VM_STATE:
	case FIELD_HOST_STATE:
	case FIELD_JOB_STATE:
	case FIELD_POWER:
	case FIELD_HEALTH:
	case FIELD_MANAGER:
		n = field_names(f->type, &names);
		int64_t value = field_int(f, o);
		buf_json_string(b, value >= 0 && value < n ? names[value] : "?");
		break;
	default:
		buf_json_int(b, field_int(f, o));
	}
}

void object_write(struct buf *b, enum kind k, const void *o, enum viewer v)
{
	const struct model *m = &models[k];

	buf_str(b, "{\"kind\":\"");
	buf_str(b, m->name);
	buf_append(b, "\"", 1);
	for (int i = 0; i < m->nfields; i++) {
		if (!shown(&m->fields[i], v))
			continue;
		buf_append(b, ",\"", 2);
		buf_str(b, m->fields[i].name);
		buf_append(b, "\":", 2);
		put_field(b, &m->fields[i], o);
	}
	buf_append(b, "}", 1);
}

void object_write_columns(struct buf *b, enum kind k, enum viewer v)
{
	char before = '[';

	for (int i = 0; i < models[k].nfields; i++) {
		if (!shown(&models[k].fields[i], v))
			continue;
		buf_append(b, &before, 1);
		buf_json_string(b, models[k].fields[i].name);
		before = ',';
	}
	if (before == '[')
		buf_append(b, "[", 1);
	buf_append(b, "]", 1);
}

void object_write_row(struct buf *b, enum kind k, const void *o, enum viewer v)
{
	char before = '[';

	for (int i = 0; i < models[k].nfields; i++) {
		if (!shown(&models[k].fields[i], v))
			continue;
		buf_append(b, &before, 1);
		put_field(b, &models[k].fields[i], o);
		before = ',';
	}
	if (before == '[')
		buf_append(b, "[", 1);
	buf_append(b, "]", 1);
}

/* Text into an interned string; a value that did not change costs one comparison. */
static void set_string(istr *slot, const char *s, size_t len)
{
	istr old = *slot;

	if (!strncmp(old, s, len) && !old[len])
		return;
	*slot = intern_n(s, len);
	intern_free(old);
}

static bool is_word(const struct wire *v, const char *name)
{
	return v->type == WIRE_TEXT && strlen(name) == v->len && memcmp(name, v->s, v->len) == 0;
}

void field_read(const struct field *f, void *o, const struct wire *v)
{
	const char *const *names;
	int64_t number = 0;
	int n;

	if (f->type == FIELD_STR) {
		bool is_text = v->type == WIRE_TEXT;
		set_string((istr *)(void *)((char *)o + f->offset), is_text ? v->s : "", is_text ? v->len : 0);
		return;
	}
	if ((n = field_names(f->type, &names)) > 0) {
		if (f->type == FIELD_JOB_STATE)
			number = JOB_UNKNOWN;
		for (int i = 0; i < n; i++) {
			if (is_word(v, names[i]))
				number = i;
		}
	} else if (f->type == FIELD_BOOL) {
		number = v->type == WIRE_TRUE;
	} else if (v->type == WIRE_INT) {
		number = v->n;
	}
	field_set_int(f, o, number);
}

static void get_field(const struct field *f, void *o, json_t *v)
{
	struct wire w = {.type = WIRE_NONE};

	if (json_is_string(v))
		w = (struct wire){.type = WIRE_TEXT, .s = json_string_value(v), .len = (uint32_t)json_string_length(v)};
	else if (json_is_integer(v))
		w = (struct wire){.type = WIRE_INT, .n = json_integer_value(v)};
	else if (json_is_true(v))
		w.type = WIRE_TRUE;
	field_read(f, o, &w);
}

static bool is_id(json_t *v)
{
	return json_is_string(v) && json_string_length(v) > 0;
}

bool object_read(enum kind k, void *o, json_t *object)
{
	const struct model *m = &models[k];

	if (!is_id(json_object_get(object, "id")))
		return false;
	for (int i = 0; i < m->nfields; i++)
		get_field(&m->fields[i], o, json_object_get(object, m->fields[i].name));
	return true;
}

int columns_read(enum kind k, json_t *columns, int *out, int max)
{
	const struct model *m = &models[k];
	size_t count = json_array_size(columns);
	uint64_t seen = 0;

	if (!json_is_array(columns) || count > (size_t)max)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(columns, i));
		const struct field *f = name ? field_find(k, name) : NULL;
		if (!name)
			return -1;
		out[i] = f ? (int)(f - m->fields) : -1;
		if (f && seen >> out[i] & 1)
			return -1;
		if (f)
			seen |= (uint64_t)1 << out[i];
	}
	return (int)count;
}

bool object_read_row(enum kind k, void *o, json_t *row, const int *columns, int ncolumns)
{
	const struct model *m = &models[k];
	json_t *v[MODEL_FIELDS_MAX] = {0};

	if (!json_is_array(row) || m->nfields > MODEL_FIELDS_MAX)
		return false;
	for (int i = 0; i < ncolumns; i++) {
		if (columns[i] >= 0 && columns[i] < m->nfields)
			v[columns[i]] = json_array_get(row, (size_t)i);
	}
	if (!is_id(v[0])) /* every table begins with the id */
		return false;
	for (int i = 0; i < m->nfields; i++)
		get_field(&m->fields[i], o, v[i]);
	return true;
}

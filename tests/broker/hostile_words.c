/* What a role must not read: all strings that an operator is told, without those that the role is told itself. */
#include "hostile.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_MIN 4   /* shorter ones stand in everything */
#define WORD_MAX 8

void words_add(struct words *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->list[i], s) == 0)
			return;
	w->list = xrealloc(w->list, (w->n + 1) * sizeof *w->list);
	w->list[w->n++] = xstrdup(s);
}

void words_drop(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->list[i]);
	free(w->list);
	*w = (struct words){ 0 };
}

/* ---- what is told ---- */

/* Only what is granted: a refusal says again what was asked for. */
static void hear(struct talk *t, json_t *all, const char *request, json_t *args)
{
	json_t *answer = talk_answer(t, talk_start(t, request, args)), *r = json_object_get(answer, "return");

	if (r)
		json_array_append(all, r);
	json_decref(answer);
}

json_t *words_told(struct talk *t)
{
	json_t *all = json_array(), *ids = json_array(), *one, *o;
	const char *id;
	size_t i;

	json_array_append_new(all, json_deep_copy(t->objects));
	json_array_append_new(all, json_deep_copy(t->happened));
	json_object_foreach(t->objects, id, o)
		json_array_append_new(ids, json_string(id));
	json_array_foreach(ids, i, one) {
		const char *word = json_string_value(one);
		hear(t, all, "show", json_pack("{s:s}", "object", word));
		if (strncmp(word, "vm:", 3) != 0)
			continue;
		hear(t, all, "snapshots", json_pack("{s:s}", "object", word));
		hear(t, all, "limits", json_pack("{s:s}", "object", word));
		hear(t, all, "audit", json_pack("{s:s}", "object", word));
	}
	hear(t, all, "limits", NULL);
	hear(t, all, "audit", json_pack("{s:i}", "limit", 1000));
	json_decref(ids);
	return all;
}

/* ---- which of it is a secret ---- */

/* Words of the protocol and sentences out of the catalogue: everybody reads those. */
static bool is_plain_key(const char *key)
{
	static const char *const plain[] = { "msg", "text", "kind", "verb", "state", "what", "class", "role", "request", "outcome", "words",
		"limit", "scope", "type", "format", "target", "guest", "zone", "tz", "power", "host_state", "manager", "identity", "health",
		"fitted", "level", "version", "power_state", "snap", "mode", "text_id", "driver", "event", "doing" };

	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (strcmp(key, plain[i]) == 0)
			return true;
	return false;
}

typedef void each_fn(void *ctx, const char *text);

static void each(json_t *j, each_fn *fn, void *ctx)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_string(j))
		fn(ctx, json_string_value(j));
	json_array_foreach(j, i, v)
		each(v, fn, ctx);
	json_object_foreach(j, key, v)
		if (!json_is_string(v) || !is_plain_key(key))
			each(v, fn, ctx);
}

struct sifting { struct words *out; const char *seen; };

static void sift(void *ctx, const char *text)
{
	struct sifting *s = ctx;

	/* The host's state is one of seven words, and "blade" is the name of a kind. */
	static const char *const words[] = { "none", "down", "connecting", "stale", "backoff", "unknown", "blade", "rack", "snapshot",
		"server", "operator", "customer", "viewer", "running", "site", "test", "gone" };
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(text, words[i]) == 0)
			return;
	/* A lease is called by what is in use, whose id is a secret itself or is none. */
	if (strlen(text) < SECRET_MIN || strncmp(text, "lease:", 6) == 0 || strstr(s->seen, text))
		return;
	/* "root" is a user, and a part of other words: as a whole it is told as a value. */
	bool word = strlen(text) < WORD_MAX && text[strspn(text, "abcdefghijklmnopqrstuvwxyz")] == '\0';
	char *quoted = word ? xasprintf("\"%s\"", text) : xstrdup(text);
	words_add(s->out, quoted);
	free(quoted);
}

void words_secret(struct words *out, json_t *all, json_t *seen)
{
	char *text = json_dumps(seen, JSON_ENCODE_ANY);
	struct sifting s = { out, text };

	each(all, sift, &s);
	free(text);
}

static void take_own(void *ctx, const char *text)
{
	/* Not what would be in the audit log then, where others read it. */
	if (text[0] && strlen(text) < 64 && !strstr(text, HUSH))
		words_add(ctx, text);
}

void words_own(struct words *out, json_t *seen)
{
	each(seen, take_own, out);
}

const char *words_in(const struct words *w, const struct words *but, const char *bytes, size_t n)
{
	for (size_t i = 0; i < w->n; i++) {
		bool free_to = false;
		if (!memmem(bytes, n, w->list[i], strlen(w->list[i])))
			continue;
		/* A part of what was asked for is as good as the whole. */
		for (size_t k = 0; k < but->n && !free_to; k++)
			free_to = strstr(but->list[k], w->list[i]) != NULL;
		if (!free_to)
			return w->list[i];
	}
	return NULL;
}

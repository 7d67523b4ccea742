/* tana audit verify: was a record of the audit log changed, taken out or put in; and up to where can that be known. The
 * anchors that the broker sent to the system log are read here, so that whoever can change the broker's files cannot
 * change what they are held against. */
#include "cli/cli.h"

#include "common/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANCHORS_MAX 200   /* the newest; one that agrees proves all before it */
#define LINE_BYTES 8192
#define HASH_LEN 64

/* "... tana-audit anchor seq=N hash=HEX site=NAME" of our site: "N:HEX" in out. */
static bool read_anchor(const char *line, const char *site, char *out, size_t size)
{
	static const char mark[] = "tana-audit anchor seq=";
	const char *at = strstr(line, mark);
	char *end;

	if (!at)
		return false;
	errno = 0;
	long long seq = strtoll(at + sizeof mark - 1, &end, 10);
	if (errno || seq <= 0 || strncmp(end, " hash=", 6) != 0)
		return false;
	const char *hash = end + 6;
	if (strspn(hash, "0123456789abcdef") != HASH_LEN || strncmp(hash + HASH_LEN, " site=", 6) != 0)
		return false;
	const char *name = hash + HASH_LEN + 6;
	size_t n = strcspn(name, "\r\n");
	if (n != strlen(site) || memcmp(name, site, n) != 0)
		return false;
	snprintf(out, size, "%lld:%.*s", seq, HASH_LEN, hash);
	return true;
}

/* Opened before the sandbox shuts, with the buffer that it would ask about later. */
static struct err *open_anchors(const char *path, FILE **out)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (!f)
		return err_sys(ERR_USAGE, "open", path, errno);
	setvbuf(f, NULL, _IOFBF, 0);
	*out = f;
	return NULL;
}

static struct err *read_anchors(FILE *f, const char *path, const char *site, json_t **out)
{
	char line[LINE_BYTES], anchor[128];

	*out = json_array();
	while (fgets(line, sizeof line, f)) {
		if (!read_anchor(line, site, anchor, sizeof anchor))
			continue;
		json_array_append_new(*out, json_string(anchor));
		if (json_array_size(*out) > ANCHORS_MAX)
			json_array_remove(*out, 0);
	}
	bool failed = ferror(f) != 0;
	int saved = errno;
	if (failed)
		return err_sys(ERR_USAGE, "read", path, saved);
	/* Nothing to hold it against is not the same as nothing wrong. */
	return json_array_size(*out) ? NULL : err_new(ERR_USAGE, "cli.verify.anchors", "{s:s, s:s}", "file", path, "site", site);
}

static int64_t number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static struct err *print_words(json_t *ret)
{
	struct buf out = { 0 }, at = { 0 };
	json_int_t anchored = number(ret, "anchored");

	cli_time(&at, number(ret, "anchored_at"));
	buf_append(&at, "", 1);
	bool ok = json_is_true(json_object_get(ret, "ok"));
	if (ok)
		cli_say_to(&out, "cli.verify.ok", "{s:I}", "records", (json_int_t)number(ret, "records"));
	else
		cli_json_text(&out, json_object_get(ret, "reason"), "text");
	buf_str(&out, "\n");
	if (number(ret, "given") && !anchored)
		cli_say_to(&out, "cli.verify.none", "{s:I}", "given", (json_int_t)number(ret, "given"));
	else if (number(ret, "given"))
		cli_say_to(&out, "cli.verify.given", "{s:I, s:I}", "given", (json_int_t)number(ret, "given"), "seq", anchored);
	else if (anchored)
		cli_say_to(&out, "cli.verify.noted", "{s:I, s:s}", "seq", anchored, "time", at.data);
	else if (ok)
		cli_say_to(&out, "cli.verify.never", NULL);
	if (ok || anchored || number(ret, "given"))
		buf_str(&out, "\n");
	/* Where a record is wrong and no anchor agrees, nothing can be said of those behind one. */
	if (number(ret, "tail") && (ok || anchored)) {
		json_int_t from = anchored + 1, to = number(ret, "head_seq");
		cli_say_to(&out, from == to ? "cli.verify.tail.one" : "cli.verify.tail", "{s:I, s:I}", "from", from, "to", to);
		buf_str(&out, "\n");
	}
	buf_free(&at);
	return cli_print(&out);
}

struct err *cli_verify(struct cli *c)
{
	const char *path = cli_value(c->line, OPT_ANCHORS);
	json_t *args = json_object(), *anchors = NULL, *ret = NULL;
	FILE *f = NULL;

	struct err *e = path ? open_anchors(path, &f) : NULL;
	if (!e)
		e = cli_connect(c, 0);
	if (!e && path)
		e = read_anchors(f, path, client_user(c->client)->site, &anchors);
	if (f && f != stdin)
		fclose(f);
	if (anchors)
		json_object_set_new(args, "anchors", anchors);
	if (e) {
		json_decref(args);
		return e;
	}
	e = cli_request(c, "audit-verify", args, &ret);
	if (e)
		return e;
	bool ok = json_is_true(json_object_get(ret, "ok"));
	e = c->line->json ? cli_print_json(json_incref(ret)) : print_words(ret);
	if (!e && !ok)
		e = err_new(ERR_FAILED, "cli.verify.failed", "{s:I}", "seq", (json_int_t)number(ret, "bad"));
	json_decref(ret);
	return e;
}

/* A guest on the scripted broker's serial console. What is typed is echoed; a line that is one of these words is obeyed:
 *     cat FILE     says what is in it             flood      talks without an end, as fast as there is credit
 *     stop         ends the stream                idle       ends it as nobody typed
 *     steal        somebody else types now        full       takes nothing three times
 *     die          the connection is cut          lose       leaves out 12 KiB
 *     keys         says from now on in hex what is typed
 *     count        counts from now on what is typed, and says the sum at each $ */
#include "peer_stream.h"

#include "common/base64.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PORTION 8192

static struct buf says;
static char line[512];
static size_t nline;
static long credit, lost;
static int opened, full, early;
static bool open_now, writer, held, flood, keys, count, die;
static size_t counted;
static const char *end_id, *end_text;

void stream_held(void)
{
	held = true;
}

void stream_forget(void)
{
	open_now = flood = keys = count = die = false;
	counted = 0;
	end_id = NULL;
	buf_drop(&says, says.len);
	nline = 0;
}

static void refuse(void (*put)(json_t *), json_t *id, const char *class, const char *msg, const char *text)
{
	put(json_pack("{s:{s:s, s:s, s:{s:s, s:I}, s:s}, s:O}", "error", "class", class, "msg", msg, "args", "by", "suzuki", "since",
		(json_int_t)time(NULL), "text", text, "id", id));
}

static void stream_name(char *out, size_t size)
{
	snprintf(out, size, "s%d", opened);
}

static void say_file(const char *path)
{
	char chunk[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_append(&says, chunk, n);
	if (f)
		fclose(f);
}

static void obey(void (*put)(json_t *))
{
	char id[16];

	stream_name(id, sizeof id);
	buf_str(&says, "\r\n");
	if (strncmp(line, "cat ", 4) == 0)
		say_file(line + 4);
	flood |= strcmp(line, "flood") == 0;
	die |= strcmp(line, "die") == 0;
	early = die; /* who starts anew has not reached the host at once */
	keys |= strcmp(line, "keys") == 0;
	count |= strcmp(line, "count") == 0;
	if (strcmp(line, "lose") == 0)
		lost += 12288;
	if (strcmp(line, "full") == 0)
		full = 3;
	if (strcmp(line, "stop") == 0)
		end_id = "console.ended", end_text = "the serial console of db01a ended: it stopped, or its host closed it";
	if (strcmp(line, "idle") == 0)
		end_id = "console.idle", end_text = "nothing was typed for 15 min";
	if (strcmp(line, "steal") == 0) {
		writer = false;
		put(json_pack("{s:s, s:s, s:b, s:s}", "event", "stream-writer", "stream", id, "writer", 0, "by", "suzuki"));
	}
	buf_str(&says, "guest# ");
}

static void take_typed(void (*put)(json_t *), const char *typed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (count) {
			counted++;
			if (typed[i] == '$')
				buf_printf(&says, "%zu bytes\r\n", counted);
		} else if (keys) {
			buf_printf(&says, "%02x ", (unsigned char)typed[i]);
		} else if (typed[i] == '\r') {
			line[nline] = '\0';
			nline = 0;
			obey(put);
		} else {
			if (nline + 1 < sizeof line)
				line[nline++] = typed[i];
			buf_append(&says, typed + i, 1);
		}
	}
}

static void open_it(void (*put)(json_t *), json_t *args, json_t *id)
{
	const char *mode = json_string_value(json_object_get(args, "mode"));
	bool take = json_object_get(args, "take") != NULL;
	char name[16];

	if (early > 0) {
		early--;
		refuse(put, id, "unreachable", "vm.silent", "db01a cannot be reached now");
		return;
	}
	writer = strcmp(mode, "write") == 0;
	if (writer && held && !take) {
		refuse(put, id, "lease", "console.held", "suzuki types on the serial console of db01a, for 3 min now");
		return;
	}
	if (writer)
		held = false;
	opened++;
	stream_name(name, sizeof name);
	open_now = true;
	credit = (long)json_integer_value(json_object_get(args, "credit"));
	put(json_pack("{s:{s:s, s:s, s:s, s:b, s:s, s:I, s:i}, s:O}", "return", "stream", name, "object", "vm:1", "name", "db01a", "writer", writer, "by",
		writer ? "sato" : held ? "suzuki" : "", "since", (json_int_t)time(NULL), "idle_s", 900, "id", id));
	buf_str(&says, "Debian GNU/Linux 12 db01a ttyS0\r\n\r\nguest# ");
}

bool stream_answer(void (*put)(json_t *), const char *name, json_t *args, json_t *id)
{
	const char *data = json_string_value(json_object_get(args, "data"));
	struct buf typed = {0};

	if (strncmp(name, "stream-", 7) != 0)
		return false;
	if (strcmp(name, "stream-open") == 0) {
		open_it(put, args, id);
		return true;
	}
	if (strcmp(name, "stream-credit") == 0)
		credit += (long)json_integer_value(json_object_get(args, "bytes"));
	if (strcmp(name, "stream-data") == 0 && full > 0) {
		full--;
		refuse(put, id, "limit", "console.full", "db01a does not take what is typed; wait, and send it again");
		return true;
	}
	put(json_pack("{s:{}, s:O}", "return", "id", id));
	if (data && base64_read(&typed, data, strlen(data), 4096))
		take_typed(put, typed.data, typed.len);
	buf_free(&typed);
	return true;
}

static void send_some(void (*put)(json_t *), size_t n)
{
	struct buf text = {0};
	char id[16];

	stream_name(id, sizeof id);
	base64_write(&text, says.data, n);
	put(json_pack("{s:s, s:s, s:s%, s:I}", "event", "stream-data", "stream", id, "data", text.data, text.len, "lost", (json_int_t)lost));
	lost = 0;
	buf_free(&text);
	buf_drop(&says, n);
	credit -= (long)n;
}

int stream_turn(void (*put)(json_t *), bool *drop)
{
	char id[16];

	if (!open_now)
		return 100;
	while (flood && says.len < 65536)
		buf_printf(&says, "%08zx the guest pours, \033[3%zum in colours\033[m, without an end\r\n", says.len, says.len % 8);
	while (says.len && credit > 0) {
		size_t n = says.len < PORTION ? says.len : PORTION;

		send_some(put, n < (size_t)credit ? n : (size_t)credit);
	}
	*drop = die;
	if (end_id) {
		stream_name(id, sizeof id);
		put(json_pack("{s:s, s:s, s:{s:s, s:{}, s:s}}", "event", "stream-end", "stream", id, "why", "msg", end_id, "args", "text", end_text));
		stream_forget();
	}
	return 100;
}

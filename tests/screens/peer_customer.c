/* A customer's servers and the provider's notices, as many and as nasty as wanted (peer_customer.h). */
#include "peer_customer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool notices, one, empty, long_names, idle;

bool customer_word(const char *word)
{
	static const struct { const char *word; bool *is; } words[] = {
		{"notices", &notices}, {"one", &one}, {"empty", &empty}, {"long", &long_names}, {"idle", &idle}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0) {
			*words[i].is = true;
			return true;
		}
	return false;
}

void customer_hello(json_t *ret)
{
	json_object_set_new(ret, "support", json_string("support@provider.example, +81 3 5550 0100"));
	json_object_set_new(ret, "escape", json_string("^]"));
	json_object_set_new(ret, "idle_s", json_integer(idle ? 4 : 0));
}

static void notice(void (*put)(json_t *line), int i, const char *level, const char *text, const char *text_ja)
{
	char id[32];

	snprintf(id, sizeof id, "notice:n%02d", i);
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:I}}", "event", "put", "object", "kind", "notice", "id", id, "gen", 1, "name", id + 7,
		"text", text, "text_ja", text_ja, "level", level, "since", (json_int_t)1775000000 - i, "until", (json_int_t)0));
}

static void server(void (*put)(json_t *line), int i, const char *name, const char *state, int snaps, const char *doing)
{
	char id[32];

	snprintf(id, sizeof id, "vm:%d", i);
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:b, s:I, s:i, s:i, s:i, s:i, s:s, s:s, s:s}}", "event", "put", "object", "kind", "vm",
		"id", id, "gen", 1, "name", name, "uuid", "6f1c2a7e-0b1d-4a53-9a53-6a2f5e1b90aa", "grade", "V40", "state", state, "live", 1, "since",
		(json_int_t)time(NULL) - 7200, "vcpus", 4, "mem_kib", 4 * 1024 * 1024, "snaps", snaps, "snaps_max", 3, "snap", snaps == 3 ? "full" : "room",
		"job", *doing ? "job:7f3a21" : "", "doing", doing));
}

bool customer_objects(void (*put)(json_t *line))
{
	if (!notices && !one && !empty && !long_names && !idle)
		return false;
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s}}", "event", "put", "object", "kind", "site", "id", "site", "gen", 1, "name", "scripted"));
	if (notices || one)
		notice(put, 0, "warning", "Maintenance on Saturday, 28 November, 02:00 to 04:00: your servers are moved to new hosts one after the other and "
			"restart once. Plan for ten minutes without each of them. Who needs another time tells us before Wednesday, by mail or at the number "
			"below. What a server holds is not touched. END-OF-MAINTENANCE", "11月28日（土）メンテナンス");
	if (notices)
		notice(put, 1, "info", "Our desk is closed on 23 November. In an emergency call the number below.", "");
	for (int i = 2; notices && i < 9; i++)
		notice(put, i, "info", "evil\x1b[2J\r\n\xe2\x80\xaename: one of seven that are all alike.", "");
	if (!empty) {
		if (long_names) {
			server(put, 1, "a-server-with-a-name-that-nobody-reads-to-its-end-because-no-screen-is-so-wide-END", "running", 0, "");
			server(put, 2, "顧客管理データベース顧客管理データベース顧客管理データベース", "off", 3, "");
			server(put, 3, "evil\\x1b[2Jname", "running", 0, "");
		} else {
			server(put, 1, "db01a", "running", 2, "");
			server(put, 2, "db01b", "running", 3, "");
			server(put, 3, "web01", "off", 0, "");
			server(put, 4, "web02", "running", 0, "reboot");
			put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:s, s:I}}", "event", "put", "object", "kind", "job", "id", "job:7f3a21",
				"gen", 1, "verb", "reboot", "target", "vm:4", "targets", "web02", "count", 1, "by", "acme-ops", "state", "running", "started",
				(json_int_t)time(NULL) - 181));
		}
	}
	put(json_pack("{s:s}", "event", "synced"));
	return true;
}

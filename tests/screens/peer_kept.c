/* What peer_kept.h says. */
#include "peer_kept.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PICTURE_MAX (160 * 120)

/* ---- objects ---- */

static const struct { const char *name, *tenant, *blade, *grade, *state, *guest, *address; int vcpus, gib, snaps, snaps_max; const char *more; int ago; } vms[] = {
	{"acme-app01", "acme", "a1-01", "V20", "running", "Debian 12", "10.12.0.31", 4, 4, 2, 3, "", 86400 * 9},
	{"acme-app02", "acme", "a1-01", "V20", "running", "Debian 12", "10.12.0.32", 4, 4, 3, 3, "full", 86400 * 9},
	{"acme-batch", "acme", "a1-02", "V10", "off", "Debian 12", "", 2, 2, 0, 3, "", 3600 * 5},
	{"globex-ad01", "globex", "a1-02", "V10", "running", "Windows Server 2019", "10.12.1.10", 2, 4, 0, -1, "", 86400 * 40},
	{"globex-ad02", "globex", "a1-03", "V10", "crashed", "Windows Server 2019", "", 2, 4, 0, -1, "", 1260},
	{"globex-erp", "globex", "a1-03", "V80", "paused", "Windows Server 2019", "10.12.1.20", 16, 64, 1, -1, "", 2400},
	{"hooli-lb", "hooli", "a1-04", "V10", "shutting-down", "OpenBSD 7.6", "10.12.2.2", 2, 1, 0, 5, "doing", 40},
	{"hooli-受注01", "hooli", "a1-04", "V40", "running", "Debian 12", "10.12.2.40", 8, 16, 4, 5, "protect", 86400 * 3},
	{"initech-tps", "initech", "a1-05", "V20", "blocked", "FreeBSD 14", "10.12.3.9", 4, 8, 0, 5, "", 7300},
	{"顧客管理データベース第二系統01", "acme", "a1-05", "V40", "running", "Red Hat Enterprise Linux 9", "10.12.0.77", 8, 16, 1, 3, "", 90000},
};

void kept_site(void (*put)(json_t *j))
{
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s}}", "event", "put", "object", "kind", "site", "id", "site", "gen", 1, "name", "tokyo-1",
		"racks", 2, "enclosures", 4, "blades", 47, "hosts", 44, "hosts_live", 34, "vms", 19, "vms_running", 13, "tz", "JST-9"));
}

void kept_objects(void (*put)(json_t *j))
{
	static const struct { const char *id, *verb, *targets, *by, *state, *text, *reason; int count, done, ago, took; } jobs[] = {
		{"job:0000fc", "shutdown", "hooli-lb", "hooli-ops", "running", "", "", 1, 0, 40, 0},
		{"job:0000fd", "reboot", "acme-app01, acme-app02, acme-batch", "sato", "running", "", "CHG-4711", 3, 1, 95, 0},
		{"job:0000f9", "snapshot-create", "acme-app02", "acme-ops", "done", "taken", "", 1, 1, 5400, 12},
		{"job:0000f8", "power-on", "globex-ad01", "suzuki", "done", "running", "", 1, 1, 90000, 4},
		{"job:0000f7", "power-off", "globex-ad02", "tanaka", "unknown", "given up: the host did not answer in time", "hangs", 1, 0, 7200, 0},
	};
	json_int_t now = time(NULL);
	char id[32];

	for (size_t i = 0; i < sizeof vms / sizeof vms[0]; i++) {
		json_t *o;

		snprintf(id, sizeof id, "vm:%016x", (unsigned)(0x200 + i));
		o = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:i, s:I, s:i, s:i, s:s, s:s, s:s}", "kind", "vm", "id", id, "gen", 1, "name", vms[i].name,
			"tenant", vms[i].tenant, "blade", vms[i].blade, "grade", vms[i].grade, "state", vms[i].state, "guest", vms[i].guest, "live", 1, "since", now - vms[i].ago,
			"vcpus", vms[i].vcpus, "mem_kib", (json_int_t)vms[i].gib * 1024 * 1024, "snaps", vms[i].snaps, "snaps_max", vms[i].snaps_max, "addresses", vms[i].address,
			"snap", strcmp(vms[i].more, "full") == 0 ? "full" : vms[i].snaps_max > 0 ? "room" : "", "volumes", i == 9 ? "vol-full" : i % 2 ? "vol-07" : "vol-071");
		json_object_update_new(o, json_pack("{s:b, s:s, s:b}", "persistent", 1, "uuid", "6f1c2a7e-0b1d-4a53-9a53-6a2f5e1b90aa", "protect", strcmp(vms[i].more, "protect") == 0));
		if (strcmp(vms[i].more, "doing") == 0)
			json_object_update_new(o, json_pack("{s:s, s:s, s:s}", "job", "job:0000fc", "doing", "shutdown", "by", "hooli-ops"));
		put(json_pack("{s:s, s:o}", "event", "put", "object", o));
	}
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
		json_t *o = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:I, s:s, s:s}", "kind", "job", "id", jobs[i].id, "gen", 1, "verb", jobs[i].verb, "target", "vm:1",
			"targets", jobs[i].targets, "count", jobs[i].count, "done", jobs[i].done, "by", jobs[i].by, "state", jobs[i].state, "started", now - jobs[i].ago, "ended",
			jobs[i].took ? now - jobs[i].ago + jobs[i].took : (json_int_t)0, "text", jobs[i].text, "reason", jobs[i].reason);

		put(json_pack("{s:s, s:o}", "event", "put", "object", o));
	}
}

/* ---- a plan over many ---- */

static json_t *plan(json_t *args)
{
	json_t *ids = json_object_get(args, "targets"), *list = json_array(), *id;
	const char *verb = json_string_value(json_object_get(args, "verb"));
	size_t i, k;

	json_array_foreach (ids, i, id)
		for (k = 0; k < sizeof vms / sizeof vms[0]; k++) {
			char known[32];
			bool runs = strcmp(vms[k].state, "running") == 0 || strcmp(vms[k].state, "paused") == 0;

			snprintf(known, sizeof known, "vm:%016x", (unsigned)(0x200 + k));
			if (strcmp(known, json_string_value(id)) != 0)
				continue;
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:b, s:o}", "id", known, "name", vms[k].name, "blade", vms[k].blade, "place",
				"rack A, A1, bay 1", "state", vms[k].state, "live", 1, "tenant", vms[k].tenant, "grade", vms[k].grade, "ok", runs, "why",
				runs ? json_null() : json_pack("{s:s, s:{}, s:s}", "msg", "x", "args", "text", "it does not run")));
		}
	return json_pack("{s:s, s:s, s:o, s:[{s:s, s:{}, s:s}], s:[], s:[], s:[], s:{s:s, s:s}, s:s, s:i, s:b}", "plan", "p-7", "verb", verb, "targets", list, "impact", "msg", "x",
		"args", "text", "they are not reachable until somebody powers them on: 2 of acme", "warnings", "refused", "gentler", "confirm", "kind", "yes", "text", "", "command",
		"tana shutdown acme-app01 acme-app02 acme-batch --yes", "expires_s", 60, "reason", 0);
}

/* ---- a guest's screen: a blue one ---- */

static json_t *picture(json_t *args)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static unsigned char pixels[PICTURE_MAX];
	static char text[PICTURE_MAX / 3 * 4 + 8];
	json_int_t w = json_integer_value(json_object_get(args, "columns")), h = 2 * json_integer_value(json_object_get(args, "rows"));
	size_t n, at = 0;

	w = w > 160 ? 160 : w;
	h = h > w * 3 / 4 ? w * 3 / 4 : h;
	n = (size_t)(w * h);
	for (size_t i = 0; i < n; i++) {
		size_t x = i % (size_t)w, y = i / (size_t)w;

		pixels[i] = y % 5 == 2 && x > 4 && x < 4 + (y * 7) % ((size_t)w / 2) + 8 ? 231 : 21;
	}
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)pixels[i] << 16 | (i + 1 < n ? (unsigned)pixels[i + 1] : 0u) << 8 | (i + 2 < n ? pixels[i + 2] : 0u);

		text[at++] = letters[v >> 18];
		text[at++] = letters[v >> 12 & 63];
		text[at++] = i + 1 < n ? letters[v >> 6 & 63] : '=';
		text[at++] = i + 2 < n ? letters[v & 63] : '=';
	}
	text[at] = '\0';
	return json_pack("{s:I, s:I, s:s, s:I}", "w", w, "h", h, "pixels", text, "at", (json_int_t)time(NULL));
}

json_t *kept_answer(const char *name, json_t *args)
{
	if (strcmp(name, "screenshot") == 0)
		return picture(args);
	return strcmp(name, "plan") == 0 && json_array_size(json_object_get(args, "targets")) > 1 ? plan(args) : NULL;
}

/* What peer_care.h says. */
#include "peer_care.h"
#include "peer_metal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EVENTS 450
#define TOLD 100     /* of them before synced */
#define RECORDS 250

static int nevents = EVENTS, nrecords = RECORDS;

/* ---- alerts ---- */

static struct { const char *id, *object, *name, *place, *level, *text, *state, *by, *ticket, *note; int ago, behind, changes; } alerts[] = {
	{"alert:00000001", "blade:a2-10", "a2-10", "rack A, A2, bay 10", "alert", "a2-10: the host does not answer (timed out)", "new", "", "", "", 240, 0, 0},
	{"alert:00000002", "enclosure:A2", "A2", "rack A, A2", "warning", "A2: Fan 7 failed", "new", "", "", "", 1320, 0, 0},
	{"alert:00000003", "enclosure:B1", "B1", "rack B, B1", "alert", "B1: its manager does not answer", "acknowledged", "tanaka", "8812", "spare ordered", 7300, 16, 0},
	{"alert:00000004", "blade:a2-15", "a2-15", "rack A, A2, bay 15", "warning", "a2-15: place and thing do not agree", "muted", "suzuki", "", "", 18000, 0, 0},
	{"alert:00000005", "blade:b2-01", "b2-01", "rack B, B2, bay 1A", "alert", "b2-01: the host does not answer", "cleared", "", "", "", 3000, 0, 0},
	{"alert:00000006", "vm:0000000000000102", "顧客管理01", "rack A, A2, bay 10", "warning", "顧客管理01: it is active on two hosts", "new", "", "", "", 400, 0, 7},
	{"alert:00000007", "blade:a1-01", "a1-01", "rack A, A1, bay 1", "alert", "a1-01: no route to host", "", "", "", "", 5, 0, 0},
};
static json_int_t muted_until;

static void send_alert(void (*put)(json_t *j), size_t i)
{
	json_int_t now = time(NULL);
	bool cleared = strcmp(alerts[i].state, "cleared") == 0, muted = strcmp(alerts[i].state, "muted") == 0;
	json_t *o;

	if (!*alerts[i].state) /* not yet */
		return;
	o = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "alert", "id", alerts[i].id, "gen", 1, "object", alerts[i].object, "name",
		alerts[i].name, "place", alerts[i].place, "rack", "A", "level", alerts[i].level, "text", alerts[i].text, "state", alerts[i].state, "by", alerts[i].by, "ticket",
		alerts[i].ticket, "note", alerts[i].note);
	json_object_update_new(o, json_pack("{s:I, s:I, s:I, s:I, s:i, s:i, s:b}", "since", now - alerts[i].ago, "changed", now - alerts[i].ago, "cleared",
		cleared ? now - 720 : (json_int_t)0, "muted_until", muted ? (muted_until ? muted_until : now + 14400) : (json_int_t)0, "behind", alerts[i].behind, "changes",
		alerts[i].changes, "flapping", alerts[i].changes >= 5));
	put(json_pack("{s:s, s:o}", "event", "put", "object", o));
}

static void set(const char **field, json_t *args, const char *key)
{
	static char kept[64][64];
	static int n;
	const char *text = json_string_value(json_object_get(args, key));

	if (!text)
		return;
	snprintf(kept[n % 64], sizeof kept[0], "%s", text);
	*field = kept[n++ % 64];
}

static json_t *words(const char *class, const char *text)
{
	return json_pack("{s:s, s:s, s:{}, s:s}", "class", class, "msg", "x", "args", "text", text);
}

static bool alert_set(void (*put)(json_t *j), json_t *args)
{
	const char *id = json_string_value(json_object_get(args, "object")), *until = json_string_value(json_object_get(args, "until"));

	if (until && strncmp(until, "20", 2) != 0)
		return false;
	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
		if (!id || strcmp(alerts[i].id, id) != 0)
			continue;
		set(&alerts[i].state, args, "state");
		alerts[i].by = strcmp(alerts[i].state, "new") == 0 ? "" : "sato";
		set(&alerts[i].ticket, args, "ticket");
		set(&alerts[i].note, args, "note");
		muted_until = time(NULL) + 1800;
		send_alert(put, i);
	}
	return true;
}

/* ---- events ---- */

static json_t *event_at(int seq)
{
	static const char *const names[] = {"a2-10", "db01a", "A2", "顧客管理01"};
	static const char *const kinds[] = {"blade", "vm", "enclosure", "vm"};
	static const char *const objects[] = {"blade:a2-10", "vm:0000000000000100", "enclosure:A2", "vm:0000000000000102"};
	static const char *const texts[] = {"host a2-10: no answer (timed out)", "db01a was shut down by its guest", "A2: Fan 7: OK -> failed", "顧客管理01 was started by sato"};
	static const char *const ids[] = {"event.silent", "event.guest-off", "event.fan", "event.started.by"};
	int i = seq % 4;

	return json_pack("{s:i, s:I, s:s, s:s, s:s, s:{s:s, s:{}, s:s}}", "seq", seq, "at", (json_int_t)time(NULL) - (nevents - seq) * 7, "kind", kinds[i], "object",
		objects[i], "name", names[i], "what", "msg", ids[i], "args", "text", texts[i]);
}

static json_t *events(json_t *args)
{
	json_int_t before = json_integer_value(json_object_get(args, "before")), limit = json_integer_value(json_object_get(args, "limit"));
	int last = before ? (int)before - 1 : nevents, first = last - (limit ? (int)limit : 100) + 1;
	json_t *list = json_array();

	for (int seq = first < 1 ? 1 : first; seq <= last; seq++)
		json_array_append_new(list, event_at(seq));
	return json_pack("{s:o}", "events", list);
}

static void happened(void (*put)(json_t *j), int seq)
{
	json_t *e = event_at(seq);

	json_object_set_new(e, "event", json_string("happened"));
	put(e);
}

/* ---- the audit log ---- */

static json_t *record_at(int seq)
{
	static const char *const by[] = {"sato", "suzuki", "acme-ops"};
	static const char *const verbs[] = {"power-off", "shutdown", "protect", "snapshot-create"};
	int i = seq / 2, pair = seq % 2;
	char job[32];
	json_t *r;

	if (seq % 41 == 0)
		return json_pack("{s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s}], s:{s:s, s:{}, s:s}}", "seq", seq, "at", (json_int_t)time(NULL) - (nrecords - seq) * 60,
			"what", "denied", "by", "acme-ops", "role", "customer", "tenant", "acme", "request", "plan", "objects", "id", "vm:0000000000000100", "name", "db01a", "outcome",
			"msg", "role.x", "args", "text", "a customer may not do that");
	snprintf(job, sizeof job, "job:%06x", (unsigned)i);
	r = json_pack("{s:i, s:I, s:s, s:s, s:i, s:s, s:s, s:[{s:s, s:s, s:s}], s:s}", "seq", seq, "at", (json_int_t)time(NULL) - (nrecords - seq) * 60, "what",
		pair ? "end" : "begin", "by", by[i % 3], "uid", 1000 + i % 3, "role", i % 3 == 2 ? "customer" : "operator", "verb", verbs[i % 4], "objects", "id", "blade:a2-10",
		"name", "a2-10", "blade", "a2-10", "job", job);
	if (pair)
		json_object_update_new(r, json_pack("{s:{s:s, s:{}, s:s}, s:i}", "outcome", "msg", i % 7 ? "job.done" : "job.failed", "args", "text", i % 7 ? "done" : "it did not follow", "seconds", 12));
	else
		json_object_update_new(r, json_pack("{s:s, s:s, s:s, s:{s:s}}", "reason", "PSU swap", "origin", "ssh 192.0.2.7", "plan", "p-5f0c", "detail", "consent", "yes"));
	json_object_set_new(r, "hash", json_string("6f1c2a7e0b1d4a539a536a2f5e1b90aa"));
	json_object_set_new(r, "prev", json_string("0b1d4a539a536a2f5e1b90aa6f1c2a7e"));
	return r;
}

static json_t *audit(json_t *args)
{
	json_int_t before = json_integer_value(json_object_get(args, "before")), limit = json_integer_value(json_object_get(args, "limit"));
	json_int_t since = json_integer_value(json_object_get(args, "since"));
	const char *by = json_string_value(json_object_get(args, "by"));
	json_t *list = json_array();

	for (int seq = before ? (int)before - 1 : nrecords; seq >= 1 && (json_int_t)json_array_size(list) < (limit ? limit : 100); seq--) {
		json_t *r = record_at(seq);

		if ((by && strcmp(by, json_string_value(json_object_get(r, "by"))) != 0) || json_integer_value(json_object_get(r, "at")) < since)
			json_decref(r);
		else
			json_array_insert_new(list, 0, r);
	}
	return json_pack("{s:o}", "records", list);
}

/* ---- what peer calls ---- */

void care_objects(void (*put)(json_t *j))
{
	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
		send_alert(put, i);
	for (int seq = nevents - TOLD + 1; seq <= nevents; seq++)
		happened(put, seq);
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:I, s:s}}", "event", "put", "object", "kind", "job", "id", "job:0000fa", "gen", 1, "verb",
		"power-off", "target", "blade:a2-10", "targets", "a2-10", "count", 1, "done", 1, "by", "suzuki", "state", "failed", "started", (json_int_t)time(NULL) - 3000, "ended",
		(json_int_t)time(NULL) - 2900, "text", "its manager refused: session limit"));
}

void care_notes(void (*put)(json_t *j))
{
	metal_watch(put, 10, "NIC flaps", "tanaka", time(NULL) + 3 * 86400);
}

bool care_answer(void (*put)(json_t *j), const char *name, json_t *args, json_t *id)
{
	json_t *ret = NULL;

	if (strcmp(name, "events") == 0) {
		ret = events(args);
	} else if (strcmp(name, "audit") == 0) {
		ret = audit(args);
	} else if (strcmp(name, "alert-set") == 0) {
		if (!alert_set(put, args)) {
			put(json_pack("{s:o, s:O}", "error", words("usage", "that is no time to mute it until: give one such as +3 d or 2026-04-12 18:00"), "id", id));
			return true;
		}
		ret = json_object();
	} else if (strcmp(name, "note-set") == 0) {
		metal_watch(put, 10, json_string_value(json_object_get(args, "text")), "sato", 0);
		ret = json_object();
	} else {
		return false;
	}
	put(json_pack("{s:o, s:O}", "return", ret, "id", id));
	return true;
}

void care_alert(void (*put)(json_t *j))
{
	alerts[6].state = "new";
	send_alert(put, 6);
	for (int i = 0; i < 4; i++)
		happened(put, ++nevents);
}

void care_job(void (*put)(json_t *j))
{
	nrecords += 2;
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:I}}", "event", "put", "object", "kind", "job", "id", "job:0000fb", "gen", 1, "verb",
		"locate", "target", "blade:a2-10", "targets", "a2-10", "count", 1, "done", 1, "by", "sato", "state", "done", "started", (json_int_t)time(NULL) - 1, "ended",
		(json_int_t)time(NULL)));
}

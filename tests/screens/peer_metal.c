/* What peer_metal.h says. */
#include "peer_metal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {"A1", "A2", "B1", "B2"};
static char verb[32], target[32];   /* what was planned last */

/* ---- objects ---- */

static json_t *object(const char *kind, const char *name)
{
	char id[64];

	snprintf(id, sizeof id, "%s:%s", kind, name);
	return json_pack("{s:s, s:s, s:i, s:s}", "kind", kind, "id", id, "gen", 1, "name", name);
}

static void send_object(void (*put)(json_t *j), json_t *o, json_t *more)
{
	json_object_update(o, more);
	json_decref(more);
	put(json_pack("{s:s, s:o}", "event", "put", "object", o));
}

static void send_enclosure(void (*put)(json_t *j), int i)
{
	json_int_t now = time(NULL);
	bool wide = i == 3;
	json_t *more = json_pack("{s:s, s:i, s:i, s:i, s:b, s:i, s:s, s:s}", "rack", i < 2 ? "A" : "B", "order", 1 - i % 2, "rows", wide ? 4 : 2, "columns", wide ? 4 : 8,
		"by_column", wide, "bays", 16, "manager", i == 2 ? "silent" : "up", "dialect", i == 3 ? "ibm-amm" : "hp-oa");

	json_object_set_new(more, "managers", json_string("oa1.example.net active, oa2.example.net standby"));
	json_object_set_new(more, "title", json_string("東京1号エンクロージャ"));
	json_object_set_new(more, "model", json_string("BladeSystem c7000 DDR2 Enclosure G2"));
	json_object_set_new(more, "serial", json_string("CZ3213A1BC"));
	json_object_set_new(more, "firmware", json_string("4.85"));
	json_object_set_new(more, "health", json_string(i == 1 ? "warning" : "ok"));
	json_object_set_new(more, "power", json_string("6 of 6 OK, 2310 W"));
	json_object_set_new(more, "fans", json_string(i == 1 ? "9 of 10 OK" : "10 of 10 OK"));
	json_object_set_new(more, "temperature", json_string("22 C"));
	json_object_set_new(more, "wrong", json_string(i == 1 ? "Fan 7 failed" : ""));
	if (i == 2) {
		json_object_set_new(more, "manager_why", json_string("oa1.example.net does not answer (no route to host), oa2.example.net neither"));
		json_object_set_new(more, "manager_seen", json_integer(now - 660));
	}
	send_object(put, object("enclosure", names[i]), more);
}

/* name of the state in the tests, and what makes it */
static const struct { int bay; const char *more; } states[] = {
	{1, "{'host':'up','power':'on','vms':6,'running':5,'cpus':16,'mem_kib':50331648,'used_kib':20971520,'serial':'CZJ0310B01','model':'ProLiant BL460c G6',"
		"'version':'libvirt 9.0.0, QEMU 7.2.0','cluster':'K1','identity':'agrees'}"},
	{2, "{'host':'down','power':'off','vms':0}"},
	{3, "{'host':'none','power':'unknown','fitted':'no'}"},
	{4, "{'host':'down','power':'off','spare':true}"},
	{5, "{'host':'down','power':'on','owner':'globex','why':'no answer'}"},
	{6, "{'host':'connecting','power':'starting'}"},
	{7, "{'host':'backoff','power':'stopping','why':'the connection was closed'}"},
	{8, "{'host':'up','power':'on','vms':4,'running':4,'mem_kib':25165824,'used_kib':8388608,'health':'warning'}"},
	{9, "{'host':'backoff','power':'off','why':'no route to host','vms':2,'running':2,'health':'failed'}"},
	{10, "{'host':'backoff','power':'on','why':'the host does not answer (timed out)','vms':6,'running':5,'bay_serial':'CZJ0310B0A','bay_model':'ProLiant BL460c G6',"
		"'alert':'it is on, and its host does not answer','alert_id':'x','cluster':'K1','identity':'agrees','serial':'CZJ0310B0A','firmware':'I24 2011-05-05'}"},
	{11, "{'host':'none','power':'unknown'}"},
	{12, "{'host':'down','power':'off','vms':3,'running':3,'alert':'it is off, and 3 VMs are said to run there','alert_id':'x'}"},
	{13, "{'host':'up','power':'on','vms':9,'running':9,'mem_kib':25165824,'used_kib':16777216}"},
	{14, "{'host':'up','power':'on','vms':2,'running':2,'doing':'shutdown','by':'suzuki','job':'job:00abcd'}"},
	{15, "{'host':'up','power':'on','vms':1,'running':1,'identity':'differs','serial':'CZJ0310B0F','bay_serial':'CZJ0310B99','alert':'place and thing do not agree','alert_id':'x'}"},
};

json_t *metal_json(const char *text)
{
	char copy[2048];
	json_error_t e;
	json_t *j;

	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, 0, &e);
	if (!j)
		fprintf(stderr, "peer: %s: %s\n", e.text, text);
	return j ? j : json_object();
}

static void send_blade(void (*put)(json_t *j), int enclosure, int bay, const char *more)
{
	json_int_t now = time(NULL);
	char name[32], slot[16];
	json_t *o, *m = metal_json(more);

	snprintf(name, sizeof name, "%c%d-%02d", enclosure < 2 ? 'a' : 'b', enclosure % 2 + 1, bay);
	if (enclosure == 3) /* two in one slot */
		snprintf(slot, sizeof slot, "%d%c", (bay + 1) / 2, bay % 2 ? 'A' : 'B');
	else
		snprintf(slot, sizeof slot, "%d", bay);
	o = object("blade", name);
	json_object_update_new(o, json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:I, s:s, s:s, s:I}", "enclosure", names[enclosure], "rack", enclosure < 2 ? "A" : "B", "bay", slot,
		"place", bay - 1, "manager", enclosure == 2 ? "silent" : "up", "power_live", enclosure != 2, "power_seen", enclosure == 2 ? now - 660 : (json_int_t)0, "health", "ok", "fitted", "yes",
		"power_since", now - 7200));
	json_object_set_new(o, "seen", json_integer(strstr(more, "'host':'up'") ? now : now - 840));
	send_object(put, o, m);
}

static void send_vm(void (*put)(json_t *j), int n, const char *name, const char *tenant)
{
	char id[32];
	json_t *o;

	snprintf(id, sizeof id, "%016x", (unsigned)(0x100 + n));
	o = object("vm", id);
	json_object_update_new(o, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:i, s:i, s:i}", "name", name, "tenant", tenant, "blade", "a2-10", "grade", "V40", "state", "running",
		"live", 0, "seen", (json_int_t)time(NULL) - 840, "vcpus", 4, "mem_kib", 4194304, "snaps", 0));
	put(json_pack("{s:s, s:o}", "event", "put", "object", o));
}

void metal_objects(void (*put)(json_t *j))
{
	static const char *const there[] = {"db01a", "db01b", "顧客管理01", "mail-2", "web-112", "web-113"};
	json_t *site = object("site", "scripted");

	json_object_set_new(site, "id", json_string("site"));
	send_object(put, site, json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "racks", 2, "enclosures", 4, "blades", 47, "hosts", 40, "hosts_live", 34, "vms", 6));
	for (int i = 0; i < 2; i++)
		send_object(put, object("rack", i ? "B" : "A"), json_pack("{s:i}", "order", i));
	for (int i = 0; i < 4; i++)
		send_enclosure(put, i);
	for (int i = 0; i < 16; i++)
		send_blade(put, 0, i + 1, "{'host':'up','power':'on','vms':8,'running':8,'mem_kib':25165824,'used_kib':12582912}");
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		send_blade(put, 1, states[i].bay, states[i].more);
	send_blade(put, 2, 1, "{'host':'up','power':'on','vms':8,'running':8,'mem_kib':25165824,'used_kib':12582912}");
	send_blade(put, 2, 2, "{'host':'down','power':'off'}");
	send_blade(put, 2, 3, "{'host':'backoff','power':'on','why':'no route to host'}");
	for (int i = 0; i < 12; i++)
		send_blade(put, 3, i + 1, "{'host':'up','power':'on','vms':4,'running':4,'mem_kib':25165824,'used_kib':4194304}");
	for (int i = 0; i < 6; i++)
		send_vm(put, i, there[i], i % 2 ? "globex" : "acme");
	put(json_pack("{s:s}", "event", "synced"));
}

void metal_watch(void (*put)(json_t *j), int bay, const char *text, const char *by, json_int_t until)
{
	json_t *more = metal_json(states[bay - 1].more);
	char *dump;

	json_object_update_new(more, json_pack("{s:s, s:s, s:I}", "watch", text, "watch_by", by, "watch_until", until));
	dump = json_dumps(more, JSON_COMPACT);
	send_blade(put, 1, bay, dump);
	free(dump);
	json_decref(more);
}

void metal_job(void (*put)(json_t *j), bool done)
{
	json_int_t now = time(NULL);

	/* What it did comes first, the job last. */
	if (strcmp(target, "a2-02") == 0)
		send_blade(put, 1, 2, done ? "{'host':'connecting','power':'on','power_since':0}" : "{'host':'down','power':'off','doing':'power-on','by':'sato','job':'job:000003'}");
	else if (strcmp(target, "a2-10") == 0)
		send_blade(put, 1, 10, done ? "{'host':'down','power':'off','vms':6,'power_since':0}" :
			"{'host':'backoff','power':'on','why':'timed out','doing':'power-off','by':'sato','job':'job:000003','vms':6,'running':5}");
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:I, s:s}}", "event", "put", "object", "kind", "job", "id", "job:000003", "gen", done ? 2 : 1,
		"verb", verb, "target", "blade:x", "targets", target, "count", 1, "done", done, "by", "sato", "state", done ? "done" : "running", "started", now - done, "ended",
		done ? now : (json_int_t)0, "text", done ? "its manager says so" : ""));
}

/* ---- answers ---- */

static json_t *words(const char *id, const char *text)
{
	return json_pack("{s:s, s:{}, s:s}", "msg", id, "args", "text", text);
}

static bool has(json_t *args, const char *key)
{
	const char *s = json_string_value(json_object_get(args, key));

	return s && strcmp(s, "yes") == 0;
}

static json_t *refusal(const char *id, const char *text)
{
	json_t *e = words(id, text);

	json_object_set_new(e, "class", json_string("state"));
	return e;
}

static json_t *plan(json_t *args)
{
	static const char *const there[] = {"db01a", "db01b", "顧客管理01", "mail-2", "web-112", "web-113"};
	const char *id = json_string_value(json_array_get(json_object_get(args, "targets"), 0)), *v = json_string_value(json_object_get(args, "verb"));
	bool first = has(args, "vms-first"), a10;
	json_t *victims = json_array(), *refused = json_array(), *impact = json_array(), *warnings = json_array(), *gentler = json_array(), *steps = json_array(), *ret;
	char command[96];

	snprintf(verb, sizeof verb, "%s", v);
	snprintf(target, sizeof target, "%s", id + 6);
	a10 = strcmp(target, "a2-10") == 0;
	for (int i = 0; i < 6 && a10; i++) {
		json_array_append_new(victims, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "id", "vm:1", "name", there[i], "tenant", i % 2 ? "globex" : "acme", "state", "running", "live", 0, "protect", 0));
		if (first)
			json_array_append_new(steps, json_pack("{s:s, s:s, s:s, s:i}", "id", "vm:1", "name", there[i], "verb", "shutdown", "rank", i / 3 + 1));
	}
	if (a10) {
		json_array_append_new(impact, words("x", "6 VMs may run there and would end with it: 3 of acme (contact noc@acme.example), 3 of globex"));
		json_array_append_new(impact, words("x", "cluster K1 keeps its quorum: 6 sure, 1 unknown, 5 needed"));
		json_array_append_new(warnings, words("x", "pair db01a/db01b: both halves are here"));
	}
	if (strcmp(v, "power-off") == 0)
		json_array_append_new(gentler, json_pack("{s:s, s:s}", "verb", "shutdown", "vms-first", "yes"));
	if (strcmp(target, "a2-05") == 0 && !has(args, "consent"))
		json_array_append_new(refused, refusal("owner.consent", "a2-05 is driven by globex: ask them first, then say that they agreed (--consent)"));
	if (strcmp(target, "a2-15") == 0 && strcmp(v, "pair") != 0 && strncmp(v, "locate", 6) != 0)
		json_array_append_new(refused, refusal("blade.identity.differs", "a2-15: its manager says that serial CZJ0310B99 is in bay 15, its host says that it is CZJ0310B0F"));
	snprintf(command, sizeof command, "tana %s blade:%s%s", v, target, strcmp(v, "power-on") == 0 ? "" : " --confirm ...");
	ret = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:b, s:n}], s:o, s:o}", "plan", "p-2", "verb", v, "kind", "blade", "targets", "id", id, "name", target,
		"blade", target, "place", "rack A, A2, bay 10", "serial", "CZJ0310B0A", "power", strcmp(target, "a2-02") ? "on" : "off", "power_live", 1, "live", 1, "tenant", "", "ok", 1, "why",
		"victims", victims, "steps", steps);
	json_object_update_new(ret, json_pack("{s:o, s:o, s:o, s:o, s:{s:s, s:s}, s:b, s:s, s:i}", "impact", impact, "warnings", warnings, "refused", refused, "gentler", gentler, "confirm",
		"kind", strcmp(v, "power-off") == 0 || strcmp(v, "reset") == 0 ? "name" : strcmp(v, "power-on") == 0 || strncmp(v, "locate", 6) == 0 ? "enter" : "yes", "text", target,
		"reason", has(args, "consent"), "command", command, "expires_s", 60));
	return ret;
}

static bool connected; /* the manager of a2-11 */

void metal_connected(void)
{
	connected = true;
}

static json_t *actions(const char *id)
{
	bool off = strcmp(id, "blade:a2-02") == 0;
	json_t *list = json_array();
	static const char *const verbs[] = {"power-on", "shutdown", "power-off", "reboot", "reset", "locate", "locate-off", "pair"};

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		const char *why = (i == 0) == !off && i < 5 ? (off ? "it is off" : "it is on already") : i == 6 ? "its light is off already" :
			i == 7 && strcmp(id, "blade:a2-15") != 0 ? "place and blade are a pair already" : NULL;

		/* At first its manager is not there yet. */
		if (strcmp(id, "blade:a2-11") == 0 && !connected)
			why = "a2-11: its manager is just being connected to";

		json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "verb", verbs[i], "ok", !why, "why", why ? words("x", why) : json_null()));
	}
	return json_pack("{s:o}", "actions", list);
}

static json_t *show(const char *id)
{
	json_t *sensors = json_array(), *detail;

	if (strncmp(id, "blade:", 6) == 0)
		return json_pack("{s:{}, s:{s:[{s:s, s:i}, {s:s, s:i}]}, s:[]}", "object", "detail", "free", "grade", "V20", "fits", 2, "grade", "V10", "fits", 5, "history");
	for (int i = 0; i < 6; i++)
		json_array_append_new(sensors, json_pack("{s:s, s:s, s:s, s:s, s:b}", "kind", "power", "name", (char[]){(char)('1' + i), '\0'}, "value", "385 W", "health", "ok", "absent", 0));
	for (int i = 0; i < 10; i++) {
		char name[4];

		snprintf(name, sizeof name, "%d", i + 1);
		json_array_append_new(sensors, json_pack("{s:s, s:s, s:s, s:s, s:b}", "kind", "fan", "name", name, "value", i == 6 ? "" : "47 %", "health", i == 6 ? "failed" : "ok", "absent", i == 9));
	}
	json_array_append_new(sensors, json_pack("{s:s, s:s, s:s, s:s, s:b}", "kind", "temperature", "name", "Ambient", "value", "22 C", "health", "ok", "absent", 0));
	detail = json_pack("{s:[{s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s}], s:o}", "managers", "address", "oa1.example.net", "role", "active", "state", "up", "why", "", "address",
		"oa2.example.net", "role", "standby", "state", "silent", "why", "no route to host", "sensors", sensors);
	return json_pack("{s:{}, s:o, s:[]}", "object", "detail", detail, "history");
}

json_t *metal_answer(const char *name, json_t *args)
{
	const char *id = json_string_value(json_object_get(args, "object")), *first = json_string_value(json_array_get(json_object_get(args, "targets"), 0));

	if (strcmp(name, "show") == 0 && id && (strncmp(id, "blade:", 6) == 0 || strncmp(id, "enclosure:", 10) == 0))
		return show(id);
	if (strcmp(name, "plan") == 0 && first && strncmp(first, "blade:", 6) == 0)
		return plan(args);
	if (strcmp(name, "actions") == 0 && first && strncmp(first, "blade:", 6) == 0)
		return actions(first);
	return NULL;
}

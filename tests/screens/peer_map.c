/* What peer_map.h says. */
#include "peer_map.h"

#include "peer_metal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void send_object(void (*put)(json_t *j), const char *text)
{
	put(json_pack("{s:s, s:o}", "event", "put", "object", metal_json(text)));
}

static void send_vm(void (*put)(json_t *j), const char *id, const char *name, const char *volumes)
{
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:i}}", "event", "put", "object", "kind", "vm", "id", id, "gen", 1, "name", name,
		"tenant", "acme", "blade", "a1-01", "grade", "V20", "state", "running", "volumes", volumes, "live", 1, "vcpus", 4, "mem_kib", 2097152, "snaps", 0));
}

void map_objects(void (*put)(json_t *j))
{
	send_object(put, "{'kind':'cluster','id':'cluster:K1','gen':1,'name':'K1','pattern':'one-enclosure','nodes':2,'sure':1,'unknown':1,'needed':2,'quorum':'unknown',"
		"'mem_kib':33554432,'used_kib':20971520,'blade_lost':'lost','blade_worst':'a2-01','enclosure_lost':'lost','enclosure_worst':'A2','rack_lost':'lost','rack_worst':'A','vms':12,'running':5}");
	send_object(put, "{'kind':'cluster','id':'cluster:基幹','gen':1,'name':'基幹','pattern':'four-enclosures','nodes':8,'sure':8,'unknown':0,'needed':5,'quorum':'kept',"
		"'mem_kib':134217728,'used_kib':67108864,'blade_lost':'kept','blade_worst':'b2-01','enclosure_lost':'memory','enclosure_worst':'B2','rack_lost':'lost','rack_worst':'B','vms':40,'running':40}");
	send_object(put, "{'kind':'volume','id':'volume:vol-07','gen':1,'name':'vol-07','cluster':'K1','size_kib':2147483648,'vms':2,'vms_max':27,'fits':25,'promised_kib':150994944,"
		"'used_kib':322122547,'overcommit':7}");
	send_object(put, "{'kind':'volume','id':'volume:vol-071','gen':1,'name':'vol-071','cluster':'K1','size_kib':314572800,'vms':5,'vms_max':4,'fits':0,'promised_kib':377487360,'overcommit':120}");
	send_object(put, "{'kind':'volume','id':'volume:vol-full','gen':1,'name':'vol-full','cluster':'','size_kib':524288000,'vms':6,'vms_max':6,'fits':-1,'promised_kib':452984832,"
		"'used_kib':513802240,'overcommit':86}");
	send_vm(put, "vm:00000000000000a1", "map01", "vol-07");
	send_vm(put, "vm:00000000000000a2", "map02", "vol-071,vol-07");
	send_vm(put, "vm:00000000000000a3", "顧客管理09", "vol-071");
}

void map_vm(void (*put)(json_t *j), bool comes)
{
	if (comes)
		send_vm(put, "vm:00000000000000a0", "aaa01", "");
	else
		put(metal_json("{'event':'gone','kind':'vm','id':'vm:00000000000000a0'}"));
}

/* ---- what if ---- */

#define CLUSTER "{'name':'K1','votes_before':1,'votes_after':0,'unknown':1,'needed':2,'quorum':'lost','mem_needed_kib':20971520,'mem_left_kib':0,'fits':false}"
#define KEPT "{'name':'基幹','votes_before':8,'votes_after':6,'unknown':0,'needed':5,'quorum':'kept','mem_needed_kib':16777216,'mem_left_kib':12582912,'fits':false}"

static json_t *what_if(const char *id)
{
	json_t *ret = metal_json("{'vms':8,'running':6,'unknown':2,'tenants':[{'name':'acme','vms':5,'running':4,'contact':'noc@acme.example'},{'name':'globex','vms':3,'running':2,'contact':''}],"
		"'pairs':[{'a':'db01a','b':'db01b','both':true,'other':'ends'},{'a':'map01','b':'map09','both':false,'other':'runs'}],'clusters':[" CLUSTER "," KEPT "],"
		"'volumes':[{'name':'vol-07','vms':2}],'impact':[{'msg':'x','args':{},'text':'6 VMs run there and end with it'},{'msg':'warn.x','args':{},'text':'something to be warned of'},"
		"{'msg':'cluster.loses','args':{},'text':'told by a table'}]}");

	if (strcmp(id, "blade:a2-02") == 0) {
		json_object_set_new(ret, "vms", json_integer(0));
		json_object_set_new(ret, "running", json_integer(0));
		json_object_set_new(ret, "unknown", json_integer(0));
		json_object_set_new(ret, "tenants", json_array());
		json_object_set_new(ret, "pairs", json_array());
		json_object_set_new(ret, "clusters", json_array());
		json_object_set_new(ret, "volumes", json_array());
		json_object_set_new(ret, "impact", metal_json("[{'msg':'x','args':{},'text':'no VM is known to run there'}]"));
	}
	json_object_set_new(ret, "object", json_string(id));
	return ret;
}

/* ---- find ---- */

static json_t *find(const char *text)
{
	static const struct { const char *text, *found; } known[] = {
		{"map01", "{'kind':'vm','id':'vm:00000000000000a1','name':'map01','place':'rack A, A1, bay 1','by':'name','what':''}"},
		{"10.12.0.20", "{'kind':'vm','id':'vm:00000000000000a1','name':'map01','place':'rack A, A1, bay 1','by':'address','what':'10.12.0.20'}"},
		{"52:54:00:1a:00:01", "{'kind':'vm','id':'vm:00000000000000a2','name':'map02','place':'rack A, A1, bay 1','by':'mac','what':'52:54:00:1a:00:01'}"},
		{"6f1c2a7e-0b1d-4a53-9a53-6a2f5e1b90aa", "{'kind':'vm','id':'vm:00000000000000a3','name':'顧客管理09','place':'rack A, A1, bay 1','by':'uuid','what':'6f1c2a7e-0b1d-4a53-9a53-6a2f5e1b90aa'}"},
		{"CZJ0310B0A", "{'kind':'blade','id':'blade:a2-10','name':'a2-10','place':'rack A, A2, bay 10','by':'serial','what':'CZJ0310B0A'}"},
		{"10.1.1.7", "{'kind':'vm','id':'vm:2','name':'db01b','place':'','by':'address','what':'10.1.1.7'}"},
		{"vol-07", "{'kind':'volume','id':'volume:vol-07','name':'vol-07','place':'','by':'name','what':'vol-07'}"},
		{"gone-by-now", "{'kind':'vm','id':'vm:00000000000000ff','name':'gone-by-now','place':'','by':'name','what':''}"},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(text, known[i].text) == 0)
			json_array_append_new(list, metal_json(known[i].found));
	return json_pack("{s:o, s:i}", "found", list, "more", strcmp(text, "vol-07") == 0 ? 3 : 0);
}

json_t *map_answer(const char *name, json_t *args)
{
	const char *object = json_string_value(json_object_get(args, "object")), *text = json_string_value(json_object_get(args, "text"));

	if (strcmp(name, "what-if") == 0 && object)
		return what_if(object);
	return strcmp(name, "find") == 0 && text ? find(text) : NULL;
}

/* The hosts room alone against a real host, for tests: opens a URI, does one thing with a VM's snapshots, prints JSON.
 *
 *   snapdriver URI list                         names of all VMs and their snapshots
 *   snapdriver URI states                       the same as host_list_states tells it, of a hasty connection
 *   snapdriver URI light                        the same as host_list_states tells it with snapshots
 *   snapdriver URI show UUID                    what host_snapshots tells
 *   snapdriver URI prepare UUID NAME [external] the record of a creation, as XML
 *   snapdriver URI create UUID NAME [NOTE] [external] [quiesce]
 *   snapdriver URI revert UUID NAME
 *   snapdriver URI delete UUID NAME [children]
 *   snapdriver URI clear UUID NAME FILE         FILE: what prepare printed
 *
 * Exit status 0, or 1 with {"error": ID, "class", "text"}. */
#include "common/buf.h"
#include "common/error.h"
#include "hosts/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int print(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(j);
	return 0;
}

static int failed(struct err *e)
{
	print(json_pack("{s:s, s:s, s:s}", "error", e->msg.id, "class", err_class_name(e->class), "text", e->msg.text));
	err_free(e);
	return 1;
}

static json_t *why(const char *row)
{
	return row ? json_string(row) : json_null();
}

static bool is_list(const char *verb)
{
	return strcmp(verb, "list") == 0 || strcmp(verb, "states") == 0 || strcmp(verb, "light") == 0;
}

static struct err *list(struct host *h, const char *how)
{
	struct host_vm *vms;
	size_t n;
	json_t *all = json_array();
	struct err *e = strcmp(how, "list") == 0 ? host_list(h, &vms, &n) : host_list_states(h, strcmp(how, "light") == 0, &vms, &n);

	for (size_t i = 0; !e && i < n; i++) {
		json_t *names = json_array();
		for (size_t j = 0; j < vms[i].nsnaps; j++)
			json_array_append_new(names, json_string(vms[i].snaps[j]));
		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:b, s:o}", "uuid", vms[i].uuid, "name", vms[i].name,
			"state", vm_state_name(vms[i].state), "known", vms[i].snaps_known, "snaps", names));
	}
	if (e) {
		json_decref(all);
		return e;
	}
	host_vms_free(vms, n);
	print(all);
	return NULL;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct err *show(struct host *h, const char *uuid, const struct host_snap_order *prepare)
{
	struct host_snaps s;
	double began = now_s();
	struct err *e = host_snapshots(h, uuid, prepare, &s);
	json_t *all = json_array();

	if (e || prepare) {
		json_decref(all);
		if (!e) {
			fputs(s.xml ? s.xml : "", stdout);
			host_snaps_free(&s);
		}
		return e;
	}
	for (size_t i = 0; i < s.n; i++)
		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:b, s:I}", "name", s.list[i].name,
			"parent", s.list[i].parent, "note", s.list[i].note, "created", (json_int_t)s.list[i].created,
			"state", vm_state_name(s.list[i].state), "current", s.list[i].current, "memory", s.list[i].memory,
			"external", s.list[i].external, "bytes", (json_int_t)s.list[i].bytes));
	json_t *j = json_pack("{s:f, s:s, s:b, s:b, s:I, s:I, s:s, s:b, s:s, s:s, s:o}", "seconds", now_s() - began,
		"state", vm_state_name(s.state), "busy", s.busy,
		"disks_known", s.disks_known, "disk_bytes", (json_int_t)s.disk_bytes, "used_bytes", (json_int_t)s.used_bytes,
		"shared", s.shared, "agent", s.agent, "disk", s.disk, "driver", s.driver, "snapshots", all);
	json_object_set_new(j, "no_internal", why(s.no_internal));
	json_object_set_new(j, "no_external", why(s.no_external));
	json_object_set_new(j, "no_quiesce", why(s.no_quiesce));
	json_object_set_new(j, "no_revert_external", why(s.no_revert_external));
	json_object_set_new(j, "no_delete_external", why(s.no_delete_external));
	print(j);
	host_snaps_free(&s);
	return NULL;
}

static char *read_file(const char *path)
{
	struct buf b = { 0 };
	char piece[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_append(&b, piece, n);
	if (f)
		fclose(f);
	buf_append(&b, "", 1);
	return b.data;
}

static struct err *act(struct host *h, const char *uuid, const struct host_snap_order *o)
{
	double began = now_s();
	struct err *e = host_snap_act(h, uuid, o);

	if (!e)
		print(json_pack("{s:b, s:f}", "done", 1, "seconds", now_s() - began));
	return e;
}

static struct err *run(struct host *h, int argc, char **argv)
{
	struct host_snap_order o = { .name = argc > 4 ? argv[4] : "", .note = "" };
	const char *verb = argv[2];
	char *xml = NULL;

	for (int i = 5; i < argc; i++) {
		if (strcmp(argv[i], "external") == 0)
			o.external = true;
		else if (strcmp(argv[i], "quiesce") == 0)
			o.quiesce = true;
		else if (strcmp(argv[i], "children") == 0)
			o.children = true;
		else if (strcmp(verb, "clear") == 0)
			o.xml = xml = read_file(argv[i]);
		else
			o.note = argv[i];
	}
	struct err *e;
	if (is_list(verb)) {
		e = list(h, verb);
	} else if (strcmp(verb, "show") == 0) {
		e = show(h, argv[3], NULL);
	} else if (strcmp(verb, "prepare") == 0) {
		e = show(h, argv[3], &o);
	} else {
		o.op = strcmp(verb, "create") == 0 ? SNAP_CREATE : strcmp(verb, "revert") == 0 ? SNAP_REVERT
			: strcmp(verb, "delete") == 0 ? SNAP_DELETE : SNAP_CLEAR;
		e = act(h, argv[3], &o);
	}
	free(xml);
	return e;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/tana-snapdriver.XXXXXX";
	struct host *h = NULL;
	struct host_facts f;

	if (argc < 3 || (!is_list(argv[2]) && argc < (strcmp(argv[2], "show") == 0 ? 4 : 5)) || !mkdtemp(dir)) {
		fprintf(stderr, "usage: snapdriver URI list|states|light|show|prepare|create|revert|delete|clear [UUID [NAME ...]]\n");
		return 2;
	}
	struct host_spec spec = { .name = "host", .uri = argv[1], .runtime_dir = dir, .hasty = strcmp(argv[2], "states") == 0 };
	struct err *e = host_start();
	if (!e)
		e = host_new(&spec, LANE_SHORT, NULL, &h);
	if (!e)
		e = host_open(h);
	if (!e && strcmp(argv[2], "show") == 0)
		e = host_facts(h, &f);
	if (!e)
		e = run(h, argc, argv);
	int status = e ? failed(e) : 0;
	if (h)
		host_close(h);
	host_free(h);
	host_stop();
	rmdir(dir);
	return status;
}

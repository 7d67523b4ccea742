/* The broker of the tests of snapshots, and words. */
#include "snaps_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct daemon d;
struct talk *t;
int log_fd = -1;
char vm[64], other[64], vm_name[64], calls_path[100];
static char log_path[100];

#define BLADES 2
#define VMS 4

/* What a log service would do. */
static void open_log(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(log_path, sizeof log_path, "%.60s/log.sock", d.dir);
	unlink(log_path);
	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", log_path);
	assert_int_equal(bind(log_fd, (struct sockaddr *)&a, sizeof a), 0);
	struct timeval wait = { .tv_sec = TALK_MS / 1000 };
	setsockopt(log_fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

void serve(void)
{
	daemon_shared(&d, "--steady-ms", "500", "--anchor-s", "1", "--anchor-socket", log_path, NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, BLADES, BLADES * VMS);
}

int snaps_start(void **state)
{
	const char *id;
	json_t *o;

	daemon_site(&d, BLADES, VMS, 0);
	open_log();
	/* libvirt itself tells what hosts were asked. */
	snprintf(calls_path, sizeof calls_path, "%.60s/calls.log", d.dir);
	char *outputs = xasprintf("1:file:%s", calls_path);
	setenv("LIBVIRT_LOG_FILTERS", "1:libvirt", 1);
	setenv("LIBVIRT_LOG_OUTPUTS", outputs, 1);
	free(outputs);
	serve();
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0 || strcmp(field_of(o, "state"), "running") != 0)
			continue;
		/* Databases have limits of their own in a made site. */
		if (!vm[0] && strcmp(field_of(o, "tenant"), "acme") == 0 && !strstr(field_of(o, "name"), "-db")) {
			snprintf(vm, sizeof vm, "%s", id);
			snprintf(vm_name, sizeof vm_name, "%s", field_of(o, "name"));
		} else if (strcmp(field_of(o, "tenant"), "acme") != 0 && !strstr(field_of(o, "name"), "-db")) {
			snprintf(other, sizeof other, "%s", id);
		}
	}
	assert_true(vm[0] && other[0]);
	/* Limits come with the site file, at a reload. */
	char lines[400];
	snprintf(lines, sizeof lines, "\nvm \"%s\" {\n\tsnapshots {\n\t\tkept = \"2\"\n\t\ttaken = \"20 per day\"\n\t\tspace = \"none\"\n\t}\n}\n"
		"vm \"*\" {\n\tsnapshots {\n\t\tkept = \"none\"\n\t\ttaken = \"none\"\n\t\tspace = \"none\"\n\t}\n}\n", vm_name);
	daemon_append(&d, lines);
	kill(d.pid, SIGHUP);
	talk_wait(t, vm, "snaps_max", "2");
	return 0;
}

int snaps_stop(void **state)
{
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	close(log_fd);
	daemon_remove(&d);
	return 0;
}

/* ---- words ---- */

json_t *plan_on(const char *target, const char *verb, json_t *more)
{
	json_t *args = json_pack("{s:s, s:[s]}", "verb", verb, "targets", target);

	if (more)
		json_object_update(args, more);
	json_decref(more);
	json_t *answer = talk_answer(t, talk_start(t, "plan", args)), *plan = json_object_get(answer, "return");
	if (!plan)
		fail_msg("plan %s: %s", verb, json_dumps(answer, 0));
	json_incref(plan);
	json_decref(answer);
	return plan;
}

json_t *commit(json_t *plan, const char *reason)
{
	json_t *confirm = json_object_get(plan, "confirm"), *args = json_object();

	json_object_set(args, "plan", json_object_get(plan, "plan"));
	if (strcmp(field_of(confirm, "kind"), "yes") == 0)
		json_object_set_new(args, "confirm", json_string("yes"));
	else if (json_object_get(confirm, "text"))
		json_object_set(args, "confirm", json_object_get(confirm, "text"));
	if (reason)
		json_object_set_new(args, "reason", json_string(reason));
	return talk_answer(t, talk_start(t, "commit", args));
}

void act(const char *target, const char *verb, json_t *more)
{
	json_t *plan = plan_on(target, verb, more), *answer = commit(plan, "a test");
	const char *job = field_of(json_object_get(answer, "return"), "job");

	if (!job[0])
		fail_msg("%s: %s after %s", verb, json_dumps(answer, 0), json_dumps(plan, 0));
	if (strcmp(talk_job(t, job), "done") != 0)
		fail_msg("%s: %s", verb, json_dumps(json_object_get(t->objects, job), 0));
	json_decref(answer);
	json_decref(plan);
}

void commit_refused(json_t *plan, const char *reason, const char *class, const char *id)
{
	json_t *answer = commit(plan, reason), *e = json_object_get(answer, "error");

	if (strcmp(field_of(e, "class"), class) != 0 || strcmp(field_of(e, "msg"), id) != 0)
		fail_msg("not %s %s but %s", class, id, json_dumps(answer, 0));
	json_decref(answer);
}

json_t *named(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

json_t *named_of_tenant(const char *name)
{
	return json_pack("{s:s, s:s}", "name", name, "charge", "tenant");
}

json_t *of(const char *snapshot)
{
	return json_pack("{s:s}", "snapshot", snapshot);
}

json_t *list_of(const char *target)
{
	return talk_get(t, "snapshots", "{s:s}", "object", target);
}

json_t *limit_of(json_t *answer, const char *kind)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "limits"), i, one)
		if (strcmp(field_of(one, "kind"), kind) == 0 && strcmp(field_of(one, "scope"), "server") == 0)
			return one;
	return NULL;
}

void ledger(const char *sql)
{
	char *command = xasprintf("sqlite3 %s/state/ledger.db \"%s\"", d.dir, sql);

	assert_int_equal(system(command), 0);
	free(command);
}

/* What comes between: a broker that is killed while a blade is switched, a site file that takes its manager away or another bay gives
 * it meanwhile, and a customer who looks and tries while his VM's blade is in use. */
#include "blades_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void restart(void)
{
	assert_int_equal(daemon_end(&d, SIGKILL), 128 + SIGKILL);
	talk_end(t);
	daemon_hold(&d, false);
	blades_serve();
	t = talk_hello(&d);
	talk_subscribe(t);
}

static void tell(const char *line)
{
	char said[256];

	sim_tell(line, said, sizeof said);
}

/* Until the manager has been told to switch this bay, and has not done it yet (power-late). */
static void wait_sent(int bay)
{
	static char said[16384];
	json_int_t pending = 0;

	for (int64_t until = now_ms() + TALK_MS; !pending && now_ms() < until; usleep(10000)) {
		sim_tell("state\n", said, sizeof said);
		json_t *j = json_loads(said, 0, NULL);
		assert_non_null(j);
		pending = json_integer_value(json_object_get(json_array_get(json_object_get(j, "bays"), (size_t)bay - 1), "pending"));
		json_decref(j);
	}
	assert_true(pending > 0);
}

static bool is_over(const char *job)
{
	const char *state = field_of(json_object_get(t->objects, job), "state");

	return !strcmp(state, "done") || !strcmp(state, "failed") || !strcmp(state, "partly") || !strcmp(state, "accepted");
}

static void wait_over(const char *job)
{
	for (int64_t until = now_ms() + TALK_MS; !is_over(job);)
		if (now_ms() > until || !talk_read(t, TALK_MS))
			fail_msg("%s is never settled: %s", job, field_of(json_object_get(t->objects, job), "state"));
}

static int leases(void)
{
	const char *id;
	json_t *o;
	int n = 0;

	json_object_foreach(t->objects, id, o)
		n += strcmp(field_of(o, "kind"), "lease") == 0;
	return n;
}

/* What may have been sent may take effect for as long as its dialect says: it is held till then, or until a person gives it up. */
static void over_or_broken(const char *job, const char *blade)
{
	for (int64_t until = now_ms() + 4000; !is_over(job) && now_ms() < until;)
		talk_read(t, 200);
	if (!is_over(job)) {
		assert_int_equal(leases(), 1);
		json_t *answer = talk_ask(t, "lease-break", "{s:s, s:s}", "object", blade, "reason", "a test");
		const char *why = field_of(json_object_get(answer, "error"), "msg");
		if (why[0])
			assert_string_equal(why, "lease.none"); /* settled just now */
		json_decref(answer);
	}
	wait_over(job);
}

/* One record before, one after, whoever wrote them. */
static void audited(const char *job)
{
	json_t *all = talk_get(t, "audit", "{s:s}", "object", job), *r;
	size_t i, begun = 0, ended = 0;

	json_array_foreach(json_object_get(all, "records"), i, r) {
		begun += strcmp(field_of(r, "what"), "begin") == 0;
		ended += strcmp(field_of(r, "what"), "end") == 0;
	}
	assert_int_equal(begun, 1);
	assert_int_equal(ended, 1);
	json_decref(all);
}

static char *begin(const char *verb, const char *target, bool vms_first)
{
	json_t *p = vms_first ? talk_get(t, "plan", "{s:s, s:[s], s:s}", "verb", verb, "targets", target, "vms-first", "yes") :
		talk_get(t, "plan", "{s:s, s:[s]}", "verb", verb, "targets", target);
	json_t *confirm = json_object_get(p, "confirm");

	assert_int_equal(json_array_size(json_object_get(p, "refused")), 0);
	json_t *answer = talk_get(t, "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm",
		field_of(confirm, "kind")[0] == 'y' ? "yes" : field_of(confirm, "text"));
	char *job = xstrdup(field_of(answer, "job"));

	json_decref(answer);
	json_decref(p);
	return job;
}

static void ready(void)
{
	for (int i = 1; i < BLADES; i++) {
		char id[32];
		snprintf(id, sizeof id, "blade:a1-0%d", i);
		talk_wait(t, id, "manager", "up");
		talk_wait(t, id, "power", "on");
		talk_wait(t, id, "power_live", "true");
		talk_wait(t, id, "bay_serial", (const char *[]){ "", "CZJ0001", "CZJ0002", "CZJ0003" }[i]);
		talk_wait(t, id, "host", "up");
	}
	talk_wait_live(t, BLADES, BLADES * VMS);
}

static void pair_all(void **state)
{
	for (int i = 1; i <= BLADES; i++) {
		char id[32];
		snprintf(id, sizeof id, "blade:a1-0%d", i);
		talk_wait(t, id, "power", "on");
		char *job = talk_act(t, "pair", id);
		assert_string_equal(talk_job(t, job), "done");
		free(job);
		talk_wait(t, id, "identity", "agrees");
	}
}

/* Before it is sent, while it is, while it is awaited; each is settled by what the manager says later, and nothing stays held. */
static void killed_while_switched(void **state)
{
	static const int after_ms[] = { 0, 10, 60, 250, 500 };

	for (size_t i = 0; i < sizeof after_ms / sizeof after_ms[0]; i++) {
		ready();
		char *job = begin("power-off", "blade:a1-01", false);
		usleep((useconds_t)after_ms[i] * 1000);
		restart();
		assert_non_null(json_object_get(t->objects, job)); /* what was answered is written */
		talk_wait(t, "blade:a1-01", "power_live", "true");
		over_or_broken(job, "blade:a1-01");
		const char *power = !strcmp(field_of(json_object_get(t->objects, job), "state"), "done") ? "off" : "on";
		talk_wait(t, "blade:a1-01", "power_live", "true");
		talk_wait(t, "blade:a1-01", "power", power);
		talk_wait(t, "blade:a1-01", "job", "");
		assert_int_equal(leases(), 0);
		audited(job);
		free(job);
		tell("power 1 on\n");
		json_decref(talk_get(t, "refresh", "{s:s}", "object", "enclosure:A1"));
	}
}

/* Its blade is never switched by the next broker: nobody has seen its VMs off and confirmed that it goes on. */
static void killed_between_the_steps(void **state)
{
	ready();
	daemon_hold(&d, true); /* nothing is heard of the VMs, so it is not the blade's turn */
	char *job = begin("shutdown", "blade:a1-02", true);
	restart();
	talk_wait(t, "blade:a1-02", "power_live", "true");
	over_or_broken(job, "blade:a1-02"); /* a guest that was asked is awaited, and the blade is held for as long */
	assert_int_equal(leases(), 0);
	audited(job);
	usleep(1500000);
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "enclosure:A1"));
	assert_string_equal(field_of(json_object_get(t->objects, "blade:a1-02"), "power"), "on");
	free(job);
}

static void reload(const char *what)
{
	json_array_clear(t->happened);
	kill(d.pid, SIGHUP);
	for (int64_t until = now_ms() + TALK_MS; !talk_happened(t, "reload.done"); )
		if (now_ms() > until || !talk_read(t, TALK_MS))
			fail_msg("%s: not read again", what);
}

/* The site file, without (or with) the line of its manager. */
static void manager_in_site(bool on)
{
	char *path = xasprintf("%s/site.conf", d.dir), *text = NULL;
	size_t size = 0;
	struct buf b = { 0 };
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	while (getline(&text, &size, f) > 0) {
		char *at = strstr(text, "manager {"), *off = strstr(text, "#nobody ");
		if (!on && at && !off)
			buf_printf(&b, "#nobody %s", text);
		else if (!on && strstr(text, "login { known-hosts") && !off)
			buf_printf(&b, "#nobody %s", text);
		else
			buf_str(&b, on && off ? off + strlen("#nobody ") : text);
	}
	fclose(f);
	free(text);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
	fclose(f);
	buf_free(&b);
	free(path);
}

/* The manager leaves the site file while an order is awaited: not known, held, and settled when it is back. */
static void manager_leaves_while_awaited(void **state)
{
	ready();
	tell("fault power-late=600000\n");
	char *job = begin("power-off", "blade:a1-03", false);
	talk_wait(t, job, "state", "running");
	wait_sent(3);
	manager_in_site(false);
	reload("without its manager");
	talk_wait(t, "blade:a1-03", "manager", "none");
	assert_false(is_over(job));
	assert_int_equal(leases(), 1);
	manager_in_site(true);
	reload("with its manager");
	tell("power 3 off\n");
	wait_over(job);
	assert_string_equal(field_of(json_object_get(t->objects, job), "state"), "done");
	assert_int_equal(leases(), 0);
	free(job);
	tell("clear power-late\n");
	tell("power 3 on\n");
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "enclosure:A1"));
}

static void tells_nobody(json_t *o, const char *what)
{
	static const char *const names[] = { "a1-0", "A1", "CZJ", "hp-oa", "127.0.0.1", "rack" };
	char *text = json_dumps(o, JSON_ENCODE_ANY);
	char me[80];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strstr(text, names[i]))
			fail_msg("%s tells %s: %s", what, names[i], text);
	snprintf(me, sizeof me, "\"by\": \"%s\"", getenv("TEST_ME"));
	if (strstr(text, me))
		fail_msg("%s tells who: %s", what, text);
	free(text);
}

/* A customer whose VM stands on a blade that is in use, and then is off. (The last one: nobody is an operator any more.) */
static void what_a_customer_learns(void **state)
{
	char line[200], vm[80] = "", name[80] = "";
	const char *id, *none;
	json_t *o;

	ready();
	json_object_foreach(t->objects, id, o)
		if (!strcmp(field_of(o, "kind"), "vm") && !strcmp(field_of(o, "blade"), "a1-01") && *field_of(o, "tenant") &&
		    !strcmp(field_of(o, "state"), "running")) {
			snprintf(vm, sizeof vm, "%s", id);
			snprintf(name, sizeof name, "%s", field_of(o, "tenant"));
		}
	assert_true(*vm);
	tell("fault power-late=600000\n");
	char *job = begin("power-off", "blade:a1-01", false);
	talk_wait(t, job, "state", "running");
	wait_sent(1);
	snprintf(line, sizeof line, "role customer { tenant = \"%s\" users = { \"%s\" } }\n", name, getenv("TEST_ME"));
	blades_become("customer", line);
	struct talk *c = talk_hello(&d);
	talk_subscribe(c);
	assert_non_null(json_object_get(c->objects, vm));
	assert_null(json_object_get(c->objects, job));
	json_object_foreach(c->objects, none, o)
		if (strcmp(field_of(o, "kind"), "site") != 0)
			tells_nobody(o, none);
	o = talk_get(c, "plan", "{s:s, s:[s]}", "verb", "reboot", "targets", vm);
	assert_string_equal(field_of(json_array_get(json_object_get(o, "refused"), 0), "msg"), "lease.held.plain");
	tells_nobody(json_object_get(o, "refused"), "the refusal");
	json_decref(o);
	o = talk_get(c, "show", "{s:s}", "object", vm);
	tells_nobody(o, "the VM");
	json_decref(o);
	o = talk_get(c, "audit", "{s:s}", "object", vm);
	tells_nobody(o, "the history");
	json_decref(o);
	talk_refused(c, "notfound", "target.none", "show", "{s:s}", "object", job);
	talk_refused(c, "role", "request.role", "lease-break", "{s:s, s:s}", "object", "blade:a1-01", "reason", "mine");
	/* It goes off, and his VM with it. */
	tell("power 1 off\n");
	for (int64_t until = now_ms() + TALK_MS; strcmp(field_of(json_object_get(c->objects, vm), "live"), "false") && now_ms() < until;)
		talk_read(c, 500);
	o = talk_get(c, "plan", "{s:s, s:[s]}", "verb", "power-on", "targets", vm);
	assert_int_equal(json_array_size(json_object_get(o, "refused")), 1);
	tells_nobody(json_object_get(o, "refused"), "the refusal of one that is off");
	json_decref(o);
	tells_nobody(c->happened, "what happened");
	talk_end(c);
	free(job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pair_all),
		cmocka_unit_test(killed_while_switched),
		cmocka_unit_test(killed_between_the_steps),
		cmocka_unit_test(manager_leaves_while_awaited),
		cmocka_unit_test(what_a_customer_learns),
	};

	return cmocka_run_group_tests(tests, blades_start, blades_stop);
}

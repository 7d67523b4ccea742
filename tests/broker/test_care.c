/* Alerts, notes and events through the socket of a real tanad, and over its restarts: nothing that was known is new, and what somebody
 * attends to stays his. */
#include "talk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct daemon d;
static struct talk *t;
static char *alert; /* of the host that is dead */

static void begin(void)
{
	daemon_shared(&d, NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
}

static void restart(void)
{
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	begin();
}

/* Its file, or where there is none of that name yet. */
static void move_node(const char *from, const char *to)
{
	char *command = xasprintf("mv %s/nodes/%s %s/nodes/%s", d.dir, from, d.dir, to);

	assert_int_equal(system(command), 0);
	free(command);
}

static int start(void **state)
{
	daemon_site(&d, 3, 2, 0);
	move_node("2.xml", "away.xml");
	begin();
	return 0;
}

static int stop(void **state)
{
	talk_end(t);
	int status = daemon_end(&d, SIGTERM);
	daemon_remove(&d);
	free(alert);
	return status;
}

/* The one alert of this object; waits for it. Borrowed. */
static json_t *alert_at(const char *object)
{
	for (;;) {
		const char *id;
		json_t *o;
		json_object_foreach(t->objects, id, o)
			if (strcmp(field_of(o, "kind"), "alert") == 0 && strcmp(field_of(o, "object"), object) == 0)
				return o;
		assert_true(talk_read(t, TALK_MS));
	}
}

static int count_happened(const char *id)
{
	size_t i;
	json_t *one;
	int n = 0;

	json_array_foreach(t->happened, i, one)
		n += strcmp(field_of(json_object_get(one, "what"), "msg"), id) == 0;
	return n;
}

static int64_t number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void test_comes(void **state)
{
	json_t *o = alert_at("blade:a1-02");

	alert = xstrdup(field_of(o, "id"));
	assert_string_equal(field_of(o, "state"), "new");
	assert_string_equal(field_of(o, "level"), "alert");
	assert_string_equal(field_of(o, "text"), "a1-02: its host does not answer");
	assert_string_equal(field_of(o, "place"), "rack A, A1, bay 2");
	assert_string_equal(field_of(o, "rack"), "A");
}

static void test_set(void **state)
{
	talk_refused(t, "usage", "alert.state", "alert-set", "{s:s, s:s}", "object", alert, "state", "gone");
	talk_refused(t, "usage", "alert.until", "alert-set", "{s:s, s:s}", "object", alert, "state", "muted");
	talk_refused(t, "usage", "alert.until", "alert-set", "{s:s, s:s, s:s}", "object", alert, "state", "muted", "until", "-1 h");
	talk_refused(t, "usage", "alert.until", "alert-set", "{s:s, s:s, s:s}", "object", alert, "state", "acknowledged", "until", "+1 h");
	talk_refused(t, "notfound", "alert.none", "alert-set", "{s:s, s:s}", "object", "blade:a1-01", "state", "new");
	talk_refused(t, "notfound", "alert.none", "alert-set", "{s:s, s:s}", "object", "alert:00000000", "state", "new");
	talk_refused(t, "notfound", "target.none", "alert-set", "{s:s, s:s}", "object", "blade:nosuch", "state", "new");
	json_t *r = talk_get(t, "alert-set", "{s:s, s:s, s:s, s:s}", "object", "blade:a1-02", "state", "acknowledged", "ticket", "T-17", "note",
		"disk\x1b[2J ordered");
	assert_string_equal(field_of(r, "alert"), alert);
	json_decref(r);
	talk_wait(t, alert, "state", "acknowledged");
	assert_string_equal(field_of(alert_at("blade:a1-02"), "ticket"), "T-17");
	assert_null(strchr(field_of(alert_at("blade:a1-02"), "note"), '\x1b'));
	talk_wait_happened(t, "alert.acknowledged");
	r = talk_get(t, "audit", "{s:s, s:s}", "what", "alert", "object", "blade:a1-02");
	json_t *record = json_array_get(json_object_get(r, "records"), 0);
	assert_int_equal(json_array_size(json_object_get(r, "records")), 1);
	assert_string_equal(field_of(json_object_get(record, "detail"), "ref"), "T-17");
	assert_string_equal(field_of(json_object_get(record, "detail"), "alert"), alert);
	json_decref(r);
}

static void test_note(void **state)
{
	talk_refused(t, "usage", "note.object", "note-set", "{s:s, s:s}", "object", "rack:A", "text", "x");
	talk_refused(t, "usage", "note.until", "note-set", "{s:s, s:s, s:s}", "object", "blade:a1-01", "text", "x", "until", "soon");
	talk_refused(t, "state", "note.none", "note-set", "{s:s, s:s}", "object", "blade:a1-01", "text", " ");
	json_decref(talk_get(t, "note-set", "{s:s, s:s, s:s}", "object", "blade:a1-01", "text", "NIC", "until", "+3 d"));
	talk_wait(t, "blade:a1-01", "watch", "NIC");
	json_decref(talk_get(t, "note-set", "{s:s, s:s}", "object", "blade:a1-03", "text", "fan"));
	talk_wait(t, "blade:a1-03", "watch", "fan");
	json_decref(talk_get(t, "note-set", "{s:s, s:s}", "object", "blade:a1-03", "text", ""));
	talk_wait(t, "blade:a1-03", "watch", "");
	talk_wait_happened(t, "note.off");
}

static void test_restart(void **state)
{
	int64_t since = number(alert_at("blade:a1-02"), "since"), last = 0;

	restart();
	talk_wait(t, "blade:a1-01", "watch", "NIC");
	assert_true(number(json_object_get(t->objects, "blade:a1-01"), "watch_until") > 0);
	json_t *o = alert_at("blade:a1-02");
	assert_string_equal(field_of(o, "id"), alert);
	assert_string_equal(field_of(o, "state"), "acknowledged");
	assert_string_equal(field_of(o, "ticket"), "T-17");
	assert_int_equal(number(o, "since"), since);
	/* What happened before is there still, in its order; and that it is silent was said already. */
	assert_int_equal(count_happened("event.silent"), 1);
	assert_int_equal(count_happened("alert.acknowledged"), 1);
	json_t *r = talk_get(t, "events", "{s:i}", "limit", 1000), *one;
	size_t i;
	json_array_foreach(json_object_get(r, "events"), i, one) {
		assert_true(number(one, "seq") > last);
		last = number(one, "seq");
	}
	assert_true(i >= 4);
	json_decref(r);
	r = talk_get(t, "events", "{s:s, s:i}", "object", "blade:a1-03", "limit", 1);
	assert_string_equal(field_of(json_object_get(json_array_get(json_object_get(r, "events"), 0), "what"), "msg"), "note.off");
	assert_string_equal(field_of(r, "object"), "blade:a1-03");
	json_decref(r);
}

/* What somebody attends to is over with its cause, and new when that comes again. */
static void test_over(void **state)
{
	move_node("away.xml", "2.xml");
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "blade:a1-02"));
	talk_wait(t, alert, "state", "cleared");
	talk_refused(t, "state", "alert.over", "alert-set", "{s:s, s:s}", "object", alert, "state", "acknowledged");
	move_node("2.xml", "away.xml");
	restart();
	talk_wait(t, alert, "state", "new");
	json_decref(talk_get(t, "alert-set", "{s:s, s:s, s:s}", "object", alert, "state", "muted", "until", "+1 h"));
	talk_wait(t, alert, "state", "muted");
	restart();
	talk_wait(t, alert, "state", "muted");
	json_decref(talk_get(t, "alert-set", "{s:s, s:s}", "object", alert, "state", "new"));
	talk_wait(t, alert, "state", "new");
}

/* Without objects: what happens alone. */
static void test_news_alone(void **state)
{
	struct talk *only = talk_hello(&d);

	json_decref(talk_get(only, "subscribe", "{s:[]}", "kinds"));
	while (!only->synced)
		assert_true(talk_read(only, TALK_MS));
	assert_int_equal(json_object_size(only->objects), 0);
	json_array_clear(only->happened);
	json_decref(talk_get(t, "note-set", "{s:s, s:s}", "object", "blade:a1-03", "text", "again"));
	talk_wait_happened(only, "note.set");
	assert_true(number(json_array_get(only->happened, json_array_size(only->happened) - 1), "seq") > 0);
	assert_int_equal(json_object_size(only->objects), 0);
	talk_end(only);
}

static void test_audit(void **state)
{
	json_t *r = talk_get(t, "audit", "{s:s, s:i}", "what", "note", "limit", 1000);
	size_t notes = json_array_size(json_object_get(r, "records"));
	int64_t first = number(json_array_get(json_object_get(r, "records"), 0), "seq");

	assert_int_equal(notes, 4);
	json_decref(r);
	r = talk_get(t, "audit", "{s:s, s:I}", "what", "note", "before", (json_int_t)first + 1);
	assert_int_equal(json_array_size(json_object_get(r, "records")), 1);
	json_decref(r);
	r = talk_get(t, "audit", "{s:s}", "by", "nobody");
	assert_int_equal(json_array_size(json_object_get(r, "records")), 0);
	json_decref(r);
	r = talk_get(t, "audit", "{s:s}", "verb", "power-off");
	assert_int_equal(json_array_size(json_object_get(r, "records")), 0);
	json_decref(r);
}

/* The whole enclosure, and with it the rack: one line. */
static void test_one_cause(void **state)
{
	move_node("1.xml", "1.away");
	move_node("3.xml", "3.away");
	restart();
	json_t *o = alert_at("rack:A");
	talk_wait(t, field_of(o, "id"), "behind", "3");
	/* Those that are behind it go, each in a line of its own. */
	for (;;) {
		const char *id;
		size_t standing = 0;
		json_object_foreach(t->objects, id, o)
			standing += strcmp(field_of(o, "kind"), "alert") == 0 && strcmp(field_of(o, "state"), "cleared") != 0;
		if (standing == 1)
			break;
		assert_true(talk_read(t, TALK_MS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes), cmocka_unit_test(test_set), cmocka_unit_test(test_note), cmocka_unit_test(test_restart),
		cmocka_unit_test(test_over), cmocka_unit_test(test_news_alone), cmocka_unit_test(test_audit), cmocka_unit_test(test_one_cause),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

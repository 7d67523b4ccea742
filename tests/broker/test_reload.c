/* Reloads: a bad file changes nothing, and what comes and goes in a good one comes and goes in the stream. */
#include "roles_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_reload(void **state)
{
	char text[512];

	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	/* A bad file changes nothing. */
	daemon_append(&d, "\nblade 7 {\n");
	kill(d.pid, SIGHUP);
	while (!talk_happened(t, "reload.bad"))
		assert_true(talk_read(t, TALK_MS));
	json_decref(talk_get(t, "ping", NULL));
	assert_non_null(json_object_get(t->objects, "blade:a1-02"));
	daemon_roles(&d, NULL); /* cuts nothing of it off: */
	snprintf(text, sizeof text, "sed -i '/^blade 7 {/d' %s/site.conf", d.dir);
	assert_int_equal(system(text), 0);
	/* One more rack with a blade, and its VMs come. */
	snprintf(text, sizeof text, "sed 's/<uuid>7a6e6100-0000/<uuid>7a6e61ff-0000/' %s/nodes/1.xml > %s/nodes/9.xml", d.dir, d.dir);
	assert_int_equal(system(text), 0);
	snprintf(text, sizeof text, "\nrack \"B\" {\n enclosure \"B1\" {\n bays = \"1-2\"\n blade \"b1-01\" { bay = \"1\" host = "
		"\"test://%s/nodes/9.xml\" }\n }\n}\n", d.dir);
	daemon_append(&d, text);
	kill(d.pid, SIGHUP);
	talk_wait(t, "blade:b1-01", "host", "up");
	talk_wait(t, "blade:b1-01", "vms", "8");
	assert_non_null(json_object_get(t->objects, "rack:B"));
	/* And go again. */
	snprintf(text, sizeof text, "sed -i '/^rack \"B\" {/,$d' %s/site.conf", d.dir);
	assert_int_equal(system(text), 0);
	kill(d.pid, SIGHUP);
	while (json_object_get(t->objects, "blade:b1-01") || json_object_get(t->objects, "rack:B"))
		assert_true(talk_read(t, TALK_MS));
	json_t *r = talk_get(t, "audit", "{s:i}", "limit", 20), *one, *last = NULL;
	size_t i;
	json_array_foreach(json_object_get(r, "records"), i, one)
		if (strcmp(field_of(one, "what"), "reload") == 0)
			last = one;
	assert_non_null(last);
	assert_non_null(json_object_get(last, "detail"));
	json_decref(r);
	talk_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, roles_start, roles_stop);
}

/* What a view asks about its object: once at first, again after changes of that object alone, one request at a time. The app
 * around it is made here. */
#include "views/view_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define AGAIN 30

static struct app app;
static client_done *done;   /* of the request that is under way */
static void *done_ctx;
static int requests, answers, errors, drawn;
static uint64_t forgotten;

uint64_t app_request(struct app *a, const char *name, json_t *args, client_done *d, void *ctx)
{
	assert_null(done);
	assert_string_equal(name, "show");
	assert_string_equal(json_string_value(json_object_get(args, "object")), "blade:b1");
	json_decref(args);
	done = d;
	done_ctx = ctx;
	return (uint64_t)++requests;
}

void app_forget(struct app *a, uint64_t request)
{
	forgotten = request;
}

void app_draw_data(struct app *a)
{
	drawn++;
}

static void shown(void *ctx, const struct err *e, json_t *ret)
{
	answers++;
	errors += e != NULL;
}

static void answer(struct err *e)
{
	client_done *d = done;

	done = NULL;
	d(done_ctx, e, NULL);
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void wait_ms(int ms)
{
	struct loop_timer *t = loop_timer_new(app.loop, stop, app.loop);

	loop_timer_set(t, ms);
	loop_run(app.loop);
	loop_timer_free(t);
}

static struct blade *blade(const char *id)
{
	struct blade *b = object_new(KIND_BLADE);

	intern_set(&b->id, id);
	registry_add(app.objects, KIND_BLADE, b);
	return b;
}

static void asks_again(void **state)
{
	struct view_show s;
	struct blade *one, *other;

	app.loop = loop_new();
	app.objects = registry_new();
	one = blade("blade:b1");
	other = blade("blade:b2");
	view_show_open(&s, &app, KIND_BLADE, "blade:b1", AGAIN, shown, &s);
	assert_int_equal(requests, 0);
	view_show_first(&s);
	view_show_first(&s);
	assert_int_equal(requests, 1);
	assert_false(s.answered);

	/* While one is under way no other leaves, and the change is not forgotten. */
	registry_changed(app.objects, KIND_BLADE, one, false);
	wait_ms(5 * AGAIN);
	assert_int_equal(requests, 1);
	answer(NULL);
	assert_true(s.answered);
	assert_int_equal(drawn, 1);
	wait_ms(5 * AGAIN);
	assert_int_equal(requests, 2);
	answer(err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", "b1"));
	view_show_first(&s); /* was done, however it ended */
	wait_ms(2 * AGAIN);
	assert_int_equal(requests, 2);
	assert_int_equal(answers, 2);
	assert_int_equal(errors, 1);

	/* Another's change is nothing; several of its own are one. */
	registry_changed(app.objects, KIND_BLADE, other, false);
	wait_ms(5 * AGAIN);
	assert_int_equal(requests, 2);
	for (int i = 0; i < 5; i++)
		registry_changed(app.objects, KIND_BLADE, one, false);
	wait_ms(5 * AGAIN);
	assert_int_equal(requests, 3);

	answer(NULL);

	/* An object that never rests is asked about all the same. */
	for (int i = 0; i < 10; i++) {
		registry_changed(app.objects, KIND_BLADE, one, false);
		wait_ms(AGAIN / 3);
	}
	assert_int_equal(requests, 4);

	/* Closed: its answer is not waited for, changes are not heard. */
	registry_changed(app.objects, KIND_BLADE, one, false);
	view_show_close(&s);
	assert_int_equal(forgotten, 4);
	registry_changed(app.objects, KIND_BLADE, one, false);
	wait_ms(5 * AGAIN);
	assert_int_equal(requests, 4);
	registry_free(app.objects);
	loop_free(app.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(asks_again)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Anchors as a log service gets them: the newest record, at once at the start, in its time afterwards, at the end;
 * again when the service was not there; and noted in the store once they were sent. */
#include "test_store_help.h"

#include "broker/anchor.h"
#include "patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct service { /* a log service of ours */
	struct place *p;
	char *path;
	int fd;
	struct anchor *anchor;
};

static void service_start(struct service *s)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	assert_true(strlen(s->path) < sizeof at.sun_path);
	memcpy(at.sun_path, s->path, strlen(s->path));
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
}

static void service_stop(struct service *s)
{
	close(s->fd);
	s->fd = -1;
	unlink(s->path);
}

static void service_setup(struct service *s, struct place *p)
{
	*s = (struct service){.p = p, .path = place_path(p, "log"), .fd = -1};
}

static void anchor_start(struct service *s, const char *site, int every_s)
{
	struct anchor_config c = {
		.loop = s->p->loop, .store = s->p->store, .site = site, .socket = s->path, .every_s = every_s};

	s->anchor = anchor_new(&c);
}

/* Ends as a broker does. */
static void service_end(struct service *s)
{
	anchor_last(s->anchor);
	store_close(s->p->store);
	s->p->store = NULL;
	anchor_free(s->anchor);
	loop_free(s->p->loop);
	s->p->loop = NULL;
	s->anchor = NULL;
}

static void service_free(struct service *s)
{
	if (s->fd >= 0)
		service_stop(s);
	free(s->path);
}

/* The next datagram within ms, "" if there is none. */
static void next_line(struct service *s, int ms, char line[1000])
{
	int64_t until = clock_boot_ms() + ms;
	ssize_t n;

	while ((n = recv(s->fd, line, 999, 0)) < 0 && clock_boot_ms() < until && s->p->loop)
		loop_step(s->p->loop, 10);
	line[n < 0 ? 0 : n] = '\0';
}

static void assert_line(const char *line, int64_t seq, const char *hash, const char *site)
{
	char want[300];
	int year_less; /* "<85>Nov 21 07:05:02 tanad[12]: " */

	snprintf(want, sizeof want, "tanad[%d]: tana-audit anchor seq=%lld hash=%s site=%s", (int)getpid(),
		(long long)seq, hash, site);
	assert_memory_equal(line, "<85>", 4);
	year_less = (int)strspn(line + 4 + 3, " 0123456789:");
	assert_string_equal(line + 4 + 3 + year_less, want);
}

static void record(struct place *p)
{
	struct store_tx *tx = store_begin(p->store);

	append(tx, "begin", "vm:1", "");
	commit_ok(p, tx);
}

static int64_t number_of(json_t *o, const char *key)
{
	int64_t n = json_integer_value(json_object_get(o, key));

	json_decref(o);
	return n;
}

static void hash_now(struct place *p, char hash[65])
{
	json_t *h = head(p);

	snprintf(hash, 65, "%s", json_string_value(json_object_get(h, "hash")));
	json_decref(h);
}

/* ---- */

static void sent_and_noted(void **state)
{
	struct place *p = *state;
	struct service s;
	char line[1000], hash[65];

	service_setup(&s, p);
	service_start(&s);
	anchor_start(&s, "tokyo\n1", 1);
	next_line(&s, 300, line);
	assert_string_equal(line, ""); /* there is no record yet */
	record(p);
	record(p);
	hash_now(p, hash);
	next_line(&s, 60000, line);
	assert_line(line, 2, hash, "tokyo\\x0a1"); /* one line, whatever the site is called */
	for (int i = 0; i < 6000 && !number_of(head(p), "anchored"); i++)
		loop_step(p->loop, 10);
	assert_int_equal(number_of(head(p), "anchored"), 2);
	/* The same is not said twice. */
	next_line(&s, 2200, line);
	assert_string_equal(line, "");
	anchor_site(s.anchor, "osaka");
	record(p);
	next_line(&s, 60000, line);
	hash_now(p, hash);
	assert_line(line, 3, hash, "osaka");
	/* The end, at once. */
	record(p);
	hash_now(p, hash);
	service_end(&s);
	next_line(&s, 0, line);
	assert_line(line, 4, hash, "osaka");
	place_open(p);
	assert_int_equal(number_of(head(p), "anchored"), 4);
	json_t *v = verify(p);
	assert_true(json_is_true(json_object_get(v, "ok")));
	assert_int_equal(number_of(v, "tail"), 0);
	service_free(&s);
}

/* No service, or one that does not read: nothing waits, nothing is noted, and it is sent when that can be. */
static void service_away(void **state)
{
	struct place *p = *state;
	struct service s;
	char line[1000], hash[65];

	service_setup(&s, p);
	record(p);
	anchor_start(&s, "tokyo", 1);
	int64_t until = clock_boot_ms() + 500;
	while (clock_boot_ms() < until)
		loop_step(p->loop, 50);
	assert_int_equal(number_of(head(p), "anchored"), 0);
	service_start(&s);
	next_line(&s, 60000, line);
	hash_now(p, hash);
	assert_line(line, 1, hash, "tokyo");
	/* Its queue is full of what others said. */
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	memcpy(to.sun_path, s.path, strlen(s.path));
	int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (sendto(out, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1)
		;
	close(out);
	record(p);
	int64_t slowest = 0;
	until = clock_boot_ms() + 1500;
	while (clock_boot_ms() < until) {
		int64_t from = clock_boot_ms();

		loop_step(p->loop, 10);
		if (clock_boot_ms() - from > slowest)
			slowest = clock_boot_ms() - from;
	}
	assert_true(slowest < 1000 * patience());
	assert_int_equal(number_of(head(p), "anchored"), 1);
	do
		next_line(&s, 60000, line);
	while (!strcmp(line, "x"));
	hash_now(p, hash);
	assert_line(line, 2, hash, "tokyo");
	/* Gone again at the end: the end does not wait for it. */
	service_stop(&s);
	record(p);
	until = clock_boot_ms();
	service_end(&s);
	assert_true(clock_boot_ms() - until < 2000 * patience());
	place_open(p);
	assert_int_equal(number_of(head(p), "anchored"), 2);
	service_free(&s);
}

/* After a start the newest is said again: what was sent before may not have arrived. */
static void again_after_start(void **state)
{
	struct place *p = *state;
	struct service s;
	char line[1000], hash[65];

	service_setup(&s, p);
	service_start(&s);
	record(p);
	hash_now(p, hash);
	for (int i = 0; i < 2; i++) {
		anchor_start(&s, "tokyo", 1000);
		next_line(&s, 60000, line);
		assert_line(line, 1, hash, "tokyo");
		service_end(&s);
		next_line(&s, 0, line);
		assert_string_equal(line, "");
		place_open(p);
	}
	service_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sent_and_noted, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(service_away, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(again_after_start, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

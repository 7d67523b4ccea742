/* One hostile process: connections that ask, flood, stay half open, read nothing, say nothing, or come and go; all that comes back is
 * searched for what it must not be. */
#include "hostile.h"

#include "common/base64.h"
#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNS 16
#define AHEAD 24            /* requests of one that are not answered yet, while it does not flood */
#define OUT_MAX (1 << 20)
#define LINE_MAX_BYTES (8 << 20)

struct conn {
	int fd;
	struct buf in, out;
	size_t out_at;
	int ahead;
	bool ending;           /* it will be ended for what it sent */
	bool shut;             /* it says no more */
	struct hostile_line_of of;
};
enum manner { SESSION, FLOOD, DEAF, TRICKLE, SILENT, STORM, HALF_OPEN, MANNERS };
static const char *const manners[] = { "session", "flood", "deaf", "trickle", "silent", "storm", "half open" };
static enum manner manner;

_Noreturn static void bad(struct hostile *h, const char *what, const char *bytes, size_t n)
{
	fprintf(stderr, "%s (%s, seed %u): %s: %.*s\n", people[h->person].name, manners[manner], h->seed, what, n > 2000 ? 2000 : (int)n, bytes);
	for (size_t i = 0; i < h->uttered.n; i++)
		fprintf(stderr, "\tit asked for %s\n", h->uttered.list[i]);
	_exit(1);
}

/* ---- what comes ---- */

static void search(struct hostile *h, const char *bytes, size_t n)
{
	const char *secret = words_in(&h->secret, &h->uttered, bytes, n);

	if (secret) {
		char *what = xasprintf("it was told \"%s\"", secret);
		bad(h, what, bytes, n);
	}
}

/* What later lines are made of. */
static void learn(struct hostile *h, struct conn *c, json_t *j)
{
	const char *key, *text;
	json_t *v;
	size_t i;

	json_array_foreach(j, i, v)
		learn(h, c, v);
	json_object_foreach(j, key, v) {
		text = json_string_value(v);
		if (!text) {
			learn(h, c, v);
		} else if (strcmp(key, "plan") == 0 && strncmp(text, "p-", 2) == 0) {
			struct hostile_plan *p = &c->of.plans[c->of.nplans++ % OWN_PLANS];
			json_t *confirm = json_object_get(j, "confirm");
			const char *typed = json_string_value(json_object_get(confirm, "text"));
			snprintf(p->id, sizeof p->id, "%s", text);
			snprintf(p->confirm, sizeof p->confirm, "%s", typed ? typed : "yes");
			hostile_tell_plan(h->shared, p->id, p->confirm);
		} else if (strcmp(key, "stream") == 0) {
			snprintf(c->of.streams[c->of.nstreams++ % OWN_STREAMS], sizeof c->of.streams[0], "%s", text);
			h->shared->count[h->person].streams++;
		} else if ((strcmp(key, "id") == 0 && strncmp(text, "snap:", 5) == 0) || (strcmp(key, "job") == 0 && text[0])) {
			hostile_tell_id(h->shared, text);
		}
	}
}

static void hear_guest(struct hostile *h, const struct conn *c, json_t *j)
{
	const char *text = field_of(j, "data");
	struct buf said = { 0 };
	bool own = false;

	for (unsigned i = 0; i < OWN_STREAMS; i++)
		own |= strcmp(c->of.streams[i], field_of(j, "stream")) == 0;
	if (!own && c->of.nstreams <= OWN_STREAMS)
		bad(h, "a stream that it did not open", field_of(j, "stream"), strlen(field_of(j, "stream")));
	if (!base64_read(&said, text, strlen(text), 1 << 20))
		bad(h, "no base64", text, strlen(text));
	search(h, said.data, said.len);
	buf_free(&said);
}

static void take_line(struct hostile *h, struct conn *c, const char *line, size_t n)
{
	json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(j))
		bad(h, "no line of the protocol", line, n);
	search(h, line, n);
	bool answer = json_object_get(j, "return") || json_object_get(j, "error");
	if (answer)
		c->ahead--;
	h->shared->count[h->person].answers += answer;
	if (strcmp(field_of(json_object_get(j, "error"), "class"), "internal") == 0)
		bad(h, "an error of the broker's own", line, n);
	if (strcmp(people[h->person].name, "nobody") == 0 && !json_object_get(j, "error") && !json_object_get(j, "tana"))
		bad(h, "who is nobody was answered", line, n);
	if (strcmp(field_of(j, "event"), "stream-data") == 0)
		hear_guest(h, c, j);
	learn(h, c, json_object_get(j, "return"));
	json_decref(j);
}

/* False: it has ended. */
static bool take(struct hostile *h, struct conn *c)
{
	char chunk[65536];
	ssize_t n = recv(c->fd, chunk, sizeof chunk, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	h->shared->count[h->person].bytes += (uint64_t)n;
	buf_append(&c->in, chunk, (size_t)n);
	size_t at = 0;
	for (char *end; at < c->in.len && (end = memchr(c->in.data + at, '\n', c->in.len - at)); at = (size_t)(end - c->in.data) + 1)
		take_line(h, c, c->in.data + at, (size_t)(end - c->in.data) - at);
	buf_drop(&c->in, at);
	if (c->in.len > LINE_MAX_BYTES)
		bad(h, "a line without an end", c->in.data, c->in.len);
	return true;
}

/* ---- what goes ---- */

static bool give(struct conn *c, size_t most)
{
	while (c->out_at < c->out.len && most > 0) {
		size_t n = c->out.len - c->out_at;
		ssize_t w = send(c->fd, c->out.data + c->out_at, n < most ? n : most, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (w < 0)
			return errno == EAGAIN || errno == EINTR || errno == EPIPE || errno == ECONNRESET; /* reading says what it was */
		c->out_at += (size_t)w;
		most -= (size_t)w;
	}
	if (c->out_at == c->out.len)
		c->out.len = c->out_at = 0;
	return true;
}

static void make_lines(struct hostile *h, struct conn *c)
{
	bool flood = manner == FLOOD || manner == DEAF;
	int most = flood ? 64 : 1 + (int)roll(h, 6);

	while (most-- > 0 && !c->ending && !c->shut && c->out.len < OUT_MAX && (flood || c->ahead < AHEAD)) {
		c->ending = hostile_line(h, &c->of, &c->out);
		c->ahead++;
	}
}

/* ---- connections ---- */

static bool come(struct hostile *h, struct conn *c)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	memset(c, 0, sizeof *c);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", h->socket);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return false;
	if (connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0) { /* EAGAIN: the queue is full */
		close(c->fd);
		c->fd = -1;
		return false;
	}
	h->shared->count[h->person].connections++;
	return true;
}

static void go(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	memset(c, 0, sizeof *c);
	c->fd = -1;
}

/* One turn of all of them, at most 20 ms. */
static void turn(struct hostile *h, struct conn *conns, int n)
{
	struct pollfd p[CONNS];

	for (int i = 0; i < n; i++) {
		struct conn *c = &conns[i];
		p[i] = (struct pollfd){ .fd = c->fd };
		if (c->fd < 0)
			continue;
		if (manner != SILENT && c->out.len == 0)
			make_lines(h, c);
		p[i].events = (short)((manner == DEAF ? 0 : POLLIN) | (c->out.len && manner != TRICKLE ? POLLOUT : 0));
	}
	poll(p, (nfds_t)n, 20);
	for (int i = 0; i < n; i++) {
		struct conn *c = &conns[i];
		bool lives = c->fd >= 0;
		if (lives && (p[i].revents & (POLLIN | POLLHUP)) && manner != DEAF)
			lives = take(h, c);
		if (lives && (p[i].revents & POLLOUT))
			lives = give(c, (size_t)-1);
		if (lives && manner == TRICKLE)
			lives = give(c, 1);
		if (lives && manner == HALF_OPEN && !c->shut && !c->out.len && !roll(h, 10)) {
			shutdown(c->fd, roll(h, 4) ? SHUT_WR : SHUT_RD);
			c->shut = true;
		}
		if (!lives && c->fd >= 0) {
			go(c);
			if (manner != TRICKLE)
				come(h, c);
		} else if (c->fd < 0 && !roll(h, 10)) {
			come(h, c);
		}
	}
}

static void storm(struct hostile *h, int64_t until)
{
	struct conn c;

	while (clock_boot_ms() < until) {
		for (int i = 0; i < 50; i++) {
			if (come(h, &c) && !roll(h, 3)) {
				make_lines(h, &c);
				give(&c, (size_t)-1);
			}
			go(&c);
		}
		usleep(5000);
	}
}

/* A while in one manner. */
static void live(struct hostile *h, bool first, int64_t until)
{
	static const enum manner turns[] = { SESSION, SESSION, SESSION, SESSION, FLOOD, DEAF, TRICKLE, SILENT, STORM, HALF_OPEN };
	struct conn conns[CONNS];

	manner = first ? SESSION : turns[roll(h, sizeof turns / sizeof turns[0])];
	int n = manner == SESSION || manner == HALF_OPEN ? 1 + (int)roll(h, 4) : CONNS;
	if (manner == STORM) {
		storm(h, until);
		return;
	}
	for (int i = 0; i < n; i++)
		if (!come(h, &conns[i]))
			memset(&conns[i], 0, sizeof conns[i]), conns[i].fd = -1;
	while (clock_boot_ms() < until)
		turn(h, conns, n);
	/* Some read to the end what they are still told, others are gone in mid word. */
	for (int i = 0; i < n; i++) {
		if (conns[i].fd >= 0 && roll(h, 2)) {
			shutdown(conns[i].fd, SHUT_WR);
			for (int64_t end = clock_boot_ms() + 50; clock_boot_ms() < end && take(h, &conns[i]); )
				usleep(2000);
		}
		go(&conns[i]);
	}
}

static void choose_words(struct hostile *h)
{
	static const struct words none = { 0 };

	words_drop(&h->uttered);
	/* Only what it asks for by name may come back to it: few, and others each time. */
	for (int i = 0; i < 3 && h->secret.n; i++) {
		const char *word = h->secret.list[roll(h, (unsigned)h->secret.n)];
		if (words_in(h->hushed, &none, word, strlen(word)))
			continue;
		words_add(&h->uttered, word);
		char *tenant = xasprintf("tenant:%s", word); /* as which some answers name it */
		words_add(&h->uttered, tenant);
		free(tenant);
	}
}

_Noreturn void hostile_run(struct hostile *h, int64_t until)
{
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	if (!rights_become(h->person))
		bad(h, "cannot become him", "", 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	/* Who gets the machine's time is the kernel's matter: here it is what the broker does with its own. */
	if (nice(10) < 0)
		bad(h, "it cannot be nice", "", 0);
	for (bool first = true; clock_boot_ms() < until; first = false) {
		int64_t end = clock_boot_ms() + 500 + (int64_t)roll(h, 1500);
		choose_words(h);
		live(h, first, end < until ? end : until);
	}
	_exit(0);
}

void hostile_tell_plan(struct hostile_shared *s, const char *id, const char *confirm)
{
	struct hostile_plan *p = &s->plans[__atomic_fetch_add(&s->nplans, 1, __ATOMIC_RELAXED) % HOSTILE_PLANS];

	snprintf(p->id, sizeof p->id, "%s", id);
	snprintf(p->confirm, sizeof p->confirm, "%s", confirm);
}

void hostile_tell_id(struct hostile_shared *s, const char *id)
{
	snprintf(s->ids[__atomic_fetch_add(&s->nids, 1, __ATOMIC_RELAXED) % HOSTILE_IDS], sizeof s->ids[0], "%s", id);
}

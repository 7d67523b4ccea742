/* The console's end of the protocol. One connection at a time goes through connecting, greeting, hello and ready; when it
 * is lost everything that waits on it is answered and the way begins anew. Used by the screen and by the commands. */
#include "link/client_inside.h"

#include "common/clock.h"
#include "common/text.h"
#include "link/connector.h"
#include "link/launch.h"
#include "tr.h"
#include "words/lang.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* From one try to the next: soon and often at first, since a broker that is restarted is back in seconds. */
#define BACKOFF_MIN_MS 100
#define BACKOFF_EAGER_MS 1000  /* at most so long for the first */
#define EAGER_MS 30000
#define BACKOFF_MAX_MS 5000    /* and so long then */
#define GREET_SHARED_MS 10000  /* from connected to hello answered */
#define GREET_PRIVATE_MS 40000 /* the same; a private broker reads its site file first (at most 30 s) */
#define SILENCE_MS 5000        /* nothing heard for so long: ping; as long again: lost. A wall must not show a frozen
				* broker's last words as live */
#define DIE_MS 2000            /* a private broker whose connection ended has so long to end by itself */
#define CLOSE_MS 5000
#define RESTARTS_WITHIN_MS 60000
#define READ_TURN (64 * 1024)  /* bytes read in one turn of the loop, so that keys are never far away */

static void try_now(struct client *c);

/* ---- telling the owner ---- */

void client_set_state(struct client *c, enum client_state s, const struct err *why)
{
	if (c->closed)
		return;
	c->state = s;
	if (c->ops.state) {
		c->inside++;
		c->ops.state(c->ops.ctx, s, why);
		c->inside--;
	}
}

/* The owner may have closed us from inside a callback: the outermost caller frees. */
static void destroy(struct client *c);
static void leave(struct client *c)
{
	if (c->closed && c->inside == 0)
		destroy(c);
}

/* ---- losing the connection ---- */

static void drop_connection(struct client *c)
{
	if (c->io)
		loop_io_del(c->io);
	c->io = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	proto_reader_free(&c->reader);
	proto_reader_init(&c->reader, PROTO_LINE_MAX);
	buf_free(&c->out);
	loop_timer_clear(c->alive);
	loop_timer_clear(c->retry);
}

static void end(struct client *c, struct err *why)
{
	c->phase = PHASE_ENDED;
	client_set_state(c, CLIENT_ENDED, why);
	err_free(why);
	client_fail_all(c);
}

/* From half of it to once and a half: 200 consoles that lost one broker do not come back in one moment. */
static int64_t jitter(int64_t ms)
{
	uint16_t r = 0;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) < 0)
		r = (uint16_t)clock_boot_ms();
	return ms / 2 + ms * r / UINT16_MAX;
}

static int64_t next_backoff(struct client *c)
{
	int64_t most = clock_boot_ms() - c->lost_at < EAGER_MS ? BACKOFF_EAGER_MS : BACKOFF_MAX_MS;
	int64_t ms = c->backoff < most ? c->backoff : most;

	c->backoff = ms * 2;
	return jitter(ms);
}

static void retry_later(struct client *c, struct err *why)
{
	c->phase = PHASE_IDLE;
	if (!c->lost_at)
		c->lost_at = clock_boot_ms();
	loop_timer_set(c->retry, next_backoff(c));
	client_set_state(c, CLIENT_LOST, why);
	err_free(why);
	client_fail_all(c);
}

/* A refusal that another try will not change: not our version, no role. Once we were in, it may pass (an upgrade, a
 * reload), so a wall goes on trying. */
static bool is_final(const struct client *c, const struct err *e)
{
	if (e->class == ERR_INTERNAL && c->connector)
		return strcmp(e->msg.id, "client.connector") == 0;
	return !c->was_ready && (e->class == ERR_ROLE || e->class == ERR_UNSUPPORTED || e->class == ERR_USAGE);
}

/* Takes why over. */
void client_lost(struct client *c, struct err *why)
{
	if (c->phase == PHASE_ENDED || c->phase == PHASE_DYING) {
		err_free(why);
		return;
	}
	drop_connection(c);
	if (c->lost_at && clock_boot_ms() - c->lost_at > EAGER_MS)
		c->restarting = false; /* it said so, but it should be there by now */
	if (c->restarting && why->class == ERR_UNREACHABLE) {
		/* However it looks from here: this is why. */
		err_free(why);
		why = err_new(ERR_UNREACHABLE, "client.restarting", NULL);
	}
	if (c->launch) {
		/* It ends by itself when we let go; what it said last is the better reason. */
		c->phase = PHASE_DYING;
		err_free(c->dying);
		c->dying = why;
		loop_timer_set(c->retry, DIE_MS);
		return;
	}
	if (is_final(c, why))
		end(c, why);
	else
		retry_later(c, why);
}

static bool died_too_often(struct client *c)
{
	int64_t now = clock_boot_ms();
	int64_t oldest = c->deaths[RESTARTS_MAX - 1];

	memmove(&c->deaths[1], &c->deaths[0], (RESTARTS_MAX - 1) * sizeof c->deaths[0]);
	c->deaths[0] = now;
	return oldest && now - oldest < RESTARTS_WITHIN_MS;
}

static void read_some(struct client *c);

static void on_launch_ended(void *ctx, const char *words)
{
	struct client *c = ctx;

	/* Its good-bye may still lie in the socket. */
	for (int turns = 0; c->fd >= 0 && !c->closed && turns < 64; turns++)
		read_some(c);
	struct err *why = c->dying;
	drop_connection(c);
	launch_end(c->launch, 0);
	c->launch = NULL;
	c->dying = NULL;
	/* A refusal of its own (a version, a role) says more than how it went after it. */
	bool refused = why && is_final(c, why);
	bool often = died_too_often(c);
	if (!refused) {
		err_free(why);
		why = often ? err_new(ERR_UNREACHABLE, "client.gave_up", "{s:i, s:s}", "times", RESTARTS_MAX + 1, "words", words)
			    : err_new(ERR_UNREACHABLE, "client.died", "{s:s}", "words", words);
	}
	if (refused || often || !c->was_ready)
		end(c, why);
	else
		retry_later(c, why);
	leave(c);
}

static void read_some(struct client *c)
{
	static char chunk[READ_TURN];
	ssize_t n = recv(c->fd, chunk, sizeof chunk, MSG_DONTWAIT);

	if (n > 0) {
		c->heard = clock_boot_ms();
		c->pinged = false;
		proto_feed(&c->reader, chunk, (size_t)n);
		client_read_lines(c);
	} else if (n == 0 || errno == ECONNRESET) {
		client_lost(c, err_new(ERR_UNREACHABLE, "client.closed", NULL));
	} else if (errno != EAGAIN && errno != EINTR) {
		client_lost(c, err_new(ERR_UNREACHABLE, "client.broken", "{s:s}", "reason", err_reason(errno)));
	}
}

static void on_io(void *ctx, int fd, int events)
{
	struct client *c = ctx;

	if (events & LOOP_WRITE)
		client_flush(c);
	if (events & LOOP_READ)
		read_some(c);
	leave(c);
}

void client_is_ready(struct client *c)
{
	c->phase = PHASE_READY;
	c->was_ready = true;
	c->backoff = BACKOFF_MIN_MS;
	c->away = c->lost_at ? clock_boot_ms() - c->lost_at : 0;
	c->lost_at = 0;
	c->restarting = false;
	loop_timer_clear(c->retry);
	loop_timer_set(c->alive, SILENCE_MS);
	client_set_state(c, CLIENT_READY, NULL);
}

/* ---- time ---- */

static void on_later(void *ctx)
{
	client_later(ctx);
	leave(ctx);
}


static void on_pong(void *ctx, struct err *e, json_t *ret)
{
	err_free(e); /* having heard anything is the answer */
}

static void on_alive(void *ctx)
{
	struct client *c = ctx;
	int64_t silent = clock_boot_ms() - c->heard;

	if (c->phase != PHASE_READY)
		return;
	if (silent < SILENCE_MS) {
		loop_timer_set(c->alive, SILENCE_MS - silent);
	} else if (!c->pinged) {
		c->pinged = true;
		client_send(c, true, "ping", NULL, on_pong, c);
		loop_timer_set(c->alive, SILENCE_MS);
	} else {
		client_lost(c, err_new(ERR_UNREACHABLE, "client.silent", NULL));
	}
	leave(c);
}

static void on_retry(void *ctx)
{
	struct client *c = ctx;

	switch (c->phase) {
	case PHASE_IDLE:
		try_now(c);
		break;
	case PHASE_CONNECT:
	case PHASE_GREETING:
	case PHASE_HELLO:
		client_lost(c, err_new(ERR_UNREACHABLE, "client.silent", NULL));
		break;
	case PHASE_DYING:
		launch_kill(c->launch);
		break;
	case PHASE_READY:
	case PHASE_ENDED:
		break;
	}
	leave(c);
}

/* ---- coming up ---- */

static void connected(struct client *c, int fd)
{
	c->fd = fd;
	c->phase = PHASE_GREETING;
	c->heard = clock_boot_ms();
	c->pinged = false;
	c->io = loop_io_add(c->loop, fd, LOOP_READ, on_io, c);
	loop_timer_set(c->retry, c->launch ? GREET_PRIVATE_MS : GREET_SHARED_MS);
}

static void on_connector(void *ctx, int cfd, int events)
{
	struct client *c = ctx;
	int fd;
	struct err *e = connector_take(c->connector, &fd);

	if (e && e->class == ERR_INTERNAL) {
		/* Gone: the connection that stands goes on without it. */
		loop_io_events(c->connector_io, 0);
		if (c->phase == PHASE_CONNECT)
			client_lost(c, e);
		else
			err_free(e);
	} else if (c->phase != PHASE_CONNECT) {
		err_free(e); /* an answer that came after its deadline */
		if (fd >= 0)
			close(fd);
	} else if (e) {
		client_lost(c, e);
	} else if (fd >= 0) {
		connected(c, fd);
	}
	leave(c);
}

static struct err *start(struct client *c)
{
	if (c->connector) {
		c->phase = PHASE_CONNECT;
		loop_timer_set(c->retry, GREET_SHARED_MS);
		return connector_ask(c->connector);
	}
	int fd;
	struct err *e = launch_start(c->loop, &c->target, on_launch_ended, c, &c->launch, &fd);
	if (!e)
		connected(c, fd);
	return e;
}

static void try_now(struct client *c)
{
	struct err *e = start(c);

	if (e)
		client_lost(c, e);
}

struct err *client_open(struct loop *l, const struct client_target *t, const char *origin, const struct client_ops *ops,
	struct client **out)
{
	struct client *c = xcalloc(1, sizeof *c);
	struct err *e = NULL;

	c->loop = l;
	c->ops = *ops;
	c->fd = -1;
	c->backoff = BACKOFF_MIN_MS;
	c->origin = xstrdup(origin ? origin : "");
	proto_reader_init(&c->reader, PROTO_LINE_MAX);
	c->retry = loop_timer_new(l, on_retry, c);
	c->alive = loop_timer_new(l, on_alive, c);
	c->later = loop_timer_new(l, on_later, c);

	c->socket = xstrdup(t->socket);
	c->site_file = xstrdup(t->site_file);
	c->program = xstrdup(t->program);
	c->uris = xcalloc((size_t)t->nuris + 1, sizeof *c->uris);
	for (int i = 0; i < t->nuris; i++)
		c->uris[i] = xstrdup(t->uris[i]);
	c->target = (struct client_target){ .socket = c->socket, .site_file = c->site_file, .program = c->program,
		.uris = (const char *const *)c->uris, .nuris = t->nuris, .demo = t->demo, .read_only = t->read_only };

	if (c->socket) {
		e = connector_start(c->socket, &c->connector);
		if (!e)
			c->connector_io = loop_io_add(l, connector_descriptor(c->connector), LOOP_READ, on_connector, c);
	}
	if (!e)
		e = start(c);
	if (e) {
		destroy(c);
		return e;
	}
	*out = c;
	return NULL;
}

static void destroy(struct client *c)
{
	drop_connection(c);
	launch_end(c->launch, CLOSE_MS);
	if (c->connector_io)
		loop_io_del(c->connector_io);
	connector_end(c->connector);
	loop_timer_free(c->retry);
	loop_timer_free(c->alive);
	loop_timer_free(c->later);
	for (size_t i = 0; i < c->npending; i++)
		err_free(c->pending[i].fail);
	free(c->pending);
	proto_reader_free(&c->reader);
	err_free(c->dying);
	client_free_user(c);
	for (char **u = c->uris; *u; u++)
		free(*u);
	free(c->uris);
	free(c->socket);
	free(c->site_file);
	free(c->program);
	free(c->origin);
	free(c);
}

void client_close(struct client *c)
{
	if (!c)
		return;
	c->closed = true;
	leave(c);
}

enum client_state client_state(const struct client *c)
{
	return c->state;
}

pid_t client_connector(const struct client *c)
{
	return c->connector ? connector_pid(c->connector) : 0;
}

bool client_restarting(const struct client *c)
{
	return c->restarting && c->state == CLIENT_LOST;
}

int64_t client_heard_ms(const struct client *c)
{
	return c->heard;
}

int64_t client_away_ms(const struct client *c)
{
	return c->away;
}

void client_away(const struct client *c, char *out, size_t size)
{
	int64_t s = (c->away + 999) / 1000;

	if (s < 60)
		snprintf(out, size, _("%lld s"), (long long)s);
	else
		lang_age(out, size, (long long)s);
}

const struct client_user *client_user(const struct client *c)
{
	return &c->user;
}

void client_origin(char *out, size_t size)
{
	const char *from = getenv("SSH_CONNECTION");
	size_t n = from ? strcspn(from, " ") : 0;
	size_t head = strlen("ssh ");

	out[0] = '\0';
	if (n == 0 || size < head + 2)
		return;
	memcpy(out, "ssh ", head);
	text_clean(out + head, size - head, from, n);
}

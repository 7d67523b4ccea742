/* Telling the service manager, and taking its socket (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)). */
#include "broker/service.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#define STATUS_MS 10000        /* between two lines of status */
#define PINGS_OF_TIMEOUT 3     /* so often within the watchdog's time */

struct service {
	struct loop_timer *ping, *status;
	int64_t ping_ms;           /* 0: nobody watches */
	int64_t told_at;           /* boot ms of the last status; 0 none */
	char *site, *told;         /* told: the last status */
	int64_t live, all;
	bool stopping;
};

struct err *service_socket(int *fd, char **path)
{
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof a;
	int n = sd_listen_fds(1); /* takes the variables away, so that no child believes them */

	*fd = -1;
	if (n == 0)
		return NULL;
	int first = SD_LISTEN_FDS_START;
	if (n < 0)
		return err_sys(ERR_USAGE, "socket", "LISTEN_FDS", -n);
	if (n != 1)
		return err_new(ERR_USAGE, "service.sockets", "{s:i}", "count", n);
	if (sd_is_socket_unix(first, SOCK_STREAM, 1, NULL, 0) <= 0 || getsockname(first, (struct sockaddr *)&a, &len) != 0 ||
		a.sun_path[0] != '/')
		return err_new(ERR_USAGE, "service.socket", NULL);
	fcntl(first, F_SETFL, fcntl(first, F_GETFL) | O_NONBLOCK);
	*path = xasprintf("%.*s", (int)strnlen(a.sun_path, sizeof a.sun_path), a.sun_path);
	*fd = first;
	return NULL;
}

/* ---- telling ---- */

static void tell(const char *text)
{
	/* A service manager that cannot be told has nobody to tell either; it finds out by itself. */
	int rc = sd_notify(0, text);

	if (rc < 0)
		log_debug("the service manager was not told: %s", strerrordesc_np(-rc));
}

static void on_ping(void *ctx)
{
	struct service *s = ctx;

	tell("WATCHDOG=1");
	loop_timer_set(s->ping, s->ping_ms);
}

static char *status_text(const struct service *s)
{
	return xasprintf("serving %s: %lld of %lld hosts", s->site, (long long)s->live, (long long)s->all);
}

static void tell_status(void *ctx)
{
	struct service *s = ctx;
	char *text = status_text(s);

	if (s->stopping || (s->told && strcmp(s->told, text) == 0)) {
		free(text);
		return;
	}
	char *line = xasprintf("STATUS=%s", text);
	tell(line);
	free(line);
	free(s->told);
	s->told = text;
	s->told_at = clock_boot_ms();
}

void service_ready(struct service *s)
{
	if (!s || s->stopping)
		return;
	tell("READY=1");
	tell_status(s);
}

void service_reloading(struct service *s)
{
	if (s && !s->stopping)
		tell("RELOADING=1");
}

void service_stopping(struct service *s, const char *status)
{
	if (!s || s->stopping)
		return;
	s->stopping = true;
	char *line = xasprintf("STOPPING=1\nSTATUS=%s", status);
	tell(line);
	free(line);
}

void service_hosts(struct service *s, int64_t live, int64_t all)
{
	if (!s)
		return;
	s->live = live;
	s->all = all;
	/* Before it is ready there is nothing to say yet. */
	if (!s->told_at || s->stopping || loop_timer_pending(s->status))
		return;
	int64_t next = s->told_at + STATUS_MS - clock_boot_ms();
	loop_timer_set(s->status, next > 0 ? next : 0);
}

void service_site(struct service *s, const char *site)
{
	if (!s)
		return;
	free(s->site);
	s->site = text_clean_dup(site); /* no line of its own for a name: each line says something to the service manager */
	service_hosts(s, s->live, s->all);
}

/* ---- life ---- */

struct service *service_new(struct loop *l, const char *site)
{
	struct service *s = xcalloc(1, sizeof *s);
	uint64_t usec = 0;

	s->site = text_clean_dup(site);
	s->ping = loop_timer_new(l, on_ping, s);
	s->status = loop_timer_new(l, tell_status, s);
	if (sd_watchdog_enabled(0, &usec) > 0 && usec) {
		s->ping_ms = (int64_t)(usec / 1000 / PINGS_OF_TIMEOUT);
		if (s->ping_ms < 1)
			s->ping_ms = 1;
		loop_timer_set(s->ping, 0);
	}
	return s;
}

void service_free(struct service *s)
{
	if (!s)
		return;
	loop_timer_free(s->ping);
	loop_timer_free(s->status);
	free(s->site);
	free(s->told);
	free(s);
}

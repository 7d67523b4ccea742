/* Brings a connection up, step by step, each with a deadline and each to be called off, and takes it down. libvirt never
 * dials anything itself but a relay's socket. The driver's table is here; fleet's workers call it through host.c. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "hosts/domxml.h"
#include "hosts/eventloop.h"
#include "hosts/session.h"
#include "ssh/wait.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CLOSE_MS 2000         /* a goodbye is worth that much */
#define SYSTEM_DIR "/run/libvirt"
#define SYSTEM_SOCKET SYSTEM_DIR "/libvirt-sock"

static void silent(void *data, virErrorPtr error)
{
}

static struct err *lv_start(void)
{
	domxml_start();
	wait_ignore_sigpipe();
	virSetErrorFunc(NULL, silent); /* else each error is printed on stderr */
	struct err *e = relay_start();
	if (!e)
		e = eventloop_start();
	if (!e && virInitialize() != 0)
		e = err_new(ERR_INTERNAL, "host.libvirt", NULL);
	if (e) {
		eventloop_stop();
		relay_stop();
	}
	return e;
}

static void lv_stop(void)
{
	session_wait();
	relay_stop();
	eventloop_stop();
}

static struct host *lv_new(const struct host_spec *spec, struct host_uri *u, enum lane lane, const struct host_sink *sink)
{
	struct lv *h = xcalloc(1, sizeof *h);

	h->uri = *u;
	h->kind = lv_kind_of(u->driver);
	h->name = text_clean_dup(spec->name);
	/* what the URI says goes before what the site file says */
	h->key_file = xstrdup(*u->key_file ? u->key_file : spec->key_file ? spec->key_file : "");
	h->known_hosts = xstrdup(*u->known_hosts ? u->known_hosts : spec->known_hosts ? spec->known_hosts : "");
	h->runtime_dir = xstrdup(spec->runtime_dir ? spec->runtime_dir : "");
	h->step_ms = spec->connect_ms > 0 ? spec->connect_ms : 10000;
	if (sink)
		h->sink = *sink;
	h->quiet = lane == LANE_CONSOLE;
	h->hasty = spec->hasty;
	h->lifecycle_id = h->reboot_id = -1;
	pthread_mutex_init(&h->lock, NULL);
	h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return &h->base;
}

/* A node file of the test driver is a world of its own for each connection, wherever the driver runs. */
static bool lv_one_lane(const struct host *base)
{
	const struct host_uri *u = &((const struct lv *)base)->uri;

	return u->via == VIA_PROCESS || (strcmp(u->driver, "test") == 0 && strcmp(u->path, "/default") != 0);
}

static void lv_abort(struct host *base)
{
	struct lv *h = (struct lv *)base;
	uint64_t one = 1;

	pthread_mutex_lock(&h->lock);
	h->aborted = true;
	if (h->stop_fd >= 0 && write(h->stop_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		abort(); /* an eventfd takes ones up to 2^64 - 2 */
	if (h->link)
		ssh_link_abort(h->link);
	if (h->tap)
		lv_events_given_up(h->tap);
	if (h->relay)
		relay_shut(h->relay);
	pthread_mutex_unlock(&h->lock);
}

/* Makes link or relay the one that host_abort ends. False: it came before. */
static bool show(struct lv *h, struct ssh_link *link, struct relay *relay)
{
	pthread_mutex_lock(&h->lock);
	h->link = link;
	h->relay = relay;
	bool go_on = !h->aborted;
	if (!go_on && link)
		ssh_link_abort(link);
	if (!go_on && relay)
		relay_shut(relay);
	pthread_mutex_unlock(&h->lock);
	return go_on;
}

static struct err *given_up(struct lv *h)
{
	return err_new(ERR_TIMEOUT, "host.given-up", "{s:s}", "host", h->name);
}

/* -- local daemons -- */

/* Why no socket could be used, in words that help. */
static struct err *no_socket(struct lv *h, const char *path, int why)
{
	struct passwd pw, *found = NULL;
	char room[4096];
	char *clean = text_clean_dup(path);
	const char *user = getpwuid_r(geteuid(), &pw, room, sizeof room, &found) == 0 && found ? pw.pw_name : "?";
	struct err *e;

	if (why == EACCES || why == EPERM)
		e = err_new(ERR_FAILED, "host.socket.denied", "{s:s, s:s, s:s}", "host", h->name, "path", clean, "user", user);
	else if (why == ETIMEDOUT)
		e = err_new(ERR_TIMEOUT, "host.late", "{s:s, s:i}", "host", h->name, "seconds", (h->step_ms + 999) / 1000);
	else
		e = err_new(ERR_UNREACHABLE, "host.socket.none", "{s:s, s:s}", "host", h->name, "path", clean);
	free(clean);
	return e;
}

/* Tries the sockets in turn; the first that takes us is relayed. NULL with *out NULL: none is listened to. */
static struct err *relay_first(struct lv *h, char *const *paths, size_t n, struct relay **out)
{
	for (size_t i = 0; i < n; i++) {
		int why = 0;
		struct err *e = relay_new_socket(h->runtime_dir, paths[i], h->step_ms, h->stop_fd, &why, out);
		if (!e)
			return NULL;
		if (why == 0 || why == ENAMETOOLONG)
			return e; /* about our own socket */
		err_free(e);
		if (why == ECANCELED)
			return given_up(h);
		if (why != ENOENT && why != ECONNREFUSED && why != ENOTDIR)
			return no_socket(h, paths[i], why);
	}
	return NULL;
}

static size_t sockets_in(const struct lv *h, const char *dir, char **out)
{
	size_t n = 0;

	out[n++] = xasprintf("%s/libvirt-sock", dir);
	if (h->kind->modular_socket)
		out[n++] = xasprintf("%s/%s", dir, h->kind->modular_socket);
	return n;
}

static struct err *relay_local(struct lv *h, struct relay **out)
{
	bool session = strcmp(h->uri.path, "/session") == 0;
	char *paths[4];
	size_t n;

	if (*h->uri.socket) {
		paths[0] = xstrdup(h->uri.socket);
		n = 1;
	} else {
		char *dir = session ? session_dir() : NULL;
		n = session ? sockets_in(h, dir, paths) : 0;
		if (!session || geteuid() == 0) /* root's session is the system's daemon, if root runs none by hand */
			n += sockets_in(h, SYSTEM_DIR, paths + n);
		free(dir);
	}
	struct err *e = relay_first(h, paths, n, out);
	if (!e && !*out && session && !*h->uri.socket && geteuid() != 0) {
		/* libvirt knows how to start the user's daemon: let it, then go our own way */
		char *plain = host_uri_plain(&h->uri);
		enum wait_end w = session_spawn(plain, h->stop_fd, clock_boot_ms() + h->step_ms);
		free(plain);
		e = w == WAIT_STOPPED ? given_up(h) : relay_first(h, paths, n, out);
	}
	if (!e && !*out)
		e = no_socket(h, paths[0], ENOENT);
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	return e;
}

/* -- through SSH -- */

/* For the far side's shell. */
static char *quoted(const char *s)
{
	struct buf b = { 0 };

	buf_str(&b, "'");
	for (; *s; s++)
		if (*s == '\'')
			buf_str(&b, "'\\''");
		else
			buf_append(&b, s, 1);
	buf_str(&b, "'");
	char *q = xasprintf("%.*s", (int)b.len, b.data);
	buf_free(&b);
	return q;
}

static struct err *relay_ssh(struct lv *h, struct relay **out)
{
	struct ssh_login login = { .host = h->uri.host, .port = h->uri.port, .user = h->uri.user, .key_file = h->key_file,
		.known_hosts = h->known_hosts, .step_ms = h->step_ms };
	struct ssh_link *link = ssh_link_new();
	struct err *e = NULL;
	/* where a user's own daemon listens is known on the far side only */
	bool session = strcmp(h->uri.path, "/session") == 0;
	const char *socket = *h->uri.socket ? h->uri.socket : session ? NULL : SYSTEM_SOCKET;

	if (!show(h, link, NULL))
		e = given_up(h);
	if (!e)
		e = ssh_link_open(link, &login);
	if (!e) {
		char *plain = host_uri_plain(&h->uri), *q = quoted(plain), *command = xasprintf("virt-ssh-helper %s", q);
		e = ssh_link_tunnel(link, socket, *h->uri.socket ? NULL : command);
		free(command);
		free(q);
		free(plain);
	}
	if (e) {
		show(h, NULL, NULL);
		ssh_link_free(link);
		return e;
	}
	show(h, NULL, NULL); /* between the two an abort is only remembered; lv_open shows the relay next */
	return relay_new_ssh(h->runtime_dir, link, h->step_ms, out);
}

/* -- opening and closing -- */

static struct err *transport(struct lv *h, char **uri)
{
	struct relay *relay = NULL;
	struct err *e;

	if (h->uri.via == VIA_PROCESS) {
		*uri = host_uri_plain(&h->uri);
		return NULL;
	}
	e = h->uri.via == VIA_SSH ? relay_ssh(h, &relay) : relay_local(h, &relay);
	if (e)
		return e;
	relay_rpc(relay);
	*uri = host_uri_by_socket(&h->uri, relay_path(relay));
	if (!show(h, NULL, relay))
		return given_up(h);
	return NULL;
}

/* libvirt would say of a node file that is not there that its XML is broken. */
static struct err *no_node(const struct lv *h)
{
	if (strcmp(h->uri.driver, "test") != 0 || strcmp(h->uri.path, "/default") == 0 || access(h->uri.path, F_OK) == 0 || errno != ENOENT)
		return NULL;
	return err_new(ERR_UNREACHABLE, "host.node.none", "{s:s}", "host", h->name);
}

static struct err *lv_open(struct host *base)
{
	struct lv *h = (struct lv *)base;
	static virConnectAuth nobody_to_ask; /* no credentials, no questions */
	char *uri = NULL;

	if (h->stop_fd < 0)
		return err_sys(ERR_FAILED, "open", "eventfd", EMFILE);
	domxml_quiet();
	pthread_mutex_lock(&h->lock);
	bool aborted = h->aborted;
	pthread_mutex_unlock(&h->lock);
	struct err *e = aborted ? given_up(h) : no_node(h);
	if (!e)
		e = transport(h, &uri);
	if (e) {
		free(uri);
		return e;
	}
	if (h->relay)
		relay_deadline(h->relay, h->step_ms); /* libvirt waits for ever here */
	h->conn = virConnectOpenAuth(uri, &nobody_to_ask, 0);
	free(uri);
	if (!h->conn)
		return lv_open_error(h);
	if (h->relay) {
		relay_deadline(h->relay, h->step_ms);
		if (virConnectSetKeepAlive(h->conn, 0, 0) == 0) /* asks nobody; 1: the daemon is too old for it */
			relay_keepalive(h->relay);
	}
	e = lv_events_on(h);
	if (h->relay)
		relay_deadline(h->relay, 0);
	if (!e)
		e = lv_ready(h); /* given up meanwhile */
	return e;
}

static void lv_close(struct host *base)
{
	struct lv *h = (struct lv *)base;

	lv_events_quiet(h);
	if (h->conn) {
		pthread_mutex_lock(&h->lock);
		bool aborted = h->aborted;
		pthread_mutex_unlock(&h->lock);
		if (h->relay && aborted)
			relay_shut(h->relay);
		else if (h->relay)
			relay_deadline(h->relay, CLOSE_MS); /* virConnectClose asks the host */
		lv_console_close(h);
		lv_handles_free(h);
		lv_events_off(h);
		virConnectClose(h->conn);
		h->conn = NULL;
	}
	pthread_mutex_lock(&h->lock);
	struct relay *relay = h->relay;
	h->relay = NULL;
	pthread_mutex_unlock(&h->lock);
	relay_free(relay);
}

static void lv_free(struct host *base)
{
	struct lv *h = (struct lv *)base;

	lv_close(base);
	host_uri_free(&h->uri);
	free(h->name);
	free(h->key_file);
	free(h->known_hosts);
	free(h->runtime_dir);
	if (h->stop_fd >= 0)
		close(h->stop_fd);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

const struct host_driver libvirt_driver = {
	.start = lv_start, .stop = lv_stop, .new = lv_new, .open = lv_open, .facts = lv_facts, .list = lv_list,
	.list_states = lv_list_states,
	.look = lv_look, .detail = lv_detail, .act = lv_act, .snapshots = lv_snapshots, .snap_act = lv_snap_act,
	.console_open = lv_console_open, .console_write = lv_console_write, .stats = lv_stats, .extra = lv_extra,
	.screenshot = lv_screenshot, .abort = lv_abort, .close = lv_close, .free = lv_free,
	.one_lane = lv_one_lane,
};

/* Start, signals, end. */
#include "broker/peers.h"

#include "broker/bookkeeping.h"
#include "broker/care.h"
#include "broker/consoles.h"
#include "broker/demo.h"
#include "broker/dialects.h"
#include "broker/dirs.h"
#include "broker/leaving.h"
#include "broker/listen.h"
#include "broker/notices.h"
#include "broker/now.h"
#include "broker/service.h"
#include "common/clock.h"
#include "common/log.h"
#include "safety/finder.h"
#include "watch/clusters.h"
#include "watch/volumes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- records of the broker's own ---- */

bool broker_denied(struct broker *b, const struct actor *a, const char *request, const char *verb, json_t *objects,
	const struct err *e)
{
	int64_t suppressed;

	if (!audit_gate_pass(&b->denied, a->uid, clock_boot_ms(), &suppressed))
		return false;
	struct store_tx *tx = store_begin(b->store);
	json_t *record = audit_record(&(struct audit){ .what = "denied", .actor = a, .request = request, .verb = verb,
		.objects = objects, .outcome = &e->msg, .class = err_class_name(e->class), .suppressed = suppressed });
	store_append(tx, record);
	store_commit(tx, NULL, NULL);
	json_decref(record);
	return true;
}

static void record_own(struct broker *b, const char *what)
{
	char *name = user_name(getuid());
	struct actor self = { .user = name, .uid = getuid(), .origin = "", .tenant = "" };
	struct store_tx *tx = store_begin(b->store);
	json_t *record = audit_record(&(struct audit){ .what = what, .actor = &self });

	store_append(tx, record);
	store_commit(tx, NULL, NULL);
	json_decref(record);
	free(name);
}

/* ---- signals ---- */

void broker_stop(struct broker *b)
{
	b->stopping = true;
	loop_stop(b->loop);
}

static void on_end(void *ctx, int signo)
{
	struct broker *b = ctx;

	if (b->private_broker)
		broker_stop(b);
	else
		leaving_begin(b);
}

static void on_hup(void *ctx, int signo)
{
	broker_reload(ctx);
}

static void set_signals(struct broker *b)
{
	loop_signal(b->loop, SIGTERM, on_end, b);
	loop_signal(b->loop, SIGHUP, on_hup, b);
	if (b->private_broker) {
		/* ^C at the terminal is meant for the console, whose end ends us. */
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		signal(SIGTSTP, SIG_IGN);
	} else {
		loop_signal(b->loop, SIGINT, on_end, b);
	}
}

static void set_process(void)
{
	struct rlimit r;

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its writer's, as a full disk is */
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* ---- start ---- */

static struct err *make_demo(struct broker *b)
{
	b->demo_dir = xasprintf("%s/demo", b->runtime_dir);
	struct err *e = dirs_make(b->demo_dir);
	if (!e)
		e = demo_make(b->demo_dir, &b->demo);
	if (!e)
		b->c.site_file = demo_site_file(b->demo_dir); /* freed with the broker, see end */
	return e;
}

static struct err *find_state(struct broker *b)
{
	struct err *e = NULL;

	if (b->c.state_dir) {
		b->state_dir = xstrdup(b->c.state_dir);
		return dirs_make(b->state_dir);
	}
	if (!b->private_broker) {
		b->state_dir = xstrdup(TANA_STATEDIR);
		return dirs_make(b->state_dir);
	}
	if (b->c.demo) {
		b->state_dir = xasprintf("%s/state", b->runtime_dir);
		return NULL;
	}
	if (b->c.nuris) {
		char *name = dirs_name_of_uris(b->c.uris, b->c.nuris);
		e = dirs_private_state(name, &b->state_dir);
		free(name);
	} else {
		e = dirs_private_state(b->site->name, &b->state_dir);
	}
	return e;
}

static char *command_of(const struct broker *b)
{
	struct buf out = { 0 };

	if (b->c.command)
		return xstrdup(b->c.command);
	buf_str(&out, "tana");
	if (b->c.nuris) {
		for (int i = 0; i < b->c.nuris; i++) {
			char *quoted = plan_quote(b->c.uris[i]);
			buf_printf(&out, " %s", quoted);
			free(quoted);
		}
	} else if (b->private_broker && !b->c.demo) {
		char *path = realpath(b->c.site_file, NULL), *quoted = plan_quote(path ? path : b->c.site_file);
		buf_printf(&out, " --site %s", quoted);
		free(quoted);
		free(path);
	} else if (b->c.socket && strcmp(b->c.socket, BROKER_SOCKET) != 0) {
		char *quoted = plan_quote(b->c.socket);
		buf_printf(&out, " --socket %s", quoted);
		free(quoted);
	}
	buf_append(&out, "", 1);
	return out.data;
}

/* A private broker says what it is; fleet keeps the note of the site file. */
static void set_note(struct broker *b)
{
	struct site *s = registry_find(b->objects, KIND_SITE, "site");

	if (!b->private_broker || !s || s->note[0])
		return;
	intern_set(&s->note, msg_template(b->c.demo ? "broker.private.demo" : "broker.private"));
	registry_changed(b->objects, KIND_SITE, s, true);
}

static struct err *start(struct broker *b)
{
	int given = -1;

	struct err *e = b->private_broker ? NULL : service_socket(&given, &b->given_path);
	if (b->given_path)
		b->c.socket = b->given_path;
	if (!e)
		e = dirs_runtime(&b->runtime_dir, &b->runtime_lock);
	if (!e && b->c.demo)
		e = make_demo(b);
	if (!e)
		e = broker_read_site(b);
	if (!e)
		e = find_state(b);
	if (e)
		return e;
	b->loop = loop_new();
	e = store_open(b->state_dir, b->loop, &b->store);
	/* Only one that has its store may take the place of a stale socket. */
	if (!e)
		e = host_start();
	if (e)
		return e;
	b->dialects = dialects_load(b->site, "", &b->dialects_mark);
	b->helper = helper_new(b->loop);
	b->command = command_of(b);
	rooms_make(b);
	e = rooms_load(b);
	if (e)
		return e;
	if (!b->private_broker) {
		b->roles = roles_resolve(b->site);
		b->service = service_new(b->loop, b->site->name);
		e = listener_new(b, b->c.socket, given, &b->listener);
		if (e)
			return e;
	}
	book_site(b->book, b->site);
	fleet_apply(b->fleet, b->site, NULL, NULL);
	book_site(b->book, b->site); /* and for every VM that is there now */
	clusters_site(b->clusters, b->site);
	volumes_site(b->volumes, b->site);
	notices_site(b->notices, b->site);
	set_note(b);
	jobs_loaded(b->jobs);
	care_start(b);
	record_own(b, "start");
	/* What a demonstration does is forgotten with it. */
	if (!b->c.demo)
		b->anchor = anchor_new(&(struct anchor_config){ .loop = b->loop, .store = b->store, .site = b->site->name,
			.socket = b->c.anchor_socket, .every_s = b->c.anchor_s, .quiet = b->private_broker });
	bookkeeping_arm(b);
	set_signals(b);
	if (b->private_broker)
		peers_add(b->peers, b->c.fd, true);
	service_ready(b->service);
	return NULL;
}

/* ---- end ---- */

static void end(struct broker *b, bool ran)
{
	service_stopping(b->service, "ending");
	listener_free(b->listener);
	leaving_free(b->leaving);
	peers_free(b->peers);
	b->peers = NULL;
	consoles_free(b->consoles);
	b->consoles = NULL;
	now_free(b->now);
	b->now = NULL;
	if (b->view)
		registry_unwatch(b->objects, &b->watch);
	if (b->jobs)
		jobs_stop(b->jobs);
	helper_free(b->helper);
	if (fleet_free(b->fleet) && b->dialects)
		dialects_free(b->dialects);
	demo_free(b->demo);
	care_free(b);
	notices_free(b->notices);
	clusters_free(b->clusters);
	volumes_free(b->volumes);
	finder_free(b->finder);
	bookkeeping_stop(b);
	if (ran) {
		record_own(b, "stop");
		anchor_last(b->anchor);
	}
	if (b->store)
		store_close(b->store);
	if (b->fleet)
		host_stop();
	anchor_free(b->anchor);
	jobs_free(b->jobs);
	service_free(b->service);
	if (b->book)
		book_free(b->book);
	if (b->loop)
		loop_free(b->loop);
	news_free(b->news);
	view_free(b->view);
	if (b->objects)
		registry_free(b->objects);
	rooms_free_owned(b);
	roles_free(b->roles);
	if (b->site)
		site_free(b->site);
	if (b->runtime_dir) {
		dirs_remove(b->runtime_dir);
		close(b->runtime_lock);
	}
	if (b->c.demo)
		free((char *)b->c.site_file);
	free(b->dialects_mark);
	free(b->runtime_dir);
	free(b->state_dir);
	free(b->demo_dir);
	free(b->command);
	free(b->given_path);
}

struct err *broker_run(const struct broker_config *c)
{
	struct broker *b = xcalloc(1, sizeof *b);

	b->c = *c;
	b->private_broker = c->socket == NULL;
	log_open("tanad", c->syslog, b->private_broker ? LOG_L_WARN : LOG_L_INFO);
	set_process();
	struct err *e = start(b);
	if (!e) {
		log_info("serving %s", b->site->name);
		loop_run(b->loop);
		b->stopping = true;
	}
	end(b, e == NULL);
	free(b);
	return e;
}

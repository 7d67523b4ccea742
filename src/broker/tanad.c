/* tanad: its options. */
#include "broker/tanad.h"

#include "broker/broker.h"

#include "common/buf.h"
#include "common/log.h"
#include "enclosures/dialect.h"
#include "site/generate.h"
#include "site/site.h"
#include "site/site_check.h"

#include <getopt.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum option_id {
	OPT_CHECK = 256, OPT_READ_SITE, OPT_SITE, OPT_SOCKET, OPT_STATE, OPT_PRIVATE, OPT_DEMO, OPT_URI, OPT_COMMAND,
	OPT_GENERATE, OPT_RACKS, OPT_ENCLOSURES, OPT_BAYS, OPT_VMS, OPT_DEAD, OPT_URI_FORMAT, OPT_NAME, OPT_VERSION, OPT_HELP,
	OPT_CONNECT_MS, OPT_SHORT_MS, OPT_LONG_MS, OPT_STEADY_MS, OPT_SHUTDOWN_MS, OPT_PLAN_MS, OPT_PEERS_MAX, OPT_PEERS_OF_USER, OPT_IDLE_EXTRA_MS, OPT_RATE,
	OPT_SNAP_MS, OPT_ANCHOR_S, OPT_ANCHOR_SOCKET, OPT_DIALECTS, OPT_CHECK_DIALECT, OPT_MANAGER_MS, OPT_MANAGER_STATUS_MS,
	OPT_STOP_MS, OPT_SYSLOG,
};

static const struct option options[] = {
	{ "check", required_argument, NULL, OPT_CHECK },
	{ "read-site", required_argument, NULL, OPT_READ_SITE }, /* a broker's own reading child; see site_reader() */
	{ "site", required_argument, NULL, OPT_SITE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "private", required_argument, NULL, OPT_PRIVATE },
	{ "demo", no_argument, NULL, OPT_DEMO },
	{ "uri", required_argument, NULL, OPT_URI },
	{ "command", required_argument, NULL, OPT_COMMAND },
	{ "generate", required_argument, NULL, OPT_GENERATE },
	{ "racks", required_argument, NULL, OPT_RACKS },
	{ "enclosures", required_argument, NULL, OPT_ENCLOSURES },
	{ "bays", required_argument, NULL, OPT_BAYS },
	{ "vms", required_argument, NULL, OPT_VMS },
	{ "dead", required_argument, NULL, OPT_DEAD },
	{ "uri-format", required_argument, NULL, OPT_URI_FORMAT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "connect-ms", required_argument, NULL, OPT_CONNECT_MS },
	{ "short-ms", required_argument, NULL, OPT_SHORT_MS },
	{ "long-ms", required_argument, NULL, OPT_LONG_MS },
	{ "snap-ms", required_argument, NULL, OPT_SNAP_MS },
	{ "steady-ms", required_argument, NULL, OPT_STEADY_MS },
	{ "shutdown-ms", required_argument, NULL, OPT_SHUTDOWN_MS },
	{ "plan-ms", required_argument, NULL, OPT_PLAN_MS },
	{ "anchor-s", required_argument, NULL, OPT_ANCHOR_S },
	{ "anchor-socket", required_argument, NULL, OPT_ANCHOR_SOCKET },
	{ "dialects", required_argument, NULL, OPT_DIALECTS },
	{ "check-dialect", required_argument, NULL, OPT_CHECK_DIALECT },
	{ "manager-ms", required_argument, NULL, OPT_MANAGER_MS },
	{ "manager-status-ms", required_argument, NULL, OPT_MANAGER_STATUS_MS },
	{ "stop-ms", required_argument, NULL, OPT_STOP_MS },
	{ "syslog", no_argument, NULL, OPT_SYSLOG },
	{ "peers-max", required_argument, NULL, OPT_PEERS_MAX },
	{ "peers-of-user", required_argument, NULL, OPT_PEERS_OF_USER },
	{ "idle-extra-ms", required_argument, NULL, OPT_IDLE_EXTRA_MS },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"usage: tanad --site FILE [--socket PATH] [--state DIR] [--dialects DIR]... [--peers-max N] [--peers-of-user N]\n"
	"             [--stop-ms N] [--syslog]\n"
	"       tanad --private FD (--demo | --site FILE | URI...) [--state DIR]\n"
	"       tanad --check FILE [--dialects DIR]...\n"
	"       tanad --check-dialect FILE [TRANSCRIPT]\n"
	"       tanad --generate DIR [--racks N] [--enclosures N] [--bays N] [--vms N] [--dead N]\n"
	"             [--uri-format FORMAT] [--name NAME]\n"
	"       tanad --version | --help\n"
	"The socket is " BROKER_SOCKET " unless said otherwise. SIGHUP reads the site file again.\n";

struct asked {
	struct broker_config broker;
	const char *check, *check_dialect, *generate, *read_site;
	struct generate size;
	const char **uris;
};

static int fail(const char *what, const char *value)
{
	fprintf(stderr, "tanad: %s%s%s\n", what, value ? ": " : "", value ? value : "");
	return 2;
}

static bool number(const char *text, int *out)
{
	char *rest;

	errno = 0;
	long n = strtol(text, &rest, 10);
	if (errno || rest == text || *rest || n < 0 || n > INT_MAX)
		return false;
	*out = (int)n;
	return true;
}

/* The number that an option sets; NULL: it sets none. */
static int *number_of(struct asked *a, int id)
{
	struct broker_config *b = &a->broker;

	switch (id) {
	case OPT_PRIVATE: return &b->fd;
	case OPT_RACKS: return &a->size.racks;
	case OPT_ENCLOSURES: return &a->size.enclosures;
	case OPT_BAYS: return &a->size.bays;
	case OPT_VMS: return &a->size.vms;
	case OPT_DEAD: return &a->size.dead;
	case OPT_CONNECT_MS: return &b->connect_ms;
	case OPT_SHORT_MS: return &b->short_ms;
	case OPT_LONG_MS: return &b->long_ms;
	case OPT_SNAP_MS: return &b->snap_ms;
	case OPT_STEADY_MS: return &b->steady_ms;
	case OPT_SHUTDOWN_MS: return &b->shutdown_ms;
	case OPT_PLAN_MS: return &b->plan_ms;
	case OPT_MANAGER_MS: return &b->manager_ms;
	case OPT_MANAGER_STATUS_MS: return &b->manager_status_ms;
	case OPT_ANCHOR_S: return &b->anchor_s;
	case OPT_STOP_MS: return &b->stop_ms;
	case OPT_PEERS_MAX: return &b->peers_max;
	case OPT_PEERS_OF_USER: return &b->peers_of_user;
	case OPT_IDLE_EXTRA_MS: return &b->idle_extra_ms;
	case OPT_RATE: return &b->rate;
	default: return NULL;
	}
}

static const char **text_of(struct asked *a, int id)
{
	switch (id) {
	case OPT_CHECK: return &a->check;
	case OPT_CHECK_DIALECT: return &a->check_dialect;
	case OPT_READ_SITE: return &a->read_site;
	case OPT_SITE: return &a->broker.site_file;
	case OPT_SOCKET: return &a->broker.socket;
	case OPT_STATE: return &a->broker.state_dir;
	case OPT_ANCHOR_SOCKET: return &a->broker.anchor_socket;
	case OPT_COMMAND: return &a->broker.command;
	case OPT_GENERATE: return &a->generate;
	case OPT_URI_FORMAT: return &a->size.uri_format;
	case OPT_NAME: return &a->size.name;
	default: return NULL;
	}
}

static int say(struct err *e)
{
	if (!e)
		return 0;
	if (log_is_journal())
		log_error("%s", e->msg.text);
	else
		fprintf(stderr, "tanad: %s\n", e->msg.text);
	int status = err_exit_status(e->class);
	err_free(e);
	return status;
}

static int run_generate(const struct asked *a)
{
	if (mkdir(a->generate, 0777) != 0 && errno != EEXIST)
		return say(err_sys(ERR_FAILED, "cannot make the folder", a->generate, errno));
	char *dir = realpath(a->generate, NULL);
	if (!dir)
		return say(err_sys(ERR_FAILED, "folder", a->generate, errno));
	int status = say(generate_site(dir, &a->size));
	free(dir);
	return status;
}

/* What a folder is called from here may not be what it is called by a reading child. */
static void add_dialects(const char *dir)
{
	char *real = realpath(dir, NULL);

	site_dialects_add(real ? real : dir);
	free(real);
}

/* The transcript stands where URIs stand else. */
static int run_check_dialect(const struct asked *a)
{
	if (a->broker.nuris > 1)
		return fail("one TRANSCRIPT at a time", a->uris[1]);
	return dialect_check(a->check_dialect, a->broker.nuris ? a->uris[0] : NULL, stdout);
}

static int run_broker(struct asked *a)
{
	struct broker_config *b = &a->broker;
	int sources = (b->site_file != NULL) + (b->nuris > 0) + b->demo;

	if (sources != 1)
		return fail(sources ? "one of --site, --demo and URIs, not more" : "which site? say --site /etc/tana/site.conf; data for a first one is in tana-site(5) (see --help)", NULL);
	if (b->fd < 0 && (b->nuris || b->demo))
		return fail("URIs and --demo are for a private broker", NULL);
	if (b->fd >= 0 && b->socket)
		return fail("a private broker has no --socket", NULL);
	if (b->fd >= 0 && fcntl(b->fd, F_GETFD) < 0)
		return fail("--private: no such descriptor", NULL);
	if (b->fd < 0 && !b->socket)
		b->socket = BROKER_SOCKET;
	site_reader("/proc/self/exe");
	return say(broker_run(b));
}

int tanad_main(int argc, char **argv)
{
	struct asked a = { .broker = { .fd = -1 }, .size = generate_demo };
	int id, status;

	a.uris = xcalloc((size_t)argc + 1, sizeof *a.uris);
	a.size.name = "generated";
	a.broker.uris = a.uris;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int *n = number_of(&a, id);
		const char **text = text_of(&a, id);
		if (n && !number(optarg, n)) {
			free(a.uris);
			return fail("a number is needed", optarg);
		} else if (text) {
			*text = optarg;
		} else if (id == OPT_DIALECTS) {
			add_dialects(optarg);
		} else if (id == OPT_DEMO) {
			a.broker.demo = true;
		} else if (id == OPT_SYSLOG) {
			a.broker.syslog = true;
		} else if (id == OPT_URI) {
			a.uris[a.broker.nuris++] = optarg;
		} else if (id == OPT_VERSION || id == OPT_HELP) {
			printf("%s", id == OPT_HELP ? help : "tanad " TANA_VERSION "\n");
			free(a.uris);
			return 0;
		} else if (id == '?') {
			free(a.uris);
			return 2;
		}
	}
	for (; optind < argc; optind++)
		a.uris[a.broker.nuris++] = argv[optind];
	if (a.check)
		status = site_check_main(a.check, stdout);
	else if (a.check_dialect)
		status = run_check_dialect(&a);
	else if (a.read_site)
		site_read_here(a.read_site);
	else if (a.generate)
		status = run_generate(&a);
	else
		status = run_broker(&a);
	free(a.uris);
	return status;
}

/* A driver over src/enclosures/manager.h: reads commands, one a line, from its input and prints what comes of each. What is wrong
 * is printed and no reason to end; tests/real/enclosures.sh compares.
 *   open | close | new | all | ask NAME [BAY] | status [BAY] | act VERB BAY | wait BAY on|off|SECONDS... | words | counts
 *   active | abort MS | sim CONTROL-SOCKET LINE | sleep MS | # text */
#include "common/buf.h"
#include "common/clock.h"
#include "enclosures/manager.h"
#include "patience.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 60000

static struct dialects *dialects;
static struct manager_config config;
static struct manager *m;
static size_t first;

static bool said(struct err *e)
{
	if (e)
		printf("error %s class %d: %s\n", e->msg.id, (int)e->class, e->msg.text);
	err_free(e);
	return e != NULL;
}

static void fact(const char *key, const char *value)
{
	if (value && *value)
		printf(" %s=[%s]", key, value);
}

static void show(const struct metal *t)
{
	for (size_t i = 0; i < t->nbays; i++) {
		const struct bay_facts *b = &t->bays[i];
		printf("bay %s%s", b->bay, b->fitted == 1 ? " fitted" : b->fitted == 0 ? " empty" : "");
		if (b->power_told)
			printf(" power=%s", power_state_name(b->power));
		if (b->health_told)
			printf(" health=%s", health_name(b->health));
		if (b->locate >= 0)
			printf(" locate=%s", b->locate ? "on" : "off");
		fact("name", b->name);
		fact("model", b->model);
		fact("serial", b->serial);
		fact("firmware", b->firmware);
		puts("");
	}
	for (size_t i = 0; i < t->nsensors; i++)
		printf("sensor %d [%s] health=%s value=[%s]%s\n", (int)t->sensors[i].kind, t->sensors[i].name,
			health_name(t->sensors[i].health), t->sensors[i].value ? t->sensors[i].value : "",
			t->sensors[i].absent ? " absent" : "");
	if (*t->title || *t->model || *t->serial || *t->firmware || t->role || t->health_told) {
		printf("whole role=%d", (int)t->role);
		if (t->health_told)
			printf(" health=%s", health_name(t->health));
		fact("title", t->title);
		fact("model", t->model);
		fact("serial", t->serial);
		fact("firmware", t->firmware);
		puts("");
	}
}

static void renew(void)
{
	if (m) {
		first = manager_active(m);
		manager_close(m);
		manager_free(m);
	}
	config.first = first;
	m = manager_new(&config);
}

static const struct dialect_ask *ask_named(const char *name)
{
	const struct dialect *d = manager_dialect(m);

	for (size_t i = 0; d && name && i < d->nasks; i++)
		if (!strcmp(d->asks[i].name, name))
			return &d->asks[i];
	return NULL;
}

static bool ask(const struct dialect_ask *a, const char *bay, bool quiet, struct metal *to)
{
	struct metal *t = metal_new();
	bool bad = a ? said(manager_ask(m, a, bay ? bay : "", t)) : (puts("no such question"), true);

	if (!bad && !quiet)
		show(t);
	/* What was learned of who is there is kept: it says whom to ask the rest. */
	for (size_t i = 0; to && !bad && i < t->nbays; i++) {
		struct bay_facts *b = metal_bay(to, t->bays[i].bay);
		if (b && t->bays[i].fitted >= 0)
			b->fitted = t->bays[i].fitted;
	}
	metal_free(t);
	return !bad;
}

static void ask_all(void)
{
	const struct dialect *d = manager_dialect(m);
	struct metal *known = metal_new();
	size_t asked = 0;

	if (d && d->single)
		metal_bay(known, "1")->fitted = 1;
	for (int per_bay = 0; d && per_bay < 2; per_bay++)
		for (size_t i = 0; i < d->nasks; i++) {
			const struct dialect_ask *a = &d->asks[i];
			if (a->per_bay != (per_bay == 1))
				continue;
			printf("-- %s\n", a->name);
			for (size_t k = 0; a->per_bay && k < known->nbays; k++)
				if (known->bays[k].fitted == 1)
					asked += ask(a, known->bays[k].bay, false, NULL);
			if (!a->per_bay)
				asked += ask(a, "", false, known);
		}
	printf("answered %zu\n", asked);
	metal_free(known);
}

/* The power by which the dialect reads it after a verb. */
static const char *power(const char *bay)
{
	const struct dialect *d = manager_dialect(m);
	const char *is = "not told";

	if (!d || d->status_ask < 0)
		return "no question";
	struct metal *t = metal_new();
	if (!said(manager_ask(m, &d->asks[d->status_ask], bay, t)))
		for (size_t i = 0; i < t->nbays; i++)
			if (!strcmp(t->bays[i].bay, bay) && t->bays[i].power_told)
				is = power_state_name(t->bays[i].power);
	metal_free(t);
	return is;
}

static void wait_for(const char *bay, const char *state)
{
	int64_t deadline = clock_boot_ms() + WAIT_MS;
	const char *is = "";

	while (manager_is_open(m) && strcmp(is = power(bay), state) && clock_boot_ms() < deadline)
		usleep(50000);
	printf("power of %s: %s\n", bay, is);
}

static void on_sent(void *ctx)
{
	(*(int *)ctx)++;
}

static void act(const char *name, const char *bay)
{
	int v = 0, sent = 0;

	while (v < VERB_COUNT && strcmp(verb_name((enum verb)v), name))
		v++;
	if (v == VERB_COUNT) {
		puts("no such verb");
		return;
	}
	bool bad = said(manager_act(m, (enum verb)v, bay, on_sent, &sent));
	printf("%s %s: %s, sent %d\n", name, bay, bad ? "error" : "taken", sent);
}

static void verbs(void)
{
	const struct dialect *d = manager_dialect(m);

	for (int v = 0; d && v < VERB_COUNT; v++)
		if (d->verbs[v].there)
			printf("verb %s\n", verb_name((enum verb)v));
}

static int64_t aborted_at;

static void *abort_later(void *ms)
{
	usleep((useconds_t)(*(int *)ms * 1000));
	aborted_at = clock_boot_ms();
	manager_abort(m);
	return NULL;
}

static void sim(const char *path, const char *line)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[65536];
	size_t n = 0;
	ssize_t got = 0;

	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) || dprintf(fd, "%s\n", line) < 0) {
		perror(path);
		exit(1);
	}
	while (n < sizeof answer - 1 && (!n || answer[n - 1] != '\n') && (got = read(fd, answer + n, sizeof answer - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	printf("sim %s: %s", line, answer);
	close(fd);
}

static bool had;   /* a session that was not closed: a manager with room for one may count it a while after it is gone */

static void open_it(void)
{
	struct metal *t = metal_new();
	int64_t until = clock_boot_ms() + WAIT_MS;
	struct err *e;

	while ((e = manager_open(m, t)) && had && !strcmp(e->msg.id, "manager.busy") && clock_boot_ms() < until) {
		err_free(e);
		usleep(100000);
	}
	if (!said(e)) {
		had = true;
		printf("opened %s\n", manager_dialect(m)->name);
		show(t);
	}
	metal_free(t);
}

static void simple(const char *what)
{
	if (!strcmp(what, "open")) {
		open_it();
	} else if (!strcmp(what, "close")) {
		had = false;
		manager_close(m);
		puts("closed");
	} else if (!strcmp(what, "new")) {
		renew();
	} else if (!strcmp(what, "all")) {
		ask_all();
	} else if (!strcmp(what, "verbs")) {
		verbs();
	} else if (!strcmp(what, "words")) {
		char *words = manager_words(m);
		printf("words: %s\n", words);
		free(words);
	} else if (!strcmp(what, "counts")) {
		struct manager_counts c = manager_count(m);
		printf("counts: %lu sessions, %lu commands, open %d\n", c.sessions, c.commands, manager_is_open(m));
	} else if (!strcmp(what, "active")) {
		printf("active: %zu\n", manager_active(m));
	} else {
		printf("no such command: %s\n", what);
	}
}

static void run(char *line, pthread_t *aborter, int *abort_ms)
{
	char *save = NULL, *what = strtok_r(line, " ", &save), *one, *two;

	if (!what)
		return;
	if (*what == '#') {
		printf("# %s\n", save);
		return;
	}
	if (!strcmp(what, "sim")) {
		one = strtok_r(NULL, " ", &save);
		sim(one ? one : "", save ? save : "");
		return;
	}
	one = strtok_r(NULL, " ", &save);
	two = strtok_r(NULL, " ", &save);
	if (!strcmp(what, "ask")) {
		ask(ask_named(one), two, false, NULL);
	} else if (!strcmp(what, "status")) {
		printf("power of %s: %s\n", one, power(one ? one : ""));
	} else if (!strcmp(what, "wait")) {
		wait_for(one ? one : "", two ? two : "");
	} else if (!strcmp(what, "act")) {
		act(one ? one : "", two ? two : "");
	} else if (!strcmp(what, "sleep")) {
		usleep((useconds_t)atoi(one ? one : "0") * 1000);
	} else if (!strcmp(what, "abort")) {
		/* during the next command */
		*abort_ms = atoi(one ? one : "0");
		pthread_create(aborter, NULL, abort_later, abort_ms);
		return;
	} else {
		simple(what);
	}
	if (*abort_ms >= 0) {
		int64_t now = clock_boot_ms();
		pthread_join(*aborter, NULL);
		printf("back %s a second after the abort\n", now - aborted_at < 1000 * patience() ? "within" : "later than");
		*abort_ms = -1;
	}
}

int main(int argc, char **argv)
{
	static const char *addresses[2];
	const char *folders[4], *dialect = "";
	size_t nfolders = 0;
	struct dialect_errors errors = {0};
	char line[1024];
	pthread_t aborter = 0;
	int o, abort_ms = -1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	config = (struct manager_config){.name = "A2", .addresses = addresses, .step_ms = 3000};
	while ((o = getopt(argc, argv, "D:d:a:u:p:k:s:lc:i:")) != -1)
		switch (o) {
		case 'D': if (nfolders < 4) folders[nfolders++] = optarg; break;
		case 'd': dialect = optarg; break;
		case 'a': if (config.naddresses < 2) addresses[config.naddresses++] = optarg; break;
		case 'u': config.user = optarg; break;
		case 'p': config.password_file = optarg; break;
		case 'k': config.known_hosts = optarg; break;
		case 's': config.step_ms = atoi(optarg); break;
		case 'l': config.legacy = true; break;
		case 'c': config.ciphers = optarg; break;
		case 'i': config.key_file = optarg; break;
		default: return 2;
		}
	dialects = dialects_read(folders, nfolders, &errors);
	for (size_t i = 0; i < errors.n; i++)
		printf("%s:%d: %s\n", errors.list[i].file, errors.list[i].line, errors.list[i].err->msg.text);
	dialect_errors_free(&errors);
	config.dialects = dialects;
	config.dialect = *dialect ? dialects_find(dialects, dialect) : NULL;
	if (*dialect && !config.dialect) {
		printf("no dialect %s\n", dialect);
		return 2;
	}
	renew();
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		int64_t began = clock_boot_ms();
		char *shown = xstrdup(line);
		run(line, &aborter, &abort_ms);
		if (getenv("ENCLOSURE_TIMES"))
			printf("@ %s: %d ms\n", shown, (int)(clock_boot_ms() - began));
		free(shown);
	}
	manager_close(m);
	manager_free(m);
	dialects_free(dialects);
	return 0;
}

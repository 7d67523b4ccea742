/* tana-enclosure-sim: its options, and what they make. */
#include "sim/sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libssh/libssh.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

const struct dialect *const dialects[] = {
	&dialect_hp_oa, &dialect_dell_cmc, &dialect_dell_idrac, &dialect_ibm_amm, &dialect_ibm_cmm, &dialect_hpe_ilo,
	&dialect_hpe_moonshot, &dialect_hitachi_svp, &dialect_fujitsu_rsb, NULL,
};

enum opt {
	O_HELP = 256, O_VERSION, O_DIALECT, O_LISTEN, O_ANYWHERE, O_BAYS, O_DOUBLE, O_BLADES, O_USER, O_PASSWORD, O_KEY, O_HOST_KEY,
	O_NAME, O_SERIAL, O_PEER, O_ROLE, O_CONTROL, O_WITH_PARENT, O_OFF_MS, O_ON_MS, O_SOFT_MS, O_FAULT
};

static const struct {
	enum opt opt;
	const char *name, *arg, *help;
} rows[] = {
	{O_DIALECT, "dialect", "NAME", "whose manager it is (below)"},
	{O_LISTEN, "listen", "ADDR:PORT", "a loopback address; port 0: any that is free"},
	{O_ANYWHERE, "anywhere", NULL, "ADDR may be another than loopback"},
	{O_BAYS, "bays", "N", "how many there are"},
	{O_DOUBLE, "double", NULL, "bays are 1A, 1B, 2A ... (two blades in each place)"},
	{O_BLADES, "blades", "FILE", "what is in the bays, instead of made-up blades"},
	{O_USER, "user", "NAME", "who may log in"},
	{O_PASSWORD, "password-file", "FILE", "its first line is the password"},
	{O_KEY, "key", "FILE", "a public key that may log in too"},
	{O_HOST_KEY, "host-key", "FILE", "the host's private key (without: made at each start)"},
	{O_NAME, "name", "NAME", "of the manager; some have it in their prompt"},
	{O_SERIAL, "serial", "S", "of the enclosure"},
	{O_PEER, "peer", "FILE", "shared by the two managers of one enclosure"},
	{O_ROLE, "role", "ROLE", "active or standby, with --peer"},
	{O_CONTROL, "control", "PATH", "a socket that takes commands while it runs"},
	{O_WITH_PARENT, "with-parent", NULL, "ends when the process ends that started it"},
	{O_ON_MS, "on-ms", "MS", "how long switching on takes (1500)"},
	{O_OFF_MS, "off-ms", "MS", "how long switching off takes (1000)"},
	{O_SOFT_MS, "soft-ms", "MS", "how long a system takes to shut down (3000)"},
	{O_FAULT, "fault", "KIND[=ARG]", "what is wrong with it (below); may be repeated"},
	{O_HELP, "help", NULL, "this"},
	{O_VERSION, "version", NULL, "which version it is"},
};
#define N_ROWS (sizeof rows / sizeof *rows)

struct args {
	const struct dialect *d;
	const char *listen, *blades, *user, *password_file, *key, *host_key, *name, *serial, *peer, *role, *control;
	const char *faults[SIM_FAULTS];
	int n_faults, bays, on_ms, off_ms, soft_ms;
	bool anywhere, doubled, with_parent;
};

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "tana-enclosure-sim: %s%s%s\nTry tana-enclosure-sim --help\n", what, which ? ": " : "",
		which ? which : "");
	return 2;
}

static void help(void)
{
	struct buf b = {0};

	printf("usage: tana-enclosure-sim --dialect NAME --listen ADDR:PORT --user NAME --password-file FILE [OPTION]...\n"
	       "A simulated manager of an enclosure: an SSH server that speaks one vendor's command language.\n\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		char left[40];
		snprintf(left, sizeof left, "--%s %s", rows[i].name, rows[i].arg ? rows[i].arg : "");
		printf("  %-22s %s\n", left, rows[i].help);
	}
	printf("\nDialects:\n");
	for (int i = 0; dialects[i]; i++)
		printf("  %-16s %s\n", dialects[i]->name, dialects[i]->title);
	printf("\nFaults (most can be told for one bay: KIND=ARG@BAY):\n");
	fault_list(&b);
	fwrite(b.data, 1, b.len, stdout);
	buf_free(&b);
}

static bool number(const char *text, int min, int max, int *out)
{
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max)
		return false;
	*out = (int)n;
	return true;
}

/* One option; false when its value cannot be. */
static bool take(struct args *a, int opt, const char *v)
{
	switch ((enum opt)opt) {
	case O_DIALECT:
		for (int i = 0; dialects[i]; i++)
			if (!strcmp(dialects[i]->name, v))
				a->d = dialects[i];
		return a->d != NULL;
	case O_LISTEN: a->listen = v; return true;
	case O_ANYWHERE: return a->anywhere = true;
	case O_BAYS: return number(v, 1, SIM_BAYS, &a->bays);
	case O_DOUBLE: return a->doubled = true;
	case O_BLADES: a->blades = v; return true;
	case O_USER: a->user = v; return *v != 0 && strlen(v) < 64;
	case O_PASSWORD: a->password_file = v; return true;
	case O_KEY: a->key = v; return true;
	case O_HOST_KEY: a->host_key = v; return true;
	case O_NAME: a->name = v; return *v != 0 && strlen(v) < 64;
	case O_SERIAL: a->serial = v; return strlen(v) < 32;
	case O_PEER: a->peer = v; return true;
	case O_ROLE: a->role = v; return !strcmp(v, "active") || !strcmp(v, "standby");
	case O_CONTROL: a->control = v; return true;
	case O_WITH_PARENT: return a->with_parent = true;
	case O_ON_MS: return number(v, 0, 3600000, &a->on_ms);
	case O_OFF_MS: return number(v, 0, 3600000, &a->off_ms);
	case O_SOFT_MS: return number(v, 0, 3600000, &a->soft_ms);
	case O_FAULT:
		if (a->n_faults == SIM_FAULTS)
			return false;
		a->faults[a->n_faults++] = v;
		return true;
	default:
		return false;
	}
}

/* 0: go on; else the exit status + 1 */
static int parse(int argc, char **argv, struct args *a)
{
	struct option longs[N_ROWS + 1] = {{0}};
	int o;

	for (size_t i = 0; i < N_ROWS; i++)
		longs[i] = (struct option){rows[i].name, rows[i].arg ? required_argument : no_argument, NULL, rows[i].opt};
	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (o == O_HELP) {
			help();
			return 1;
		}
		if (o == O_VERSION) {
			printf("tana-enclosure-sim %s\n", TANA_VERSION);
			return 1;
		}
		if (o == '?')
			return 3;
		if (!take(a, o, optarg)) {
			for (size_t i = 0; i < N_ROWS; i++)
				if ((int)rows[i].opt == o)
					usage("no value for", rows[i].name);
			return 3;
		}
	}
	if (optind < argc)
		return usage("no such argument", argv[optind]) + 1;
	if (!a->d || !a->listen || !a->user || !a->password_file)
		return usage("--dialect, --listen, --user and --password-file must be given", NULL) + 1;
	return 0;
}

/* "127.0.0.1:0", "[::1]:22": the address goes to addr; false and a message when it may not be. */
static bool address(const struct args *a, char *addr, size_t size, int *port)
{
	struct in_addr v4;
	struct in6_addr v6;
	const char *colon = strrchr(a->listen, ':');
	size_t n = colon ? (size_t)(colon - a->listen) : 0;
	bool loop;

	if (!colon || !number(colon + 1, 0, 65535, port) || n >= size)
		return usage("wants ADDR:PORT", a->listen) == 0;
	bool in_brackets = n > 2 && a->listen[0] == '[' && colon[-1] == ']';
	snprintf(addr, size, "%.*s", (int)(in_brackets ? n - 2 : n), a->listen + in_brackets);
	if (inet_pton(AF_INET, addr, &v4) == 1)
		loop = ntohl(v4.s_addr) >> 24 == 127;
	else if (inet_pton(AF_INET6, addr, &v6) == 1)
		loop = IN6_IS_ADDR_LOOPBACK(&v6);
	else
		return usage("is no address", addr) == 0;
	if (!loop && !a->anywhere)
		return usage("is no loopback address (--anywhere allows it)", addr) == 0;
	return true;
}

static bool read_password(struct sim *s, const char *file)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, s->password, sizeof s->password - 1);

	if (n < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "tana-enclosure-sim: %s: %s\n", file, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (st.st_mode & 077)
		fprintf(stderr, "tana-enclosure-sim: warning: %s can be read by others (chmod 600)\n", file);
	close(fd);
	s->password[n] = 0;
	s->password[strcspn(s->password, "\r\n")] = 0;
	if (!*s->password)
		fprintf(stderr, "tana-enclosure-sim: %s: holds no password\n", file);
	return *s->password != 0;
}

static bool fill(struct sim *s, const struct args *a)
{
	bool doubled = a->doubled || (a->d == &dialect_hp_oa && a->bays == 32);
	int bays = a->bays ? a->bays : a->d->bays * (doubled ? 2 : 1);

	if (a->doubled && a->d != &dialect_hp_oa)
		return usage("--double: only hp-oa has bays of two blades", NULL) == 0;
	if (bays > a->d->max_bays * (doubled ? 2 : 1))
		return usage("it has not so many bays", a->d->name) == 0;
	if (a->blades)
		return sim_fill_from(s, a->blades, a->serial);
	sim_fill(s, bays, doubled, a->serial);
	return true;
}

int main(int argc, char **argv)
{
	struct args a = {.on_ms = 1500, .off_ms = 1000, .soft_ms = 3000};
	struct sim s = {.poke = -1, .peer_fd = -1};
	char addr[64], why[128];
	bool first = true;
	int port, rc = parse(argc, argv, &a);

	if (rc)
		return rc - 1;
	if (!address(&a, addr, sizeof addr, &port))
		return 2;
	s.d = a.d;
	s.on_ms = a.on_ms;
	s.off_ms = a.off_ms;
	s.soft_ms = a.soft_ms;
	sim_copy(s.user, sizeof s.user, a.user);
	sim_copy(s.name, sizeof s.name, a.name ? a.name : a.d->device);
	s.key_file = xstrdup(a.key);
	s.host_key_file = xstrdup(a.host_key);
	rc = 1;
	bool standby = a.role && !strcmp(a.role, "standby");
	if (standby && !a.peer) {
		rc = usage("--role standby needs --peer", NULL);
		goto out;
	}
	if (!read_password(&s, a.password_file) || !sim_share(&s, a.peer, standby, &first))
		goto out;
	if (first && !fill(&s, &a)) {
		rc = 2;
		goto out;
	}
	sim_ready(&s);
	for (int i = 0; i < a.n_faults; i++)
		if (!fault_add(&s, a.faults[i], why, sizeof why)) {
			rc = usage(why, NULL);
			goto out;
		}
	ssh_init();
	rc = server_run(&s, addr, port, a.control, a.with_parent);
	ssh_finalize();
out:
	free(s.key_file);
	free(s.host_key_file);
	explicit_bzero(s.password, sizeof s.password);
	return rc;
}

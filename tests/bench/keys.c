/* keys: how long a console on a big site takes from a key to the last byte of its answer, view by view, and what it sends for that;
 * from a change of state at the hypervisor to the screen; what it sends while nothing happens; what it holds. bench.sh runs it.
 * Beside each key it presses one on an echo, a program that answers at once and does nothing else: what that takes is the terminal's and
 * the machine's, not the console's. Prints a table; asserts nothing. Status 1: the console did not come up, or it ended. */
#include "tests/screens/term.h"

#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MOST 2000
#define ECHOED 200  /* bytes of an echo's answer: as a cursor key's */
#define REST_MS 8   /* between an answer and the next key */
#define OTHERS_MAX 200
#define GAP_MS 3    /* silence after which an answer is over */
#define LATE_MS 1000

static const char usage[] =
	"usage: keys [--count N] [--others N] [--change URI VM] [--idle S] [--keys \"TITLE|START|KEYS\"]... COMMAND...\n"
	"  --count    so many keys of each kind, and changes (100)\n"
	"  --others   so many more consoles, each with a cursor key a second\n"
	"  --change   suspends and resumes VM at URI and waits until its row says so\n"
	"  --keys     (again and again) START brings the view up, KEYS are measured, by turns; names as of drive, blanks between\n";

/* meanwhile: bytes that came by themselves while no key was pressed, and how long that was; answering: how long answers took in all. */
struct times {
	double ms[MOST], bytes[MOST];
	double cpu[MOST], waited[MOST]; /* the console ran for so long, and waited for a core */
	double late[MOST];              /* we waited for a core: so much may be our own */
	double echo[MOST];              /* ms, of the echo */
	double meanwhile, resting, answering;
	int n, silent;
};

/* What the scheduler says of a process' first thread, ms in all (/proc/PID/schedstat). */
struct sched { double ran, waited; };

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double of_hundred(double *v, int n, int percent)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	return v[(n * percent + 99) / 100 - 1];
}

static void print_times(const char *title, struct times *t)
{
	if (t->n == 0) {
		printf("  %-26s no answer\n", title);
		return;
	}
	double p50 = of_hundred(t->ms, t->n, 50), p99 = of_hundred(t->ms, t->n, 99), most = t->ms[t->n - 1];
	double half = of_hundred(t->bytes, t->n, 50), all = of_hundred(t->bytes, t->n, 99);

	printf("  %-22s p50 %5.2f  p99 %5.2f  worst %5.2f ms   of it: CPU p50 %4.2f  p99 %4.2f  waited for a core p99 %5.2f  the reader too %5.2f", title,
		p50, p99, most, of_hundred(t->cpu, t->n, 50), of_hundred(t->cpu, t->n, 99), of_hundred(t->waited, t->n, 99), of_hundred(t->late, t->n, 99));
	if (t->echo[t->n - 1] > 0)
		printf("   an echo p50 %4.2f  p99 %5.2f", of_hundred(t->echo, t->n, 50), of_hundred(t->echo, t->n, 99));
	printf("   bytes p50 %4.0f  p99 %4.0f  (%d keys", half, all, t->n);
	printf(t->silent ? ", %d more changed nothing)" : ")", t->silent);
	if (t->meanwhile > 0) /* the picture of a key shows also what changed since the one before it */
		printf("  without a key as long: %.0f bytes", t->meanwhile / t->resting * t->answering / t->n);
	putchar('\n');
}

/* What a key changes and data does not: all but the two lines of the frame above, which count what is running, unless the second is
 * where a filter is typed. */
static uint64_t body(struct term *t)
{
	const char *s = term_screen(t);
	uint64_t h = 14695981039346656037u;
	int from = strncmp(term_row(t, 1), " filter", 7) == 0 ? 1 : 2;

	for (int line = 0; *s; s++) {
		line += *s == '\n';
		if (line >= from)
			h = (h ^ (unsigned char)*s) * 1099511628211u;
	}
	return h;
}

static struct sched sched_of(pid_t pid)
{
	unsigned long long ran = 0, waited = 0;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "%llu %llu", &ran, &waited) != 2)
		ran = waited = 0;
	if (f)
		fclose(f);
	return (struct sched){(double)ran / 1e6, (double)waited / 1e6};
}

/* ---- the echo ---- */

static int echo_fd = -1;
static pid_t echo_pid;

static void echo_start(void)
{
	char key, answer[ECHOED];

	memset(answer, '.', sizeof answer);
	echo_pid = forkpty(&echo_fd, NULL, NULL, NULL);
	if (echo_pid != 0)
		return;
	struct termios raw;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (tcgetattr(STDIN_FILENO, &raw) < 0)
		_exit(1);
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0 || write(STDOUT_FILENO, "!", 1) != 1)
		_exit(1);
	while (read(STDIN_FILENO, &key, 1) == 1 && write(STDOUT_FILENO, answer, sizeof answer) == (ssize_t)sizeof answer)
		;
	_exit(0);
}

/* Takes in so many bytes of it; false: it does not answer, and is not asked again. */
static bool echo_take(size_t n)
{
	char buf[ECHOED];
	struct pollfd p = {.fd = echo_fd, .events = POLLIN};

	while (n > 0) {
		ssize_t got = poll(&p, 1, LATE_MS) == 1 ? read(echo_fd, buf, n < sizeof buf ? n : sizeof buf) : -1;

		if (got <= 0) {
			close(echo_fd);
			echo_fd = -1;
			return false;
		}
		n -= (size_t)got;
	}
	return true;
}

/* There and back, ms; 0 if there is none. */
static double echo_ms(void)
{
	int64_t sent = term_now_us();

	if (echo_fd < 0 || write(echo_fd, "x", 1) != 1 || !echo_take(ECHOED))
		return 0;
	return (double)(term_now_us() - sent) / 1000;
}

/* ---- keys ---- */

/* What happened since a key was sent, but for its time and bytes. */
static void note(struct term *t, struct times *out, const struct sched *console, const struct sched *self)
{
	struct sched c = sched_of(term_pid(t)), s = sched_of(getpid());

	out->cpu[out->n] = c.ran - console->ran;
	out->waited[out->n] = c.waited - console->waited;
	out->late[out->n] = s.waited - self->waited;
}

/* Until the body is another one and the answer is over; false: it stays as it is. */
static bool answered(struct term *t, uint64_t was, uint64_t received, int ms)
{
	int64_t end = term_now_us() + (int64_t)ms * 1000;

	while (term_wait_bytes(t, received, (int)((end - term_now_us()) / 1000) + 1)) {
		received = term_received(t);
		if (body(t) != was) {
			while (term_wait_bytes(t, received, GAP_MS))
				received = term_received(t);
			return true;
		}
		if (term_now_us() > end)
			break;
	}
	return false;
}

/* Presses keys, one after the other's answer, until there are enough of them; out NULL: all, and they are not measured. */
static void press(struct term *t, char *keys, struct times *out, int enough)
{
	char *rest = NULL;

	for (char *key = strtok_r(keys, " ", &rest); key && (!out || out->n + out->silent < enough); key = strtok_r(NULL, " ", &rest)) {
		uint64_t was = body(t), received = term_received(t);
		double echo = out ? echo_ms() : 0;
		struct sched console = sched_of(term_pid(t)), self = sched_of(getpid());
		int64_t sent = term_now_us();

		if (!term_key(t, key)) {
			fprintf(stderr, "keys: no key is called %s\n", key);
			exit(2);
		}
		if (!out) {
			term_run(t, 150);
		} else if (answered(t, was, received, LATE_MS)) {
			int64_t over = term_now_us();

			note(t, out, &console, &self);
			out->echo[out->n] = echo;
			out->ms[out->n] = (double)(term_last_us(t) - sent) / 1000;
			out->bytes[out->n++] = (double)(term_received(t) - received);
			out->answering += (double)(over - sent);
			received = term_received(t);
			term_run(t, REST_MS);
			out->resting += (double)(term_now_us() - over);
			out->meanwhile += (double)(term_received(t) - received);
		} else {
			out->silent++;
		}
	}
}

static void measure_keys(struct term *t, const char *spec, int count)
{
	struct times *out = calloc(1, sizeof *out);
	char *copy = strdup(spec), *title = copy, *start = copy ? strchr(copy, '|') : NULL, *keys = start ? strchr(start + 1, '|') : NULL;

	if (!out || !keys) {
		fputs(usage, stderr);
		exit(2);
	}
	*start++ = *keys++ = '\0';
	press(t, start, NULL, 0);
	while (out->n + out->silent < count) {
		char *again = strdup(keys);

		press(t, again, out, count);
		free(again);
	}
	print_times(title, out);
	free(copy);
	free(out);
}

static void measure_changes(struct term *t, const char *uri, const char *name, int count)
{
	struct times *out = calloc(1, sizeof *out);
	virConnectPtr c = virConnectOpen(uri);
	virDomainPtr vm = c ? virDomainLookupByName(c, name) : NULL;

	if (!vm || !out)
		exit(1);
	for (int i = 0; i < count; i++) {
		uint64_t was = body(t), received = term_received(t);
		struct sched console = sched_of(term_pid(t)), self = sched_of(getpid());
		int64_t sent = term_now_us();

		if ((i % 2 ? virDomainResume(vm) : virDomainSuspend(vm)) == 0 && answered(t, was, received, LATE_MS)) {
			note(t, out, &console, &self);
			out->ms[out->n] = (double)(term_last_us(t) - sent) / 1000;
			out->bytes[out->n++] = (double)(term_received(t) - received);
		} else {
			out->silent++;
		}
		term_run(t, 50);
	}
	print_times("change at the host", out);
	virDomainFree(vm);
	virConnectClose(c);
	free(out);
}

/* The other people: consoles on terminals of 120x36 that nobody looks at. Ends with its parent. */
static pid_t others(char **argv, int n)
{
	struct winsize ws = {.ws_row = 36, .ws_col = 120};
	struct pollfd p[OTHERS_MAX];
	char buf[65536];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("TERM", "xterm-256color", 1);
	for (int i = 0; i < n; i++) {
		pid_t one = forkpty(&p[i].fd, NULL, NULL, &ws);

		if (one == 0) {
			execvp(argv[0], argv);
			_exit(127);
		}
		if (one < 0)
			_exit(1);
		p[i].events = POLLIN;
	}
	for (int turn = 0;; turn++) { /* a key somewhere, n times a second */
		int64_t next = term_now_us() + 1000000 / n;

		if (write(p[turn % n].fd, turn / n == 0 ? "2" : turn / n % 2 ? "j" : "k", 1) < 0)
			_exit(1);
		for (int64_t left; (left = next - term_now_us()) > 0;) {
			if (poll(p, (nfds_t)n, (int)(left / 1000) + 1) <= 0)
				continue;
			for (int i = 0; i < n; i++)
				if (p[i].revents && read(p[i].fd, buf, sizeof buf) <= 0)
					_exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	const char *specs[32], *uri = NULL, *vm = NULL;
	int nspecs = 0, count = 100, more = 0, idle = 0, i = 1;
	pid_t crowd = 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (strcmp(argv[i], "--count") == 0)
			count = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--others") == 0)
			more = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--idle") == 0)
			idle = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--keys") == 0 && nspecs < 32)
			specs[nspecs++] = argv[i + 1];
		else if (strcmp(argv[i], "--change") == 0 && i + 2 < argc)
			uri = argv[i + 1], vm = argv[++i + 1];
		else
			break;
	}
	if (i >= argc || argv[i][0] == '-' || count < 1 || count > MOST || more < 0 || more > OTHERS_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	if (more && (crowd = others(argv + i, more)) < 0)
		return 1;
	if (more)
		sleep(8); /* all are in */
	struct term *t = term_start((const char *const *)argv + i, &(struct term_options){.cols = 120, .rows = 36});
	if (!term_wait(t, "VMs", 30000)) {
		fprintf(stderr, "keys: no picture came\n%s", term_screen(t));
		term_end(t);
		return 1;
	}
	term_run(t, 1500);
	if (nspecs) {
		echo_start();
		if (echo_pid < 0 || !echo_take(1))
			fputs("keys: no echo\n", stderr);
	}
	for (int k = 0; k < nspecs; k++)
		measure_keys(t, specs[k], count);
	if (uri)
		measure_changes(t, uri, vm, count);
	if (idle) {
		term_run(t, 1000);
		uint64_t was = term_received(t);
		double ran = sched_of(term_pid(t)).ran;
		term_run(t, idle * 1000);
		printf("  idle %d s                  %llu bytes; console %.2f %% of a core, %.1f MiB\n", idle, (unsigned long long)(term_received(t) - was),
			(sched_of(term_pid(t)).ran - ran) / idle / 10, (double)term_memory_kib(t) / 1024);
	}
	bool there = term_running(t);
	if (!there)
		fprintf(stderr, "keys: the console has ended\n%s", term_screen(t));
	term_end(t);
	if (echo_pid > 0) {
		kill(echo_pid, SIGKILL);
		waitpid(echo_pid, NULL, 0);
	}
	if (crowd) {
		kill(crowd, SIGKILL); /* its consoles are hung up with it */
		waitpid(crowd, NULL, 0);
	}
	return there ? 0 : 1;
}

/* A whole tanad that can be told when to die: at the Nth operation on its ledger, with or without what was not synced, or around
 * the Nth call to a host. Started by crash.sh, which speaks to it through a FIFO (TANA_CRASH_FIFO), a line at a time:
 *
 *   db N keep|drop|some     it dies in place of the Nth write, sync or truncation of the ledger from now on
 *   call N before|after     it dies before the Nth call to a host is sent, or when its reply is there
 *   call N sent PID MS      MS after the Nth call was begun, this process is killed (0: this broker itself)
 *   count                   nothing dies
 *   report                  FIFO.out gets "OPERATIONS CALLS" since the last of the above
 * Each line is answered by FIFO.done, made anew. */
#include "broker/tanad.h"
#include "crash_vfs.h"
#include "hosts/driver.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int calls, kill_call, kill_phase, kill_ms, kill_pid;
enum { PHASE_BEFORE, PHASE_AFTER, PHASE_SENT };

static void *kill_later(void *arg)
{
	int pid = atomic_load(&kill_pid);

	usleep((useconds_t)atomic_load(&kill_ms) * 1000);
	if (!pid)
		crash_vfs_kill();
	kill(pid, SIGKILL);
	return NULL;
}

/* On a worker's thread, before a call and when it came back. */
static void probe(const char *call, int phase)
{
	int n = phase == 0 ? atomic_fetch_add(&calls, 1) + 1 : atomic_load(&calls);
	pthread_t thread;

	if (n != atomic_load(&kill_call))
		return;
	int wanted = atomic_load(&kill_phase);
	if (wanted == PHASE_SENT && phase == 0) {
		atomic_store(&kill_call, 0);
		pthread_create(&thread, NULL, kill_later, NULL);
		pthread_detach(thread);
	} else if (wanted == phase) {
		crash_vfs_kill();
	}
}

static void write_file(const char *fifo, const char *end, const char *text)
{
	char path[512], new[520];

	snprintf(path, sizeof path, "%s.%s", fifo, end);
	snprintf(new, sizeof new, "%s.new", path);
	FILE *f = fopen(new, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) || rename(new, path))
		abort();
}

static bool obey(const char *fifo, const char *line)
{
	char word[16] = "", how[16] = "", text[64];
	int n = 0, pid = 0, ms = 0;
	int got = sscanf(line, "%15s %d %15s %d %d", word, &n, how, &pid, &ms);
	struct crash_plan plan = { .disk = strcmp(how, "drop") == 0 ? CRASH_DROP : strcmp(how, "some") == 0 ? CRASH_SOME : CRASH_KEEP,
		.seed = (uint64_t)n };

	if (strcmp(word, "report") == 0) {
		snprintf(text, sizeof text, "%d %d\n", crash_vfs_count().ops, atomic_load(&calls));
		write_file(fifo, "out", text);
		return true;
	}
	atomic_store(&calls, 0);
	atomic_store(&kill_call, 0);
	if (strcmp(word, "db") == 0 && got >= 3) {
		plan.kill_at = n;
	} else if (strcmp(word, "call") == 0 && got >= 3) {
		atomic_store(&kill_phase, strcmp(how, "before") == 0 ? PHASE_BEFORE : strcmp(how, "after") == 0 ? PHASE_AFTER : PHASE_SENT);
		atomic_store(&kill_pid, pid);
		atomic_store(&kill_ms, ms);
		atomic_store(&kill_call, n);
	} else if (strcmp(word, "count") != 0) {
		return false;
	}
	crash_vfs_plan(&plan);
	return true;
}

static void *listen_to(void *arg)
{
	const char *fifo = arg;
	char line[128];

	for (;;) {
		FILE *f = fopen(fifo, "r");
		if (!f)
			abort();
		while (fgets(line, sizeof line, f)) {
			if (!obey(fifo, line)) {
				fprintf(stderr, "crashd: %s", line);
				abort();
			}
			write_file(fifo, "done", line);
		}
		fclose(f);
	}
}

int main(int argc, char **argv)
{
	const char *fifo = getenv("TANA_CRASH_FIFO");
	pthread_t thread;

	if (fifo) {
		if (!crash_vfs_install() || pthread_create(&thread, NULL, listen_to, (void *)fifo) != 0)
			abort();
		host_probe = probe;
	}
	return tanad_main(argc, argv);
}

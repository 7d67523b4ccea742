/* A whole tanad whose VMs (of libvirt's test driver, which has none) have serial consoles: each says "login: ", echoes what is typed
 * and obeys lines that end with a carriage return:
 *   say N    says N bytes, the alphabet over and over
 *   end      the guest's side ends
 *   stick    takes nothing more for as long as the file `stuck` is there
 * While the file `held` is there, somebody has every console open elsewhere, while `broken` is there, none can be opened; `asked` is
 * made when one is. Files: in the folder TEST_CONSOLES. Started by
 * test_streams.c. */
#include "broker/tanad.h"
#include "hosts/host.h"

#include "common/buf.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOSTS 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned oldest;          /* the next to be used anew: far fewer are ever open at once */
static struct guest { struct host *h; struct host_console_sink sink; char line[64]; size_t n; } guests[HOSTS];

static bool is_there(const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", getenv("TEST_CONSOLES"), name);
	return access(path, F_OK) == 0;
}

/* Its host's connection is its own: one that was closed may have had the same address. */
static struct guest *guest_of(struct host *h, bool fresh)
{
	struct guest *g = NULL;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < HOSTS && !g; i++)
		if (guests[i].h == h || (fresh && !guests[i].h))
			g = &guests[i];
	if (!g && fresh)
		g = &guests[oldest++ % HOSTS];
	if (!g)
		abort();
	g->h = h;
	pthread_mutex_unlock(&lock);
	return g;
}

const char *host_no_console(const struct host_facts *f)
{
	return NULL;
}

struct err *host_console_open(struct host *h, const char *uuid, bool force, const struct host_console_sink *sink)
{
	char path[512];

	snprintf(path, sizeof path, "%s/asked", getenv("TEST_CONSOLES"));
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	if (is_there("held") && !force)
		return err_new(ERR_LEASE, "host.console.held", NULL);
	if (is_there("broken"))
		return err_new(ERR_FAILED, "host.console.broke", "{s:s, s:s}", "host", "blade-secret", "reason", "secret words");
	struct guest *g = guest_of(h, true);
	g->sink = *sink;
	g->n = 0;
	sink->data(sink->ctx, "login: ", 7);
	return NULL;
}

static void say(struct guest *g, long n)
{
	char piece[1300];

	for (size_t i = 0; i < sizeof piece; i++)
		piece[i] = (char)('a' + i % 26);
	for (; n > 0; n -= (long)sizeof piece)
		g->sink.data(g->sink.ctx, piece, n < (long)sizeof piece ? (size_t)n : sizeof piece);
}

static void obey(struct guest *g)
{
	if (strncmp(g->line, "say ", 4) == 0)
		say(g, atol(g->line + 4));
	else if (strcmp(g->line, "end") == 0)
		g->sink.end(g->sink.ctx, NULL);
	else if (strcmp(g->line, "stick") == 0)
		while (is_there("stuck"))
			usleep(20000);
}

struct err *host_console_write(struct host *h, const void *data, size_t n)
{
	struct guest *g = guest_of(h, false);
	const char *at = data;

	g->sink.data(g->sink.ctx, data, n);
	for (size_t i = 0; i < n; i++) {
		if (at[i] == '\r') {
			g->line[g->n] = '\0';
			g->n = 0;
			obey(g);
		} else if (g->n < sizeof g->line - 1) {
			g->line[g->n++] = at[i];
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	return tanad_main(argc, argv);
}

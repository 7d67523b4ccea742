/* The names that were asked for, their last good addresses, and the threads that ask for them. Any thread may call. */
#include "ssh/resolve.h"

#include "common/buf.h"
#include "common/clock.h"
#include "ssh/wait.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BUCKETS 1024
#define THREADS_MAX 256          /* questions under way; a resolver that hangs must not eat the process */
#define STACK (512 * 1024)       /* name service modules are hungry */

/* One name. Never freed: names come from the site file. */
struct name {
	struct name *next;
	char *host;
	struct resolve_address good[RESOLVE_MAX];
	size_t ngood;                /* 0: never resolved */
	struct query *query;         /* under way, or NULL */
};

/* One question, shared by all who wait for the same name. */
struct query {
	struct name *name;
	int refs;                    /* its thread and those who wait */
	int done_fd;                 /* eventfd, readable once answered */
	bool done;
	int failed;                  /* getaddrinfo's code, 0 = good holds the answer */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct name *names[BUCKETS];
static int threads;
static resolve_fn *ask;

static int ask_system(const char *host, const struct addrinfo *hints, struct addrinfo **out)
{
	return getaddrinfo(host, NULL, hints, out);
}

void resolve_use(resolve_fn *fn)
{
	pthread_mutex_lock(&lock);
	ask = fn;
	pthread_mutex_unlock(&lock);
}

static struct name *name_find(const char *host)
{
	unsigned h = 5381;

	for (const char *p = host; *p; p++)
		h = h * 33 + (unsigned char)*p;
	struct name **slot = &names[h % BUCKETS];
	for (struct name *n = *slot; n; n = n->next)
		if (strcmp(n->host, host) == 0)
			return n;
	struct name *n = xcalloc(1, sizeof *n);
	n->host = xstrdup(host);
	n->next = *slot;
	return *slot = n;
}

static void query_unref(struct query *q) /* locked */
{
	if (--q->refs == 0) {
		close(q->done_fd);
		free(q);
	}
}

static size_t take(const struct addrinfo *list, struct resolve_address *out)
{
	size_t n = 0;

	for (const struct addrinfo *a = list; a && n < RESOLVE_MAX; a = a->ai_next) {
		if (a->ai_addrlen > sizeof out[n].sa || (a->ai_family != AF_INET && a->ai_family != AF_INET6))
			continue;
		memset(&out[n].sa, 0, sizeof out[n].sa);
		memcpy(&out[n].sa, a->ai_addr, a->ai_addrlen);
		out[n++].len = a->ai_addrlen;
	}
	return n;
}

static void *query_thread(void *arg)
{
	struct query *q = arg;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	struct resolve_address found[RESOLVE_MAX];

	pthread_setname_np(pthread_self(), "resolve");
	pthread_mutex_lock(&lock);
	resolve_fn *fn = ask ? ask : ask_system;
	pthread_mutex_unlock(&lock);
	int rc = fn(q->name->host, &hints, &list);
	size_t n = rc == 0 ? take(list, found) : 0;
	if (list)
		freeaddrinfo(list);

	pthread_mutex_lock(&lock);
	if (n) {
		memcpy(q->name->good, found, n * sizeof found[0]);
		q->name->ngood = n;
	}
	q->failed = n ? 0 : rc ? rc : EAI_NONAME;
	q->done = true;
	q->name->query = NULL;
	uint64_t one = 1;
	if (write(q->done_fd, &one, sizeof one) < 0)
		abort(); /* an eventfd at 0 takes a 1 */
	query_unref(q);
	threads--;
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Joins the question that is under way for this name, or starts one. NULL: no room for one more. */
static struct query *query_join(struct name *n) /* locked */
{
	if (n->query) {
		n->query->refs++;
		return n->query;
	}
	if (threads >= THREADS_MAX)
		return NULL;
	struct query *q = xcalloc(1, sizeof *q);
	q->name = n;
	q->refs = 2;
	q->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->done_fd < 0) {
		free(q);
		return NULL;
	}
	if (!thread_start(query_thread, q, STACK, NULL)) {
		close(q->done_fd);
		free(q);
		return NULL;
	}
	threads++;
	return n->query = q;
}

static void set_port(struct resolve_address *a, int port)
{
	if (a->sa.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&a->sa)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)&a->sa)->sin_port = htons((uint16_t)port);
}

struct err *resolve_name(const char *host, int port, int64_t deadline, int stop_fd,
	struct resolve_address out[RESOLVE_MAX], size_t *n, bool *remembered)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *list = NULL;
	struct err *e = NULL;
	int64_t started = clock_boot_ms();

	*n = 0;
	*remembered = false;
	if (getaddrinfo(host, NULL, &hints, &list) == 0) {
		*n = take(list, out);
		freeaddrinfo(list);
	}
	if (*n == 0) {
		pthread_mutex_lock(&lock);
		struct name *name = name_find(host);
		struct query *q = query_join(name);
		enum wait_end w = WAIT_LATE;
		if (q) {
			/* With an old answer at hand half of the time is enough to wait for a new one. */
			int64_t until = name->ngood ? started + (deadline - started) / 2 : deadline;
			int fd = q->done_fd;
			pthread_mutex_unlock(&lock);
			w = wait_fd(fd, POLLIN, stop_fd, until);
			pthread_mutex_lock(&lock);
		}
		if (w == WAIT_STOPPED) {
			e = err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", host);
		} else if (name->ngood) {
			memcpy(out, name->good, sizeof name->good);
			*n = name->ngood;
			*remembered = !q || !q->done || q->failed;
		} else if (!q) {
			e = err_new(ERR_UNREACHABLE, "ssh.name.busy", "{s:s}", "host", host);
		} else if (!q->done) {
			e = err_new(ERR_TIMEOUT, "ssh.name.late", "{s:s, s:i}", "host", host, "seconds",
				(int)((clock_boot_ms() - started + 999) / 1000));
		} else {
			e = err_new(ERR_UNREACHABLE, "ssh.name.unknown", "{s:s, s:s}", "host", host, "reason",
				gai_strerror(q->failed));
		}
		if (q)
			query_unref(q);
		pthread_mutex_unlock(&lock);
	}
	for (size_t i = 0; i < *n; i++)
		set_port(&out[i], port);
	return e;
}

/* What puppet.h says. */
#include "puppet.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE 65536

struct puppet {
	pid_t pid;
	int strings;         /* lines for it: what to say, or "!drop" */
	char socket[108], log[128];
};

static void fail(const char *what)
{
	perror(what);
	_exit(2);
}

/* Single quotes stand for double ones. */
static void say(int fd, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 2);

	if (!copy)
		fail("malloc");
	for (size_t i = 0; i < len; i++)
		copy[i] = text[i] == '\'' ? '"' : text[i];
	copy[len] = '\n';
	for (size_t done = 0; done < len + 1;) {
		ssize_t n = send(fd, copy + done, len + 1 - done, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	free(copy);
}

/* One request: its id comes back. */
static void answer(int fd, const char *line, const char *role, const char *const *objects, FILE *log)
{
	const char *id = strstr(line, "\"id\":");
	char text[512];
	long number = id ? strtol(id + 5, NULL, 10) : 0;

	fprintf(log, "%s\n", line);
	fflush(log);
	if (strstr(line, "\"hello\""))
		snprintf(text, sizeof text, "{'return':{'user':'sato','uid':1000,'role':'%s','tenant':'','site':'puppet','private':false,'version':'0'},'id':%ld}", role, number);
	else
		snprintf(text, sizeof text, "{'return':{},'id':%ld}", number);
	say(fd, text);
	if (!strstr(line, "\"subscribe\""))
		return;
	for (; *objects; objects++)
		say(fd, *objects);
	say(fd, "{'event':'synced'}");
}

struct lines { char buf[LINE]; size_t len; };

/* The next whole line of what was read; NULL: none. */
static char *next_line(struct lines *l, char *out)
{
	char *end = memchr(l->buf, '\n', l->len);
	size_t n = end ? (size_t)(end - l->buf) : 0;

	if (!end)
		return NULL;
	memcpy(out, l->buf, n);
	out[n] = '\0';
	l->len -= n + 1;
	memmove(l->buf, end + 1, l->len);
	return out;
}

static bool more(int fd, struct lines *l)
{
	ssize_t n = l->len < sizeof l->buf ? read(fd, l->buf + l->len, sizeof l->buf - l->len) : 0;

	if (n > 0)
		l->len += (size_t)n;
	return n > 0;
}

static void run(int listener, int strings, const char *role, const char *const *objects, FILE *log)
{
	static struct lines told, heard;
	static char line[LINE];
	int fd = -1;

	for (;;) {
		struct pollfd p[2] = {{strings, POLLIN, 0}, {fd >= 0 ? fd : listener, POLLIN, 0}};

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents) {
			if (!more(strings, &told))
				_exit(0); /* the test has ended */
			while (next_line(&told, line)) {
				if (strcmp(line, "!drop") != 0) {
					say(fd, line);
				} else if (fd >= 0) {
					close(fd);
					fd = -1;
				}
			}
		} else if (p[1].revents && fd < 0) {
			fd = accept(listener, NULL, NULL);
			heard.len = 0;
			say(fd, "{'tana':{'protocols':[1],'version':'0','site':'puppet'}}");
		} else if (p[1].revents) {
			if (!more(fd, &heard)) {
				close(fd);
				fd = -1;
			}
			while (fd >= 0 && next_line(&heard, line))
				answer(fd, line, role, objects, log);
		}
	}
}

struct puppet *puppet_start(const char *socket_path, const char *role, const char *const *objects)
{
	struct puppet *p = calloc(1, sizeof *p);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pipes[2];
	FILE *log;

	if (!p || listener < 0 || pipe(pipes) != 0)
		fail("puppet");
	snprintf(p->socket, sizeof p->socket, "%s", socket_path);
	snprintf(p->log, sizeof p->log, "%s.log", socket_path);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", socket_path);
	unlink(socket_path);
	log = fopen(p->log, "w");
	if (!log || bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 4) != 0)
		fail(socket_path);
	p->pid = fork();
	if (p->pid == 0) {
		close(pipes[1]);
		run(listener, pipes[0], role, objects, log);
	}
	fclose(log);
	close(listener);
	close(pipes[0]);
	p->strings = pipes[1];
	return p;
}

static void tell(struct puppet *p, const char *line)
{
	if (dprintf(p->strings, "%s\n", line) < 0)
		fail("puppet");
}

void puppet_say(struct puppet *p, const char *line)
{
	tell(p, line);
}

void puppet_drop(struct puppet *p)
{
	tell(p, "!drop");
}

void puppet_freeze(struct puppet *p, bool frozen)
{
	kill(p->pid, frozen ? SIGSTOP : SIGCONT);
}

bool puppet_asked(struct puppet *p, const char *text, int ms)
{
	static char all[LINE];

	for (int waited = 0; waited <= ms; waited += 20) {
		FILE *f = fopen(p->log, "r");
		size_t n = f ? fread(all, 1, sizeof all - 1, f) : 0;

		if (f)
			fclose(f);
		all[n] = '\0';
		if (strstr(all, text))
			return true;
		usleep(20000);
	}
	return false;
}

void puppet_end(struct puppet *p)
{
	if (!p)
		return;
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->strings);
	unlink(p->socket);
	free(p);
}

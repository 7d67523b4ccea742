/* Starts what the tests of ssh, relay and hosts need around them, and counts what they leave behind. */
#include "sshd_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SSHD "/usr/sbin/sshd"

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

char *read_text(const char *path)
{
	char *text = calloc(1, 65536);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!text || fd < 0 || read(fd, text, 65535) < 0)
		abort();
	close(fd);
	return text;
}

int listen_tcp(int backlog, int *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, backlog) != 0
		|| getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		abort();
	*port = ntohs(sa.sin_port);
	return fd;
}

static bool new_key(const char *path, const char *passphrase, char *pub, size_t size)
{
	ssh_key key = NULL;
	char *b64 = NULL;
	/* one with a passphrase is RSA in PEM: the kind for which OpenSSL would ask at the terminal */
	bool ok = ssh_pki_generate(passphrase ? SSH_KEYTYPE_RSA : SSH_KEYTYPE_ED25519, passphrase ? 2048 : 0, &key) == SSH_OK
		&& ssh_pki_export_privkey_file(key, passphrase, NULL, NULL, path) == SSH_OK
		&& ssh_pki_export_pubkey_base64(key, &b64) == SSH_OK && chmod(path, 0600) == 0;

	if (ok && pub)
		snprintf(pub, size, "ssh-ed25519 %s", b64);
	ssh_string_free_char(b64);
	ssh_key_free(key);
	return ok;
}

bool sshd_new_key(const char *path, char *pub, size_t size)
{
	return new_key(path, NULL, pub, size);
}

static void echo_run(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	snprintf(sa.sun_path, sizeof sa.sun_path, "%.100s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 128) != 0)
		_exit(1);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		if (c >= 0 && fork() == 0) {
			static char data[65536];
			ssize_t n;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while ((n = read(c, data, sizeof data)) > 0)
				for (ssize_t off = 0, w; off < n; off += w)
					if ((w = write(c, data + off, (size_t)(n - off))) <= 0)
						_exit(0);
			_exit(0);
		}
		close(c);
	}
}

pid_t echo_up(const char *path)
{
	struct stat st;
	pid_t pid = fork();

	if (pid == 0) {
		echo_run(path);
		_exit(1);
	}
	for (int i = 0; i < 6000 && stat(path, &st) != 0; i++)
		usleep(10000);
	return pid;
}

static bool answers(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0;

	close(fd);
	return ok;
}

bool sshd_up(struct sshd *s)
{
	return sshd_up_with(s, "");
}

bool sshd_up_with(struct sshd *s, const char *more)
{
	char config[2048], path[96], pub[512];

	memset(s, 0, sizeof *s);
	if (geteuid() != 0 || access(SSHD, X_OK) != 0) {
		printf("skipped: a real sshd needs root and %s\n", SSHD);
		return false;
	}
	(void)mkdir("/run/sshd", 0755);
	snprintf(s->dir, sizeof s->dir, "/tmp/tana-sshd-XXXXXX");
	if (!mkdtemp(s->dir))
		abort();
	snprintf(s->host_key, sizeof s->host_key, "%s/host", s->dir);
	snprintf(s->user_key, sizeof s->user_key, "%s/user", s->dir);
	snprintf(s->wrong_key, sizeof s->wrong_key, "%s/wrong", s->dir);
	snprintf(s->locked_key, sizeof s->locked_key, "%s/locked", s->dir);
	snprintf(s->known, sizeof s->known, "%s/known", s->dir);
	snprintf(s->echo, sizeof s->echo, "%s/echo", s->dir);
	snprintf(path, sizeof path, "%s/authorized", s->dir);
	if (!new_key(s->host_key, NULL, s->host_line, sizeof s->host_line) || !new_key(s->user_key, NULL, pub, sizeof pub)
		|| !new_key(s->wrong_key, NULL, NULL, 0) || !new_key(s->locked_key, "secret", NULL, 0))
		abort();
	write_text(path, pub);
	close(listen_tcp(1, &s->port));
	snprintf(config, sizeof config, "[127.0.0.1]:%d %s\n", s->port, s->host_line);
	write_text(s->known, config);
	snprintf(config, sizeof config,
		"%sPort %d\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\n"
		"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPermitRootLogin yes\n"
		"MaxStartups 200\nUseDNS no\n", more, s->port, s->host_key, path);
	snprintf(path, sizeof path, "%s/config", s->dir);
	write_text(path, config);
	s->echo_pid = echo_up(s->echo);
	s->pid = fork();
	if (s->pid == 0) {
		int null = open("/dev/null", O_RDWR);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execl(SSHD, SSHD, "-D", "-e", "-f", path, (char *)NULL);
		_exit(1);
	}
	for (int i = 0; i < 6000 && !answers(s->port); i++)
		usleep(10000);
	return true;
}

void sshd_down(struct sshd *s)
{
	static const char *const names[] = { "host", "user", "wrong", "locked", "known", "echo", "authorized", "config" };
	char path[128];

	if (!s->pid)
		return;
	sshd_signal_children(s, SIGKILL);
	kill(s->pid, SIGKILL);
	kill(s->echo_pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	waitpid(s->echo_pid, NULL, 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", s->dir, names[i]);
		unlink(path);
	}
	rmdir(s->dir);
}

static int signal_below(pid_t pid, int sig)
{
	char path[64], text[4096] = "", *save = NULL;
	int n = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		text[0] = 0;
	if (fd >= 0)
		close(fd);
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		pid_t child = (pid_t)atoi(p);
		n += 1 + signal_below(child, sig);
		kill(child, sig);
	}
	return n;
}

int sshd_signal_children(const struct sshd *s, int sig)
{
	return signal_below(s->pid, sig);
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

struct counts counts_now(void)
{
	return (struct counts){ entries("/proc/self/fd"), entries("/proc/self/task") };
}

bool counts_settle(struct counts was)
{
	struct counts now = counts_now();

	for (int i = 0; i < 3000 && (now.fds > was.fds || now.tasks > was.tasks); i++) {
		usleep(10000);
		now = counts_now();
	}
	if (now.fds > was.fds || now.tasks > was.tasks)
		printf("left behind: %d descriptors, %d threads\n", now.fds - was.fds, now.tasks - was.tasks);
	return now.fds <= was.fds && now.tasks <= was.tasks;
}

long thread_ticks(const char *name)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	long ticks = -1;

	while (d && (e = readdir(d))) {
		char path[300], text[1024], comm[32];
		unsigned long user, kernel;
		snprintf(path, sizeof path, "/proc/self/task/%s/stat", e->d_name);
		FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (!f)
			continue;
		char *open = fgets(text, sizeof text, f) ? strchr(text, '(') : NULL, *close_ = open ? strrchr(open, ')') : NULL;
		if (close_ && close_ - open - 1 < (long)sizeof comm) {
			snprintf(comm, sizeof comm, "%.*s", (int)(close_ - open - 1), open + 1);
			if (strcmp(comm, name) == 0
				&& sscanf(close_ + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) == 2)
				ticks = (long)(user + kernel);
		}
		fclose(f);
	}
	if (d)
		closedir(d);
	return ticks;
}

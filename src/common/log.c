/* The broker's diary: one cleaned line for each entry, to the system's log or to stderr. Called by the broker's rooms, any thread. */
#include "common/log.h"
#include "common/clock.h"
#include "common/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *program = "tana";
static bool to_syslog, to_journal;
static _Atomic int up_to = LOG_L_INFO;

static const struct { const char *name; int priority; } levels[] = {
	[LOG_L_ERROR] = {"error", LOG_ERR}, [LOG_L_WARN] = {"warning", LOG_WARNING},
	[LOG_L_INFO] = {"info", LOG_INFO}, [LOG_L_DEBUG] = {"debug", LOG_DEBUG},
};

/* JOURNAL_STREAM is "DEVICE:INODE" of what the journal reads; it is inherited by those whose stderr goes elsewhere. */
static bool find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	int end = 0;

	return stream && sscanf(stream, "%20llu:%20llu%n", &dev, &ino, &end) == 2 && !stream[end] && fstat(STDERR_FILENO, &st) == 0 &&
		st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

void log_open(const char *name, bool use_syslog, enum log_level level)
{
	program = name;
	to_syslog = use_syslog;
	to_journal = find_journal();
	up_to = (int)level;
}

bool log_is_journal(void)
{
	return to_journal;
}

const char *log_datagram(const char *path, int facility, const char *name, const char *text)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char line[LINE_MAX_BYTES + 128];
	time_t now = (time_t)clock_wall_s();
	struct tm at;

	if (strlen(path) >= sizeof to.sun_path)
		return strerrordesc_np(ENAMETOOLONG);
	memcpy(to.sun_path, path, strlen(path));
	localtime_r(&now, &at);
	int n = snprintf(line, sizeof line, "<%d>%s %2d %02d:%02d:%02d %s[%d]: %s", facility, months[at.tm_mon % 12], at.tm_mday, at.tm_hour,
		at.tm_min, at.tm_sec, name, (int)getpid(), text), why = 0;
	size_t len = n < 0 ? 0 : n < (int)sizeof line ? (size_t)n : sizeof line - 1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof to) < 0)
		why = errno;
	if (fd >= 0)
		close(fd);
	return why ? strerrordesc_np(why) : NULL;
}

static void put_stderr(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES + 128];
	int n = to_journal ? snprintf(line, sizeof line, "<%d>%s\n", levels[level].priority, text) :
		snprintf(line, sizeof line, "%s: %s: %s\n", program, levels[level].name, text);

	if (n >= (int)sizeof line)
		n = (int)sizeof line - 1;
	/* one write, so that lines of several threads never mix; a diary that cannot be written has nobody to tell */
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

void log_put(enum log_level level, const char *fmt, ...)
{
	char raw[LINE_MAX_BYTES], text[LINE_MAX_BYTES];
	int saved = errno;
	va_list ap;

	if ((int)level > up_to)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof raw, fmt, ap);
	va_end(ap);
	const char *line = raw;
	if (!text_is_clean(raw)) {
		text_clean(text, sizeof text, raw, strlen(raw));
		line = text;
	}
	/* What the log service does not take is at least said here. */
	if (!to_syslog || log_datagram(LOG_SOCKET, LOG_DAEMON | levels[level].priority, program, line))
		put_stderr(level, line);
	errno = saved;
}

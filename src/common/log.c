/* The broker's diary: one cleaned line for each entry, to syslog or to stderr. Called by the broker's rooms, any thread. */
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *program = "tana";
static bool to_syslog;
static _Atomic int up_to = LOG_L_INFO;

static const struct { const char *name; int priority; } levels[] = {
	[LOG_L_ERROR] = {"error", LOG_ERR}, [LOG_L_WARN] = {"warning", LOG_WARNING},
	[LOG_L_INFO] = {"info", LOG_INFO}, [LOG_L_DEBUG] = {"debug", LOG_DEBUG},
};

void log_open(const char *name, bool use_syslog, enum log_level level)
{
	program = name;
	to_syslog = use_syslog;
	up_to = (int)level;
	if (use_syslog)
		openlog(name, LOG_PID, LOG_DAEMON);
}

static void put_stderr(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES + 128];
	int n = snprintf(line, sizeof line, "%s: %s: %s\n", program, levels[level].name, text);

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
	if (to_syslog)
		syslog(levels[level].priority, "%s", line);
	else
		put_stderr(level, line);
	errno = saved;
}

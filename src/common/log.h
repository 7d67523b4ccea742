/* The broker's diary for its administrators: the system's log, or standard error, on which under systemd each line has its priority in
 * front, as sd-daemon(3) says. Thread-safe; every line is cleaned, so that no foreign byte begins another. Never waits. */
#ifndef TANA_LOG_H
#define TANA_LOG_H

#include <stdbool.h>

enum log_level { LOG_L_ERROR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG };

#define LOG_SOCKET "/dev/log"

void log_open(const char *program, bool to_syslog, enum log_level up_to); /* program is borrowed */
bool log_is_journal(void);   /* standard error is read by the journal */
/* One datagram to the log service's socket, as syslog(3) writes it, but without waiting for a service that does not read. facility:
 * of <syslog.h>, with the priority. NULL, or why not. */
const char *log_datagram(const char *path, int facility, const char *program, const char *text);
void log_put(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_put(LOG_L_ERROR, __VA_ARGS__)
#define log_warn(...) log_put(LOG_L_WARN, __VA_ARGS__)
#define log_info(...) log_put(LOG_L_INFO, __VA_ARGS__)
#define log_debug(...) log_put(LOG_L_DEBUG, __VA_ARGS__)

#endif

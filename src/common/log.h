/* The broker's diary for its administrators (syslog/journal or stderr). Thread-safe; every line is cleaned. */
#ifndef TANA_LOG_H
#define TANA_LOG_H

#include <stdbool.h>

enum log_level { LOG_L_ERROR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG };

void log_open(const char *program, bool to_syslog, enum log_level up_to);
void log_put(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_put(LOG_L_ERROR, __VA_ARGS__)
#define log_warn(...) log_put(LOG_L_WARN, __VA_ARGS__)
#define log_info(...) log_put(LOG_L_INFO, __VA_ARGS__)
#define log_debug(...) log_put(LOG_L_DEBUG, __VA_ARGS__)

#endif

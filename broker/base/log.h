/* log.h: one key=value line to stderr (journald adds time and unit). The core never logs: its journal is the log. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/* log_info("listening endpoint=%s", s). Text values with spaces are quoted by the caller as \"%s\". */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

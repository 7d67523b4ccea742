/* A growable byte buffer, and writing JSON straight into it (objects of 80,000 VMs never become a tree). */
#ifndef TANA_BUF_H
#define TANA_BUF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;       /* owned; not terminated */
	size_t len, size;
};

void buf_append(struct buf *b, const void *data, size_t len); /* it grows, and cannot fail; no NUL is put behind: so the two below */
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_drop(struct buf *b, size_t n);           /* the first n bytes; n <= len */
void buf_free(struct buf *b);                     /* what is inside; it is empty then, and may be used again */
void buf_json_string(struct buf *b, const char *s); /* quoted and escaped; NULL becomes null; bad UTF-8 becomes U+FFFD */
void buf_json_int(struct buf *b, int64_t n);
void buf_json(struct buf *b, const json_t *j);    /* compact, no newline */

/* malloc that cannot fail (aborts): memory for small things. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);                     /* NULL stays NULL */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

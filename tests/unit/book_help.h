/* What the tests of the book share: rows, hosts' lists, and what is counted of them. */
#ifndef TANA_BOOK_HELP_H
#define TANA_BOOK_HELP_H

#include "common/clock.h"
#include "jobs_ground.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define GIB (INT64_C(1) << 30)

extern char book_moves[16][80];   /* "NAME WAS>IS", of the last list */
extern int book_nmoves;
void book_moved(void *ctx, struct snapshot *s, enum snap_state was);  /* notes one there */

/* A host's list: names, NULL at the end; asked now. */
void listed(int n, ...);
struct snapshot *kept(int n, const char *name, const char *charged); /* taken now; a second later */
const char *may(int n, const char *charged, uint64_t bytes);         /* "" or the id of what refuses it */

#define LINE(n, scope, k, u, b) do { struct quota_line l_ = line(n, scope, k); assert_int_equal(l_.used, u); \
	assert_int_equal(l_.busy, b); } while (0)
#define MARK(n, s, b, m, w) do { assert_int_equal(vm_of(n)->snaps, s); assert_int_equal(vm_of(n)->snaps_busy, b); \
	assert_int_equal(vm_of(n)->snaps_max, m); assert_string_equal(vm_of(n)->snap, w); } while (0)

#endif

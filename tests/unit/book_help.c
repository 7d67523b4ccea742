/* What the tests of the book share (book_help.h). */
#include "book_help.h"

#include <stdio.h>

char book_moves[16][80];
int book_nmoves;

void book_moved(void *ctx, struct snapshot *s, enum snap_state was)
{
	snprintf(book_moves[book_nmoves++ % 16], sizeof book_moves[0], "%s %s>%s", s->name, snap_state_name(was), snap_state_name(s->state));
}

void listed(int n, ...)
{
	char *names[16];
	size_t count = 0;
	va_list ap;

	va_start(ap, n);
	for (char *s; (s = va_arg(ap, char *)); )
		names[count++] = s;
	va_end(ap);
	book_nmoves = 0;
	book_listed(book, vm_of(n), names, count, clock_boot_ms(), book_moved, NULL);
}

struct snapshot *kept(int n, const char *name, const char *charged)
{
	struct snapshot *s = reserve(n, name, charged, 0);

	book_move(book, s, SNAP_SENT, 0, NULL);
	book_move(book, s, SNAP_KEPT, 0, NULL);
	clock_fake_advance(1000);
	return s;
}

const char *may(int n, const char *charged, uint64_t bytes)
{
	static char id[64];
	struct err *e = book_may_take(book, &(struct book_ask){ .vm = vm_of(n), .charged = charged, .bytes = bytes, .but = "" });

	snprintf(id, sizeof id, "%s", e ? e->msg.id : "");
	if (e)
		assert_int_equal(e->class, ERR_LIMIT);
	err_free(e);
	return id;
}

/* A VM's serial console, handed to its driver. Apart from host.c so that a test's program can put one of its own in its place
 * (tests/broker/consoled.c). Called by fleet's consoles. */
#include "hosts/driver.h"

const char *host_no_console(const struct host_facts *f)
{
	return f->no_console;
}

struct err *host_console_open(struct host *h, const char *uuid, bool force, const struct host_console_sink *sink)
{
	return h->driver->console_open(h, uuid, force, sink);
}

struct err *host_console_write(struct host *h, const void *data, size_t n)
{
	return h->driver->console_write(h, data, n);
}

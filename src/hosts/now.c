/* What VMs do now, what they are reached by and what their screens show: the way to the driver. Called by fleet on its workers. */
#include "hosts/driver.h"

#include <stdlib.h>
#include <string.h>

struct err *host_stats(struct host *h, const char (*uuids)[HOST_UUID_LEN + 1], size_t n, struct host_stat *out)
{
	memset(out, 0, n * sizeof *out);
	for (size_t i = 0; i < n; i++) {
		memcpy(out[i].uuid, uuids[i], sizeof out[i].uuid);
		out[i].cpu_ns = out[i].mem_used_kib = -1;
		out[i].disk_read = out[i].disk_write = out[i].net_in = out[i].net_out = -1;
	}
	return h->driver->stats(h, uuids, n, out);
}

struct err *host_extra(struct host *h, const char *uuid, struct host_extra *out)
{
	memset(out, 0, sizeof *out);
	return h->driver->extra(h, uuid, out);
}

void host_extra_free(struct host_extra *x)
{
	for (size_t i = 0; i < x->ndisks; i++)
		free(x->disks[i]);
	free(x->disks);
	free(x->macs);
	free(x->addresses);
	memset(x, 0, sizeof *x);
}

struct err *host_screenshot(struct host *h, const char *uuid, struct host_screen *out)
{
	memset(out, 0, sizeof *out);
	host_tell_probe("screenshot", 0);
	struct err *e = h->driver->screenshot(h, uuid, out);
	host_tell_probe("screenshot", 1);
	return e;
}

/* What VMs of the scripted machines do now: counters that go up by themselves, nothing else. */
#include "fake_inside.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

struct err *host_stats(struct host *h, const char (*uuids)[HOST_UUID_LEN + 1], size_t n, struct host_stat *out)
{
	struct err *e = fake_begin(h, FAKE_STATS, 0);

	if (e)
		return e;
	for (size_t i = 0; i < n; i++) {
		const struct fvm *v = fake_vm_by_uuid(h->m, uuids[i]);

		out[i] = (struct host_stat){ .known = v && v->state == VM_RUNNING, .vcpus = 2, .cpu_ns = h->m->called[FAKE_STATS] * 1000000LL,
			.mem_used_kib = 1000, .disk_read = -1, .disk_write = -1, .net_in = -1, .net_out = -1 };
		memcpy(out[i].uuid, uuids[i], sizeof out[i].uuid);
	}
	pthread_mutex_unlock(&fake_lock);
	return NULL;
}

struct err *host_extra(struct host *h, const char *uuid, struct host_extra *out)
{
	struct err *e = fake_begin(h, FAKE_EXTRA, 0);

	if (e)
		return e;
	*out = (struct host_extra){ .disks = NULL, .macs = xstrdup("52:54:00:00:00:01"), .addresses = xstrdup("192.0.2.1") };
	pthread_mutex_unlock(&fake_lock);
	return NULL;
}

void host_extra_free(struct host_extra *x)
{
	free(x->macs);
	free(x->addresses);
}

struct err *host_screenshot(struct host *h, const char *uuid, struct host_screen *out)
{
	struct err *e = fake_begin(h, FAKE_SCREEN, 0);

	if (e)
		return e;
	*out = (struct host_screen){ .w = 2, .h = 2, .rgb = xcalloc(12, 1) };
	pthread_mutex_unlock(&fake_lock);
	return NULL;
}

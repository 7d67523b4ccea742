/* From counters to rates (rates.h). */
#include "fleet/rates.h"

/* Per second; -1 not known. */
static int64_t rate(int64_t was, int64_t now, int64_t ms)
{
	int64_t more = now - was;

	if (was < 0 || now < was)
		return -1;
	return more > INT64_MAX / 1000 ? more / ms * 1000 : more * 1000 / ms;
}

static int permille(const struct host_stat *was, const struct host_stat *now, int64_t ms)
{
	double all = (double)ms * 1e6 * now->vcpus;

	if (was->cpu_ns < 0 || now->cpu_ns < was->cpu_ns || !now->vcpus)
		return -1;
	double part = (double)(now->cpu_ns - was->cpu_ns) / all * 1000 + 0.5;
	return part > 1000 ? 1000 : (int)part; /* the host's clock and ours are read a moment apart */
}

void rates_of(const struct host_stat *was, const struct host_stat *now, int64_t ms, struct fleet_stat *out)
{
	*out = (struct fleet_stat){ -1, now->mem_used_kib, -1, -1, -1, -1 };
	if (!was || ms <= 0)
		return;
	out->cpu_permille = permille(was, now, ms);
	out->disk_read = rate(was->disk_read, now->disk_read, ms);
	out->disk_write = rate(was->disk_write, now->disk_write, ms);
	out->net_in = rate(was->net_in, now->net_in, ms);
	out->net_out = rate(was->net_out, now->net_out, ms);
}

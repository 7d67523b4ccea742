/* What a host's list makes of a revert or a deletion whose outcome was not known, and the words that settling uses. Called by
 * settle.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"

#include <string.h>

void settle_age(const struct run *r, char *age, size_t size)
{
	int64_t since = r->targets[0].sent_at ? r->targets[0].sent_at : r->started_boot;

	policy_age(age, size, (clock_boot_ms() - since + 999) / 1000);
}

const char *settle_name(const struct run *r, const struct snapshot *row)
{
	if (row)
		return row->name[0] ? row->name : row->host_name;
	return snap_called_by_job(r);
}

void settle_judge_revert(struct run *r, const struct host_snaps *snaps)
{
	struct run_target *t = &r->targets[0];
	const char *current = "";
	char age[24];

	for (size_t i = 0; i < snaps->n; i++)
		if (snaps->list[i].current)
			current = snaps->list[i].name;
	settle_age(r, age, sizeof age);
	/* It is the current one and was not before; or it was, and the host told that a snapshot moved the VM's state. */
	if (strcmp(current, r->snap->host_name) == 0 && (!r->snap->was_current || t->saw_wished)) {
		target_say(t, JOB_DONE, "job.snap.late.reverted", "{s:s, s:s}", "snapshot", settle_name(r, NULL), "age", age);
	} else {
		target_say(t, JOB_FAILED, "job.snap.revert-unseen", "{s:s, s:s, s:s, s:s}", "name", t->name, "snapshot", settle_name(r, NULL),
			"current", current[0] ? snap_called(r->jobs, t->id, current) : "-", "state", vm_state_name(snaps->state));
	}
	snap_end(r, SNAP_STATE_COUNT, 0);
}

void settle_judge_delete(struct run *r, const struct host_snaps *snaps)
{
	struct run_target *t = &r->targets[0];
	struct buf names = { 0 };
	size_t left = 0;
	char age[24];

	for (size_t i = 0; i < r->snap->nvictims; i++) {
		if (!snap_listed(snaps, r->snap->victims[i]))
			continue;
		if (left++ < 5)
			buf_printf(&names, "%s%s", left > 1 ? ", " : "", snap_called(r->jobs, t->id, r->snap->victims[i]));
	}
	if (left > 5)
		buf_str(&names, ", ...");
	buf_append(&names, "", 1);
	settle_age(r, age, sizeof age);
	if (left == 0)
		target_say(t, JOB_DONE, "job.snap.late.deleted", "{s:s, s:s}", "snapshot", settle_name(r, NULL), "age", age);
	else if (left < r->snap->nvictims)
		target_say(t, JOB_FAILED, "job.snap.left", "{s:I, s:s}", "left", (json_int_t)left, "names", names.data);
	else
		target_say(t, JOB_FAILED, "job.snap.undeleted", "{s:s, s:s}", "snapshot", settle_name(r, NULL), "age", age);
	if (left)
		late_add(r->jobs, t, false);
	buf_free(&names);
	snap_end(r, SNAP_STATE_COUNT, 0);
}

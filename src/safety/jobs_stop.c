/* The end of a broker, as jobs see it: what is worth waiting for, and then nothing is written or sent any more. */
#include "safety/jobs_run.h"

/* A guest that shuts down, and a blade whose turn is still to come, take minutes: whoever comes next awaits them as well. */
static bool is_brief(const struct run_target *t)
{
	if (t->in_flight)
		return true;
	if (t->state != JOB_PENDING && t->state != JOB_RUNNING)
		return false;
	return t->state == JOB_RUNNING ? !t->deadline : !t->run->metal;
}

static bool run_is_brief(const struct run *r)
{
	if (r->closed)
		return false;
	if (r->starting || r->writing)
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (is_brief(&r->targets[i]))
			return true;
	return false;
}

size_t jobs_brief(const struct jobs *j)
{
	size_t n = 0;

	for (const struct run *r = j->runs; r; r = r->next)
		n += run_is_brief(r);
	return n;
}

size_t jobs_open(const struct jobs *j)
{
	return j->open;
}

void jobs_stop(struct jobs *j)
{
	j->stopping = true;
	loop_timer_clear(j->tick);
	loop_timer_clear(j->turn);
}

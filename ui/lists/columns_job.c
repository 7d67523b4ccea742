/* The columns of jobs (columns.h). */
#include "lists/columns_inside.h"

#include "tr.h"
#include "words/lang.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

TEXT_COLUMN(job, targets, INK_NORMAL)
TEXT_COLUMN(job, by, INK_NORMAL)
INT_COMPARE(job, started)

static void job_text_cell(const void *o, struct cell *c, enum tier t)
{
	const struct job *j = o;

	cell_text(c, lang_said(j->text_id, j->text), INK_DIM);
}

static int job_text_compare(const void *a, const void *b)
{
	return columns_compare_text(((const struct job *)a)->text, ((const struct job *)b)->text);
}

static const char *job_id(const void *o)
{
	return look_id(((const struct job *)o)->id);
}

static void job_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_job(o, t);

	cell_text(c, l.sign, l.ink);
}

static void job_id_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, job_id(o), INK_DIM);
}

static int job_id_compare(const void *a, const void *b)
{
	return strcmp(job_id(a), job_id(b));
}

static void job_state_cell(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_job(o, t);

	cell_text(c, l.word, l.ink);
}

static int job_state_compare(const void *a, const void *b)
{
	return columns_compare_int(((const struct job *)a)->state, ((const struct job *)b)->state);
}

static void job_verb_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, look_verb(((const struct job *)o)->verb), INK_NORMAL);
}

static int job_verb_compare(const void *a, const void *b)
{
	return columns_compare_text(((const struct job *)a)->verb, ((const struct job *)b)->verb);
}

static void job_started_cell(const void *o, struct cell *c, enum tier t)
{
	look_time(c->tmp, sizeof c->tmp, ((const struct job *)o)->started);
	cell_text(c, c->tmp, INK_DIM);
}

static int64_t job_seconds(const struct job *j)
{
	return j->ended > 0 ? j->ended - j->started : -j->started;
}

static void job_took_cell(const void *o, struct cell *c, enum tier t)
{
	const struct job *j = o;

	if (j->ended > 0 && j->ended - j->started < 60)
		snprintf(c->tmp, sizeof c->tmp, _("%d s"), (int)(j->ended - j->started));
	else if (j->ended > 0)
		lang_age(c->tmp, sizeof c->tmp, j->ended - j->started);
	else
		look_elapsed(c->tmp, sizeof c->tmp, j->started);
	cell_text(c, c->tmp, j->ended > 0 ? INK_DIM : INK_ACTIVE);
}

static int job_took_compare(const void *a, const void *b)
{
	return columns_compare_int(job_seconds(a), job_seconds(b));
}

static const struct column job_list[] = {
	{N_("JOB"), NULL, 6, 8, false, 6, false, job_id_cell, job_id_compare, NULL, NULL},
	{N_("STATE"), "state", 9, 15, false, 1, false, job_state_cell, job_state_compare, NULL, NULL},
	{N_("ACTION"), "verb", 9, 15, false, 0, false, job_verb_cell, job_verb_compare, NULL, NULL},
	{N_("TARGET"), "targets", 10, 30, false, 0, false, job_targets_cell, job_targets_compare, job_targets_text, NULL},
	{N_("BY"), "by", 4, 14, false, 3, false, job_by_cell, job_by_compare, job_by_text, NULL},
	{N_("STARTED"), NULL, 16, 16, false, 4, true, job_started_cell, job_started_compare, NULL, job_started_number},
	{N_("TOOK"), NULL, 6, 6, true, 5, true, job_took_cell, job_took_compare, NULL, NULL},
	{N_("OUTCOME"), NULL, 12, 0, false, 2, false, job_text_cell, job_text_compare, NULL, NULL},
};
const struct columns columns_job = {job_list, sizeof job_list / sizeof job_list[0], 5, job_sign, job_id, false,
	N_("No jobs yet. Each action that somebody starts stands here with its outcome."), N_("No job matches the filter. F clears it.")};

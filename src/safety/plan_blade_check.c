/* What got worse since a preview of blades was shown. Called by plan_check.c. */
#include "safety/plan_inside.h"

#include <stdio.h>
#include <string.h>

static bool powered(enum power_state s)
{
	return s == POWER_ON || s == POWER_STARTING;
}

static void compare_target(json_t *changes, const struct plan_target *was, const struct plan_target *is)
{
	if (was->id != is->id) {
		plan_worse(changes, "plan.start", is->name, was->name, is->name);
		return;
	}
	if (was->serial != is->serial)
		plan_worse(changes, "plan.serial", is->name, was->serial[0] ? was->serial : "?", is->serial[0] ? is->serial : "?");
	if (strcmp(was->place, is->place) != 0)
		plan_worse(changes, "plan.moved", is->name, was->place, is->place);
	if (was->tenant != is->tenant)
		plan_worse(changes, "plan.owner", is->name, was->tenant[0] ? was->tenant : "-", is->tenant[0] ? is->tenant : "-");
	/* Something runs that was not said to; the other way round somebody only gains, and what is not known now is a warning. */
	if (!powered(was->power) && powered(is->power))
		plan_worse(changes, "plan.power", is->name, power_state_name(was->power), power_state_name(is->power));
	if (was->can != OUTCOME_UNSEEN && is->can == OUTCOME_UNSEEN)
		plan_worse(changes, "plan.unseen", is->name, "", "");
}

static const struct plan_victim *victim_of(const struct plan *p, istr id)
{
	for (size_t i = 0; i < p->nvictims; i++)
		if (p->victims[i].id == id)
			return &p->victims[i];
	return NULL;
}

static void compare_victims(json_t *changes, const struct plan *was, const struct plan *is)
{
	for (size_t i = 0; i < is->nvictims; i++) {
		const struct plan_victim *now = &is->victims[i], *then = victim_of(was, now->id);
		if (!then)
			plan_worse(changes, "plan.blade.victim", now->name, "", "");
		else if (then->tenant != now->tenant)
			plan_worse(changes, "plan.owner", now->name, then->tenant[0] ? then->tenant : "-",
				now->tenant[0] ? now->tenant : "-");
	}
}

static const struct plan_step *step_of(const struct plan *p, istr id)
{
	for (size_t i = 0; i < p->nsteps; i++)
		if (p->steps[i].id == id)
			return &p->steps[i];
	return NULL;
}

/* Ranks are counted anew when VMs are off meanwhile: what must stay is who goes before whom, and with whom. */
static void compare_steps(json_t *changes, const struct plan *was, const struct plan *is)
{
	const struct plan_step *before = NULL, *then_before = NULL;

	for (size_t i = 0; i < is->nsteps; i++) {
		const struct plan_step *now = &is->steps[i], *then = step_of(was, now->id);
		if (!then)
			continue; /* told as a victim */
		if (before && ((before->rank == now->rank) != (then_before->rank == then->rank) || then_before->rank > then->rank))
			plan_worse(changes, "plan.order", now->name, "", "");
		before = now;
		then_before = then;
	}
}

static void votes(char *out, size_t size, const struct plan_quorum *q)
{
	snprintf(out, size, "%u sure and %u unknown of %u needed", q->sure, q->unknown, q->needed);
}

static void compare_quorums(json_t *changes, const struct plan *was, const struct plan *is)
{
	char then_words[80], now_words[80];

	for (size_t i = 0; i < is->nquorums; i++) {
		const struct plan_quorum *now = &is->quorums[i], *then = NULL;
		for (size_t j = 0; j < was->nquorums; j++)
			if (was->quorums[j].cluster == now->cluster)
				then = &was->quorums[j];
		if (then && now->sure >= then->sure && now->sure + now->unknown >= then->sure + then->unknown && now->needed <= then->needed)
			continue;
		snprintf(then_words, sizeof then_words, "-");
		if (then)
			votes(then_words, sizeof then_words, then);
		votes(now_words, sizeof now_words, now);
		plan_worse(changes, "plan.quorum", now->cluster, then_words, now_words);
	}
}

void plan_blade_compare(json_t *changes, const struct plan *was, const struct plan *is)
{
	for (size_t i = 0; i < was->n && i < is->n; i++)
		compare_target(changes, &was->targets[i], &is->targets[i]);
	compare_victims(changes, was, is);
	compare_steps(changes, was, is);
	compare_quorums(changes, was, is);
}

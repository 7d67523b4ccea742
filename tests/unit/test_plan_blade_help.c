/* The world of test_plan_blade_help.h. */
#include "test_plan_blade_help.h"

#include <string.h>

struct site_model metal_site;
struct blade *b12, *b13, *b01;
enum host_outcome blade_can_now;
const char *blade_why_now;
enum verb blade_cannot;
static struct site_cluster clusters[1];
static char *start_order[2];

static enum host_outcome can_blade(void *ctx, const struct blade *b, enum verb v, const char **why, const char **dialect)
{
	*why = blade_why_now;
	*dialect = "hp-oa";
	if (v == blade_cannot)
		return OUTCOME_NO;
	return v == VERB_LOCATE || v == VERB_LOCATE_OFF || v == VERB_REBOOT || v == VERB_RESET ? OUTCOME_UNSEEN : blade_can_now;
}

static struct blade *fit(const char *id, const char *serial)
{
	struct blade *b = registry_find(reg, KIND_BLADE, id);

	b->manager = MANAGER_UP;
	b->power = POWER_ON;
	b->power_live = true;
	b->seen = 1795222000;
	intern_set(&b->fitted, "yes");
	intern_set(&b->identity, "agrees");
	intern_set(&b->cluster, "K1");
	intern_set(&b->bay_serial, serial);
	intern_set(&b->serial, serial);
	return b;
}

int blade_setup(void **state)
{
	plan_setup(state);
	metal_site = *world.site;
	clusters[0] = (struct site_cluster){ (char *)"K1", 2 };
	start_order[0] = (char *)"b1-*";
	start_order[1] = (char *)"db*";
	metal_site.clusters = clusters;
	metal_site.nclusters = 1;
	metal_site.start_order = start_order;
	metal_site.nstart_order = 2;
	metal_site.stagger_ms = 2000;
	world.site = &metal_site;
	world.can_blade = can_blade;
	blade_can_now = OUTCOME_STATE;
	blade_why_now = NULL;
	blade_cannot = VERB_COUNT;
	b12 = fit("blade:a2-12", "CZJ0310B7K");
	b13 = fit("blade:a2-13", "CZJ0310B8L");
	b01 = fit("blade:b1-01", "CZJ0310B9M");
	intern_set(&vm_of(1)->pair, "db01b");
	intern_set(&vm_of(2)->pair, "db01a");
	return 0;
}

struct plan *blade_plan(enum verb v, struct blade *one, struct blade *two, const struct plan_args *args)
{
	struct blade *blades[2] = { one, two };

	return plan_make_blades(&world, &operator, v, blades, two ? 2 : 1, args);
}

const char *note(const struct plan_notes *n, const char *id)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->list[i].msg.id, id) == 0)
			return n->list[i].msg.text;
	return NULL;
}

const char *again(const struct plan *shown, const char *id)
{
	static char text[1024];
	struct plan *now = NULL;
	struct err *e = plan_check(&world, &operator, shown, &now);

	text[0] = '\0';
	if (!id) {
		if (e)
			fail_msg("%s", e->msg.text);
		assert_non_null(now);
		plan_free(now);
		return text;
	}
	if (!e)
		fail_msg("not refused: %s", id);
	assert_null(now);
	assert_string_equal(e->msg.id, id);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

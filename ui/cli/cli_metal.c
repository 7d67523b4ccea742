/* Cells of blades and enclosures in `tana list` (cli_metal.h). */
#include "cli/cli_metal.h"

#include "common/clock.h"
#include "common/text.h"
#include "tr.h"

void cli_age_cell(struct buf *b, int64_t then)
{
	char age[24];
	int64_t s = clock_wall_s() - then;

	lang_age(age, sizeof age, s);
	buf_str(b, then <= 0 ? _("never") : age[0] ? age : "<30 s");
}

void cli_blade_seen(struct buf *b, const struct registry *r, const void *o)
{
	const struct blade *bl = o;

	if (bl->host == HOST_UP)
		buf_str(b, _("now"));
	else if (bl->host != HOST_NONE)
		cli_age_cell(b, bl->seen);
}

void cli_blade_memory(struct buf *b, const struct registry *r, const void *o)
{
	const struct blade *bl = o;
	char used[32], all[32];

	if (!bl->mem_kib)
		return;
	text_bytes_kib(used, sizeof used, (unsigned long long)bl->used_kib);
	text_bytes_kib(all, sizeof all, (unsigned long long)bl->mem_kib);
	buf_printf(b, _("%s of %s"), used, all);
}

/* What is only remembered is marked, as of a VM. */
void cli_blade_power(struct buf *b, const struct registry *r, const void *o)
{
	const struct blade *bl = o;

	if (bl->manager == MANAGER_NONE && bl->power == POWER_UNKNOWN)
		return;
	buf_str(b, power_state_name(bl->power));
	if (!bl->power_live && bl->power != POWER_UNKNOWN)
		buf_str(b, "?");
}

static void put_health(struct buf *b, enum manager_state m, enum health h)
{
	if (m == MANAGER_NONE)
		return;
	buf_str(b, health_name(h));
	if (m != MANAGER_UP && h != HEALTH_UNKNOWN)
		buf_str(b, "?");
}

void cli_blade_health(struct buf *b, const struct registry *r, const void *o)
{
	put_health(b, ((const struct blade *)o)->manager, ((const struct blade *)o)->health);
}

void cli_blade_manager(struct buf *b, const struct registry *r, const void *o)
{
	const struct blade *bl = o;

	if (bl->manager != MANAGER_NONE)
		buf_str(b, manager_state_name(bl->manager));
}

void cli_enclosure_health(struct buf *b, const struct registry *r, const void *o)
{
	put_health(b, ((const struct enclosure *)o)->manager, ((const struct enclosure *)o)->health);
}

void cli_enclosure_manager(struct buf *b, const struct registry *r, const void *o)
{
	const struct enclosure *e = o;

	if (e->manager != MANAGER_NONE)
		buf_str(b, manager_state_name(e->manager));
}

void cli_enclosure_power_on(struct buf *b, const struct registry *r, const void *o)
{
	const struct enclosure *e = o;
	uint32_t slots = registry_slots(r, KIND_BLADE);
	int64_t on = 0;

	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *bl = registry_at(r, KIND_BLADE, s);
		on += bl && bl->enclosure == e->name && bl->power_live && bl->power == POWER_ON;
	}
	if (e->manager == MANAGER_UP)
		buf_json_int(b, on);
}

void cli_enclosure_note(struct buf *b, const struct registry *r, const void *o)
{
	const struct enclosure *e = o;

	const char *what = e->wrong[0] && e->manager == MANAGER_UP ? e->wrong : e->alert;

	buf_str(b, lang_said(what == e->alert ? e->alert_id : NULL, what));
	if (what[0] && e->manager_why[0])
		buf_str(b, "; ");
	buf_str(b, lang_said(e->manager_why_id, e->manager_why));
}

void cli_blade_note(struct buf *b, const struct registry *r, const void *o)
{
	const struct blade *bl = o;

	if (bl->doing[0])
		buf_printf(b, _("%s by %s%s"), bl->doing, bl->by, bl->alert[0] || bl->why[0] ? "; " : "");
	else if (bl->spare || bl->owner[0])
		buf_printf(b, "%s%s%s", bl->spare ? _("spare") : _("owner "), bl->spare ? "" : bl->owner, bl->alert[0] || bl->why[0] ? "; " : "");
	buf_str(b, lang_said(bl->alert_id, bl->alert));
	if (bl->alert[0] && bl->why[0])
		buf_str(b, "; ");
	buf_str(b, lang_said(bl->why_id, bl->why));
}

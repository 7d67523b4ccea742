/* How clusters and volumes read at a glance (look.h). */
#include "words/look.h"

#include "tr.h"

#include <string.h>

static struct look look(const char *sign, const char *word, enum ink ink, enum look_rank rank)
{
	return (struct look){.sign = sign, .word = word, .ink = ink, .rank = rank};
}

struct look look_quorum(const char *quorum, enum tier t)
{
	if (strcmp(quorum, "kept") == 0)
		return look(glyph_text(GLYPH_DOT, t), _("stays"), INK_GOOD, LOOK_WELL);
	if (strcmp(quorum, "lost") == 0)
		return look("!", _("LOST"), INK_ALERT, LOOK_ALERT);
	return look("?", _("not known"), INK_UNKNOWN, LOOK_UNKNOWN);
}

/* What a loss would leave hurts nobody yet: it is never an alarm. */
struct look look_loss(const char *loss, enum tier t)
{
	if (strcmp(loss, "kept") == 0)
		return look("", _("stays"), INK_DIM, LOOK_WELL);
	if (strcmp(loss, "memory") == 0)
		return look("!", _("no room"), INK_WARN, LOOK_WARN);
	if (strcmp(loss, "lost") == 0)
		return look("!", _("LOST"), INK_ALERT_TEXT, LOOK_WARN);
	return *loss ? look("?", _("?"), INK_UNKNOWN, LOOK_UNKNOWN) : look("", "", INK_DIM, LOOK_EMPTY);
}

/* As it is now, and whether it would live without one blade: that is what it was made for. */
struct look look_cluster(const struct cluster *c, enum tier t)
{
	struct look l = look_quorum(c->quorum, t);

	if (l.rank == LOOK_WELL && look_loss(c->blade_lost, t).rank >= LOOK_WARN)
		return look("!", l.word, INK_WARN, LOOK_WARN);
	return l;
}

const char *look_pattern(const char *pattern)
{
	static const struct { const char *name, *words; } patterns[] = {
		{"one-enclosure", N_("one enclosure")},
		{"one-rack", N_("one rack")},
		{"two-racks", N_("two racks")},
		{"four-enclosures", N_("two racks, four enclosures")},
		{"other", N_("mixed")},
	};

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (strcmp(pattern, patterns[i].name) == 0)
			return _(patterns[i].words);
	return pattern;
}

/* Full is quiet: that is what a volume is for. More in it than it may hold, or than fits if all of it is used, is not. */
struct look look_volume(const struct volume *v, enum tier t)
{
	if (v->used_kib > 0 && v->size_kib > 0 && v->used_kib >= v->size_kib / 100 * 95)
		return look("!", _("nearly full"), INK_ALERT, LOOK_ALERT);
	if (v->vms_max > 0 && v->vms > v->vms_max)
		return look("!", _("too many VMs"), INK_WARN, LOOK_WARN);
	if (v->overcommit > 100)
		return look("!", _("overcommitted"), INK_WARN, LOOK_WARN);
	/* How much of it is used its hosts may not tell: what is promised is known all the same. */
	return look(glyph_text(GLYPH_DOT, t), _("OK"), v->used_kib > 0 ? INK_GOOD : INK_DIM, LOOK_WELL);
}

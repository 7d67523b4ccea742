/* How a blade reads at a glance (look.h): what its manager says of the metal and what its host says of itself, made into one
 * sign. Unknown is never drawn as off, and what was last known never as what is. */
#include "words/look.h"

#include "tr.h"

#include <stdio.h>
#include <string.h>

static struct look look(const char *sign, const char *word, enum ink ink, enum look_rank rank)
{
	return (struct look){.sign = sign, .word = word, .ink = ink, .rank = rank};
}

bool look_silent(const struct blade *b)
{
	return b->host == HOST_BACKOFF || ((b->host == HOST_DOWN || b->host == HOST_CONNECTING) && *b->why);
}

static bool is_off(const struct blade *b)
{
	return b->power == POWER_OFF && b->power_live && b->host != HOST_UP;
}

/* A blade that nobody waits for: its owner's business, or one that is kept for the day when another fails. */
static bool is_ours(const struct blade *b)
{
	return b->host == HOST_UP || (!*b->owner && !b->spare);
}

static struct look not_ours(const struct blade *b)
{
	return *b->owner ? look("x", _("owner's"), INK_DIM, LOOK_OFF) : look("s", _("spare"), INK_DIM, LOOK_OFF);
}

static struct look by_host(const struct blade *b)
{
	bool metal = b->manager != MANAGER_NONE;

	/* It was off when its manager was last heard: perhaps it still is. */
	if (b->power == POWER_OFF && !b->power_live && b->host != HOST_UP)
		return look("?", _("was off"), INK_UNKNOWN, LOOK_UNKNOWN);
	if (look_silent(b))
		return look(b->power_live && b->power == POWER_ON ? "!" : "?", _("silent"), INK_ALERT, LOOK_ALERT);
	switch (b->host) {
	case HOST_UP:
		return look("", _("live"), INK_GOOD, LOOK_WELL);
	case HOST_DOWN:
		return look("~", _("waiting"), INK_ACTIVE, LOOK_ACTIVE);
	case HOST_CONNECTING:
		return look("~", _("connecting"), INK_ACTIVE, LOOK_ACTIVE);
	case HOST_NONE:
		/* It runs nothing of ours: the manager alone can tell of it. */
		if (!metal)
			return look("-", _("no host"), INK_DIM, LOOK_EMPTY);
		if (b->power == POWER_UNKNOWN || !b->power_live)
			return look("?", _("not known"), INK_UNKNOWN, LOOK_UNKNOWN);
		return look("-", _("on, no host"), INK_DIM, LOOK_EMPTY);
	default:
		return look("?", _("not known"), INK_UNKNOWN, LOOK_UNKNOWN);
	}
}

struct look look_blade(const struct blade *b, enum tier t)
{
	struct look l;

	if (*b->doing)
		return look("~", look_verb_doing(b->doing), INK_ACTIVE, LOOK_ACTIVE);
	if (b->power_live && b->power == POWER_STARTING && b->host != HOST_UP)
		return look("~", _("starting"), INK_ACTIVE, LOOK_ACTIVE);
	if (b->power_live && b->power == POWER_STOPPING)
		return look("~", _("stopping"), INK_ACTIVE, LOOK_ACTIVE);
	if (strcmp(b->fitted, "no") == 0 && b->host != HOST_UP && !*b->alert)
		return look("-", _("no blade"), INK_DIM, LOOK_EMPTY);
	if (b->health == HEALTH_FAILED)
		return look("!", C_("metal", "failed"), INK_ALERT, LOOK_ALERT);
	if (!is_ours(b))
		return b->health == HEALTH_WARNING ? look("!", _("warning"), INK_WARN, LOOK_WARN) : not_ours(b);
	/* Off, though work is said to run there, hurts; else it is quiet. */
	if (is_off(b))
		l = *b->alert ? look("!", _("off"), INK_ALERT, LOOK_ALERT) : look(glyph_text(GLYPH_OFF, t), _("off"), INK_DIM, LOOK_OFF);
	else
		l = by_host(b);
	if (l.rank < LOOK_WARN && *b->alert)
		return look("!", b->host == HOST_UP ? _("alert") : l.word, INK_WARN, LOOK_WARN);
	if (l.rank < LOOK_WARN && b->health == HEALTH_WARNING)
		return look("!", _("warning"), INK_WARN, LOOK_WARN);
	return l;
}

bool look_unheard(const struct blade *b)
{
	return b->vms == 0 && b->seen == 0 && b->host != HOST_NONE && b->host != HOST_UP;
}

double look_load(const struct blade *b)
{
	double sold = (double)b->mem_kib * 2 / 3;

	return sold > 0 && b->used_kib > 0 ? (double)b->used_kib / sold : 0;
}

/* ---- what the manager says ---- */

static const struct { const char *is, *was; enum ink ink; enum look_rank rank; } powers[POWER_STATE_COUNT] = {
	[POWER_UNKNOWN] = {N_("not known"), N_("not known"), INK_UNKNOWN, LOOK_UNKNOWN},
	[POWER_OFF] = {N_("off"), N_("was off"), INK_DIM, LOOK_OFF},
	[POWER_ON] = {N_("on"), N_("was on"), INK_GOOD, LOOK_WELL},
	[POWER_STARTING] = {N_("starting"), N_("was starting"), INK_ACTIVE, LOOK_ACTIVE},
	[POWER_STOPPING] = {N_("stopping"), N_("was stopping"), INK_ACTIVE, LOOK_ACTIVE},
};

struct look look_power(const struct blade *b, enum tier t)
{
	enum power_state s = b->power < POWER_STATE_COUNT ? b->power : POWER_UNKNOWN;
	const char *sign = s == POWER_ON ? glyph_text(GLYPH_DOT, t) : s == POWER_OFF ? glyph_text(GLYPH_OFF, t) : s == POWER_UNKNOWN ? "?" : "~";

	if (s == POWER_UNKNOWN && (b->manager == MANAGER_NONE || strcmp(b->fitted, "no") == 0))
		return look("", "", INK_DIM, LOOK_EMPTY);
	if (!b->power_live)
		return look("?", _(powers[s].was), INK_UNKNOWN, LOOK_UNKNOWN);
	return look(sign, _(powers[s].is), powers[s].ink, powers[s].rank);
}

struct look look_health(enum health h, enum tier t)
{
	switch (h) {
	case HEALTH_OK:
		return look(glyph_text(GLYPH_DOT, t), _("OK"), INK_GOOD, LOOK_WELL);
	case HEALTH_WARNING:
		return look("!", _("warning"), INK_WARN, LOOK_WARN);
	case HEALTH_FAILED:
		return look("!", C_("metal", "failed"), INK_ALERT, LOOK_ALERT);
	default:
		return look("?", _("not known"), INK_UNKNOWN, LOOK_UNKNOWN);
	}
}

struct look look_manager(enum manager_state s, enum tier t)
{
	switch (s) {
	case MANAGER_NONE:
		return look("", "", INK_DIM, LOOK_EMPTY);
	case MANAGER_CONNECTING:
		return look("~", _("connecting"), INK_ACTIVE, LOOK_ACTIVE);
	case MANAGER_UP:
		return look(glyph_text(GLYPH_DOT, t), _("live"), INK_GOOD, LOOK_WELL);
	case MANAGER_BUSY:
		return look("!", _("busy"), INK_WARN, LOOK_WARN);
	case MANAGER_DENIED:
		return look("!", _("denied"), INK_WARN, LOOK_WARN);
	case MANAGER_SILENT:
		return look("?", _("silent"), INK_ALERT, LOOK_ALERT);
	default:
		return look("?", _("not known"), INK_UNKNOWN, LOOK_UNKNOWN);
	}
}

/* ---- both ---- */

const char *look_alert(const struct blade *b)
{
	size_t n = strlen(b->name);

	const char *alert = lang_said(b->alert_id, b->alert);

	return n > 0 && strncmp(alert, b->name, n) == 0 && strncmp(alert + n, ": ", 2) == 0 ? alert + n + 2 : alert;
}

bool look_contradicts(const struct blade *b)
{
	if (b->host == HOST_UP)
		return b->power_live && b->power != POWER_ON && b->power != POWER_UNKNOWN;
	return is_ours(b) && b->power != POWER_UNKNOWN && (look_silent(b) || !b->power_live || (b->power == POWER_OFF && *b->alert));
}

void look_both(char *out, size_t size, const struct blade *b)
{
	char manager[24], host[24];
	struct look p = look_power(b, TIER_ASCII);
	const char *state;

	out[0] = '\0';
	if (!*p.word || b->power == POWER_UNKNOWN || b->host == HOST_NONE)
		return;
	look_age(manager, sizeof manager, b->power_live ? 0 : b->power_seen);
	look_age(host, sizeof host, b->host == HOST_UP ? 0 : b->seen);
	state = b->host == HOST_UP ? _("answers, now") : b->seen == 0 ? _("never heard") : *host ? _("silent for ") : _("silent");
	snprintf(out, size, _("manager: %s%s%s%s; host: %s%s"), p.word, b->power_live ? _(", now") : *manager ? ", " : "", b->power_live ? "" : manager,
		!b->power_live && *manager ? _(" ago") : "", state, b->host == HOST_UP || b->seen == 0 ? "" : host);
}

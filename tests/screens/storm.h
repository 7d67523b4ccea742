/* One storm: a console on a terminal of its own and what is thrown at it. storm.c starts and ends consoles and looks whether they live;
 * storm_weather.c has what is thrown; storm_deed.c knows what would act, and acts on purpose; storm_care.c does so with alerts and notes. */
#ifndef TANA_TESTS_STORM_H
#define TANA_TESTS_STORM_H

#include "term.h"

#include <stdio.h>

struct storm {
	const char *const *argv;
	const char *ready;       /* stands on the first screen */
	const char *errors;
	const char *name;        /* of the terminal now */
	const char *leave;       /* how the last one goes: quit, hangup (its terminal is gone), kill */
	const char *settings;    /* folder in which each console finds settings: the last one's, none, or damaged ones; NULL: its own */
	bool wall;               /* keys do little there, and q ends it */
	long every;              /* events between two deeds, 0 none */
	bool care;               /* half of them are about alerts and notes */
	FILE *deeds;             /* a line for each that was taken: VERB NAME, alert STATE ID, note on|off ID */
	struct term *t;
	uint64_t random, seed;
	long event, events;
	long starts, answered;   /* redraws that were */
	long done, refused;      /* deeds: orders that the console was told to give; of these, refused */
	long cared;              /* what was written to alerts and notes */
	long erased;             /* how often this console has erased its screen */
	int resized;             /* sizes that may still make it do so unasked */
	uint64_t seen;           /* the newest bytes of what it wrote, for that */
	int blanks;              /* behind a cursor that was sent home, -1 if anything else is there */
	bool stuck;              /* it does not answer, and that was said */
	long memory, memory_early; /* KiB: most of all, and of this start once it had settled */
	int64_t slowest_us;      /* from a redraw that was asked for to its first bytes */
	int64_t longest_us;      /* until it was out of what it was in */
};

bool storm_broke(struct storm *s, const char *what);  /* says so with the screen; false */
uint32_t storm_roll(struct storm *s, uint32_t below);
void storm_resize(struct storm *s, int cols, int rows);
/* Waits until all that was sent was obeyed: a redraw, asked for behind it, has come. False: it did not within ms. */
bool storm_settled(struct storm *s, int ms);
/* The same, out of half sequences, fields and serial consoles, which rightly swallow keys. True when the console has ended, or is stuck. */
bool storm_steady(struct storm *s);

/* Some hundred events, in one write, in several, or one by one. */
void weather_gust(struct storm *s);
/* Enter or y, which no burst has, where they do not act. False: what they did is not seen yet, and nobody may go on by what is seen. */
bool deed_gate(struct storm *s);
/* All of one action: found, looked at, confirmed. False: it went wrong, and that was said. */
bool deed_do(struct storm *s);
/* The same with an alert or a blade's note. */
bool care_do(struct storm *s);

/* For both. True when regex stands there after the keys; false: somewhere on the way it was not as thought, as may be. */
bool deed_step(struct storm *s, const char *keys, const char *regex);
/* The command line that stands in the dialog, from its verb on. */
bool deed_command(struct storm *s, char *out, size_t size);
/* After Enter: waits for the broker's answer. *gone: it took it, and the dialog is closed. */
bool deed_answered(struct storm *s, bool *gone);

#define DEED_ASKING "Asking the broker|問い合わせて"
/* Not done, and not for the broker's reasons: what stands there changed just when it was confirmed. */
#define DEED_UNREAD "plan has just changed|looked at anew|たった今変わりました|確認し直して"
#define DEED_CANCEL "Cancel, change nothing|何も変更しません"

#endif

/* Which key does what, where, and how it is called: one table, from which keys are obeyed, the key line is written and
 * Help is made. Pure. */
#ifndef TANA_KEYMAP_H
#define TANA_KEYMAP_H

#include "keys.h"

#include <stddef.h>

enum command {
	CMD_NONE,
	CMD_UP, CMD_DOWN, CMD_LEFT, CMD_RIGHT, CMD_PAGE_UP, CMD_PAGE_DOWN, CMD_HOME, CMD_END,
	CMD_OPEN, CMD_BACK, CMD_ESCAPE, CMD_CANCEL, CMD_TAB, CMD_BACKTAB, CMD_JOBS,
	CMD_FILTER, CMD_FILTER_CLEAR, CMD_MARK, CMD_MARK_ALL, CMD_SORT, CMD_SORT_REVERSE,
	CMD_NEXT_TROUBLE, CMD_PREVIOUS_TROUBLE,
	CMD_ACTIONS, CMD_POWER, CMD_BLADE_ACTIONS, CMD_BLADE_POWER, CMD_ENCLOSURE, CMD_SNAPSHOT, CMD_PROTECT, CMD_HISTORY, CMD_REFRESH,
	CMD_NOTICES, CMD_LANGUAGE, CMD_CONSOLE, CMD_PEN, CMD_PEN_TAKE, CMD_SEND_ESCAPE, CMD_ROOM, CMD_REDRAW,
	CMD_VIEW, /* straight to one of the first views: key.code says which */
	CMD_ALERTS, CMD_HANDOVER, CMD_GOTO, CMD_WHAT_IF, CMD_SCREEN /* the guest's */, CMD_COLUMNS, CMD_SETUP, CMD_FILTERS /* saved ones */,
	CMD_ZOOM_IN, CMD_ZOOM_OUT, CMD_FOLD /* a branch of the tree */, CMD_NOTE, CMD_COMMAND /* the command line that does the same */,
	 CMD_HELP, CMD_QUIT, CMD_YES,
	CMD_COUNT
};

/* Where a key works: bits. Dialogs and fields lie over the views. */
enum {
	WHERE_RACKS = 1, WHERE_LIST = 2, WHERE_JOBS = 4, WHERE_VM = 8, WHERE_BLADE = 16, WHERE_TEXT = 32,
	WHERE_DIALOG = 64, WHERE_FIELD = 128, WHERE_ENCLOSURE = 256, WHERE_SERVERS = 512 /* beside WHERE_LIST: a customer's first screen */,
	WHERE_CONSOLE = 1024 /* a serial console, behind its escape key */,
	WHERE_VIEWS = 63 | 256, WHERE_ROWS = 2 | 4 | 16
};

#define KEYMAP_KEYS 5
struct binding {
	uint32_t key[KEYMAP_KEYS];
	const char *shown;   /* the keys as they are written on screens, main one first */
	enum command command;
	const char *label;   /* one or two words for the key line, NULL: not there */
	const char *help;    /* a sentence for Help */
	unsigned where;
	int rank;            /* order in the key line, 0: not there; those that do not fit are left out, but Help never is */
};
extern const struct binding keymap[];
extern const size_t keymap_rows;

/* The row that this key means where `where` is; NULL none. Full-width letters count as ASCII, Alt and pastes as nothing. */
const struct binding *keymap_find(const struct key *k, unsigned where);
/* The key as the key line shows it ("Enter"): the first word of shown. */
size_t keymap_first(const struct binding *b, char *out, size_t size);

/* Where keys work, for Help: its heading and its bit, ends with a NULL heading. */
struct keymap_place { const char *heading; unsigned where; };
extern const struct keymap_place keymap_places[];

#endif

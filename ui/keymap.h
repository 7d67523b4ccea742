/* Which key does what, where, and how it is called: one table, from which keys are obeyed, the key line is written and
 * Help is made. Pure. */
#ifndef TANA_KEYMAP_H
#define TANA_KEYMAP_H

#include "term/keys.h"

#include <stdbool.h>
#include <stddef.h>

enum command {
	CMD_NONE,
	CMD_UP, CMD_DOWN, CMD_LEFT, CMD_RIGHT, CMD_PAGE_UP, CMD_PAGE_DOWN, CMD_HOME, CMD_END,
	CMD_OPEN, CMD_BACK, CMD_ESCAPE, CMD_CANCEL, CMD_TAB, CMD_BACKTAB, CMD_JOBS,
	CMD_FILTER, CMD_FILTER_CLEAR, CMD_MARK, CMD_MARK_ALL, CMD_MARK_OTHERS, CMD_UNMARK, CMD_SORT, CMD_SORT_REVERSE,
	CMD_NEXT_TROUBLE, CMD_PREVIOUS_TROUBLE,
	CMD_ACTIONS, CMD_POWER, CMD_BLADE_ACTIONS, CMD_BLADE_POWER, CMD_ENCLOSURE, CMD_SNAPSHOT, CMD_PROTECT, CMD_HISTORY, CMD_REFRESH,
	CMD_NOTICES, CMD_LANGUAGE, CMD_CONSOLE, CMD_PEN, CMD_PEN_TAKE, CMD_SEND_ESCAPE, CMD_ROOM, CMD_REDRAW,
	CMD_VIEW, /* straight to one of the first views: key.code says which */
	CMD_ALERTS, CMD_HANDOVER, CMD_TREE, CMD_GOTO, CMD_WHAT_IF, CMD_SCREEN /* the guest's */, CMD_COLUMNS, CMD_SETUP, CMD_FILTERS /* saved ones */,
	CMD_ZOOM_IN, CMD_ZOOM_OUT, CMD_NOTE, CMD_COMMAND /* the command line that does the same */,
	CMD_EARLIER, CMD_LATER, CMD_USUAL /* columns, as they were at first */, CMD_FORGET,
	 CMD_HELP, CMD_QUIT, CMD_YES,
	CMD_COUNT
};

/* Where a key works: bits. Dialogs and fields lie over the views. */
enum {
	WHERE_RACKS = 1, WHERE_LIST = 2, WHERE_JOBS = 4, WHERE_VM = 8, WHERE_BLADE = 16, WHERE_TEXT = 32,
	WHERE_DIALOG = 64, WHERE_FIELD = 128, WHERE_ENCLOSURE = 256, WHERE_SERVERS = 512 /* beside WHERE_LIST: a customer's first screen */,
	WHERE_CONSOLE = 1024 /* a serial console, behind its escape key */,
	WHERE_ALERTS = 2048, WHERE_RECORDS = 4096 /* events, audit, handover */, WHERE_HANDOVER = 8192 /* beside WHERE_RECORDS */,
	WHERE_TREE = 65536 /* beside WHERE_LIST */, WHERE_WHAT_IF = 131072 /* beside WHERE_TEXT */,
	WHERE_SCREEN = 262144 /* beside WHERE_TEXT: a guest's screen */,
	WHERE_SETUP = 1 << 20 /* beside WHERE_TEXT */, WHERE_COLUMNS = 1 << 21 /* the dialog of a list's columns */,
	WHERE_FILTER = 1 << 22 /* the filter line, while one types in it */,
	WHERE_VIEWS = 63 | 256 | 2048 | 4096, WHERE_ROWS = 2 | 4 | 16 | 2048
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
/* No customer has what it is about: its keys are not there for him. */
bool keymap_is_staffs(enum command c);
/* The key as the key line shows it ("Enter"): the first word of shown. */
size_t keymap_first(const struct binding *b, char *out, size_t size);

/* Where keys work, for Help: its heading and its bit, ends with a NULL heading. */
struct keymap_place { const char *heading; unsigned where; };
extern const struct keymap_place keymap_places[];

#endif

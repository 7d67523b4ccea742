/* Inside the action dialog: what dialog_action.c (asking, choosing, committing) and dialog_draw.c share. */
#ifndef TANA_DIALOG_INSIDE_H
#define TANA_DIALOG_INSIDE_H

#include "app.h"
#include "input.h"
#include "preview.h"

#define DIALOG_LINES 16

enum state {
	STATE_ASKING,     /* what can be done? */
	STATE_MENU,
	STATE_PLANNING,   /* what would it do? */
	STATE_PREVIEW,
	STATE_COMMITTING
};

enum line_kind { LINE_CANCEL, LINE_VERB, LINE_TARGETS, LINE_GENTLER, LINE_REASON, LINE_CONFIRM };

/* What can be chosen. */
struct choice {
	enum line_kind kind;
	char verb[32];
	bool ok;
	char why[256];    /* of a verb that cannot be done now */
};

struct dialog {
	struct view view;
	enum state state;
	bool menu;               /* there is one to go back to */
	int only;
	char title[128];
	char **ids;
	size_t nids;
	char verb[32];           /* being planned or previewed */
	uint64_t request;        /* under way, 0 none */
	struct choice lines[DIALOG_LINES];
	int nlines, at;
	struct preview preview;
	bool show_targets;
	size_t top;              /* of the words */
	struct input typed, reason;
	char notice[256];
	enum ink notice_ink;
	struct registry_watch watch;
	struct loop_timer *replan;
};

void dialog_draw(struct view *v, struct box area);

#endif

/* Inside the action dialog: what dialog_action.c (asking, choosing, committing), dialog_menu.c (what there is to choose at
 * first), dialog_plan.c (what it would do) and dialog_draw.c share. The form of a new snapshot (dialog_snapshot.c) stands where it stands. */
#ifndef TANA_DIALOG_INSIDE_H
#define TANA_DIALOG_INSIDE_H

#include "app.h"
#include "link/preview.h"
#include "link/snaps.h"
#include "term/input.h"

#define DIALOG_LINES 20
#define REASON_MAX 500   /* bytes, as the broker takes them */

enum state {
	STATE_ASKING,     /* what can be done? */
	STATE_MENU,
	STATE_PLANNING,   /* what would it do? */
	STATE_PREVIEW,
	STATE_COMMITTING
};

enum line_kind {
	LINE_CANCEL, LINE_VERB, LINE_DETAILS /* of a snapshot */, LINE_VM /* the menu of its VM */,
	LINE_TARGETS, LINE_LEAVE /* out those that cannot */, LINE_GENTLER, LINE_SET /* plans again with one more argument */, LINE_REASON, LINE_CONFIRM
};

/* What can be chosen. */
struct choice {
	enum line_kind kind;
	char verb[32];
	char label[96];   /* "": after its kind and verb */
	const char *set;  /* of LINE_SET: the argument that becomes "yes" */
	json_t *args;     /* of LINE_VERB and LINE_GENTLER: further arguments of its plan, NULL none; owned */
	bool ok;
	int can;          /* of LINE_VERB of several: for how many of them */
	char why[512];    /* of what cannot be done now */
};

struct dialog {
	struct view view;
	enum state state;
	void (*menu)(struct dialog *d); /* makes the menu to go back to; NULL: there is none */
	enum kind kind;          /* of what is acted on: VMs or blades */
	int only;
	char title[192];
	char **ids;
	size_t nids, all;        /* all: as many as it began with */
	char left_out[256];      /* names of those that the user left out, "" none */
	char verb[32];           /* being planned or previewed */
	json_t *args;            /* of its plan, beside verb and targets */
	int below;               /* overlays below that leave with it when it was committed */
	uint64_t request;        /* under way, 0 none */
	struct choice lines[DIALOG_LINES];
	int nlines, at;
	struct preview preview;
	bool show_targets;
	size_t top;              /* of the words */
	struct input typed, reason;
	char notice[512];
	enum ink notice_ink;
	int64_t unread_until;    /* boot ms; what stands there is too new to be confirmed before */
	bool moved;              /* the cursor was put back when it came */
	struct snaps snaps;      /* of the menu of a snapshot */
	char *snap;              /* its id, NULL */
	struct registry_watch watch;
	struct loop_timer *replan;
};

struct choice *dialog_line(struct dialog *d, enum line_kind kind, const char *verb);  /* a new one, at the end */
void dialog_lines_clear(struct dialog *d);
void dialog_notice(struct dialog *d, enum ink ink, const char *text);
bool dialog_gone(const struct dialog *d);           /* it is about one VM, which is no more */
const char *dialog_error(const struct dialog *d, const struct err *e); /* its text, or that */
bool dialog_lacks_reason(const struct dialog *d);   /* one is needed and not written yet */
void dialog_changed(struct dialog *d);              /* something else stands there now than what was read */
void dialog_typed(struct dialog *d);                /* a sign that no field took: whoever types on has not looked up yet */
bool dialog_unread(struct dialog *d);               /* nobody can have read what stands there; that is said */
void dialog_menu_actions(struct dialog *d);         /* asks what can be done with the VMs or blades */
void dialog_menu_snapshot(struct dialog *d);
void dialog_menu_again(struct dialog *d);           /* the same after its VM changed; the cursor stays */
void dialog_details(struct dialog *d);              /* of the snapshot */

/* First time, or in place when the preview has become old. */
void dialog_plan(struct dialog *d, const char *verb);
void dialog_plan_with(struct dialog *d, const char *argument);  /* the same with one more argument */
void dialog_leave_out(struct dialog *d);            /* plans again without the targets that cannot */
void dialog_other_verb(struct dialog *d, const struct choice *c);
void dialog_replan(void *ctx);                      /* the timer's */
void dialog_confirm(struct dialog *d);              /* Enter on the last line */
void dialog_commit(struct dialog *d);               /* frees d when it went through */

void dialog_draw(struct view *v, struct box area);
/* Where a dialog stands: inside the frame, and when there is such a place it does not cover what it is about.
 * height: rows that it wants at this width. */
struct box dialog_place(struct view *v, int (*height)(struct view *v, int width));
void dialog_air(struct box b);    /* between it and what it covers; what is drawn from then on stays in b */
void dialog_more(struct box b);   /* on its lower border: not all words fit */
/* The first of n lines that is shown when so many fit, so that the one at `at` is. */
int dialog_first(int at, int n, int room);
/* A text wrapped into rows from y on; returns their number. y < 0: only counts. */
int dialog_text(int y, int x, int width, int most, enum ink ink, const char *text);

#endif

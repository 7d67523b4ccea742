/* A view: one file, one table of functions. The app owns views and calls these; a view draws inside the box that it is
 * given and answers commands, which the key table makes out of keys. */
#ifndef TANA_VIEW_H
#define TANA_VIEW_H

#include "common/model.h"
#include "keymap.h"
#include "link/client.h"
#include "term/keys.h"

#include <stdbool.h>
#include <stddef.h>

struct app;
struct list;
struct pen;
struct records;
struct view;

/* The first views, between which Tab walks; 1 to 9 and 0 go straight to the first ten. */
enum tab { TAB_RACKS, TAB_VMS, TAB_BLADES, TAB_JOBS, TAB_ALERTS, TAB_EVENTS, TAB_TREE, TAB_CLUSTERS, TAB_VOLUMES, TAB_AUDIT, TAB_HANDOVER, TAB_COUNT };

/* What a click did: there is nothing; the cursor went there; it stood there already, so that it is to be opened; something else was done. */
enum click { CLICK_NONE, CLICK_MOVED, CLICK_AGAIN, CLICK_DONE };

struct box { int y, x, h, w; };  /* cells; h and w may be 0 or less: nothing fits */

struct view_ops {
	const char *name;        /* of the view, as its code speaks of it; nothing shows it */
	unsigned where;          /* its WHERE_ bit of the key table */
	bool overlay;            /* drawn over the view below, which stays visible */
	bool whole;              /* it has the whole screen and draws a frame of its own */
	void (*draw)(struct view *v, struct box b);
	/* Line 2: counts and alerts of what is in view. NULL: the one below decides. */
	void (*info)(struct view *v, struct pen *p);
	void (*crumb)(struct view *v, char *out, size_t size); /* its part of the way in line 1; NULL: it has none */
	/* A key before the key table sees it: only views that hold a text field. True: taken. */
	bool (*text)(struct view *v, const struct key *k);
	bool (*command)(struct view *v, enum command c); /* false: not mine */
	/* Whether a row of the key table has a meaning here and now (NULL: all do): the key line and Help leave the others out. */
	bool (*can)(struct view *v, enum command c);
	/* The object under the cursor; false: none. */
	bool (*object)(struct view *v, enum kind *k, void **o);
	/* Where on the screen the object under the cursor is, so that a dialog does not cover it. */
	bool (*spot)(struct view *v, struct box *out);
	void (*tick)(struct view *v);  /* about once a second while it is shown */
	/* What the broker tells, and how it is with it, before anybody else hears of it; both may be NULL. True: it was this view's alone. */
	bool (*event)(struct view *v, json_t *line);
	void (*broker)(struct view *v, enum client_state now);
	/* The mouse: the cursor goes to what stands at this cell of the screen. NULL: it knows no mouse. A view that is one list needs
	 * only `list`. */
	enum click (*click)(struct view *v, int y, int x);
	/* The list that it shows, for the mouse, the choice of columns and the order; NULL: none, or not now. Where it is there, object, spot
	 * and retold are the list's unless the view has its own. */
	struct list *(*list)(struct view *v);
	/* The same of a view whose rows are records (records.h): the mouse and the spot are theirs. */
	struct records *(*records)(struct view *v);
	/* Words behind "tana" that show the same on the command line, each after a blank (form_word); "" there are none. NULL: the first
	 * views and those of one VM are known (dialog_command.c). */
	void (*same)(struct view *v, char *out, size_t size);
	/* The keys of its filter where it shows no objects of the mirror (terms.h); ends with NULL. NULL: those of its kind. */
	const char *const *filter_keys;
	void (*retold)(struct view *v); /* the language was switched: what it keeps of texts is in the other one; may be NULL */
	void (*closed)(struct view *v); /* frees it */
};

/* Every view begins with this. */
struct view {
	const struct view_ops *ops;
	struct app *app;
	/* Set by draw when the terminal's own cursor is to be shown (a text field); -1 else. */
	int cursor_y, cursor_x;
};

/* What ops say, or else its list or its records. */
bool view_object(struct view *v, enum kind *k, void **o);
bool view_spot(struct view *v, struct box *out);
void view_retold(struct view *v);

/* The views. Each returns a new one, for app_push or as a tab. */
struct view *view_racks_new(struct app *a, const char *rack); /* rack: only this one, NULL all */
struct view *view_vms_new(struct app *a);
struct view *view_blades_new(struct app *a);
struct view *view_jobs_new(struct app *a);
struct view *view_tree_new(struct app *a);
struct view *view_clusters_new(struct app *a);
struct view *view_volumes_new(struct app *a);
struct view *view_cluster_new(struct app *a, const struct cluster *c);
struct view *view_volume_new(struct app *a, const struct volume *vol);
struct view *view_what_if_new(struct app *a, enum kind k, const void *o); /* what is lost with a VM, blade, enclosure, rack, cluster or volume */
bool view_what_if_takes(enum kind k);
struct view *dialog_goto_new(struct app *a);
struct view *view_vm_new(struct app *a, const struct vm *vm);
struct view *view_blade_new(struct app *a, const struct blade *b);
struct view *view_enclosure_new(struct app *a, const struct enclosure *e, int bay); /* bay: under the cursor at first */
struct view *view_alerts_new(struct app *a);
struct view *view_events_new(struct app *a);
struct view *view_audit_new(struct app *a);
struct view *view_handover_new(struct app *a);
struct view *dialog_alert_new(struct app *a, const struct alert *al);  /* what can be done with it */
struct view *dialog_note_new(struct app *a, const struct blade *b);    /* its watch note */
struct view *view_servers_new(struct app *a);  /* a customer's own VMs */
struct console_options;
struct view *view_console_new(struct app *a, const struct console_options *o); /* a VM's serial console */
struct view *view_screen_new(struct app *a, const struct vm *vm); /* what the guest's screen shows */
struct view *view_help_new(struct app *a);
struct view *view_setup_new(struct app *a);
struct view *dialog_columns_new(struct app *a, struct list *l); /* which columns, in which order, sorted by which; the list is of the view below */
bool view_help_is(const struct view *v);
struct view *view_job_new(struct app *a, const struct job *j);
struct view *view_history_new(struct app *a, const char *object, const char *name);
/* Actions on VMs. only: 0 all, 1 power, 2 protection. ids: texts, copied. */
struct view *dialog_action_new(struct app *a, const char *const *ids, size_t n, const char *title, int only);
/* The same on one blade. */
struct view *dialog_blade_new(struct app *a, const struct blade *b, int only);
struct view *dialog_blades_new(struct app *a, const char *const *ids, size_t n, const char *title, int only); /* on several */
/* Straight to the preview of one verb. args: further arguments of its plan, taken over. below: overlays below this one that
 * leave with it when it was committed. */
struct view *dialog_plan_new(struct app *a, const struct vm *vm, const char *verb, json_t *args, int below);
/* What can be done with a snapshot. answer: of `snapshots`, a reference is taken; id: of one that is in it. */
struct view *dialog_snapshot_menu_new(struct app *a, const struct vm *vm, json_t *answer, const char *id);
struct view *dialog_filters_new(struct app *a);  /* saved filters */
struct view *dialog_command_new(struct app *a);  /* the command line that shows the same as the top view */
struct view *dialog_snapshot_new(struct app *a, const struct vm *vm);  /* the form of a new one */

#endif

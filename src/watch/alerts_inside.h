/* What the files of the alerts share. Nobody outside includes it. */
#ifndef TANA_ALERTS_INSIDE_H
#define TANA_ALERTS_INSIDE_H

#include "watch/alerts.h"
#include "watch/alerts_rules.h"

#include <glib.h>

/* ---- lines (alerts_lines.c) ---- */

#define FLIPS_MAX 16
#define ALERT_ID_SIZE 24
struct mark { char *id, *object, *state, *by, *ticket, *note; int64_t until, at; };
struct line {
	char *key;             /* cause and object: the same one is the same alert for ever */
	char id[ALERT_ID_SIZE];
	enum alert_cause cause;
	enum kind kind;
	char *object, *name, *place, *rack;
	enum alert_level level;
	char *text, *text_id;
	int64_t behind, tenants;
	bool stands;           /* the cause does */
	bool covered;          /* it is counted behind another one */
	bool shown;            /* it has been an alert since it last stood */
	bool known;            /* it stood before this broker began: no news */
	int64_t since, due, changed, cleared; /* due: before that it is not an alert yet */
	int64_t flips[FLIPS_MAX]; /* when it came or went, a ring */
	unsigned nflips;
	bool flapping;
	struct alert *alert;   /* its object; NULL: there is none now */
};
struct about { enum kind kind; const char *object, *name, *place, *rack; };

/* Level NONE: the cause is gone. Gives the line; NULL: there is none, and none is needed. */
struct line *line_say(struct alerts *a, const char *key, const struct about *w, const struct alert_say *s);
struct line *line_of(struct alerts *a, const char *key);
void line_cover(struct alerts *a, struct line *l, bool covered);
void line_behind(struct alerts *a, struct line *l, int64_t behind, int64_t tenants);
void line_refresh(struct alerts *a, struct line *l);  /* its object as it is now; the line may end with it */
void lines_arm(struct alerts *a, int64_t at);        /* all lines are looked at again then, Unix time */
void line_forget(struct alerts *a, struct line *l); /* its object is gone: no line, not even a cleared one */
void lines_init(struct alerts *a);
void lines_free(struct alerts *a);

/* ---- what is remembered (alerts_marks.c) ---- */

void alert_id(char out[ALERT_ID_SIZE], const char *key, uint32_t salt); /* salt: 0, more where two keys fell together */
struct mark *mark_of(struct alerts *a, const char *id); /* NULL: none; borrowed */
bool mark_mutes(const struct mark *m);             /* NULL is allowed */
void mark_drop(struct alerts *a, const char *id);  /* and from the ledger; none is fine */
void mark_free(void *mark);                        /* struct mark, for a hash table */
void marks_well(struct alerts *a, const char *key); /* this cause is known not to stand: what was acknowledged before a start is over */
void marks_start(struct alerts *a);                /* all were loaded: the time of a start begins, where there is anything to wait for */
void marks_drop_old(struct alerts *a);             /* long enough after a start: what nothing brought back */

/* ---- whose VMs stand behind it (alerts_whose.c) ---- */

struct whose { GHashTable *tenants; }; /* tenant -> how many VMs; NULL: nobody's */

void whose_of_blade(struct whose *w, const struct registry *r, const struct blade *b); /* of the VMs that ran there as last known */
void whose_add(struct whose *w, const char *tenant);                    /* one VM of his; "" nobody's: not counted */
void whose_all(struct whose *w, const struct whose *of, bool off);      /* adds them, or takes them off */
bool whose_same(const struct whose *a, const struct whose *b);          /* the same tenants, as often */
int64_t whose_count(const struct whose *w);                             /* how many tenants */
void whose_free(struct whose *w);                                       /* and nobody's again */

/* ---- who says what (alerts.c), and what stands behind what (alerts_tree.c) ---- */

struct node {                  /* the site, a rack, an enclosure */
	struct node *parent;
	enum kind kind;
	char *id, *name;
	int64_t hosts, silent; /* hosts that should answer, here and below; of these, those that do not */
	bool whole;            /* (nearly) all are silent: one line */
	bool dark;             /* its manager is silent, or it has no power: that line has the hosts behind it */
	bool was_dark, queued;
	GPtrArray *kids, *tellers; /* nodes; blades */
	struct whose whose;    /* of the VMs on silent hosts, here and below */
};
struct crowd {                 /* VMs of one blade that say the same */
	char *key, *blade, *text;
	struct node *at;
	enum alert_level level;
	const char *id;
	bool whole, queued;
	GPtrArray *tellers;
	char *place, *rack;
};
#define CROWD_CAUSES 3         /* CAUSE_TWICE, CAUSE_VM, CAUSE_STATE */
struct teller {                /* an object that says something, or may */
	enum kind kind;
	char *id;
	struct node *at;       /* of a blade: where it stands; of an enclosure and rack: itself; else NULL */
	bool expected, silent;
	struct whose whose;    /* of a blade whose host is silent: as it is counted above it */
	unsigned causes;       /* bits of the lines that it has */
	struct crowd *crowds[CROWD_CAUSES];
};

struct alerts {
	struct alerts_config c;
	struct registry_watch watch;
	bool started;
	GHashTable *lines;     /* key -> struct line */
	GHashTable *by_id;     /* id -> struct line */
	GHashTable *marks;     /* id -> struct mark */
	GHashTable *seen;      /* id -> int64_t: from before this broker began */
	GQueue *cleared;       /* lines that are listed as cleared, oldest first */
	struct loop_timer *timer;
	int64_t due;           /* wall time of the next look at all lines; 0 none */
	int64_t settled_at;    /* wall time when a start is over; 0 it is */
	GHashTable *tellers;   /* kind << 32 | slot -> struct teller */
	GHashTable *dirty;     /* the same keys: to be looked at */
	GHashTable *nodes;     /* id -> struct node */
	GPtrArray *queue;      /* nodes to be settled */
	GHashTable *crowds;
	GPtrArray *crowd_queue;
	struct node *site;
};

char *alert_key(enum alert_cause c, const char *object);   /* the caller's */
bool tree_covers(const struct teller *t, enum alert_cause c); /* is this cause of t one that stands behind another? */
struct node *tree_node(struct alerts *a, enum kind k, const char *name, struct node *parent); /* made where there is none; stays until tree_free */
void tree_place(struct alerts *a, struct teller *t, struct node *at); /* it stands there from now on (NULL nowhere), and is counted there */
void tree_count(struct alerts *a, struct teller *t, bool expected, bool silent); /* of its host: should it answer, does it not? Here and above */
void tree_whose(struct alerts *a, struct teller *t, struct whose *now); /* *now is taken over */
void tree_queue(struct alerts *a, struct node *n); /* its lines are to be looked at again */
void tree_dark(struct alerts *a, struct node *n, bool dark); /* see struct node */
/* What this VM says (level NONE, vm NULL: nothing) is counted with what others of its blade say; w: where that is. Copied. */
void tree_crowd(struct alerts *a, struct teller *t, const struct vm *vm, const struct alert_say *s, const struct about *w);
void tree_settle(struct alerts *a);            /* after objects were looked at: brings lines to what is behind what */
void tree_init(struct alerts *a);
void tree_free(struct alerts *a);

#endif

/* The broker's answer to `snapshots`, as the screen shows it: the tree with its lines, the limits as sentences, what this
 * host cannot do. Pure. The VM view, the form and the menu of a snapshot read it; the lists their column. */
#ifndef TANA_SNAPS_H
#define TANA_SNAPS_H

#include "common/model.h"
#include "term/glyphs.h"
#include "words/lines.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNAPS_MAX 4096       /* more are not shown, and it is said */
#define SNAPS_LEVELS 12      /* branches within branches that are drawn as such */

enum snap_turn { TURN_NONE /* below what it stands on */, TURN_FIRST, TURN_TEE, TURN_CORNER };

struct snap {
	char *name;               /* clean */
	const char *id, *note, *host_name, *by, *charged, *job, *vm_state; /* of the answer, never NULL; not cleaned */
	int parent;               /* row that it stands on, -1 none */
	int64_t created, bytes;
	bool outside, current, memory, external;
	bool kept;                /* seen on the host; else it is counted, but is being taken or nobody knows */
	int level;                /* lines at its left */
	unsigned through;         /* bits: those that go on below */
	enum snap_turn turn;      /* how it leaves the line at its left */
};
struct snaps {
	json_t *answer;
	struct snap *list;        /* in the order of their rows: what stands on one another below one another, branches by date */
	size_t n, hidden;
	int64_t at;               /* when its host said so, 0 unknown */
	bool live;
};

/* Takes a reference. NULL and what makes no sense are an empty one. */
void snaps_read(struct snaps *s, json_t *ret);
void snaps_clear(struct snaps *s);
/* The limits, a line each; what is full has a sign and the ink of a warning. Nothing when none is set. */
void snaps_limits(const json_t *limits, struct lines *out);
/* Of the same lines: how much of each is used, 0 to 1, -1 not known. */
void snaps_limits_used(const json_t *limits, double *used, size_t max);
/* The first that is full, as a sentence; "" when none is. */
void snaps_full(const json_t *limits, char *out, size_t size);
/* Why this host cannot do it ("create", "external", "quiesce", "revert-external", "delete-external"); "" it can. */
void snaps_why_not(const struct snaps *s, const char *what, char *out, size_t size);
/* How many stand on this one, and on those. externals: set when one of them, or it itself, has files of its own. */
size_t snaps_below(const struct snaps *s, size_t row, bool *externals);
size_t snaps_find(const struct snaps *s, const char *id);   /* its row; n when it is not there */
/* The lines at its left, two cells a level, without its sign. size >= SNAPS_LEVELS * 8 */
void snaps_tree(char *out, size_t size, const struct snap *row, enum tier t);
/* "memory", "disks", "disks, files of its own" (brief: "own files") */
const char *snaps_kind(const struct snap *row, bool brief);
const char *snaps_by(const struct snap *row);
/* What a VM has of what it may keep: "2/3", "2+1/3" with what is under way, "2/-" where no limit is set, "?/3" not known; a limit
 * of another kind that is full is a sign before it: "!1/3". "" where there is nothing to say. */
void snaps_use(const struct vm *vm, char *out, size_t size);

#endif

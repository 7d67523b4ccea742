/* The broker's answer to `plan`, as a dialog shows it; and whether a later one says the same. Pure. */
#ifndef TANA_PREVIEW_H
#define TANA_PREVIEW_H

#include "words/lines.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum confirm_kind { CONFIRM_NONE /* refused */, CONFIRM_ENTER, CONFIRM_YES, CONFIRM_TEXT };

#define PREVIEW_GENTLER 4

struct gentler {
	char verb[32];
	bool vms_first;          /* of a blade: its VMs are shut down first */
};

struct preview {
	char plan[64];
	char verb[32];
	enum confirm_kind kind;
	char confirm[128];       /* what is to be typed, for CONFIRM_TEXT */
	char command[512];       /* the command line that does the same */
	char place[128];         /* of the only target, "" with several */
	char snapshot[96];       /* name of the one that is made or hit, "" none */
	bool reason;             /* it cannot be committed without one */
	bool over_limit;         /* refused for a limit, and for nothing that a reason would not overcome */
	bool pair_runs;          /* refused because the other half of a pair runs; the same */
	bool consent;            /* refused until its owner is said to have agreed; the same */
	bool unpaired;           /* refused because place and thing are not known to agree; the same */
	bool blades;             /* what is acted on are blades */
	size_t can, cannot;      /* of its targets */
	struct lines words;      /* impact, warnings, refusals */
	struct lines targets;    /* one a line; of a snapshot that is deleted: all that go; of a blade: its VMs */
	size_t nvms;             /* how many of these lines are VMs of blades */
	struct gentler gentler[PREVIEW_GENTLER]; /* what hurts less */
	int ngentler;
	int64_t expires_s;
	json_t *answer;          /* what it was made from */
};

/* Takes a reference to ret. before: the preview that it follows, NULL none; lines that it did not have are marked. */
void preview_read(struct preview *p, json_t *ret, const struct preview *before);
/* One that is refused as a whole, with these words. */
void preview_refuse(struct preview *p, const char *words);
void preview_clear(struct preview *p);
/* Nothing that matters differs: whom it hits, what it costs, what stands in the way, what is to be typed. */
bool preview_same(const struct preview *a, const struct preview *b);

#endif

/* What a role sees of an object: view_of() is the one gate, for the stream, for requests and for targets alike. Also the
 * encoded bodies, kept for each (object, class of viewer), so that many consoles cost one encoding. Called by feed.c and
 * the requests. */
#ifndef TANA_VIEW_H
#define TANA_VIEW_H

#include "common/registry.h"
#include "safety/jobs.h"
#include "safety/policy.h"

struct view;

struct view *view_new(struct registry *r, struct jobs *j); /* borrowed */
void view_free(struct view *v);

/* Does this actor know this object at all? Then as what class of viewer in *as. */
bool view_of(struct view *v, const struct actor *a, enum kind k, const void *object, enum viewer *as);

/* The object as a line's part: {"kind":...} or, for a batch, [...]. Borrowed until the object changes or memory is made
 * room for: use it at once. The actor must see it as this class. */
const struct buf *view_object(struct view *v, const struct actor *a, enum kind k, uint32_t slot, enum viewer as);
const struct buf *view_row(struct view *v, const struct actor *a, enum kind k, uint32_t slot, enum viewer as);
void view_columns(struct buf *out, enum kind k, enum viewer as);
json_t *view_json(struct view *v, const struct actor *a, enum kind k, const void *object, enum viewer as); /* new reference */
/* From the registry's watch, before anybody else: bodies of it are made anew. */
void view_changed(struct view *v, enum kind k, uint32_t slot);
size_t view_bytes(const struct view *v);

/* Kinds of audit records (their "what") that are no customer's, whatever they are about: what the provider watches, who cares for it, and
 * what was refused. NULL-terminated. */
extern const char *const view_staffs[];

/* An audit record as this actor may read it: new reference, NULL when nothing of it is his. */
json_t *view_record(struct view *v, const struct actor *a, json_t *record);

#endif

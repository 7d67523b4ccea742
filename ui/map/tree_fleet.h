/* The fleet as a tree: rack, enclosure, blade, VM, each where it is; what has no place stands on the first level. Kept as the mirror tells it,
 * narrowed by the filter that all views share. Between the mirror and the Tree view. */
#ifndef TANA_TREE_FLEET_H
#define TANA_TREE_FLEET_H

#include "app.h"
#include "common/filter.h"
#include "map/tree.h"

/* What is summed up in every branch. */
enum { FLEET_VMS, FLEET_RUNNING, FLEET_USED_KIB, FLEET_MEM_KIB };

struct tree_fleet;

struct tree_fleet *tree_fleet_new(struct app *a);
void tree_fleet_free(struct tree_fleet *f);
/* Takes the filter in, if it is another one. Call it before anything is asked. */
void tree_fleet_settle(struct tree_fleet *f);
struct tree *tree_fleet_tree(struct tree_fleet *f);
const struct err *tree_fleet_error(const struct tree_fleet *f); /* why the filter is not obeyed, NULL when it is */
/* What a node stands for; kind and object. */
void *tree_fleet_object(const struct tree_fleet *f, uint32_t node, enum kind *k);
uint32_t tree_fleet_node(const struct tree_fleet *f, enum kind k, const void *object); /* TREE_NONE: it is not in the tree */
/* Of what stands in an enclosure or a rack, and of that itself; LOOK_WELL where there is nothing to say. */
struct look tree_fleet_look(const struct tree_fleet *f, uint32_t node);

#endif

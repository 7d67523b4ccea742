/* What the tree of a site file means: a model, or everything that is wrong with it. Pure but for looking whether a
 * time zone exists. Runs in the reading child; called by site_child.c, tests and the fuzz target. */
#ifndef TANA_SITE_BUILD_H
#define TANA_SITE_BUILD_H

#include "conf/conf.h"
#include "conf/shape.h"
#include "site/site.h"
#include "conf/value.h"

#define BUILD_BLADES_MAX 20000
#define BUILD_NODES_MAX 16   /* of a cluster: Windows failover clusters of the provider's time */
#define BUILD_NAME_MAX 64    /* bytes of a name that is typed to confirm */
#define BUILD_RULE_MAX 255   /* bytes of a VM rule */
#define BUILD_PLACE_MAX 4352 /* "FILE:LINE" */

/* site_options.c: every section and option of a site file. */
extern cfg_opt_t site_file_options[];

/* Always frees nothing of c. Returns a model even when r has errors: then it is of no use but to be freed. */
struct site_model *site_build(const struct conf *c, struct report *r);

/* --- between the files of this room's builder --- */
struct place {
	int file, line;
};
struct instance;
struct made;   /* blades.c: where a blade of the model comes from */
struct single; /* blades.c: a blade's section that waits */
struct build {
	const struct conf *c;
	struct report *r;
	struct site_model *m;
	/* name -> index in the model's array (JSON objects as hash tables) */
	json_t *racks, *enclosures, *blades, *clusters, *tenants, *grades, *plans, *pairs, *halves, *vms, *hosts,
		*bays, *people, *notices, *volumes, *volume_paths;
	/* where each was said, by the same index */
	struct place site_at, *rack_at, *enclosure_at, *blade_at, *cluster_at, *tenant_at, *grade_at, *plan_at, *pair_at, *notice_at, *volume_at;
	const struct conf_node *sizing; /* its section, NULL */
	const struct conf_node *site;  /* the site's section, NULL */
	char *folders[CONF_FILES_MAX]; /* absolute folders of the files, as they are asked for */
	struct made *made;             /* by the blade's index */
	struct single *singles;
	size_t nmade, nsingles;
	json_t *addresses;             /* of managers -> index */
	struct place *manager_at;
	struct known_shapes *shapes;   /* shapes.c: of the dialects that were asked for */
	size_t nshapes;
};
void build_say(struct build *b, const struct conf_node *n, int line, struct err *e); /* takes e; NULL is nothing */
void build_item(
	struct build *b, const struct conf_node *n, const char *item, struct err *e); /* at that option's line */
/* "line 12", or "FILE:12" when that is another file than n's. buf: BUILD_PLACE_MAX */
const char *build_place(const struct build *b, const struct conf_node *n, struct place p, char *buf);
/* True when name may be a name of ours; else it was said. */
bool build_name(struct build *b, const struct conf_node *n, int line, const char *kind, const char *name);
/* Index of name in a table, -1 when it is not there. */
int build_find(json_t *table, const char *name);
/* Takes name into the table as index i. False when it is there already: that was said. */
bool build_new(struct build *b, const struct conf_node *n, const char *kind, json_t *table, const char *name, int i,
	const struct place *at);
/* A reference to a cluster, a tenant or an enclosure; said when there is none. */
int build_ref(struct build *b, const struct conf_node *n, const char *item, const char *kind, json_t *table,
	const char *name);
/* An optional time `shutdown`, seconds; 0 when it is not said. */
int build_shutdown(struct build *b, const struct conf_node *n);
void build_missing(struct build *b, const struct conf_node *n, const char *option);
/* Makes array's room one larger: array of size each; *n counts. Returns the new, zeroed element. */
void *build_grow(void *array, size_t *n, size_t size);
/* Text value, "" when it is not said. Owned by the caller. */
char *build_text(const struct conf_node *n, const char *item);
void build_zone(struct build *b, const struct conf_node *n, char **out);
char *build_path(struct build *b, const struct conf_node *n, const char *path); /* against n's file; ~/ is HOME */

/* Calls fn for every section of that kind, in the order of the files. */
void build_each(struct build *b, const char *kind, void (*fn)(struct build *b, const struct conf_node *n));

void build_metal(struct build *b);  /* racks and enclosures (metal.c); calls the blades' builder */
/* managers.c: who speaks for an enclosure, or for one server. Sections `manager`, the innermost first: what it does not say the
 * next one does. */
struct manager_said {
	const struct conf_node *list[2];
	size_t n;
};
struct manager_said build_manager_said(const struct conf_node *inner, const struct conf_node *outer); /* either may be NULL */
const struct conf_node *build_manager_says(const struct manager_said *s, const char *option);        /* who says it; NULL */
/* enclosure, blade: one of them, the other -1. */
void build_manager(struct build *b, const struct manager_said *s, const struct hole *holes, size_t nholes, int enclosure, int blade);
void build_warn(struct build *b, const struct conf_node *n, const char *item, struct err *e); /* takes e; once for each line */

/* shapes.c: the shape of an enclosure's front as its dialect and its `shape` say; NULL: none. Borrowed from b. */
const struct shape *build_shape(struct build *b, const struct conf_node *enclosure, const struct manager_said *s);
void build_shapes_free(struct build *b);
/* Is there such a dialect? Said at that section's line when there is none. */
bool build_dialect(struct build *b, const struct conf_node *manager, const char *name);

void build_people(struct build *b); /* tenants, roles (people.c) */
void build_rules(struct build *b);  /* VM rules of two tenants that meet (vm_rules.c) */

/* consoles.c: of the site's section, and what holds where it says nothing. */
void build_consoles_made(struct site_model *m);
void build_consoles(struct build *b, const struct conf_node *n);
/* A time after which something unused ends; 0 or none: never. */
struct err *build_idle(const char *option, const char *text, int *seconds);

void build_notices(struct build *b); /* notices.c; after the tenants, whom they name */

/* contract.c: what is sold with it. Plans come before tenants and VMs, which name them. */
void build_plans(struct build *b);
char *build_plan_ref(struct build *b, const struct conf_node *n); /* the plan that n names, "" */
/* n's snapshots section; together: of all servers of a tenant */
void build_limits(struct build *b, const struct conf_node *n, bool together, struct limits *out);
void build_vms(struct build *b);
void build_pairs(struct build *b); /* pairs.c */
void build_volumes(struct build *b); /* volumes and their sizing (volumes.c); after the clusters, which they name */

/* Where a blade's section stands, in one instance of a rack and an enclosure that may stand for many. */
struct instance {
	const struct conf_node *rack, *enclosure; /* NULL: at the top of a file */
	int enclosure_index;                      /* -1 then */
	bool further; /* not the first instance of its lines: what they said once is not said again */
};
/* blades.c: ranges make blades at once; single ones wait until build_blades_finish, since they may change a range's. */
void build_blade(struct build *b, const struct conf_node *n, const struct instance *in);
void build_blades_finish(struct build *b); /* single ones, then bays and hosts are checked */
void build_blades_sort(struct build *b);   /* by place; last, indexes move */

#endif

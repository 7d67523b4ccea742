/* The site file: what should be there. Read by libconfuse in a child process that hands back a model or the errors,
 * each with file and line. A model is a value: nothing in it changes after it was made. */
#ifndef TANA_SITE_H
#define TANA_SITE_H

#include "common/error.h"
#include "common/loop.h"
#include "common/model.h"
#include "site/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_STAGGER_MS 2000   /* where the site file does not say it */

struct site_rack { char *name; };
struct site_enclosure {
	char *name; int rack; int order;
	int rows, columns;             /* shape of the front: as written, else its dialect's, else 2 x 8 */
	bool by_column;
	char **bays; size_t nbays;
	int manager;                   /* index; -1 none */
};
/* Who speaks for the blades of an enclosure, or for one single server. */
struct site_manager {
	int enclosure, blade;          /* one of them; the other -1 */
	char *dialect;                 /* "" found by its greeting */
	char **addresses; size_t naddresses; /* "host", "host:port"; one or two */
	char *user, *key_file, *known_hosts;
	char *password_file;           /* absolute; a credential's path is filled in; "" none */
	char *password;                /* in clear in the site file: a warning; "" none */
	bool legacy;
	char *ciphers;                 /* "" all */
	int poll_s;                    /* 0 = as the dialect says */
};
struct site_blade {
	char *name;
	int enclosure, bay;       /* indexes; -1 when it stands in no enclosure */
	char *uri;                /* "" : no host (spare) */
	char *key_file, *known_hosts;
	char *cluster, *owner, *serial;
	bool spare;
	int manager;              /* its own (single servers), else its enclosure's; -1 none */
};
struct site_cluster { char *name; int quorum; /* votes needed; 0 = majority */ };
/* Shared storage. paths: of disks that lie on it, or of folders above them; a pool's name. max: VMs as written, 0 = by the sizing. */
struct site_volume { char *name, *cluster /* "" none said */; uint64_t size_kib; char **paths; size_t npaths; int max; };
struct site_sizing { char *name; uint64_t size_kib; int vms; }; /* a volume of this size holds so many VMs; ascending */
struct site_path { const char *path; const struct site_volume *volume; }; /* both borrowed from the volumes */
enum tenant_state { TENANT_ACTIVE, TENANT_FROZEN, TENANT_LEAVING };
struct site_tenant {
	char *name, *title, *contact, *procedure, *zone;
	enum tenant_state state;
	char **rules; size_t nrules;   /* globs on VM names, "uuid:..." exact */
	int shutdown_s;                /* 0 = not set */
	char *plan;                    /* contract plan of its servers, "" none */
	struct limits limits;          /* of all its servers together */
};
struct site_plan { char *name, *title; struct limits limits; /* of each server */ };
struct site_pair { char *name, *a, *b; /* names of the two VMs */ };
struct site_half { const char *vm, *other; /* both borrowed from the pairs */ };
struct site_vm { char *vm; /* glob; the first that matches counts */ char *plan; /* "" the tenant's */ struct limits limits; /* over the plan's */ };
struct site_grade { char *name; int vcpus; uint64_t mem_kib; int per_blade; int shutdown_s; };
/* One user or one group, and what the section gives them. */
struct site_role {
	enum role role;
	char *user, *group;            /* one of them; the other "" */
	char *tenant;                  /* of a customer */
	enum right right;              /* of a customer: to those VMs of its tenant that no glob of vms matches; else FULL, unused */
	char **vms; size_t nvms;       /* globs on VM names; the first that matches counts: */
	char **vm_rights; size_t nvm_rights; /* names of rights, as many */
	int idle_s;                    /* a connection that is not used for so long is signed out; 0 never */
	int consoles;                  /* connections of one user; 0 = PEERS_OF_USER of the broker */
};
/* What customers are told. from, until: "2026-11-25 08:30" in the site's zone, "" open. Without tenants: for everybody. */
struct site_notice { char *name, *text, *text_ja; bool warning; char **tenants; size_t ntenants; char *from, *until; };
struct site_shutdown { char *vm; /* glob */ int seconds; };

struct site_model {
	char *name, *colour, *zone, *note;
	char *file;                    /* absolute path it came from, "" for a made one */
	int shutdown_s;                /* 600 */
	uint64_t reserve_kib;          /* memory of a blade that is not sold: host's own and margin */
	struct site_rack *racks; size_t nracks;
	struct site_enclosure *enclosures; size_t nenclosures;
	struct site_blade *blades; size_t nblades;
	struct site_manager *managers; size_t nmanagers;
	char **start_order; size_t nstart_order; /* globs on names of blades and VMs: who comes first at a power-on of many */
	int stagger_ms;                /* between one power-on and the next; 2000 */
	char *support;                 /* whom a customer asks: one line, shown on his first screen; "" none */
	int console_idle_s;            /* a serial console whose writer types nothing for so long is closed; 900; 0 never */
	char *console_escape;          /* the key that leaves a serial console: "^]" unless said otherwise */
	int consoles_max;              /* connections in all; 0 = PEERS_MAX of the broker */
	char **dialects; size_t ndialects;       /* folders of own dialect files, absolute */
	struct site_cluster *clusters; size_t nclusters;
	struct site_volume *volumes; size_t nvolumes;
	struct site_sizing *sizings; size_t nsizings;
	uint64_t vm_disk_kib, vm_config_kib, vm_snaps_kib; /* what one VM may fill on its volume, where its plan does not say it */
	struct site_tenant *tenants; size_t ntenants;
	struct site_grade *grades; size_t ngrades;
	struct site_role *roles; size_t nroles;
	struct site_notice *notices; size_t nnotices;
	struct site_shutdown *shutdowns; size_t nshutdowns;
	struct site_plan *plans; size_t nplans;
	struct site_pair *pairs; size_t npairs;
	struct site_vm *vms; size_t nvms;
	char **warnings; size_t nwarnings; /* "FILE:LINE: ..." */
	struct site_path *paths; size_t npaths; /* the volumes' paths, sorted */
	struct site_half *halves; size_t nhalves; /* the pairs by each half's name; without it they are looked through */
};
void site_free(struct site_model *m);

struct site_error { char *file; int line; struct err *err; };
struct site_errors { struct site_error *list; size_t n; };
/* Beside errors a reading may give warnings (a password in clear): they are logged, and printed by --check. They come in the model. */
void site_errors_free(struct site_errors *e);

/* Blocking (waits for the child, at most 30 s): for --check and for start. Exactly one of *out and errors->n is set. */
void site_read(const char *path, struct site_model **out, struct site_errors *errors);
/* The same without blocking: done runs on the loop and owns both. */
typedef void site_done(void *ctx, struct site_model *m, struct site_errors *errors);
void site_read_async(struct loop *l, const char *path, site_done *done, void *ctx);

/* For a program with threads: from now on each reading runs `program --read-site PATH`, whose main calls site_read_here.
 * Borrowed for ever. */
void site_reader(const char *program);
_Noreturn void site_read_here(const char *path);  /* the child's side: answers on descriptor 3 and ends */

/* A site made of URIs on the command line: one rack and one enclosure "hosts", a blade for each. */
struct err *site_from_uris(const char *const *uris, size_t n, struct site_model **out);

/* Who owns a VM of this name: exactly one tenant's index, -1 nobody, -2 two or more match (first two in a and b). */
int site_owner(const struct site_model *m, const char *vm_name, const char *uuid, int *a, int *b);
/* The grade that fits exactly, else -1. */
int site_grade_of(const struct site_model *m, unsigned vcpus, uint64_t mem_kib);
/* How long a guest may take to shut down, seconds: the first VM glob, the grade, the tenant, the site; where only the site
 * says it, a Windows guest gets an hour at least. */
int site_shutdown_s(const struct site_model *m, const char *vm_name, const char *tenant, const char *grade, const char *guest);
/* What one server may keep, take and fill: its vm section's values over its plan's (its own, else its tenant's). */
struct limits site_limits_of(const struct site_model *m, const char *vm_name, const char *tenant);
/* The other half's name when it is one of a pair, "" (borrowed from the model). */
const char *site_pair_of(const struct site_model *m, const char *vm_name);
/* The volume that a disk's source lies on: the longest of the volumes' paths that is the source or a folder above it; of a pool,
 * source is "POOL/NAME". cluster: of the blade that it was read on, since two clusters may call different storage the same; a volume of
 * another cluster is not meant. NULL: none. */
const struct site_volume *site_volume_of(const struct site_model *m, const char *source, const char *cluster);
/* Votes that this cluster needs as written; 0: a majority, or there is none of that name. */
int site_quorum_of(const struct site_model *m, const char *cluster);
const struct site_volume *site_volume_named(const struct site_model *m, const char *name); /* NULL: none */
/* How many VMs it holds: its own max, else by the sizing: its row, and between two rows as many more as fit, below the next. */
int site_volume_max(const struct site_model *m, const struct site_volume *v);
/* What this VM may fill: disk, configuration, and its limit for snapshots, else the sizing's share for them. KiB. */
uint64_t site_promise_kib(const struct site_model *m, const char *vm_name, const char *tenant);
/* Where this name stands in the start order: index of the first glob that matches, their number when none does. */
size_t site_start_rank(const struct site_model *m, const char *name);
/* Folders of the dialect files that Tana itself brings, for the reading of shapes and for the broker: beside the program when it
 * runs where it was built, else the installed ones. Borrowed, for ever. */
const char *site_dialects_folder(void);
/* A further folder of dialect files, over all others: `tanad --dialects DIR`. Before the first reading; copied. */
void site_dialects_add(const char *dir);
/* All folders in the order in which they count: Tana's own, the site's, those that were added. The caller frees the array, not
 * what it points to. m may be NULL. */
const char **site_dialects_folders(const struct site_model *m, size_t *n);
/* Time zone in which a tenant's days and months are counted: the tenant's, else the site's, else "". */
const char *site_zone_of(const struct site_model *m, const char *tenant);
/* The rule by which that zone counts from now on ("JST-9", "CET-1CEST,M3.5.0,M10.5.0/3"), from the system's zone file; "" unknown.
 * size >= 64. */
void site_zone_rule(const char *zone, char *out, size_t size);
/* The row that lets a user in: names and groups are matched in the order of the file. NULL: none. Borrowed from m. */
const struct site_role *site_role_row(const struct site_model *m, const char *user, const char *const *groups, size_t ngroups);
/* What this row gives to a VM of this name, whose tenant is the row's. */
enum right site_right_of(const struct site_role *r, const char *vm_name);
bool site_role_same(const struct site_role *a, const struct site_role *b); /* role, tenant and rights; either may be NULL */
/* Role of a user by the same row; tenant of a customer in *tenant (borrowed). */
enum role site_role_of(const struct site_model *m, const char *user, const char *const *groups, size_t ngroups, const char **tenant);

/* Differences between two models, for reload and its audit record: arrays of names (jansson), owned by the caller:
 * {"blades":{"added":[..],"gone":[..],"changed":[..]},"tenants":{...},...}; empty object when nothing changed. */
json_t *site_diff(const struct site_model *from, const struct site_model *to);

#endif

/* What the book's own files share: VMs and tenants as it knows them. Used by book*.c alone. */
#ifndef TANA_BOOK_INSIDE_H
#define TANA_BOOK_INSIDE_H

#include "safety/book.h"

#include <glib.h>

#define BOOK_SEEN_MAX 256                /* VMs whose whole lists are kept */
#define BOOK_SEEN_MOST 4096              /* with those that previews need */
#define BOOK_TAKEN_S (400 * INT64_C(86400)) /* older rows matter to no period */

struct account;

/* What one VM adds to the sums of one tenant. */
struct share {
	struct account *account;
	int64_t kept, busy;
	uint64_t space, space_busy;
};
/* One VM: its rows, what its host said, and what both come to. */
struct held {
	istr id, name;
	struct account *owner;         /* NULL: nobody's */
	struct held *next, *prev;      /* of the same owner */
	struct snapshot *rows;         /* newest first */
	bool present;                  /* in the registry */
	bool left;                     /* was there, and left: one that was not seen yet may still keep what its rows say */
	bool listed;                   /* its host has told its names */
	int64_t asked;                 /* boot ms when it was asked for them */
	int64_t outside;               /* names that are of no row */
	bool disks_known;
	uint64_t disks, used;
	struct limits limits;          /* as the site file says */
	/* worked out by book_recount: */
	int64_t kept, busy;
	uint64_t space, space_busy;
	bool space_known;
	struct share *shares;
	size_t nshares;
	int64_t moves;                 /* Unix time when its mark moves by time alone, 0 never */
};
/* One tenant: sums over its shares. They follow each VM's shares, which are always worked out whole. */
struct account {
	char *name;
	struct limits limits;
	struct held *first;
	GPtrArray *rows;               /* charged to it, oldest first */
	int64_t kept, busy;
	uint64_t space, space_busy;
	int64_t vms, space_unknown; /* how many of its VMs */
	bool full;                     /* as its VMs' marks have it */
	int64_t moves;
};
/* A temporary change. */
struct change { char *object, *value, *ref, *by; int64_t until, at; enum limit_kind kind; struct limit limit; bool set; };
struct seen { char *vm; int64_t at, needed; uint64_t used; struct host_snaps snaps; }; /* needed: until this boot ms */

struct book {
	struct book_config c;
	const struct site_model *site;
	GHashTable *rows;              /* id -> struct snapshot */
	GHashTable *vms;               /* id -> struct held */
	GHashTable *accounts;          /* name -> struct account */
	GHashTable *changes;           /* object -> struct change[LIMIT_KIND_COUNT] */
	GHashTable *waiting;           /* VMs and accounts whose marks move by time: set of pointers to their moves */
	GPtrArray *seen;               /* struct seen */
	GHashTable *seen_of;           /* VM id -> struct seen */
	uint64_t uses;
	int64_t newest;                /* the latest time in the book: nothing is before it */
	struct registry_watch watch;
};

/* Unix time that never runs backwards. */
int64_t book_now(const struct book *b);
struct held *book_held(struct book *b, const char *vm_id);   /* NULL: not known */
struct held *book_hold(struct book *b, const char *vm_id);   /* made when it is not */
struct account *book_account(struct book *b, const char *tenant); /* made when it is not; NULL for "" */
/* Works out what this VM keeps, the sums that it is part of, and the marks that follow. */
void book_recount(struct book *b, struct held *h);
void book_mark(struct book *b, struct held *h);
/* Fullness of a tenant; when it flips, the marks of all its VMs. */
void book_judge(struct book *b, struct account *a);
void book_drop_idle(struct book *b, struct held *h);         /* one that is neither there nor has rows is forgotten */
bool book_counts_as_taken(const struct snapshot *s);
void book_row_free(struct snapshot *s);
/* The limits that hold now: the site's with temporary changes over them. */
struct limits book_limits_now(struct book *b, const char *object, const struct limits *site);
const struct change *book_change(struct book *b, const char *object, enum limit_kind k); /* NULL; ended ones too */
/* Lines of one scope; charged: whether one more is charged to the tenant. but: id of a row that is left out. */
void book_server_lines(struct book *b, const struct held *h, const char *but, uint64_t bytes, bool charged, struct quota *q);
void book_tenant_lines(struct book *b, const struct account *a, const char *but, uint64_t bytes, bool charged, struct quota *q);
json_t *book_line_json(const struct quota_line *l, bool staff);
void book_seen_free(struct book *b);

#endif

/* What the files of this room share: the broker itself. Nobody outside includes it. */
#ifndef TANA_BROKER_INSIDE_H
#define TANA_BROKER_INSIDE_H

#include "broker/anchor.h"
#include "broker/broker.h"
#include "broker/feed.h"
#include "broker/names.h"
#include "broker/news.h"
#include "broker/view.h"
#include "safety/audit.h"

struct alerts;
struct notes;
struct owned { istr tenant, name; };
struct demo;
struct notices;
struct clusters;
struct finder;
struct consoles;
struct now;
struct volumes;
struct peers;
struct listener;
struct leaving;
struct service;

struct broker {
	struct broker_config c;
	struct loop *loop;
	struct registry *objects;
	struct store *store;
	struct fleet *fleet;
	struct book *book;
	struct loop_timer *book_timer; /* when time alone moves what the book shows */
	struct jobs *jobs;
	struct anchor *anchor;
	struct site_model *site;
	struct dialects *dialects;   /* NULL while no manager needs them */
	char *dialects_mark;         /* of the files as they were read; NULL none */
	struct demo *demo;           /* NULL: this is no demonstration */
	struct roles *roles;         /* NULL in a private broker */
	struct helper *helper;
	struct view *view;
	struct news *news;
	struct notices *notices;
	struct alerts *alerts;
	struct notes *notes;         /* on blades */
	struct clusters *clusters;
	struct finder *finder;
	struct volumes *volumes;
	struct peers *peers;
	struct consoles *consoles;
	struct now *now;             /* numbers of VMs that somebody watches */
	struct listener *listener;   /* NULL in a private broker */
	struct service *service;     /* the same */
	struct leaving *leaving;     /* NULL: nobody told it to end */
	struct gate gate;
	struct plan_world world;
	struct audit_gate denied;
	struct registry_watch watch;
	struct fleet_watch fleet_watch;
	int runtime_lock;            /* valid while runtime_dir is set */
	char *runtime_dir, *state_dir, *demo_dir, *command;
	struct owned *owned;         /* VMs by slot, as the feeds know them */
	uint32_t nowned;
	char *given_path;            /* of the service manager's socket; NULL none */
	bool private_broker, stopping;
	bool reloading, reload_again;
};

/* A refusal for the audit log; bounded for each user: false when it was too many. e is borrowed; objects may be NULL. */
bool broker_denied(struct broker *b, const struct actor *a, const char *request, const char *verb, json_t *objects,
	const struct err *e);
void broker_stop(struct broker *b);      /* the loop ends soon */

/* rooms.c */
void rooms_make(struct broker *b);       /* store, dialects, helper and command are there */
struct err *rooms_load(struct broker *b); /* fills them from the store */
void rooms_free_owned(struct broker *b); /* whose VMs were */

/* reload.c */
void broker_reload(struct broker *b);    /* reads the site file again; a bad one changes nothing */
struct err *broker_read_site(struct broker *b); /* at start; says every error on stderr */

#endif

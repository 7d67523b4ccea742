/* The metal inside the fleet: supervisors of managers, and the bays that they speak for. Shared by managers.c, manager_sup.c,
 * manager_call.c, manager_turn.c, metal.c, sensors.c, identity.c, blade_alert.c, host_power.c and blades.c. Loop thread, but for
 * what manager_call.c runs on workers. */
#ifndef TANA_FLEET_METAL_H
#define TANA_FLEET_METAL_H

#include "fleet/supervisor.h"

/* One question or order on its way to a manager. */
enum mcall_kind { MCALL_OPEN, MCALL_ASK, MCALL_ACT, MCALL_CLOSE };
struct mcall {
	struct mail mail;
	struct work work;
	struct mcall *next;             /* in the queue of orders */
	struct mgr *m;
	struct manager *session;
	enum mcall_kind kind;
	size_t ask;                     /* MCALL_ASK: which of the dialect's */
	const struct dialect_ask *what;
	enum verb verb;
	istr blade;                     /* id of the blade, "" the whole */
	char bay[DIALECT_BAY_MAX + 1];
	int limit_ms;                   /* may take so long, from when a worker began with it */
	int64_t wait_until;             /* an order may wait for its turn until then, boot ms */
	bool overdue, again;            /* again: it was not sent once because the session had ended unseen */
	_Atomic bool sent;
	bool owed, told_sent;           /* told_sent: who ordered it knows that it left */
	struct fleet_act act;
	struct err *err;
	struct metal *metal;
};

struct mslot { int64_t due, asked; bool round; }; /* of one ask; boot ms, due 0: only when somebody wants to know; round: it had its first */

/* One bay that a manager speaks for, and the blade object that stands for it. */
struct bay {
	struct mgr *m;
	struct blade *blade;            /* the registry's */
	struct sup *host;               /* NULL: the site file knows no blade there */
	istr id;                        /* the blade's */
	istr told_serial;               /* the manager's, since it is up; "" not told */
	istr site_serial;
	char name[DIALECT_BAY_MAX + 1]; /* as the manager is asked */
	bool exempt;                    /* spare, or driven by its owner: never an alarm */
	bool seen;                      /* this manager told of it since it is up */
	bool marked;                    /* in the model that is being applied */
	bool tell_managers;             /* a single server: its manager's silence is the blade's alert */
	int watches;
	int64_t read_at;                /* boot ms of the last reading of its power; 0 none since its manager is up */
	int64_t live_at;                /* boot ms since when its power is live */
	int64_t on_at, off_at;          /* boot ms since when it reads so, as far as seen; 0 it does not */
	uint32_t off_serial;            /* of the host's list then: a later one shows that it is there all the same */
	struct mslot *slots;            /* of each ask of the dialect */
};

/* A manager as the site file has it: a copy, since models go. */
struct mgr_site {
	char *dialect, **addresses, *user, *key_file, *known_hosts, *ciphers, *password_file, *password;
	size_t naddresses;
	bool legacy;
	int poll_s;
};

struct mgr {
	struct fleet *f;
	istr id;                        /* of what it speaks for: "enclosure:A2", "blade:web-7" */
	char *name;                     /* "A2" */
	struct enclosure *enclosure;    /* the registry's; NULL: of a single server */
	struct mgr_site site;
	bool wanted, leaving;
	struct manager *session;        /* NULL none; a worker has it while a call runs */
	bool ending;                    /* the session was given up, or is being closed */
	bool at_once;                   /* connect as soon as the old session is closed */
	bool stuck;
	unsigned long sessions, commands; /* of sessions that are gone */
	size_t active;                  /* index of the address that was active last, for the next session to begin with */
	struct manager_counts counted;  /* of this one, when its last call came back */
	const struct dialect *dialect;  /* as last known; NULL */
	struct bay **bays;
	size_t nbays;
	int watched;                    /* sum of the bays' */
	enum manager_state state;
	struct msg why;
	unsigned failures;
	int64_t up_at, retry_at, steady_at; /* boot ms, 0 none */
	int64_t answered;               /* Unix time of its last answer */
	struct mcall *flying, *queue;
	struct mslot *slots;            /* of the dialect's asks of the whole */
	struct sensors { struct sensor *list; size_t n; } *told; /* of each ask: what it told last */
	size_t nasks;
	size_t lists;                   /* 1 + the ask of the whole whose answers told power; 0 none did */
	enum health health;             /* as told of the whole */
	char *words;                    /* manager_words, and the word of each address; NULL: not known now */
	const char *seen[MANAGER_ADDRESSES_MAX];
	int64_t complains_from;         /* boot ms; of what is logged of questions that failed */
	int complaints;
	struct loop_timer *timer;
	struct mgr *leaving_next;
};

/* managers.c: the set of them */
void managers_apply(struct fleet *f, const struct site_model *m);
void managers_stop(struct fleet *f);          /* the fleet ends */
void managers_end(struct fleet *f);           /* what is not closed yet is aborted, not asked politely any more */
void managers_free(struct fleet *f);          /* no session is left, or they are given up */
void managers_bury(struct fleet *f);
struct bay *bay_of(const struct fleet *f, const struct blade *b);  /* NULL: no manager speaks for it */
struct mgr *mgr_of(const struct fleet *f, enum kind k, const void *object);
void bay_drop(struct fleet *f, struct blade *b); /* the blade leaves the registry */
void mgr_free(struct mgr *m);

/* manager_sup.c: one manager's life */
void mgr_connect(struct mgr *m);
void mgr_refresh(struct mgr *m);
void mgr_end_session(struct mgr *m, bool politely);  /* closes it, at once or as soon as its call is back */
void mgr_change(struct mgr *m);                      /* its address, or its dialects: speaks anew */
void mgr_leave(struct mgr *m);                       /* gone from the site */
void mgr_returned(struct mcall *c);                  /* owns c */
void mgr_pump(struct mgr *m);
void mgr_tick(void *ctx);
void mgr_arm(struct mgr *m);
struct err *mgr_unreachable(const struct mgr *m, const char *blade);

/* manager_call.c: on workers */
struct mcall *mcall_new(struct mgr *m, enum mcall_kind kind, int limit_ms);
void mcall_run(struct mcall *c);                     /* hands it to a worker; there must be no other under way */
bool mcall_take_back(struct mcall *c);
void mcall_answer(struct mcall *c, struct err *e);   /* the one answer that is owed, if it still is; owns e */
void mcall_answer_later(struct mcall *c, struct err *e); /* owns both */
void mcall_answer_failed(struct fleet *f);
void mcall_left(struct mcall *c);                    /* who ordered it hears that it left, if not yet */
void mcall_free(struct mcall *c);
void mgr_fail_queue(struct mgr *m, const struct msg *why);
void mgr_fail_bay(struct mgr *m, istr blade, const struct msg *why); /* orders that wait for this blade's bay */
bool mgr_withdraw(struct mgr *m, const void *act_ctx); /* an order that waits; false: there is none, or it may have left */
int mgr_limit(const struct mgr *m, enum mcall_kind kind, size_t steps); /* ms */

/* manager_turn.c: what is asked next, and when */
void turn_begin(struct mgr *m);                      /* it is up: everything is asked, spread out from then on */
void turn_end(struct mgr *m);
bool turn_next(struct mgr *m, int64_t now, size_t *ask, struct bay **bay);  /* due now; *bay NULL: of the whole */
int64_t turn_at(const struct mgr *m);                /* boot ms of the next; 0 none */
void turn_asked(struct mgr *m, size_t ask, struct bay *bay, int64_t began);
void turn_status(struct mgr *m, struct bay *bay);    /* its power is of interest now */
void turn_moved(struct mgr *m, struct bay *bay);     /* another blade, or another state: what it is, is asked again */
void turn_all(struct mgr *m);
void turn_bay(struct mgr *m, struct bay *bay);       /* a new bay of a manager that is up */
int64_t turn_stale_ms(const struct mgr *m);          /* a reading older than that is not live any more; 0 never */

/* metal.c: what they told, brought to the registry */
void metal_told(struct mgr *m, size_t ask, struct metal *told, int64_t asked);
void metal_state(struct mgr *m, enum manager_state state, const struct msg *why, int64_t retry_ms);
void metal_down(struct mgr *m);                      /* nothing it told is live any more */
void metal_stale(struct bay *b);
void metal_words(struct mgr *m);
void bay_clear(struct fleet *f, struct blade *bl);   /* no manager speaks for it any more */
void metal_keep(struct bay *b);
bool bay_unread(const struct bay *b);                /* what is known to stand there was not told in this session */

/* sensors.c */
void sensors_take(struct mgr *m, size_t ask, struct metal *told);
bool sensors_show(struct mgr *m);                    /* true: the enclosure moved */
void sensors_free(struct sensors *s);
/* The part at i of that ask, with what other asks tell of it; its texts are borrowed. False: an earlier ask told of it. */
bool sensors_one(const struct mgr *m, size_t ask, size_t i, struct sensor *out);

/* identity.c: place and thing */
struct pair { istr place, manager_serial, host_serial, host_uuid, by; int64_t at; };
struct identity_told { const char *place, *manager, *host, *uuid, *site; }; /* "" not told now */
const char *identity_judge(const struct identity_told *t, const struct pair *p /* or NULL */, const char **other);
const char *identity_serial(const char *s);          /* "" when it is one of the words that mean nothing */
bool identity_same(const char *a, const char *b);
void identity_review(struct bay *b);
const char *identity_other(const struct bay *b);     /* what contradicts the manager's serial, "" nothing */
void pair_free(struct pair *p);
struct pair *pair_copy(const struct pair *p); /* NULL of NULL */

/* blade_alert.c */
void blade_alert(const struct bay *b, struct msg *out); /* out is all zero when there is none */
void bay_alert(struct bay *b);                       /* anew, of a blade with or without a name */
void enclosure_alert(struct mgr *m);
int64_t alert_at(const struct bay *b);               /* when time alone may make one, boot ms; 0 never */

/* host_power.c: what the metal's power means for the host that runs on it */
void host_power(struct sup *s);
bool host_is_off(const struct sup *s);               /* its manager says so, as of now: it is not tried */
void host_off_state(struct sup *s);
void host_moved(struct sup *s);                      /* its state moved */

#endif

/* The objects that broker and console both speak of, and the tables from which they are written, read, listed,
 * filtered and shown. One row of a field table is one key on the wire, one column of `tana list`, one filter key.
 * An object is a packed struct of interned strings and numbers; nobody keeps JSON. */
#ifndef TANA_MODEL_H
#define TANA_MODEL_H

#include "common/buf.h"
#include "common/intern.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind { KIND_SITE, KIND_RACK, KIND_ENCLOSURE, KIND_BLADE, KIND_NOTICE, KIND_CLUSTER, KIND_VOLUME, KIND_ALERT, KIND_JOB, KIND_LEASE, KIND_VM,
	KIND_COUNT };
/* (in the order in which a subscriber gets them) */

enum __attribute__((packed)) vm_state { /* one byte: there are many VMs */
	VM_UNKNOWN, VM_RUNNING, VM_BLOCKED, VM_PAUSED, VM_SHUTTING_DOWN, VM_OFF, VM_CRASHED, VM_SUSPENDED, VM_STATE_COUNT
};
/* What the broker knows of a host. NONE: the bay is empty or the blade runs no host of ours. */
enum host_state { HOST_NONE, HOST_DOWN, HOST_CONNECTING, HOST_UP, HOST_STALE, HOST_BACKOFF, HOST_STATE_COUNT };
/* What an enclosure's manager says of a blade's power. Unknown is never on or off. */
enum power_state { POWER_UNKNOWN, POWER_OFF, POWER_ON, POWER_STARTING, POWER_STOPPING, POWER_STATE_COUNT };
enum health { HEALTH_UNKNOWN, HEALTH_OK, HEALTH_WARNING, HEALTH_FAILED, HEALTH_COUNT };
/* What the broker knows of an enclosure's manager (of the active one, where there are two). NONE: the site file names none. */
enum manager_state {
	MANAGER_NONE, MANAGER_CONNECTING, MANAGER_UP, MANAGER_BUSY /* too many sessions */, MANAGER_DENIED, MANAGER_SILENT,
	MANAGER_STATE_COUNT
};
enum verb {
	VERB_POWER_ON, VERB_SHUTDOWN, VERB_POWER_OFF, VERB_REBOOT, VERB_RESET,      /* power, of VMs and blades */
	VERB_LOCATE, VERB_LOCATE_OFF,                                               /* a blade's locate light */
	VERB_SNAP_CREATE, VERB_SNAP_REVERT, VERB_SNAP_DELETE,                       /* snapshots of one VM */
	VERB_PROTECT, VERB_UNPROTECT,                                               /* Tana's own: no host is asked */
	VERB_PAIR,                                                                  /* the same: this place holds this blade */
	VERB_COUNT
};
enum job_state {
	JOB_PENDING,   /* written down, not yet sent to the host */
	JOB_RUNNING,   /* sent; its outcome is awaited */
	JOB_OVERDUE,   /* its deadline has passed and the host still says otherwise ("still shutting down") */
	JOB_UNKNOWN,   /* a call was given up or a broker died: may still take effect, settles when the host is seen steady */
	JOB_DONE,      /* outcome seen */
	JOB_ACCEPTED,  /* the host took it and its outcome cannot be observed there */
	JOB_FAILED,    /* the host said no, or a steady state shows that it had no effect */
	JOB_PARTLY,    /* several targets, some failed */
	JOB_STATE_COUNT
};
enum role { ROLE_NONE, ROLE_OPERATOR, ROLE_VIEWER, ROLE_CUSTOMER, ROLE_COUNT };
/* How much of a VM of its tenant a customer's person may. NONE: it is not there for him. VIEW: look. POWER: also the power verbs.
 * FULL: also snapshots and the serial console. */
enum right { RIGHT_NONE, RIGHT_VIEW, RIGHT_POWER, RIGHT_FULL, RIGHT_COUNT };

/* Names as on the wire, on the command line and in filters ("power-off", "running", "no-answer"...). */
const char *vm_state_name(enum vm_state s);
const char *host_state_name(enum host_state s);
const char *power_state_name(enum power_state s);     /* "unknown" "off" "on" "starting" "stopping" */
const char *health_name(enum health h);               /* "unknown" "ok" "warning" "failed" */
const char *manager_state_name(enum manager_state s); /* "none" "connecting" "up" "busy" "denied" "silent" */
const char *verb_name(enum verb v);
const char *job_state_name(enum job_state s);
const char *role_name(enum role r);
const char *right_name(enum right r);                 /* "none" "view" "power" "full" */
bool right_from_name(const char *name, enum right *out);
const char *kind_name(enum kind k);
bool verb_from_name(const char *name, enum verb *out);
bool kind_from_name(const char *name, enum kind *out);
bool verb_is_snapshot(enum verb v);
bool verb_is_of(enum verb v, enum kind k);  /* can a VM, or a blade, be the target of it? */
bool vm_state_is_active(enum vm_state s);   /* has a process on a host: running, blocked, paused, shutting down */
struct alert;
/* Who attends to an alert, and how, in one text: "acknowledged sato OPS-77"; "" nobody. What somebody saw of it is held against this. */
void alert_holder(const struct alert *a, char *out, size_t size);
bool job_state_is_open(enum job_state s);   /* pending, running, overdue, unknown */

/* How dangerous a verb is: the row of safety.md's table, for one target. */
enum effect { EFFECT_NONE, EFFECT_SHORT, EFFECT_LOSS };
enum effect verb_effect(enum verb v);

struct site {
	istr id;             /* "site" */
	uint32_t gen;
	istr name, colour;   /* colour: accent for production, "" for none */
	istr note;           /* e.g. "private broker: leases and limits bind nobody else" */
	int64_t racks, enclosures, blades, hosts, hosts_live, vms, vms_running;
	istr zone;           /* zone of the site's clock, "" for the console's own */
	istr tz;             /* its rule, as POSIX's TZ has it ("JST-9"): a sealed console reads no zone file; "" none */
};
struct rack {
	istr id;             /* "rack:A" */
	uint32_t gen;
	istr name;
	int64_t order;       /* from the left, from 0 */
};
struct enclosure {
	istr id;             /* "enclosure:A2" */
	uint32_t gen;
	istr name, rack;     /* rack: its name */
	int64_t order;       /* from the top of its rack, from 0 */
	int64_t rows, columns; /* shape of the front; bays fill row by row */
	int64_t bays;
	bool by_column;        /* ... or column by column */
	enum manager_state manager;
	enum health health;    /* the worst of what the manager says */
	istr manager_why;      /* English sentence: why it is not up, "" when it is */
	istr manager_why_id;
	int64_t manager_seen;  /* Unix time when it last answered, 0 never */
	int64_t manager_retry; /* Unix time of the next try, 0 none */
	istr managers;         /* "oa1.example.net active, oa2.example.net standby" */
	istr dialect;          /* "hp-oa"; "" none or not known yet */
	istr title, model, serial, firmware; /* title: what the manager calls the enclosure */
	istr power, fans, temperature; /* in short, as the dialect has it: "6 of 6 OK, 2310 W"; "" not told */
	istr wrong;            /* which parts are not well: "Fan-3 failed, PS-2 warning"; "" all are, or it names none */
	istr alert, alert_id;
};
struct blade {
	istr id;             /* "blade:a2-13" */
	uint32_t gen;
	istr name, enclosure, rack; /* names of where it stands */
	istr bay;            /* its slot's name, a string: "13", "1A" */
	int64_t place;       /* index of the bay in the enclosure, from 0 */
	enum host_state host;
	istr why;            /* English sentence: why it is not up, "" when it is */
	istr why_id;         /* the message's id */
	int64_t seen;        /* Unix time when its host was last known live; 0 never. While up: since when it is up */
	int64_t retry;       /* Unix time of the next try, 0 when none is set */
	int64_t vms, running;
	int64_t cpus, mem_kib, used_kib; /* host's own; used: memory of its running VMs */
	istr driver;         /* "qemu", "test", "xen", ... */
	istr version;        /* "libvirt 9.0.0, QEMU 7.2.0" */
	istr hostname, host_uuid, model, serial;
	istr cluster, owner;
	istr uri;            /* operators only */
	istr alert, alert_id; /* English sentence, "" when none: wrong host UUID, ... */
	/* What the manager that speaks for it says: its enclosure's, or its own. */
	enum manager_state manager;
	enum power_state power;
	enum health health;
	bool power_live;     /* as of now; else what was last known, at power_seen */
	bool spare;          /* in the pool: never an alarm */
	int64_t power_seen;  /* Unix time of the last reading that is older than a poll, while not live; 0 never */
	int64_t power_since; /* Unix time since when power is so; 0 not known */
	istr fitted;         /* is a blade in the bay? "yes", "no", "" not known */
	istr locate;         /* locate light: "on", "off", "" not known */
	istr named;          /* what the manager calls it */
	istr bay_model, bay_serial, firmware; /* as the manager says */
	istr identity;       /* place and thing: "agrees", "differs", "unknown"; "" where no manager speaks for it */
	istr job, doing, by; /* as of a VM */
	istr watch;          /* under observation: what somebody noted, "" none */
	istr watch_by;
	int64_t watch_until; /* Unix time; 0 with a watch: until it is taken off */
};
struct vm {                /* the one kind of which a site has tens of thousands: in an order without gaps, in small numbers */
	istr id;             /* "vm:<16 hex>", opaque, random, ours */
	uint32_t gen;
	enum vm_state state; /* last known */
	bool live;           /* the host answers and the state is as of now */
	bool protect;
	bool persistent;
	istr name, uuid;
	istr blade;          /* name of the blade it is on now, or was last seen on */
	istr tenant, grade, guest; /* guest: OS where known */
	int64_t seen;        /* Unix time of the last confirmation when not live, 0 never */
	int64_t since;       /* Unix time since when it is in this state, 0 unknown */
	int64_t mem_kib;
	istr job;            /* id of the job that holds it, "" none */
	istr doing;          /* verb of that job, "" none */
	istr by;             /* who started that job */
	istr alert;          /* English sentence, "" none */
	istr pair;           /* name of the VM that is the other half of its pair, "" none */
	istr snap;           /* "room", "full" (no snapshot can be taken within the limits now), "" no limit is set */
	istr addresses, macs; /* comma separated, as far as its host tells; "" not known */
	istr volumes;        /* names of the site's volumes that its disks lie on, comma separated; "" none or not known. Staff alone */
	int16_t vcpus;
	int16_t snaps;       /* snapshots that it keeps and that count; -1 nobody knows */
	int16_t snaps_max;   /* how many it may keep; -1 no limit */
	int8_t snaps_busy;   /* being taken, or taken with an outcome that is not known yet */
	bool twice;          /* active on two hosts: actions are refused */
};
/* Several blades that keep one another's VMs running, and what is left of them when something is lost. */
struct cluster {
	istr id;             /* "cluster:K1" */
	uint32_t gen;
	istr name;
	istr pattern;        /* where its nodes stand: "one-enclosure", "one-rack", "two-racks", "four-enclosures", "other" */
	int64_t nodes, sure, unknown; /* blades; those whose vote is confirmed now; those of which nobody knows */
	int64_t needed;      /* votes for quorum */
	istr quorum;         /* "kept", "lost", "unknown" */
	int64_t mem_kib, used_kib; /* sold memory of the sure nodes; of that what their VMs have */
	/* When the worst blade, enclosure or rack of it is lost: "kept" (votes and memory suffice), "memory" (quorum, but its VMs do not fit),
	 * "lost" (no quorum), "unknown"; and which one that is. */
	istr blade_lost, blade_worst, enclosure_lost, enclosure_worst, rack_lost, rack_worst;
	int64_t vms, running;
};
/* Storage that the site file names. */
struct volume {
	istr id;             /* "volume:vol-07" */
	uint32_t gen;
	istr name;
	istr cluster;        /* whose it is, "" not told */
	int64_t size_kib;
	int64_t vms, vms_max; /* VMs that lie on it; how many the provider's sizing allows it */
	int64_t fits;        /* how many more, by that sizing and by what is promised already; -1 not known */
	int64_t promised_kib; /* the sum of what its VMs may fill: disks, configuration, snapshots */
	int64_t used_kib;    /* of the file system or pool, as a host said; 0 not known */
	int64_t overcommit;  /* promised in percent of size; 0 not known */
};
/* What is wrong and whose business it is. One cause is one alert: what stands behind it is counted, not told again. */
struct alert {
	istr id;             /* "alert:" and 8 hex digits; the same cause at the same object has the same id */
	uint32_t gen;
	istr object, name;   /* id and name of what it is about */
	istr place;          /* "rack A, A2, bay 7", "" none */
	istr rack;           /* name, "" none: for walls that show some racks */
	istr level;          /* "alert" (hurts now), "warning" (will hurt) */
	istr text, text_id;  /* English sentence */
	istr state;          /* "new", "acknowledged", "muted", "cleared" */
	int64_t since;       /* Unix time */
	int64_t changed;     /* of its state, or of what it says */
	int64_t cleared;     /* 0 while it stands; a cleared one stays for a while */
	int64_t muted_until; /* 0 not muted */
	int64_t behind;      /* hosts, or VMs, behind this one cause */
	int64_t tenants;     /* whose VMs run there, as last known; 0 none, or not told */
	int64_t changes;     /* in the last ten minutes */
	bool flapping;       /* five or more of these */
	istr by, ticket, note; /* who acknowledged or muted it, with what */
};
/* What the provider tells its customers; there from `since` to `until`. */
struct notice {
	istr id;             /* "notice:NAME" */
	uint32_t gen;
	istr name, text, text_ja; /* text_ja: "" there is none */
	istr level;          /* "info", "warning" */
	istr tenants;        /* whom it is for, comma separated; "" everybody. Staff alone see it */
	int64_t since, until; /* Unix times, 0 open */
};
struct job {
	istr id;             /* "job:7f3a21": 6 hex, random */
	uint32_t gen;
	istr verb;
	istr target;         /* id of the first target */
	istr targets;        /* names of all, comma separated */
	int64_t count, done; /* targets in all, targets settled */
	istr by, origin, reason;
	enum job_state state;
	int64_t started, ended, deadline; /* Unix times, 0 none */
	istr text;           /* English sentence: what is awaited or how it ended */
	istr text_id;
};
struct lease {
	istr id;             /* "lease:<object id>" */
	uint32_t gen;
	istr object, name;   /* object's id and name */
	istr by, job, verb;
	int64_t since;
};

enum field_type { FIELD_STR, FIELD_INT, FIELD_BOOL, FIELD_TIME, FIELD_KIB, FIELD_VM_STATE, FIELD_HOST_STATE, FIELD_JOB_STATE,
	FIELD_POWER, FIELD_HEALTH, FIELD_MANAGER };
/* Who may see a field of an object that he may see at all. */
enum viewer { VIEWER_OPERATOR, VIEWER_VIEWER, VIEWER_TENANT, VIEWER_COUNT };

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	unsigned viewers;    /* bits 1 << enum viewer */
	size_t size;         /* bytes of the member: numbers have 1, 2, 4 or 8 */
};
struct model {
	const char *name;
	size_t size;
	const struct field *fields;
	int nfields;
};
#define MODEL_FIELDS_MAX 64 /* of a kind, and columns of a line */
/* Every object struct begins with {istr id; uint32_t gen;}. Fields "id" and "gen" are rows of every table. */
struct object { istr id; uint32_t gen; };

extern const struct model models[KIND_COUNT];

/* The nearest number that a member of so few bytes can hold. */
static inline int64_t int_within(int64_t n, size_t bytes)
{
	int64_t most = bytes < 8 ? (INT64_C(1) << (bytes * 8 - 1)) - 1 : INT64_MAX;

	return n > most ? most : n < -most - 1 ? -most - 1 : n;
}

/* Sets a number of an object; true: it was another. (Of texts: intern_change.) */
static inline bool int_change(int64_t *slot, int64_t n)
{
	bool moved = *slot != n;

	*slot = n;
	return moved;
}

void *object_new(enum kind k);                    /* all zero, every string "" */
void object_free(enum kind k, void *o);           /* and its strings */
void object_copy(enum kind k, void *to, const void *from); /* to: from object_new */
const struct field *field_find(enum kind k, const char *name); /* NULL: this kind has no such field */
/* The value as text for filters and tables; size >= 64. Strings come whole if they fit, else cut. */
const char *field_text(const struct field *f, const void *o, char *tmp, size_t size);
int64_t field_int(const struct field *f, const void *o); /* numbers, times, bools, enums */
void field_set_int(const struct field *f, void *o, int64_t n);
int field_names(enum field_type type, const char *const **names); /* an enum's names in order; 0 for other types */

/* Broker side. {"kind":"vm","id":...}, only the fields that this viewer may see. */
void object_write(struct buf *b, enum kind k, const void *o, enum viewer v);
void object_write_columns(struct buf *b, enum kind k, enum viewer v); /* ["id","gen",...] */
void object_write_row(struct buf *b, enum kind k, const void *o, enum viewer v); /* [..] in that order */
/* Console side. Unknown keys are skipped, missing ones become empty, unknown enum names become the UNKNOWN/NONE value.
 * False: no id, nothing was touched. Into a registered object: then call registry_changed, which mends the indexes. */
bool object_read(enum kind k, void *o, json_t *object);
/* columns[i]: index into models[k].fields or -1; from columns_read. */
int columns_read(enum kind k, json_t *columns, int *out, int max); /* count, -1 when malformed */
bool object_read_row(enum kind k, void *o, json_t *row, const int *columns, int ncolumns);
/* A value as it came, out of JSON by whichever reader. NONE: missing, false, null or of a type that no field has. */
struct wire {
	union {
		const char *s;   /* TEXT: valid UTF-8 without a NUL inside, not terminated; borrowed */
		int64_t n;       /* INT */
	};
	uint32_t len;
	enum wire_type { WIRE_NONE, WIRE_TRUE, WIRE_INT, WIRE_TEXT } type;
};
void field_read(const struct field *f, void *o, const struct wire *v); /* into the field; what is of another type empties it */

#endif

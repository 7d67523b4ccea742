/* The last seen state of hosts: coalesces what changes into one entry a host, writes it to cache.db. The batch is
 * filled on the loop's thread and written on the writer's; store.c hands it over. */
#include "store/cache.h"
#include "store/care.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLICE 4000     /* rows of one transaction, about; between them the ledger is looked after */
#define TEXT_MAX 1024  /* bytes of a text */
#define RETRY_MS 60000 /* between attempts to open a file that cannot be opened */

struct place {
	char *uuid; /* first: the tree compares it */
	bool gone;
	enum vm_state state;
	bool persistent;
	int64_t vcpus, mem_kib, seen, since;
	char *name, *guest;
};

struct facts {
	char *driver, *version, *hostname, *uuid, *model, *serial;
	int64_t cpus, mem_kib, seen;
	enum power_state power;
	enum health health;
	int64_t power_seen, power_since;
	char *fitted, *named, *bay_model, *bay_serial, *firmware;
};

struct last_seen {
	char *host; /* first: the tree compares it */
	struct last_seen *next;
	bool whole;         /* what is not in places is not on the host */
	struct facts facts; /* when whole */
	void *places;       /* tree of struct place */
};

struct cache_batch {
	void *tree; /* of struct last_seen */
	struct last_seen *first, **end;
	struct care_batch *care; /* written first; NULL none */
};

/* ---- collecting ---- */

static int by_key(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *copy(const char *s)
{
	char *to = strndup(s ? s : "", TEXT_MAX);

	if (!to)
		abort();
	return to;
}

static void place_free(void *node)
{
	struct place *p = node;

	free(p->uuid);
	free(p->name);
	free(p->guest);
	free(p);
}

static void entry_clear(struct last_seen *en)
{
	struct facts *f = &en->facts;

	tdestroy(en->places, place_free);
	en->places = NULL;
	free(f->driver);
	free(f->version);
	free(f->hostname);
	free(f->uuid);
	free(f->model);
	free(f->serial);
	free(f->fitted);
	free(f->named);
	free(f->bay_model);
	free(f->bay_serial);
	free(f->firmware);
	*f = (struct facts){0};
}

static struct last_seen *entry_of(struct cache_batch *b, const char *host)
{
	struct last_seen *en, key = {.host = (char *)host};
	struct last_seen **at = tfind(&key, &b->tree, by_key);

	if (at)
		return *at;
	en = xcalloc(1, sizeof *en);
	en->host = copy(host);
	if (!tsearch(en, &b->tree, by_key))
		abort();
	*b->end = en;
	b->end = &en->next;
	return en;
}

static struct place *place_of(struct last_seen *en, const char *uuid)
{
	struct place *p, key = {.uuid = (char *)uuid};
	struct place **at = tfind(&key, &en->places, by_key);

	if (at) {
		p = *at;
		free(p->name);
		free(p->guest);
		*p = (struct place){.uuid = p->uuid};
		return p;
	}
	p = xcalloc(1, sizeof *p);
	p->uuid = copy(uuid);
	if (!tsearch(p, &en->places, by_key))
		abort();
	return p;
}

static void put_vm(struct last_seen *en, const struct vm *vm)
{
	struct place *p = place_of(en, vm->uuid);

	p->name = copy(vm->name);
	p->guest = copy(vm->guest);
	p->state = vm->state;
	p->persistent = vm->persistent;
	p->vcpus = vm->vcpus;
	p->mem_kib = vm->mem_kib;
	p->seen = vm->seen;
	p->since = vm->since;
}

struct cache_batch *cache_batch_new(void)
{
	struct cache_batch *b = xcalloc(1, sizeof *b);

	b->end = &b->first;
	return b;
}

static void nothing(void *node)
{
}

void cache_batch_free(struct cache_batch *b)
{
	if (!b)
		return;
	tdestroy(b->tree, nothing);
	care_batch_free(b->care);
	for (struct last_seen *en = b->first; en;) {
		struct last_seen *next = en->next;

		entry_clear(en);
		free(en->host);
		free(en);
		en = next;
	}
	free(b);
}

void cache_batch_host(struct cache_batch *b, const struct blade *blade, const struct vm *const *vms, size_t n)
{
	struct last_seen *en = entry_of(b, blade->name);

	entry_clear(en);
	en->whole = true;
	en->facts = (struct facts){.driver = copy(blade->driver),
		.version = copy(blade->version),
		.hostname = copy(blade->hostname),
		.uuid = copy(blade->host_uuid),
		.model = copy(blade->model),
		.serial = copy(blade->serial),
		.cpus = blade->cpus,
		.mem_kib = blade->mem_kib,
		.seen = blade->seen,
		.power = blade->power,
		.health = blade->health,
		.power_seen = blade->power_seen,
		.power_since = blade->power_since,
		.fitted = copy(blade->fitted),
		.named = copy(blade->named),
		.bay_model = copy(blade->bay_model),
		.bay_serial = copy(blade->bay_serial),
		.firmware = copy(blade->firmware)};
	for (size_t i = 0; i < n; i++)
		put_vm(en, vms[i]);
}

void cache_batch_vm(struct cache_batch *b, const char *host, const struct vm *vm)
{
	put_vm(entry_of(b, host), vm);
}

void cache_batch_forget(struct cache_batch *b, const char *host, const char *uuid)
{
	place_of(entry_of(b, host), uuid)->gone = true;
}

void cache_batch_event(struct cache_batch *b, const struct store_event *e)
{
	care_batch_event(&b->care, e);
}

void cache_batch_alert(struct cache_batch *b, const char *id, int64_t since)
{
	care_batch_seen(&b->care, id, since);
}

/* ---- the file ---- */

static void put_away(const char *dir, bool keep)
{
	static const char *const tails[] = {"-wal", "-journal", "-shm"};
	char *path = xasprintf("%s/%s", dir, db_cache.file), *aside = xasprintf("%s.damaged", path);

	if (keep ? rename(path, aside) : unlink(path))
		log_warn("cannot put %s away: %s", path, strerror(errno));
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		char *tail = xasprintf("%s%s", path, tails[i]);

		unlink(tail);
		free(tail);
	}
	free(aside);
	free(path);
}

void cache_open(struct cache *c, const char *dir)
{
	struct err *e = db_open(&c->db, dir, &db_cache);
	const char *id = e ? e->msg.id : "";

	c->dir = dir;
	if (!strcmp(id, "store.damaged") || !strcmp(id, "store.foreign") || !strcmp(id, "store.newer")) {
		bool keep = strcmp(id, "store.newer");

		log_warn("%s/%s is %s and is made anew: hosts are shown when they have answered", dir, db_cache.file,
			keep ? "damaged" : "of another version");
		err_free(e);
		put_away(dir, keep);
		e = db_open(&c->db, dir, &db_cache);
	}
	if (e && !c->failing)
		log_warn("the last seen state of hosts is not kept: %s", e->msg.text);
	c->failing = e != NULL;
	c->retry = clock_boot_ms() + RETRY_MS;
	err_free(e);
}

void cache_close(struct cache *c)
{
	db_close(&c->db);
}

/* ---- writing; each returns a SQLite code ---- */

static bool went(int rc)
{
	return rc == SQLITE_DONE;
}

/* Rows of VMs that the host no longer has. */
static bool drop_others(struct db *d, const struct last_seen *en)
{
	char **gone = NULL;
	size_t n = 0, size = 0;
	int rc;

	for (rc = db_run(d, CACHE_PLACE_OF, "t", en->host); rc == SQLITE_ROW; rc = db_next(d, CACHE_PLACE_OF)) {
		struct place key = {.uuid = (char *)db_text(db_stmt(d, CACHE_PLACE_OF), 0)};

		if (tfind(&key, &en->places, by_key))
			continue;
		if (n == size)
			gone = xrealloc(gone, (size = size ? size * 2 : 16) * sizeof *gone);
		gone[n++] = copy(key.uuid);
	}
	for (size_t i = 0; i < n; i++) {
		if (rc == SQLITE_DONE)
			rc = db_run(d, CACHE_PLACE_DROP, "tt", en->host, gone[i]);
		free(gone[i]);
	}
	free(gone);
	return went(rc);
}

struct writing {
	struct db *d;
	const struct last_seen *en;
	size_t rows;
	bool ok;
};

static void write_place(const void *node, VISIT visit, void *ctx)
{
	const struct place *p = *(struct place *const *)node;
	struct writing *w = ctx;

	if ((visit != postorder && visit != leaf) || !w->ok)
		return;
	w->rows++;
	w->ok = went(p->gone ? db_run(w->d, CACHE_PLACE_DROP, "tt", w->en->host, p->uuid)
			     : db_run(w->d, CACHE_PLACE_PUT, "ttttiibtii", w->en->host, p->uuid, p->name,
				       vm_state_name(p->state), p->vcpus, p->mem_kib, p->persistent, p->guest, p->seen,
				       p->since));
}

static bool write_entry(struct db *d, const struct last_seen *en, size_t *rows)
{
	const struct facts *f = &en->facts;
	struct writing w = {.d = d, .en = en, .ok = true};

	if (en->whole) {
		w.ok = went(db_run(d, CACHE_HOST_PUT, "tttttttiiitiitttttt", en->host, f->driver, f->version, f->hostname,
			       f->uuid, f->model, f->serial, f->cpus, f->mem_kib, f->seen, power_state_name(f->power),
			       f->power_seen, f->power_since, health_name(f->health), f->fitted, f->named, f->bay_model,
			       f->bay_serial, f->firmware)) &&
		       drop_others(d, en);
		w.rows++;
	}
	twalk_r(en->places, write_place, &w);
	*rows += w.rows;
	return w.ok;
}

static void give_up(struct cache *c)
{
	bool damaged = db_is_damaged(&c->db);

	if (!c->failing || damaged) {
		struct err *e = db_error(&c->db, "store.write", "the last seen state of hosts");

		log_warn("%s", e->msg.text);
		err_free(e);
	}
	c->failing = true;
	db_abandon(&c->db);
	if (!damaged)
		return;
	cache_close(c);
	put_away(c->dir, true);
	cache_open(c, c->dir);
}

bool cache_write(struct cache *c, struct cache_batch *b)
{
	size_t rows = 0;

	if (!c->db.handle && clock_boot_ms() >= c->retry)
		cache_open(c, c->dir);
	bool ok = c->db.handle && went(db_run(&c->db, CACHE_BEGIN, ""));
	if (b->care && ok)
		ok = care_batch_write(&c->db, b->care);
	else
		care_batch_free(b->care);
	b->care = NULL;
	while (b->first && rows < SLICE) {
		struct last_seen *en = b->first;

		ok = ok && write_entry(&c->db, en, &rows);
		rows++;
		tdelete(en, &b->tree, by_key);
		b->first = en->next;
		entry_clear(en);
		free(en->host);
		free(en);
	}
	if (!b->first)
		b->end = &b->first;
	if (ok && went(db_run(&c->db, CACHE_COMMIT, "")))
		c->failing = false;
	else if (c->db.handle)
		give_up(c);
	return b->first != NULL;
}

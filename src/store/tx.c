/* Builds transactions: copies all that they are given, so that the writer's thread shares nothing with the loop's.
 * Called by the rooms above, through store.h, on the loop's thread. */
#include "store/work.h"

#include "common/buf.h"
#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (16 * 1024) /* bytes of a text for people; longer ones are cut */
#define ID_MAX 512           /* bytes of an id; a longer one fails the transaction */
#define XML_MAX (1 << 20)    /* of XML, which is of no use when it is cut: the same */
#define TARGETS_MAX 100000
#define CHUNK 4000

struct chunk {
	struct chunk *next;
	size_t used, size;
	max_align_t data[];
};

static void *take(struct store_tx *tx, size_t n)
{
	struct chunk *c = tx->memory;

	n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;

		c = xmalloc(sizeof *c + size);
		*c = (struct chunk){.next = tx->memory, .size = size};
		tx->memory = c;
		tx->bytes += size;
	}
	void *p = (char *)c->data + c->used;
	c->used += n;
	return p;
}

static const char *keep(struct store_tx *tx, const char *s, size_t n)
{
	char *copy = take(tx, n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

static const char *text(struct store_tx *tx, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!n)
		return "";
	if (n > TEXT_MAX)
		for (n = TEXT_MAX; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			; /* never through a character */
	return keep(tx, s, n);
}

static void refuse(struct store_tx *tx, const char *what, const char *reason)
{
	if (!tx->work.err)
		tx->work.err = err_new(ERR_FAILED, "store.write", "{s:s, s:s}", "what", what, "reason", reason);
}

static const char *id(struct store_tx *tx, const char *s, const char *what)
{
	if (!s || !*s)
		refuse(tx, what, "it has no id");
	else if (strlen(s) > ID_MAX)
		refuse(tx, what, "its id is too long");
	else
		return text(tx, s);
	return "";
}

static const char *xml(struct store_tx *tx, const char *s, const char *what)
{
	size_t n = s ? strlen(s) : 0;

	if (n > XML_MAX)
		refuse(tx, what, "its XML is too long");
	return n && n <= XML_MAX ? keep(tx, s, n) : "";
}

static struct op *op(struct store_tx *tx, enum op_kind kind)
{
	if (tx->nops == tx->size) {
		tx->size = tx->size ? tx->size * 2 : 8;
		tx->ops = xrealloc(tx->ops, tx->size * sizeof *tx->ops);
	}
	struct op *o = &tx->ops[tx->nops++];
	*o = (struct op){.kind = kind};
	tx->bytes += sizeof *o;
	return o;
}

struct store_tx *store_begin(struct store *s)
{
	struct store_tx *tx = xcalloc(1, sizeof *tx);

	tx->work.kind = WORK_TX;
	tx->store = s;
	return tx;
}

void store_put_vm(struct store_tx *tx, const struct store_vm *v)
{
	struct store_vm *row = take(tx, sizeof *row);

	*row = (struct store_vm){.id = id(tx, v->id, "a VM"),
		.uuid = id(tx, v->uuid, "a VM"),
		.name = text(tx, v->name),
		.tenant = text(tx, v->tenant),
		.bound = v->bound,
		.protect = v->protect};
	op(tx, OP_VM)->vm = row;
}

void store_put_job(struct store_tx *tx, const struct store_job *j)
{
	struct store_job *row = take(tx, sizeof *row);
	struct job *to = &row->job;
	const struct job *from = &j->job;

	*row = (struct store_job){.uid = j->uid};
	to->id = id(tx, from->id, "a job");
	to->verb = text(tx, from->verb);
	to->target = text(tx, from->target);
	to->targets = text(tx, from->targets);
	to->count = from->count;
	to->done = from->done;
	to->by = text(tx, from->by);
	to->origin = text(tx, from->origin);
	to->reason = text(tx, from->reason);
	to->state = from->state;
	to->started = from->started;
	to->ended = from->ended;
	to->deadline = from->deadline;
	to->text = text(tx, from->text);
	to->text_id = text(tx, from->text_id);
	row->detail = xml(tx, j->detail, to->id); /* of no use when it is cut, either */
	if (j->ntargets > TARGETS_MAX)
		refuse(tx, to->id, "it has too many targets");
	else if (j->ntargets) {
		row->targets = take(tx, j->ntargets * sizeof *row->targets);
		row->ntargets = j->ntargets;
	}
	/* The copies are only read, through a struct whose texts may be written. */
	for (size_t i = 0; i < row->ntargets; i++)
		row->targets[i] = (struct store_target){.id = (char *)id(tx, j->targets[i].id, "a job's target"),
			.name = (char *)text(tx, j->targets[i].name),
			.state = j->targets[i].state,
			.text_id = (char *)text(tx, j->targets[i].text_id),
			.text = (char *)text(tx, j->targets[i].text)};
	op(tx, OP_JOB)->job = row;
}

void store_drop_job(struct store_tx *tx, const char *job)
{
	op(tx, OP_JOB_DROP)->object = id(tx, job, "a job");
}

void store_put_snapshot(struct store_tx *tx, const struct store_snapshot *s)
{
	struct store_snapshot *row = take(tx, sizeof *row);

	*row = *s;
	row->id = id(tx, s->id, "a snapshot");
	row->vm = id(tx, s->vm, "the VM of a snapshot");
	row->vm_name = text(tx, s->vm_name);
	row->tenant = text(tx, s->tenant);
	row->charged = text(tx, s->charged);
	row->name = text(tx, s->name);
	row->note = text(tx, s->note);
	row->by = text(tx, s->by);
	row->origin = text(tx, s->origin);
	row->job = text(tx, s->job);
	row->xml = xml(tx, s->xml, "a snapshot");
	row->why = text(tx, s->why);
	op(tx, OP_SNAPSHOT)->snapshot = row;
}

void store_put_limit(struct store_tx *tx, const struct store_limit *l)
{
	struct store_limit *row = take(tx, sizeof *row);

	*row = (struct store_limit){.object = id(tx, l->object, "a limit"),
		.kind = id(tx, l->kind, "a limit"),
		.value = text(tx, l->value),
		.until = l->until,
		.ref = text(tx, l->ref),
		.by = text(tx, l->by),
		.at = l->at};
	op(tx, OP_LIMIT)->limit = row;
}

void store_drop_limit(struct store_tx *tx, const char *object, const char *kind)
{
	struct store_limit *row = take(tx, sizeof *row);

	*row = (struct store_limit){.object = id(tx, object, "a limit"), .kind = id(tx, kind, "a limit")};
	op(tx, OP_LIMIT_DROP)->limit = row;
}

void store_put_pair(struct store_tx *tx, const struct store_pair *p)
{
	struct store_pair *row = take(tx, sizeof *row);

	*row = (struct store_pair){.blade = id(tx, p->blade, "the pair of a blade"),
		.place = text(tx, p->place),
		.manager_serial = text(tx, p->manager_serial),
		.host_serial = text(tx, p->host_serial),
		.host_uuid = text(tx, p->host_uuid),
		.by = text(tx, p->by),
		.at = p->at};
	op(tx, OP_PAIR)->pair = row;
}

void store_put_alert(struct store_tx *tx, const struct store_alert *m)
{
	struct store_alert *row = take(tx, sizeof *row);

	*row = (struct store_alert){.id = id(tx, m->id, "an alert"),
		.object = text(tx, m->object),
		.state = id(tx, m->state, "an alert"),
		.until = m->until,
		.by = text(tx, m->by),
		.ticket = text(tx, m->ticket),
		.note = text(tx, m->note),
		.at = m->at};
	op(tx, OP_ALERT)->alert = row;
}

void store_drop_alert(struct store_tx *tx, const char *alert)
{
	op(tx, OP_ALERT_DROP)->object = id(tx, alert, "an alert");
}

void store_put_note(struct store_tx *tx, const struct store_note *n)
{
	struct store_note *row = take(tx, sizeof *row);

	*row = (struct store_note){.object = id(tx, n->object, "a note"),
		.text = text(tx, n->text),
		.until = n->until,
		.by = text(tx, n->by),
		.at = n->at};
	op(tx, OP_NOTE)->note = row;
}

void store_drop_note(struct store_tx *tx, const char *object)
{
	op(tx, OP_NOTE_DROP)->object = id(tx, object, "a note");
}

void store_put_anchor(struct store_tx *tx, int64_t seq, const char *hash, int64_t at)
{
	struct op *o = op(tx, OP_ANCHOR);

	o->anchor.hash = id(tx, hash, "an anchor");
	o->anchor.seq = seq;
	o->anchor.at = at;
}

void store_take_lease(struct store_tx *tx, const struct lease *l)
{
	struct lease *row = take(tx, sizeof *row);

	*row = (struct lease){.object = id(tx, l->object, "a lease"),
		.name = text(tx, l->name),
		.by = text(tx, l->by),
		.job = text(tx, l->job),
		.verb = text(tx, l->verb),
		.since = l->since};
	op(tx, OP_TAKE)->lease = row;
}

void store_drop_lease(struct store_tx *tx, const char *object_id)
{
	op(tx, OP_DROP)->object = id(tx, object_id, "a lease");
}

void store_append(struct store_tx *tx, json_t *what)
{
	struct op *o = op(tx, OP_APPEND);

	o->append.wall = clock_wall_s();
	o->append.what = json_is_object(what) ? json_deep_copy(what) : NULL;
	if (!o->append.what)
		refuse(tx, "an audit record", "it is not an object");
	else
		tx->bytes += 2 * json_dumpb(what, NULL, 0, JSON_COMPACT); /* about what its tree takes */
}

void tx_empty(struct store_tx *tx)
{
	for (size_t i = 0; i < tx->nops; i++)
		if (tx->ops[i].kind == OP_APPEND)
			json_decref(tx->ops[i].append.what);
	free(tx->ops);
	tx->ops = NULL;
	tx->nops = tx->size = 0;
	for (struct chunk *c = tx->memory; c;) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
	tx->memory = NULL;
}

void store_commit(struct store_tx *tx, store_done *done, void *ctx)
{
	tx->done = done;
	tx->ctx = ctx;
	store_enqueue(tx->store, &tx->work, tx->bytes);
}

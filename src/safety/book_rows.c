/* Rows of the ledger in memory: each on the list of its VM and of the tenant that it is charged to. */
#include "safety/book_inside.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define FAILED_KEPT_S 86400  /* one that failed may still turn up on the host */
#define GONE_KEPT_S (7 * 86400) /* so may the provider's own that went: a VM is taken out of libvirt and brought back */
#define CLOSED_MAX 1000      /* failed rows of one VM that are kept for that */

static const char *text(const char *s)
{
	return s ? s : "";
}

void book_row_free(struct snapshot *s)
{
	istr words[] = { s->vm, s->vm_name, s->tenant, s->charged, s->by, s->origin, s->job };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		intern_free(words[i]);
	free(s->host_name);
	free(s->name);
	free(s->note);
	free(s->xml);
	free(s->why);
	free(s);
}

static struct snapshot *row_new(const struct store_snapshot *from)
{
	struct snapshot *s = xcalloc(1, sizeof *s);
	size_t n = strnlen(text(from->id), sizeof s->id - 1);

	memcpy(s->id, text(from->id), n);
	s->host_name = xasprintf("tana-%s", strncmp(s->id, "snap:", 5) == 0 ? s->id + 5 : s->id);
	s->vm = intern(from->vm);
	s->vm_name = intern(from->vm_name);
	s->tenant = intern(from->tenant);
	s->charged = intern(from->charged);
	s->by = intern(from->by);
	s->origin = intern(from->origin);
	s->job = intern(from->job);
	s->name = xstrdup(text(from->name));
	s->note = xstrdup(text(from->note));
	s->xml = xstrdup(text(from->xml));
	s->why = xstrdup(text(from->why));
	s->uid = from->uid;
	s->bytes = from->bytes;
	s->role = from->role;
	s->state = from->state;
	s->memory = from->memory;
	s->external = from->external;
	s->exceeded = from->exceeded;
	s->at = from->at;
	s->ended = from->ended;
	return s;
}

/* ---- its places ---- */

static void put_charged(GPtrArray *rows, struct snapshot *s)
{
	guint i = rows->len;

	/* Nearly always the newest. */
	while (i > 0 && ((struct snapshot *)rows->pdata[i - 1])->at > s->at)
		i--;
	g_ptr_array_insert(rows, (gint)i, s);
}

static void take_charged(GPtrArray *rows, const struct snapshot *s)
{
	guint low = 0, high = rows->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		if (((struct snapshot *)rows->pdata[mid])->at < s->at)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < rows->len && rows->pdata[low] != s; low++)
		;
	if (low < rows->len)
		g_ptr_array_remove_index(rows, low);
}

static struct held *put_row(struct book *b, struct snapshot *s)
{
	struct held *h = book_hold(b, s->vm);
	struct account *a = book_account(b, s->charged);
	struct snapshot **at = &h->rows;

	while (*at && (*at)->at > s->at)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
	g_hash_table_insert(b->rows, s->id, s);
	if (a)
		put_charged(a->rows, s);
	if (s->at > b->newest)
		b->newest = s->at;
	return h;
}

static void take_row(struct book *b, struct snapshot *s)
{
	struct held *h = book_held(b, s->vm);
	struct account *a = book_account(b, s->charged);

	for (struct snapshot **at = &h->rows; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			break;
		}
	g_hash_table_remove(b->rows, s->id);
	if (a)
		take_charged(a->rows, s);
	book_row_free(s);
}

/* No count and no host's list will ask for it again. Many take one of each server every night on the provider's account: these
 * count for nobody once they are gone. */
static bool is_over(const struct snapshot *s, int64_t now)
{
	int64_t ago = s->ended ? now - s->ended : 0;

	switch (s->state) {
	case SNAP_REFUSED:
		return true;
	case SNAP_FAILED:
		return s->at < now - BOOK_TAKEN_S || ago > FAILED_KEPT_S;
	case SNAP_GONE:
		return s->at < now - BOOK_TAKEN_S || (!s->charged[0] && ago > GONE_KEPT_S);
	default:
		return false;
	}
}

static void forget_old(struct book *b, struct held *h)
{
	int64_t now = book_now(b);
	size_t failed = 0;

	for (struct snapshot *s = h->rows, *next; s; s = next) {
		next = s->next;
		bool drop = is_over(s, now) || (s->state == SNAP_FAILED && ++failed > CLOSED_MAX);
		if (drop && !s->saving)
			take_row(b, s);
	}
}

/* ---- in and out ---- */

void book_load_snapshot(struct book *b, const struct store_snapshot *from)
{
	if (!from->id || !from->id[0] || !from->vm || !from->vm[0] || book_find(b, from->id))
		return;
	struct snapshot *s = row_new(from);
	if (is_over(s, book_now(b)))
		book_row_free(s);
	else
		put_row(b, s); /* counted by book_site */
}

struct snapshot *book_reserve(struct book *b, const struct store_snapshot *what)
{
	struct snapshot *s = row_new(what), *old = book_find(b, s->id);

	if (old)
		take_row(b, old); /* one that was refused, asked for again: an open one has its VM's lease */
	s->state = SNAP_RESERVED;
	s->at = book_now(b);
	s->ended = 0;
	s->moved = clock_boot_ms();
	struct held *h = put_row(b, s);
	forget_old(b, h);
	book_recount(b, h);
	return s;
}

void book_unreserve(struct book *b, struct snapshot *s)
{
	struct held *h = book_held(b, s->vm);

	take_row(b, s);
	book_recount(b, h);
	book_drop_idle(b, h);
}

void book_move(struct book *b, struct snapshot *s, enum snap_state to, uint64_t bytes, const char *why)
{
	bool closed = to == SNAP_GONE || to == SNAP_FAILED || to == SNAP_REFUSED;

	s->state = to;
	s->moved = clock_boot_ms();
	s->ended = closed ? book_now(b) : 0;
	if (bytes)
		s->bytes = bytes;
	if (why) {
		free(s->why);
		s->why = xstrdup(why);
	}
	/* Its outcome is not open any more: nothing is to be cleared with it. */
	if (to != SNAP_RESERVED && to != SNAP_SENT) {
		free(s->xml);
		s->xml = xstrdup("");
	}
	book_recount(b, book_held(b, s->vm));
}

void book_put(const struct snapshot *s, struct store_tx *tx)
{
	store_put_snapshot(tx, &(struct store_snapshot){ .id = s->id, .vm = s->vm, .vm_name = s->vm_name, .tenant = s->tenant,
		.charged = s->charged, .name = s->name, .note = s->note, .by = s->by, .origin = s->origin, .job = s->job, .uid = s->uid,
		.role = s->role, .state = s->state, .memory = s->memory, .external = s->external, .exceeded = s->exceeded, .at = s->at,
		.ended = s->ended, .bytes = s->bytes, .xml = s->xml, .why = s->why });
}

/* ---- looking them up ---- */

struct snapshot *book_find(struct book *b, const char *id)
{
	return g_hash_table_lookup(b->rows, id);
}

struct snapshot *book_rows(struct book *b, const char *vm_id)
{
	const struct held *h = book_held(b, vm_id);

	return h ? h->rows : NULL;
}

struct snapshot *book_of_host(struct book *b, const char *vm_id, const char *host_name)
{
	char id[48];

	if (strncmp(host_name, "tana-", 5) != 0 || strlen(host_name) > 41)
		return NULL;
	memcpy(id, "snap:", 5);
	memcpy(id + 5, host_name + 5, strlen(host_name) - 4);
	struct snapshot *s = book_find(b, id);
	return s && strcmp(s->vm, vm_id) == 0 ? s : NULL;
}

void book_each(struct book *b, enum snap_state is, void (*fn)(void *ctx, struct snapshot *s), void *ctx)
{
	GHashTableIter it;
	GPtrArray *list = g_ptr_array_new();
	gpointer p;

	g_hash_table_iter_init(&it, b->rows);
	while (g_hash_table_iter_next(&it, NULL, &p))
		if (((struct snapshot *)p)->state == is)
			g_ptr_array_add(list, p);
	for (guint i = 0; i < list->len; i++)
		fn(ctx, list->pdata[i]);
	g_ptr_array_free(list, TRUE);
}

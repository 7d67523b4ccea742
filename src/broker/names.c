/* Users, groups and roles; and the thread that may wait for the name service. */
#include "broker/names.h"

#include "common/buf.h"
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAITING_MAX 256         /* questions that wait while the name service hangs */
#define ENTRY_MAX (1024 * 1024) /* bytes of one group's entry, at most */

struct roles {
	const struct site_model *model;
	struct { bool known_user, known_group; uid_t uid; gid_t gid; } *list; /* one for each of the model's */
};

static bool find_user(const char *name, uid_t *out)
{
	for (size_t size = 4096; size <= ENTRY_MAX; size *= 4) {
		struct passwd pw, *found = NULL;
		char *room = xmalloc(size);
		int rc = getpwnam_r(name, &pw, room, size, &found);
		if (found)
			*out = pw.pw_uid;
		free(room);
		if (rc != ERANGE)
			return found != NULL;
	}
	return false;
}

static bool find_group(const char *name, gid_t *out)
{
	for (size_t size = 4096; size <= ENTRY_MAX; size *= 4) {
		struct group gr, *found = NULL;
		char *room = xmalloc(size);
		int rc = getgrnam_r(name, &gr, room, size, &found);
		if (found)
			*out = gr.gr_gid;
		free(room);
		if (rc != ERANGE)
			return found != NULL;
	}
	return false;
}

char *user_name(uid_t uid)
{
	for (size_t size = 4096; size <= ENTRY_MAX; size *= 4) {
		struct passwd pw, *found = NULL;
		char *room = xmalloc(size), *name = NULL;
		int rc = getpwuid_r(uid, &pw, room, size, &found);
		if (found)
			name = text_clean_dup(pw.pw_name);
		free(room);
		if (name)
			return name;
		if (rc != ERANGE)
			break;
	}
	return xasprintf("uid %u", (unsigned)uid);
}

struct roles *roles_resolve(const struct site_model *m)
{
	struct roles *r = xcalloc(1, sizeof *r);

	r->model = m;
	r->list = xcalloc(m->nroles ? m->nroles : 1, sizeof *r->list);
	for (size_t i = 0; i < m->nroles; i++) {
		const struct site_role *role = &m->roles[i];
		if (role->user && role->user[0]) {
			r->list[i].known_user = find_user(role->user, &r->list[i].uid);
			if (!r->list[i].known_user)
				log_warn("the site file names the user %s, whom this machine does not know", role->user);
		}
		if (role->group && role->group[0]) {
			r->list[i].known_group = find_group(role->group, &r->list[i].gid);
			if (!r->list[i].known_group)
				log_warn("the site file names the group %s, which this machine does not know", role->group);
		}
	}
	return r;
}

void roles_free(struct roles *r)
{
	if (!r)
		return;
	free(r->list);
	free(r);
}

const struct site_role *roles_of(const struct roles *r, uid_t uid, const gid_t *gids, size_t ngids, const char **user)
{
	const struct site_model *m = r->model;
	const char **groups = xcalloc(m->nroles ? m->nroles : 1, sizeof *groups);
	size_t n = 0;

	*user = "";
	for (size_t i = 0; i < m->nroles; i++) {
		if (r->list[i].known_user && r->list[i].uid == uid && !(*user)[0])
			*user = m->roles[i].user;
		for (size_t g = 0; r->list[i].known_group && g < ngids; g++) {
			if (gids[g] != r->list[i].gid)
				continue;
			groups[n++] = m->roles[i].group;
			break;
		}
	}
	const struct site_role *row = site_role_row(m, *user, groups, n);
	free(groups);
	return row;
}

/* ---- the thread ---- */

struct task {
	struct task *next;
	struct helper *helper;
	void *(*fn)(void *arg);
	void *arg, *result;
	void (*done)(void *ctx, void *result);
	void *ctx;
};
struct helper {
	struct loop *loop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct task *first, **last;
	int waiting;
	bool stop;
};

static void finished(void *ctx)
{
	struct task *t = ctx;

	t->done(t->ctx, t->result);
	free(t);
}

static void *work(void *ctx)
{
	struct helper *h = ctx;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (!h->first && !h->stop)
			pthread_cond_wait(&h->more, &h->lock);
		if (h->stop)
			break;
		struct task *t = h->first;
		h->first = t->next;
		if (!h->first)
			h->last = &h->first;
		h->waiting--;
		pthread_mutex_unlock(&h->lock);
		t->result = t->fn(t->arg);
		pthread_mutex_lock(&h->lock);
		if (h->stop)
			break; /* the loop is going away; its owners with it */
		loop_post(h->loop, finished, t);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

struct helper *helper_new(struct loop *l)
{
	struct helper *h = xcalloc(1, sizeof *h);

	h->loop = l;
	h->last = &h->first;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->more, NULL);
	if (pthread_create(&h->thread, NULL, work, h) != 0) {
		log_error("no thread for the name service");
		abort();
	}
	return h;
}

void helper_free(struct helper *h)
{
	struct timespec until;

	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	if (pthread_timedjoin_np(h->thread, NULL, &until) != 0) {
		log_warn("the name service does not answer; its thread is left behind");
		pthread_detach(h->thread);
		return;
	}
	while (h->first) {
		struct task *t = h->first;
		h->first = t->next;
		free(t);
	}
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->more);
	free(h);
}

bool helper_busy(struct helper *h)
{
	pthread_mutex_lock(&h->lock);
	bool busy = h->waiting >= WAITING_MAX;
	pthread_mutex_unlock(&h->lock);
	return busy;
}

void helper_run(struct helper *h, void *(*fn)(void *arg), void *arg, void (*done)(void *ctx, void *result), void *ctx)
{
	struct task *t = xcalloc(1, sizeof *t);

	*t = (struct task){ .helper = h, .fn = fn, .arg = arg, .done = done, .ctx = ctx };
	pthread_mutex_lock(&h->lock);
	h->waiting++;
	*h->last = t;
	h->last = &t->next;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
}

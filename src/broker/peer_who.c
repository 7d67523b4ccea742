/* Who a peer is: what the kernel says of its socket, what the site file makes of that, and its name. Called by peers.c. */
#include "broker/peer.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NAME_MS 5000               /* for the name service to say who it is */
#define GROUPS_MAX 65536

void peer_set_text(char **slot, const char **seen, const char *value)
{
	char *copy = xstrdup(value); /* value may be what is replaced */

	free(*slot);
	*slot = copy;
	*seen = copy;
}

void peer_ask_kernel(struct peer *p)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof who;

	p->uid = (uid_t)-1;
	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return;
	p->uid = who.uid;
	len = 0;
	p->gids = xcalloc(1, sizeof *p->gids);
	p->gids[0] = who.gid;
	p->ngids = 1;
	/* The first call says how much room is needed. */
	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) != 0 && errno != ERANGE)
		return;
	if (len / sizeof(gid_t) > GROUPS_MAX)
		len = GROUPS_MAX * sizeof(gid_t);
	if (len == 0)
		return;
	p->gids = xrealloc(p->gids, sizeof *p->gids + len);
	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERGROUPS, p->gids + 1, &len) == 0)
		p->ngids += len / sizeof(gid_t);
}

void peer_find_role(struct peer *p)
{
	const char *user = "";
	struct actor *a = &p->actor;

	a->uid = p->uid;
	a->gids = p->gids;
	a->ngids = p->ngids;
	a->row = NULL;
	a->role = p->is_private ? ROLE_OPERATOR : ROLE_NONE;
	if (!p->is_private && p->uid != (uid_t)-1)
		a->row = roles_of(p->all->b->roles, p->uid, p->gids, p->ngids, &user);
	if (a->row)
		a->role = a->row->role;
	if (p->read_only && a->role != ROLE_NONE)
		a->role = a->role == ROLE_CUSTOMER ? ROLE_NONE : ROLE_VIEWER; /* a reload may make another of him */
	peer_set_text(&p->tenant, &a->tenant, a->role == ROLE_CUSTOMER ? a->row->tenant : "");
	if (user[0])
		peer_set_text(&p->user, &p->actor.user, user);
}

struct naming { struct broker *b; uint64_t serial; uid_t uid; };

static void *find_name(void *arg)
{
	const struct naming *n = arg;

	return user_name(n->uid);
}

static void open_up(struct peer *p)
{
	p->state = PEER_OPEN;
	loop_timer_set(p->timer, PEER_HELLO_MS);
	peer_step(p);
}

static void named(void *ctx, void *result)
{
	struct naming *n = ctx;
	/* At the end there are no peers any more, and answers still come. */
	struct peer *p = n->b->peers ? peers_find(n->b->peers, n->serial) : NULL;

	if (p && p->state == PEER_NAMING) {
		peer_set_text(&p->user, &p->actor.user, result);
		open_up(p);
	}
	free(result);
	free(n);
}

void peer_name(struct peer *p)
{
	struct broker *b = p->all->b;

	if (p->user[0]) {
		open_up(p);
		return;
	}
	if (p->is_private) {
		/* The loop does not turn yet: here the name service may take its time. */
		char *name = user_name(p->uid);
		peer_set_text(&p->user, &p->actor.user, name);
		free(name);
		open_up(p);
		return;
	}
	if (helper_busy(b->helper)) {
		peer_name_late(p);
		return;
	}
	struct naming *n = xcalloc(1, sizeof *n);
	*n = (struct naming){ .b = b, .serial = p->serial, .uid = p->uid };
	p->state = PEER_NAMING;
	loop_timer_set(p->timer, NAME_MS);
	helper_run(b->helper, find_name, n, named, n);
	peer_step(p);
}

void peer_name_late(struct peer *p)
{
	char *name = xasprintf("uid %u", (unsigned)p->uid);

	peer_set_text(&p->user, &p->actor.user, name);
	free(name);
	open_up(p);
}

/* Between relay.c and relay_pump.c: one relay, and the thread that pumps them all. */
#ifndef TANA_RELAY_PUMP_H
#define TANA_RELAY_PUMP_H

#include "hosts/relay.h"
#include "hosts/relay_rpc.h"

#include <pthread.h>
#include <stdint.h>

struct rest { char *data; size_t off, len; }; /* read on one side, not yet taken by the other */
struct side { struct relay *relay; uint32_t armed; }; /* what epoll watches of a descriptor, 0 = it is not in */

struct relay {
	char *path;
	bool bound;                     /* the path exists */
	pthread_mutex_t lock;           /* the descriptors against shutting; ended, deadline */
	int listen_fd, near_fd, far_fd; /* far_fd is the tunnel's own when there is one */
	struct ssh_link *tunnel;
	enum relay_end ended;
	int64_t deadline, listen_until; /* boot time, ms; 0 none */
	bool speaks_rpc, watched;       /* relay_rpc, relay_keepalive were called */
	/* the pump's alone from here */
	struct relay *prev, *next, *look_next;
	bool looked, hot, held, leaving; /* in the look list; more to do than one turn; in the pump's list; let it go */
	bool near_eof, far_eof;         /* nothing more comes from there */
	bool far_deaf;                  /* takes nothing more; what it said before is still to be read */
	bool heard, ask;                /* since the last beat: something came from the far side; it is to be asked */
	int silent;                     /* beats for which nothing came */
	struct rpc rpc;
	struct rest to_far, to_near;
	struct side listen_side, near_side, far_side;
};

#define RELAY_BEAT_MS 1000
#define RELAY_ASK_BEATS 6  /* a libvirtd asks every 5 s by itself: then there is nothing to do for us but to answer */
#define RELAY_DEAD_BEATS (RELAY_DEAD_S * 1000 / RELAY_BEAT_MS)

/* relay_move.c: one turn of each direction; true: there may be more to do at once. *_ready: there may be something to read. */
bool relay_move(struct relay *r, bool near_ready, bool far_ready);
/* A beat went by: false when the far side is to be taken for dead. Beats are counted, not time: a machine that slept, or a pump
 * that was late, has missed them and not heard silence. */
bool relay_beat(struct relay *r);

void relay_end_locked(struct relay *r, enum relay_end why); /* with its lock held: both ends are shut; the first reason stays */

struct err *pump_add(struct relay *r);  /* it is moved from now on. ERR_INTERNAL: the pump does not run */
void pump_look(struct relay *r);       /* something happened to it; any thread, also when it is in no pump */
void pump_due(int64_t at);             /* a deadline was set */
void pump_beat(void);                  /* a relay wants beats */
void pump_remove(struct relay *r);     /* waits until the pump has let go */

#endif

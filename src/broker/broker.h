/* The broker: store, fleet, safety and peers wired together, from start to end. Called by tanad.c alone. */
#ifndef TANA_BROKER_H
#define TANA_BROKER_H

#include "common/error.h"

#include <stdbool.h>

#define BROKER_SOCKET "/run/tana/broker.sock"

struct broker_config {
	/* exactly one of: */
	const char *site_file;
	const char *const *uris; int nuris;
	bool demo;
	/* exactly one of: */
	const char *socket;       /* a shared broker listens there; NULL: private */
	int fd;                   /* a private broker's one peer; -1: shared */

	const char *state_dir;    /* NULL: the default for what it serves */
	const char *command;      /* how a shell reaches this broker: "tana --site FILE"; NULL: from the above */
	/* For tests, in the man page as such; 0 = default. */
	int connect_ms, short_ms, long_ms, snap_ms, steady_ms, shutdown_ms, plan_ms, manager_ms, manager_status_ms;
	int anchor_s;
	const char *anchor_socket;
	int stop_ms;              /* what is under way may settle for so long when a shared one is told to end; 0 = 10000 */
	int peers_max, peers_of_user;
	int idle_extra_ms;        /* a peer ends so long after its user had to be signed out; 0 = 60000 */
	int rate;                 /* requests of one connection a second; 0 = RATE_PER_S */
	bool syslog;              /* the diary goes to the system's log, not to stderr */
};

/* Runs until it is told to stop (SIGTERM, SIGINT, which a shared one obeys in order, see leaving.h, and at once the second time;
 * private: its peer ends). NULL: it ended in order. An error: it could not
 * start. */
struct err *broker_run(const struct broker_config *c);

#endif

/* What a host's URI says, and what is wrong with it. Pure. Called by the site room for the check alone, by hosts to know where to go. */
#ifndef TANA_HOST_URI_H
#define TANA_HOST_URI_H

#include "common/error.h"

enum uri_via { VIA_PROCESS /* no daemon: the driver runs in this process */, VIA_LOCAL, VIA_SSH };

struct host_uri {
	char driver[16];          /* "qemu", "test", "xen" */
	enum uri_via via;
	char *path;               /* "/system", "/session", "/abs/file.xml", "/default" */
	char *host, *user;        /* "" unless VIA_SSH; user may be "" there too */
	int port;                 /* 0 = 22 */
	char *key_file, *known_hosts, *socket; /* "" when not said */
};

/* ERR_USAGE with the place: "host.uri.*", holes {uri} and {what}. out may be NULL. */
struct err *host_uri_parse(const char *uri, struct host_uri *out);
void host_uri_free(struct host_uri *u);   /* what is inside */

/* "qemu+unix:///system?socket=..." for libvirt; caller frees. */
char *host_uri_by_socket(const struct host_uri *u, const char *socket);
/* "qemu:///system": as the far side calls it; caller frees. */
char *host_uri_plain(const struct host_uri *u);

#endif

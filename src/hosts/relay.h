/* Owns the transport below libvirt: a private Unix socket that libvirt connects to, pumped into a local daemon's socket
 * or an SSH tunnel by one thread for all. Shutting a relay ends a hung libvirt call at once. */
#ifndef TANA_RELAY_H
#define TANA_RELAY_H

#include "common/error.h"
#include "ssh/ssh.h"

struct relay;

struct err *relay_start(void);   /* the pump thread; ERR_FAILED */
void relay_stop(void);           /* after every relay was freed */

/* Makes <dir>/<random>.sock (0600), accepts exactly one client (of our own user) within step_ms, then removes the path.
 * relay_new_socket dials a local socket within step_ms; stop_fd: readable = give up, -1 none. "os.error" of class
 * ERR_UNREACHABLE names the path; *why gets its errno (0 otherwise), may be NULL.
 * relay_new_ssh takes ownership of an opened tunnel, also when it fails. */
struct err *relay_new_socket(const char *dir, const char *path, int step_ms, int stop_fd, int *why, struct relay **out);
struct err *relay_new_ssh(const char *dir, struct ssh_link *tunnel, int step_ms, struct relay **out);
const char *relay_path(const struct relay *r);
void relay_shut(struct relay *r);  /* any thread, any number of times */
/* Any thread: the relay is shut (RELAY_LATE) when ms have passed, unless set anew before; 0 takes it off. */
void relay_deadline(struct relay *r, int ms);
/* What will pass is libvirt's protocol: its keepalive questions are answered here and not by libvirt, at a sixth of the cost. Called
 * before anybody connects. */
void relay_rpc(struct relay *r);
/* From now on a far side that says nothing for 6 s is asked whether it lives, and after RELAY_DEAD_S seconds of silence (up to one
 * more) the relay is ended (RELAY_SILENT). Any thread, after relay_rpc; only for a far side that knows these questions. */
void relay_keepalive(struct relay *r);
#define RELAY_DEAD_S 20
void relay_free(struct relay *r);  /* shuts, waits for the pump to let go of it, frees; NULL is allowed */

/* Why it is over; the first reason counts. Any thread. */
enum relay_end { RELAY_OPEN, RELAY_SHUT, RELAY_LATE, RELAY_FAR /* the other side ended */, RELAY_NEAR /* our client left */,
	RELAY_SILENT /* keepalive */ };
enum relay_end relay_ended(struct relay *r);
char *relay_words(struct relay *r); /* what the far side said to its stderr, cleaned, "" nothing; caller frees */

#endif

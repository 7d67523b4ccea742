/* A hostile console: a process that shuts itself in as a console does, and then makes the system calls it is told, raw. */
#ifndef TANA_TEST_HOSTILE_H
#define TANA_TEST_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum way { WAY_PLAIN, WAY_INT80 };  /* WAY_INT80: as a program of 32 bits does; x86_64 alone */
enum fate { FATE_WORKED,            /* the kernel looked at it: whatever it answered but EPERM */
	FATE_REFUSED,               /* EPERM */
	FATE_KILLED,                /* SIGSYS */
	FATE_BROKEN };              /* the call does not exist in this way of calling (SIGSEGV on int 0x80) */
#define HOSTILE_ARGS 6

struct attempt {
	uint64_t nr;
	uint64_t args[HOSTILE_ARGS];
	long result;                /* of the call, where it came back */
	enum fate fate;
};

/* What lies where every hostile console can reach it. */
struct ground {
	uint64_t aside;             /* so that neither lies at the beginning of a page: no attempt unmaps them */
	char path[64];              /* "/etc/passwd", anew before each attempt */
	uint64_t buf[512];          /* zeroes, anew before each attempt */
};
extern struct ground *ground;
enum { FD_TTY = 0, FD_SOCKET = 20, FD_PAIR = 21 }; /* FD_SOCKET is connected, its other end is FD_PAIR */

enum seal { SEAL_CONSOLE, SEAL_CONNECTOR };

/* Makes n attempts, each in a sealed process: one goes on until it is ended, the next begins behind that. The pid that a console may
 * wait for is that of the caller. */
void hostile_run(enum seal seal, enum way way, struct attempt *all, size_t n);
/* Stands in args for what only the sealed process knows. */
#define OF_SELF UINT64_C(0xfeed000000000001)
#define OF_CHILD UINT64_C(0xfeed000000000002)
#define OF_ADDRESS UINT64_C(0xfeed000000000003) /* the connector's own */
size_t hostile_forks(void);         /* processes made so far */

#endif

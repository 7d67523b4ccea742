/* A file layer for SQLite that counts what reaches the ledger, makes it fail, or ends the process in the middle, as a kill or
 * a loss of power would. For tests of the store, and of a whole broker that runs in the test's process:
 *
 *     crash_vfs_install();                    once, before the store is opened; all of the store's files go through it
 *     crash_vfs_plan(&(struct crash_plan){ .kill_at = 7, .disk = CRASH_DROP });
 *
 * An operation is one write, sync, truncation or deletion of ledger.db, its -wal or its -journal; they are counted from 1
 * since the last crash_vfs_plan. cache.db is passed through and never counted.
 *
 * What is on the disk and what is only in the kernel's memory are told apart: a file's contents as of its last good sync,
 * and the operations since. A kill leaves all of it; a loss of power none or some of what was not synced. After a
 * sync that fails, those operations may have reached the disk all the same, may still wait for the next sync, or are lost unless they
 * are written again, although reading shows them (which is what Linux does to a page that it could not write). A
 * deletion is taken to be on the disk at once. */
#ifndef TANA_CRASH_VFS_H
#define TANA_CRASH_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* What becomes of that which was not synced when the process is ended. */
enum crash_disk {
	CRASH_KEEP, /* all is there: a kill */
	CRASH_DROP, /* nothing is there: the power went */
	CRASH_SOME  /* some of it in any order, writes cut anywhere: the power went meanwhile */
};
/* What becomes of that which a failed sync should have put on the disk. */
enum crash_sync {
	CRASH_SYNC_WAITS, /* a later sync may */
	CRASH_SYNC_DONE,  /* it is there, and yet an error came */
	CRASH_SYNC_LOST   /* it never will be, unless it is written again; readers see it until the end */
};

struct crash_plan {
	int fail_at;          /* this operation fails; 0: none */
	int fail_sync;        /* instead: this one, counting syncs alone */
	int fail_run;         /* and so many in all from there on (0 is 1); a plan of its own ends it earlier */
	bool full;            /* writes fail as on a full disk, syncs and truncations work */
	bool whole;           /* a write that fails was done nevertheless; otherwise half of it was */
	enum crash_sync sync; /* of syncs that fail */
	int kill_at;          /* the process ends in place of this operation; 0: never */
	int kill_after;       /* instead: so many operations after the sync that failed */
	bool torn;            /* half of that operation is done, if it is a write */
	enum crash_disk disk; /* at the end of the process */
	bool hand_on;         /* of CRASH_KEEP: what is not on the disk is so for the next process too (FILE.disk, FILE.lost) */
	uint64_t seed;        /* of CRASH_SOME */
};
struct crash_count {
	int ops, writes, syncs, failed; /* since the plan; failed: how many were made to fail */
};

/* Registers the layer and tells the store to use it. False: SQLite refused. */
bool crash_vfs_install(void);
void crash_vfs_uninstall(void);                   /* when no store is open */
void crash_vfs_plan(const struct crash_plan *p);  /* from now on, counted from 1; NULL: all works. Any thread */
struct crash_count crash_vfs_count(void);
/* From now on the counts stand in this memory, e.g. what a parent shares with the child that will be killed. NULL: in our own. */
void crash_vfs_count_in(struct crash_count *c);
/* In place of SIGKILL to this very process; after it has returned, SIGKILL. The ledger's files are as they will be found. */
void crash_vfs_at_kill(void (*fn)(void));
/* The end now, outside any operation: the disk is made what the plan says. Does not return. */
void crash_vfs_kill(void) __attribute__((noreturn));

#endif

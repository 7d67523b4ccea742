/* The broker's objects as the console holds them: a registry kept current by the stream of events. Also the newest
 * happenings. Its owner tells it when the client is ready, lost, or hears something. */
#ifndef TANA_MIRROR_H
#define TANA_MIRROR_H

#include "common/registry.h"
#include "link/client.h"

struct mirror;

struct happened { int64_t seq /* of the broker, 0 not told */, at; enum kind kind; char *object, *name; struct msg what; };

struct mirror *mirror_new(void);
void mirror_free(struct mirror *m);
struct registry *mirror_objects(struct mirror *m);              /* borrowed; the same until mirror_free */
void mirror_subscribe(struct mirror *m, struct client *c);      /* on every CLIENT_READY */
void mirror_kinds(struct mirror *m, unsigned kinds);            /* before subscribing: bits 1 << enum kind; 0 (at first) = all */
void mirror_event(struct mirror *m, json_t *line);              /* from client_ops.event */
bool mirror_batch(struct mirror *m, const char *line, size_t len); /* from client_ops.batch; false: nothing was done, it is to come as an event */
bool mirror_synced(const struct mirror *m);                     /* all that there was has come */
int64_t mirror_age_s(const struct mirror *m);                   /* how long the broker has been lost; 0 = connected */
void mirror_lost(struct mirror *m);                             /* on CLIENT_LOST: all objects stay, nothing is live any more */
const struct site *mirror_site(const struct mirror *m);         /* NULL before it came */
size_t mirror_happened(const struct mirror *m, const struct happened **newest_first, size_t max); /* how many; borrowed until the next event */
uint64_t mirror_heard(const struct mirror *m);                  /* how many happenings were taken in, ever */
/* After a reconnect the old objects stay until "synced", then what was not renewed goes: no screen goes empty. */

#endif

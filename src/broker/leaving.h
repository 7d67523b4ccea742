/* How a shared broker ends in order: nobody comes in, nothing new is begun, everybody is told, and what is under way and short may
 * settle for a while, with news as ever. The rest is handed over: it stays open in the ledger, and the next broker settles it from what
 * the hosts say. Called by broker.c; requests that begin something are refused by commands.c from then on. */
#ifndef TANA_LEAVING_H
#define TANA_LEAVING_H

#include "broker/inside.h"

void leaving_begin(struct broker *b);            /* the second time it ends at once */
void leaving_free(struct leaving *l);            /* NULL is allowed */

#endif

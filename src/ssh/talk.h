/* Inside of the SSH room: what link.c must know of talk.c. */
#ifndef TANA_SSH_TALK_H
#define TANA_SSH_TALK_H

#include "ssh/link.h"

void talk_free(struct ssh_link *l); /* at the end of the link, before its session is freed; says nothing to the far side */

#endif

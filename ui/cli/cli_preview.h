/* A preview (the broker's answer to `plan`) as words on a plain terminal. Used by cli_act.c. */
#ifndef TANA_CLI_PREVIEW_H
#define TANA_CLI_PREVIEW_H

#include "common/buf.h"

#include <jansson.h>
#include <stdbool.h>

void cli_preview_words(struct buf *b, json_t *plan, bool how); /* how: also the command line that does it */
void cli_preview_messages(struct buf *b, json_t *list, const char *before); /* MESSAGEs, a line each */
void cli_preview_warnings(struct buf *b, json_t *plan);   /* a line each */
void cli_preview_refusals(struct buf *b, json_t *plan);

#endif

/* For the tests of roles: one broker, and one user whom the site file makes operator, viewer, customer and nobody in turn by
 * reloads. */
#ifndef TEST_ROLES_BED_H
#define TEST_ROLES_BED_H

#include "talk.h"

extern struct daemon d;
extern char foreign[64], foreign_name[64], foreign_uuid[64]; /* a VM of globex, as an operator saw it */
extern char mixed_job[64], foreign_job[64]; /* an operator's: on it and one of acme's; on it alone */

#define OPERATOR "role operator { users = { \"%s\" } }\n"
#define VIEWER "role viewer { users = { \"%s\" } }\n"
#define ACME "role customer { tenant = \"acme\" users = { \"%s\" } }\n"
#define NOBODY "role operator { users = { \"daemon\" } }\n"

int roles_start(void **state);
int roles_stop(void **state);
int reloads(void);                   /* a count of those that were taken, as the log tells */
void become(const char *role);       /* and the site file was read again */

/* Two words that a customer must not be able to tell apart: the answers are the same but for the word. form: the arguments as
 * JSON, with a @ where the word stands. */
void same_answers(struct talk *t, const char *request, const char *form, const char *secret, const char *absent);
/* argument: the one that the word is, "[]" a target of power-off. */
void same_answer(struct talk *t, const char *request, const char *argument, const char *secret, const char *absent);

#endif

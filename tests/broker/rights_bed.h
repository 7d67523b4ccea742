/* For test_rights.c: one broker with every kind of person and of server (rights_table.h), and connections as any of them. */
#ifndef TEST_RIGHTS_BED_H
#define TEST_RIGHTS_BED_H

#include "talk.h"

#include "rights_table.h"

#define ABSENT_ID "vm:00000000deadbeef"

extern struct daemon d;
extern char server_id[SERVERS][64];      /* as an operator saw them */

extern const char *rights_more[2];       /* an option more for the broker, and its value; NULL: none */

int rights_start(void **state);          /* exits with 77 where it is not root, who alone can be somebody else */
int rights_stop(void **state);
int rights_start_consoles(void **state); /* the same, and its servers have serial consoles (consoled.c) */
int rights_stop_consoles(void **state);
int person_of(const char *name);
int server_of(const char *name);
/* The site file with this role section for one person, and its tenants; read again. NULL: none for him. */
void rights_reload(int person, const char *role);
int rights_reload_ask(int person, const char *role); /* does not wait for it: rights_reloads() is not what this returns then */
int rights_reloads(void);                /* so far */
struct talk *rights_connect(int person); /* greeting read */
struct talk *rights_hello(int person);   /* and hello said */
bool rights_become(int person);          /* for good: in a child */
bool sees(int person, int server);       /* as the table of verbs has it; staff see all */
bool is_staff(int person);

#endif

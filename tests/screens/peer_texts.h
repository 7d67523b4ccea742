/* A broker whose every word of a person, a host, a guest or a manager is a hostile text, or a harmless one of the same width: for
 * test_hostile_texts.c. It runs in a process of its own. */
#ifndef TANA_TESTS_PEER_TEXTS_H
#define TANA_TESTS_PEER_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Which text stands in a field: the one with the number that the field's place gives, and turn more. */
struct texts_order {
	bool hostile;        /* false: in its place letters of TEXTS_FILL as wide */
	bool news;           /* something has just happened */
	unsigned turn;
	unsigned serial;     /* the site's name ends with it, in four digits, when all of this has been sent */
	char role[16];
	char fields[512];    /* of these alone ("vm:name"), each between two blanks; "": of all */
};
/* Letters that stand in for a text, by bytes and cells; the console itself never draws one of them. */
#define TEXTS_FILL "`", "\xc5\x9f", "\xe1\xb9\xa3", "\xf0\x9d\x90\x9a", "\xe3\x83\xb5", "\xf0\xa0\x80\x80", "\xef\xbe\x9d"

/* Starts it; *control is where texts_tell() writes. */
pid_t texts_start(const char *sock, int *control);
/* Tells it what to be, and waits until it has told its console. */
void texts_tell(int control, const struct texts_order *o);
size_t texts_valid(void);    /* texts that can stand in JSON */
/* What stands in for the first text of these two as the console shows it: the prefix as it is, the rest of filling letters. Caller frees. */
char *texts_filled(const char *whole, size_t prefix);

#endif

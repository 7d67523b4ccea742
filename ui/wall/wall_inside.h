/* Inside the wall: what wall.c (life), wall_draw.c (the picture), wall_big.c (what of it is large) and wall_words.c (what is said of alerts and
 * events) share. */
#ifndef TANA_WALL_INSIDE_H
#define TANA_WALL_INSIDE_H

#include "app.h"
#include "map/racks_inside.h"
#include "term/bigtext.h"
#include "wall/wall.h"
#include "wall/wall_count.h"
#include "wall/wall_ring.h"

#define WALL_ALERTS_MAX 512      /* that are looked at; the worst come first */
#define WALL_DETAILS 3           /* on a page */

struct wall {
	struct app app;          /* what the floor is drawn from: objects, mirror, metal, tally */
	struct racks racks;
	const struct wall_options *o;
	struct wall_count *count;
	struct wall_ring ring;

	bool ready_once, synced_once;
	char why[256];           /* why there is no broker */
	int64_t waiting;         /* Unix time since when; 0: it is there */
	int64_t well;            /* Unix time since when nothing is wrong, 0: something is */
	bool open;               /* something hurts that nobody has taken */
	int page, pages;
	int64_t started;         /* boot ms */
};

/* One thing that is wrong, as a wall tells it. */
struct wall_trouble {
	int64_t since;           /* Unix time, 0 not known */
	enum ink ink;            /* of its line */
	bool hurts, taken;       /* it hurts now; somebody has it */
	char name[64], text[256];
	char state[64];          /* in one or two words: for the large letters, behind the name */
	char more[256];          /* what is behind it, who has it */
};

/* wall_words.c */
/* The i-th of what is wrong, worst first; false: there is none. *alerts, *warnings count them all. */
size_t wall_troubles(struct wall *w, struct wall_trouble *out, size_t from, size_t max, size_t *alerts, size_t *warnings);
struct wall_news { int64_t at; char name[64], text[256]; };
size_t wall_news(struct wall *w, struct wall_news *out, size_t max);  /* newest first */

/* wall_big.c */
/* In the middle of the box, a band of its colour where it hurts: a name and how it is, both in large letters, else the name alone (words
 * of other languages are in no font), else neither. */
void wall_headline(struct box b, enum ink ink, const char *name, const char *state);
/* What is said of the whole site. Words that have no large letters get a large sign. */
void wall_say(struct box b, enum ink ink, const char *words, const char *sign);
/* The numbers stand side by side; where there is no room the words get shorter, then the last ones go. */
void wall_numbers(struct wall *w, struct box b, enum big big, size_t alerts, size_t warnings);
void wall_numbers_line(struct wall *w, struct box b, size_t alerts, size_t warnings); /* on a small screen they are words */

/* wall_draw.c */
void wall_draw(struct wall *w);          /* all of it */
void wall_draw_second(struct wall *w);   /* what a second changes */

#endif

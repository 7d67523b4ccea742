/* Inside the wall: what wall.c (life), wall_draw.c (the picture) and wall_words.c (what is said of alerts and events) share. */
#ifndef TANA_WALL_INSIDE_H
#define TANA_WALL_INSIDE_H

#include "app.h"
#include "racks_inside.h"
#include "wall.h"
#include "wall_count.h"
#include "wall_ring.h"

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
	char more[128];          /* what is behind it, who has it */
};

/* wall_words.c */
/* The i-th of what is wrong, worst first; false: there is none. *alerts, *warnings count them all. */
size_t wall_troubles(struct wall *w, struct wall_trouble *out, size_t from, size_t max, size_t *alerts, size_t *warnings);
struct wall_news { int64_t at; char name[64], text[256]; };
size_t wall_news(struct wall *w, struct wall_news *out, size_t max);  /* newest first */

/* wall_draw.c */
void wall_draw(struct wall *w);          /* all of it */
void wall_draw_second(struct wall *w);   /* what a second changes */

#endif

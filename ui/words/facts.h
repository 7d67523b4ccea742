/* What is known of one object, as rows of label and value: for panes and for the views of one thing. */
#ifndef TANA_FACTS_H
#define TANA_FACTS_H

#include "common/model.h"
#include "term/glyphs.h"
#include "term/palette.h"
#include "view.h"

#include <stddef.h>

#define FACTS_MAX 32

struct fact {
	const char *label;
	char value[192];
	char age[32];       /* of the value, "" none */
	enum ink ink;
};
struct facts {
	struct fact list[FACTS_MAX];
	int n;
};

/* facts_metal.c: what is above is what one looks for first. */
void facts_blade(struct facts *f, const struct blade *b, enum tier t);
/* told: managers are listed beside it, so that it need not name them. */
void facts_enclosure(struct facts *f, const struct enclosure *e, enum tier t, bool told);
void facts_vm(struct facts *f, const struct vm *vm, enum tier t);
void facts_add(struct facts *f, const char *label, enum ink ink, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
double facts_gib(int64_t kib);
void facts_age(struct facts *f, int64_t t);   /* of the row that was added last; t as look_age has it */

/* Writes them into the box, long values wrapped while there is room; returns the lines used. */
int facts_draw(const struct facts *f, struct box b, int label_width);
/* Lines that facts_draw would use at this width. */
int facts_height(const struct facts *f, int width, int label_width);

#endif

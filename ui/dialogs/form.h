/* A small dialog: some words, fields to be typed in, lines that fill one of them, and lines that do something. Behind it stand the menus
 * and questions about alerts and notes (dialog_alert.c, dialog_note.c). It acts on nothing by itself. */
#ifndef TANA_FORM_H
#define TANA_FORM_H

#include "app.h"

#define FORM_FIELDS 3
#define FORM_LINES 12

struct form_ops {
	/* Enter on a line of form_act. It may send (form_send), push a view, or close the form (app_back). */
	void (*act)(struct view *f, void *ctx, int what);
	/* The command line that does the same as `what`, "" none; called for each picture. NULL: none at all. */
	void (*command)(struct view *f, void *ctx, int what, char *out, size_t size);
	void (*closed)(void *ctx);  /* frees ctx; may be NULL */
};

/* Texts are copied. right: dim, in the upper line; "" none. The focus stands on the first field, without one on the first line. */
struct view *form_new(struct app *a, const char *title, const char *right, const struct form_ops *ops, void *ctx);
void form_words(struct view *f, enum ink ink, const char *text);
/* max: bytes. Fields are numbered from 0. */
void form_field(struct view *f, const char *label, const char *hint, const char *text, size_t max);
void form_fill(struct view *f, const char *label, int field, const char *value); /* a line that writes value there */
void form_act(struct view *f, const char *label, int what, const char *why);     /* why it cannot be chosen, "" it can */
const char *form_text(struct view *f, int field);
/* Asks the broker. When it is done the form leaves, with so many overlays below it, and `done` is said; an error stands in the form. */
void form_send(struct view *f, const char *request, json_t *args, const char *done, int below);
void form_refuse(struct view *f, const char *text);  /* says so in the form, and nothing is asked */
/* A word as a shell takes it, after a blank: "ticket 8812" becomes 'ticket 8812'. */
void form_word(char *out, size_t size, const char *word);
/* "show KIND:NAME" as such words. */
void form_show(char *out, size_t size, enum kind k, const char *name);

#endif

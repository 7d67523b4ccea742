/* Alerts, notes and events inside the broker: wired to the store and to the news. Called by broker.c and requests_care.c. */
#ifndef TANA_CARE_H
#define TANA_CARE_H

#include "broker/inside.h"
#include "watch/alerts.h"
#include "watch/notes.h"

void care_new(struct broker *b);    /* after the news and the registry */
void care_start(struct broker *b);  /* after all was loaded and the site is there */
void care_free(struct broker *b);   /* before the registry, the store and the loop */
/* From store_load; ctx is the broker. */
void care_load_alert(void *ctx, const struct store_alert *m);
void care_load_seen(void *ctx, const char *id, int64_t since);
void care_load_note(void *ctx, const struct store_note *n);
void care_load_event(void *ctx, const struct store_event *e);
/* News for the staff about an object of any kind. */
void care_happened(struct broker *b, enum kind k, const char *object, const char *name, const struct msg *m);

#endif

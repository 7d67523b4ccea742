/* Questions to the audit log that look at records one by one: who, whose, which verb. Called by writer.c. */
#ifndef TANA_STORE_TRAIL_H
#define TANA_STORE_TRAIL_H

#include "store/db.h"
#include "store/work.h"

/* One slice; true: there is more to look at, and others go first. The answer, newest last, or *e is there with false. */
bool trail_on(struct db *db, struct work_query *w, struct err **e);

#endif

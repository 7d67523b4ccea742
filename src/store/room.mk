# Files of this room.
libtana_a_SOURCES += \
	src/store/anchors.c \
	src/store/anchors.h \
	src/store/apply.c \
	src/store/apply.h \
	src/store/cache.c \
	src/store/cache.h \
	src/store/care.c \
	src/store/care.h \
	src/store/chain.c \
	src/store/chain.h \
	src/store/db.c \
	src/store/db.h \
	src/store/digest.c \
	src/store/digest.h \
	src/store/dir.c \
	src/store/dir.h \
	src/store/internal.h \
	src/store/load.c \
	src/store/schema.c \
	src/store/schema.h \
	src/store/snapshots.c \
	src/store/snapshots.h \
	src/store/sql.h \
	src/store/store.c \
	src/store/store.h \
	src/store/takeback.c \
	src/store/takeback.h \
	src/store/trail.c \
	src/store/trail.h \
	src/store/tx.c \
	src/store/work.h \
	src/store/writer.c

# data/schema.sql is the only source of the schema; schema.c includes it as C strings.
dist_pkgdata_DATA += data/schema.sql
EXTRA_DIST += src/store/schema.awk
BUILT_SOURCES += src/store/schema.inc
CLEANFILES += src/store/schema.inc src/store/schema.inc.tmp
src/store/schema.inc: data/schema.sql src/store/schema.awk
	$(AM_V_GEN)$(MKDIR_P) src/store && \
		$(AWK) -f $(srcdir)/src/store/schema.awk $(srcdir)/data/schema.sql >$@.tmp && mv -f $@.tmp $@

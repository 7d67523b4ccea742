# Files of this room.
libtana_a_SOURCES += \
	src/watch/alerts.c \
	src/watch/alerts.h \
	src/watch/alerts_inside.h \
	src/watch/alerts_lines.c \
	src/watch/alerts_marks.c \
	src/watch/alerts_rules.c \
	src/watch/alerts_rules.h \
	src/watch/alerts_tree.c \
	src/watch/alerts_whose.c \
	src/watch/clusters.c \
	src/watch/clusters.h \
	src/watch/notes.c \
	src/watch/notes.h \
	src/watch/volumes.c \
	src/watch/volumes.h

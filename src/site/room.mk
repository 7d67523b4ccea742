# Files of this room.
libtana_a_SOURCES += \
	src/site/generate.h \
	src/site/site.h

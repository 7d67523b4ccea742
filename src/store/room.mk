# Files of this room.
libtana_a_SOURCES += \
	src/store/store.h

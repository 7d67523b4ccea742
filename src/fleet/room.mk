# Files of this room.
libtana_a_SOURCES += \
	src/fleet/fleet.h

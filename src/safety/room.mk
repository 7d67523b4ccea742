# Files of this room.
libtana_a_SOURCES +=

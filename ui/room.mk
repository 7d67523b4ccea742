# Files of this room.
libui_a_SOURCES +=

# Files of this room.
libui_a_SOURCES += \
	ui/map/enclosure_front.c \
	ui/map/enclosure_front.h \
	ui/map/metal.c \
	ui/map/metal.h \
	ui/map/metal_detail.c \
	ui/map/metal_detail.h \
	ui/map/rack_layout.c \
	ui/map/rack_layout.h \
	ui/map/racks_alerts.c \
	ui/map/racks_cells.c \
	ui/map/racks_find.c \
	ui/map/racks_inside.h \
	ui/map/racks_lay.c \
	ui/map/racks_words.c \
	ui/map/site_filter.c \
	ui/map/site_filter.h \
	ui/map/tree.c \
	ui/map/tree.h \
	ui/map/tree_draw.c \
	ui/map/tree_find.c \
	ui/map/tree_fleet.c \
	ui/map/tree_fleet.h \
	ui/map/tree_inside.h \
	ui/map/tree_node.h \
	ui/map/view_blade.c \
	ui/map/view_enclosure.c \
	ui/map/view_racks.c \
	ui/map/view_tree.c

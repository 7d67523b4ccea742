# Files of this room.
libui_a_SOURCES += \
	ui/lists/columns.c \
	ui/lists/columns.h \
	ui/lists/columns_alert.c \
	ui/lists/columns_blade.c \
	ui/lists/columns_cluster.c \
	ui/lists/columns_inside.h \
	ui/lists/columns_job.c \
	ui/lists/columns_vm.c \
	ui/lists/filter_line.c \
	ui/lists/filter_line.h \
	ui/lists/filter_line_draw.c \
	ui/lists/first.c \
	ui/lists/first.h \
	ui/lists/list.c \
	ui/lists/list.h \
	ui/lists/list_build.c \
	ui/lists/list_columns.c \
	ui/lists/list_command.c \
	ui/lists/list_draw.c \
	ui/lists/list_inside.h \
	ui/lists/list_match.c \
	ui/lists/list_order.c \
	ui/lists/list_order.h \
	ui/lists/list_ranks.c \
	ui/lists/marks.c \
	ui/lists/marks.h \
	ui/lists/records.c \
	ui/lists/records.h \
	ui/lists/view_rows.c \
	ui/lists/view_rows.h

# Programs and scripts of these tests.
if HAVE_TESTS
# A terminal for tests; what is linked with it needs $(TERM_LDADD) too.
term_sources = tests/screens/term.c tests/screens/term_keys.c tests/screens/term_look.c tests/screens/term_vt.c \
	tests/screens/term.h tests/screens/term_inside.h
TERM_LDADD = $(VTERM_LIBS) -lutil $(COMMON_LDADD)

check_PROGRAMS += tests/screens/test_term tests/screens/drive tests/screens/firstpicture tests/screens/storm
TESTS += tests/screens/test_term
LONG_TESTS += $(srcdir)/tests/screens/test_storm.sh
EXTRA_DIST += tests/screens/test_demo.sh tests/screens/test_storm.sh tests/screens/test_sealed.sh
tests_screens_test_term_SOURCES = tests/screens/test_term.c $(term_sources)
tests_screens_test_term_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
bed_sources = tests/screens/bed.c tests/screens/bed.h
check_PROGRAMS += tests/screens/test_screens
tests_screens_test_screens_SOURCES = tests/screens/test_screens.c $(bed_sources) $(term_sources)
tests_screens_test_screens_LDADD = libui.a $(TERM_LDADD) $(CMOCKA_LIBS)
# What VMs do now, on the demonstration site.
check_PROGRAMS += tests/screens/test_now
TESTS += tests/screens/test_now
tests_screens_test_now_SOURCES = tests/screens/test_now.c $(bed_sources) $(term_sources)
tests_screens_test_now_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
# Snapshots and blades: on the demonstration site, and on peer, a broker of a few words.
snapshots_tests = tests/screens/test_blades tests/screens/test_customer tests/screens/test_snapshots tests/screens/test_snapshots_look tests/screens/test_snapshots_meanwhile
check_PROGRAMS += tests/screens/peer $(snapshots_tests)
TESTS += $(snapshots_tests)
tests_screens_peer_SOURCES = tests/screens/peer.c tests/screens/peer_care.c tests/screens/peer_care.h tests/screens/peer_map.c tests/screens/peer_map.h tests/screens/peer_metal.c tests/screens/peer_metal.h tests/screens/peer_stream.c tests/screens/peer_stream.h tests/screens/peer_customer.c \
	tests/screens/peer_customer.h tests/screens/peer_kept.c tests/screens/peer_kept.h
tests_screens_peer_LDADD = $(COMMON_LDADD)
peer_bed = tests/screens/peer_bed.c tests/screens/peer_bed.h $(bed_sources)
tests_screens_test_blades_SOURCES = tests/screens/test_blades.c $(peer_bed) $(term_sources)
tests_screens_test_blades_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_test_customer_SOURCES = tests/screens/test_customer.c $(peer_bed) $(term_sources)
tests_screens_test_customer_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_test_snapshots_SOURCES = tests/screens/test_snapshots.c $(peer_bed) $(term_sources)
tests_screens_test_snapshots_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_test_snapshots_look_SOURCES = tests/screens/test_snapshots_look.c $(peer_bed) $(term_sources)
tests_screens_test_snapshots_look_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_test_snapshots_meanwhile_SOURCES = tests/screens/test_snapshots_meanwhile.c $(peer_bed) $(term_sources)
tests_screens_test_snapshots_meanwhile_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_views_care
TESTS += tests/screens/test_views_care
tests_screens_test_views_care_SOURCES = tests/screens/test_views_care.c $(peer_bed) $(term_sources)
tests_screens_test_views_care_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_finding
TESTS += tests/screens/test_finding
tests_screens_test_finding_SOURCES = tests/screens/test_finding.c $(peer_bed) $(term_sources)
tests_screens_test_finding_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
# Two people at the same thing.
check_PROGRAMS += tests/screens/test_two
TESTS += tests/screens/test_two
tests_screens_test_two_SOURCES = tests/screens/test_two.c $(peer_bed) $(term_sources)
tests_screens_test_two_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_console
TESTS += tests/screens/test_console
tests_screens_test_console_SOURCES = tests/screens/test_console.c $(peer_bed) $(term_sources)
tests_screens_test_console_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
# Hostile texts in every field, on a broker of their own.
hostile_texts_tests = tests/screens/test_hostile_lines tests/screens/test_hostile_texts
check_PROGRAMS += $(hostile_texts_tests)
TESTS += tests/screens/test_hostile_lines
LONG_TESTS += $(hostile_texts_tests)
texts_bed = tests/screens/peer_texts.c tests/screens/peer_texts.h tests/screens/raw.c tests/screens/raw.h tests/unit/hostile_texts.h $(bed_sources)
tests_screens_test_hostile_lines_SOURCES = tests/screens/test_hostile_lines.c $(texts_bed) $(term_sources)
tests_screens_test_hostile_lines_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_test_hostile_texts_SOURCES = tests/screens/test_hostile_texts.c $(texts_bed) $(term_sources)
tests_screens_test_hostile_texts_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_map
TESTS += tests/screens/test_map
tests_screens_test_map_SOURCES = tests/screens/test_map.c $(peer_bed) $(term_sources)
tests_screens_test_map_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_wall
TESTS += tests/screens/test_wall
LONG_TESTS += tests/screens/test_wall
tests_screens_test_wall_SOURCES = tests/screens/test_wall.c tests/screens/puppet.c tests/screens/puppet.h $(bed_sources) $(term_sources)
tests_screens_test_wall_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_terminal
LONG_TESTS += tests/screens/test_terminal
tests_screens_test_terminal_SOURCES = tests/screens/test_terminal.c $(bed_sources) $(term_sources)
tests_screens_test_terminal_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/screens/test_zoom
TESTS += tests/screens/test_zoom
tests_screens_test_zoom_SOURCES = tests/screens/test_zoom.c tests/screens/puppet.c tests/screens/puppet.h $(bed_sources) $(term_sources)
tests_screens_test_zoom_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
# An hour of it with TANA_LONG; wallfast has another clock.
check_PROGRAMS += tests/screens/test_wall_soak tests/screens/wallfast
LONG_TESTS += tests/screens/test_wall_soak
tests_screens_test_wall_soak_SOURCES = tests/screens/test_wall_soak.c tests/screens/puppet.c tests/screens/puppet.h $(bed_sources) $(term_sources)
tests_screens_test_wall_soak_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_wallfast_SOURCES = tests/screens/wallfast.c
tests_screens_wallfast_LDADD = $(UI_LDADD)
tests_screens_wallfast_LDFLAGS = -Wl,--wrap,clock_boot_ms,--wrap,clock_wall_s,--wrap,loop_run,--wrap,loop_stop
check_PROGRAMS += tests/screens/test_japanese
tests_screens_test_japanese_SOURCES = tests/screens/test_japanese.c $(bed_sources) $(term_sources)
tests_screens_test_japanese_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
# Every view as it is kept in tests/screens/kept; the console (beside tana, where its Japanese is) and the peer have a clock that stands still.
check_PROGRAMS += tests/screens/test_kept keptconsole tests/screens/keptpeer
EXTRA_DIST += tests/screens/kept
tests_screens_test_kept_SOURCES = tests/screens/test_kept.c tests/screens/kept.c tests/screens/kept.h $(bed_sources) $(term_sources)
tests_screens_test_kept_LDADD = libui.a $(TERM_LDADD) $(CMOCKA_LIBS)
keptconsole_SOURCES = ui/main.c tests/screens/kept_clock.c
keptconsole_LDADD = $(UI_LDADD)
keptconsole_LDFLAGS = -Wl,--wrap,clock_wall_s
tests_screens_keptpeer_SOURCES = $(tests_screens_peer_SOURCES) tests/screens/kept_clock.c
tests_screens_keptpeer_LDADD = $(COMMON_LDADD)
tests_screens_keptpeer_LDFLAGS = -Wl,--wrap,time
# What storms found.
check_PROGRAMS += tests/screens/test_bursts
TESTS += tests/screens/test_bursts
tests_screens_test_bursts_SOURCES = tests/screens/test_bursts.c $(bed_sources) $(term_sources)
tests_screens_test_bursts_LDADD = $(TERM_LDADD) $(CMOCKA_LIBS)
tests_screens_drive_SOURCES = tests/screens/drive.c $(term_sources)
tests_screens_drive_LDADD = $(TERM_LDADD)
tests_screens_firstpicture_SOURCES = tests/screens/firstpicture.c $(term_sources)
tests_screens_firstpicture_LDADD = $(TERM_LDADD)
tests_screens_storm_SOURCES = tests/screens/storm.c tests/screens/storm.h tests/screens/storm_care.c tests/screens/storm_deed.c tests/screens/storm_weather.c $(term_sources)
tests_screens_storm_LDADD = $(TERM_LDADD)
endif

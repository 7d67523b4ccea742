# A real tanad on libvirt's test driver, spoken with over its socket as any script would.
if HAVE_TESTS
broker_tests = \
	tests/broker/test_actions \
	tests/broker/test_blades \
	tests/broker/test_care \
	tests/broker/test_crash \
	tests/broker/test_crowd \
	tests/broker/test_customers \
	tests/broker/test_denials \
	tests/broker/test_faults \
	tests/broker/test_forged \
	tests/broker/test_hostile \
	tests/broker/test_limits \
	tests/broker/test_now \
	tests/broker/test_protocol \
	tests/broker/test_reload \
	tests/broker/test_role_snaps \
	tests/broker/test_roles \
	tests/broker/test_sites \
	tests/broker/test_service \
	tests/broker/test_snapshots \
	tests/broker/test_streams \
	tests/broker/test_texts
check_PROGRAMS += tests/broker/test_blades_crash tests/broker/test_rights $(broker_tests)
TESTS += $(broker_tests)
broker_talk = tests/broker/daemon.c tests/broker/daemon.h tests/broker/talk.c tests/broker/talk.h
roles_bed = tests/broker/roles_bed.c tests/broker/roles_bed.h $(broker_talk)
snaps_bed = tests/broker/snaps_bed.c tests/broker/snaps_bed.h $(broker_talk)
tests_broker_test_actions_SOURCES = tests/broker/test_actions.c $(broker_talk)
tests_broker_test_actions_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_blades_SOURCES = tests/broker/test_blades.c tests/broker/blades_bed.c tests/broker/blades_bed.h $(broker_talk)
tests_broker_test_blades_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_broker_test_blades_crash_SOURCES = tests/broker/test_blades_crash.c tests/broker/blades_bed.c tests/broker/blades_bed.h $(broker_talk)
tests_broker_test_blades_crash_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_broker_test_care_SOURCES = tests/broker/test_care.c $(broker_talk)
tests_broker_test_care_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_crash_SOURCES = tests/broker/test_crash.c $(broker_talk)
tests_broker_test_crash_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_crowd_SOURCES = tests/broker/test_crowd.c $(broker_talk)
tests_broker_test_crowd_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
LONG_TESTS += tests/broker/test_crowd
tests_broker_test_customers_SOURCES = tests/broker/test_customers.c $(roles_bed)
tests_broker_test_customers_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_faults_SOURCES = tests/broker/test_faults.c $(broker_talk)
tests_broker_test_faults_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_limits_SOURCES = tests/broker/test_limits.c $(snaps_bed)
tests_broker_test_limits_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_now_SOURCES = tests/broker/test_now.c $(roles_bed)
tests_broker_test_now_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_protocol_SOURCES = tests/broker/test_protocol.c $(broker_talk)
tests_broker_test_protocol_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_reload_SOURCES = tests/broker/test_reload.c $(roles_bed)
tests_broker_test_reload_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
rights_bed = tests/broker/rights_bed.c tests/broker/rights_bed.h tests/broker/rights_table.h $(broker_talk)
tests_broker_test_denials_SOURCES = tests/broker/test_denials.c $(rights_bed)
tests_broker_test_denials_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_forged_SOURCES = tests/broker/test_forged.c $(rights_bed)
tests_broker_test_forged_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_hostile_SOURCES = tests/broker/test_hostile.c tests/broker/hostile.h tests/broker/hostile_lines.c \
	tests/broker/hostile_log.c tests/broker/hostile_peer.c tests/broker/hostile_words.c $(rights_bed)
tests_broker_test_hostile_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
LONG_TESTS += tests/broker/test_hostile
tests_broker_test_rights_SOURCES = tests/broker/test_rights.c $(rights_bed)
tests_broker_test_rights_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_broker_test_role_snaps_SOURCES = tests/broker/test_role_snaps.c $(roles_bed)
tests_broker_test_role_snaps_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_sites_SOURCES = tests/broker/test_sites.c $(roles_bed)
tests_broker_test_sites_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_roles_SOURCES = tests/broker/test_roles.c $(roles_bed)
tests_broker_test_roles_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_service_SOURCES = tests/broker/test_service.c $(broker_talk)
tests_broker_test_service_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/broker/consoled
tests_broker_consoled_SOURCES = tests/broker/consoled.c
tests_broker_consoled_LDADD = $(BROKER_LDADD)
check_PROGRAMS += tests/broker/heldd
tests_broker_heldd_SOURCES = tests/broker/heldd.c
tests_broker_heldd_LDADD = $(BROKER_LDADD)
streams_talk = tests/broker/streams_talk.c tests/broker/streams_talk.h $(broker_talk)
tests_broker_test_streams_SOURCES = tests/broker/test_streams.c $(streams_talk)
tests_broker_test_streams_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
LONG_TESTS += tests/broker/test_texts
tests_broker_test_texts_SOURCES = tests/broker/test_texts.c tests/unit/hostile_texts.h $(broker_talk)
tests_broker_test_texts_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
tests_broker_test_snapshots_SOURCES = tests/broker/test_snapshots.c $(snaps_bed)
tests_broker_test_snapshots_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
endif

# The commands, driven as a script does.
TESTS += tests/broker/test_care.sh tests/broker/test_units.sh
EXTRA_DIST += tests/broker/test_care.sh tests/broker/test_cli.sh tests/broker/test_units.sh

# One check of the gate taken away, and a tanad linked from what is left: in MUTANT, from its mutant.c.
PLAIN_TESTS += tests/broker/mutants.sh
LONG_TESTS += $(srcdir)/tests/broker/mutants.sh
EXTRA_DIST += tests/broker/mutants.sh tests/broker/mutants.txt
.PHONY: mutant
mutant:
	@$(COMPILE) -w -O0 -U_FORTIFY_SOURCE -I$(srcdir)/$(MUTANT_OF) -c -o '$(MUTANT)/mutant.o' '$(MUTANT)/mutant.c'
	@$(CC) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o '$(MUTANT)/tanad' src/broker/main.o '$(MUTANT)/mutant.o' $(tanad_LDADD) $(LIBS)

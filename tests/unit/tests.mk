# Programs and scripts of these tests.

# store
if HAVE_TESTS
store_tests = \
	tests/unit/test_store \
	tests/unit/test_store_audit \
	tests/unit/test_store_faults \
	tests/unit/test_store_io
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
store_help = tests/unit/test_store_help.c tests/unit/test_store_help.h
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(store_help)
tests_unit_test_store_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_audit_SOURCES = tests/unit/test_store_audit.c $(store_help)
tests_unit_test_store_audit_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_faults_SOURCES = tests/unit/test_store_faults.c $(store_help)
tests_unit_test_store_faults_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_io_SOURCES = tests/unit/test_store_io.c $(store_help)
tests_unit_test_store_io_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

# site
if HAVE_TESTS
site_tests = \
	tests/unit/test_site_child \
	tests/unit/test_site_errors \
	tests/unit/test_site_generate \
	tests/unit/test_site_model \
	tests/unit/test_site_values
check_PROGRAMS += $(site_tests)
TESTS += $(site_tests)
site_help = tests/unit/test_site_help.c tests/unit/test_site_help.h
tests_unit_test_site_child_SOURCES = tests/unit/test_site_child.c $(site_help)
tests_unit_test_site_child_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_errors_SOURCES = tests/unit/test_site_errors.c $(site_help)
tests_unit_test_site_errors_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_generate_SOURCES = tests/unit/test_site_generate.c $(site_help)
tests_unit_test_site_generate_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_model_SOURCES = tests/unit/test_site_model.c $(site_help)
tests_unit_test_site_model_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_values_SOURCES = tests/unit/test_site_values.c $(site_help)
tests_unit_test_site_values_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

if HAVE_TESTS
SSHD_FIXTURE = tests/unit/sshd_fixture.c tests/unit/sshd_fixture.h
check_PROGRAMS += tests/unit/test_ssh tests/unit/test_relay tests/unit/test_hosts
TESTS += tests/unit/test_ssh tests/unit/test_relay tests/unit/test_hosts
tests_unit_test_ssh_SOURCES = tests/unit/test_ssh.c $(SSHD_FIXTURE)
tests_unit_test_ssh_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(SSHD_FIXTURE)
tests_unit_test_relay_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_hosts_SOURCES = tests/unit/test_hosts.c $(SSHD_FIXTURE)
tests_unit_test_hosts_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

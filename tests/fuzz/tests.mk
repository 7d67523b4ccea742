# Programs and scripts of these tests.

# common
EXTRA_DIST += tests/fuzz/proto.dict
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_proto
tests_fuzz_fuzz_proto_SOURCES = tests/fuzz/fuzz_proto.c
tests_fuzz_fuzz_proto_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_LDADD = $(COMMON_LDADD)
endif

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_filter
tests_fuzz_fuzz_filter_SOURCES = tests/fuzz/fuzz_filter.c
tests_fuzz_fuzz_filter_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_filter_LDADD = $(COMMON_LDADD)
endif
EXTRA_DIST += tests/fuzz/filter.dict tests/fuzz/settings.dict

# site
EXTRA_DIST += tests/fuzz/site.dict
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_site
tests_fuzz_fuzz_site_SOURCES = tests/fuzz/fuzz_site.c
tests_fuzz_fuzz_site_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_site_LDADD = $(BROKER_LDADD)
endif

# hosts
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_picture
tests_fuzz_fuzz_picture_SOURCES = tests/fuzz/fuzz_picture.c
tests_fuzz_fuzz_picture_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_picture_LDADD = $(BROKER_LDADD)
endif

# ui
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_keys tests/fuzz/fuzz_pane
tests_fuzz_fuzz_keys_SOURCES = tests/fuzz/fuzz_keys.c
tests_fuzz_fuzz_keys_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_keys_LDADD = $(UI_LDADD)
tests_fuzz_fuzz_pane_SOURCES = tests/fuzz/fuzz_pane.c
tests_fuzz_fuzz_pane_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_pane_LDADD = $(UI_LDADD)
noinst_PROGRAMS += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c
tests_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_settings_LDADD = $(UI_LDADD)
endif

# dialects: fuzz_reply starts from the transcripts of tests/transcripts
EXTRA_DIST += tests/fuzz/pane.dict tests/fuzz/dialect.dict tests/fuzz/reply.dict tests/fuzz/reply_seeds
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_dialect tests/fuzz/fuzz_reply
tests_fuzz_fuzz_dialect_SOURCES = tests/fuzz/fuzz_dialect.c
tests_fuzz_fuzz_dialect_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_dialect_LDADD = $(BROKER_LDADD)
tests_fuzz_fuzz_reply_SOURCES = tests/fuzz/fuzz_reply.c
tests_fuzz_fuzz_reply_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_reply_LDADD = $(BROKER_LDADD)
endif

# Programs and scripts of these tests.

# common: needs nothing but libcommon.a
if HAVE_TESTS
common_tests = \
	tests/unit/test_base64 \
	tests/unit/test_common_buf \
	tests/unit/test_common_error \
	tests/unit/test_common_filter \
	tests/unit/test_common_intern \
	tests/unit/test_common_log \
	tests/unit/test_common_loop \
	tests/unit/test_common_model \
	tests/unit/test_batch \
	tests/unit/test_common_proto \
	tests/unit/test_common_registry \
	tests/unit/test_common_text
check_PROGRAMS += $(common_tests)
TESTS += $(common_tests)
tests_unit_test_base64_SOURCES = tests/unit/test_base64.c
tests_unit_test_base64_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_buf_SOURCES = tests/unit/test_common_buf.c
tests_unit_test_common_buf_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_error_SOURCES = tests/unit/test_common_error.c
tests_unit_test_common_error_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_filter_SOURCES = tests/unit/test_common_filter.c
tests_unit_test_common_filter_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_intern_SOURCES = tests/unit/test_common_intern.c
tests_unit_test_common_intern_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_log_SOURCES = tests/unit/test_common_log.c
tests_unit_test_common_log_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_loop_SOURCES = tests/unit/test_common_loop.c
tests_unit_test_common_loop_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_model_SOURCES = tests/unit/test_common_model.c
tests_unit_test_common_model_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_batch_SOURCES = tests/unit/test_batch.c
tests_unit_test_batch_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_proto_SOURCES = tests/unit/test_common_proto.c
tests_unit_test_common_proto_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_registry_SOURCES = tests/unit/test_common_registry.c
tests_unit_test_common_registry_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
tests_unit_test_common_text_SOURCES = tests/unit/test_common_text.c
tests_unit_test_common_text_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS) -lpthread
endif

# store
if HAVE_TESTS
store_tests = \
	tests/unit/test_store \
	tests/unit/test_store_audit \
	tests/unit/test_store_care \
	tests/unit/test_store_dir \
	tests/unit/test_store_faults \
	tests/unit/test_store_io \
	tests/unit/test_store_metal \
	tests/unit/test_store_schema \
	tests/unit/test_store_snapshots \
	tests/unit/test_store_verify \
	tests/unit/test_anchor
check_PROGRAMS += tests/unit/test_store_crash $(store_tests)
TESTS += $(store_tests)
LONG_TESTS += tests/unit/test_store_crash tests/unit/test_store_verify
store_help = tests/unit/test_store_help.c tests/unit/test_store_help.h
crash_vfs = tests/unit/crash_vfs.c tests/unit/crash_vfs.h
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(store_help)
tests_unit_test_store_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_audit_SOURCES = tests/unit/test_store_audit.c $(store_help)
tests_unit_test_store_audit_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_crash_SOURCES = tests/unit/test_store_crash.c $(store_help) $(crash_vfs)
tests_unit_test_store_crash_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_dir_SOURCES = tests/unit/test_store_dir.c $(store_help)
tests_unit_test_store_dir_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_faults_SOURCES = tests/unit/test_store_faults.c $(store_help)
tests_unit_test_store_faults_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_io_SOURCES = tests/unit/test_store_io.c $(store_help) $(crash_vfs)
tests_unit_test_store_io_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_care_SOURCES = tests/unit/test_store_care.c $(store_help)
tests_unit_test_store_care_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_metal_SOURCES = tests/unit/test_store_metal.c $(store_help)
tests_unit_test_store_metal_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_schema_SOURCES = tests/unit/test_store_schema.c $(store_help)
tests_unit_test_store_schema_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_snapshots_SOURCES = tests/unit/test_store_snapshots.c $(store_help)
tests_unit_test_store_snapshots_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_store_verify_SOURCES = tests/unit/test_store_verify.c $(store_help)
tests_unit_test_store_verify_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_anchor_SOURCES = tests/unit/test_anchor.c $(store_help)
tests_unit_test_anchor_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif
EXTRA_DIST += tests/unit/ledger-1.sql tests/unit/whole_right.h tests/patience.h tests/batch_same.h

# site
if HAVE_TESTS
site_tests = \
	tests/unit/test_site_child \
	tests/unit/test_notices \
	tests/unit/test_site_errors \
	tests/unit/test_site_generate \
	tests/unit/test_site_managers \
	tests/unit/test_site_model \
	tests/unit/test_site_values \
	tests/unit/test_site_volumes \
	tests/unit/test_limits \
	tests/unit/test_quota \
	tests/unit/test_calendar
check_PROGRAMS += $(site_tests)
TESTS += $(site_tests)
site_help = tests/unit/test_site_help.c tests/unit/test_site_help.h
tests_unit_test_site_child_SOURCES = tests/unit/test_site_child.c $(site_help)
tests_unit_test_site_child_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_notices_SOURCES = tests/unit/test_notices.c $(site_help)
tests_unit_test_notices_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_errors_SOURCES = tests/unit/test_site_errors.c $(site_help)
tests_unit_test_site_errors_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_generate_SOURCES = tests/unit/test_site_generate.c $(site_help)
tests_unit_test_site_generate_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_managers_SOURCES = tests/unit/test_site_managers.c $(site_help)
tests_unit_test_site_managers_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_model_SOURCES = tests/unit/test_site_model.c $(site_help)
tests_unit_test_site_model_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_volumes_SOURCES = tests/unit/test_site_volumes.c $(site_help)
tests_unit_test_site_volumes_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_site_values_SOURCES = tests/unit/test_site_values.c $(site_help)
tests_unit_test_site_values_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
days_help = tests/unit/test_days_help.c tests/unit/test_days_help.h
tests_unit_test_limits_SOURCES = tests/unit/test_limits.c $(days_help)
tests_unit_test_limits_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_quota_SOURCES = tests/unit/test_quota.c $(days_help)
tests_unit_test_quota_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_calendar_SOURCES = tests/unit/test_calendar.c $(days_help)
tests_unit_test_calendar_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

if HAVE_TESTS
SSHD_FIXTURE = tests/unit/sshd_fixture.c tests/unit/sshd_fixture.h
SSH_SERVER = tests/unit/ssh_server.c tests/unit/ssh_server.h tests/unit/ssh_help.c tests/unit/ssh_help.h
check_PROGRAMS += tests/unit/test_ssh tests/unit/test_ssh_algos tests/unit/test_ssh_login tests/unit/test_ssh_talk tests/unit/test_relay tests/unit/test_relay_rpc tests/unit/test_hosts
TESTS += tests/unit/test_ssh tests/unit/test_ssh_algos tests/unit/test_ssh_login tests/unit/test_ssh_talk tests/unit/test_relay tests/unit/test_relay_rpc tests/unit/test_hosts
tests_unit_test_ssh_algos_SOURCES = tests/unit/test_ssh_algos.c $(SSHD_FIXTURE) $(SSH_SERVER)
tests_unit_test_ssh_algos_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_ssh_login_SOURCES = tests/unit/test_ssh_login.c $(SSHD_FIXTURE) $(SSH_SERVER)
tests_unit_test_ssh_login_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_ssh_talk_SOURCES = tests/unit/test_ssh_talk.c $(SSHD_FIXTURE) $(SSH_SERVER)
tests_unit_test_ssh_talk_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_ssh_SOURCES = tests/unit/test_ssh.c $(SSHD_FIXTURE)
tests_unit_test_ssh_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_relay_rpc_SOURCES = tests/unit/test_relay_rpc.c
tests_unit_test_relay_rpc_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(SSHD_FIXTURE)
tests_unit_test_relay_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_hosts_SOURCES = tests/unit/test_hosts.c $(SSHD_FIXTURE)
tests_unit_test_hosts_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

# fleet: with the fake machines of fake_host.c in place of src/hosts
if HAVE_TESTS
fleet_tests = \
	tests/unit/test_fleet_workers \
	tests/unit/test_fleet_hosts \
	tests/unit/test_fleet_vms \
	tests/unit/test_fleet_site \
	tests/unit/test_fleet_snaps \
	tests/unit/test_fleet_snaps_ends \
	tests/unit/test_fleet_snaps_orders \
	tests/unit/test_fleet_keep
check_PROGRAMS += $(fleet_tests)
TESTS += $(fleet_tests)
check_PROGRAMS += tests/unit/test_picture tests/unit/test_rates tests/unit/test_fleet_stats
TESTS += tests/unit/test_picture tests/unit/test_rates tests/unit/test_fleet_stats
tests_unit_test_picture_SOURCES = tests/unit/test_picture.c
tests_unit_test_picture_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_rates_SOURCES = tests/unit/test_rates.c
tests_unit_test_rates_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_stats_SOURCES = tests/unit/test_fleet_stats.c $(fleet_help)
tests_unit_test_fleet_stats_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_consoles
TESTS += tests/unit/test_consoles
tests_unit_test_consoles_SOURCES = tests/unit/test_consoles.c $(fleet_help)
tests_unit_test_consoles_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_fleet_blades tests/unit/test_fleet_metal tests/unit/test_fleet_identity tests/unit/test_fleet_orders
TESTS += tests/unit/test_fleet_blades tests/unit/test_fleet_metal tests/unit/test_fleet_identity tests/unit/test_fleet_orders
fake_host = tests/unit/fake_console.c tests/unit/fake_host.c tests/unit/fake_host.h tests/unit/fake_inside.h tests/unit/fake_now.c tests/unit/fake_snaps.c
fleet_help = tests/unit/test_fleet_help.c tests/unit/test_fleet_help.h $(fake_host)
fleet_metal_help = tests/unit/test_fleet_metal_help.c tests/unit/test_fleet_metal_help.h tests/unit/fake_manager.c \
	tests/unit/fake_manager.h $(fleet_help)
tests_unit_test_fleet_blades_SOURCES = tests/unit/test_fleet_blades.c $(fleet_metal_help)
tests_unit_test_fleet_blades_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_orders_SOURCES = tests/unit/test_fleet_orders.c $(fleet_metal_help)
tests_unit_test_fleet_orders_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_metal_SOURCES = tests/unit/test_fleet_metal.c $(fleet_metal_help)
tests_unit_test_fleet_metal_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_identity_SOURCES = tests/unit/test_fleet_identity.c
tests_unit_test_fleet_identity_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_workers_SOURCES = tests/unit/test_fleet_workers.c
tests_unit_test_fleet_workers_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_hosts_SOURCES = tests/unit/test_fleet_hosts.c $(fleet_help)
tests_unit_test_fleet_hosts_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_vms_SOURCES = tests/unit/test_fleet_vms.c $(fleet_help)
tests_unit_test_fleet_vms_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_site_SOURCES = tests/unit/test_fleet_site.c $(fleet_help)
tests_unit_test_fleet_site_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
fleet_snaps_help = tests/unit/test_fleet_snaps_help.c tests/unit/test_fleet_snaps_help.h $(fleet_help)
tests_unit_test_fleet_snaps_SOURCES = tests/unit/test_fleet_snaps.c $(fleet_snaps_help)
tests_unit_test_fleet_snaps_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_snaps_ends_SOURCES = tests/unit/test_fleet_snaps_ends.c $(fleet_snaps_help)
tests_unit_test_fleet_snaps_ends_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_snaps_orders_SOURCES = tests/unit/test_fleet_snaps_orders.c $(fleet_snaps_help)
tests_unit_test_fleet_snaps_orders_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fleet_keep_SOURCES = tests/unit/test_fleet_keep.c $(fleet_help)
tests_unit_test_fleet_keep_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

# safety, broker: pure parts; those with jobs_ground have a fleet and a store of cardboard in place of both rooms
if HAVE_TESTS
safety_tests = \
	tests/unit/test_book \
	tests/unit/test_book_time \
	tests/unit/test_feed \
	tests/unit/test_jobs \
	tests/unit/test_jobs_blade \
	tests/unit/test_jobs_ends \
	tests/unit/test_jobs_meanwhile \
	tests/unit/test_jobs_snap \
	tests/unit/test_jobs_snap_ends \
	tests/unit/test_jobs_steps \
	tests/unit/test_outcome \
	tests/unit/test_outcome_blade \
	tests/unit/test_plan \
	tests/unit/test_plan_blade \
	tests/unit/test_plan_blade_check \
	tests/unit/test_plan_snap \
	tests/unit/test_plan_snap_kept \
	tests/unit/test_policy \
	tests/unit/test_policy_blade \
	tests/unit/test_alerts \
	tests/unit/test_alerts_lines \
	tests/unit/test_quorum \
	tests/unit/test_clusters \
	tests/unit/test_finder \
	tests/unit/test_what_if \
	tests/unit/test_fits \
	tests/unit/test_service \
	tests/unit/test_settle \
	tests/unit/test_targets
check_PROGRAMS += $(safety_tests)
TESTS += $(safety_tests)
tests_unit_test_feed_SOURCES = tests/unit/test_feed.c
tests_unit_test_feed_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
jobs_ground = tests/unit/fake_ground.c tests/unit/fake_ground.h tests/unit/fake_ground_hosts.c tests/unit/jobs_ground.c \
	tests/unit/jobs_ground.h
tests_unit_test_service_SOURCES = tests/unit/test_service.c
tests_unit_test_service_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_jobs_SOURCES = tests/unit/test_jobs.c $(jobs_ground)
tests_unit_test_jobs_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_jobs_ends_SOURCES = tests/unit/test_jobs_ends.c $(jobs_ground)
tests_unit_test_jobs_ends_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
book_help = tests/unit/book_help.c tests/unit/book_help.h $(jobs_ground)
tests_unit_test_book_SOURCES = tests/unit/test_book.c $(book_help)
tests_unit_test_book_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_book_time_SOURCES = tests/unit/test_book_time.c $(book_help)
tests_unit_test_book_time_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_jobs_snap_SOURCES = tests/unit/test_jobs_snap.c $(jobs_ground)
tests_unit_test_jobs_snap_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_jobs_snap_ends_SOURCES = tests/unit/test_jobs_snap_ends.c $(jobs_ground)
tests_unit_test_jobs_snap_ends_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_settle_SOURCES = tests/unit/test_settle.c $(jobs_ground)
tests_unit_test_settle_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
blade_ground = tests/unit/blade_ground.c tests/unit/blade_ground.h $(jobs_ground)
tests_unit_test_jobs_blade_SOURCES = tests/unit/test_jobs_blade.c $(blade_ground)
tests_unit_test_jobs_blade_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_jobs_meanwhile_SOURCES = tests/unit/test_jobs_meanwhile.c $(blade_ground)
tests_unit_test_jobs_meanwhile_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_jobs_steps_SOURCES = tests/unit/test_jobs_steps.c $(blade_ground)
tests_unit_test_jobs_steps_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_outcome_blade_SOURCES = tests/unit/test_outcome_blade.c
tests_unit_test_outcome_blade_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_outcome_SOURCES = tests/unit/test_outcome.c
tests_unit_test_outcome_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
plan_help = tests/unit/test_plan_help.c tests/unit/test_plan_help.h
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c $(plan_help)
tests_unit_test_plan_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
plan_blade_help = tests/unit/test_plan_blade_help.c tests/unit/test_plan_blade_help.h $(plan_help)
tests_unit_test_plan_blade_SOURCES = tests/unit/test_plan_blade.c $(plan_blade_help)
tests_unit_test_plan_blade_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_plan_blade_check_SOURCES = tests/unit/test_plan_blade_check.c $(plan_blade_help)
tests_unit_test_plan_blade_check_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
plan_snap_help = tests/unit/test_plan_snap_help.c tests/unit/test_plan_snap_help.h $(jobs_ground)
tests_unit_test_plan_snap_SOURCES = tests/unit/test_plan_snap.c $(plan_snap_help)
tests_unit_test_plan_snap_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_plan_snap_kept_SOURCES = tests/unit/test_plan_snap_kept.c $(plan_snap_help)
tests_unit_test_plan_snap_kept_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_policy_SOURCES = tests/unit/test_policy.c
tests_unit_test_policy_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_policy_blade_SOURCES = tests/unit/test_policy_blade.c
tests_unit_test_policy_blade_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_fits_SOURCES = tests/unit/test_fits.c
tests_unit_test_fits_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_clusters_SOURCES = tests/unit/test_clusters.c
tests_unit_test_clusters_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_finder_SOURCES = tests/unit/test_finder.c $(plan_help)
tests_unit_test_finder_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_what_if_SOURCES = tests/unit/test_what_if.c $(plan_blade_help)
tests_unit_test_what_if_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
alerts_ground = tests/unit/alerts_ground.c tests/unit/alerts_ground.h
tests_unit_test_alerts_SOURCES = tests/unit/test_alerts.c $(alerts_ground)
tests_unit_test_alerts_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_alerts_lines_SOURCES = tests/unit/test_alerts_lines.c $(alerts_ground)
tests_unit_test_alerts_lines_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_quorum_SOURCES = tests/unit/test_quorum.c
tests_unit_test_quorum_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_targets_SOURCES = tests/unit/test_targets.c $(plan_help)
tests_unit_test_targets_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

# ui
if HAVE_TESTS
ui_tests = \
	tests/unit/test_input \
	tests/unit/test_keymap \
	tests/unit/test_keys \
	tests/unit/test_keys_recorded \
	tests/unit/test_palette \
	tests/unit/test_settings \
	tests/unit/test_terminal_names \
	tests/unit/test_idle \
	tests/unit/test_list_order \
	tests/unit/test_deeds \
	tests/unit/test_look_alert \
	tests/unit/test_look_blade \
	tests/unit/test_metal_detail \
	tests/unit/test_pane \
	tests/unit/test_preview \
	tests/unit/test_rack_layout \
	tests/unit/test_wall \
	tests/unit/test_snaps \
	tests/unit/test_tree \
	tests/unit/test_view_show
check_PROGRAMS += $(ui_tests)
TESTS += $(ui_tests)
check_PROGRAMS += tests/unit/test_jump
TESTS += tests/unit/test_jump
tests_unit_test_jump_SOURCES = tests/unit/test_jump.c
tests_unit_test_jump_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_input_SOURCES = tests/unit/test_input.c
tests_unit_test_input_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_keymap_SOURCES = tests/unit/test_keymap.c
tests_unit_test_keymap_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_keys_recorded_SOURCES = tests/unit/test_keys_recorded.c
tests_unit_test_keys_recorded_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_palette_SOURCES = tests/unit/test_palette.c
tests_unit_test_palette_LDADD = $(UI_LDADD) $(CMOCKA_LIBS) -lm
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c
tests_unit_test_settings_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_terminal_names_SOURCES = tests/unit/test_terminal_names.c
tests_unit_test_terminal_names_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_keys_SOURCES = tests/unit/test_keys.c
tests_unit_test_keys_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_idle_SOURCES = tests/unit/test_idle.c
tests_unit_test_idle_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_tree_SOURCES = tests/unit/test_tree.c
tests_unit_test_tree_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_list_order_SOURCES = tests/unit/test_list_order.c
tests_unit_test_list_order_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_deeds_SOURCES = tests/unit/test_deeds.c
tests_unit_test_deeds_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_look_alert_SOURCES = tests/unit/test_look_alert.c
tests_unit_test_look_alert_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_look_blade_SOURCES = tests/unit/test_look_blade.c
tests_unit_test_look_blade_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_metal_detail_SOURCES = tests/unit/test_metal_detail.c
tests_unit_test_metal_detail_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_pane_SOURCES = tests/unit/test_pane.c
tests_unit_test_pane_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_preview_SOURCES = tests/unit/test_preview.c
tests_unit_test_preview_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_wall_SOURCES = tests/unit/test_wall.c
tests_unit_test_wall_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_rack_layout_SOURCES = tests/unit/test_rack_layout.c
tests_unit_test_rack_layout_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_snaps_SOURCES = tests/unit/test_snaps.c
tests_unit_test_snaps_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_view_show_SOURCES = tests/unit/test_view_show.c
tests_unit_test_view_show_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
endif

# console: client, private brokers, mirror
if HAVE_TESTS
client_tests = \
	tests/unit/test_client \
	tests/unit/test_launch \
	tests/unit/test_mirror
check_PROGRAMS += $(client_tests)
TESTS += $(client_tests)
tests_unit_test_client_SOURCES = tests/unit/test_client.c
tests_unit_test_client_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_launch_SOURCES = tests/unit/test_launch.c
tests_unit_test_launch_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
tests_unit_test_mirror_SOURCES = tests/unit/test_mirror.c
tests_unit_test_mirror_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
endif

# sim
if HAVE_TESTS
check_PROGRAMS += tests/unit/test_sim
TESTS += tests/unit/test_sim
tests_unit_test_sim_SOURCES = tests/unit/test_sim.c
tests_unit_test_sim_LDADD = $(COMMON_LDADD) $(LIBSSH_LIBS) $(CMOCKA_LIBS) -lpthread
endif

# dialects: the facts of every transcript stand beside it
EXTRA_DIST += tests/transcripts
if HAVE_TESTS
dialect_tests = \
	tests/unit/test_dialect_files \
	tests/unit/test_dialect_reply \
	tests/unit/test_dialect_samples
check_PROGRAMS += $(dialect_tests)
TESTS += $(dialect_tests)
tests_unit_test_dialect_files_SOURCES = tests/unit/test_dialect_files.c
tests_unit_test_dialect_files_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_dialect_reply_SOURCES = tests/unit/test_dialect_reply.c
tests_unit_test_dialect_reply_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_dialect_samples_SOURCES = tests/unit/test_dialect_samples.c
tests_unit_test_dialect_samples_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

# the sandbox, attacked from inside
if HAVE_TESTS
check_PROGRAMS += tests/unit/test_sandbox
TESTS += tests/unit/test_sandbox
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c tests/unit/hostile.c tests/unit/hostile.h
tests_unit_test_sandbox_LDADD = $(UI_LDADD) $(CMOCKA_LIBS)
endif

# conversations with managers, and their passwords
if HAVE_TESTS
manager_tests = \
	tests/unit/test_manager \
	tests/unit/test_secret
check_PROGRAMS += $(manager_tests)
TESTS += $(manager_tests)
tests_unit_test_manager_SOURCES = tests/unit/test_manager.c
tests_unit_test_manager_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_LDADD = $(BROKER_LDADD) $(CMOCKA_LIBS)
endif

# languages
if HAVE_TESTS
check_PROGRAMS += tests/unit/test_values
TESTS += tests/unit/test_values
tests_unit_test_values_SOURCES = tests/unit/test_values.c
tests_unit_test_values_LDADD = libui.a $(COMMON_LDADD) $(NCURSESW_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_lang
TESTS += tests/unit/test_lang tests/unit/test_po.sh
EXTRA_DIST += tests/unit/test_po.sh
tests_unit_test_lang_SOURCES = tests/unit/test_lang.c
tests_unit_test_lang_LDADD = libui.a $(COMMON_LDADD) $(NCURSESW_LIBS) $(CMOCKA_LIBS)
endif

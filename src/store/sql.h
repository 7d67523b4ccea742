/* Every statement of this room, by name: the only SQL besides data/schema.sql. Values are always bound. */
#ifndef TANA_STORE_SQL_H
#define TANA_STORE_SQL_H

#define LEDGER_SQL(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(SAVE, "SAVEPOINT tx") \
	X(RELEASE, "RELEASE tx") \
	X(BACK, "ROLLBACK TO tx") \
	X(VM_PUT, "INSERT INTO vm (id, uuid, name, tenant, bound, protect) VALUES (?1, ?2, ?3, ?4, ?5, ?6) " \
		"ON CONFLICT (id) DO UPDATE SET uuid = ?2, name = ?3, tenant = ?4, bound = ?5, protect = ?6") \
	X(VM_ALL, "SELECT id, uuid, name, tenant, bound, protect FROM vm") \
	X(JOB_PUT, "INSERT INTO job (id, verb, target, targets, count, done, who, uid, origin, reason, state, open, started, ended, " \
		"deadline, text, text_id, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) " \
		"ON CONFLICT (id) DO UPDATE SET verb = ?2, target = ?3, targets = ?4, count = ?5, done = ?6, who = ?7, uid = ?8, " \
		"origin = ?9, reason = ?10, state = ?11, open = ?12, started = ?13, ended = ?14, deadline = ?15, text = ?16, text_id = ?17, " \
		"detail = ?18") \
	X(TARGET_PUT, "INSERT INTO job_target (job, n, id, name, state, text_id, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) " \
		"ON CONFLICT (job, n) DO UPDATE SET id = ?3, name = ?4, state = ?5, text_id = ?6, text = ?7") \
	X(TARGET_CUT, "DELETE FROM job_target WHERE job = ?1 AND n >= ?2") \
	X(JOB_SOME, "SELECT id, verb, target, targets, count, done, who, uid, origin, reason, state, started, ended, deadline, text, " \
		"text_id, detail FROM job WHERE open = 1 OR n IN (SELECT n FROM job WHERE open = 0 ORDER BY n DESC LIMIT ?1) ORDER BY n") \
	X(TARGETS, "SELECT id, name, state, text_id, text FROM job_target WHERE job = ?1 ORDER BY n") \
	X(LEASE_TAKE, "INSERT INTO lease (object, name, who, job, verb, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6) " \
		"ON CONFLICT (object) DO NOTHING") \
	X(LEASE_DROP, "DELETE FROM lease WHERE object = ?1") \
	X(LEASE_OF, "SELECT name, who, verb, job, since FROM lease WHERE object = ?1") \
	X(LEASE_ALL, "SELECT object, name, who, job, verb, since FROM lease ORDER BY since, object") \
	X(AUDIT_ADD, "INSERT INTO audit (seq, at, wall, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(AUDIT_LINK, "INSERT OR IGNORE INTO audit_object (object, seq) VALUES (?1, ?2)") \
	X(AUDIT_LINKED, "SELECT 1 FROM audit_object WHERE object = ?1 AND seq = ?2") \
	X(AUDIT_LINKS, "SELECT count(*) FROM audit_object") \
	X(HEAD_PUT, "INSERT INTO audit_head (one, seq, hash) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET seq = ?1, hash = ?2") \
	X(HEAD, "SELECT seq, hash FROM audit_head WHERE one = 1") \
	X(AUDIT_LAST, "SELECT seq, at, body, hash FROM audit ORDER BY seq DESC LIMIT 1") \
	X(AUDIT_BACK, "SELECT seq, at, wall, body, hash FROM audit WHERE seq < ?1 ORDER BY seq DESC") \
	X(AUDIT_BACK_OF, "SELECT a.seq, a.at, a.wall, a.body, a.hash FROM audit_object o CROSS JOIN audit a ON a.seq = o.seq " \
		"WHERE o.object = ?2 AND o.seq < ?1 ORDER BY o.seq DESC") \
	X(AUDIT_ON, "SELECT seq, at, wall, body, hash FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2") \
	X(JOB_DROP, "DELETE FROM job WHERE id = ?1") \
	X(SNAP_UNSENT_DROP, "DELETE FROM snapshot WHERE job = ?1 AND state = 'reserved'") \
	X(SNAP_PUT, "INSERT INTO snapshot (id, vm, vm_name, tenant, charged, name, note, who, uid, role, origin, job, state, memory, " \
		"external, exceeded, at, ended, bytes, xml, why) " \
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) " \
		"ON CONFLICT (id) DO UPDATE SET vm = ?2, vm_name = ?3, tenant = ?4, charged = ?5, name = ?6, note = ?7, who = ?8, uid = ?9, " \
		"role = ?10, origin = ?11, job = ?12, state = ?13, memory = ?14, external = ?15, exceeded = ?16, at = ?17, ended = ?18, " \
		"bytes = ?19, xml = ?20, why = ?21") \
	X(SNAP_SOME, "SELECT id, vm, vm_name, tenant, charged, name, note, who, uid, role, origin, job, state, memory, external, " \
		"exceeded, at, ended, bytes, xml, why FROM snapshot WHERE n IN (SELECT n FROM snapshot " \
		"WHERE at >= min(?1, (SELECT max(at) FROM snapshot)) - ?2 AND state <> 'refused' " \
		"UNION SELECT n FROM snapshot WHERE state IN ('reserved', 'sent', 'kept')) ORDER BY at, n") \
	X(SNAP_REPORT, "SELECT at, n, id, vm, vm_name, tenant, charged, name, who, role, state, ended, bytes, exceeded, why FROM snapshot " \
		"WHERE (at, n) > (?1, ?2) AND at < ?3 AND (?4 = '' OR tenant = ?4) ORDER BY at, n LIMIT ?5") \
	X(SNAP_PLACE, "SELECT at, n FROM snapshot WHERE id = ?1 AND (?2 = '' OR tenant = ?2)") \
	X(LIMIT_PUT, "INSERT INTO snapshot_limit (object, kind, value, until, ref, who, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) " \
		"ON CONFLICT (object, kind) DO UPDATE SET value = ?3, until = ?4, ref = ?5, who = ?6, at = ?7") \
	X(LIMIT_DROP, "DELETE FROM snapshot_limit WHERE object = ?1 AND kind = ?2") \
	X(LIMIT_ALL, "SELECT object, kind, value, until, ref, who, at FROM snapshot_limit ORDER BY object, kind") \
	X(PAIR_PUT, "INSERT INTO blade_pair (blade, place, manager_serial, host_serial, host_uuid, who, at) " \
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (blade) DO UPDATE SET place = ?2, manager_serial = ?3, host_serial = ?4, " \
		"host_uuid = ?5, who = ?6, at = ?7") \
	X(PAIR_ALL, "SELECT blade, place, manager_serial, host_serial, host_uuid, who, at FROM blade_pair") \
	X(ALERT_PUT, "INSERT INTO alert_mark (id, object, state, until, who, ticket, note, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) " \
		"ON CONFLICT (id) DO UPDATE SET object = ?2, state = ?3, until = ?4, who = ?5, ticket = ?6, note = ?7, at = ?8") \
	X(ALERT_DROP, "DELETE FROM alert_mark WHERE id = ?1") \
	X(ALERT_ALL, "SELECT id, object, state, until, who, ticket, note, at FROM alert_mark") \
	X(NOTE_PUT, "INSERT INTO blade_note (object, text, until, who, at) VALUES (?1, ?2, ?3, ?4, ?5) " \
		"ON CONFLICT (object) DO UPDATE SET text = ?2, until = ?3, who = ?4, at = ?5") \
	X(NOTE_DROP, "DELETE FROM blade_note WHERE object = ?1") \
	X(NOTE_ALL, "SELECT object, text, until, who, at FROM blade_note") \
	X(AUDIT_UNTIL, "SELECT at FROM audit WHERE seq = ?1") \
	X(ANCHOR_PUT, "INSERT INTO anchor (seq, hash, at) VALUES (?1, ?2, ?3) ON CONFLICT (seq, hash) DO UPDATE SET at = ?3") \
	X(ANCHOR_ALL, "SELECT seq, hash, at FROM anchor ORDER BY seq DESC LIMIT ?1") \
	X(ANCHOR_LAST, "SELECT max(seq) FROM anchor")

#define CACHE_SQL(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(HOST_PUT, "INSERT INTO host (name, driver, version, hostname, uuid, model, serial, cpus, mem_kib, seen, power, power_seen, " \
		"power_since, health, fitted, named, bay_model, bay_serial, firmware) " \
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) " \
		"ON CONFLICT (name) DO UPDATE SET driver = ?2, version = ?3, hostname = ?4, uuid = ?5, model = ?6, serial = ?7, cpus = ?8, " \
		"mem_kib = ?9, seen = ?10, power = ?11, power_seen = ?12, power_since = ?13, health = ?14, fitted = ?15, named = ?16, " \
		"bay_model = ?17, bay_serial = ?18, firmware = ?19") \
	X(HOST_ALL, "SELECT name, driver, version, hostname, uuid, model, serial, cpus, mem_kib, seen, power, power_seen, power_since, " \
		"health, fitted, named, bay_model, bay_serial, firmware FROM host") \
	/* a page is written only where something differs */ \
	X(PLACE_PUT, "INSERT INTO placement (host, uuid, name, state, vcpus, mem_kib, persistent, guest, seen, since) " \
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (host, uuid) DO UPDATE SET name = ?3, state = ?4, vcpus = ?5, " \
		"mem_kib = ?6, persistent = ?7, guest = ?8, seen = ?9, since = ?10 " \
		"WHERE name <> ?3 OR state <> ?4 OR vcpus <> ?5 OR mem_kib <> ?6 OR persistent <> ?7 OR guest <> ?8 OR seen <> ?9 OR since <> ?10") \
	X(PLACE_DROP, "DELETE FROM placement WHERE host = ?1 AND uuid = ?2") \
	X(PLACE_OF, "SELECT uuid FROM placement WHERE host = ?1") \
	X(EVENT_PUT, "INSERT OR REPLACE INTO event (seq, at, kind, object, name, what) VALUES (?1, ?2, ?3, ?4, ?5, ?6)") \
	X(EVENT_CUT, "DELETE FROM event WHERE seq <= (SELECT seq FROM event ORDER BY seq DESC LIMIT 1 OFFSET ?1)") \
	X(EVENT_BACK, "SELECT seq, at, kind, object, name, what FROM event WHERE seq < ?1 AND seq > ?2 AND at >= ?3 " \
		"ORDER BY seq DESC LIMIT ?4") \
	X(EVENT_BACK_OF, "SELECT seq, at, kind, object, name, what FROM event WHERE object = ?5 AND seq < ?1 AND seq > ?2 AND at >= ?3 " \
		"ORDER BY seq DESC LIMIT ?4") \
	X(EVENT_ON, "SELECT seq, at, kind, object, name, what FROM event WHERE seq < ?1 AND seq > ?2 AND at >= ?3 ORDER BY seq LIMIT ?4") \
	X(EVENT_ON_OF, "SELECT seq, at, kind, object, name, what FROM event WHERE object = ?5 AND seq < ?1 AND seq > ?2 AND at >= ?3 " \
		"ORDER BY seq LIMIT ?4") \
	X(SEEN_PUT, "INSERT INTO alert_seen (id, since) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET since = ?2") \
	X(SEEN_DROP, "DELETE FROM alert_seen WHERE id = ?1") \
	X(SEEN_ALL, "SELECT id, since FROM alert_seen") \
	X(PLACE_ALL, "SELECT host, uuid, name, state, vcpus, mem_kib, persistent, guest, seen, since FROM placement")

#define SQL_LEDGER_ID(name, text) LEDGER_##name,
#define SQL_CACHE_ID(name, text) CACHE_##name,
enum ledger_sql { LEDGER_SQL(SQL_LEDGER_ID) LEDGER_SQL_COUNT };
enum cache_sql { CACHE_SQL(SQL_CACHE_ID) CACHE_SQL_COUNT };

#endif

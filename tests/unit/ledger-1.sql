-- A ledger as schema 1 wrote it (no snapshots yet), for test_store_schema.c: never edited, so that what is in the field is
-- what is tested.
PRAGMA application_id = 1415671393;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE vm (
	id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),     -- vm:0123456789abcdef
	uuid TEXT NOT NULL UNIQUE CHECK (uuid <> ''),
	name TEXT NOT NULL,                 -- as last seen
	tenant TEXT NOT NULL,               -- owner's name; '' nobody
	bound INTEGER NOT NULL,             -- 1: the owner was decided and no rule moves it any more
	protect INTEGER NOT NULL            -- 1: refuses what loses work
) STRICT, WITHOUT ROWID;
INSERT INTO vm VALUES('vm:0000000000000001','11111111-0000-4000-8000-000000000001','db01a','acme',1,0);
INSERT INTO vm VALUES('vm:0000000000000002','11111111-0000-4000-8000-000000000002','日本','',0,1);
CREATE TABLE job (
	n INTEGER PRIMARY KEY,              -- order in which they were made
	id TEXT NOT NULL UNIQUE CHECK (id <> ''),          -- job:7f3a21
	verb TEXT NOT NULL,
	target TEXT NOT NULL,               -- id of the first target
	targets TEXT NOT NULL,              -- names of all, comma separated
	count INTEGER NOT NULL,             -- targets in all
	done INTEGER NOT NULL,              -- targets settled
	who TEXT NOT NULL,                  -- user who asked
	uid INTEGER NOT NULL,
	origin TEXT NOT NULL,               -- from where, as claimed
	reason TEXT NOT NULL,
	state TEXT NOT NULL,
	open INTEGER NOT NULL,              -- 1: not settled; these are looked at first after a start
	started INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	deadline INTEGER NOT NULL,
	text TEXT NOT NULL,                 -- what is awaited or how it ended, in English
	text_id TEXT NOT NULL               -- the message's id
) STRICT;
INSERT INTO job VALUES(1,'job:00000a','power-off','vm:0000000000000001','db01a,日本',2,1,'sato',1001,'ssh 192.0.2.7','hangs','running',1,1795222333,0,1795222393,'waits','x');
INSERT INTO job VALUES(2,'job:000009','power-on','vm:0000000000000001','db01a',1,1,'sato',1001,'','','done',0,1795220000,1795220001,1795220060,'on','x');
CREATE TABLE job_target (
	job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
	n INTEGER NOT NULL,                 -- from 0, in the order asked for
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	state TEXT NOT NULL,
	text_id TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (job, n)
) STRICT, WITHOUT ROWID;
INSERT INTO job_target VALUES('job:000009',0,'vm:0000000000000001','db01a','done','outcome.off','off');
INSERT INTO job_target VALUES('job:00000a',0,'vm:0000000000000001','db01a','done','outcome.off','off');
INSERT INTO job_target VALUES('job:00000a',1,'vm:0000000000000002','日本','running','','');
CREATE TABLE lease (
	object TEXT PRIMARY KEY NOT NULL CHECK (object <> ''),
	name TEXT NOT NULL,
	who TEXT NOT NULL,
	job TEXT NOT NULL,
	verb TEXT NOT NULL,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO lease VALUES('vm:0000000000000001','db01a','sato','job:00000a','power-off',1795222333);
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY,            -- from 1, without gaps
	at INTEGER NOT NULL,
	wall INTEGER NOT NULL,
	body TEXT NOT NULL,
	hash TEXT NOT NULL
) STRICT;
INSERT INTO audit VALUES(1,1795222333,1795222333,'{"at":1795222333,"by":"sato","job":"job:000009","objects":[{"blade":"a2-13","id":"vm:0000000000000002","name":"db01a"}],"prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":1,"what":"what0"}','a283615cfb75c83a4ea337ee2167bd179fa427a9966fd27d89b653a94cbfa81c');
INSERT INTO audit VALUES(2,1795222334,1795222334,'{"at":1795222334,"by":"sato","job":"job:000009","objects":[{"blade":"a2-13","id":"vm:0000000000000001","name":"db01a"}],"prev":"a283615cfb75c83a4ea337ee2167bd179fa427a9966fd27d89b653a94cbfa81c","seq":2,"what":"what1"}','7bb9409967149e4ebaae75a15d4046cb53d733b2fb6f58503b6122afad64c8ba');
INSERT INTO audit VALUES(3,1795222335,1795222335,'{"at":1795222335,"by":"sato","job":"job:000009","objects":[{"blade":"a2-13","id":"vm:0000000000000002","name":"db01a"}],"prev":"7bb9409967149e4ebaae75a15d4046cb53d733b2fb6f58503b6122afad64c8ba","seq":3,"what":"what2"}','66b3e40bc1d09c83570da0ce6dbf9c50f7b453af38c60eb4f892f50fb71ef738');
INSERT INTO audit VALUES(4,1795222336,1795222336,'{"at":1795222336,"by":"sato","job":"job:00000a","objects":[{"blade":"a2-13","id":"vm:0000000000000001","name":"db01a"}],"prev":"66b3e40bc1d09c83570da0ce6dbf9c50f7b453af38c60eb4f892f50fb71ef738","seq":4,"what":"what3"}','7df194ac4a51aa67dc87f8b2c0407fb3a2e1c9823a809d5c89d8c3c957a3427c');
INSERT INTO audit VALUES(5,1795222337,1795222337,'{"at":1795222337,"by":"sato","job":"job:00000a","objects":[{"blade":"a2-13","id":"vm:0000000000000002","name":"db01a"}],"prev":"7df194ac4a51aa67dc87f8b2c0407fb3a2e1c9823a809d5c89d8c3c957a3427c","seq":5,"what":"what4"}','bb0feba68e09899027b5acc5c68d4ba717a35a81026e966c68d91dd44a3ee0c4');
CREATE TABLE audit_object (
	object TEXT NOT NULL,
	seq INTEGER NOT NULL REFERENCES audit (seq),
	PRIMARY KEY (object, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_object VALUES('blade:a2-13',1);
INSERT INTO audit_object VALUES('blade:a2-13',2);
INSERT INTO audit_object VALUES('blade:a2-13',3);
INSERT INTO audit_object VALUES('blade:a2-13',4);
INSERT INTO audit_object VALUES('blade:a2-13',5);
INSERT INTO audit_object VALUES('job:000009',1);
INSERT INTO audit_object VALUES('job:000009',2);
INSERT INTO audit_object VALUES('job:000009',3);
INSERT INTO audit_object VALUES('job:00000a',4);
INSERT INTO audit_object VALUES('job:00000a',5);
INSERT INTO audit_object VALUES('vm:0000000000000001',2);
INSERT INTO audit_object VALUES('vm:0000000000000001',4);
INSERT INTO audit_object VALUES('vm:0000000000000002',1);
INSERT INTO audit_object VALUES('vm:0000000000000002',3);
INSERT INTO audit_object VALUES('vm:0000000000000002',5);
CREATE TABLE audit_head (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	seq INTEGER NOT NULL,
	hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_head VALUES(1,5,'bb0feba68e09899027b5acc5c68d4ba717a35a81026e966c68d91dd44a3ee0c4');
CREATE INDEX job_open ON job (n) WHERE open = 1;
COMMIT;

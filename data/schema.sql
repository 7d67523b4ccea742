-- Tana's two databases. This file is their only source: it is built into the broker, which applies it.
--
-- A line "-- @NAME VERSION" begins a step. A new file gets all steps of its name in order, an older one those that it
-- lacks, all in one transaction; PRAGMA user_version says how far it is. A step that was ever released is never edited: a change is a
-- new step at the end. A broker refuses a file that is newer than it knows.
--
-- ledger.db is the truth about ids, ownership, protection, jobs, leases, the use of snapshots and the audit log: back it up
-- (stop the broker, or copy ledger.db and ledger.db-wal together from a snapshot of the file system). cache.db is what hosts looked like when last
-- seen; it may be deleted while the broker is stopped.
--
-- Times are Unix seconds, 0 for none. Memory is KiB. Texts are '' where nothing is known. Names of states and verbs are
-- those of the message protocol (protocol.md).

-- @ledger 1
PRAGMA application_id = 1415671393; -- "Tana"

-- Who a VM is: an id of ours for each UUID, minted when it is first seen and kept for ever.
CREATE TABLE vm (
	id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),     -- vm:0123456789abcdef
	uuid TEXT NOT NULL UNIQUE CHECK (uuid <> ''),
	name TEXT NOT NULL,                 -- as last seen
	tenant TEXT NOT NULL,               -- owner's name; '' nobody
	bound INTEGER NOT NULL,             -- 1: the owner was decided and no rule moves it any more
	protect INTEGER NOT NULL            -- 1: refuses what loses work
) STRICT, WITHOUT ROWID;

-- What was asked for: written down before anything is sent to a host, settled by what the host says.
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
CREATE INDEX job_open ON job (n) WHERE open = 1;

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

-- Exclusive control: one holder for each object. Ends with its job or by an operator, never by a clock.
CREATE TABLE lease (
	object TEXT PRIMARY KEY NOT NULL CHECK (object <> ''),
	name TEXT NOT NULL,
	who TEXT NOT NULL,
	job TEXT NOT NULL,
	verb TEXT NOT NULL,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what. Records are only ever added. body is the whole record but for its own hash, as canonical JSON (keys sorted,
-- no blanks); it holds seq, at and prev, the hash of the record before (64 zeros for the first). hash is SHA-256 of body, in hex:
--     sqlite3 ledger.db "SELECT body FROM audit WHERE seq = 7" | tr -d '\n' | sha256sum
-- at never runs backwards; where the clock did, wall is what it said.
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY,            -- from 1, without gaps
	at INTEGER NOT NULL,
	wall INTEGER NOT NULL,
	body TEXT NOT NULL,
	hash TEXT NOT NULL
) STRICT;

-- Which records speak of an object, of a VM on a blade ('blade:NAME'), or of a job: its history.
CREATE TABLE audit_object (
	object TEXT NOT NULL,
	seq INTEGER NOT NULL REFERENCES audit (seq),
	PRIMARY KEY (object, seq)
) STRICT, WITHOUT ROWID;

-- The newest record as written with it: a log whose tail was cut off no longer agrees with this.
CREATE TABLE audit_head (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	seq INTEGER NOT NULL,
	hash TEXT NOT NULL
) STRICT;

PRAGMA user_version = 1;

-- @ledger 2
-- The use of snapshots: one row for each that Tana took, is taking or refused. Counts are always worked out from these rows and
-- from what hosts list.
CREATE TABLE snapshot (
	n INTEGER PRIMARY KEY,              -- order in which they were reserved
	id TEXT NOT NULL UNIQUE CHECK (id <> ''),          -- snap:UUID; on the host: tana-UUID
	vm TEXT NOT NULL CHECK (vm <> ''),  -- vm.id
	vm_name TEXT NOT NULL,              -- its name then
	tenant TEXT NOT NULL,               -- its owner then
	charged TEXT NOT NULL,              -- whose allowance it uses; '' the provider's
	name TEXT NOT NULL,                 -- the user's own
	note TEXT NOT NULL,
	who TEXT NOT NULL,                  -- user who took it
	uid INTEGER NOT NULL,
	role TEXT NOT NULL,
	origin TEXT NOT NULL,               -- from where, as claimed
	job TEXT NOT NULL,                  -- job.id
	state TEXT NOT NULL,                -- reserved, sent (it may be on the host), kept, gone, failed, refused
	memory INTEGER NOT NULL,            -- 1: with the memory of a running VM
	external INTEGER NOT NULL,          -- 1: in files of its own
	exceeded INTEGER NOT NULL,          -- 1: an operator went over a limit for it
	at INTEGER NOT NULL,                -- reserved at; never before an earlier row's
	ended INTEGER NOT NULL,             -- gone, failed or refused at
	bytes INTEGER NOT NULL,             -- what it takes as far as known; before it is kept: what it may need
	xml TEXT NOT NULL,                  -- what clears it from the host while its outcome is open
	why TEXT NOT NULL                   -- of refused and failed, in English
) STRICT;
CREATE INDEX snapshot_at ON snapshot (at);                         -- a report's month, a period's use
CREATE INDEX snapshot_job ON snapshot (job);
CREATE INDEX snapshot_held ON snapshot (state) WHERE state IN ('reserved', 'sent', 'kept'); -- counted at any age

-- Of a snapshot job: what was asked, as a JSON object; a broker that comes after settles by it. '' of all others.
ALTER TABLE job ADD COLUMN detail TEXT NOT NULL DEFAULT '';

-- Temporary changes of limits, by an operator. What the site file says is not here.
CREATE TABLE snapshot_limit (
	object TEXT NOT NULL CHECK (object <> ''),         -- vm.id, or tenant:NAME
	kind TEXT NOT NULL CHECK (kind <> ''),             -- kept, taken, space
	value TEXT NOT NULL,                -- as in the site file: '3', '4 per day', '100 GiB', 'none'
	until INTEGER NOT NULL,             -- when it ends
	ref TEXT NOT NULL,                  -- ticket
	who TEXT NOT NULL,                  -- operator
	at INTEGER NOT NULL,                -- when it was made
	PRIMARY KEY (object, kind)
) STRICT, WITHOUT ROWID;

-- What was sent to where nobody here can change it (syslog): the newest record of the audit log at that time. A note, for
-- convenience: whoever can rewrite the log can rewrite this; `tana audit verify` also takes anchors that were kept elsewhere.
CREATE TABLE anchor (
	seq INTEGER NOT NULL,               -- audit.seq
	hash TEXT NOT NULL,                 -- audit.hash
	at INTEGER NOT NULL,                -- when it was sent last
	PRIMARY KEY (seq, hash)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;

-- @ledger 3
-- Place and thing: which blade was last known to stand in a place, as the enclosure's manager and the host told it together, or as
-- an operator said. '' where one of them does not tell.
CREATE TABLE blade_pair (
	blade TEXT PRIMARY KEY NOT NULL CHECK (blade <> ''), -- its name in the site file
	place TEXT NOT NULL,                -- ENCLOSURE/BAY; '' it stands in none
	manager_serial TEXT NOT NULL,       -- as the manager says
	host_serial TEXT NOT NULL,          -- SMBIOS serial as the host says
	host_uuid TEXT NOT NULL,            -- libvirt's host UUID
	who TEXT NOT NULL,                  -- operator; '' they agreed by themselves
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;

-- @ledger 4
-- What somebody did with an alert that stands: acknowledged, or muted for a time. Without a row it is new.
CREATE TABLE alert_mark (
	id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),     -- alert.id: the same cause at the same object
	object TEXT NOT NULL,               -- what it is about
	state TEXT NOT NULL,                -- acknowledged, muted
	until INTEGER NOT NULL,             -- of muted: when that ends; 0
	who TEXT NOT NULL,                  -- operator
	ticket TEXT NOT NULL,
	note TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Blades under observation.
CREATE TABLE blade_note (
	object TEXT PRIMARY KEY NOT NULL CHECK (object <> ''), -- blade:NAME
	text TEXT NOT NULL,
	until INTEGER NOT NULL,             -- when it ends by itself; 0 never
	who TEXT NOT NULL,                  -- operator
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;

-- @cache 1
PRAGMA application_id = 1415671395; -- "Tanc"

CREATE TABLE host (
	name TEXT PRIMARY KEY NOT NULL,     -- the blade's name in the site file
	driver TEXT NOT NULL,
	version TEXT NOT NULL,
	hostname TEXT NOT NULL,
	uuid TEXT NOT NULL,                 -- libvirt's host UUID
	model TEXT NOT NULL,
	serial TEXT NOT NULL,
	cpus INTEGER NOT NULL,
	mem_kib INTEGER NOT NULL,
	seen INTEGER NOT NULL               -- when it was last live
) STRICT, WITHOUT ROWID;

-- A VM as a host last showed it. The same UUID may stand on several hosts.
CREATE TABLE placement (
	host TEXT NOT NULL,
	uuid TEXT NOT NULL,
	name TEXT NOT NULL,
	state TEXT NOT NULL,
	vcpus INTEGER NOT NULL,
	mem_kib INTEGER NOT NULL,
	persistent INTEGER NOT NULL,
	guest TEXT NOT NULL,
	seen INTEGER NOT NULL,
	since INTEGER NOT NULL,             -- since when it is in this state
	PRIMARY KEY (host, uuid)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;

-- @cache 2
-- What the enclosure's manager said last of the blade.
ALTER TABLE host ADD COLUMN power TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE host ADD COLUMN power_seen INTEGER NOT NULL DEFAULT 0;  -- when that was read
ALTER TABLE host ADD COLUMN power_since INTEGER NOT NULL DEFAULT 0; -- since when it is so
ALTER TABLE host ADD COLUMN health TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE host ADD COLUMN fitted TEXT NOT NULL DEFAULT '';        -- yes, no
ALTER TABLE host ADD COLUMN named TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN bay_model TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN bay_serial TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN firmware TEXT NOT NULL DEFAULT '';

PRAGMA user_version = 2;

-- @cache 3
-- What happened, as people were told it; the newest 20,000.
CREATE TABLE event (
	seq INTEGER PRIMARY KEY,            -- grows, with gaps where a broker ended
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	object TEXT NOT NULL,
	name TEXT NOT NULL,
	what TEXT NOT NULL                  -- a message as JSON
) STRICT;
CREATE INDEX event_object ON event (object, seq);

-- Since when alerts stand, so that a restart makes none of them new.
CREATE TABLE alert_seen (
	id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;

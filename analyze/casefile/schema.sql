-- The case file of exhibit: what an analysis found, with the place of every proof.
--
-- All text is valid UTF-8. Bytes of evidence that are no text, that control a terminal or
-- that deceive the eye stand as \xNN and \u{NNNN}; credentials are masked as
-- <kind N bytes #hash>. Times are nanoseconds since 1970-01-01T00:00:00Z (UTC).
-- The bytes behind a statement: exhibit show PACKAGE item.id@offset+length
--
-- Questions people ask, as SQL:
--   SELECT datetime, actor, action, object FROM timeline WHERE kind = 'api-request';
--   SELECT * FROM finding_evidence WHERE severity = 'critical';
--   SELECT rowid FROM search WHERE search MATCH 'secrets';   -- event.id
--   SELECT pid, comm, exe FROM process WHERE exe_deleted;
--   SELECT path, change FROM change WHERE class = 'persistence';

PRAGMA application_id = 1163413833;  -- "EXHI"
PRAGMA user_version = 3;

-- About the run: tool, version, package …
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Every file, and every member of every archive, at any depth.
CREATE TABLE item (
    id           INTEGER PRIMARY KEY,  -- as in `exhibit list` (when package is '')
    package      TEXT NOT NULL,        -- '' the evidence; 'base' the image of --base
    parent       INTEGER REFERENCES item (id),
    path         TEXT NOT NULL,        -- '//' between an archive and its member
    role         TEXT NOT NULL,
    identified   TEXT NOT NULL,        -- by content, by name, by context …
    container    TEXT NOT NULL,        -- 'none' unless it holds other items
    type         TEXT NOT NULL,        -- file, directory, symlink …
    mode         INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    gid          INTEGER NOT NULL,
    mtime        INTEGER,
    atime        INTEGER,
    ctime        INTEGER,
    birthtime    INTEGER,
    link         TEXT,                 -- target of a symbolic or hard link
    size         INTEGER NOT NULL,     -- bytes that were read
    sha256       TEXT,                 -- NULL when they could not all be read
    verdict      TEXT NOT NULL,        -- unchecked, verified, mismatch, missing …
    fault        TEXT,                 -- the first thing wrong with it
    fault_offset INTEGER
);

-- What happened, in order of time; rows of one time in order of item and offset. Where a
-- source's clock was found to differ, `placed` is where the event belongs by the reference
-- clock (document "clocks"), and the order follows it.
CREATE TABLE event (
    id        INTEGER PRIMARY KEY,
    time      INTEGER,                 -- as stated by the source; NULL when it states none
    placed    INTEGER,                 -- for the order only; NULL where it is `time`
    time_end  INTEGER,
    precision TEXT NOT NULL,           -- of the statement: second, millisecond …
    clock     TEXT NOT NULL,           -- whose clock: api-server, node, person, store
    source    TEXT NOT NULL,           -- kind of evidence: audit, falco, layer …
    kind      TEXT NOT NULL,
    time_desc TEXT NOT NULL,           -- what the time is the time of
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    object    TEXT NOT NULL,
    message   TEXT NOT NULL,
    severity  TEXT,                    -- the source's own word
    in_scope  INTEGER NOT NULL,
    item      INTEGER NOT NULL REFERENCES item (id),
    offset    INTEGER NOT NULL,        -- bytes in the item
    length    INTEGER NOT NULL,
    fields    TEXT NOT NULL            -- JSON object
);

-- Further records of an event: copies of its line, other stages of its request.
CREATE TABLE event_also (
    event     INTEGER NOT NULL REFERENCES event (id),
    ordinal   INTEGER NOT NULL,
    item      INTEGER NOT NULL REFERENCES item (id),
    offset    INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    time      INTEGER,                 -- as this record states it
    precision TEXT NOT NULL,
    time_desc TEXT NOT NULL,
    PRIMARY KEY (event, ordinal)
) WITHOUT ROWID;

-- Statements that somebody must look at, most severe first.
CREATE TABLE finding (
    id            INTEGER PRIMARY KEY,
    rule          TEXT NOT NULL,
    severity      TEXT NOT NULL,
    title         TEXT NOT NULL,
    attack        TEXT NOT NULL,       -- ATT&CK technique ids, comma-separated
    why           TEXT NOT NULL,
    refute        TEXT NOT NULL,       -- what would make it harmless
    subject       TEXT NOT NULL,
    confidence    TEXT NOT NULL,
    time          INTEGER,
    not_decidable INTEGER NOT NULL,    -- 1: the evidence forbids a conclusion
    more_spans    INTEGER NOT NULL,    -- proofs beyond those in finding_span
    arguments     TEXT NOT NULL,       -- JSON object
    part_of       INTEGER REFERENCES finding (id)  -- the gravest one about the same act
);

-- The proof of a finding.
CREATE TABLE finding_span (
    finding INTEGER NOT NULL REFERENCES finding (id),
    ordinal INTEGER NOT NULL,
    item    INTEGER NOT NULL REFERENCES item (id),
    offset  INTEGER NOT NULL,
    length  INTEGER NOT NULL,
    PRIMARY KEY (finding, ordinal)
) WITHOUT ROWID;

-- Events that a finding rests on: their bytes hold one of its proofs.
CREATE TABLE event_finding (
    event   INTEGER NOT NULL REFERENCES event (id),
    finding INTEGER NOT NULL REFERENCES finding (id),
    PRIMARY KEY (event, finding)
) WITHOUT ROWID;

-- The first bytes of what is cited, so that reports can show them without the package.
CREATE TABLE excerpt (
    item   INTEGER NOT NULL REFERENCES item (id),
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    shown  INTEGER NOT NULL,           -- how many of `length` bytes `text` shows
    text   TEXT NOT NULL,
    PRIMARY KEY (item, offset, length)
) WITHOUT ROWID;

-- verdict, processes, diff, exposure, containment, coverage, story: JSON, also as files.
CREATE TABLE document (
    name    TEXT PRIMARY KEY,
    content TEXT NOT NULL
) WITHOUT ROWID;

-- The elements of a document's long list (processes), one by one: `content` of the
-- document ends with that list, empty, and the file has them in it.
CREATE TABLE element (
    id       INTEGER PRIMARY KEY,
    document TEXT NOT NULL,
    content  TEXT NOT NULL
);

CREATE VIEW timeline AS
    SELECT event.id,
           strftime('%Y-%m-%dT%H:%M:%S', (event.time - mod.ns) / 1000000000, 'unixepoch')
               || printf('.%09dZ', mod.ns) AS datetime,
           source, kind, actor, action, object, message, event.severity, in_scope, clock,
           item.path AS item, event.offset, event.length, item.sha256, item.verdict
      FROM event
      JOIN (SELECT id, ((time % 1000000000) + 1000000000) % 1000000000 AS ns FROM event) AS mod
           ON mod.id = event.id
      JOIN item ON item.id = event.item;

-- Every place at which an event stands.
CREATE VIEW event_place AS
    SELECT id AS event, 0 AS ordinal, item, offset, length FROM event
    UNION ALL SELECT event, ordinal, item, offset, length FROM event_also;

CREATE VIEW finding_evidence AS
    SELECT finding.id, rule, severity, title, subject, ordinal, item.path AS item,
           finding_span.offset, finding_span.length, item.sha256, item.verdict, excerpt.text
      FROM finding
      JOIN finding_span ON finding_span.finding = finding.id
      JOIN item ON item.id = finding_span.item
      LEFT JOIN excerpt ON excerpt.item = finding_span.item
                       AND excerpt.offset = finding_span.offset
                       AND excerpt.length = finding_span.length;

CREATE VIEW process AS
    SELECT json_extract(content, '$.pid') AS pid, json_extract(content, '$.ppid') AS ppid,
           json_extract(content, '$.comm') AS comm, json_extract(content, '$.argv') AS argv,
           coalesce(json_extract(content, '$.exe.path'), json_extract(content, '$.exe')) AS exe,
           json_extract(content, '$.exe.deleted') AS exe_deleted,
           json_extract(content, '$.exe.memfd') AS exe_memfd, content AS json
      FROM element WHERE document = 'processes';

CREATE VIEW change AS
    SELECT json_extract(value, '$.path') AS path, json_extract(value, '$.change') AS change,
           json_extract(value, '$.class') AS class, value AS json
      FROM document, json_each(content, '$.changes') WHERE name = 'diff';

-- Full text of events; rowid is event.id. Filled when all events are in order.
CREATE VIRTUAL TABLE search USING fts5 (
    actor, action, object, message, content = 'event', content_rowid = 'id'
);

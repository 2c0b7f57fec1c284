-- The journal: what was tried for which goal of which project, and what came of it.
-- Times are Unix seconds (UTC); JSON columns hold what only the program reads.

CREATE TABLE project (
    project_id INTEGER PRIMARY KEY,
    path       TEXT NOT NULL UNIQUE,  -- main work tree of a repository, or a plain directory
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE goal (
    goal_id    INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    name       TEXT NOT NULL,
    created_at REAL NOT NULL,
    closed_at  REAL,
    outcome    TEXT,  -- achieved, abandoned, or in the agent's own words
    note       TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, name),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE TABLE blob (
    blob_id    INTEGER PRIMARY KEY,
    digest     BLOB NOT NULL UNIQUE,  -- SHA-256 of the text kept
    content    BLOB NOT NULL,         -- zlib
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE attempt (
    attempt_id    INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: agents keep these numbers
    goal_id       INTEGER NOT NULL REFERENCES goal ON DELETE CASCADE,
    iteration     INTEGER NOT NULL,
    action        TEXT NOT NULL,
    hypothesis    TEXT NOT NULL,
    note          TEXT NOT NULL,
    command       TEXT,
    claimed_gate  TEXT NOT NULL CHECK (claimed_gate IN ('pass', 'fail', 'blocked', 'none')),
    judged_gate   TEXT NOT NULL CHECK (judged_gate IN ('pass', 'fail', 'blocked', 'none')),
    exit_code     INTEGER,
    fingerprint   TEXT NOT NULL,
    signature     TEXT NOT NULL,      -- JSON array of strings
    failing_tests TEXT NOT NULL,      -- JSON array of strings
    tests         TEXT,               -- JSON object of counts
    warnings      TEXT NOT NULL,      -- JSON array of strings
    observation   TEXT NOT NULL,      -- JSON object: what the stall judgement reads instead of the output
    metric        TEXT,               -- JSON object {name, value, better}
    head          TEXT,               -- commit id
    tree          TEXT,               -- state id of the work tree
    reset         INTEGER NOT NULL CHECK (reset IN (0, 1)),
    output_bytes  INTEGER NOT NULL,   -- of the whole output; stays when what is kept of it is pruned
    blob_id       INTEGER REFERENCES blob ON DELETE SET NULL,
    client        TEXT NOT NULL,
    agent         TEXT NOT NULL,
    imported_key  TEXT,               -- digest of the journal line it was imported from
    recorded_at   REAL NOT NULL
) STRICT;

CREATE INDEX attempt_by_goal ON attempt (goal_id, attempt_id);
CREATE INDEX attempt_by_fingerprint ON attempt (goal_id, fingerprint) WHERE fingerprint <> '';
CREATE INDEX attempt_by_blob ON attempt (blob_id) WHERE blob_id IS NOT NULL;
CREATE UNIQUE INDEX attempt_by_imported_key ON attempt (goal_id, imported_key) WHERE imported_key IS NOT NULL;

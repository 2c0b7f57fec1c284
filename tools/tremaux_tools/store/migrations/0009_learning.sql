-- Settings that improve themselves: what is set, what was proposed and tried, and what came of it.

-- What differs from the default of the program.
CREATE TABLE setting (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,                             -- JSON
    is_fixed   INTEGER NOT NULL CHECK (is_fixed IN (0, 1)),  -- a person's word, which learning never overrides
    by         TEXT NOT NULL,                             -- a person, or the delta
    changed_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting_change (
    change_id  INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    old        TEXT,                                      -- JSON; NULL: the default
    new        TEXT,                                      -- JSON; NULL: the default again
    by         TEXT NOT NULL,
    reason     TEXT NOT NULL,
    changed_at REAL NOT NULL
) STRICT;

CREATE INDEX setting_change_by_name ON setting_change (name, change_id);

-- A change of a setting or of the playbook, from its proposal to its end.
CREATE TABLE delta (
    delta_id    INTEGER PRIMARY KEY AUTOINCREMENT,        -- never reused: agents and arms of trials go by these numbers
    type        TEXT NOT NULL CHECK (type IN ('strategy', 'coordination', 'resource', 'metric', 'playbook')),
    operation   TEXT NOT NULL CHECK (operation IN ('modify', 'add', 'remove', 'adjust')),
    target      TEXT NOT NULL,                            -- a setting's name, or bullet-12
    old_value   TEXT NOT NULL,                            -- JSON
    new_value   TEXT NOT NULL,                            -- JSON
    reasoning   TEXT NOT NULL,
    confidence  REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    impact      REAL NOT NULL,                            -- points of the pass rate, as expected
    evidence    TEXT NOT NULL,                            -- JSON: the figures that it rests on
    source      TEXT NOT NULL,                            -- the rule or the agent that proposed it
    score       REAL,                                     -- NULL: not looked at yet
    parts       TEXT NOT NULL DEFAULT '[]',               -- JSON: of the score
    risk        TEXT NOT NULL DEFAULT '' CHECK (risk IN ('', 'low', 'medium', 'high')),
    status      TEXT NOT NULL CHECK (status IN ('pending', 'trial', 'kept', 'rolled_back', 'rejected')),
    reason      TEXT NOT NULL DEFAULT '',                 -- why it stands so
    times       INTEGER NOT NULL DEFAULT 1,               -- it was proposed
    figures     TEXT NOT NULL DEFAULT '{}',               -- JSON: of its trial
    guard       REAL,                                     -- sum of the guard after it was kept; NULL: nobody guards it
    guard_rate  REAL,                                     -- pass rate that it was kept with
    proposed_at REAL NOT NULL,
    seen_at     REAL NOT NULL,                            -- proposed last
    applied_at  REAL,
    decided_at  REAL
) STRICT;

CREATE UNIQUE INDEX delta_by_trial ON delta (target) WHERE status = 'trial';   -- two on one target prove nothing
CREATE UNIQUE INDEX delta_by_guard ON delta (target) WHERE guard IS NOT NULL;
CREATE INDEX delta_by_target ON delta (target, delta_id);
CREATE INDEX delta_by_status ON delta (status, delta_id);

-- Who worked with the new or the old value of a delta, and how that ended.
CREATE TABLE exposure (
    delta_id   INTEGER NOT NULL REFERENCES delta ON DELETE CASCADE,
    subject    TEXT NOT NULL,                             -- run 3:1, recommendation-7, goal 4.0
    is_new     INTEGER NOT NULL CHECK (is_new IN (0, 1)),
    exposed_at REAL NOT NULL,
    passed     INTEGER CHECK (passed IN (0, 1)),          -- NULL: not known yet
    seconds    REAL,
    cost_usd   REAL,
    ended_at   REAL,
    counted    INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)),  -- by the guard
    PRIMARY KEY (delta_id, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX exposure_by_subject ON exposure (subject) WHERE passed IS NULL;
CREATE INDEX exposure_by_end ON exposure (delta_id, ended_at) WHERE passed IS NOT NULL;

-- The playbook: what workers are told, a bullet at a time.
CREATE TABLE bullet (
    bullet_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER REFERENCES project ON DELETE CASCADE,  -- NULL: for all
    section    TEXT NOT NULL,
    text       TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('proposed', 'active', 'retired')),
    reason     TEXT NOT NULL DEFAULT '',                  -- why it was retired
    source     TEXT NOT NULL,
    created_at REAL NOT NULL,
    changed_at REAL NOT NULL
) STRICT;

CREATE INDEX bullet_by_status ON bullet (status, project_id);

-- What agents and rules say of a bullet; tasks are counted by their exposures.
CREATE TABLE bullet_vote (
    bullet_id  INTEGER NOT NULL REFERENCES bullet ON DELETE CASCADE,
    source     TEXT NOT NULL,
    day        INTEGER NOT NULL,                          -- since 1970; a source has one vote a day
    is_helpful INTEGER NOT NULL CHECK (is_helpful IN (0, 1)),
    PRIMARY KEY (bullet_id, source, day)
) STRICT, WITHOUT ROWID;

-- Which process does what only one may do.
CREATE TABLE leader (
    role    TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    epoch   INTEGER NOT NULL,                             -- counts the leaders: one that was replaced writes nothing
    until   REAL NOT NULL,
    since   REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cycle (
    cycle_id    INTEGER PRIMARY KEY,
    owner       TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    started_at  REAL NOT NULL,
    ended_at    REAL NOT NULL,
    tasks       INTEGER NOT NULL,                         -- it looked at
    proposed    INTEGER NOT NULL,
    applied     INTEGER NOT NULL,
    kept        INTEGER NOT NULL,
    rolled_back INTEGER NOT NULL,
    error       TEXT NOT NULL DEFAULT ''
) STRICT;

-- How busy the machine was.
CREATE TABLE load_sample (
    sampled_at  REAL PRIMARY KEY,
    cpu_percent REAL NOT NULL,                            -- of all cores, since the sample before
    memory_percent REAL NOT NULL,
    workers     INTEGER NOT NULL                          -- that ran
) STRICT, WITHOUT ROWID;

-- How the pool of workers is held: one row, which all processes share.
CREATE TABLE coordination (
    coordination_id INTEGER PRIMARY KEY CHECK (coordination_id = 1),
    width           INTEGER CHECK (width >= 1),           -- that adaptive lets run; NULL: as many as may
    stepped_at      REAL NOT NULL,
    has_fallen_back INTEGER NOT NULL CHECK (has_fallen_back IN (0, 1)),
    why             TEXT NOT NULL
) STRICT;

CREATE INDEX attempt_by_pass ON attempt (goal_id) WHERE judged_gate = 'pass';   -- a goal begins anew with each

ALTER TABLE run ADD COLUMN claimed_at REAL;
ALTER TABLE run ADD COLUMN workers INTEGER;               -- that ran once it was claimed, itself among them
ALTER TABLE run ADD COLUMN rung INTEGER;                  -- of its profile's ladder
CREATE INDEX run_by_end ON run (ended_at);
ALTER TABLE job ADD COLUMN note TEXT NOT NULL DEFAULT '';    -- what of its order could not be kept

CREATE INDEX run_by_report ON run (report_id) WHERE report_id IS NOT NULL;

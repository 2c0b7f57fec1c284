-- Tickets: work handed over as a graph, and the runs by workers that were made of it.

CREATE TABLE ticket (
    ticket_id      INTEGER PRIMARY KEY,
    project        TEXT NOT NULL,
    root           TEXT NOT NULL,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('todo', 'awaiting_approval', 'ready', 'in_progress', 'completed',
                                                   'blocked', 'failed', 'cancelled')),
    reason         TEXT NOT NULL DEFAULT '',
    waiting        INTEGER NOT NULL DEFAULT 0 CHECK (waiting >= 0),  -- how many that it needs are not completed
    rank           REAL NOT NULL DEFAULT 0,                          -- of two that are ready the lower one is run first
    priority       INTEGER NOT NULL,
    runner         TEXT NOT NULL,
    command        TEXT,
    place          TEXT NOT NULL CHECK (place IN ('process', 'tmux', 'docker', 'cluster')),
    image          TEXT,
    step_mode      INTEGER NOT NULL CHECK (step_mode IN (0, 1)),
    context_files  TEXT NOT NULL,    -- JSON
    target_file    TEXT,
    target_symbols TEXT NOT NULL,    -- JSON
    max_retries    INTEGER NOT NULL,
    timeout        REAL NOT NULL,    -- seconds of one run
    worktree       INTEGER NOT NULL CHECK (worktree IN (0, 1)),
    budget_tokens  INTEGER,
    budget_cost    REAL,             -- USD
    goal           TEXT,
    prompt         TEXT,             -- as a person edited it
    approved_at    REAL,
    grants         INTEGER NOT NULL DEFAULT 0,  -- how often a person let it go on beyond a budget
    retry_count    INTEGER NOT NULL DEFAULT 0,
    loss_count     INTEGER NOT NULL DEFAULT 0,
    rung           INTEGER NOT NULL DEFAULT 0,
    not_before     REAL NOT NULL DEFAULT 0,
    client         TEXT NOT NULL DEFAULT '',
    agent          TEXT NOT NULL DEFAULT '',
    created_at     REAL NOT NULL,
    started_at     REAL,
    finished_at    REAL,
    merged         TEXT NOT NULL DEFAULT '',
    context_before INTEGER,          -- tokens
    context_after  INTEGER,
    dragged_by     INTEGER REFERENCES ticket ON DELETE SET NULL,  -- the ticket it needs whose end made it fail
    run_id         INTEGER,          -- the newest
    UNIQUE (project, name)
) STRICT;

CREATE INDEX ticket_by_rank ON ticket (rank, ticket_id) WHERE status = 'ready';
CREATE INDEX ticket_by_status ON ticket (project, status);
CREATE INDEX ticket_by_dragged ON ticket (dragged_by) WHERE dragged_by IS NOT NULL;

CREATE TABLE dependency (
    ticket_id INTEGER NOT NULL REFERENCES ticket ON DELETE CASCADE,
    needs_id  INTEGER NOT NULL REFERENCES ticket ON DELETE CASCADE,
    PRIMARY KEY (ticket_id, needs_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dependency_by_needs ON dependency (needs_id);

CREATE TABLE run (
    run_id       INTEGER PRIMARY KEY,
    ticket_id    INTEGER NOT NULL REFERENCES ticket ON DELETE CASCADE,
    epoch        INTEGER NOT NULL,
    nonce        TEXT NOT NULL UNIQUE,          -- also that of its job
    state        TEXT NOT NULL CHECK (state IN ('starting', 'running', 'ended')),
    model        TEXT,
    place        TEXT NOT NULL,
    terminal     TEXT NOT NULL DEFAULT '',
    owner        TEXT NOT NULL,                 -- the process that sees to it
    lease_until  REAL NOT NULL,
    heartbeat_at REAL,
    worktree     TEXT NOT NULL DEFAULT '',
    branch       TEXT NOT NULL DEFAULT '',
    base         TEXT NOT NULL DEFAULT '',      -- the commit that it began at
    stopping     TEXT NOT NULL DEFAULT '' CHECK (stopping IN ('', 'cancel', 'block', 'budget', 'stale')),
    outcome      TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'completed', 'failed', 'blocked', 'timed_out',
                                                             'cancelled', 'paused', 'lost')),
    reason       TEXT NOT NULL DEFAULT '',
    exit_code    INTEGER,
    fingerprint  TEXT NOT NULL DEFAULT '',
    report_id    INTEGER REFERENCES report ON DELETE SET NULL,
    result       TEXT NOT NULL DEFAULT '',
    started_at   REAL,
    ended_at     REAL,
    UNIQUE (ticket_id, epoch)
) STRICT;

CREATE INDEX run_by_open ON run (owner) WHERE state <> 'ended';

CREATE TABLE usage (
    run_id        INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    model         TEXT NOT NULL,                -- empty where nobody told
    source        TEXT NOT NULL CHECK (source IN ('output', 'report')),
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_usd      REAL NOT NULL,
    noted_at      REAL NOT NULL,
    PRIMARY KEY (run_id, model, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_by_time ON usage (noted_at);

-- What a worker's own output tells counts; what was reported for it only where the output tells nothing.
CREATE VIEW spent AS
    SELECT run.ticket_id, usage.* FROM usage JOIN run USING (run_id)
    WHERE source = 'output'
       OR NOT EXISTS (SELECT 1 FROM usage AS told WHERE told.run_id = usage.run_id AND told.source = 'output');

CREATE TABLE context_part (
    ticket_id     INTEGER NOT NULL REFERENCES ticket ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    path          TEXT NOT NULL,
    how           TEXT NOT NULL,
    tokens_before INTEGER NOT NULL,
    tokens_after  INTEGER NOT NULL,
    note          TEXT NOT NULL,
    PRIMARY KEY (ticket_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket_event (
    event_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL REFERENCES ticket ON DELETE CASCADE,
    at        REAL NOT NULL,
    old       TEXT,
    new       TEXT NOT NULL,
    reason    TEXT NOT NULL,
    by        TEXT NOT NULL
) STRICT;

CREATE INDEX ticket_event_by_ticket ON ticket_event (ticket_id, event_id);

CREATE TABLE dispatcher (
    owner      TEXT PRIMARY KEY,     -- its process id and when that process began
    started_at REAL NOT NULL,
    seen_at    REAL NOT NULL
) STRICT, WITHOUT ROWID;

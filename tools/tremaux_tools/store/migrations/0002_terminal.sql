-- Terminals that outlive the server which opened them, and jobs: single runs of a command.
-- Times are Unix seconds (UTC).

CREATE TABLE terminal (
    terminal_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    project     TEXT NOT NULL,            -- path; a terminal may be opened outside any recorded project
    place       TEXT NOT NULL CHECK (place IN ('tmux', 'docker')),
    socket      TEXT NOT NULL,            -- of the tmux server, on the machine that runs it
    session     TEXT NOT NULL UNIQUE,     -- the tmux session's name, made up by us
    tmux_inside INTEGER NOT NULL CHECK (tmux_inside IN (0, 1)),  -- the tmux server runs in the container
    container   TEXT NOT NULL,            -- id; empty on the host
    user        TEXT,                     -- in the container
    directory   TEXT NOT NULL,            -- of ours in the container, where tmux runs outside; else empty
    made        INTEGER NOT NULL CHECK (made IN (0, 1)),  -- the container is ours and goes with the terminal
    command     TEXT NOT NULL,
    width       INTEGER NOT NULL,         -- columns
    height      INTEGER NOT NULL,         -- rows
    opened_at   REAL NOT NULL,
    used_at     REAL NOT NULL,
    closed_at   REAL,
    exit_code   INTEGER
) STRICT;

CREATE UNIQUE INDEX terminal_by_name ON terminal (name) WHERE closed_at IS NULL;

CREATE TABLE job (
    job_id       INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal_id  INTEGER REFERENCES terminal ON DELETE SET NULL,
    project      TEXT NOT NULL,
    command      TEXT NOT NULL,
    nonce        TEXT NOT NULL,           -- in the marks around its output
    directory    TEXT NOT NULL,           -- of its files, on the machine that runs it
    log          TEXT NOT NULL,           -- what tmux copies its output to, on the machine that runs tmux
    status       TEXT NOT NULL CHECK (status IN ('running', 'exited', 'killed', 'lost')),
    exit_code    INTEGER,
    output_bytes INTEGER NOT NULL DEFAULT 0,
    redactions   INTEGER NOT NULL DEFAULT 0,
    blob_id      INTEGER REFERENCES blob ON DELETE SET NULL,
    started_at   REAL NOT NULL,
    ended_at     REAL,
    CHECK ((status = 'running') = (ended_at IS NULL))
) STRICT;

CREATE INDEX job_by_terminal ON job (terminal_id, job_id);
CREATE INDEX job_by_blob ON job (blob_id) WHERE blob_id IS NOT NULL;

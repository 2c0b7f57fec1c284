-- Reports: what really happened in a finished run, with the evidence. Times are Unix seconds (UTC).

CREATE TABLE report (
    report_id     INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: agents keep these numbers
    project_id    INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    goal_id       INTEGER REFERENCES goal ON DELETE SET NULL,
    job_id        INTEGER REFERENCES job ON DELETE SET NULL,
    task          TEXT NOT NULL,
    tools_used    TEXT NOT NULL,      -- JSON array of strings
    verdict       TEXT NOT NULL CHECK (verdict IN ('passed', 'failed', 'uncertain')),
    quality_score INTEGER NOT NULL CHECK (quality_score BETWEEN 0 AND 100),
    body          TEXT NOT NULL,      -- JSON object: the whole report
    learned       TEXT NOT NULL,      -- JSON object: what of it went into the knowledge graph
    notice        TEXT NOT NULL DEFAULT '',  -- who was told, or why nobody was
    notified      INTEGER NOT NULL DEFAULT 0 CHECK (notified IN (0, 1)),
    output_bytes  INTEGER NOT NULL,   -- of the whole output; stays when what is kept of it is pruned
    blob_id       INTEGER REFERENCES blob ON DELETE SET NULL,
    client        TEXT NOT NULL,
    agent         TEXT NOT NULL,
    filed_at      REAL NOT NULL
) STRICT;

CREATE INDEX report_by_project ON report (project_id, report_id);
CREATE INDEX report_by_job ON report (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX report_by_blob ON report (blob_id) WHERE blob_id IS NOT NULL;

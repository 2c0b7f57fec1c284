-- The knowledge graph: entities, what was observed of them, how they relate, and which report proves what.
-- Times are Unix seconds (UTC).

CREATE TABLE entity (
    entity_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,  -- finding:1f0c..., project:/path, task:9a2e..., tool:pytest
    kind       TEXT NOT NULL CHECK (kind <> ''),
    project_id INTEGER REFERENCES project ON DELETE SET NULL,  -- where it was met first
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    status     TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('candidate', 'active', 'retired')),
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;

CREATE INDEX entity_by_kind ON entity (kind, entity_id);

CREATE TABLE observation (
    observation_id INTEGER PRIMARY KEY,
    entity_id      INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    text           TEXT NOT NULL,
    observed_at    REAL NOT NULL,
    UNIQUE (entity_id, text)
) STRICT;

CREATE TABLE relation (
    source_id  INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    type       TEXT NOT NULL CHECK (type <> ''),  -- learned_in, derived_from, used_in
    target_id  INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    related_at REAL NOT NULL,
    PRIMARY KEY (source_id, type, target_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX relation_by_target ON relation (target_id, type, source_id);

CREATE TABLE evidence (
    entity_id   INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    report_id   INTEGER NOT NULL REFERENCES report ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('learned', 'helped', 'hurt')),
    recorded_at REAL NOT NULL,
    PRIMARY KEY (entity_id, report_id, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX evidence_by_report ON evidence (report_id);

-- Skills: what finished tasks taught, how it is found again, and what came of recommending it.
-- Times are Unix seconds (UTC).

ALTER TABLE entity ADD COLUMN category TEXT CHECK (category IN ('tool_usage', 'pattern', 'decision', 'architecture'));
ALTER TABLE entity ADD COLUMN quarantined_at REAL;  -- since when its outcomes speak against it
ALTER TABLE entity ADD COLUMN origin TEXT NOT NULL DEFAULT '';  -- whence it was imported; empty: learnt here

-- What is searched of an entity: its title, its body and observations, parts of its identifiers, its kind as a tag.
CREATE TABLE document (
    entity_id INTEGER PRIMARY KEY REFERENCES entity ON DELETE CASCADE,
    title     TEXT NOT NULL,
    body      TEXT NOT NULL,
    idents    TEXT NOT NULL,
    tags      TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE document_fts USING fts5 (
    title, body, idents, tags,
    content = 'document', content_rowid = 'entity_id', tokenize = 'porter unicode61 remove_diacritics 2'
);

-- Every write is a segment of its own, and a search asks each segment for each term: with many it takes twice as long.
INSERT INTO document_fts (document_fts, rank) VALUES ('crisismerge', 2);

CREATE VIRTUAL TABLE document_term USING fts5vocab ('document_fts', 'row');

CREATE TRIGGER document_added AFTER INSERT ON document BEGIN
    INSERT INTO document_fts (rowid, title, body, idents, tags)
    VALUES (new.entity_id, new.title, new.body, new.idents, new.tags);
END;

CREATE TRIGGER document_removed AFTER DELETE ON document BEGIN
    INSERT INTO document_fts (document_fts, rowid, title, body, idents, tags)
    VALUES ('delete', old.entity_id, old.title, old.body, old.idents, old.tags);
END;

CREATE TRIGGER document_changed AFTER UPDATE ON document
WHEN (new.title, new.body, new.idents, new.tags) <> (old.title, old.body, old.idents, old.tags) BEGIN
    INSERT INTO document_fts (document_fts, rowid, title, body, idents, tags)
    VALUES ('delete', old.entity_id, old.title, old.body, old.idents, old.tags);
    INSERT INTO document_fts (rowid, title, body, idents, tags)
    VALUES (new.entity_id, new.title, new.body, new.idents, new.tags);
END;

INSERT INTO document (entity_id, title, body, idents, tags)
SELECT entity_id, title,
       body || coalesce((SELECT char(10) || group_concat(text, char(10)) FROM observation
                         WHERE observation.entity_id = entity.entity_id), ''),
       '', 'kind' || kind
FROM entity;

-- What a document means, as numbers; only where a model for that is installed.
CREATE TABLE embedding (
    embedding_id INTEGER PRIMARY KEY AUTOINCREMENT,  -- grows with every change, so others see what is new
    entity_id    INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    model        TEXT NOT NULL CHECK (model <> ''),
    vector       BLOB NOT NULL,  -- 16-bit floats of length 1
    UNIQUE (entity_id, model)
) STRICT;

-- Documents in the order in which they came or changed: what a model has yet to read.
CREATE TABLE revision (
    revision_id INTEGER PRIMARY KEY AUTOINCREMENT,
    entity_id   INTEGER NOT NULL UNIQUE REFERENCES document ON DELETE CASCADE
) STRICT;

INSERT INTO revision (entity_id) SELECT entity_id FROM document ORDER BY entity_id;

CREATE TRIGGER document_new AFTER INSERT ON document BEGIN
    INSERT INTO revision (entity_id) VALUES (new.entity_id);
END;

CREATE TRIGGER embedding_outdated AFTER UPDATE OF title, body ON document
WHEN new.title <> old.title OR new.body <> old.body BEGIN
    DELETE FROM embedding WHERE entity_id = new.entity_id;
    DELETE FROM revision WHERE entity_id = new.entity_id;
    INSERT INTO revision (entity_id) VALUES (new.entity_id);
END;

CREATE TRIGGER embedding_gone AFTER DELETE ON document BEGIN
    DELETE FROM embedding WHERE entity_id = old.entity_id;
END;

-- Who we are among those who share what they learnt.
CREATE TABLE origin (
    name TEXT NOT NULL
) STRICT;

INSERT INTO origin VALUES (lower(hex(randomblob(8))));

-- A finished task and what its quality check said.
CREATE TABLE task (
    task_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    name        TEXT NOT NULL CHECK (name <> ''),  -- job-12, report-7, or what the agent calls it
    prompt      TEXT NOT NULL,
    status      TEXT NOT NULL,  -- in the agent's words
    verdict     TEXT NOT NULL CHECK (verdict IN ('passed', 'failed', 'uncertain')),
    tools       TEXT NOT NULL,  -- JSON array of strings
    duration    REAL CHECK (duration >= 0),  -- seconds; NULL if not known
    summary     TEXT NOT NULL,
    report_id   INTEGER REFERENCES report ON DELETE SET NULL,
    finished_at REAL NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

CREATE INDEX task_by_project ON task (project_id, finished_at);
CREATE INDEX task_by_finished ON task (finished_at);
CREATE INDEX judged_task_by_project ON task (project_id, finished_at, verdict) WHERE verdict <> 'uncertain';
CREATE INDEX judged_task_by_finished ON task (finished_at, verdict) WHERE verdict <> 'uncertain';
CREATE INDEX task_by_report ON task (report_id) WHERE report_id IS NOT NULL;

-- Tools and languages of a project: how like another it is.
CREATE TABLE trait (
    project_id INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    name       TEXT NOT NULL CHECK (name <> ''),
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE recommendation (
    recommendation_id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: agents keep these numbers
    project_id        INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    prompt            TEXT NOT NULL,  -- its beginning, without secrets
    subject           TEXT NOT NULL DEFAULT '',  -- the run of a ticket whose prompt carried it
    withheld          INTEGER NOT NULL CHECK (withheld IN (0, 1)),  -- not shown on purpose, to compare with
    verdict           TEXT CHECK (verdict IN ('passed', 'failed')),  -- of the task; NULL: not known yet
    report_id         INTEGER REFERENCES report ON DELETE SET NULL,
    recommended_at    REAL NOT NULL,
    judged_at         REAL
) STRICT;

CREATE INDEX recommendation_by_subject ON recommendation (subject) WHERE subject <> '';
CREATE INDEX recommendation_by_project ON recommendation (project_id);
CREATE INDEX recommendation_by_report ON recommendation (report_id) WHERE report_id IS NOT NULL;

CREATE TABLE recommended (
    recommendation_id INTEGER NOT NULL REFERENCES recommendation ON DELETE CASCADE,
    entity_id         INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    rank              INTEGER NOT NULL,  -- from 1
    avoid             INTEGER NOT NULL CHECK (avoid IN (0, 1)),
    relevance         REAL NOT NULL,
    confidence        REAL NOT NULL,
    score             REAL NOT NULL,
    PRIMARY KEY (recommendation_id, entity_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX recommended_by_entity ON recommended (entity_id);

-- The log of what came of using a learning: the truth that confidences are computed from.
CREATE TABLE outcome (
    outcome_id  INTEGER PRIMARY KEY,
    entity_id   INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    project_id  INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    origin      TEXT NOT NULL,  -- where it was seen
    source      TEXT NOT NULL,  -- what it was seen of there: recommendation-12
    kind        TEXT NOT NULL CHECK (kind IN ('shown', 'used', 'rated')),
    passed      INTEGER NOT NULL CHECK (passed IN (0, 1)),
    weight      REAL NOT NULL CHECK (weight > 0),
    report_id   INTEGER REFERENCES report ON DELETE SET NULL,
    note        TEXT NOT NULL DEFAULT '',
    recorded_at REAL NOT NULL,
    UNIQUE (entity_id, origin, source)
) STRICT;

CREATE INDEX outcome_by_project ON outcome (project_id);
CREATE INDEX outcome_by_report ON outcome (report_id) WHERE report_id IS NOT NULL;

-- The outcomes of a learning in a project, added up with decay; a cache of `outcome`.
CREATE TABLE tally (
    entity_id  INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE,
    project_id INTEGER NOT NULL REFERENCES project ON DELETE CASCADE,
    helped     REAL NOT NULL CHECK (helped >= 0),
    hurt       REAL NOT NULL CHECK (hurt >= 0),
    counted_at REAL NOT NULL,  -- the moment both are decayed to
    PRIMARY KEY (entity_id, project_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tally_by_project ON tally (project_id);

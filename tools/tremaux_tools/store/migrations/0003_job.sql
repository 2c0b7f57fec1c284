-- Every command run through Tremaux is a job: in a terminal, as a plain process, or imported from a directory.
-- An attempt belongs to at most one job, so a gate's end is recorded once, whoever sees it.

ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT 'terminal' CHECK (kind IN ('terminal', 'process', 'import'));
ALTER TABLE job ADD COLUMN root TEXT NOT NULL DEFAULT '';        -- the work tree; `project` names all of them
ALTER TABLE job ADD COLUMN cwd TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN pid INTEGER;                          -- of the process that sees it through
ALTER TABLE job ADD COLUMN born TEXT NOT NULL DEFAULT '';        -- when that process began: pids are used again
ALTER TABLE job ADD COLUMN timeout REAL;                         -- seconds
ALTER TABLE job ADD COLUMN cause TEXT NOT NULL DEFAULT '' CHECK (cause IN ('', 'timeout', 'cancel', 'size'));
ALTER TABLE job ADD COLUMN goal TEXT;                            -- its end is an attempt at this goal; NULL: at none
ALTER TABLE job ADD COLUMN gate TEXT NOT NULL DEFAULT '';        -- name in tremaux.toml
ALTER TABLE job ADD COLUMN pattern TEXT;                         -- what the output must show for a pass
ALTER TABLE job ADD COLUMN action TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN hypothesis TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN tree TEXT;                            -- state id of the work tree at the start
ALTER TABLE job ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN digest BLOB;                          -- SHA-256 of an imported directory

CREATE INDEX job_by_running ON job (kind, job_id) WHERE status = 'running';
CREATE INDEX job_by_goal ON job (job_id) WHERE goal IS NOT NULL;
CREATE INDEX job_by_project ON job (project, job_id);
CREATE UNIQUE INDEX job_by_digest ON job (project, digest) WHERE digest IS NOT NULL;

ALTER TABLE attempt ADD COLUMN job_id INTEGER REFERENCES job ON DELETE SET NULL;
CREATE UNIQUE INDEX attempt_by_job ON attempt (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE trust (
    path       TEXT NOT NULL,  -- of a project's tremaux.toml, the same for all work trees of a repository
    digest     TEXT NOT NULL,  -- SHA-256 of the file, hexadecimal
    trusted_at REAL NOT NULL,
    PRIMARY KEY (path, digest)
) STRICT;

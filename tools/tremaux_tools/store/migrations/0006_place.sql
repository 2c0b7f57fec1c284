-- A job runs in a place: as a plain process, in a terminal or in a container. Its nonce names it there.

ALTER TABLE job ADD COLUMN place TEXT NOT NULL DEFAULT 'process' CHECK (place IN ('process', 'tmux', 'docker'));
ALTER TABLE job ADD COLUMN terminal TEXT NOT NULL DEFAULT '';  -- name of the one it runs in, where its place has one
ALTER TABLE job ADD COLUMN named INTEGER NOT NULL DEFAULT 0 CHECK (named IN (0, 1));  -- its nonce was given with it
ALTER TABLE job ADD COLUMN cpu_s REAL;                         -- seconds of processor time it used
ALTER TABLE job ADD COLUMN memory_bytes INTEGER;               -- of its largest process, or of its container

CREATE UNIQUE INDEX job_by_nonce ON job (nonce) WHERE nonce <> '';

-- The schema of version 1, as it was shipped. Never edit: an old catalog looks like this.
PRAGMA application_id = 1380273235;
CREATE TABLE schema_version ( version INTEGER NOT NULL, PRIMARY KEY (version) );
CREATE TABLE story ( num INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, url TEXT, canonical_url TEXT, published BIGINT NOT NULL, visible_from BIGINT NOT NULL, visible_until BIGINT NOT NULL, status TEXT NOT NULL, language TEXT, section TEXT, kind TEXT NOT NULL, revised BIGINT NOT NULL, content_hash TEXT NOT NULL, text_hash TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (id) );
CREATE INDEX ix_story_text_hash ON story (text_hash);
CREATE INDEX ix_story_canonical_url ON story (canonical_url);
CREATE INDEX ix_story_url ON story (url);
CREATE TABLE model ( hash TEXT NOT NULL, name TEXT NOT NULL, dimension INTEGER NOT NULL, runtime TEXT NOT NULL, provenance TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (hash) );
CREATE TABLE setting ( "key" TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key") );
CREATE TABLE change ( seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, num BIGINT NOT NULL, op TEXT NOT NULL, at BIGINT NOT NULL, CONSTRAINT change_op CHECK (op IN ('put', 'remove', 'link')) );
CREATE INDEX ix_change_num ON change (num);
CREATE TABLE vector ( text_hash TEXT NOT NULL, model TEXT NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (text_hash, model), FOREIGN KEY(model) REFERENCES model (hash) );
CREATE TABLE link ( num INTEGER NOT NULL, source INTEGER NOT NULL, reference TEXT NOT NULL, target INTEGER, kind TEXT NOT NULL, anchor TEXT, set_at BIGINT NOT NULL, PRIMARY KEY (num), CONSTRAINT link_once UNIQUE (source, kind, reference), CONSTRAINT link_kind CHECK (kind IN ('text', 'curated', 'pin')), FOREIGN KEY(source) REFERENCES story (num) ON DELETE CASCADE, FOREIGN KEY(target) REFERENCES story (num) ON DELETE SET NULL );
CREATE INDEX ix_link_target ON link (target);
CREATE INDEX link_waiting ON link (reference) WHERE target IS NULL;
INSERT INTO schema_version VALUES (1);

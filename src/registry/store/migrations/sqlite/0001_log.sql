CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE blob (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL, stored_at INTEGER NOT NULL) STRICT;
CREATE TABLE secret (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE token_use (id TEXT PRIMARY KEY, used_at INTEGER NOT NULL) STRICT;
CREATE TABLE delivery (
    id TEXT PRIMARY KEY, webhook TEXT NOT NULL, event TEXT NOT NULL, context TEXT NOT NULL, status TEXT NOT NULL,
    attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, log TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_due ON delivery (status, due_at);
CREATE INDEX delivery_webhook ON delivery (webhook, created_at);

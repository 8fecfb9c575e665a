CREATE TABLE head (id SMALLINT PRIMARY KEY, seq BIGINT NOT NULL);
INSERT INTO head (id, seq) VALUES (1, 0);
CREATE TABLE record (seq BIGINT PRIMARY KEY, body TEXT NOT NULL, hash BYTEA NOT NULL);
CREATE TABLE blob (digest BYTEA PRIMARY KEY, bytes BYTEA NOT NULL, stored_at BIGINT NOT NULL);
CREATE TABLE secret (id TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE token_use (id TEXT PRIMARY KEY, used_at BIGINT NOT NULL);
CREATE TABLE delivery (
    id TEXT PRIMARY KEY, webhook TEXT NOT NULL, event TEXT NOT NULL, context TEXT NOT NULL, status TEXT NOT NULL,
    attempts INTEGER NOT NULL, created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, log TEXT NOT NULL
);
CREATE INDEX delivery_due ON delivery (status, due_at);
CREATE INDEX delivery_webhook ON delivery (webhook, created_at);

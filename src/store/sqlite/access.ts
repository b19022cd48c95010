import type {
  ApiTokenRecord,
  IdempotencyRecord,
  JoinTokenRecord,
  NodeKeyRecord,
} from "../store.ts";
import type { Statements } from "./statements.ts";

// Tokens, keys and kept answers: each call is a transaction of its own, but for what the store puts into one with an audit entry.

export function readIdempotency(statements: Statements, key: string): IdempotencyRecord | null {
  const select = `SELECT key, request_hash AS requestHash, status, body, created_at AS createdAt
    FROM idempotency WHERE key = ?`;
  return statements.first<IdempotencyRecord>(select, key);
}

export function forgetIdempotency(statements: Statements, before: number): void {
  statements.run("DELETE FROM idempotency WHERE created_at < ?", before);
}

export function addJoinToken(statements: Statements, token: JoinTokenRecord): void {
  const { hash, poolId, expiresAt, usesLeft, createdAt } = token;
  const insert = `REPLACE INTO join_tokens (hash, pool_id, expires_at, uses_left, created_at)
    VALUES (?, ?, ?, ?, ?)`;
  statements.run(insert, hash, poolId, expiresAt, usesLeft, createdAt);
}

const JOIN_TOKEN = `hash, pool_id AS poolId, expires_at AS expiresAt, uses_left AS usesLeft,
  created_at AS createdAt`;

export function readJoinToken(statements: Statements, hash: string): JoinTokenRecord | null {
  const select = `SELECT ${JOIN_TOKEN} FROM join_tokens WHERE hash = ?`;
  return statements.first<JoinTokenRecord>(select, hash);
}

export function useJoinToken(
  statements: Statements,
  hash: string,
  now: number,
): JoinTokenRecord | null {
  // One statement, so that the last use is given once.
  const use = `UPDATE join_tokens SET uses_left = uses_left - 1
    WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?) AND (uses_left IS NULL OR uses_left > 0)
    RETURNING ${JOIN_TOKEN}`;
  return statements.all<JoinTokenRecord>(use, hash, now)[0] ?? null;
}

export function listJoinTokens(statements: Statements): JoinTokenRecord[] {
  const select = `SELECT ${JOIN_TOKEN} FROM join_tokens ORDER BY created_at, hash`;
  return statements.all<JoinTokenRecord>(select);
}

export function removeJoinToken(statements: Statements, hash: string): void {
  statements.run("DELETE FROM join_tokens WHERE hash = ?", hash);
}

export function addNodeKey(statements: Statements, key: NodeKeyRecord): void {
  const { guid, publicKey, revokedAt, createdAt } = key;
  const insert = `REPLACE INTO node_keys (guid, public_key, revoked_at, created_at)
    VALUES (?, ?, ?, ?)`;
  statements.run(insert, guid, publicKey, revokedAt, createdAt);
}

export function readNodeKey(statements: Statements, guid: string): NodeKeyRecord | null {
  const select = `SELECT guid, public_key AS publicKey, revoked_at AS revokedAt,
    created_at AS createdAt FROM node_keys WHERE guid = ?`;
  return statements.first<NodeKeyRecord>(select, guid);
}

export function revokeNodeKey(statements: Statements, guid: string, now: number): void {
  const update = "UPDATE node_keys SET revoked_at = ? WHERE guid = ? AND revoked_at IS NULL";
  statements.run(update, now, guid);
}

export function addApiToken(statements: Statements, token: ApiTokenRecord): void {
  const { hash, kind, name, role, createdAt, user, expiresAt } = token;
  const insert = `REPLACE INTO api_tokens (hash, kind, name, role, created_at, user, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`;
  statements.run(insert, hash, kind, name, role, createdAt, user, expiresAt);
}

const API_TOKEN = `SELECT hash, kind, name, role, created_at AS createdAt, user,
  expires_at AS expiresAt FROM api_tokens`;

export function readApiToken(statements: Statements, hash: string): ApiTokenRecord | null {
  return statements.first<ApiTokenRecord>(`${API_TOKEN} WHERE hash = ?`, hash);
}

export function listApiTokens(statements: Statements): ApiTokenRecord[] {
  return statements.all<ApiTokenRecord>(`${API_TOKEN} ORDER BY created_at, hash`);
}

export function removeApiToken(statements: Statements, hash: string): void {
  statements.run("DELETE FROM api_tokens WHERE hash = ?", hash);
}

export function keepSecret(statements: Statements, name: string, ifNone: string): string {
  // One statement, so that of two servers at their first start both get the same.
  const keep = `INSERT INTO secrets (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = value RETURNING value`;
  return statements.all<{ value: string }>(keep, name, ifNone)[0]?.value ?? ifNone;
}

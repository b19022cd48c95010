import {
  type AuditEntry,
  type AuditHead,
  type AuditRecord,
  canonicalText,
  chained,
  EMPTY_CHAIN,
} from "../../model/audit.ts";
import { numberCursor, pageOf } from "../page.ts";
import type { AuditFilter, Page, PageRequest } from "../store.ts";
import { Condition } from "./condition.ts";
import { scan, spanAfter } from "./scan.ts";
import type { Statements } from "./statements.ts";

interface AuditRow {
  readonly number: number;
  /** The record's canonical text: what is exported and verified is what is stored. */
  readonly document: string;
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

/** Within the transaction of the change that the entries tell of. */
export function appendAudit(statements: Statements, entries: readonly AuditEntry[]): void {
  if (entries.length === 0) return;
  let head = auditHead(statements);
  for (const entry of entries) {
    const record = chained(entry, head, sha256);
    const insert = "INSERT INTO audit (number, document) VALUES (?, ?)";
    statements.run(insert, record.number, canonicalText(record));
    head = record;
  }
}

function auditHead(statements: Statements): AuditHead {
  const select = `SELECT number, document ->> '$.hash' AS hash FROM audit
    ORDER BY number DESC LIMIT 1`;
  return statements.first<AuditHead>(select) ?? EMPTY_CHAIN;
}

export function readAudit(statements: Statements, number: number): AuditRecord | null {
  const row = statements.first<AuditRow>(
    "SELECT number, document FROM audit WHERE number = ?",
    number,
  );
  return row === null ? null : recordOf(row);
}

export async function listAudit(
  statements: Statements,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditRecord>> {
  const condition = conditionOf(filter);
  const select = `SELECT number, document FROM audit WHERE number BETWEEN ? AND ? AND ${condition.text}
    ORDER BY number ${page.order === "ascending" ? "ASC" : "DESC"} LIMIT ?`;
  const all = { first: 1, last: auditHead(statements).number };
  const span = spanAfter(all, numberCursor(page), page.order);
  const rows = await scan<AuditRow>(span, page.order, page.limit + 1, (window, rest) =>
    statements.all(select, window.first, window.last, ...condition.parameters, rest),
  );
  return pageOf(rows, page.limit, (row) => row.number, recordOf);
}

function conditionOf({ who, action, outcome, from, to }: AuditFilter): Condition {
  const condition = new Condition();
  if (who !== undefined) condition.and("document ->> '$.by.id' = ? COLLATE NOCASE", who);
  // LIKE would take % and _ in the text for patterns.
  if (action !== undefined) {
    condition.and("instr(lower(document ->> '$.action'), lower(?)) > 0", action);
  }
  if (outcome !== undefined) condition.and("document ->> '$.outcome' = ?", outcome);
  if (from !== undefined) condition.and("document ->> '$.time' >= ?", from);
  if (to !== undefined) condition.and("document ->> '$.time' <= ?", to);
  return condition;
}

export function readAuditLines(statements: Statements, after: number, limit: number): string[] {
  const select = "SELECT document FROM audit WHERE number > ? ORDER BY number LIMIT ?";
  return statements.all<AuditRow>(select, after, limit).map(({ document }) => document);
}

function recordOf({ document }: AuditRow): AuditRecord {
  return JSON.parse(document) as AuditRecord;
}

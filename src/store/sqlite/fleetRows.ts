import {
  type FleetChanges,
  type FleetCounters,
  noFleetCounters,
  type StoredFleet,
} from "../../model/fleet/changes.ts";
import type { RevisionRecord } from "../../model/fleet/definition.ts";
import type { InstanceNumber, InstanceRecord } from "../../model/fleet/instance.ts";
import { foldId } from "../../model/id.ts";
import { numberCursor, pageOf } from "../page.ts";
import type { InstanceFilter, Page, PageRequest } from "../store.ts";
import { Condition } from "./condition.ts";
import type { Statements } from "./statements.ts";

interface DocumentRow {
  readonly document: string;
}

const KINDS = ["users", "userGroups", "nodeGroups", "definitions", "restrictedCommands"] as const;

/** Within the transaction of a commit. What goes, goes first: its id may be taken by something new. */
export function writeFleet(statements: Statements, changes: FleetChanges): void {
  for (const kind of KINDS) {
    for (const number of changes[kind].keys()) {
      // Also of one that stays: ids of a kind may be exchanged in one batch.
      statements.run("DELETE FROM fleet_objects WHERE kind = ? AND number = ?", kind, number);
    }
    for (const [number, record] of changes[kind]) {
      if (record === null) continue;
      const values = [kind, number, foldId(record.id), JSON.stringify(record)] as const;
      statements.run("INSERT INTO fleet_objects VALUES (?, ?, ?, ?)", ...values);
    }
  }
  for (const record of changes.revisions) {
    const { definition, revision } = record;
    const document = JSON.stringify(record);
    statements.run("REPLACE INTO revisions VALUES (?, ?, ?)", definition, revision, document);
  }
  for (const record of changes.instances.values()) {
    const { number, definition, startedAt, endedAt } = record;
    statements.run(
      "REPLACE INTO instances VALUES (?, ?, ?, ?, ?)",
      ...[number, definition, startedAt, endedAt, JSON.stringify(record)],
    );
  }
  statements.run("REPLACE INTO fleet_counters VALUES (1, ?)", JSON.stringify(changes.counters));
}

export function readFleet(statements: Statements): StoredFleet {
  const counters = statements.first<DocumentRow>("SELECT document FROM fleet_counters");
  return {
    // A counter that was not known when they were stored has counted nothing.
    counters: {
      ...noFleetCounters(),
      ...(counters === null ? {} : (JSON.parse(counters.document) as Partial<FleetCounters>)),
    },
    users: objects(statements, "users"),
    userGroups: objects(statements, "userGroups"),
    nodeGroups: objects(statements, "nodeGroups"),
    definitions: objects(statements, "definitions"),
    restrictedCommands: objects(statements, "restrictedCommands"),
    revisions: parsed(
      statements.all<DocumentRow>(
        `SELECT r.document FROM fleet_objects AS d JOIN revisions AS r
          ON r.definition = d.number AND r.revision = d.document ->> '$.revision'
          WHERE d.kind = 'definitions' ORDER BY d.number`,
      ),
    ),
    instances: parsed(
      statements.all<DocumentRow>(
        "SELECT document FROM instances WHERE ended_at IS NULL ORDER BY number",
      ),
    ),
  };
}

function objects<Item>(statements: Statements, kind: (typeof KINDS)[number]): Item[] {
  const select = "SELECT document FROM fleet_objects WHERE kind = ? ORDER BY number";
  return parsed(statements.all<DocumentRow>(select, kind));
}

function parsed<Item>(rows: readonly DocumentRow[]): Item[] {
  return rows.map(({ document }): Item => JSON.parse(document));
}

export function readInstances(
  statements: Statements,
  numbers: readonly InstanceNumber[],
): InstanceRecord[] {
  if (numbers.length === 0) return [];
  const select =
    "SELECT document FROM instances WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number";
  return parsed(statements.all<DocumentRow>(select, JSON.stringify(numbers)));
}

export function listInstances(
  statements: Statements,
  { definition, startedFrom, startedTo }: InstanceFilter,
  page: PageRequest,
): Page<InstanceRecord> {
  const condition = new Condition();
  const after = numberCursor(page);
  const isRising = page.order === "ascending";
  if (after !== null) condition.and(`number ${isRising ? ">" : "<"} ?`, after);
  if (definition !== undefined) condition.and("definition = ?", definition);
  if (startedFrom !== undefined) condition.and("started_at >= ?", startedFrom);
  if (startedTo !== undefined) condition.and("started_at <= ?", startedTo);
  const rows = statements.all<DocumentRow & { number: number }>(
    `SELECT number, document FROM instances WHERE ${condition.text}
      ORDER BY number ${isRising ? "ASC" : "DESC"} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
  return pageOf(
    rows,
    page.limit,
    (row) => row.number,
    (row): InstanceRecord => JSON.parse(row.document),
  );
}

export function listRevisions(
  statements: Statements,
  definition: number,
  page: PageRequest,
): Page<RevisionRecord> {
  const after = numberCursor(page);
  const isRising = page.order === "ascending";
  const condition = new Condition();
  condition.and("definition = ?", definition);
  if (after !== null) condition.and(`revision ${isRising ? ">" : "<"} ?`, after);
  const rows = statements.all<DocumentRow & { revision: number }>(
    `SELECT revision, document FROM revisions WHERE ${condition.text}
      ORDER BY revision ${isRising ? "ASC" : "DESC"} LIMIT ?`,
    ...condition.parameters,
    page.limit + 1,
  );
  return pageOf(
    rows,
    page.limit,
    (row) => row.revision,
    (row): RevisionRecord => JSON.parse(row.document),
  );
}

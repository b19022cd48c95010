import type { Database } from "bun:sqlite";
import type { AuditEntry } from "../../model/audit.ts";
import { type JobNumber, jobOfTask, type TaskNumber } from "../../model/id.ts";
import {
  type ApiTokenRecord,
  type AuditFilter,
  type Commit,
  type EventFilter,
  type EventSpan,
  type ExecutionFilter,
  type InstanceFilter,
  type JobFilter,
  type JoinTokenRecord,
  type NodeFilter,
  type NodeKeyRecord,
  type PageRequest,
  type PoolFilter,
  type Store,
  StoreError,
  type TaskFilter,
} from "../store.ts";
import * as access from "./access.ts";
import * as audits from "./auditRows.ts";
import { Committer } from "./committer.ts";
import * as events from "./eventReads.ts";
import * as executions from "./executionReads.ts";
import * as fleet from "./fleetRows.ts";
import { readLiveState } from "./liveState.ts";
import { setOutputPlace } from "./places.ts";
import { Purger } from "./purger.ts";
import { SqliteRepository } from "./repositoryRows.ts";
import * as lists from "./smallLists.ts";
import { Statements } from "./statements.ts";
import * as tasks from "./taskReads.ts";

/** The store in one SQLite file. SQLite is synchronous: when a method returns its promise, the work is done. */
export class SqliteStore implements Store {
  readonly #database: Database;
  readonly #release: () => void;
  readonly #statements: Statements;
  readonly #committer: Committer;
  readonly #purger: Purger;
  readonly repository: SqliteRepository;
  #epoch: number;
  #isOpen = true;

  /** Made by openSqliteStore. `release` gives the lock back. */
  constructor(database: Database, release: () => void) {
    this.#database = database;
    this.#release = release;
    this.#statements = new Statements(database);
    this.#committer = new Committer(this.#statements);
    this.#purger = new Purger(this.#statements);
    this.repository = new SqliteRepository(this.#statements);
    this.#epoch = this.#statements.first<{ epoch: number }>("SELECT epoch FROM meta")?.epoch ?? 0;
  }

  async commit(commit: Commit) {
    const { changes, idempotency, audit = [], epoch } = commit;
    if (epoch < this.#epoch) {
      const message = `Expected epoch ${this.#epoch} or later, got ${epoch}: another server leads.`;
      throw new StoreError("superseded", message);
    }
    try {
      this.#statements.transaction(() => {
        this.#committer.write(changes);
        this.#committer.writeIdempotency(idempotency);
        audits.appendAudit(this.#statements, audit);
        if (epoch > this.#epoch) this.#statements.run("UPDATE meta SET epoch = ?", epoch);
      });
    } catch (cause) {
      throw commitError(cause);
    }
    this.#epoch = epoch;
    if (changes.purgedJobs.length > 0) this.#purger.add(changes.purgedJobs);
  }

  async readLive() {
    return readLiveState(this.#statements);
  }

  async readPool(foldedId: string) {
    return lists.readPool(this.#statements, foldedId);
  }

  async listPools(filter: PoolFilter, page: PageRequest) {
    return lists.listPools(this.#statements, filter, page);
  }

  async listNodes(filter: NodeFilter, page: PageRequest) {
    return lists.listNodes(this.#statements, filter, page);
  }

  async readJob(foldedId: string) {
    return lists.readJob(this.#statements, foldedId);
  }

  async readJobsByNumber(numbers: readonly JobNumber[]) {
    return lists.readJobsByNumber(this.#statements, numbers);
  }

  async listJobs(filter: JobFilter, page: PageRequest) {
    return lists.listJobs(this.#statements, filter, page);
  }

  async listNodeJobs(job: JobNumber, page: PageRequest) {
    return lists.listNodeJobs(this.#statements, job, page);
  }

  async readNodeJobs(job: JobNumber) {
    return lists.readNodeJobs(this.#statements, job);
  }

  async readTasks(job: JobNumber, foldedIds: readonly string[]) {
    if (this.#purger.isPurged(job)) return [];
    return tasks.readTasks(this.#statements, job, foldedIds);
  }

  async findTaskIds(job: JobNumber, foldedIds: readonly string[]) {
    if (this.#purger.isPurged(job)) return new Set<string>();
    return tasks.findTaskIds(this.#statements, job, foldedIds);
  }

  async readTasksByNumber(numbers: readonly TaskNumber[]) {
    const present = numbers.filter((number) => !this.#purger.isPurged(jobOfTask(number)));
    return tasks.readTasksByNumber(this.#statements, present);
  }

  async readTaskRange(first: TaskNumber, last: TaskNumber, limit: number) {
    return tasks.readTaskRange(this.#statements, first, last, limit);
  }

  async listTasks(job: JobNumber, filter: TaskFilter, page: PageRequest) {
    if (this.#purger.isPurged(job)) return { items: [], cursor: null };
    return await tasks.listTasks(this.#statements, job, filter, page);
  }

  async readInstances(numbers: readonly number[]) {
    return fleet.readInstances(this.#statements, numbers);
  }

  async listInstances(filter: InstanceFilter, page: PageRequest) {
    return fleet.listInstances(this.#statements, filter, page);
  }

  async listRevisions(definition: number, page: PageRequest) {
    return fleet.listRevisions(this.#statements, definition, page);
  }

  async readExecution(number: number) {
    const execution = executions.readExecution(this.#statements, number);
    return execution === null || this.#purger.isPurged(execution.job) ? null : execution;
  }

  async listExecutions(filter: ExecutionFilter, page: PageRequest) {
    const { task, job = task === undefined ? undefined : jobOfTask(task) } = filter;
    if (job !== undefined && this.#purger.isPurged(job)) return { items: [], cursor: null };
    return await executions.listExecutions(this.#statements, filter, page);
  }

  async readEvents(after: number, filter: EventFilter, limit: number) {
    return await events.readEvents(this.#statements, after, filter, limit);
  }

  async readNewestEvents(span: EventSpan, filter: EventFilter, limit: number) {
    return await events.readNewestEvents(this.#statements, span, filter, limit);
  }

  async lastEventSequence() {
    return events.lastEventSequence(this.#statements);
  }

  async appendAudit(entries: readonly AuditEntry[]) {
    try {
      this.#statements.transaction(() => audits.appendAudit(this.#statements, entries));
    } catch (cause) {
      throw commitError(cause);
    }
  }

  async readAudit(number: number) {
    return audits.readAudit(this.#statements, number);
  }

  async listAudit(filter: AuditFilter, page: PageRequest) {
    return audits.listAudit(this.#statements, filter, page);
  }

  async readAuditLines(after: number, limit: number) {
    return audits.readAuditLines(this.#statements, after, limit);
  }

  /** A change outside of commits, with the entry that tells of it. */
  #recorded(audit: AuditEntry | null, change: () => void): void {
    this.#statements.transaction(() => {
      change();
      if (audit !== null) audits.appendAudit(this.#statements, [audit]);
    });
  }

  async readIdempotency(key: string) {
    return access.readIdempotency(this.#statements, key);
  }

  async forgetIdempotency(before: number) {
    access.forgetIdempotency(this.#statements, before);
  }

  async addJoinToken(token: JoinTokenRecord, audit: AuditEntry | null) {
    this.#recorded(audit, () => access.addJoinToken(this.#statements, token));
  }

  async readJoinToken(hash: string) {
    return access.readJoinToken(this.#statements, hash);
  }

  async useJoinToken(hash: string, now: number) {
    return access.useJoinToken(this.#statements, hash, now);
  }

  async listJoinTokens() {
    return access.listJoinTokens(this.#statements);
  }

  async removeJoinToken(hash: string, audit: AuditEntry | null) {
    this.#recorded(audit, () => access.removeJoinToken(this.#statements, hash));
  }

  async addNodeKey(key: NodeKeyRecord) {
    access.addNodeKey(this.#statements, key);
  }

  async readNodeKey(guid: string) {
    return access.readNodeKey(this.#statements, guid);
  }

  async revokeNodeKey(guid: string, now: number) {
    access.revokeNodeKey(this.#statements, guid, now);
  }

  async addApiToken(token: ApiTokenRecord, audit: AuditEntry | null) {
    this.#recorded(audit, () => access.addApiToken(this.#statements, token));
  }

  async readApiToken(hash: string) {
    return access.readApiToken(this.#statements, hash);
  }

  async listApiTokens() {
    return access.listApiTokens(this.#statements);
  }

  async removeApiToken(hash: string, audit: AuditEntry | null) {
    this.#recorded(audit, () => access.removeApiToken(this.#statements, hash));
  }

  async setOutputPlace(execution: number, stream: "stdout" | "stderr", blobKey: string) {
    setOutputPlace(this.#statements, execution, stream, blobKey);
  }

  async keepSecret(name: string, ifNone: string) {
    return access.keepSecret(this.#statements, name, ifNone);
  }

  async close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#purger.stop();
    try {
      // Leaves one file; what is not yet in it would be found again, too.
      this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
      this.#statements.finalize();
      this.#database.close(true);
    } finally {
      this.#release();
    }
  }
}

function commitError(cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError("commitFailed", `Nothing was stored: ${reason}.`, { cause });
}

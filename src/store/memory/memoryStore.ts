import {
  type AuditEntry,
  canonicalText,
  chained,
  EMPTY_CHAIN,
  type Sha256,
} from "../../model/audit.ts";
import { foldId, type JobNumber, jobOfTask, type TaskNumber } from "../../model/id.ts";
import type { NodeJobRecord } from "../../model/nodeJob.ts";
import type { TaskRecord } from "../../model/task.ts";
import {
  type FindPlace,
  type OutputStream,
  placedExecution,
  placedNodeJob,
} from "../outputPlaces.ts";
import { numberCursor, pageOf, pairCursor, textCursor } from "../page.ts";
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
import { checkChanges } from "./check.ts";
import { applyChanges, copy, type MemoryDisk, newMemoryDisk, placeKey, taskOf } from "./disk.ts";
import { byNumber, readLiveState, withJobProgress, withNodeProgress } from "./live.ts";
import { MemoryRepository } from "./memoryRepository.ts";

/** The store of tests and of the simulator: a second one on the same disk finds what the first one left. */
export class MemoryStore implements Store {
  readonly #disk: MemoryDisk;

  readonly #findPlace: FindPlace;
  readonly repository: MemoryRepository;
  readonly #sha256: Sha256;

  /** `sha256` is needed where people's requests are recorded. */
  constructor(disk: MemoryDisk = newMemoryDisk(), sha256: Sha256 = noSha256) {
    this.#disk = disk;
    this.repository = new MemoryRepository(disk.repository);
    this.#sha256 = sha256;
    this.#findPlace = (execution, stream) =>
      disk.outputPlaces.get(placeKey(execution, stream)) ?? null;
  }

  async commit(commit: Commit) {
    const disk = this.#disk;
    if (commit.epoch < disk.epoch) {
      const message = `Expected epoch ${disk.epoch} or later, got ${commit.epoch}: another server leads.`;
      throw new StoreError("superseded", message);
    }
    const problem = checkChanges(disk, commit.changes);
    if (problem !== null) throw new StoreError("commitFailed", `Nothing was stored: ${problem}.`);
    disk.epoch = commit.epoch;
    applyChanges(disk, commit.changes);
    for (const record of commit.idempotency) {
      if (!disk.idempotency.has(record.key)) disk.idempotency.set(record.key, copy(record));
    }
    this.#record(commit.audit ?? []);
  }

  async readLive() {
    return readLiveState(this.#disk);
  }

  async readPool(foldedId: string) {
    const pools = [...this.#disk.pools.values()];
    return copy(pools.find((pool) => foldId(pool.spec.id) === foldedId) ?? null);
  }

  async listPools({ idPrefix }: PoolFilter, page: PageRequest) {
    const after = textCursor(page);
    const pools = byNumber(this.#disk.pools)
      .filter((pool) => hasPrefix(pool.spec.id, idPrefix))
      .map((pool) => ({ key: foldId(pool.spec.id), pool }))
      .sort((a, b) => compare(a.key, b.key));
    const rows = ordered(pools, page, (row) => after === null || isAfter(row.key, after, page));
    return pageOf(
      rows,
      page.limit,
      (row) => row.key,
      (row) => copy(row.pool),
    );
  }

  async listNodes(filter: NodeFilter, page: PageRequest) {
    const numbers = filter.numbers === undefined ? null : new Set(filter.numbers);
    return numbered(
      byNumber(this.#disk.nodes),
      page,
      (node) => {
        const isInPool = filter.pool === undefined || node.pool === filter.pool;
        const isWanted = numbers === null || numbers.has(node.number);
        return isInPool && isWanted && hasPrefix(node.id, filter.idPrefix);
      },
      (node) => withNodeProgress(this.#disk, node),
    );
  }

  async readJob(foldedId: string) {
    const jobs = [...this.#disk.jobs.values()];
    const job = jobs.find(({ spec }) => foldId(spec.id) === foldedId);
    return job === undefined ? null : copy(withJobProgress(this.#disk, job));
  }

  async readJobsByNumber(numbers: readonly JobNumber[]) {
    const wanted = new Set(numbers);
    return copy(byNumber(this.#disk.jobs).filter((job) => wanted.has(job.number)));
  }

  async listJobs(filter: JobFilter, page: PageRequest) {
    return numbered(
      byNumber(this.#disk.jobs),
      page,
      ({ state, spec }) => {
        const isInState = filter.state === undefined || state === filter.state;
        const { poolId } = filter;
        const isInPool = isSameId(spec.poolId, poolId);
        return isInState && isInPool && hasPrefix(spec.id, filter.idPrefix);
      },
      (job) => withJobProgress(this.#disk, job),
    );
  }

  async readNodeJobs(job: JobNumber) {
    const records = [...this.#disk.nodeJobs.values()].filter((record) => record.job === job);
    const placed = records.map((record) => placedNodeJob(record, this.#findPlace));
    return copy(placed.sort((a, b) => a.node - b.node));
  }

  async listNodeJobs(job: JobNumber, page: PageRequest) {
    const after = pairCursor(page);
    const before = (a: NodeJobRecord, id: string, node: number) =>
      compare(a.nodeId, id) || a.node - node;
    const records = (await this.readNodeJobs(job)).sort((a, b) => before(a, b.nodeId, b.node));
    const rows = ordered(records, page, (record) => {
      if (after === null) return true;
      const difference = before(record, ...after);
      return page.order === "ascending" ? difference > 0 : difference < 0;
    });
    return pageOf(
      rows,
      page.limit,
      (record) => [record.nodeId, record.node],
      (record) => record,
    );
  }

  async readTasks(job: JobNumber, foldedIds: readonly string[]) {
    const tasks = this.#disk.tasks.get(job);
    return copy(
      foldedIds.flatMap((id) => {
        const number = tasks?.byFoldedId.get(id);
        const task = number === undefined ? undefined : tasks?.byNumber.get(number);
        return task === undefined ? [] : [task];
      }),
    );
  }

  async findTaskIds(job: JobNumber, foldedIds: readonly string[]) {
    const tasks = this.#disk.tasks.get(job);
    return new Set(foldedIds.filter((id) => tasks?.byFoldedId.has(id) === true));
  }

  async readTasksByNumber(numbers: readonly TaskNumber[]) {
    const sorted = [...new Set(numbers)].sort((a, b) => a - b);
    return copy(sorted.flatMap((number) => taskOf(this.#disk, number) ?? []));
  }

  async readTaskRange(first: TaskNumber, last: TaskNumber, limit: number) {
    const tasks: TaskRecord[] = [];
    for (let job = jobOfTask(first); job <= jobOfTask(last); job += 1) {
      tasks.push(...(this.#disk.tasks.get(job)?.byNumber.values() ?? []));
    }
    const within = tasks.filter(({ number }) => number >= first && number <= last);
    return copy(within.sort((a, b) => a.number - b.number).slice(0, limit));
  }

  async listTasks(job: JobNumber, filter: TaskFilter, page: PageRequest) {
    const tasks = this.#disk.tasks.get(job)?.byNumber ?? new Map<TaskNumber, TaskRecord>();
    return numbered(
      byNumber(tasks),
      page,
      (task) => fitsTask(task, filter),
      (task) => task,
    );
  }

  async readInstances(numbers: readonly number[]) {
    return numbers.flatMap((number) => this.#disk.fleet.instances.get(number) ?? []);
  }

  async listInstances(filter: InstanceFilter, page: PageRequest) {
    const { definition, startedFrom = 0, startedTo = Number.POSITIVE_INFINITY } = filter;
    return numbered(
      byNumber(this.#disk.fleet.instances),
      page,
      (instance) =>
        (definition === undefined || instance.definition === definition) &&
        instance.startedAt >= startedFrom &&
        instance.startedAt <= startedTo,
      (instance) => instance,
    );
  }

  async listRevisions(definition: number, page: PageRequest) {
    const records = this.#disk.fleet.revisions.get(definition) ?? [];
    const rows = records.map((record) => ({ number: record.revision, record }));
    const all = () => true;
    return numbered(rows, page, all, ({ record }) => record);
  }

  async readExecution(number: number) {
    const execution = this.#disk.executions.get(number);
    return execution === undefined ? null : copy(placedExecution(execution, this.#findPlace));
  }

  async listExecutions(filter: ExecutionFilter, page: PageRequest) {
    const { job, task, node, live } = filter;
    return numbered(
      byNumber(this.#disk.executions),
      page,
      (execution) => {
        const isLive = execution.state !== "ended" && execution.state !== "lost";
        const isOfJob = job === undefined || execution.job === job;
        const isOfTask = task === undefined || execution.task === task;
        const isOnNode = node === undefined || execution.nodes.includes(node);
        return isOfJob && isOfTask && isOnNode && (live !== true || isLive);
      },
      (execution) => placedExecution(execution, this.#findPlace),
    );
  }

  async readEvents(after: number, filter: EventFilter, limit: number) {
    const events = this.#eventsOf(filter).filter(({ sequence }) => sequence > after);
    return copy(events.slice(0, limit));
  }

  async readNewestEvents({ after, before }: EventSpan, filter: EventFilter, limit: number) {
    const end = before ?? Number.POSITIVE_INFINITY;
    const events = this.#eventsOf(filter).filter(
      ({ sequence }) => sequence > after && sequence < end,
    );
    return copy(events.reverse().slice(0, limit));
  }

  #eventsOf({ types, jobId, poolId }: EventFilter) {
    return byNumber(this.#disk.events).filter((event) => {
      const isOfType = types === undefined || types.includes(event.type);
      return isOfType && isSameId(event.jobId, jobId) && isSameId(event.poolId, poolId);
    });
  }

  async lastEventSequence() {
    let last = 0;
    for (const sequence of this.#disk.events.keys()) last = Math.max(last, sequence);
    return last;
  }

  #record(entries: readonly (AuditEntry | null)[]): void {
    const { audit } = this.#disk;
    for (const entry of entries) {
      if (entry === null) continue;
      audit.push(copy(chained(entry, audit.at(-1) ?? EMPTY_CHAIN, this.#sha256)));
    }
  }

  async appendAudit(entries: readonly AuditEntry[]) {
    this.#record(entries);
  }

  async readAudit(number: number) {
    return copy(this.#disk.audit[number - 1] ?? null);
  }

  async listAudit({ who, action, outcome, from = "", to }: AuditFilter, page: PageRequest) {
    return numbered(
      this.#disk.audit,
      page,
      (record) =>
        isSameId(record.by.id, who) &&
        record.action.toLowerCase().includes((action ?? "").toLowerCase()) &&
        (outcome === undefined || record.outcome === outcome) &&
        record.time >= from &&
        (to === undefined || record.time <= to),
      (record) => record,
    );
  }

  async readAuditLines(after: number, limit: number) {
    return this.#disk.audit.slice(after, after + limit).map(canonicalText);
  }

  async readIdempotency(key: string) {
    return copy(this.#disk.idempotency.get(key) ?? null);
  }

  async forgetIdempotency(before: number) {
    for (const [key, record] of this.#disk.idempotency) {
      if (record.createdAt < before) this.#disk.idempotency.delete(key);
    }
  }

  async addJoinToken(token: JoinTokenRecord, audit: AuditEntry | null) {
    this.#record([audit]);
    this.#disk.joinTokens.set(token.hash, copy(token));
  }

  async readJoinToken(hash: string) {
    return copy(this.#disk.joinTokens.get(hash) ?? null);
  }

  async useJoinToken(hash: string, now: number) {
    const token = this.#disk.joinTokens.get(hash);
    if (token === undefined) return null;
    const { expiresAt, usesLeft } = token;
    if (expiresAt !== null && expiresAt <= now) return null;
    if (usesLeft !== null && usesLeft <= 0) return null;
    const used = { ...token, usesLeft: usesLeft === null ? null : usesLeft - 1 };
    this.#disk.joinTokens.set(hash, used);
    return copy(used);
  }

  async listJoinTokens() {
    return copy([...this.#disk.joinTokens.values()].sort(byAge));
  }

  async removeJoinToken(hash: string, audit: AuditEntry | null) {
    this.#record([audit]);
    this.#disk.joinTokens.delete(hash);
  }

  async addNodeKey(key: NodeKeyRecord) {
    this.#disk.nodeKeys.set(key.guid, copy(key));
  }

  async readNodeKey(guid: string) {
    return copy(this.#disk.nodeKeys.get(guid) ?? null);
  }

  async revokeNodeKey(guid: string, now: number) {
    const key = this.#disk.nodeKeys.get(guid);
    if (key !== undefined && key.revokedAt === null) {
      this.#disk.nodeKeys.set(guid, { ...key, revokedAt: now });
    }
  }

  async addApiToken(token: ApiTokenRecord, audit: AuditEntry | null) {
    this.#record([audit]);
    this.#disk.apiTokens.set(token.hash, copy(token));
  }

  async readApiToken(hash: string) {
    return copy(this.#disk.apiTokens.get(hash) ?? null);
  }

  async listApiTokens() {
    return copy([...this.#disk.apiTokens.values()].sort(byAge));
  }

  async removeApiToken(hash: string, audit: AuditEntry | null) {
    this.#record([audit]);
    this.#disk.apiTokens.delete(hash);
  }

  async setOutputPlace(execution: number, stream: OutputStream, blobKey: string) {
    this.#disk.outputPlaces.set(placeKey(execution, stream), blobKey);
  }

  async keepSecret(name: string, ifNone: string) {
    const kept = this.#disk.secrets.get(name) ?? ifNone;
    this.#disk.secrets.set(name, kept);
    return kept;
  }

  async close() {}
}

function noSha256(): string {
  throw new Error("Expected a MemoryStore that was given a hash function for its audit log.");
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

interface Aged {
  readonly createdAt: number;
  readonly hash: string;
}

function byAge(a: Aged, b: Aged): number {
  return a.createdAt - b.createdAt || compare(a.hash, b.hash);
}

function isAfter<Key extends string | number>(key: Key, cursor: Key, page: PageRequest): boolean {
  return page.order === "ascending" ? key > cursor : key < cursor;
}

/** Whether the id is the wished one; without a wish each is. */
function isSameId(id: string | null, wished: string | undefined): boolean {
  return wished === undefined || (id !== null && foldId(id) === foldId(wished));
}

function hasPrefix(id: string, prefix: string | undefined): boolean {
  return prefix === undefined || foldId(id).startsWith(foldId(prefix));
}

/** The fitting rows of a rising list, in the order of the page, one more than its limit at most. */
function ordered<Row>(rising: Row[], page: PageRequest, fits: (row: Row) => boolean): Row[] {
  const rows = rising.filter(fits);
  if (page.order === "descending") rows.reverse();
  return rows.slice(0, page.limit + 1);
}

/** A page of a list that is ordered by number. */
function numbered<Row extends { readonly number: number }, Item>(
  rising: Row[],
  page: PageRequest,
  fits: (row: Row) => boolean,
  itemOf: (row: Row) => Item,
) {
  const after = numberCursor(page);
  const rows = ordered(
    rising,
    page,
    (row) => (after === null || isAfter(row.number, after, page)) && fits(row),
  );
  return pageOf(
    rows,
    page.limit,
    (row) => row.number,
    (row) => copy(itemOf(row)),
  );
}

function fitsTask(task: TaskRecord, filter: TaskFilter): boolean {
  const { state, outcome, node } = task.progress;
  return (
    (filter.state === undefined || state === filter.state) &&
    (filter.result === undefined || outcome?.result === filter.result) &&
    (filter.node === undefined || node === filter.node) &&
    hasPrefix(task.id, filter.idPrefix)
  );
}

import type { AuditEntry, AuditRecord } from "../model/audit.ts";
import type { Changes, Counters, JobProgress, RemovalRecord } from "../model/changes.ts";
import type { EventRecord, EventType } from "../model/event.ts";
import type { ExecutionRecord } from "../model/execution.ts";
import type { StoredFleet } from "../model/fleet/changes.ts";
import type { RevisionRecord } from "../model/fleet/definition.ts";
import type { InstanceNumber, InstanceRecord } from "../model/fleet/instance.ts";
import type {
  EventSequence,
  ExecutionNumber,
  JobNumber,
  NodeNumber,
  PoolNumber,
  TaskNumber,
} from "../model/id.ts";
import type { JobRecord, JobState } from "../model/job.ts";
import type { NodeProgress, NodeRecord } from "../model/node.ts";
import type { NodeJobRecord } from "../model/nodeJob.ts";
import type { PoolRecord } from "../model/pool.ts";
import type { TaskRecord, TaskResult, TaskState } from "../model/task.ts";
import type { RepositoryFiles } from "./repositoryFiles.ts";

/** The first answer to a create, kept under its Idempotency-Key. */
export interface IdempotencyRecord {
  readonly key: string;
  /** SHA-256 of method, path and what the body means: another request under the same key is refused. */
  readonly requestHash: string;
  readonly status: number;
  readonly body: string;
  readonly createdAt: number;
}

/** A token that lets nodes join; only its hash is kept. */
export interface JoinTokenRecord {
  readonly hash: string;
  readonly poolId: string;
  /** Null: never. */
  readonly expiresAt: number | null;
  /** Null: without limit. */
  readonly usesLeft: number | null;
  readonly createdAt: number;
}

/** The key a node proves itself with, made on the node when it joined. */
export interface NodeKeyRecord {
  readonly guid: string;
  /** Ed25519 public key, raw, base64. */
  readonly publicKey: string;
  readonly revokedAt: number | null;
  readonly createdAt: number;
}

/** An API token; only its hash is kept. */
/** `api`: made by an administrator, of nobody in particular. `session`: of a login. `key`: of a user's program. */
export type ApiTokenKind = "api" | "session" | "key";

export interface ApiTokenRecord {
  readonly hash: string;
  readonly kind: ApiTokenKind;
  readonly name: string;
  /** 0 administrator, 1 manager, 2 operator, 3 guest. */
  readonly role: number;
  readonly createdAt: number;
  /** Whose it is; null: nobody's in particular. */
  readonly user: number | null;
  /** Null: never. */
  readonly expiresAt: number | null;
}

/** Written in the same transaction as the changes. */
export interface Commit {
  readonly changes: Changes;
  readonly idempotency: readonly IdempotencyRecord[];
  /** Of the people whose requests made the changes, in order; absent: none. */
  readonly audit?: readonly AuditEntry[];
  /** The leader's epoch; a store shared by several servers refuses a commit of an older one. */
  readonly epoch: number;
}

/** What a restart needs: everything live, nothing finished. */
export interface LiveState {
  readonly counters: Counters;
  readonly pools: PoolRecord[];
  readonly nodes: { record: NodeRecord; progress: NodeProgress }[];
  /** Jobs that are not completed. */
  readonly jobs: { record: JobRecord; progress: JobProgress }[];
  /** Of live jobs on nodes that are present. */
  readonly nodeJobs: NodeJobRecord[];
  /** Executions that have not ended and are not lost, with their tasks. */
  readonly executions: { record: ExecutionRecord; task: TaskRecord }[];
  readonly removals: RemovalRecord[];
  /** Active tasks of live jobs: see QueuedTasks. Jobs without any are left out. */
  readonly queued: QueuedTasks[];
  /** All tasks of live jobs of groups, whatever their state. */
  readonly groupTasks: TaskRecord[];
  readonly fleet: StoredFleet;
}

/** A run of active tasks with consecutive numbers and the same slots whose counters are all still zero. */
export interface QueuedRange {
  readonly first: TaskNumber;
  readonly last: TaskNumber;
  readonly slots: number;
}

/** The queue of one job as the store knows it. */
export interface QueuedTasks {
  readonly job: JobNumber;
  readonly ranges: QueuedRange[];
  /** Active tasks that have moved since their creation, and all of a fleet run: with their whole record. */
  readonly again: TaskRecord[];
}

/** One page of a list. `cursor` is opaque to callers; null: the first page, or no further page. */
export interface Page<T> {
  readonly items: T[];
  readonly cursor: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
  readonly order: "ascending" | "descending";
}

export interface PoolFilter {
  readonly idPrefix?: string;
}

export interface NodeFilter {
  readonly pool?: PoolNumber;
  readonly idPrefix?: string;
  /** Only these: what a node does now is not in the store. */
  readonly numbers?: readonly NodeNumber[];
}

export interface JobFilter {
  readonly state?: JobState;
  readonly poolId?: string;
  readonly idPrefix?: string;
}

export interface TaskFilter {
  readonly state?: TaskState;
  readonly result?: TaskResult;
  readonly idPrefix?: string;
  readonly node?: NodeNumber;
}

export interface ExecutionFilter {
  readonly job?: JobNumber;
  readonly task?: TaskNumber;
  readonly node?: NodeNumber;
  /** Not ended and not lost. */
  readonly live?: boolean;
}

export interface InstanceFilter {
  readonly definition?: number;
  /** Of its start, both included. */
  readonly startedFrom?: number;
  readonly startedTo?: number;
}

/** Absent members fit all. */
export interface AuditFilter {
  /** Id of a user or name of a token, whole. */
  readonly who?: string;
  /** Part of the action. */
  readonly action?: string;
  readonly outcome?: AuditEntry["outcome"];
  /** Times as records have them, both included. */
  readonly from?: string;
  readonly to?: string;
}

/** Events between two sequence numbers, neither included; `before` null: to the newest. */
export interface EventSpan {
  readonly after: EventSequence;
  readonly before: EventSequence | null;
}

export interface EventFilter {
  readonly types?: readonly EventType[];
  readonly jobId?: string;
  readonly poolId?: string;
}

/**
 * The truth. One interface, one conformance suite (store.conformance.ts), one implementation per database.
 * Reads show committed state only. Errors: StoreError with a code; nothing half-written.
 */
export interface Store {
  /**
   * All of it or nothing. A task that goes takes its executions along. Rejects with StoreError: `commitFailed`, or
   * `superseded` for an old epoch.
   */
  commit(commit: Commit): Promise<void>;
  readLive(): Promise<LiveState>;

  readPool(foldedId: string): Promise<PoolRecord | null>;
  listPools(filter: PoolFilter, page: PageRequest): Promise<Page<PoolRecord>>;
  /** Present nodes. */
  listNodes(
    filter: NodeFilter,
    page: PageRequest,
  ): Promise<Page<{ record: NodeRecord; progress: NodeProgress }>>;

  /** The job of this id that is not gone, with its progress. */
  readJob(foldedId: string): Promise<{ record: JobRecord; progress: JobProgress } | null>;
  listJobs(
    filter: JobFilter,
    page: PageRequest,
  ): Promise<Page<{ record: JobRecord; progress: JobProgress }>>;
  /** These jobs, by number; for the ids of executions in lists. Those that are gone are left out. */
  readJobsByNumber(numbers: readonly JobNumber[]): Promise<JobRecord[]>;
  /** By node id, then number; including nodes that are gone. */
  listNodeJobs(job: JobNumber, page: PageRequest): Promise<Page<NodeJobRecord>>;
  readNodeJobs(job: JobNumber): Promise<NodeJobRecord[]>;

  /** By folded id; ids that are not there are left out. */
  readTasks(job: JobNumber, foldedIds: readonly string[]): Promise<TaskRecord[]>;
  /** Which of these folded ids the job has; cheaper than readTasks. */
  findTaskIds(job: JobNumber, foldedIds: readonly string[]): Promise<Set<string>>;
  /** These tasks, by number; for the read-ahead of a queue, rising. Those that are gone are left out. */
  readTasksByNumber(numbers: readonly TaskNumber[]): Promise<TaskRecord[]>;
  /** Tasks with numbers from first to last, both included, at most limit. */
  readTaskRange(first: TaskNumber, last: TaskNumber, limit: number): Promise<TaskRecord[]>;
  /** In the order of their numbers, that is of their creation. */
  listTasks(job: JobNumber, filter: TaskFilter, page: PageRequest): Promise<Page<TaskRecord>>;

  /** These task instances; those that there are not are left out. */
  readInstances(numbers: readonly InstanceNumber[]): Promise<InstanceRecord[]>;
  /** By number. */
  listInstances(filter: InstanceFilter, page: PageRequest): Promise<Page<InstanceRecord>>;
  /** Of a definition, rising. */
  listRevisions(definition: number, page: PageRequest): Promise<Page<RevisionRecord>>;

  readExecution(number: ExecutionNumber): Promise<ExecutionRecord | null>;
  listExecutions(filter: ExecutionFilter, page: PageRequest): Promise<Page<ExecutionRecord>>;

  /** Events after the sequence number, rising. */
  readEvents(after: EventSequence, filter: EventFilter, limit: number): Promise<EventRecord[]>;
  /** The newest events of a span, falling. */
  readNewestEvents(span: EventSpan, filter: EventFilter, limit: number): Promise<EventRecord[]>;
  lastEventSequence(): Promise<EventSequence>;

  /** Adds to the audit log what changed nothing else in the store. */
  appendAudit(entries: readonly AuditEntry[]): Promise<void>;
  /** Null: there is no record of this number. */
  readAudit(number: number): Promise<AuditRecord | null>;
  /** By number. */
  listAudit(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;
  /** Canonical texts of the records after this number, rising, exactly as they are stored. */
  readAuditLines(after: number, limit: number): Promise<string[]>;

  readIdempotency(key: string): Promise<IdempotencyRecord | null>;
  /** Removes answers older than the instant. */
  forgetIdempotency(before: number): Promise<void>;

  /** Here and below, `audit` is written in the same transaction; null: no person did it. */
  addJoinToken(token: JoinTokenRecord, audit: AuditEntry | null): Promise<void>;
  /** Null: unknown. One that has expired or was used up is there too. */
  readJoinToken(hash: string): Promise<JoinTokenRecord | null>;
  /** Uses a token once and answers what is left of it: null if it is unknown, expired or used up. */
  useJoinToken(hash: string, now: number): Promise<JoinTokenRecord | null>;
  /** By age; those that are good no more too. */
  listJoinTokens(): Promise<JoinTokenRecord[]>;
  removeJoinToken(hash: string, audit: AuditEntry | null): Promise<void>;
  addNodeKey(key: NodeKeyRecord): Promise<void>;
  readNodeKey(guid: string): Promise<NodeKeyRecord | null>;
  revokeNodeKey(guid: string, now: number): Promise<void>;
  addApiToken(token: ApiTokenRecord, audit: AuditEntry | null): Promise<void>;
  readApiToken(hash: string): Promise<ApiTokenRecord | null>;
  /** By age. */
  listApiTokens(): Promise<ApiTokenRecord[]>;
  removeApiToken(hash: string, audit: AuditEntry | null): Promise<void>;

  /**
   * Says where an output of an execution (of a preparation or release too) lies once it was uploaded, maybe before its
   * result is stored. From then on reads say `blob` where the result says `node`; readLive does not.
   */
  setOutputPlace(
    execution: ExecutionNumber,
    stream: "stdout" | "stderr",
    blobKey: string,
  ): Promise<void>;

  /** Files of fleet operations. */
  readonly repository: RepositoryFiles;

  /** What is kept under the name; where there is nothing yet `ifNone`, which is kept from then on. */
  keepSecret(name: string, ifNone: string): Promise<string>;

  /** Leaves the file or server in good order; a second call does nothing. */
  close(): Promise<void>;
}

/**
 * `locked`: another server uses it; `newer`: made by a newer version; `corrupt`: unreadable, or not ours;
 * `unavailable`: cannot be reached, opened or written; `badCursor`: not a cursor of this list.
 */
export type StoreErrorCode =
  | "locked"
  | "newer"
  | "corrupt"
  | "unavailable"
  | "commitFailed"
  | "superseded"
  | "badCursor";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

import type { Explanation } from "../../engine/explanation.ts";
import type { PromotionState } from "../../engine/groups/promotion.ts";
import type { Reply, RequestInput } from "../../engine/input.ts";
import type { Actor, FleetRequest } from "../../fleet/input.ts";
import type { Fleet } from "../../fleet/state.ts";
import type { NodeLookup } from "../../fleet/world.ts";
import type { AuditEntry } from "../../model/audit.ts";
import type { UserNumber } from "../../model/fleet/person.ts";
import type { JobNumber, NodeNumber, PoolNumber } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { NodeProgress, NodeRecord, NodeState } from "../../model/node.ts";
import type { ProviderName } from "../../model/pool.ts";
import type { RequestError } from "../../model/requestError.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { NodeAnswer, NodeQuestion } from "../../protocol/node/message.ts";
import type { BlobStore } from "../../store/blobStore.ts";
import type { ApiTokenKind, Store } from "../../store/store.ts";
import type { FileTokens } from "../access/fileTokens.ts";
import type { LoginLimit } from "../access/loginLimit.ts";
import type { Passwords } from "../access/passwords.ts";
import type { AuditLog } from "../audit/auditLog.ts";
import type { Repository } from "../repository/repository.ts";
import type { Nowhere } from "../views/groupsStatus.ts";
import type { ExecSessions } from "./exec.ts";

/** What an answer looks like before it becomes a response. */
export interface StoredAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

/**
 * Asks that the answer to a request be kept. When the reply is ok, the loop calls `answer` with it and writes
 * IdempotencyRecord {key, requestHash, ...answer(reply), createdAt} in the same commit as the changes; when it is not,
 * nothing is written. The routes see to it that no two requests of one key are under way at the same time.
 */
export interface IdempotencyRequest {
  readonly key: string;
  readonly requestHash: string;
  /** Pure. Null: nothing was created after all, and nothing is to be kept. */
  readonly answer: (reply: Extract<Reply, { ok: true }>) => StoredAnswer | null;
}

/**
 * Asks that an accepted request be recorded: the loop calls it with the reply, once, and writes the entry in the same
 * commit as the changes. Null: there is nothing more to record.
 */
export type AuditNote = (reply: Extract<Reply, { ok: true }>) => AuditEntry | null;

export interface SubmitOptions {
  readonly idempotency?: IdempotencyRequest;
  /** Null: no person asks. */
  readonly audit?: AuditNote | null;
}

export interface Requests {
  /**
   * Resolves after the commit; refusals of the engine are replies, not rejections. Rejects with Unavailable when nothing
   * was committed and the caller may try again.
   */
  submit(input: RequestInput, options?: SubmitOptions): Promise<Reply>;
}

/** Nothing was changed; try again after the time. Answered by 503 ServerBusy with Retry-After. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: { cause?: unknown }) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A present node with what the engine alone knows of it. */
export interface LiveNode {
  readonly record: NodeRecord;
  readonly progress: NodeProgress;
  readonly state: NodeState;
  readonly runningTasksCount: number;
  readonly runningTaskSlotsCount: number;
  readonly poolId: string;
  readonly vmSize: string;
  /** What groups take of it; null: it runs none. */
  readonly usedByGroups: {
    readonly cpuMhz: number;
    readonly memoryMb: number;
    readonly diskMb: number;
  } | null;
}

export interface LiveNodeFilter {
  readonly pool?: PoolNumber;
  readonly state?: NodeState;
  readonly idPrefix?: string;
  /** Whatever else has to hold of it. */
  readonly fits?: (record: NodeRecord) => boolean;
}

/** Reads of the live engine. */
export interface LiveView {
  /** Null: no present node has this number. */
  node(number: NodeNumber): LiveNode | null;
  /** By folded id; null: no present node has it. */
  findNode(foldedId: string): LiveNode | null;
  /** Present nodes that fit, rising. */
  nodeNumbers(filter: LiveNodeFilter): NodeNumber[];
  /** Present pools whose id begins so. */
  countPools(idPrefix: string): number;
  /** Nodes of the pool that count for its allocation. */
  currentDedicatedNodes(pool: PoolNumber): number;
  explain(job: JobRecord, task: TaskRecord): Explanation;
  /** Why no node takes tasks of a job of groups, and canaries beside them, by task; empty for any other job. */
  nowhere(job: JobNumber): Nowhere;
  /** How its canaries stand; of a job without any there are none. */
  promotion(job: JobNumber): PromotionState;
}

export interface NodeFiles {
  /** Rejects with NodeUnreachable when the node cannot be asked or its connection breaks meanwhile. */
  ask(node: NodeNumber, question: NodeQuestion): Promise<NodeAnswer>;
}

/** The node is gone or not connected. */
export class NodeUnreachable extends Error {
  override readonly name = "NodeUnreachable";
}

export interface CommittedEvents {
  /** Calls back after every commit that stored an event. Returns what ends it. */
  subscribe(onCommit: () => void): () => void;
}

export interface Caller {
  /** 0 administrator, 1 manager, 2 operator, 3 guest. */
  readonly role: number;
  /** For the audit log. */
  readonly name: string;
  /** Of the token that the request came with. */
  readonly tokenHash: string;
  readonly tokenKind: ApiTokenKind;
  /** For fleet operations. */
  readonly actor: Actor;
}

/** Fleet operations as the routes see them. */
export interface FleetAccess {
  /** Live, for reads. */
  readonly state: Fleet;
  /** Nodes as fleet operations see them, for plans: nothing is commanded through it. */
  readonly world: NodeLookup;
  /** Resolves and rejects as Requests.submit. */
  ask(request: FleetRequest, actor: Actor | null, audit: AuditNote | null): Promise<Reply>;
}

export type Authentication =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly error: RequestError };

export interface ServerSettings {
  readonly version: string;
  readonly startedAt: number;
  /** As `sqlite`. */
  readonly storeKind: string;
  /** Provider of a pool that does not name one. */
  readonly defaultProvider: ProviderName;
}

/** Everything that the routes stand on. */
export interface ServerContext {
  readonly settings: ServerSettings;
  readonly requests: Requests;
  readonly store: Store;
  readonly live: LiveView;
  readonly fleet: FleetAccess;
  readonly passwords: Passwords;
  readonly logins: LoginLimit;
  readonly audit: AuditLog;
  readonly events: CommittedEvents;
  readonly nodeFiles: NodeFiles;
  readonly exec: ExecSessions;
  readonly blobs: BlobStore;
  readonly repository: Repository;
  readonly fileTokens: Pick<FileTokens, "check">;
  /** prom-client's registry. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  authenticate(request: Request): Promise<Authentication>;
  /** From where a request came; null: not known. */
  addressOf(request: Request): string | null;
  /** An API token was taken back. */
  forgetToken(hash: string): void;
  /** Takes back all tokens of these kinds that a user has. */
  removeTokensOf(user: UserNumber, kinds: readonly ApiTokenKind[]): Promise<void>;
  /** Milliseconds since 1970. */
  clock(): number;
  epoch(): number;
  health(): "ok" | "busy" | "stopping";
  /** The response to this request takes as long as it takes: idle connections are not to be closed. */
  keepOpen(request: Request): void;
  /** An error that nobody expected; the caller is told InternalError and the request's id. */
  reportError(error: unknown, requestId: string): void;
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock } from "../../engine/clock.ts";
import type { Effect } from "../../engine/effect.ts";
import { DEFAULT_SETTINGS } from "../../engine/state.ts";
import type { FleetRequest } from "../../fleet/input.ts";
import { DEFAULT_FLEET_SETTINGS } from "../../fleet/state.ts";
import type { ExecutionResult, OutputInfo, ProcessOutcome } from "../../model/execution.ts";
import type { RoleLevel } from "../../model/fleet/person.ts";
import type { NodeNumber } from "../../model/id.ts";
import type { NodeReport, StartOrder } from "../../model/order.ts";
import type { NodeAnswer, NodeQuestion } from "../../protocol/node/message.ts";
import type { BlobRange, BlobStore } from "../../store/blobStore.ts";
import { openSqliteStore } from "../../store/sqlite/open.ts";
import type { Store } from "../../store/store.ts";
import { FileTokens } from "../access/fileTokens.ts";
import { LoginLimit } from "../access/loginLimit.ts";
import { Passwords } from "../access/passwords.ts";
import { Authenticator, removeTokensOf } from "../access/tokens.ts";
import { AuditLog } from "../audit/auditLog.ts";
import type { ExecReservation } from "../exec/execDesk.ts";
import { fleetAccessOf, makeFirstUser } from "../fleet/access.ts";
import { liveViewOf } from "../liveView.ts";
import { Loop } from "../loop/loop.ts";
import {
  DEFAULT_REPOSITORY,
  Repository,
  type RepositorySettings,
} from "../repository/repository.ts";
import { createApi } from "./api.ts";
import { NodeUnreachable, type ServerContext } from "./context.ts";
import { refuse } from "./refusal.ts";

/** The API on a real store, loop and engine, with nodes that tests play. */

export const TEST_TIME = Date.UTC(2026, 10, 21, 3, 20);

const FACTS = {
  agentVersion: "1.0.0",
  hostname: "host1",
  os: "Debian",
  ipAddress: "10.0.0.1",
  cores: 4,
  memoryBytes: 8_000_000_000,
  canReboot: false,
  host: {
    datacenter: "dc1",
    nodeClass: "",
    meta: {},
    attributes: { "kernel.name": "linux", "driver.raw_exec": "1" },
    drivers: { raw_exec: { detected: true, healthy: true, description: "" } },
    cpuMhz: 4_000,
    memoryMb: 4_000,
    diskMb: 100_000,
  },
};

/** Tests log many people in; at the real cost a busy machine takes longer for that than a test may. */
const TEST_COST = { memoryKib: 8, passes: 1 };

/** Files of nodes; a test writes them and says when an execution writes nothing more. */
export class TestFiles {
  readonly #files = new Map<string, Uint8Array>();
  readonly #ended = new Set<number>();
  #changed = Promise.withResolvers<void>();
  isReachable = true;
  asked = 0;

  write(path: string, text: string | Uint8Array): void {
    this.#files.set(path, typeof text === "string" ? Buffer.from(text) : text);
    this.#wake();
  }

  append(path: string, text: string): void {
    const before = this.#files.get(path) ?? new Uint8Array();
    this.write(path, Buffer.concat([before, Buffer.from(text)]));
  }

  remove(path: string): void {
    this.#files.delete(path);
    this.#wake();
  }

  end(execution: number): void {
    this.#ended.add(execution);
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async ask(_node: NodeNumber, question: NodeQuestion): Promise<NodeAnswer> {
    this.asked += 1;
    if (!this.isReachable) throw new NodeUnreachable("The node is not connected.");
    switch (question.kind) {
      case "list":
        return { kind: "files", files: this.#list(question.path), truncated: false };
      case "stat": {
        const bytes = this.#files.get(question.path);
        if (bytes === undefined) return this.#folder(question.path);
        return { kind: "file", file: fileOf(question.path, bytes) };
      }
      case "read":
        return await this.#read(question);
    }
  }

  #folder(path: string): NodeAnswer {
    if (this.#list(path).length === 0) return notFound(path);
    const file = { path, isDirectory: true, sizeBytes: 0, modifiedAt: TEST_TIME };
    return { kind: "file", file };
  }

  #list(folder: string) {
    const below = folder === "" ? "" : `${folder}/`;
    return [...this.#files]
      .filter(([path]) => path.startsWith(below))
      .map(([path, bytes]) => fileOf(path, bytes));
  }

  async #read(question: Extract<NodeQuestion, { kind: "read" }>): Promise<NodeAnswer> {
    const { path, offset, maxBytes, waitMs, follow } = question;
    for (;;) {
      const bytes = this.#files.get(path);
      if (bytes === undefined && follow === null) return notFound(path);
      const part = bytes?.subarray(offset, offset + maxBytes) ?? new Uint8Array();
      const final = follow === null || this.#ended.has(follow);
      if (part.byteLength > 0 || final || waitMs === 0) {
        const base64 = Buffer.from(part).toString("base64");
        return { kind: "bytes", base64, offset, sizeBytes: bytes?.byteLength ?? 0, final };
      }
      await this.#changed.promise;
    }
  }
}

function notFound(path: string): NodeAnswer {
  return { kind: "error", code: "PathNotFound", message: `There is no ${path}.` };
}

function fileOf(path: string, bytes: Uint8Array) {
  return { path, isDirectory: false, sizeBytes: bytes.byteLength, modifiedAt: TEST_TIME };
}

export class TestBlobs implements BlobStore {
  readonly #blobs = new Map<string, Uint8Array>();

  async put(key: string, content: ReadableStream<Uint8Array>): Promise<number> {
    const bytes = await new Response(content).bytes();
    this.#blobs.set(key, bytes);
    return bytes.byteLength;
  }

  async size(key: string): Promise<number | null> {
    return this.#blobs.get(key)?.byteLength ?? null;
  }

  async get(key: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const bytes = this.#blobs.get(key);
    if (bytes === undefined) return null;
    const end = range.length === null ? undefined : range.offset + range.length;
    return new Blob([bytes.slice(range.offset, end)]).stream();
  }

  async list(prefix: string, after: string | null, limit: number) {
    return [...this.#blobs]
      .filter(([key]) => key.startsWith(prefix) && (after === null || key > after))
      .map(([key, bytes]) => ({ key, sizeBytes: bytes.byteLength, modifiedAt: TEST_TIME }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, limit);
  }

  async remove(key: string): Promise<void> {
    this.#blobs.delete(key);
  }
}

export class TestApi {
  readonly store: Store;
  readonly files = new TestFiles();
  readonly blobs: BlobStore;
  /** Orders of executions to their nodes, in order. */
  readonly started: StartOrder[] = [];
  /** Commands that were asked for inside executions. */
  readonly reserved: ExecReservation[] = [];
  readonly errors: unknown[] = [];
  /** Of the token that every request comes with, whatever its role. */
  tokenHash = "hash of the test's token";
  /** From where requests come. */
  address: string | null = "192.0.2.1";
  /** Hashes of API tokens that were taken back. */
  readonly forgotten: string[] = [];
  readonly #listeners = new Set<() => void>();
  #now = TEST_TIME;
  readonly #reports = new Map<string, number>();
  #loop: Loop | null = null;
  #repository: Repository | null = null;
  #fileTokens: FileTokens | null = null;
  #app: ReturnType<typeof createApi> | null = null;
  readonly #directory: string;
  readonly passwords = new Passwords(TEST_COST);
  readonly logins = new LoginLimit();

  private constructor(store: Store, directory: string, blobs: BlobStore) {
    this.store = store;
    this.blobs = blobs;
    this.#directory = directory;
  }

  static async open(
    repository: Partial<RepositorySettings> = {},
    blobs: BlobStore = new TestBlobs(),
  ): Promise<TestApi> {
    const directory = mkdtempSync(join(tmpdir(), "stint-api-"));
    const api = new TestApi(await openSqliteStore(join(directory, "stint.db")), directory, blobs);
    const loop = await Loop.open({
      store: api.store,
      settings: DEFAULT_SETTINGS,
      fleetSettings: DEFAULT_FLEET_SETTINGS,
      epoch: 1,
      clock: new Clock({ wall: () => api.#now, monotonic: () => 0 }),
      perform: (effects) => api.#perform(effects),
      onStep: () => {},
      onCommit: () => {
        for (const listener of api.#listeners) listener();
      },
      log: (message, facts) => api.errors.push(message, facts),
    });
    api.#loop = loop;
    api.#fileTokens = await FileTokens.open(api.store, {
      nodeIdOf: (node) => loop.engine.nodes.get(node)?.record.id ?? null,
      now: () => api.#now,
    });
    api.#repository = await Repository.open(
      { ...DEFAULT_REPOSITORY, ...repository },
      {
        files: api.store.repository,
        blobs: api.blobs,
        now: () => api.#now,
        newId: () => crypto.randomUUID(),
        onFailure: (error) => api.errors.push(error),
      },
    );
    api.#app = createApi(api.#context(loop));
    loop.start();
    await makeFirstUser(loop);
    return api;
  }

  get repository(): Repository {
    return this.#must(this.#repository);
  }

  get fileTokens(): FileTokens {
    return this.#must(this.#fileTokens);
  }

  /** Subscribers to commits. */
  get listeners(): number {
    return this.#listeners.size;
  }

  async close(): Promise<void> {
    await this.#loop?.stop();
    await this.store.close();
    rmSync(this.#directory, { recursive: true });
  }

  #context(loop: Loop): ServerContext {
    const authenticator = new Authenticator(this.store, {
      user: (number) => loop.fleet.users.get(number) ?? null,
      now: () => this.#now,
    });
    return {
      settings: {
        version: "1.2.3",
        startedAt: TEST_TIME,
        storeKind: "memory",
        defaultProvider: "none",
      },
      requests: loop,
      store: this.store,
      live: liveViewOf(loop),
      fleet: fleetAccessOf(loop),
      passwords: this.passwords,
      logins: this.logins,
      audit: new AuditLog(this.store, () => this.#now),
      events: {
        subscribe: (onCommit) => {
          this.#listeners.add(onCommit);
          return () => this.#listeners.delete(onCommit);
        },
      },
      nodeFiles: this.files,
      exec: {
        reserve: (reservation) => {
          this.reserved.push(reservation);
          return `session-${this.reserved.length}`;
        },
        take: () => {
          throw refuse("ExecSessionNotFound", "There is none.", "Make one.");
        },
        upgrade: () => false,
      },
      blobs: this.blobs,
      repository: this.repository,
      fileTokens: this.fileTokens,
      metrics: { contentType: "text/plain", metrics: async () => "figures 1\n" },
      // The token of a test is its role, or what a login gave.
      authenticate: async (request) => {
        const role = /^Bearer (\d)$/.exec(request.headers.get("authorization") ?? "")?.[1];
        if (role !== undefined) {
          const level = Number(role) as RoleLevel;
          const actor = { user: 1, level, isLimited: level > 0 };
          const token = { name: "test", tokenHash: this.tokenHash, tokenKind: "api" } as const;
          return { ok: true, caller: { role: level, ...token, actor } };
        }
        return authenticator.authenticate(request);
      },
      addressOf: () => this.address,
      forgetToken: (hash) => {
        this.forgotten.push(hash);
        authenticator.forget(hash);
      },
      removeTokensOf: (user, kinds) =>
        removeTokensOf(this.store, (hash) => authenticator.forget(hash), user, kinds),
      clock: () => this.#now,
      epoch: () => 1,
      health: () => "ok",
      keepOpen: () => {},
      reportError: (error) => this.errors.push(error),
    };
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.effect === "start") this.started.push(effect.order);
    }
  }

  #must<Value>(value: Value | null): Value {
    if (value === null) throw new Error("Expected an open API.");
    return value;
  }

  /** A request by an administrator unless `init` says otherwise; `body` is sent as JSON. */
  async request(method: string, path: string, body?: unknown, init: RequestInit = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", "Bearer 0");
    const given = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    if (given !== undefined) headers.set("content-type", "application/json");
    const url = `http://test${path.startsWith("/api/") ? path : `/api/v1${path}`}`;
    const request = new Request(url, {
      method,
      ...init,
      headers,
      ...(given === undefined ? {} : { body: given }),
    });
    return await this.#must(this.#app).fetch(request);
  }

  /** The body of a success; throws with the error of anything else. */
  async json(method: string, path: string, body?: unknown, init?: RequestInit) {
    const response = await this.request(method, path, body, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** Status and error of a refusal. */
  async refusal(method: string, path: string, body?: unknown, init?: RequestInit) {
    const response = await this.request(method, path, body, init);
    const answer = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, ...answer.error };
  }

  /** A node of the pool that has joined and is connected. */
  async addNode(name: string, pool: string, slots = 1): Promise<NodeNumber> {
    const loop = this.#must(this.#loop);
    const guid = `guid-${name}`;
    const joined = { kind: "nodeJoined", guid, name, pool, slots, facts: FACTS } as const;
    await loop.ask(joined);
    const reply = await loop.ask({
      kind: "nodeConnected",
      guid,
      linkId: `link-${name}`,
      bootId: "boot1",
      slots,
      facts: FACTS,
      held: [],
    });
    if (!reply.ok || reply.node === undefined) throw new Error("Expected a node.");
    return reply.node;
  }

  /** A request of fleet operations by the first administrator. */
  async askFleet(request: FleetRequest): Promise<void> {
    const reply = await this.#must(this.#loop).askFleet(request, { user: 1, level: 0 });
    if (!reply.ok) throw new Error(reply.error.message);
  }

  async disconnect(node: NodeNumber): Promise<void> {
    await this.#must(this.#loop).ask({ kind: "nodeDisconnected", node });
  }

  async report(node: NodeNumber, name: string, reports: readonly NodeReport[]): Promise<void> {
    const upTo = (this.#reports.get(name) ?? 0) + reports.length;
    this.#reports.set(name, upTo);
    const linkId = `link-${name}`;
    await this.#must(this.#loop).ask({ kind: "nodeReports", node, linkId, upTo, reports });
  }

  /** The order to start an execution of the task, once it was given. */
  async order(taskId: string, ordinal = 1, jobId?: string): Promise<StartOrder> {
    for (;;) {
      const order = this.started.find(
        (one) =>
          one.taskId === taskId &&
          one.ordinal === ordinal &&
          (jobId === undefined || one.jobId === jobId),
      );
      if (order !== undefined) return order;
      await this.#must(this.#loop).ask({ kind: "nodeDisconnected", node: -1 });
    }
  }

  advance(durationMs: number): void {
    this.#now += durationMs;
  }
}

export const EMPTY: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };

export function inline(text: string): OutputInfo {
  const bytes = Buffer.from(text);
  const place = { kind: "inline", base64: bytes.toString("base64") } as const;
  return { sizeBytes: bytes.byteLength, droppedBytes: 0, place };
}

/** The result of an execution that ended with this exit code. */
export function resultOf(exitCode: number, stdout: OutputInfo = EMPTY): ExecutionResult {
  const outcome: ProcessOutcome = { state: "exited", exitCode };
  const endedAt = TEST_TIME + 1;
  const process = { member: "main", number: 1, outcome, startedAt: TEST_TIME, endedAt };
  return {
    processes: [{ ...process, peakMemoryBytes: 1024, cpuMs: 2 }],
    outcome,
    startedAt: TEST_TIME,
    endedAt,
    stdout,
    stderr: EMPTY,
  };
}

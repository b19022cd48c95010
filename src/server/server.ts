import type { Server as BunServer, WebSocketHandler } from "bun";
import type { Logger } from "pino";
import { Clock } from "../engine/clock.ts";
import { DEFAULT_SETTINGS, type EngineSettings } from "../engine/state.ts";
import { DEFAULT_FLEET_SETTINGS, type FleetSettings } from "../fleet/state.ts";
import type { ExecNote } from "../model/event.ts";
import type { EventSequence } from "../model/id.ts";
import { REQUEST_BODY_MAX_BYTES } from "../model/limits.ts";
import { NODE_LINK_PATH } from "../protocol/node/message.ts";
import type { BlobStore } from "../store/blobStore.ts";
import type { Store } from "../store/store.ts";
import { FileTokens } from "./access/fileTokens.ts";
import { LoginLimit } from "./access/loginLimit.ts";
import { PASSWORD_COST, Passwords } from "./access/passwords.ts";
import { Authenticator, issueJoinToken, removeTokensOf } from "./access/tokens.ts";
import { AuditLog } from "./audit/auditLog.ts";
import { performEffects } from "./effects.ts";
import { ExecDesk } from "./exec/execDesk.ts";
import { endOfOpen, readOpenNotes } from "./exec/openNotes.ts";
import type { ExecClient, ExecRelay } from "./exec/relay.ts";
import { fleetAccessOf, makeFirstUser } from "./fleet/access.ts";
import { liveViewOf } from "./liveView.ts";
import { Loop } from "./loop/loop.ts";
import { createMetrics } from "./metrics.ts";
import { joinNode } from "./nodes/joinRoute.ts";
import { type Connection, NodeLinks } from "./nodes/nodeLinks.ts";
import { NodeScripts } from "./nodes/nodeScripts.ts";
import { nodeTransfer, removeOutputs } from "./nodes/transfers.ts";
import { LocalProvider, type LocalProviderParts } from "./providers/localProvider.ts";
import {
  DEFAULT_REPOSITORY,
  Repository,
  type RepositorySettings,
} from "./repository/repository.ts";
import { createApi } from "./routes/api.ts";
import type { CommittedEvents, ServerContext } from "./routes/context.ts";

export interface ServerOptions {
  readonly store: Store;
  readonly storeKind: string;
  readonly blobs: BlobStore;
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
  readonly version: string;
  readonly logger: Logger;
  readonly settings?: Partial<EngineSettings>;
  readonly repository?: Partial<RepositorySettings>;
  readonly fleetSettings?: Partial<FleetSettings>;
  /** Null: no local nodes. */
  readonly local: Pick<
    LocalProviderParts,
    "directory" | "selfCommand" | "findAgent" | "isAlive" | "pullPlug"
  > | null;
}

export interface RunningServer {
  readonly url: string;
  readonly loop: Loop;
  /**
   * Ends it in good order; a second call does nothing. What becomes of local nodes: `agents` stops them and leaves their
   * processes to be adopted, `withProcesses` leaves nothing on the machine, `nothing` lets them run.
   */
  stop(localNodes: "agents" | "withProcesses" | "nothing"): Promise<void>;
}

const IDEMPOTENCY_LIFE_MS = 24 * 60 * 60_000;
const FORGET_INTERVAL_MS = 60 * 60_000;
/** Files that have expired are not shown; this is when their room is given back. */
const SWEEP_INTERVAL_MS = 60_000;
const JOIN_TOKEN_LIFE_MS = 60 * 60_000;
/** A server whose time is ahead of its machine's clock by more than this says so when it starts. */
const LEAD_TOLD_MS = 1_000;
/** The native API's epoch: one server on one store; several servers get theirs from the lease. */
const SINGLE_SERVER_EPOCH = 1;

export class Server implements RunningServer {
  readonly loop: Loop;
  readonly #options: ServerOptions;
  readonly #links: NodeLinks;
  readonly #desk: ExecDesk;
  readonly #provider: LocalProvider | null;
  readonly #http: BunServer<LinkData>;
  #isStopping = false;

  private constructor(options: ServerOptions, loop: Loop, parts: ServerParts) {
    this.#options = options;
    this.loop = loop;
    this.#links = parts.links;
    this.#desk = parts.desk;
    this.#provider = parts.provider;
    this.#http = parts.http;
  }

  get url(): string {
    return `http://${this.#options.hostname}:${this.#http.port}`;
  }

  static async start(options: ServerOptions): Promise<Server> {
    const commits = new CommitListeners();
    const log = (message: string, facts: Record<string, unknown>): void =>
      options.logger.warn(facts, message);
    const parts: { value: ServerParts | null } = { value: null };
    const clock = new Clock({ wall: Date.now, monotonic: () => performance.now() });
    const loop: Loop = await Loop.open({
      store: options.store,
      settings: { ...DEFAULT_SETTINGS, ...options.settings },
      fleetSettings: { ...DEFAULT_FLEET_SETTINGS, ...options.fleetSettings },
      epoch: SINGLE_SERVER_EPOCH,
      clock,
      perform: (effects) => {
        if (parts.value !== null) performEffects({ ...parts.value, loop }, effects);
      },
      onCommit: ({ events, tasks, purgedJobs }) => {
        metrics.commits.inc();
        metrics.events.inc(events);
        metrics.taskChanges.inc(tasks);
        if (events > 0) commits.notify();
        for (const job of purgedJobs) {
          removeOutputs(options.blobs, job).catch((error: unknown) => {
            options.logger.warn({ err: error, job }, "could not remove outputs of a deleted job");
          });
        }
      },
      onStep: (durationMs) => metrics.stepSeconds.observe(durationMs / 1000),
      log,
    });
    if (clock.leadMs() > LEAD_TOLD_MS) {
      const facts = { aheadMs: clock.leadMs() };
      log(
        "the machine's clock was set back; time goes on from what is stored, a tenth slower",
        facts,
      );
    }
    const files = await openFiles(options, loop);
    const scripts = newScripts(options, loop, files.fileTokens);
    const links = newLinks(options, loop, scripts);
    const metrics = createMetrics({
      engine: () => loop.engine,
      links: () => links,
      queueLength: () => loop.queueLength,
      clockLeadMs: () => clock.leadMs(),
    });
    const provider = newProvider(options, loop, () => `http://127.0.0.1:${http.port}`);
    const desk = new ExecDesk({
      note: (note) => noteExec(loop, note),
      open: (node, order, listener) => links.exec(node, order, listener),
      clock: () => loop.parts.clock.now(),
      monotonic: () => performance.now(),
      onFailure: (error, session) =>
        options.logger.error({ err: error, ...session }, "the end of a command is not on record"),
    });
    const lastSequence = await options.store.lastEventSequence();
    const own = { loop, links, desk, commits, metrics, ...files };
    const context = contextOf(options, own, () => http);
    const http = listen(options, loop, links, { context, scripts, fileTokens: files.fileTokens });
    parts.value = { links, desk, provider, http };
    loop.onRestored = () => links.closeAll();
    const server = new Server(options, loop, parts.value);
    loop.start();
    await makeFirstUser(loop);
    void server.#endOpenExecs(lastSequence);
    server.#forgetAnswersNowAndThen();
    server.#sweepNowAndThen(files.repository);
    await provider?.resume(server.#providedGuids());
    return server;
  }

  /** Commands that ran when an earlier server was killed: no relay is left to put their end on record. */
  async #endOpenExecs(upTo: EventSequence): Promise<void> {
    const { store, logger } = this.#options;
    try {
      for (const note of await readOpenNotes(store, upTo)) {
        await noteExec(this.loop, endOfOpen(note, this.loop.parts.clock.now()));
      }
    } catch (error) {
      // The next start tries again.
      if (!this.#isStopping) logger.warn({ err: error }, "ends of commands are not on record");
    }
  }

  /** Answers kept under an Idempotency-Key are of use for a day. */
  #forgetAnswersNowAndThen(): void {
    const forget = (): void => {
      const before = this.loop.parts.clock.now() - IDEMPOTENCY_LIFE_MS;
      this.#options.store.forgetIdempotency(before).catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, "could not forget old answers");
      });
    };
    setInterval(forget, FORGET_INTERVAL_MS).unref();
  }

  #sweepNowAndThen(repository: Repository): void {
    const { logger } = this.#options;
    const swept = (work: Promise<void>): void => {
      work.catch((error: unknown) => {
        if (!this.#isStopping) logger.warn({ err: error }, "could not remove expired files");
      });
    };
    swept(repository.sweepContents());
    setInterval(() => swept(repository.sweep()), SWEEP_INTERVAL_MS).unref();
  }

  #providedGuids(): string[] {
    return [...this.loop.engine.nodes.values()]
      .filter(({ record }) => record.provided && record.life !== "creating")
      .map(({ record }) => record.guid);
  }

  async stop(localNodes: "agents" | "withProcesses" | "nothing"): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    await this.#desk.stop();
    await this.#provider?.stop(localNodes);
    this.#links.stop();
    await this.loop.stop();
    await this.#http.stop(true);
    await this.#options.store.close();
  }
}

/** Whoever follows the events is woken by every commit that stored one. */
class CommitListeners implements CommittedEvents {
  readonly #listeners = new Set<() => void>();

  subscribe(onCommit: () => void): () => void {
    this.#listeners.add(onCommit);
    return () => this.#listeners.delete(onCommit);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

interface ServerParts {
  readonly links: NodeLinks;
  readonly desk: ExecDesk;
  readonly provider: LocalProvider | null;
  readonly http: BunServer<LinkData>;
}

/** What a WebSocket belongs to: a node's link, or a command that somebody runs. */
type LinkData =
  | { readonly kind: "node"; connection: Connection | null }
  | {
      readonly kind: "exec";
      readonly begin: (client: ExecClient) => ExecRelay;
      relay: ExecRelay | null;
    };

async function noteExec(loop: Loop, note: ExecNote): Promise<void> {
  const reply = await loop.submit({ kind: "noteExec", note });
  if (!reply.ok) throw new Error(reply.error.message);
}

function newScripts(
  { store, blobs, logger }: ServerOptions,
  loop: Loop,
  fileTokens: FileTokens,
): NodeScripts {
  return new NodeScripts({
    loop,
    store,
    blobs,
    fileTokens,
    onFailure: (error, execution) =>
      logger.warn({ err: error, execution }, "could not read a script for a node"),
  });
}

function newLinks(options: ServerOptions, loop: Loop, scripts: NodeScripts): NodeLinks {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  return new NodeLinks(loop, options.store, {
    heartbeatIntervalMs: settings.heartbeatIntervalMs,
    epoch: () => SINGLE_SERVER_EPOCH,
    clock: () => loop.parts.clock.now(),
    scripts,
    log: (message, facts) => options.logger.info(facts, message),
  });
}

/** What people and scripts reach files by. */
async function openFiles(options: ServerOptions, loop: Loop) {
  const { store, blobs, logger } = options;
  const repository = await Repository.open(
    { ...DEFAULT_REPOSITORY, ...options.repository },
    {
      files: store.repository,
      blobs,
      now: () => loop.parts.clock.now(),
      newId: () => crypto.randomUUID(),
      onFailure: (error, blobKey) =>
        logger.warn({ err: error, blobKey }, "could not remove the content of a file"),
    },
  );
  const fileTokens = await FileTokens.open(store, {
    nodeIdOf: (node) => loop.engine.nodes.get(node)?.record.id ?? null,
    now: () => loop.parts.clock.now(),
  });
  return { repository, fileTokens };
}

function newProvider(
  options: ServerOptions,
  loop: Loop,
  serverUrl: () => string,
): LocalProvider | null {
  if (options.local === null) return null;
  return new LocalProvider({
    ...options.local,
    serverUrl,
    version: options.version,
    joinToken: (poolId) => {
      const createdAt = loop.parts.clock.now();
      const expiresAt = createdAt + JOIN_TOKEN_LIFE_MS;
      return issueJoinToken(options.store, { poolId, expiresAt, usesLeft: 1, createdAt });
    },
    nodeFailed: (node, message) => loop.tell({ kind: "nodeFailed", node, message }),
    log: (message, facts) => options.logger.warn(facts, message),
    newId: () => crypto.randomUUID(),
  });
}

function contextOf(
  options: ServerOptions,
  parts: {
    loop: Loop;
    links: NodeLinks;
    desk: ExecDesk;
    commits: CommittedEvents;
    metrics: ReturnType<typeof createMetrics>;
    repository: Repository;
    fileTokens: FileTokens;
  },
  http: () => BunServer<LinkData>,
): ServerContext {
  const { loop, links, desk, commits, metrics, repository, fileTokens } = parts;
  const { clock } = loop.parts;
  const authenticator = new Authenticator(options.store, {
    user: (number) => loop.fleet.users.get(number) ?? null,
    now: () => clock.now(),
  });
  const forgetToken = (hash: string): void => {
    authenticator.forget(hash);
    desk.endOf(hash);
  };
  return {
    settings: {
      version: options.version,
      startedAt: loop.parts.clock.now(),
      storeKind: options.storeKind,
      defaultProvider: options.local === null ? "none" : "local",
    },
    requests: loop,
    store: options.store,
    live: liveViewOf(loop),
    fleet: fleetAccessOf(loop),
    passwords: new Passwords(PASSWORD_COST),
    logins: new LoginLimit(),
    audit: new AuditLog(options.store, () => clock.now()),
    events: commits,
    nodeFiles: { ask: (node, question) => links.ask(node, question) },
    exec: {
      reserve: (reservation) => desk.reserve(reservation),
      take: (sessionId, tokenHash) => desk.take(sessionId, tokenHash),
      upgrade: (request, begin) =>
        http().upgrade(request, { data: { kind: "exec", begin, relay: null } }),
    },
    blobs: options.blobs,
    repository,
    fileTokens,
    metrics: {
      contentType: metrics.registry.contentType,
      metrics: () => metrics.registry.metrics(),
    },
    authenticate: (request) => authenticator.authenticate(request),
    addressOf: (request) => http().requestIP(request)?.address ?? null,
    forgetToken,
    removeTokensOf: (user, kinds) => removeTokensOf(options.store, forgetToken, user, kinds),
    clock: () => loop.parts.clock.now(),
    epoch: () => SINGLE_SERVER_EPOCH,
    health: () => (loop.isHealthy ? "ok" : "busy"),
    keepOpen: (request) => http().timeout(request, 0),
    reportError: (error, requestId) => options.logger.error({ err: error, requestId }, "request"),
  };
}

/** Large uploads of output and files; API bodies have their own, smaller limit. */
const UPLOAD_MAX_BYTES = Math.max(REQUEST_BODY_MAX_BYTES, 4 * 1024 ** 3);

function listen(
  options: ServerOptions,
  loop: Loop,
  links: NodeLinks,
  files: { context: ServerContext; scripts: NodeScripts; fileTokens: FileTokens },
): BunServer<LinkData> {
  const { context, scripts, fileTokens } = files;
  const api = createApi(context);
  const { store, blobs } = options;
  return Bun.serve<LinkData>({
    hostname: options.hostname,
    port: options.port,
    maxRequestBodySize: Math.max(UPLOAD_MAX_BYTES, context.repository.settings.quotaBytes),
    // Downloads wait for nodes; streams take as long as they take (keepOpen).
    idleTimeout: 120,
    async fetch(request, server) {
      const { pathname } = new URL(request.url);
      if (pathname === NODE_LINK_PATH) {
        const data: LinkData = { kind: "node", connection: null };
        if (server.upgrade(request, { data })) return undefined;
        return new Response("Expected a WebSocket.", { status: 426 });
      }
      if (pathname.startsWith("/api/v1/nodes/")) {
        if (pathname === "/api/v1/nodes/join" && request.method === "POST") {
          return joinNode(request, { loop, store, clock: () => loop.parts.clock.now() });
        }
        const transfer = await nodeTransfer(request, pathname, {
          store,
          blobs,
          // Nodes sign with the time of their own machines, and have no other.
          wallTime: Date.now,
          time: () => loop.parts.clock.now(),
          jobOfOwn: (guid, execution) => links.jobOfOwn(guid, execution),
          scriptOf: (guid, execution) => scripts.sourceOfGuid(guid, execution),
          fileTokens,
        });
        if (transfer !== null) return transfer;
      }
      return api.fetch(request);
    },
    websocket: socketHandlers(options, links),
  });
}

function socketHandlers(options: ServerOptions, links: NodeLinks): WebSocketHandler<LinkData> {
  return {
    perMessageDeflate: false,
    maxPayloadLength: 64 * 1024 * 1024,
    open(socket) {
      const { data } = socket;
      const close = () => socket.close();
      if (data.kind === "exec") {
        data.relay = data.begin({ send: (message) => socket.send(message), close });
        return;
      }
      data.connection = links.opened({
        send: (text) => socket.send(text),
        close,
        sendBytes: (frame) => socket.send(frame),
        bufferedBytes: () => socket.getBufferedAmount(),
      });
    },
    message({ data }, message) {
      if (data.kind === "exec") {
        data.relay?.received(message);
        return;
      }
      const { connection } = data;
      if (connection === null) return;
      if (typeof message !== "string") {
        links.receivedBytes(connection, message);
        return;
      }
      links.received(connection, message).catch((error: unknown) => {
        options.logger.warn({ err: error, guid: connection.guid }, "bad frame of a node");
        connection.close();
      });
    },
    close({ data }) {
      if (data.kind === "exec") data.relay?.clientClosed();
      else if (data.connection !== null) links.closed(data.connection);
    },
  };
}

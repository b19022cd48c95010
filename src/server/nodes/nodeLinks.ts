import { type Effect, orderOf } from "../../engine/effect.ts";
import { type ExecutionNumber, foldId, type JobNumber, type NodeNumber } from "../../model/id.ts";
import { decodeExecBytes, type ExecOrder } from "../../protocol/node/exec.ts";
import { nodeFrameOf } from "../../protocol/node/frameText.ts";
import type {
  BatchFrame,
  HelloFrame,
  NodeAnswer,
  NodeQuestion,
  NodeReport,
  RefusedFrame,
  ScriptAskFrame,
  ServerFrame,
} from "../../protocol/node/message.ts";
import { NODE_PROTOCOL_VERSION } from "../../protocol/node/message.ts";
import { NodeSession } from "../../protocol/node/session.ts";
import type { Store } from "../../store/store.ts";
import type { Loop } from "../loop/loop.ts";
import { NodeUnreachable } from "../routes/context.ts";
import { ConnectionExecs, type ExecListener, type NodeExec } from "./connectionExecs.ts";
import { isSignedBy, newNonce } from "./nodeKeys.ts";
import type { NodeScripts } from "./nodeScripts.ts";
import { Questions } from "./questions.ts";

/** One WebSocket, as the links need it; Bun's own or a test's. */
export interface Socket {
  /** Bytes sent, -1 when queued, 0 when dropped. */
  send(text: string): number;
  close(): void;
  sendBytes(frame: Uint8Array<ArrayBuffer>): number;
  /** Taken and not sent yet. */
  bufferedBytes(): number;
}

/** What is known of one connection; it lives as long as the socket. */
export class Connection {
  readonly nonce = newNonce();
  readonly questions = new Questions();
  readonly execs: ConnectionExecs;
  session: NodeSession | null = null;
  guid: string | null = null;
  heardAt = 0;
  isClosed = false;

  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    this.execs = new ConnectionExecs((frame) => this.send(frame), socket);
  }

  send(frame: ServerFrame): boolean {
    return !this.isClosed && this.socket.send(JSON.stringify(frame)) !== 0;
  }

  close(): void {
    this.isClosed = true;
    this.questions.failAll();
    this.execs.close();
    this.socket.close();
  }
}

export interface LinkSettings {
  readonly heartbeatIntervalMs: number;
  readonly epoch: () => number;
  readonly clock: () => number;
  readonly scripts: Pick<NodeScripts, "answer">;
  readonly log: (message: string, facts: Record<string, unknown>) => void;
}

/** Remembered preparations and releases; more than a server has under way at once. */
const SPECIALS_MAX = 100_000;
/** Orders overdue for an acknowledgement are looked for this often. */
const RESEND_CHECK_MS = 1_000;

/** All connections of nodes: who is there, what they are told, what they say. */
export class NodeLinks {
  readonly #byNode = new Map<NodeNumber, Connection>();
  /** Connections with something to send at the end of the tick. */
  readonly #touched = new Set<Connection>();
  readonly #unacknowledged = new Set<Connection>();
  /** Preparations and releases ordered lately: whose they are, for the upload of what they wrote. */
  readonly #specials = new Map<ExecutionNumber, { node: NodeNumber; job: JobNumber }>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  readonly loop: Loop;
  readonly store: Pick<Store, "readNodeKey" | "readExecution">;
  readonly settings: LinkSettings;

  constructor(
    loop: Loop,
    store: Pick<Store, "readNodeKey" | "readExecution">,
    settings: LinkSettings,
  ) {
    this.loop = loop;
    this.store = store;
    this.settings = settings;
  }

  get size(): number {
    return this.#byNode.size;
  }

  opened(socket: Socket): Connection {
    const connection = new Connection(socket);
    connection.send({ type: "challenge", nonce: connection.nonce });
    return connection;
  }

  closed(connection: Connection): void {
    connection.isClosed = true;
    connection.questions.failAll();
    connection.execs.close();
    this.#touched.delete(connection);
    this.#unacknowledged.delete(connection);
    const { session } = connection;
    if (session === null || this.#byNode.get(session.node) !== connection) return;
    this.#byNode.delete(session.node);
    this.loop.tell({ kind: "nodeDisconnected", node: session.node });
  }

  /** A text frame of the node; one that makes no sense ends the connection. */
  async received(connection: Connection, text: string): Promise<void> {
    connection.heardAt = this.settings.clock();
    const frame = nodeFrameOf(text);
    switch (frame.type) {
      case "hello":
        await this.#greeted(connection, frame);
        return;
      case "batch":
        this.#reported(connection, frame, connection.heardAt);
        return;
      case "reply":
        connection.questions.answered(frame.id, frame.answer);
        return;
      case "exec":
        connection.execs.received(frame.session, frame.output);
        return;
      case "script":
        await this.#askedForScript(connection, frame);
        return;
    }
  }

  /** A question from before the welcome, or on a connection that was replaced, is dropped: the node asks anew. */
  async #askedForScript(connection: Connection, { id, execution }: ScriptAskFrame): Promise<void> {
    const { session } = connection;
    if (session === null || !session.isOpen) return;
    const answered = this.settings.scripts.answer(session.node, execution);
    const answer = answered instanceof Promise ? await answered : answered;
    connection.send({ type: "script", id, serverTime: this.settings.clock(), answer });
  }

  /** Bytes of a command's output. */
  receivedBytes(connection: Connection, frame: Uint8Array): void {
    connection.heardAt = this.settings.clock();
    const bytes = decodeExecBytes(frame);
    if (bytes !== null) connection.execs.receivedBytes(bytes);
  }

  async #greeted(connection: Connection, hello: HelloFrame): Promise<void> {
    const refusal = await this.#refusal(connection, hello);
    if (refusal !== null) {
      this.settings.log("node refused", { guid: hello.guid, code: refusal.code });
      connection.send(refusal);
      connection.close();
      return;
    }
    const node = this.loop.nodeNumber(hello.guid);
    if (node === null || connection.isClosed) return;
    const before = this.#byNode.get(node);
    const session = new NodeSession(node, hello.linkId, (frame) => connection.send(frame));
    connection.session = session;
    connection.guid = hello.guid;
    connection.execs.isUnderstood = hello.runsCommands === true;
    this.#byNode.set(node, connection);
    before?.close();
    this.loop.tell(
      {
        kind: "nodeConnected",
        guid: hello.guid,
        linkId: hello.linkId,
        bootId: hello.bootId,
        slots: hello.slots,
        facts: hello.facts,
        held: hello.held,
      },
      (lastApplied) => this.#welcome(connection, session, lastApplied),
    );
  }

  async #refusal(connection: Connection, hello: HelloFrame): Promise<RefusedFrame | null> {
    const refuse = (code: RefusedFrame["code"], message: string): RefusedFrame => ({
      type: "refused",
      code,
      message,
    });
    if (hello.protocol !== NODE_PROTOCOL_VERSION) {
      const versions = `server speaks ${NODE_PROTOCOL_VERSION}, agent ${hello.protocol}`;
      return refuse("ProtocolVersion", `The ${versions}: use the same version of stint on both.`);
    }
    const key = await this.store.readNodeKey(hello.guid);
    if (key === null || this.loop.nodeNumber(hello.guid) === null) {
      return refuse("UnknownNode", "The server does not know this node; it has to join anew.");
    }
    if (key.revokedAt !== null) return refuse("KeyRevoked", "The key of this node was revoked.");
    if (!(await isSignedBy(key.publicKey, hello.signature, connection.nonce))) {
      return refuse("BadSignature", "The signature does not fit the key of this node.");
    }
    return this.#isConflict(hello)
      ? refuse("KeyConflict", "Another live session uses the key of this node.")
      : null;
  }

  /** Another process with the same key that is still talking; a dead connection is replaced. */
  #isConflict(hello: HelloFrame): boolean {
    const node = this.loop.nodeNumber(hello.guid);
    const other = node === null ? undefined : this.#byNode.get(node);
    if (other === undefined || other.isClosed || other.session?.linkId === hello.linkId)
      return false;
    return this.settings.clock() - other.heardAt < this.settings.heartbeatIntervalMs * 1.5;
  }

  #welcome(connection: Connection, session: NodeSession, lastApplied: number): void {
    const facts = this.loop.nodeNames(session.node);
    if (connection.isClosed || connection.session !== session || facts === null) return;
    session.open(lastApplied);
    connection.send({
      type: "welcome",
      epoch: this.settings.epoch(),
      session: connection.nonce,
      lastApplied,
      heartbeatIntervalMs: this.settings.heartbeatIntervalMs,
      nodeId: facts.nodeId,
      poolId: facts.poolId,
      givesScripts: true,
    });
    this.#touched.add(connection);
  }

  #reported(connection: Connection, frame: BatchFrame<NodeReport>, now: number): void {
    const { session } = connection;
    if (session === null || !session.isOpen) return;
    if (!this.loop.heard(session.node, now)) {
      connection.close();
      this.closed(connection);
      return;
    }
    const { reports, upTo } = session.receive(frame, now);
    if (!session.hasUnacknowledged) this.#unacknowledged.delete(connection);
    if (reports.length > 0) {
      const { node, linkId } = session;
      this.loop.tell({ kind: "nodeReports", node, linkId, upTo, reports });
    } else {
      this.#flush(connection, now);
    }
  }

  /** Carries out an effect that is meant for a node; dropped when it is away, since settling repeats it. */
  perform(effect: Extract<Effect, { node: NodeNumber }>): void {
    const connection = this.#byNode.get(effect.node);
    const session = connection?.session;
    if (connection === undefined || session === null || session === undefined) return;
    if (effect.effect === "acknowledge") {
      if (effect.linkId === session.linkId) session.acknowledgeReports(effect.upTo);
    } else {
      if (effect.effect === "start") this.#noteSpecial(effect);
      const order = orderOf(effect);
      if (order !== null) session.order(order);
    }
    this.#touched.add(connection);
  }

  #noteSpecial({ node, order }: Extract<Effect, { effect: "start" }>): void {
    if (order.kind === "task") return;
    const job = this.loop.engine.jobsById.get(foldId(order.jobId));
    if (job === undefined) return;
    this.#specials.set(order.execution, { node, job });
    if (this.#specials.size <= SPECIALS_MAX) return;
    const oldest = this.#specials.keys().next().value;
    if (oldest !== undefined) this.#specials.delete(oldest);
  }

  /** The job of an execution whose output this node may bring; null: it is not its own. */
  async jobOfOwn(guid: string, execution: ExecutionNumber): Promise<JobNumber | null> {
    const node = this.loop.nodeNumber(guid);
    if (node === null) return null;
    const record = await this.store.readExecution(execution);
    if (record !== null) return record.nodes.includes(node) ? record.job : null;
    const live = this.loop.engine.specials.get(execution);
    if (live !== undefined) {
      return live.node.record.number === node ? live.job.record.number : null;
    }
    const special = this.#specials.get(execution);
    return special?.node === node ? special.job : null;
  }

  /** At the end of a tick: one message per node. */
  flush(): void {
    const now = this.settings.clock();
    for (const connection of this.#touched) this.#flush(connection, now);
    this.#touched.clear();
  }

  #flush(connection: Connection, now: number): void {
    const { session } = connection;
    if (session === null || connection.isClosed) return;
    if (!session.flush(this.settings.epoch(), now)) {
      connection.close();
      this.closed(connection);
      return;
    }
    if (!session.hasUnacknowledged) return;
    this.#unacknowledged.add(connection);
    this.#timer ??= setTimeout(() => this.#resend(), RESEND_CHECK_MS);
  }

  #resend(): void {
    this.#timer = null;
    const now = this.settings.clock();
    for (const connection of [...this.#unacknowledged]) this.#flush(connection, now);
  }

  async ask(node: NodeNumber, question: NodeQuestion): Promise<NodeAnswer> {
    const connection = this.#open(node);
    return await connection.questions.ask(question, (frame) => connection.send(frame));
  }

  /** Runs a command inside an execution of the node. Throws NodeUnreachable. */
  exec(node: NodeNumber, order: ExecOrder, listener: ExecListener): NodeExec {
    return this.#open(node).execs.open(order, listener);
  }

  #open(node: NodeNumber): Connection {
    const connection = this.#byNode.get(node);
    if (connection !== undefined && !connection.isClosed && connection.session?.isOpen === true) {
      return connection;
    }
    throw new NodeUnreachable("The node is not connected.");
  }

  /** Sends a node away for good (removed). */
  dismiss(node: NodeNumber): void {
    const connection = this.#byNode.get(node);
    if (connection === undefined) return;
    connection.session?.order({ kind: "leave" });
    this.#flush(connection, this.settings.clock());
    this.#byNode.delete(node);
    setTimeout(() => connection.close(), this.settings.heartbeatIntervalMs).unref();
  }

  /** Every node has to connect and settle anew. */
  closeAll(): void {
    for (const connection of [...this.#byNode.values()]) connection.close();
    this.#byNode.clear();
    this.#touched.clear();
    this.#unacknowledged.clear();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.closeAll();
  }
}

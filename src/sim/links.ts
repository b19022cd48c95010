import { type Effect, orderOf } from "../engine/effect.ts";
import { DEFAULT_SETTINGS } from "../engine/state.ts";
import type { NodeNumber } from "../model/id.ts";
import type {
  BatchFrame,
  HelloFrame,
  NodeFrame,
  NodeReport,
  ServerFrame,
} from "../protocol/node/message.ts";
import { NodeSession } from "../protocol/node/session.ts";
import { Connection, type End } from "./network.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

/** The server's side of one connection. */
interface Link {
  readonly connection: Connection;
  readonly name: string;
  session: NodeSession | null;
  heardAt: number;
  openedAt: number;
  /** Last report that was taken. */
  upTo: number;
  isClosed: boolean;
}

/** All connections of nodes on the server's side, around the shipped session; as the real one, without its signatures. */
export class Links {
  readonly #world: World;
  readonly #server: Server;
  readonly #all = new Set<Link>();
  readonly #byNode = new Map<NodeNumber, Link>();
  readonly #touched = new Set<Link>();
  #count = 0;

  constructor(world: World, server: Server) {
    this.#world = world;
    this.#server = server;
  }

  accept(node: End<ServerFrame>): Connection {
    this.#count += 1;
    const connection = new Connection(this.#world, this.#count);
    const link: Link = {
      connection,
      name: `session${this.#count}`,
      session: null,
      heardAt: 0,
      openedAt: 0,
      upTo: 0,
      isClosed: false,
    };
    this.#all.add(link);
    const { epoch } = this.#server;
    const isOurs = () => this.#server.epoch === epoch && !link.isClosed;
    connection.attach(
      {
        received: (frame) => this.#server.later(0, () => isOurs() && this.#received(link, frame)),
        closed: () => this.#server.later(0, () => isOurs() && this.#closed(link)),
      },
      node,
    );
    return connection;
  }

  /** Connections that stand, for faults. */
  connections(): Connection[] {
    return [...this.#all].map(({ connection }) => connection);
  }

  /** Since when the node's session is open, in true time; null: it is not. */
  openSince(node: NodeNumber): number | null {
    const link = this.#byNode.get(node);
    return link?.session?.isOpen === true ? link.openedAt : null;
  }

  hasUnacknowledged(): boolean {
    return [...this.#byNode.values()].some((link) => link.session?.hasUnacknowledged === true);
  }

  #close(link: Link): void {
    if (link.isClosed) return;
    link.isClosed = true;
    this.#all.delete(link);
    this.#touched.delete(link);
    link.connection.closeByServer();
  }

  #closed(link: Link): void {
    this.#close(link);
    if (link.session === null || this.#byNode.get(link.session.node) !== link) return;
    this.#byNode.delete(link.session.node);
    this.#server.tell({ kind: "nodeDisconnected", node: link.session.node });
  }

  #received(link: Link, frame: NodeFrame): void {
    link.heardAt = this.#server.clock();
    switch (frame.type) {
      case "hello":
        this.#greeted(link, frame);
        return;
      case "batch":
        this.#reported(link, frame);
        return;
      case "reply":
      case "exec":
      case "script":
        return;
    }
  }

  #greeted(link: Link, hello: HelloFrame): void {
    const node = this.#server.engine?.nodesByGuid.get(hello.guid);
    if (node === undefined || this.#isConflict(node, hello)) {
      const code = node === undefined ? "UnknownNode" : "KeyConflict";
      link.connection.toNode({ type: "refused", code, message: "" });
      this.#close(link);
      return;
    }
    const before = this.#byNode.get(node);
    const session = new NodeSession(node, hello.linkId, (frame) => this.#send(link, frame));
    link.session = session;
    this.#byNode.set(node, link);
    if (before !== undefined) this.#close(before);
    const { guid, linkId, bootId, slots, facts, held } = hello;
    const input = { kind: "nodeConnected", guid, linkId, bootId, slots, facts, held } as const;
    this.#server.tell(input, (reply) => {
      if (reply.ok && reply.node !== undefined)
        this.#welcome(link, session, reply.lastApplied ?? 0);
    });
  }

  #isConflict(node: NodeNumber, hello: HelloFrame): boolean {
    const other = this.#byNode.get(node);
    if (other === undefined || other.session?.linkId === hello.linkId) return false;
    const silentMs = this.#server.clock() - other.heardAt;
    return silentMs < DEFAULT_SETTINGS.heartbeatIntervalMs * 1.5;
  }

  #send(link: Link, frame: ServerFrame): boolean {
    if (link.isClosed) return false;
    link.connection.toNode(frame);
    return true;
  }

  #welcome(link: Link, session: NodeSession, lastApplied: number): void {
    if (link.isClosed || link.session !== session) return;
    session.open(lastApplied);
    link.upTo = lastApplied;
    link.openedAt = this.#world.agenda.now;
    this.#send(link, {
      type: "welcome",
      epoch: this.#server.epoch,
      session: link.name,
      lastApplied,
      heartbeatIntervalMs: DEFAULT_SETTINGS.heartbeatIntervalMs,
      nodeId: "",
      poolId: "",
    });
    this.#touched.add(link);
  }

  #reported(link: Link, original: BatchFrame<NodeReport>): void {
    const { session } = link;
    if (session === null || !session.isOpen) return;
    if (!this.#server.heard(session.node)) {
      this.#closed(link);
      return;
    }
    const { hooks } = this.#world;
    const frame = hooks.skipsOrder ? { ...original, first: link.upTo + 1 } : original;
    const { reports, upTo } = session.receive(frame, this.#server.clock());
    link.upTo = upTo;
    if (reports.length > 0) {
      const { node, linkId } = session;
      const wanted = hooks.reports?.(reports) ?? reports;
      this.#server.tell({ kind: "nodeReports", node, linkId, upTo, reports: wanted });
    } else {
      this.#flush(link);
    }
  }

  perform(effect: Extract<Effect, { node: NodeNumber }>): void {
    const link = this.#byNode.get(effect.node);
    const session = link?.session ?? null;
    if (link === undefined || session === null) return;
    if (effect.effect === "acknowledge") {
      if (effect.linkId === session.linkId) session.acknowledgeReports(effect.upTo);
    } else {
      const order = orderOf(effect);
      if (order !== null) session.order(order);
    }
    this.#touched.add(link);
  }

  flush(): void {
    for (const link of this.#touched) this.#flush(link);
    this.#touched.clear();
  }

  #flush(link: Link): void {
    const { session } = link;
    if (session === null || link.isClosed) return;
    if (!session.flush(this.#server.epoch, this.#server.clock())) this.#closed(link);
  }

  resend(): void {
    for (const link of this.#byNode.values()) {
      if (link.session?.hasUnacknowledged === true) this.#flush(link);
    }
  }

  dismiss(node: NodeNumber): void {
    const link = this.#byNode.get(node);
    if (link === undefined) return;
    link.session?.order({ kind: "leave" });
    this.#flush(link);
    this.#byNode.delete(node);
    this.#server.later(DEFAULT_SETTINGS.heartbeatIntervalMs, () => this.#close(link));
  }

  /** Every node has to connect and settle anew. */
  dropAll(): void {
    for (const link of [...this.#all]) this.#close(link);
    this.#byNode.clear();
    this.#touched.clear();
  }
}

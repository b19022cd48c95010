import type { NodeFrame, ServerFrame } from "../protocol/node/message.ts";
import type { World } from "./world.ts";

/** One side of a connection. */
export interface End<Frame> {
  received(frame: Frame): void;
  closed(): void;
}

/** How late the side that did not end a connection may notice that it is dead. */
const NOTICE_MAX_MS = 40_000;

/** A frame and a half-open world: frames are delayed, lost, doubled and overtaken, and each side learns of the end by itself. */
export class Connection {
  readonly id: number;
  readonly #world: World;
  #server: End<NodeFrame> | null = null;
  #node: End<ServerFrame> | null = null;
  #isBroken = false;
  #lastToServer = 0;
  #lastToNode = 0;

  constructor(world: World, id: number) {
    this.#world = world;
    this.id = id;
  }

  attach(server: End<NodeFrame>, node: End<ServerFrame>): void {
    this.#server = server;
    this.#node = node;
  }

  toServer(frame: NodeFrame): void {
    const deliver = () => this.#server?.received(frame);
    this.#lastToServer = this.#send(this.#lastToServer, frame.type === "batch", deliver);
  }

  toNode(frame: ServerFrame): void {
    const deliver = () => this.#node?.received(frame);
    this.#lastToNode = this.#send(this.#lastToNode, frame.type === "batch", deliver);
  }

  /** Answered by the server's socket without its application, unless the whole process stands still. */
  ping(onPong: () => void): void {
    const { agenda, faults, server } = this.#world;
    agenda.after(faults.linkDelayMs * 2, () => {
      if (!this.#isBroken && this.#server !== null && !server.isPaused) onPong();
    });
  }

  /**
   * Returns when the frame arrives, so that the next one comes after it. Greetings may be lost, but are neither doubled
   * nor overtaken: a connection has but one.
   */
  #send(notBefore: number, isNumbered: boolean, deliver: () => void): number {
    const { agenda, random, faults, isFaulty } = this.#world;
    if (this.#isBroken || (isFaulty && random.chance(faults.frameLoss))) return notBefore;
    const arrive = () => {
      if (!this.#isBroken) deliver();
    };
    const delayMs = random.between(0, faults.linkDelayMs);
    if (isFaulty && isNumbered && random.chance(faults.frameDuplicate)) {
      agenda.after(delayMs + random.between(0, 3_000), arrive);
    }
    if (isFaulty && isNumbered && random.chance(faults.frameReorder)) {
      agenda.after(delayMs + random.between(0, 3_000), arrive);
      return notBefore;
    }
    const at = Math.max(notBefore, agenda.now + delayMs);
    agenda.at(at, arrive);
    return at;
  }

  /** The server ends it: what it sent before still arrives, then the node sees the end. */
  closeByServer(): void {
    this.#server = null;
    this.#world.agenda.at(this.#lastToNode + 1, () => this.#endNode());
  }

  closeByNode(): void {
    this.#node = null;
    this.#world.agenda.at(this.#lastToServer + 1, () => this.#endServer());
  }

  /** Nothing gets through any more; each side notices in its own time, at once when `isLoud`. */
  break(isLoud: boolean): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { agenda, random } = this.#world;
    const notice = () => (isLoud ? random.between(0, 5) : random.between(0, NOTICE_MAX_MS));
    agenda.after(notice(), () => this.#endNode());
    agenda.after(notice(), () => this.#endServer());
  }

  #endNode(): void {
    this.#isBroken = true;
    const node = this.#node;
    this.#node = null;
    node?.closed();
  }

  #endServer(): void {
    this.#isBroken = true;
    const server = this.#server;
    this.#server = null;
    server?.closed();
  }
}

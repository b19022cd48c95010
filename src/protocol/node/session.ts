import type { NodeNumber } from "../../model/id.ts";
import {
  acknowledge,
  enqueue,
  freshMessages,
  hasMessages,
  newOutbox,
  type Outbox,
  takeMessages,
} from "./link.ts";
import type { BatchFrame, NodeOrder, NodeReport, ServerFrame } from "./message.ts";

/** Where frames go; false when the connection did not take one, after which it is of no use any more. */
export type SendFrame = (frame: ServerFrame) => boolean;

/**
 * The server's end of one connection to a node, from hello on. It is opened when the settling of its hello has been
 * committed; orders from before are not kept, since settling gives them again.
 */
export class NodeSession {
  readonly #outbox: Outbox<NodeOrder> = newOutbox();
  /** Last report that went on to the loop. */
  #received = 0;
  /** Last report that is in the store. */
  #acknowledged = 0;
  /** The node has not been told of `#acknowledged` yet. */
  #owesAcknowledgement = false;
  isOpen = false;
  readonly node: NodeNumber;
  readonly linkId: string;
  readonly #send: SendFrame;

  constructor(node: NodeNumber, linkId: string, send: SendFrame) {
    this.node = node;
    this.linkId = linkId;
    this.#send = send;
  }

  /** Reports up to `lastApplied` are in the store. */
  open(lastApplied: number): void {
    this.#received = lastApplied;
    this.#acknowledged = lastApplied;
    this.isOpen = true;
  }

  order(message: NodeOrder): void {
    if (this.isOpen) enqueue(this.#outbox, message);
  }

  /** Reports up to here have been committed. */
  acknowledgeReports(upTo: number): void {
    if (upTo <= this.#acknowledged) return;
    this.#acknowledged = upTo;
    this.#owesAcknowledgement = true;
  }

  /** Takes in a frame of the node; the reports in it that are new, and the number of the last. */
  receive(
    frame: BatchFrame<NodeReport>,
    now: number,
  ): { reports: readonly NodeReport[]; upTo: number } {
    acknowledge(this.#outbox, frame.acknowledged, now);
    const reports = freshMessages(frame, this.#received);
    this.#received += reports.length;
    // A frame that comes again was not acknowledged in time, or its acknowledgement was lost.
    if (frame.messages.length > reports.length) this.#owesAcknowledgement = true;
    return { reports, upTo: this.#received };
  }

  /** Sends what waits; false when the connection is of no use any more. */
  flush(epoch: number, now: number): boolean {
    while (this.isOpen && (this.#owesAcknowledgement || hasMessages(this.#outbox, now))) {
      this.#owesAcknowledgement = false;
      const { first, messages } = takeMessages(this.#outbox, now);
      const acknowledged = this.#acknowledged;
      if (!this.#send({ type: "batch", epoch, first, messages, acknowledged })) return false;
    }
    return true;
  }

  /** Whether orders wait for the node's acknowledgement. */
  get hasUnacknowledged(): boolean {
    return this.#outbox.messages.length > 0;
  }
}

import type { ExecutionResult } from "../../model/execution.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { HeldExecution, StartOrder } from "../../model/order.ts";
import {
  acknowledge,
  enqueue,
  freshMessages,
  newOutbox,
  takeMessages,
} from "../../protocol/node/link.ts";
import type { WelcomeFrame } from "../../protocol/node/message.ts";
import type { BatchFrame, NodeOrder, NodeReport } from "./contract.ts";
import { welcomeOf } from "./testNode.ts";
import { must } from "./testShim.ts";

interface Assigned {
  readonly order: StartOrder;
  accepted: boolean;
  started: boolean;
  stopped: boolean;
  discarded: boolean;
  result: ExecutionResult | null;
}

/** For the property tests: the server's half of the conversation, with the settle table. */
export class TestServer {
  readonly assigned = new Map<ExecutionNumber, Assigned>();
  /** Removals that are not confirmed. */
  readonly removals = new Map<number, Extract<NodeOrder, { kind: "remove" }>>();
  private readonly lastApplied = new Map<string, number>();
  private outbox = newOutbox<NodeOrder>();
  private linkId = "";
  private epoch = 1;
  private nextRemoval = 1;

  assign(order: StartOrder): void {
    this.assigned.set(order.execution, {
      order,
      accepted: false,
      started: false,
      stopped: false,
      discarded: false,
      result: null,
    });
    enqueue(this.outbox, { kind: "start", order });
  }

  stop(execution: ExecutionNumber, graceMs: number): void {
    const assigned = this.assigned.get(execution);
    if (assigned === undefined) return;
    assigned.stopped = true;
    enqueue(this.outbox, { kind: "stop", execution, graceMs });
  }

  restart(execution: ExecutionNumber, member: string | null, dead: boolean): void {
    if (!this.assigned.has(execution)) return;
    enqueue(this.outbox, { kind: "restart", execution, member, dead });
  }

  discard(execution: ExecutionNumber): void {
    const assigned = this.assigned.get(execution);
    if (assigned === undefined) return;
    assigned.discarded = true;
    enqueue(this.outbox, { kind: "discard", execution });
  }

  remove(jobId: string, taskId: string | null): void {
    const order = { kind: "remove", removal: this.nextRemoval++, jobId, taskId } as const;
    this.removals.set(order.removal, order);
    enqueue(this.outbox, order);
  }

  /** A new session: both sides say what they hold. */
  connect(linkId: string, held: readonly HeldExecution[], newLeader: boolean): WelcomeFrame {
    if (newLeader) this.epoch++;
    this.linkId = linkId;
    this.outbox = newOutbox();
    const holds = new Map(held.map((one) => [one.execution, one]));
    for (const removal of this.removals.values()) enqueue(this.outbox, removal);
    for (const [execution, assigned] of this.assigned) {
      this.settle(execution, assigned, holds.has(execution));
    }
    const lastApplied = this.lastApplied.get(linkId) ?? 0;
    return welcomeOf({ epoch: this.epoch, lastApplied });
  }

  private settle(execution: ExecutionNumber, assigned: Assigned, isHeld: boolean): void {
    const { order, accepted, discarded, result } = assigned;
    if (isHeld && (discarded || result !== null)) {
      enqueue(this.outbox, { kind: "discard", execution });
    }
    if (discarded || result !== null) return;
    must(isHeld || !accepted, `execution ${execution}, once accepted, stays in the journal`);
    if (!isHeld) enqueue(this.outbox, { kind: "start", order });
    if (assigned.stopped) enqueue(this.outbox, { kind: "stop", execution, graceMs: 0 });
  }

  /** The next frame to the node; also the acknowledgement. */
  frame(now: number): BatchFrame<NodeOrder> {
    const { first, messages } = takeMessages(this.outbox, now);
    const acknowledged = this.lastApplied.get(this.linkId) ?? 0;
    return { type: "batch", epoch: this.epoch, first, messages, acknowledged };
  }

  receive(frame: BatchFrame<NodeReport>, now: number): void {
    acknowledge(this.outbox, frame.acknowledged, now);
    const last = this.lastApplied.get(this.linkId) ?? 0;
    const fresh = freshMessages(frame, last);
    for (const message of fresh) this.apply(message);
    this.lastApplied.set(this.linkId, last + fresh.length);
  }

  private apply(report: NodeReport): void {
    if (report.kind === "removed") this.removals.delete(report.removal);
    else this.applyLife(report);
  }

  private applyLife(report: Exclude<NodeReport, { kind: "removed" }>): void {
    const assigned = this.assigned.get(report.execution);
    must(assigned !== undefined, "only what was assigned is reported");
    if (assigned === undefined) return;
    switch (report.kind) {
      case "accepted":
        assigned.accepted = true;
        return;
      case "started":
        assigned.accepted = true;
        assigned.started = true;
        return;
      case "allocation":
        must(assigned.result === null, `execution ${report.execution} has ended for good`);
        assigned.accepted = true;
        return;
      case "ended":
        must(
          assigned.result === null ||
            JSON.stringify(assigned.result) === JSON.stringify(report.result),
          `execution ${report.execution} has one result`,
        );
        assigned.result = report.result;
        return;
      case "missing":
        must(assigned.discarded, `execution ${report.execution} is not missing`);
        return;
    }
  }

  /** Executions whose result is wanted and not there. */
  owed(): ExecutionNumber[] {
    return [...this.assigned.entries()]
      .filter(([, { discarded, result }]) => !discarded && result === null)
      .map(([execution]) => execution);
  }
}

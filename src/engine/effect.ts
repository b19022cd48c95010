import type { ExecutionNumber, NodeNumber, PoolNumber } from "../model/id.ts";
import type { NodeOrder, StartOrder } from "../model/order.ts";

/**
 * What is to be done outside, after the commit. Each follows from stored state and is issued again after a restore
 * until its outcome is recorded; all are harmless when repeated.
 */
export type Effect =
  | { readonly effect: "start"; readonly node: NodeNumber; readonly order: StartOrder }
  | {
      readonly effect: "stop";
      readonly node: NodeNumber;
      readonly execution: ExecutionNumber;
      readonly graceMs: number;
    }
  /** Of an execution of a group, in place; asked once, so that a restart of the server may lose it. */
  | {
      readonly effect: "restart";
      readonly node: NodeNumber;
      readonly execution: ExecutionNumber;
      readonly member: string | null;
      readonly dead: boolean;
    }
  | { readonly effect: "discard"; readonly node: NodeNumber; readonly execution: ExecutionNumber }
  | {
      readonly effect: "remove";
      readonly node: NodeNumber;
      readonly removal: number;
      readonly jobId: string;
      readonly taskId: string | null;
    }
  /** A joined host runs its reboot command; a provided node is rebooted by its provider. */
  | { readonly effect: "rebootNode"; readonly node: NodeNumber; readonly provided: boolean }
  /** A node that is not known or was removed: leave and stop everything. */
  | { readonly effect: "leave"; readonly node: NodeNumber; readonly guid: string }
  | {
      readonly effect: "provideNode";
      readonly node: NodeNumber;
      readonly guid: string;
      readonly nodeId: string;
      readonly pool: PoolNumber;
      readonly poolId: string;
      readonly slots: number;
    }
  /** Answered by nodeRemoved. */
  | {
      readonly effect: "removeNode";
      readonly node: NodeNumber;
      readonly guid: string;
      readonly nodeId: string;
      readonly provided: boolean;
    }
  /** The node's reports up to here are in the store: acknowledge them. */
  | {
      readonly effect: "acknowledge";
      readonly node: NodeNumber;
      readonly linkId: string;
      readonly upTo: number;
    };

/** What a node is told for an effect; null when it is not for the node. */
export function orderOf(effect: Effect): NodeOrder | null {
  switch (effect.effect) {
    case "start":
      return { kind: "start", order: effect.order };
    case "stop":
      return { kind: "stop", execution: effect.execution, graceMs: effect.graceMs };
    case "restart": {
      const { execution, member, dead } = effect;
      return { kind: "restart", execution, member, dead };
    }
    case "discard":
      return { kind: "discard", execution: effect.execution };
    case "remove": {
      const { removal, jobId, taskId } = effect;
      return { kind: "remove", removal, jobId, taskId };
    }
    case "rebootNode":
      return { kind: "reboot" };
    case "leave":
      return { kind: "leave" };
    case "provideNode":
    case "removeNode":
    case "acknowledge":
      return null;
  }
}

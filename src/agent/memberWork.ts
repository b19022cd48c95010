import type { AgentInput, MemberEffect, ProcessKey } from "./core/contract.ts";

/** What is done for groups on this node: drivers, artifacts, templates, probes. Answers go back as inputs. */
export interface MemberWork {
  /** Must not throw; its answer comes through the loop, now or later. */
  perform(effect: MemberEffect): void;
  /** Abandons the preparation of an allocation or of a member's process, if there is one. */
  cancelPrepare(key: ProcessKey): void;
  /** Before all else, when the agent came back: what belongs to none of these processes is nobody's any more. */
  adopt(keys: ReadonlySet<ProcessKey>): void;
  close(): void;
}

/** A node without drivers: groups that come all the same fail at once. */
export function withoutMemberWork(push: (input: AgentInput) => void): MemberWork {
  return {
    perform(effect) {
      if (effect.effect !== "prepareAllocation") return;
      const message = "Expected a node with drivers for groups, given one without; use another.";
      const failure = { category: "servererror", code: "CommandLaunchFailed", message } as const;
      const { execution } = effect.order;
      push({ input: "prepared", execution, outcome: { ok: false, failure } });
    },
    cancelPrepare: () => undefined,
    adopt: () => undefined,
    close: () => undefined,
  };
}

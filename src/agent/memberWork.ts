import type { AgentInput, MemberEffect, MemberProcess, ProcessKey } from "./core/contract.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "./exec/enteredCommand.ts";

/** What is done for groups on this node: drivers, artifacts, templates, probes. Answers go back as inputs. */
export interface MemberWork {
  /** Must not throw; its answer comes through the loop, now or later. */
  perform(effect: MemberEffect): void;
  /** Abandons the preparation of an allocation or of a member's process, if there is one. */
  cancelPrepare(key: ProcessKey): void;
  /** Before all else, when the agent came back: what belongs to none of these processes is nobody's any more. */
  adopt(processes: readonly MemberProcess[]): void;
  /** A shim has started the process: `tell` is called once the member itself has begun, now or later, or never. */
  onStarted(key: ProcessKey, tell: () => void): void;
  /** The process has ended: `tell` is called once its start, if there was any, was told. */
  onExited(key: ProcessKey, tell: () => void): void;
  /** Runs a command inside a member whose process runs. */
  enter(process: MemberProcess, wish: EnterWish): Promise<EnteredCommand | EnterFailure>;
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
    onStarted: (_, tell) => tell(),
    onExited: (_, tell) => tell(),
    enter: () => Promise.resolve({ code: "TaskNotRunning", message: "The node runs no groups." }),
    close: () => undefined,
  };
}

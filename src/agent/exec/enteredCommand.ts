import type { ExecFailureCode, ExecOrder, TerminalSize } from "../../protocol/node/exec.ts";
import type { StartFailure } from "../drivers/driver.ts";
import type { TakeOutput } from "./outputDrain.ts";

/** What somebody wants to be run inside a member, and where its output goes. */
export interface EnterWish extends Pick<ExecOrder, "command" | "terminal" | "hasStdin"> {
  /** Resolves when more may come. Of a terminal everything is stdout. */
  readonly take: TakeOutput;
  /** Aborted when nobody wants it any more: what has not begun by then is not begun, or ended. */
  readonly signal: AbortSignal;
}

/** A command that runs inside a member, as a child of the agent: unlike the member it ends with it. */
export interface EnteredCommand {
  /** Of its first process, as this machine knows it; null: nobody says. */
  readonly pid: number | null;
  /** Why `stop` may not end it, as a sentence; null: nothing is known to keep it from that. */
  readonly shortcoming: string | null;
  /**
   * Its exit code (128 and the signal's number for one that was killed), when all its output was taken, or why that is
   * not known.
   */
  readonly ended: Promise<number | EnterFailure>;
  /** Resolves when the command has taken it, or will not any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more is written. */
  endInput(): void;
  resize(size: TerminalSize): void;
  /**
   * Ends it with all that it has started, unless that has left its session, and takes no more of its output; `ended`
   * follows. Answers the processes that could not be ended. A second call does nothing.
   */
  stop(): Promise<readonly number[]>;
}

/** Why it could not be run. */
export interface EnterFailure {
  readonly code: ExecFailureCode;
  readonly message: string;
}

/** Its machine has not heard of it yet, or it is between two of its processes. */
export const TASK_ENDED: EnterFailure = {
  code: "TaskNotRunning",
  message: "The task in which the command was to run has ended.",
};

export function isEnterFailure(value: EnteredCommand | EnterFailure): value is EnterFailure {
  return "code" in value;
}

export function enterFailureOf({ message, isMissing }: StartFailure): EnterFailure {
  return { code: isMissing === true ? "CommandNotFound" : "CommandLaunchFailed", message };
}

import type { FailureInfo } from "../model/failure.ts";
import type { StartOrder } from "../model/order.ts";
import type { Random } from "./random.ts";

/** What a simulated command does, told by its command line: `work DURATION_MS FAIL_PERCENT [stubborn] [nofiles] [noprogram]`. */
export interface Behaviour {
  readonly durationMs: number;
  readonly failPercent: number;
  /** Ignores the terminate signal. */
  readonly isStubborn: boolean;
  readonly hasFiles: boolean;
  readonly hasProgram: boolean;
}

export function behaviourOf(order: StartOrder): Behaviour {
  const words = (order.members[0]?.command.commandLine ?? "").split(" ");
  return {
    durationMs: Number(words[1] ?? 1_000),
    failPercent: Number(words[2] ?? 0),
    isStubborn: words.includes("stubborn"),
    hasFiles: !words.includes("nofiles"),
    hasProgram: !words.includes("noprogram"),
  };
}

export function drawExitCode(behaviour: Behaviour, random: Random): number {
  return random.chance(behaviour.failPercent / 100) ? random.between(1, 5) : 0;
}

export const NO_FILES: FailureInfo = {
  category: "usererror",
  code: "BlobNotFound",
  message: "The resource file was not found.",
};

export const NO_PROGRAM: FailureInfo = {
  category: "usererror",
  code: "CommandProgramNotFound",
  message: "The program was not found.",
};

import type { MemberProcess } from "../agent/core/contract.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { StartOrder } from "../model/order.ts";
import type { Random } from "./random.ts";

/**
 * What a simulated command does, told by its command line, or the name of a script with hyphens for blanks: `work DURATION_MS FAIL_PERCENT [stubborn] [nofiles] [noprogram]`
 * ends by itself; `serve CRASH_MEAN_MS FAIL_PERCENT [broken PERCENT] [sick PERCENT] [stubborn]` runs until it is told to
 * stop, or crashes while there are faults (mean 0: never).
 */
export interface Behaviour {
  readonly kind: "work" | "serve";
  readonly durationMs: number;
  readonly failPercent: number;
  /** Chance that a start goes wrong while there are faults. */
  readonly brokenPercent: number;
  /** Chance that a process fails its checks for a while, as long as there are faults. */
  readonly sickPercent: number;
  /** Ignores the terminate signal. */
  readonly isStubborn: boolean;
  readonly hasFiles: boolean;
  readonly hasProgram: boolean;
}

/** Of an execution's own process, or of a member's. */
export function behaviourOf(order: StartOrder, member: MemberProcess | null): Behaviour {
  const words = commandOf(order, member).split(" ");
  const after = (word: string) => {
    const index = words.indexOf(word);
    return index < 0 ? 0 : Number(words[index + 1] ?? 0);
  };
  return {
    kind: words[0] === "serve" ? "serve" : "work",
    durationMs: Number(words[1] ?? 1_000),
    failPercent: Number(words[2] ?? 0),
    brokenPercent: after("broken"),
    sickPercent: after("sick"),
    isStubborn: words.includes("stubborn"),
    hasFiles: !words.includes("nofiles"),
    hasProgram: !words.includes("noprogram"),
  };
}

function commandOf(order: StartOrder, member: MemberProcess | null): string {
  if (order.script !== undefined)
    return order.script.script.name.replace(".sh", "").replaceAll("-", " ");
  if (member === null) return order.members[0]?.command.commandLine ?? "";
  const spec = member.order.allocation.group.members.find(({ name }) => name === member.member);
  return String(spec?.config["command"] ?? "");
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

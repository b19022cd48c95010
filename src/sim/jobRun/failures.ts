import { parseDuration } from "../../model/duration.ts";
import type { FailureMistake } from "../../model/simulation.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SICK_DEFAULT_MS = 300_000;
const REPAIR_DEFAULT_MS = 600_000;
const OUTAGE_DEFAULT_MS = 600_000;

/** What goes wrong in a simulated run, each from one `--fail`. */
export type Failure =
  /** A process that lasts ends by itself: by chance (`rate`, per ms) or after a time. */
  | {
      readonly kind: "process";
      readonly member: string | null;
      readonly ratePerMs: number;
      readonly afterMs: number | null;
      readonly exitCode: number;
    }
  /** Its checks fail for a while. */
  | { readonly kind: "check"; readonly ratePerMs: number; readonly lengthMs: number }
  /** Chance that a start goes wrong. */
  | { readonly kind: "start"; readonly chance: number }
  /** A machine goes off (`node`), or its connection does and what runs goes on (`link`): again and again. */
  | { readonly kind: "node" | "link"; readonly meanMs: number; readonly repairMs: number }
  /** Once, `count` machines. */
  | {
      readonly kind: "nodeOnce" | "linkOnce";
      readonly atMs: number;
      readonly lengthMs: number;
      readonly count: number;
    };

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  process: ["p", "after", "exit", "member"],
  check: ["p", "for"],
  start: ["p"],
  node: ["mtbf", "mttr", "at", "for", "count"],
  link: ["mtbf", "mttr", "at", "for", "count"],
};

class Mistake extends Error {}

/** Reads failures as people write them; what is wrong with any is told of each. */
export function readFailures(texts: readonly string[]): {
  readonly failures: readonly Failure[];
  readonly mistakes: readonly FailureMistake[];
} {
  const failures: Failure[] = [];
  const mistakes: FailureMistake[] = [];
  for (const given of texts) {
    try {
      failures.push(readFailure(given));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      mistakes.push({ given, message: error.message });
    }
  }
  return { failures, mistakes };
}

function readFailure(text: string): Failure {
  const [kind = "", ...rest] = text.split(":");
  const known = Object.hasOwn(PARAMETERS, kind) ? PARAMETERS[kind] : undefined;
  if (known === undefined) {
    const kinds = Object.keys(PARAMETERS).join(", ");
    throw new Mistake(`Expected what fails, one of ${kinds}, before a colon and got "${kind}".`);
  }
  const given = parametersOf(kind, known, rest.join(":"));
  switch (kind) {
    case "process":
      return processFailure(given);
    case "check":
      return {
        kind,
        ratePerMs: rateOf(needed(given, kind, "p")),
        lengthMs: durationOf(given, "for") ?? SICK_DEFAULT_MS,
      };
    case "start":
      return { kind, chance: chanceOf("p", needed(given, kind, "p")) };
    default:
      return machineFailure(kind === "link" ? "link" : "node", given);
  }
}

type Given = ReadonlyMap<string, string>;

function parametersOf(kind: string, known: readonly string[], text: string): Given {
  const given = new Map<string, string>();
  for (const part of text.split(",").filter((each) => each.trim() !== "")) {
    const [name = "", value] = part.trim().split("=");
    if (!known.includes(name) || value === undefined || value === "") {
      const names = known.map((each) => `${each}=...`).join(", ");
      throw new Mistake(`Expected ${names} of ${kind} and got "${part.trim()}".`);
    }
    if (given.has(name)) throw new Mistake(`Expected ${name} once and got it twice.`);
    given.set(name, value);
  }
  return given;
}

function needed(given: Given, kind: string, name: string): string {
  const value = given.get(name);
  if (value === undefined) throw new Mistake(`Expected ${name}=... of ${kind} and got none.`);
  return value;
}

function processFailure(given: Given): Failure {
  const rate = given.get("p");
  const afterMs = durationOf(given, "after");
  if ((rate === undefined) === (afterMs === null)) {
    throw new Mistake("Expected one of p=RATE/h and after=DURATION of process.");
  }
  const exit = given.get("exit") ?? "1";
  const exitCode = Number(exit);
  if (!/^\d+$/.test(exit) || exitCode > 255) {
    throw new Mistake(`Expected an exit code from 0 to 255 and got "${exit}".`);
  }
  const ratePerMs = rate === undefined ? 0 : rateOf(rate);
  return { kind: "process", member: given.get("member") ?? null, ratePerMs, afterMs, exitCode };
}

function machineFailure(kind: "node" | "link", given: Given): Failure {
  const meanMs = durationOf(given, "mtbf");
  const atMs = durationOf(given, "at");
  if ((meanMs === null) === (atMs === null)) {
    throw new Mistake(`Expected one of mtbf=DURATION and at=DURATION of ${kind}.`);
  }
  const misplaced = atMs === null ? ["for", "count"] : ["mttr"];
  const wrong = misplaced.find((name) => given.has(name));
  if (wrong !== undefined) {
    const [has, wants] = atMs === null ? ["mtbf", "mttr"] : ["at", "for and count"];
    throw new Mistake(`Expected ${wants} beside ${has} and got ${wrong}.`);
  }
  if (atMs === null) {
    if (meanMs === 0) throw new Mistake("Expected mtbf above 0 and got 0.");
    return { kind, meanMs: meanMs ?? 0, repairMs: durationOf(given, "mttr") ?? REPAIR_DEFAULT_MS };
  }
  const count = given.get("count") ?? "1";
  if (!/^[1-9]\d{0,4}$/.test(count)) {
    throw new Mistake(`Expected a number of nodes, at least 1, and got "${count}".`);
  }
  return {
    kind: kind === "node" ? "nodeOnce" : "linkOnce",
    atMs,
    lengthMs: durationOf(given, "for") ?? OUTAGE_DEFAULT_MS,
    count: Number(count),
  };
}

function durationOf(given: Given, name: string): number | null {
  const text = given.get(name);
  if (text === undefined) return null;
  const durationMs = parseDuration(text);
  if (durationMs === null) {
    throw new Mistake(`Expected ${name} as a duration, as 90s, 10m or 30d, and got "${text}".`);
  }
  return durationMs;
}

function chanceOf(name: string, text: string): number {
  const chance = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || chance > 1) {
    throw new Mistake(`Expected ${name} as a probability from 0 to 1 and got "${text}".`);
  }
  return chance;
}

/** `0.02/h`: with this probability it happens within an hour. As a rate for each millisecond. */
function rateOf(text: string): number {
  const match = /^(.*)\/(h|d)$/.exec(text);
  const chance = match === null ? Number.NaN : chanceOf("p", match[1] ?? "");
  if (Number.isNaN(chance) || chance >= 1) {
    throw new Mistake(
      `Expected p as a probability below 1 for each hour or day, as 0.02/h, and got "${text}".`,
    );
  }
  return -Math.log(1 - chance) / (match?.[2] === "d" ? DAY_MS : HOUR_MS);
}

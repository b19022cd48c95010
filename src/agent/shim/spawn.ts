import { closeSync, constants, openSync, readFileSync } from "node:fs";
import type { FailureInfo } from "../../model/failure.ts";
import type { ProcessExit } from "../core/contract.ts";
import type { Spawned } from "../core/shim.ts";
import { readProcessStat } from "../platform/processIdentity.ts";
import { ON_NODE } from "../platform/startPlace.ts";
import type { StarterFailure } from "../starter/order.ts";
import { elsewhere } from "../starter/startElsewhere.ts";
import type { SpawnGroups, SpawnRequest } from "./message.ts";

const KIB = 1024;

/** A link in place of the file is refused: a task must not make the shim write elsewhere. */
const OUTPUT_FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** What a process that was started tells. */
export interface SpawnEvents {
  /** Once, if spawnProcess answered `beginning`. */
  onBegun(begun: Spawned | FailureInfo): void;
  /** Once, if it has begun, never before that is known. */
  onExit(exit: ProcessExit): void;
}

/**
 * Starts the process in a session of its own, its output straight to files. `selfCommand` is how this program is
 * started. No event comes before this function returns.
 */
export function spawnProcess(
  request: SpawnRequest,
  selfCommand: readonly string[],
  events: SpawnEvents,
): Spawned | FailureInfo | "beginning" {
  const files: number[] = [];
  try {
    const stdout = openSync(request.stdoutPath, OUTPUT_FLAGS, 0o644);
    files.push(stdout);
    const stderr = openSync(request.stderrPath, OUTPUT_FLAGS, 0o644);
    files.push(stderr);
    return spawnInto(request, selfCommand, [stdout, stderr], events);
  } catch (error) {
    return launchFailure(request, error);
  } finally {
    for (const file of files) closeSync(file);
  }
}

function spawnInto(
  request: SpawnRequest,
  selfCommand: readonly string[],
  output: readonly [stdout: number, stderr: number],
  events: SpawnEvents,
): Spawned | "beginning" {
  // An agent of before there were roots has said nothing of them.
  const { root = null, user = null } = request as Partial<SpawnRequest>;
  const place = root === null ? ON_NODE : elsewhere({ kind: "newRoot", root }, selfCommand);
  const begunAt = performance.now();
  const over = Promise.withResolvers<ProcessExit>();
  const { child, begun } = place.start({ ...request, user }, false, ({ words, options, further }) =>
    Bun.spawn(words, {
      ...options,
      stdio: ["ignore", ...output, ...further],
      onExit(ended, exitCode) {
        const exit = exitOf(request, ended, exitCode, performance.now() - begunAt);
        if (begun === null) events.onExit(exit);
        else over.resolve(exit);
      },
    }),
  );
  const startTicks = readProcessStat(child.pid)?.startTicks ?? 0;
  const process = { bootId: request.bootId, pid: child.pid, startTicks };
  if (begun === null) return { process, startedAt: Date.now() };
  void begun.then(async (failure) => {
    if (failure !== null) {
      events.onBegun(starterFailure(request, failure));
      return;
    }
    events.onBegun({ process, startedAt: Date.now() });
    events.onExit(await over.promise);
  });
  return "beginning";
}

function exitOf(
  { groups, root }: SpawnRequest,
  ended: Bun.Subprocess,
  exitCode: number | null,
  durationMs: number,
): ProcessExit {
  const usage = ended.resourceUsage();
  // Without groups the kernel's figure would be that of the starter.
  const maxRssBytes = root ? 0 : (usage?.maxRSS ?? 0);
  return {
    outcome: outcomeOf(exitCode, ended.signalCode),
    endedAt: Date.now(),
    durationMs: Math.round(durationMs),
    peakMemoryBytes: peakMemory(groups, maxRssBytes),
    cpuMs: cpuTime(groups, Number(usage?.cpuTime.total ?? 0)),
  };
}

function outcomeOf(
  exitCode: number | null,
  signal: NodeJS.Signals | number | null,
): ProcessExit["outcome"] {
  if (signal === null) return { state: "exited", exitCode: exitCode ?? 0 };
  return { state: "signaled", signal: signalNumber(signal) };
}

function signalNumber(signal: NodeJS.Signals | number): number {
  if (typeof signal === "number") return signal;
  const { signals } = require("node:os").constants as { signals: Record<string, number> };
  return signals[signal] ?? 0;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

/** Without a group of its own it is that of the largest process that was waited for. */
function peakMemory(groups: SpawnGroups | null, maxRssBytes: number): number | null {
  if (groups?.peakMemoryPath) {
    const peak = Number(readLines(groups.peakMemoryPath)[0] ?? Number.NaN);
    if (Number.isFinite(peak)) return peak;
  }
  // A child of vfork is charged with its parent's peak until it has its own: up to there the kernel's figure is ours.
  const ownPeakBytes = process.resourceUsage().maxRSS * KIB;
  return maxRssBytes > ownPeakBytes ? maxRssBytes : null;
}

function cpuTime(groups: SpawnGroups | null, ownMicroseconds: number): number {
  if (groups?.cpuStatPath) {
    const line = readLines(groups.cpuStatPath).find((entry) => entry.startsWith("usage_usec "));
    if (line !== undefined) return Math.round(Number(line.slice(11)) / 1000);
  }
  return Math.round(ownMicroseconds / 1000);
}

function launchFailure(request: SpawnRequest, error: unknown): FailureInfo {
  const code = (error as { code?: string }).code ?? "";
  const reason = error instanceof Error ? error.message : String(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return {
      category: "servererror",
      code: "DiskFull",
      message: `The output files of the task could not be opened: ${reason}.`,
    };
  }
  return notStarted(request, reason);
}

function starterFailure(request: SpawnRequest, { by, reason }: StarterFailure): FailureInfo {
  if (by === "task") return notStarted(request, reason);
  return {
    category: "servererror",
    code: "CommandLaunchFailed",
    message: `The program ${request.program} was not started, as ${reason}.`,
  };
}

function notStarted({ program, cwd, root }: SpawnRequest, reason: string): FailureInfo {
  const seen = root ? ` Of the node it sees ${root.shown.join(", ")}.` : "";
  return {
    category: "usererror",
    code: "CommandLaunchFailed",
    message: `The program ${program} could not be started in ${cwd}: ${reason}.${seen}`,
  };
}

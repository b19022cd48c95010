import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import type { FailureInfo } from "../../model/failure.ts";
import type { ProcessExit } from "../core/contract.ts";
import type { Spawned } from "../core/shim.ts";
import { RootError } from "../platform/privateRoot.ts";
import { readProcessStat } from "../platform/processIdentity.ts";
import { inNewRoot, ON_NODE } from "../platform/startPlace.ts";
import type { SpawnGroups, SpawnRequest } from "./message.ts";

const KIB = 1024;

/** A link in place of the file is refused: a task must not make the shim write elsewhere. */
const OUTPUT_FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Starts the process in a session of its own, its output straight to files. `onExit` is called once, never before
 * this function returns.
 */
export function spawnProcess(
  request: SpawnRequest,
  onExit: (exit: ProcessExit) => void,
): Spawned | FailureInfo {
  const files: number[] = [];
  try {
    const stdout = openSync(request.stdoutPath, OUTPUT_FLAGS, 0o644);
    files.push(stdout);
    const stderr = openSync(request.stderrPath, OUTPUT_FLAGS, 0o644);
    files.push(stderr);
    return spawnInto(request, stdout, stderr, onExit);
  } catch (error) {
    return launchFailure(request, error);
  } finally {
    for (const file of files) closeSync(file);
  }
}

function spawnInto(
  request: SpawnRequest,
  stdout: number,
  stderr: number,
  onExit: (exit: ProcessExit) => void,
): Spawned {
  const { groups } = request;
  // An agent of before there were roots has said nothing of them.
  const root = request.root ?? null;
  const place = root === null ? ON_NODE : inNewRoot(root);
  const wish = { group: groups?.first ?? null, cwd: request.cwd, user: request.fileUser ?? null };
  const begunAt = performance.now();
  const child = place.run(wish, ({ group, cwd }) =>
    Bun.spawn([request.program, ...request.argv.slice(1)], {
      argv0: request.argv[0] ?? request.program,
      cwd,
      env: request.env,
      stdin: "ignore",
      stdout,
      stderr,
      detached: true,
      ...(request.uid === null ? {} : { uid: request.uid }),
      ...(request.gid === null ? {} : { gid: request.gid }),
      ...(group === null ? {} : { cgroup: group }),
      onExit(ended, exitCode) {
        onExit({
          outcome: outcomeOf(exitCode, ended.signalCode),
          endedAt: Date.now(),
          durationMs: Math.round(performance.now() - begunAt),
          peakMemoryBytes: peakMemory(groups, ended.resourceUsage()?.maxRSS ?? 0),
          cpuMs: cpuTime(groups, Number(ended.resourceUsage()?.cpuTime.total ?? 0)),
        });
      },
    }),
  );
  const startedAt = Date.now();
  const startTicks = readProcessStat(child.pid)?.startTicks ?? 0;
  if (groups !== null) joinFurther(groups, child.pid);
  return { process: { bootId: request.bootId, pid: child.pid, startTicks }, startedAt };
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

/** Children that the process made before it was moved are moved after it, until no new one shows up. */
export function joinFurther(groups: SpawnGroups, pid: number): void {
  for (const directory of groups.further) {
    const moved = new Set<string>();
    for (let found = [String(pid)]; found.length > 0; ) {
      for (const member of found) {
        moved.add(member);
        writeQuietly(`${directory}/cgroup.procs`, member);
      }
      found = readLines(`${groups.first}/cgroup.procs`).filter((member) => !moved.has(member));
    }
  }
}

function writeQuietly(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    // It has ended already.
  }
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
  if (error instanceof RootError) {
    return {
      category: "servererror",
      code: "CommandLaunchFailed",
      message: `The program ${request.program} was not started, as ${reason}.`,
    };
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return {
      category: "servererror",
      code: "DiskFull",
      message: `The output files of the task could not be opened: ${reason}.`,
    };
  }
  const { program, cwd, root } = request;
  const seen = !root ? "" : ` Of the node it sees ${root.shown.join(", ")}.`;
  return {
    category: "usererror",
    code: "CommandLaunchFailed",
    message: `The program ${program} could not be started in ${cwd}: ${reason}.${seen}`,
  };
}

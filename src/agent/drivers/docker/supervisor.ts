import { readFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { recoverable, type StartFailure, unrecoverable } from "../driver.ts";
import { type ContainerRun, writeStatus } from "./containerRun.ts";
import { ContainerEngine, EngineError } from "./engine.ts";
import { newFrameSplitter } from "./frames.ts";

/** What `docker run` exits with when the container could not be started. */
const FAILED_TO_START_CODE = 125;
/** Between looks for an engine that does not answer. */
const LOOK_AGAIN_MS = 500;
/** A restarted engine is back within this; after that the container's end counts as not seen. */
const ENGINE_AWAY_MAX_MS = 120_000;
const DISK_FULL_AGAIN_MS = 200;

/** All that a process may be sent by people and that has a meaning for a container. */
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

interface Inspected {
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
  };
}

/**
 * The process that stands for a container under the shim (`stint container FILE`, hidden): makes it, starts it, copies
 * its output to its own, hands signals on, and ends with the container's exit code.
 */
export async function superviseContainer(runPath: string): Promise<number> {
  const run = JSON.parse(readFileSync(runPath, "utf8")) as ContainerRun;
  const engine = new ContainerEngine(() => run.socketPath);
  const path = `/containers/${run.name}`;
  for (const name of FORWARDED) {
    process.on(name, () => {
      engine.act("POST", `${path}/kill?signal=${constants.signals[name]}`).catch(() => undefined);
    });
  }
  const output = await start(engine, run, path).catch(startFailure);
  if ("isRecoverable" in output) {
    process.stderr.write(`stint: ${output.message}\n`);
    writeStatus(run.statusPath, { status: "failedToStart", failure: output });
    await engine.act("DELETE", `${path}?force=true&v=true`).catch(() => undefined);
    return FAILED_TO_START_CODE;
  }
  writeStatus(run.statusPath, { status: "started", startedAt: Date.now() });
  const ended = await waitForEnd(engine, path, output);
  if (ended === null) return FAILED_TO_START_CODE;
  const { ExitCode: exitCode, OOMKilled: oomKilled, Error: error } = ended.State;
  writeStatus(run.statusPath, { status: "exited", exitCode, oomKilled, error });
  await engine.act("DELETE", `${path}?force=true&v=true`).catch(() => undefined);
  return exitCode;
}

/** The container's output, from its first byte. */
async function start(
  engine: ContainerEngine,
  { name, create }: ContainerRun,
  path: string,
): Promise<Response> {
  // One of that name is of an earlier try that did not get further.
  await engine.act("DELETE", `${path}?force=true&v=true`);
  await engine.call("POST", `/containers/create?name=${name}`, { body: create });
  const output = await engine.call("POST", `${path}/attach?stream=1&stdout=1&stderr=1`);
  await engine.call("POST", `${path}/start`);
  return output;
}

/** What the engine refuses stays refused, unless it is busy or away. */
function startFailure(error: unknown): StartFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof EngineError)) return unrecoverable(message);
  const text = `The container could not be started: ${message}.`;
  const isPassing =
    error.status === 0 ||
    error.status === 409 ||
    /port is already allocated|timeout/i.test(message);
  // The engine answers a missing program with 400, 404 or, before version 25, 500.
  return isPassing || (error.status >= 500 && !isAboutProgram(message))
    ? recoverable(text)
    : unrecoverable(text);
}

function isAboutProgram(message: string): boolean {
  return /executable file not found|no such file or directory|permission denied|exec format/i.test(
    message,
  );
}

/** Null: nobody knows how it ended. */
async function waitForEnd(
  engine: ContainerEngine,
  path: string,
  output: Response,
): Promise<Inspected | null> {
  let pumped = pump(output);
  let awaySince: number | null = null;
  for (;;) {
    try {
      await engine.json("POST", `${path}/wait`);
      await pumped;
      const found = await engine.json<Inspected>("GET", `${path}/json`);
      if (!found.State.Running) return found;
      awaySince = null;
    } catch (error) {
      // 404: somebody has removed it.
      if (error instanceof EngineError && error.status === 404) return null;
      awaySince ??= performance.now();
      if (performance.now() - awaySince > ENGINE_AWAY_MAX_MS) return null;
    }
    await Bun.sleep(LOOK_AGAIN_MS);
    // The engine was restarted and the container lives on.
    const again = await engine
      .call("POST", `${path}/attach?stream=1&stdout=1&stderr=1`)
      .catch(() => null);
    if (again !== null) pumped = pump(again);
  }
}

async function pump(output: Response): Promise<void> {
  const take = newFrameSplitter((stream, bytes) => writeAll(stream === "stdout" ? 1 : 2, bytes));
  try {
    for await (const chunk of output.body ?? []) take(chunk);
  } catch {
    // The engine went away; what was said meanwhile is not to be had.
  }
}

/** A full disk holds the container up by its own pipe instead of losing what it says. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EAGAIN") return;
      Bun.sleepSync(DISK_FULL_AGAIN_MS);
    }
  }
}

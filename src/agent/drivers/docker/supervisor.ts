import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { recoverable, type StartFailure, unrecoverable } from "../driver.ts";
import { awaitEnd } from "./awaitEnd.ts";
import { writeOutput } from "./containerOutput.ts";
import { type ContainerRun, writeStatus } from "./containerRun.ts";
import { ContainerEngine, EngineError } from "./engine.ts";
import { removeContainer } from "./strays.ts";

/** What `docker run` exits with when the container could not be started. */
const FAILED_TO_START_CODE = 125;
/** The status file says what is known. */
const UNSEEN_CODE = 125;

/** All that a process may be sent by people and that has a meaning for a container. */
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

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
    await removeContainer(engine, run.name).catch(() => undefined);
    return FAILED_TO_START_CODE;
  }
  const started = { status: "started", startedAt: Date.now(), leader: null } as const;
  writeStatus(run.statusPath, started);
  const end = await awaitEnd({
    engine,
    name: run.name,
    output,
    take: writeOutput,
    onLeader: (leader) => writeStatus(run.statusPath, { ...started, leader }),
  });
  writeStatus(run.statusPath, end);
  // One that is not removed now, as its engine is away, is removed by the agent.
  await removeContainer(engine, run.name).catch(() => undefined);
  return end.status === "exited" ? end.exitCode : UNSEEN_CODE;
}

/** The container's output, from its first byte. */
async function start(
  engine: ContainerEngine,
  { name, create }: ContainerRun,
  path: string,
): Promise<Response> {
  // One of that name is of an earlier try that did not get further.
  await removeContainer(engine, name);
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

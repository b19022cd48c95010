import { mkdirSync, writeFileSync } from "node:fs";
import type { MemberEnd, ProcessExit, ProcessIdentity } from "../../core/contract.ts";
import {
  type Driver,
  type DriverFingerprint,
  isStartFailure,
  type Launch,
  type MemberStart,
  recoverable,
  type StartFailure,
  startFailureOf,
} from "../driver.ts";
import { signalLeader } from "./containerLeader.ts";
import { containerFiles, readStatus, removeFiles } from "./containerRun.ts";
import { type ContainerRules, containerBody } from "./containerSpec.ts";
import { type DockerConfig, readDockerConfig } from "./dockerConfig.ts";
import { ContainerEngine, EngineError, isAway } from "./engine.ts";
import { enterContainer } from "./enterContainer.ts";
import { executeInContainer } from "./execute.ts";
import { ensureImage, type ImageMap, mappedImage } from "./image.ts";
import { nodeLabelOf, removeContainer, removeStrays, untilAnswered } from "./strays.ts";

export interface DockerParts {
  /** Looked for each time, as engines come and go; null: there is none here. */
  readonly findSocket: () => string | null;
  readonly rules: ContainerRules;
  readonly images: ImageMap;
  /** Starts this executable. */
  readonly selfCommand: readonly string[];
  /** The agent's own folder for the files of containers, mode 0700. */
  readonly directory: string;
  /** Kills what is left of the process that stands for a container. */
  readonly killProcess: (start: MemberStart, process: ProcessIdentity | null) => Promise<void>;
}

/** A killed container is gone within this, or its process is killed. */
const KILL_TIMEOUT_MS = 10_000;
/** An engine that does not take a signal within this counts as away. */
const ANSWER_MAX_MS = 10_000;
const LOOK_AGAIN_MS = 20;
const VERSION_TIMEOUT_MS = 5_000;

/**
 * Containers of Docker or Podman. Under the shim there is one process for each container, which makes, starts and
 * watches it (supervisor.ts); the agent itself only talks to the engine.
 */
export function newDockerDriver(parts: DockerParts): Driver {
  const { directory, findSocket } = parts;
  const engine = new ContainerEngine(() => findSocket() ?? "/var/run/docker.sock");
  const node = nodeLabelOf(directory);
  const nameOf = ({ key }: MemberStart) => `stint-${node}-${key}`;
  const statusOf = ({ key }: MemberStart) => containerFiles(directory, key).status;
  /** When its engine is away as far as its process is seen, and the rest once that is back. */
  const end = async (start: MemberStart, process: ProcessIdentity | null): Promise<void> => {
    await parts.killProcess(start, process);
    const leader = leaderOf(statusOf(start));
    if (leader !== null) signalLeader(leader, "SIGKILL");
    const remove = () => removeContainer(engine, nameOf(start));
    await remove().catch(() => void untilAnswered(remove).catch(() => undefined));
  };
  return {
    name: "docker",
    seesNode: () => Promise.resolve(false),
    fingerprint: () =>
      findSocket() === null ? Promise.resolve(NOT_DETECTED) : fingerprint(engine),
    beginsAtOnce: false,
    async prepare(start, signal, say) {
      const config = readDockerConfig(start.config);
      if (isStartFailure(config)) return config;
      if (findSocket() === null) return recoverable(NOT_DETECTED.facts.description);
      const body = containerBody(start, config, "", node, parts.rules);
      if (isStartFailure(body)) return body;
      const image = mappedImage(config.image, parts.images);
      const { auth, forcePull, imagePullTimeoutMs: timeoutMs } = config;
      return ensureImage(engine, { image, auth, forcePull, timeoutMs }, signal, say);
    },
    command(start) {
      const config = readDockerConfig(start.config);
      if (isStartFailure(config)) return config;
      return launchOf(start, config, nameOf(start), node, parts);
    },
    begun: (start, signal) => hasBegun(statusOf(start), signal),
    async terminate(start, _, name) {
      const path = `/containers/${nameOf(start)}`;
      const signal = name ?? (await stopSignalOf(engine, path));
      await sendSignal(engine, path, statusOf(start), signal).catch(() => undefined);
    },
    signal: (start, _, name) =>
      sendSignal(engine, `/containers/${nameOf(start)}`, statusOf(start), name),
    async kill(start, process) {
      if (!(await endsByKill(engine, nameOf(start), statusOf(start)))) await end(start, process);
    },
    async cleanup(start, process, exit) {
      await end(start, process);
      const known = endOf(statusOf(start), exit);
      removeFiles(directory, start.key);
      return known;
    },
    async adopt(held) {
      await untilAnswered(() => removeStrays(engine, directory, held));
    },
    execute: (start, _, command, timeoutMs) =>
      executeInContainer(engine, nameOf(start), command, timeoutMs),
    enter: (start, _, wish) => enterContainer(engine, nameOf(start), wish),
  };
}

function launchOf(
  start: MemberStart,
  config: DockerConfig,
  name: string,
  node: string,
  parts: DockerParts,
): Launch | StartFailure {
  const { rules, images, directory, selfCommand, findSocket } = parts;
  const create = containerBody(start, config, mappedImage(config.image, images), node, rules);
  if (isStartFailure(create)) return create;
  const files = containerFiles(directory, start.key);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  removeFiles(directory, start.key);
  const run = { socketPath: findSocket(), name, create, statusPath: files.status };
  // A file, as the environment of the container may hold secrets, and arguments are seen by everybody.
  writeFileSync(files.run, JSON.stringify(run), { mode: 0o600 });
  const argv = [...selfCommand, "container", files.run];
  return {
    program: argv[0] ?? "",
    argv,
    cwd: directory,
    env: { PATH: Bun.env["PATH"] ?? "", HOME: directory },
    uid: null,
    gid: null,
    limits: undefined,
    user: null,
    root: null,
    notes: [],
  };
}

function endOf(statusPath: string, processExit: ProcessExit): MemberEnd {
  const status = readStatus(statusPath);
  // The figures of the process that stood for the container say nothing of it.
  const exit = { ...processExit, peakMemoryBytes: null, cpuMs: null };
  switch (status?.status) {
    case "failedToStart":
      return { end: "failedToStart", ...startFailureOf(status.failure) };
    case "exited": {
      const { exitCode, oomKilled: isOutOfMemory, message } = status;
      const outcome = { state: "exited", exitCode } as const;
      return { end: "exited", exit: { ...exit, outcome }, isOutOfMemory, message };
    }
    case "unseen": {
      const outcome = { state: "unseen" } as const;
      const { message } = status;
      return { end: "exited", exit: { ...exit, outcome }, isOutOfMemory: false, message };
    }
    case "started":
    case undefined: {
      const message = "The process that stood for the container ended before it.";
      return { end: "exited", exit, isOutOfMemory: false, message };
    }
  }
}

/** Whether the container has begun, or false if what stood for it has ended before. */
async function hasBegun(statusPath: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const isOver = signal.aborted;
    const read = readStatus(statusPath);
    if (read !== null) return read.status !== "failedToStart";
    if (isOver) return false;
    await Bun.sleep(LOOK_AGAIN_MS);
  }
}

/** Whether what stands for the container ends by itself once that is killed, with the exit code that it has seen. */
async function endsByKill(
  engine: ContainerEngine,
  name: string,
  statusPath: string,
): Promise<boolean> {
  const path = `/containers/${name}/kill?signal=SIGKILL`;
  const wasThere = await engine.act("POST", path, answerSoon()).catch(() => false);
  const until = performance.now() + KILL_TIMEOUT_MS;
  while (wasThere && performance.now() < until) {
    if (readStatus(statusPath)?.status !== "started") return true;
    await Bun.sleep(LOOK_AGAIN_MS);
  }
  return false;
}

/** By its engine, or past it while that is away. Throws EngineError when neither could. */
async function sendSignal(
  engine: ContainerEngine,
  path: string,
  statusPath: string,
  name: string,
): Promise<void> {
  try {
    await engine.act("POST", `${path}/kill?signal=${name}`, answerSoon());
  } catch (error) {
    const leader = isAway(error) ? leaderOf(statusPath) : null;
    if (leader === null || !signalLeader(leader, name as NodeJS.Signals)) throw error;
  }
}

function answerSoon(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(ANSWER_MAX_MS) };
}

/** Of a container that is not known to have ended; null: it is not seen from here. */
function leaderOf(statusPath: string): ProcessIdentity | null {
  const status = readStatus(statusPath);
  return status?.status === "started" ? status.leader : null;
}

/** The image says how its containers want to be stopped. */
async function stopSignalOf(engine: ContainerEngine, path: string): Promise<string> {
  try {
    const { Config } = await engine.json<{ Config: { StopSignal?: string } }>(
      "GET",
      `${path}/json`,
      answerSoon(),
    );
    return Config.StopSignal || "SIGTERM";
  } catch {
    return "SIGTERM";
  }
}

const NOT_DETECTED: DriverFingerprint = {
  facts: {
    detected: false,
    healthy: false,
    description: "There is no socket of Docker or Podman.",
  },
  attributes: {},
};

async function fingerprint(engine: ContainerEngine): Promise<DriverFingerprint> {
  try {
    const { Version } = await engine.json<{ Version: string }>("GET", "/version", {
      signal: AbortSignal.timeout(VERSION_TIMEOUT_MS),
    });
    return {
      facts: { detected: true, healthy: true, description: Version },
      attributes: { "driver.docker": "1", "driver.docker.version": Version },
    };
  } catch (error) {
    const description = error instanceof EngineError ? error.message : String(error);
    return { facts: { detected: true, healthy: false, description }, attributes: {} };
  }
}

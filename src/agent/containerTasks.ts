import { existsSync } from "node:fs";
import { join } from "node:path";
import { splitCommandLine } from "../model/commandLine.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { StartOrder } from "../model/order.ts";
import type { ContainerSettings } from "../model/taskSpec.ts";
import type { ProcessExit, ProcessIdentity, ProcessKey } from "./core/contract.ts";
import { unseenExit } from "./core/shimRecord.ts";
import { taskFolder } from "./directories.ts";
import { containerFiles } from "./drivers/docker/containerRun.ts";
import { readRunOptions } from "./drivers/docker/runOptions.ts";
import { type Driver, isStartFailure, type Launch, type MemberStart } from "./drivers/driver.ts";
import { environmentOf, type NodeSurroundings } from "./environment.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "./exec/enteredCommand.ts";

export interface ContainerTasksParts extends NodeSurroundings {
  readonly docker: Driver;
  readonly containersDirectory: string;
}

/** A container that was asked for and is not known to have begun. */
interface Beginning {
  /** Aborted at the end of the process that stands for it. */
  readonly over: AbortController;
  /** Resolves when its beginning was told, if it is to be; null: the process is not known to run. */
  told: Promise<void> | null;
}

/** Tasks whose command runs in a container (Azure Batch `containerSettings`), by the docker driver. */
export class ContainerTasks {
  readonly #parts: ContainerTasksParts;
  /** Started and not known to have begun. */
  readonly #beginnings = new Map<ProcessKey, Beginning>();

  constructor(parts: ContainerTasksParts) {
    this.#parts = parts;
  }

  isContainer(order: StartOrder): boolean {
    return order.members[0]?.command.container !== undefined;
  }

  /** Whether there is or was a container for it, of this life of the agent or an earlier one. */
  has(key: ProcessKey): boolean {
    return existsSync(containerFiles(this.#parts.containersDirectory, key).run);
  }

  /** Fetches the image; null: it is there. */
  async prepare(order: StartOrder, signal: AbortSignal): Promise<FailureInfo | null> {
    const start = this.#startOf(order);
    if (typeof start === "string") return launchFailure(start);
    const failure = await this.#parts.docker.prepare(start, signal, () => undefined);
    return failure === null ? null : launchFailure(failure.message);
  }

  launch(order: StartOrder): Launch | FailureInfo {
    const start = this.#startOf(order);
    const launch = typeof start === "string" ? start : this.#parts.docker.command(start);
    if (typeof launch === "string") return launchFailure(launch);
    if (isStartFailure(launch)) return launchFailure(launch.message);
    this.#beginnings.set(order.execution, { over: new AbortController(), told: null });
    return launch;
  }

  /** `tell` is called once the container has begun. */
  onStarted(key: ProcessKey, tell: () => void): void {
    const beginning = this.#beginnings.get(key);
    if (beginning === undefined) {
      tell();
      return;
    }
    const { signal } = beginning.over;
    beginning.told = this.#parts.docker.begun(bareStart(key), signal).then((hasBegun) => {
      if (hasBegun) tell();
    });
  }

  /** `tell` is called with the container's own end, `tellFailed` instead if it never began. */
  onExited(
    key: ProcessKey,
    exit: ProcessExit,
    tell: (exit: ProcessExit) => void,
    tellFailed: (failure: FailureInfo) => void,
  ): void {
    const beginning = this.#beginnings.get(key);
    if (beginning === undefined && !this.has(key)) {
      tell(exit);
      return;
    }
    this.#beginnings.delete(key);
    beginning?.over.abort();
    void Promise.resolve(beginning?.told)
      .then(() => this.#parts.docker.cleanup(bareStart(key), null, exit))
      .then((end) => (end.end === "exited" ? tell(end.exit) : tellFailed(end.failure)))
      .catch(() => tell(exit));
  }

  async signal(
    key: ProcessKey,
    process: ProcessIdentity | null,
    signal: "terminate" | "kill",
  ): Promise<void> {
    const { docker } = this.#parts;
    if (signal === "kill") await docker.kill(bareStart(key), process);
    else await docker.terminate(bareStart(key), process, "SIGTERM");
  }

  enter(key: ProcessKey, wish: EnterWish): Promise<EnteredCommand | EnterFailure> {
    return this.#parts.docker.enter(bareStart(key), null, wish);
  }

  /** Removes what is left of a container whose end nobody told; false: it would not go. */
  async remove(key: ProcessKey): Promise<boolean> {
    return this.#parts.docker.cleanup(bareStart(key), null, unseenExit(Date.now())).then(
      () => true,
      () => false,
    );
  }

  /** A text says why it cannot be. */
  #startOf(order: StartOrder): MemberStart | string {
    const command = order.members[0]?.command;
    const settings = command?.container;
    if (command === undefined || settings === undefined) return "The task has no container.";
    const options = readRunOptions(settings.containerRunOptions ?? "");
    if (typeof options === "string") return options;
    const words = command.commandLine.trim() === "" ? [] : wordsOf(command.commandLine);
    if (typeof words === "string") return words;
    const directory = join(this.#parts.rootDirectory, taskFolder(order.jobId, order.taskId), "wd");
    const { memoryBytes, cpuCores } = options;
    const [program, ...args] = words;
    return {
      ...bareStart(order.execution),
      config: {
        image: settings.imageName,
        ...(program === undefined ? {} : { command: program, args }),
        ...workDirOf(settings, directory),
        ...options.config,
      },
      user: options.user,
      env: { ...this.#environment(order), ...options.env },
      limits: {
        ...command.limits,
        ...(memoryBytes === null ? {} : { memoryBytes }),
        ...(cpuCores === null ? {} : { cpuCores }),
      },
      directories: { ...bareStart(order.execution).directories, member: directory },
      own: [
        {
          source: this.#parts.rootDirectory,
          destination: this.#parts.rootDirectory,
          readOnly: false,
        },
      ],
      labels: { "stint.job": order.jobId, "stint.task": order.taskId },
    };
  }

  /** As every task's, but the image's own PATH and HOME unless the task sets them. */
  #environment(order: StartOrder): Record<string, string> {
    const environment = environmentOf(order, this.#parts, null);
    const own = [
      ...order.commonEnvironmentSettings,
      ...(order.members[0]?.command.environmentSettings ?? []),
    ].map(({ name }) => name);
    for (const name of ["PATH", "HOME", "LANG"]) {
      if (!own.includes(name)) delete environment[name];
    }
    return environment;
  }
}

function workDirOf({ workingDirectory }: ContainerSettings, directory: string): object {
  return workingDirectory === "containerImageDefault" ? {} : { work_dir: directory };
}

function wordsOf(commandLine: string): readonly string[] | string {
  const split = splitCommandLine(commandLine);
  return split.ok ? split.words : split.reason;
}

/** Enough to find a container again. */
function bareStart(key: ProcessKey): MemberStart {
  return {
    key,
    driver: "docker",
    config: {},
    user: null,
    account: "",
    env: {},
    directories: { alloc: "", member: "", local: "", secrets: "", tmp: "" },
    own: [],
    limits: {},
    ports: [],
    networkMode: "bridge",
    hostname: null,
    mounts: [],
    labels: {},
  };
}

function launchFailure(message: string): FailureInfo {
  return { category: "usererror", code: "CommandLaunchFailed", message };
}

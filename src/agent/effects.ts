import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FailureInfo } from "../model/failure.ts";
import type { ExecutionNumber } from "../model/id.ts";
import type { StartOrder } from "../model/order.ts";
import { splitCommandLine } from "./commandLine.ts";
import type { AgentEffect, AgentInput, OutputOffsets } from "./core/contract.ts";
import { jobFolder, taskFolder } from "./directories.ts";
import { environmentOf } from "./environment.ts";
import type { AgentLogger } from "./options.ts";
import { describeOutput } from "./output/collect.ts";
import type { Groups } from "./platform/groups.ts";
import type { TreeKeeper } from "./platform/tree.ts";
import { type TaskUser, type UserRules, userOf } from "./platform/users.ts";
import { makeTaskDirectory, outputOffsets, type Prepared } from "./prepare/prepare.ts";
import { findProgram } from "./program.ts";
import type { SpawnRequest } from "./shim/message.ts";
import type { Shims } from "./shim/shims.ts";

export interface EffectsOptions {
  readonly rootDirectory: string;
  readonly serverUrl: string;
  readonly bootId: string;
  readonly groups: Groups;
  readonly trees: TreeKeeper;
  readonly users: UserRules;
  readonly shims: Shims;
  readonly logger: AgentLogger;
  readonly push: (input: AgentInput) => void;
  readonly onReboot: () => void;
  readonly onLeave: () => void;
}

/** Performs the machine's effects; every answer goes back as an input. */
export class Effects {
  readonly #options: EffectsOptions;

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  perform(effect: AgentEffect): void {
    switch (effect.effect) {
      case "prepare":
        this.#prepare(effect.order);
        return;
      case "cancelPrepare":
        return;
      case "spawn":
        this.#spawn(effect.order);
        return;
      case "signal":
        this.#signal(effect.execution, effect.signal);
        return;
      case "collect":
        void this.#collect(effect.order, effect.offsets);
        return;
      case "upload":
        return;
      case "removeDirectory":
        void this.#removeDirectory(effect);
        return;
      case "forget":
        this.#options.shims.forget(effect.execution);
        return;
      case "reboot":
        this.#options.onReboot();
        return;
      case "leave":
        this.#options.onLeave();
        return;
      case "send":
        return;
    }
  }

  #prepare(order: StartOrder): void {
    const { execution } = order;
    this.#options.push({ input: "prepared", execution, outcome: this.#prepared(order) });
  }

  #prepared(order: StartOrder): Prepared {
    const { rootDirectory, users } = this.#options;
    const user = userOf(order, users);
    if ("code" in user) return { ok: false, failure: user };
    const made = makeTaskDirectory(rootDirectory, order, user);
    if ("code" in made) return { ok: false, failure: made };
    return { ok: true, offsets: outputOffsets(rootDirectory, order) };
  }

  #spawn(order: StartOrder): void {
    const request = this.#request(order);
    if ("code" in request) {
      const { execution } = order;
      this.#options.push({ input: "spawnFailed", execution, failure: request });
    } else {
      this.#options.shims.spawn(request);
    }
  }

  #request(order: StartOrder): SpawnRequest | FailureInfo {
    const { rootDirectory, bootId, users } = this.#options;
    const command = order.members[0]?.command;
    const split = splitCommandLine(command?.commandLine ?? "");
    if (!split.ok)
      return launchFailure(`Expected a command line of balanced quotes: ${split.reason}.`);
    const user = userOf(order, users);
    if ("code" in user) return user;
    const directory = join(rootDirectory, taskFolder(order.jobId, order.taskId));
    const cwd = join(directory, "wd");
    const env = environmentOf(order, this.#options, user.name);
    const program = findProgram(split.words[0] ?? "", env["PATH"] ?? "", cwd);
    if ("code" in program) return program;
    return {
      do: "spawn",
      execution: order.execution,
      bootId,
      program: program.path,
      argv: split.words,
      cwd,
      env,
      ...idsOf(user),
      stdoutPath: join(directory, "stdout.txt"),
      stderrPath: join(directory, "stderr.txt"),
      groups: this.#createGroup(order),
    };
  }

  #createGroup(order: StartOrder): SpawnRequest["groups"] {
    const { groups, logger } = this.#options;
    const { execution } = order;
    try {
      return groups.create(execution, order.members[0]?.command.limits);
    } catch (error) {
      logger.warn({ execution, error: String(error) }, "No control group; it runs without limits.");
      groups.remove(execution);
      return null;
    }
  }

  #signal(execution: ExecutionNumber, signal: "terminate" | "kill"): void {
    const process = this.#options.shims.processOf(execution);
    const name = signal === "kill" ? "SIGKILL" : "SIGTERM";
    this.#options.trees.signal({ execution, process }, name);
  }

  async #collect(order: StartOrder, offsets: OutputOffsets): Promise<void> {
    const { shims, trees, logger, rootDirectory, push } = this.#options;
    const { execution } = order;
    const isClear = await trees.clear({ execution, process: shims.processOf(execution) });
    if (!isClear) logger.error({ execution }, "Processes of the execution could not be killed.");
    const directory = join(rootDirectory, taskFolder(order.jobId, order.taskId));
    const stdout = describeOutput(join(directory, "stdout.txt"), offsets.stdout);
    const stderr = describeOutput(join(directory, "stderr.txt"), offsets.stderr);
    push({ input: "collected", execution, stdout, stderr });
  }

  async #removeDirectory(
    effect: Extract<AgentEffect, { effect: "removeDirectory" }>,
  ): Promise<void> {
    const { jobId, taskId, removal } = effect;
    const { rootDirectory, push, logger } = this.#options;
    const folder = taskId === null ? jobFolder(jobId) : taskFolder(jobId, taskId);
    try {
      await rm(join(rootDirectory, folder), { recursive: true, force: true });
    } catch (error) {
      logger.error({ folder, error: String(error) }, "A directory could not be removed.");
    }
    push({ input: "directoryRemoved", jobId, taskId, removal });
  }
}

function idsOf(user: TaskUser): Pick<SpawnRequest, "uid" | "gid"> {
  return { uid: user.uid, gid: user.gid };
}

function launchFailure(message: string): FailureInfo {
  return { category: "usererror", code: "CommandLaunchFailed", message };
}

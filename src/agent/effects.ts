import { join } from "node:path";
import { splitCommandLine } from "../model/commandLine.ts";
import type { OutputInfo } from "../model/execution.ts";
import type { FailureInfo } from "../model/failure.ts";
import type { ExecutionNumber } from "../model/id.ts";
import type { StartOrder } from "../model/order.ts";
import type { ContainerTasks } from "./containerTasks.ts";
import type { AgentEffect, AgentInput, OutputOffsets } from "./core/contract.ts";
import { jobFolder, taskFolder } from "./directories.ts";
import { environmentOf } from "./environment.ts";
import {
  type EnteredCommand,
  type EnterFailure,
  type EnterWish,
  TASK_ENDED,
} from "./exec/enteredCommand.ts";
import { enterProcess } from "./exec/enterProcess.ts";
import { removeTree } from "./files/removeTree.ts";
import type { MemberWork } from "./memberWork.ts";
import type { AgentLogger } from "./options.ts";
import { describeOutput, NO_OUTPUT } from "./output/collect.ts";
import type { OutputTrimmer } from "./output/trim.ts";
import type { Uploader } from "./output/upload.ts";
import { asUser } from "./platform/asUser.ts";
import { type Groups, isEmptied } from "./platform/groups.ts";
import { ON_NODE } from "./platform/startPlace.ts";
import type { TreeKeeper } from "./platform/tree.ts";
import { taskAccount, type UserRules, userOf } from "./platform/users.ts";
import type { Download } from "./prepare/download.ts";
import { type Prepared, prepare } from "./prepare/prepare.ts";
import { findProgram } from "./program.ts";
import type { FetchScript } from "./script/fetchScript.ts";
import {
  isScriptStart,
  type ScriptStart,
  scriptPath,
  scriptWords,
  withScriptVariables,
} from "./script/scriptFile.ts";
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
  readonly download: Download;
  readonly fetchScript: FetchScript;
  /** The node's own. */
  readonly guid: string;
  readonly uploader: Uploader;
  readonly trimmer: OutputTrimmer;
  readonly members: MemberWork;
  readonly containers: ContainerTasks;
  /** Whether the machine still owes the upload. */
  readonly owesUpload: (execution: ExecutionNumber, stream: "stdout" | "stderr") => boolean;
  readonly logger: AgentLogger;
  readonly push: (input: AgentInput) => void;
  readonly onReboot: () => void;
  readonly onLeave: () => void;
}

/** Somebody may still be writing into it; after that it is left, and said so. */
const REMOVE_ATTEMPTS = 4;
const REMOVE_AGAIN_MS = 100;

/** Performs the machine's effects; every answer goes back as an input. */
export class Effects {
  readonly #options: EffectsOptions;
  /** Those that wait for something. */
  readonly #preparations = new Map<ExecutionNumber, AbortController>();
  /** Made ahead of their effects. */
  readonly #requests = new Map<ExecutionNumber, SpawnRequest | FailureInfo>();
  /** Of scripts that are to run or run. */
  readonly #fileTokens = new Map<ExecutionNumber, string>();
  /** Scripts that have ended and whose groups were not empty then. */
  readonly #left = new Set<ExecutionNumber>();

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  foresee(effect: AgentEffect): void {
    if (effect.effect !== "spawn") return;
    const { order } = effect;
    this.#requests.set(order.execution, this.#request(order));
  }

  perform(effect: AgentEffect): void {
    switch (effect.effect) {
      case "prepare":
        this.#prepare(effect.order);
        return;
      case "cancelPrepare":
        this.#preparations.get(effect.execution)?.abort();
        this.#options.members.cancelPrepare(effect.execution);
        return;
      case "spawn":
        this.#spawn(effect.order);
        return;
      case "signal":
        this.#signal(effect.execution, effect.signal);
        return;
      case "collect":
        this.#collect(effect);
        return;
      case "upload":
        this.#upload(effect);
        return;
      case "removeDirectory":
        void this.#removeDirectory(effect);
        return;
      case "forget":
        this.#fileTokens.delete(effect.execution);
        this.#options.shims.forget(effect.execution);
        return;
      case "reboot":
        this.#options.onReboot();
        return;
      case "leave":
        this.#options.onLeave();
        return;
      case "prepareAllocation":
      case "prepareMember":
      case "startMember":
      case "signalMember":
      case "collectMember":
      case "startProbe":
      case "stopProbe":
      case "watchTemplates":
      case "unwatchTemplates":
      case "closeAllocation":
        this.#options.members.perform(effect);
        return;
      case "send":
        return;
    }
  }

  #prepare(order: StartOrder): void {
    const { execution } = order;
    const abort = new AbortController();
    const prepared = this.#prepared(order, abort.signal);
    if (!(prepared instanceof Promise)) {
      this.#onPrepared(execution, prepared);
      return;
    }
    this.#preparations.set(execution, abort);
    void prepared.then((outcome) => {
      // A later preparation of the same execution may have taken its place.
      if (this.#preparations.get(execution) === abort) this.#preparations.delete(execution);
      if (!abort.signal.aborted) this.#onPrepared(execution, outcome);
    });
  }

  #prepared(order: StartOrder, signal: AbortSignal): Prepared | Promise<Prepared> {
    const { containers } = this.#options;
    const prepared = prepare(order, this.#options, signal);
    if (!containers.isContainer(order)) return prepared;
    return Promise.resolve(prepared).then(async (outcome) => {
      if (!outcome.ok) return outcome;
      const failure = await containers.prepare(order, signal);
      return failure === null ? outcome : { ok: false, failure };
    });
  }

  #onPrepared(execution: ExecutionNumber, prepared: Prepared): void {
    if (!prepared.ok) {
      this.#options.push({ input: "prepared", execution, outcome: prepared });
      return;
    }
    const { fileToken, ...outcome } = prepared;
    if (fileToken !== undefined) this.#fileTokens.set(execution, fileToken);
    this.#options.push({ input: "prepared", execution, outcome });
  }

  #spawn(order: StartOrder): void {
    const { execution } = order;
    const request = this.#requests.get(execution) ?? this.#request(order);
    this.#requests.delete(execution);
    if ("code" in request) {
      this.#options.push({ input: "spawnFailed", execution, failure: request });
    } else {
      this.#options.shims.spawn(request);
    }
  }

  #request(order: StartOrder): SpawnRequest | FailureInfo {
    const { rootDirectory, bootId } = this.#options;
    if (this.#options.containers.isContainer(order)) return this.#containerRequest(order);
    const words = isScriptStart(order) ? this.#scriptWords(order) : commandWords(order);
    if ("code" in words) return words;
    const command = this.#commandOf(order, words);
    if ("code" in command) return command;
    return {
      do: "spawn",
      execution: order.execution,
      bootId,
      ...command,
      stdoutPath: outputPath(rootDirectory, order, "stdout"),
      stderrPath: outputPath(rootDirectory, order, "stderr"),
      groups: this.#createGroup(order),
      root: null,
    };
  }

  /** The words as a command of the task: with its user, environment and directory. */
  #commandOf(order: StartOrder, words: readonly string[]) {
    const { rootDirectory, serverUrl, users, guid } = this.#options;
    const user = userOf(order, users);
    if ("code" in user) return user;
    const cwd = `${rootDirectory}/${taskFolder(order.jobId, order.taskId)}/wd`;
    const base = environmentOf(order, this.#options, user.name);
    const fileToken = this.#fileTokens.get(order.execution) ?? null;
    const surroundings = { rootDirectory, serverUrl, guid, fileToken };
    const env = isScriptStart(order) ? withScriptVariables(base, order, surroundings) : base;
    const program = findProgram(words[0] ?? "", env["PATH"] ?? "", cwd);
    if ("code" in program) return program;
    return { ...asUser(user, program.path, words, env), cwd };
  }

  /** Runs a command beside that of a task that runs. */
  async enter(order: StartOrder, wish: EnterWish): Promise<EnteredCommand | EnterFailure> {
    const { containers, groups } = this.#options;
    const { execution } = order;
    if (containers.has(execution)) return containers.enter(execution, wish);
    const command = this.#commandOf(order, wish.command);
    if ("code" in command) {
      const { code, message } = command;
      const isMissing = code === "CommandProgramNotFound";
      return { code: isMissing ? "CommandNotFound" : "CommandLaunchFailed", message };
    }
    if (isEmptied(groups, execution)) return TASK_ENDED;
    return enterProcess(command, this.#createGroup(order), ON_NODE, wish);
  }

  #scriptWords(order: ScriptStart): readonly string[] | FailureInfo {
    try {
      return scriptWords(scriptPath(this.#options.rootDirectory, order), order);
    } catch (error) {
      return launchFailure(`The script is not there any more: ${String(error)}.`);
    }
  }

  #containerRequest(order: StartOrder): SpawnRequest | FailureInfo {
    const { rootDirectory, bootId, containers } = this.#options;
    const launch = containers.launch(order);
    if ("code" in launch) return launch;
    const { program, argv, cwd, env, uid, gid } = launch;
    const { execution } = order;
    return {
      do: "spawn",
      execution,
      bootId,
      ...{ program, argv, cwd, uid, gid, user: null },
      env: { ...env, STINT_NODE_ROOT_DIR: rootDirectory, STINT_EXECUTION: String(execution) },
      stdoutPath: outputPath(rootDirectory, order, "stdout"),
      stderrPath: outputPath(rootDirectory, order, "stderr"),
      groups: null,
      root: null,
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
    if (this.#options.containers.has(execution)) {
      void this.#options.containers.signal(execution, process, signal);
      return;
    }
    const name = signal === "kill" ? "SIGKILL" : "SIGTERM";
    this.#options.trees.signal({ execution, process }, name);
  }

  #collect({ order, offsets, leavesRest }: Extract<AgentEffect, { effect: "collect" }>): void {
    const { shims, trees, containers, groups } = this.#options;
    const { execution } = order;
    if (leavesRest) {
      if (groups.parent !== null) this.#left.add(execution);
      for (const key of this.#left) if (groups.removeEmpty(key)) this.#left.delete(key);
      this.#onCleared(order, offsets, true);
      return;
    }
    if (containers.has(execution)) {
      void containers.remove(execution).then((isGone) => this.#onCleared(order, offsets, isGone));
      return;
    }
    const cleared = trees.clear({ execution, process: shims.processOf(execution) });
    if (typeof cleared === "boolean") this.#onCleared(order, offsets, cleared);
    else void cleared.then((isClear) => this.#onCleared(order, offsets, isClear));
  }

  #onCleared(order: StartOrder, offsets: OutputOffsets, isClear: boolean): void {
    const { trimmer, logger, push } = this.#options;
    const { execution } = order;
    this.#fileTokens.delete(execution);
    if (!isClear) logger.error({ execution }, "Processes of the execution could not be killed.");
    const stdout = this.#describe(order, "stdout", offsets.stdout);
    const stderr = this.#describe(order, "stderr", offsets.stderr);
    trimmer.finish(execution, stdout.droppedBytes + stderr.droppedBytes > 0);
    push({ input: "collected", execution, stdout, stderr });
  }

  #describe(order: StartOrder, stream: "stdout" | "stderr", offset: number): OutputInfo {
    const { rootDirectory, logger } = this.#options;
    try {
      return describeOutput(outputPath(rootDirectory, order, stream), offset);
    } catch (error) {
      const { execution } = order;
      logger.error({ execution, stream, error: String(error) }, "Output could not be read.");
      return NO_OUTPUT;
    }
  }

  #upload({ order, stream, offset, output }: Extract<AgentEffect, { effect: "upload" }>): void {
    const { uploader, rootDirectory, owesUpload, push } = this.#options;
    const { execution } = order;
    const path = outputPath(rootDirectory, order, stream);
    const isWanted = () => owesUpload(execution, stream);
    uploader.add({ execution, stream, path, offset, output, isWanted }, () =>
      push({ input: "uploaded", execution, stream }),
    );
  }

  async #removeDirectory(
    effect: Extract<AgentEffect, { effect: "removeDirectory" }>,
  ): Promise<void> {
    const { jobId, taskId, removal } = effect;
    const { rootDirectory, users, push, logger } = this.#options;
    const folder = taskId === null ? jobFolder(jobId) : taskFolder(jobId, taskId);
    for (let attempt = 1; attempt <= REMOVE_ATTEMPTS; attempt += 1) {
      try {
        await removeTree(join(rootDirectory, folder));
        break;
      } catch (error) {
        if (attempt === REMOVE_ATTEMPTS) {
          logger.error({ folder, error: String(error) }, "A directory could not be removed.");
        }
        await Bun.sleep(REMOVE_AGAIN_MS * attempt);
      }
    }
    users.accounts.release(taskAccount(jobId, taskId ?? ""));
    push({ input: "directoryRemoved", jobId, taskId, removal });
  }
}

export function outputPath(
  rootDirectory: string,
  order: StartOrder,
  stream: "stdout" | "stderr",
): string {
  return `${rootDirectory}/${taskFolder(order.jobId, order.taskId)}/${stream}.txt`;
}

function commandWords(order: StartOrder): readonly string[] | FailureInfo {
  const split = splitCommandLine(order.members[0]?.command.commandLine ?? "");
  return split.ok ? split.words : launchFailure(split.reason);
}

function launchFailure(message: string): FailureInfo {
  return { category: "usererror", code: "CommandLaunchFailed", message };
}

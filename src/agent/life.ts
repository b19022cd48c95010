import { readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { FailureInfo } from "../model/failure.ts";
import { AllocationEffects } from "./allocationEffects.ts";
import { ContainerTasks } from "./containerTasks.ts";
import {
  type AgentEffect,
  isMemberKey,
  type ProcessExit,
  type ShimMemory,
} from "./core/contract.ts";
import { heldProcess, phaseOf, processesInDoubt } from "./core/held.ts";
import { type AgentMachine, newAgentMachine } from "./core/machine.ts";
import { replay } from "./core/replay.ts";
import { dataLayout } from "./directories.ts";
import { Effects, outputPath } from "./effects.ts";
import { endReason } from "./exec/endReason.ts";
import { findTarget } from "./exec/findTarget.ts";
import { LeftCommands } from "./exec/leftCommands.ts";
import { AgentExecSessions } from "./exec/sessions.ts";
import { deleteIdentity, openIdentity } from "./identity.ts";
import { openJournal } from "./journal.ts";
import type { LifeParts } from "./lifeParts.ts";
import type { Link } from "./link/link.ts";
import { connect, newNodeLink } from "./link/nodeLink.ts";
import { Loop } from "./loop.ts";
import type { MemberWork } from "./memberWork.ts";
import { newNodeTools } from "./nodeTools.ts";
import type { AgentEnd, AgentOptions } from "./options.ts";
import { OutputTrimmer } from "./output/trim.ts";
import { Uploader } from "./output/upload.ts";
import { pathInHierarchy } from "./platform/groupLayout.ts";
import type { Groups } from "./platform/groups.ts";
import { nodeBootId } from "./platform/processIdentity.ts";
import { openShims, type Shims, type ShimsEvents } from "./shim/shims.ts";
import { emptyNode, stopProcesses } from "./stopNode.ts";
import { newKeyStore } from "./templates/keys.ts";

/** A node from its join, or its last start, until it is stopped or sent away. */
export interface NodeLife {
  readonly ended: Promise<AgentEnd>;
}

/** Takes up what an earlier life has left and begins to work. Throws AgentStartError when that cannot be read. */
export async function beginLife(options: AgentOptions, signal: AbortSignal): Promise<NodeLife> {
  warnOfSlots(options);
  const layout = dataLayout(options.dataDirectory);
  const bootId = nodeBootId(options.bootId);
  const key = await openIdentity(layout, options.guid);
  const machine = newAgentMachine(crypto.randomUUID(), { random: Math.random });
  const journal = openJournal(layout.journalPath, (entry) => replay(machine, entry));
  const end = Promise.withResolvers<AgentEnd>();
  const loop: Loop = new Loop({
    machine,
    journal,
    logger: options.logger,
    perform(effect) {
      endExecsOf(effect, machine, execs);
      effects.perform(effect);
    },
    foresee: (effect) => effects.foresee(effect),
    send: (session, frame) => link.send(session, frame),
    onFailure: (error) => end.resolve({ reason: "failed", message: String(error) }),
  });
  const tools = newNodeTools(options, key, bootId);
  const parts: LifeParts = {
    options,
    bootId,
    key,
    machine,
    loop,
    tools,
    signal,
    onEnd: end.resolve,
  };
  const containers = newContainerTasks(parts);
  const trimmer = new OutputTrimmer(options.logger);
  const watch = (execution: number) => watchOutput(parts, trimmer, execution);
  const shims = await openNodeShims(
    parts,
    shimEvents(parts, {
      watch,
      containers,
      members: () => members,
      kill: (execution) => effects.perform({ effect: "signal", execution, signal: "kill" }),
      forget: (execution) => shims.forget(execution),
    }),
  );
  const members = newMemberWork(parts, shims);
  const effects = newEffects(parts, shims, trimmer, members, containers);
  const execs = newExecSessions(parts, members, effects, () => link);
  const link = newNodeLink(parts, execs);
  for (const execution of processesInDoubt(machine)) watch(execution);
  members.adopt([...machine.memberProcesses.values()].flatMap(({ process }) => process ?? []));
  loop.begin({ input: "recovered", bootId, memories: memoriesOf(machine, shims) });
  signal.addEventListener("abort", () => end.resolve({ reason: "stopped" }), { once: true });
  void connect(parts, link).then((refused) => {
    if (refused !== null) end.resolve(refused);
  });
  const close = async (outcome: AgentEnd): Promise<AgentEnd> => {
    await execs.close();
    link.close();
    await loop.stop();
    if (outcome.reason !== "stopped") shims.retire();
    shims.close();
    trimmer.stop();
    members.close();
    journal.close();
    if (outcome.reason === "left") await leave(options);
    return outcome;
  };
  return { ended: end.promise.then(close) };
}

/** Azure Batch allows no more slots than this for each core; here it is the owner's decision. */
const SLOTS_PER_CORE = 4;

function warnOfSlots({ slots, logger }: AgentOptions): void {
  const cores = availableParallelism();
  if (slots <= cores * SLOTS_PER_CORE) return;
  logger.warn(
    { slots, cores },
    "More than four slots for each core: tasks will wait for each other.",
  );
}

function openNodeShims({ options, bootId }: LifeParts, events: ShimsEvents): Promise<Shims> {
  const { version, selfCommand, logger, dataDirectory } = options;
  const directory = dataLayout(dataDirectory).shimsDirectory;
  return openShims({ directory, version, bootId, selfCommand, logger }, events);
}

/** Who hears of what the shims tell, before the machine does. */
interface ShimListeners {
  /** False: no such execution is under way. */
  readonly watch: (execution: number) => boolean;
  readonly containers: ContainerTasks;
  readonly members: () => MemberWork;
  readonly kill: (execution: number) => void;
  readonly forget: (execution: number) => void;
}

function shimEvents({ loop, machine }: LifeParts, listeners: ShimListeners): ShimsEvents {
  const { watch, containers, members, kill, forget } = listeners;
  return {
    onStarted(execution, process, startedAt) {
      // A shim that was taken for silent may tell of what was given up meanwhile.
      if (!watch(execution)) kill(execution);
      const tell = () => loop.push({ input: "spawned", execution, process, startedAt });
      if (isMemberKey(execution)) members().onStarted(execution, tell);
      else containers.onStarted(execution, tell);
    },
    onFailed: (execution, failure) => loop.push({ input: "spawnFailed", execution, failure }),
    onExited(execution, exit) {
      if (phaseOf(machine, execution) === null) forget(execution);
      const tell = (seen: ProcessExit) => loop.push({ input: "exited", execution, exit: seen });
      const onFailed = (failure: FailureInfo) =>
        loop.push({ input: "spawnFailed", execution, failure });
      if (isMemberKey(execution)) members().onExited(execution, () => tell(exit));
      else containers.onExited(execution, exit, tell, onFailed);
    },
  };
}

/** Keeps the output of a started execution within its bounds; false: no such execution is under way. */
function watchOutput(parts: LifeParts, trimmer: OutputTrimmer, execution: number): boolean {
  const { machine, options } = parts;
  const held = heldProcess(machine, execution);
  if (held === undefined) return false;
  const { order, life, process } = held;
  if (life.phase !== "starting" && life.phase !== "running") return false;
  // Logs of members are kept within bounds by their drivers.
  if (process !== null) return true;
  const streams = ["stdout", "stderr"] as const;
  const shares = streams.map((stream) => ({
    path: outputPath(options.rootDirectory, order, stream),
    offset: life.offsets[stream],
  }));
  trimmer.watch(execution, shares);
  return true;
}

/** No shim that has nothing on an execution was ever asked to start it: they write before they start. */
function memoriesOf(machine: AgentMachine, shims: Shims): Map<number, ShimMemory> {
  const memories = new Map<number, ShimMemory>(shims.memories);
  for (const execution of processesInDoubt(machine)) {
    if (!memories.has(execution)) memories.set(execution, { memory: "never" });
  }
  return memories;
}

function newEffects(
  parts: LifeParts,
  shims: Shims,
  trimmer: OutputTrimmer,
  members: MemberWork,
  containers: ContainerTasks,
): Effects {
  const { options, bootId, key, machine, loop, tools, signal, onEnd } = parts;
  const { rootDirectory, serverUrl, logger } = options;
  const { groups, trees, users, download, fetchScript } = tools;
  // What an earlier life was killed over.
  for (const execution of groups.present()) {
    if (heldProcess(machine, execution) === undefined) groups.remove(execution);
  }
  if (groups.shortcomings.length > 0) {
    logger.info({ shortcomings: groups.shortcomings }, "Some limits cannot be enforced here.");
  }
  return new Effects({
    rootDirectory,
    serverUrl,
    bootId,
    groups,
    trees,
    users,
    shims,
    download,
    fetchScript,
    guid: key.identity.guid,
    uploader: new Uploader({ serverUrl, key, logger, signal }),
    trimmer,
    members,
    containers,
    owesUpload(execution, stream) {
      const life = machine.executions.get(execution)?.life;
      return life?.phase === "ended" && life.uploads.includes(stream);
    },
    logger,
    push: (input) => loop.push(input),
    onReboot: () => reboot(options),
    onLeave: () => onEnd({ reason: "left" }),
  });
}

function newContainerTasks({ options, tools }: LifeParts): ContainerTasks {
  const { rootDirectory, serverUrl, dataDirectory } = options;
  const { containersDirectory } = dataLayout(dataDirectory);
  const { docker } = tools.drivers;
  return new ContainerTasks({ rootDirectory, serverUrl, docker, containersDirectory });
}

function newMemberWork(parts: LifeParts, shims: Shims): MemberWork {
  const { options, key, bootId, loop, machine, tools } = parts;
  const { rootDirectory, drivers: driverOptions, logger } = options;
  const { groups, users, download, drivers, fingerprint } = tools;
  return new AllocationEffects({
    surroundings: {
      rootDirectory,
      guid: key.identity.guid,
      host: () => fingerprint.present,
      hostVolumes: driverOptions.hostVolumes,
      parentCgroup: parentCgroup(groups),
    },
    users,
    download,
    keys: newKeyStore(download),
    driverOptions,
    drivers,
    shims,
    groups,
    bootId,
    heldKeys: () => new Set([...machine.executions.keys(), ...machine.memberProcesses.keys()]),
    logger,
    push: (input) => loop.push(input),
  });
}

function parentCgroup({ parent }: Groups): string | null {
  return parent === null
    ? null
    : pathInHierarchy(parent, readFileSync("/proc/self/mountinfo", "utf8"));
}

function newExecSessions(
  { options, machine }: LifeParts,
  members: MemberWork,
  tasks: Effects,
  link: () => Link,
): AgentExecSessions {
  const { dataDirectory, logger } = options;
  const left = new LeftCommands(dataLayout(dataDirectory).execDirectory);
  const onTrouble = (error: unknown) =>
    logger.error({ error: String(error) }, "A command inside an execution may run on.");
  void left.end().catch(onTrouble);
  return new AgentExecSessions({
    find: (execution, member) => findTarget(machine, { members, tasks }, execution, member),
    left,
    send: (frame) => link().sendOnce(frame),
    sendBytes: (bytes) => link().sendBytes(bytes),
    onTrouble,
  });
}

/** A command is told that its task ends before it has the signal itself, and nothing is begun beside a process that ended. */
function endExecsOf(effect: AgentEffect, machine: AgentMachine, execs: AgentExecSessions): void {
  switch (effect.effect) {
    case "signal":
      execs.processEnding(effect.execution, endReason(machine, effect.execution));
      return;
    case "signalMember": {
      const isEnd = effect.signal === "terminate" || effect.signal === "kill";
      if (isEnd) execs.processEnding(effect.key, endReason(machine, effect.key));
      return;
    }
    case "collect": {
      const { execution } = effect.order;
      execs.processEnded(execution, endReason(machine, execution));
      return;
    }
    case "collectMember":
      execs.processEnded(effect.key, endReason(machine, effect.key));
      return;
    default:
  }
}

/** Stops everything and forgets who it was. */
async function leave(options: AgentOptions): Promise<void> {
  const layout = dataLayout(options.dataDirectory);
  await stopProcesses(options);
  rmSync(layout.journalPath, { force: true });
  rmSync(layout.accountsPath, { force: true });
  deleteIdentity(layout);
  await emptyNode(options.rootDirectory);
}

function reboot({ rebootCommand, logger }: AgentOptions): void {
  if (rebootCommand === null) {
    logger.error({}, "The server asks for a reboot, but no reboot command is configured.");
    return;
  }
  logger.warn({ rebootCommand }, "Rebooting, as the server asks.");
  const child = Bun.spawn(["/bin/sh", "-c", rebootCommand], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    detached: true,
  });
  child.unref();
  void child.exited.then((exitCode) => {
    if (exitCode !== 0) logger.error({ rebootCommand, exitCode }, "The reboot command failed.");
  });
}

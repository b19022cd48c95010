import type {
  GroupSpec,
  LifecycleSpec,
  LogsSpec,
  MemberSpec,
  ResourcesSpec,
} from "../../model/group.ts";
import { type ReadBlock, readBlock } from "../read/block.ts";
import {
  DISPATCH_PAYLOAD,
  LIFECYCLE,
  LOGS,
  RESOURCES,
  TASK,
  VOLUME_MOUNT,
} from "../schema/members.ts";
import type { Block } from "../tree.ts";
import { readConfig } from "./config.ts";
import { readArtifacts, readTemplates } from "./files.ts";
import { leavesFolder } from "./paths.ts";
import { readAffinities, readConstraints } from "./placement.ts";
import { memberRestart } from "./policies.ts";
import { readServices } from "./services.ts";
import { isSignal } from "./signals.ts";
import { readMany, readOne, type Within } from "./within.ts";

const CPU_DEFAULT_MHZ = 100;
const MEMORY_DEFAULT_MB = 300;
const KILL_TIMEOUT_DEFAULT_MS = 5000;
/** What a node waits at most, whatever a job says. */
const KILL_TIMEOUT_MAX_MS = 30_000;

/** The group that a task is in, as far as the task needs it. */
export interface MemberPlace {
  readonly group: string;
  readonly restart: GroupSpec["restart"];
  /** Of the task, as `groups[0].members[1]`. */
  readonly path: string;
}

export function readMember(block: Block, place: MemberPlace, within: Within): MemberSpec {
  const { reading } = within;
  const { path } = place;
  const task = readBlock(block, TASK, reading);
  const { written } = task;
  reading.place(path, task.range);
  reading.place(`${path}.name`, block.labels[0]?.range ?? task.range);
  checkName(task, reading);
  checkSignal(task, reading);
  checkKillTimeout(task, reading);
  const driver = written.driver ?? "raw_exec";
  return {
    name: task.label,
    driver,
    // Of an unknown driver the settings are unknown too.
    config: written.driver === undefined ? {} : readConfig(task, driver, path, reading),
    user: written.user ?? null,
    env: written.env ?? {},
    meta: written.meta ?? {},
    resources: readResources(task, path, within),
    constraints: readConstraints(task, `${path}.`, within),
    affinities: readAffinities(task, `${path}.`, within),
    restart: memberRestart(task, place.restart, path, within),
    lifecycle: readLifecycle(task, within),
    leader: written.leader ?? false,
    killTimeoutMs: written.kill_timeout ?? KILL_TIMEOUT_DEFAULT_MS,
    killSignal: written.kill_signal ?? null,
    shutdownDelayMs: written.shutdown_delay ?? 0,
    services: readServices(
      task,
      { path: `${path}.services`, group: place.group, member: task.label, owner: null },
      within,
    ),
    artifacts: readArtifacts(task, within),
    templates: readTemplates(task, within),
    logs: readLogs(task, path, within),
    volumeMounts: readMounts(task, path, within),
    dispatchPayloadFile: readPayloadFile(task, path, within),
  };
}

function checkName({ label, range }: ReadBlock, reading: Within["reading"]): void {
  if (label === "") reading.error("task_name_missing", range, "Expected a name of the task.");
  else if (/[/\\\0]/.test(label)) {
    const message = `Expected the name of a task without slashes and got "${label}".`;
    reading.error("task_name_invalid", range, message);
  }
}

function checkSignal(task: ReadBlock<typeof TASK.attributes>, reading: Within["reading"]): void {
  const { kill_signal } = task.written;
  if (kill_signal === undefined || isSignal(kill_signal)) return;
  const message = `Expected kill_signal to be a signal as SIGTERM and got "${kill_signal}".`;
  reading.error("signal_invalid", task.rangeOf("kill_signal"), message);
}

function checkKillTimeout(
  task: ReadBlock<typeof TASK.attributes>,
  reading: Within["reading"],
): void {
  const { kill_timeout = 0 } = task.written;
  if (kill_timeout <= KILL_TIMEOUT_MAX_MS) return;
  const message =
    "A node waits at most 30s from the signal to the kill: kill_timeout is read as 30s there.";
  const fix = 'Write "30s" or less.';
  reading.warning("kill_timeout_capped", task.rangeOf("kill_timeout"), message, fix);
}

function readResources(task: ReadBlock, path: string, { reading }: Within): ResourcesSpec {
  const block = readOne(task, RESOURCES, reading);
  if (block === null) {
    return { cpuMhz: CPU_DEFAULT_MHZ, cores: 0, memoryMb: MEMORY_DEFAULT_MB, memoryMaxMb: 0 };
  }
  reading.place(`${path}.resources`, block.range);
  const { cpu, cores = 0, memory = MEMORY_DEFAULT_MB, memory_max = 0 } = block.written;
  if (cpu !== undefined && cores > 0) {
    const message = "Expected either cpu or cores and got both.";
    reading.error("cpu_and_cores", block.rangeOf("cores"), message, "Remove one of them.");
  }
  if (memory_max > 0 && memory_max < memory) {
    const message = `Expected memory_max to be at least memory (${memory}) and got ${memory_max}.`;
    reading.error("memory_max_below_memory", block.rangeOf("memory_max"), message);
  }
  const cpuMhz = cores > 0 ? 0 : (cpu ?? CPU_DEFAULT_MHZ);
  return { cpuMhz, cores, memoryMb: memory, memoryMaxMb: memory_max };
}

function readLifecycle(task: ReadBlock, { reading }: Within): LifecycleSpec | null {
  const block = readOne(task, LIFECYCLE, reading);
  if (block === null) return null;
  const { hook, sidecar = false } = block.written;
  if (hook === undefined) return null;
  if (hook === "poststop" && sidecar) {
    const message = "A poststop task runs after all others: sidecar has no meaning for it.";
    reading.warning("poststop_sidecar", block.rangeOf("sidecar"), message, "Remove sidecar.");
  }
  return { hook, sidecar };
}

function readLogs(task: ReadBlock, path: string, { reading }: Within): LogsSpec {
  const block = readOne(task, LOGS, reading);
  if (block !== null) reading.place(`${path}.logs`, block.range);
  const { max_files = 10, max_file_size = 10, disabled = false } = block?.written ?? {};
  return { maxFiles: max_files, maxFileSizeMb: max_file_size, disabled };
}

function readMounts(
  task: ReadBlock,
  path: string,
  { reading }: Within,
): MemberSpec["volumeMounts"] {
  return readMany(task, VOLUME_MOUNT, reading).map((block, index) => {
    const { volume = "", destination = "", read_only = false } = block.written;
    const place = `${path}.volumeMounts[${index}]`;
    reading.place(place, block.range);
    reading.place(`${place}.volume`, block.rangeOf("volume"));
    reading.place(`${place}.destination`, block.rangeOf("destination"));
    return { volume, destination, readOnly: read_only };
  });
}

function readPayloadFile(task: ReadBlock, path: string, { reading }: Within): string | null {
  const block = readOne(task, DISPATCH_PAYLOAD, reading);
  if (block === null) return null;
  reading.place(`${path}.dispatchPayloadFile`, block.range);
  const { file = null } = block.written;
  if (file !== null && leavesFolder(file)) {
    const message = `Expected a path within the task's local directory and got "${file}".`;
    reading.error("dispatch_payload_file_outside", block.rangeOf("file"), message);
  }
  return file;
}

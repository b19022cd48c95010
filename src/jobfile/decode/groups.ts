import type { GroupSpec, NetworkSpec, PortSpec, VolumeSpec } from "../../model/group.ts";
import { type ReadBlock, readBlock } from "../read/block.ts";
import { GROUP, NETWORK, PORT, VOLUME } from "../schema/jobs.ts";
import { EPHEMERAL_DISK } from "../schema/policies.ts";
import type { Block } from "../tree.ts";
import { readMember } from "./members.ts";
import { readAffinities, readConstraints, readSpreads } from "./placement.ts";
import {
  groupRestart,
  readDisconnect,
  readMigrate,
  readReschedule,
  readUpdate,
} from "./policies.ts";
import { readServices } from "./services.ts";
import { readMany, readOne, type Within } from "./within.ts";

/** A group, or a task directly in the job, which is the only one of a group of its name. */
export function readGroup(block: Block, job: ReadBlock, path: string, within: Within): GroupSpec {
  const { reading } = within;
  const group = readBlock(block, GROUP, reading);
  const { written } = group;
  reading.place(path, group.range);
  reading.place(`${path}.name`, block.labels[0]?.range ?? group.range);
  for (const name of ["count", "max_run_duration", "shutdown_delay"] as const) {
    reading.place(`${path}.${name}`, group.rangeOf(name));
  }
  if (group.label === "") {
    reading.error("group_name_missing", group.range, "Expected a name of the group.");
  }
  const levels = { outer: job, inner: group, path };
  const restart = groupRestart(group, path, within);
  return {
    name: group.label,
    count: written.count ?? 1,
    constraints: readConstraints(group, `${path}.`, within),
    affinities: readAffinities(group, `${path}.`, within),
    spreads: readSpreads(group, `${path}.`, within),
    restart,
    reschedule: readReschedule(levels, within),
    update: readUpdate(levels, within),
    migrate: readMigrate(levels, within),
    disconnect: readDisconnect(group, written, path, within),
    ephemeralDisk: readDisk(group, path, within),
    networks: readNetworks(group, path, within),
    services: readServices(
      group,
      { path: `${path}.services`, group: group.label, member: null, owner: ownerOf(group) },
      within,
    ),
    volumes: readVolumes(group, `${path}.volumes`, within),
    shutdownDelayMs: written.shutdown_delay ?? 0,
    meta: written.meta ?? {},
    maxRunDurationMs: written.max_run_duration ?? null,
    members: group.children("task").map((task, index) => {
      const place = { group: group.label, restart, path: `${path}.members[${index}]` };
      return readMember(task, place, within);
    }),
  };
}

/** The block that stands for a task directly in the job. */
export function groupOfTask(task: Block): Block {
  const body = { attributes: new Map(), blocks: [task], range: task.range };
  return { ...task, type: "group", body };
}

/** The main task among several, where it is the only one: what checks of the group are about. */
function ownerOf(group: ReadBlock): string | null {
  const tasks = group.children("task");
  const isMain = ({ body }: Block) => body.blocks.every(({ type }) => type !== "lifecycle");
  const [main, ...others] = tasks.filter(isMain);
  const isOnly = tasks.length > 1 && others.length === 0;
  return isOnly ? (main?.labels[0]?.text ?? null) : null;
}

const DISK_DEFAULT_MB = 300;

function readDisk(group: ReadBlock, path: string, { reading }: Within): GroupSpec["ephemeralDisk"] {
  const block = readOne(group, EPHEMERAL_DISK, reading);
  if (block !== null) reading.place(`${path}.ephemeralDisk`, block.rangeOf("size"));
  const { size = DISK_DEFAULT_MB, sticky = false, migrate = false } = block?.written ?? {};
  return { sizeMb: size, sticky, migrate };
}

function readNetworks(group: ReadBlock, path: string, within: Within): readonly NetworkSpec[] {
  const { reading } = within;
  const blocks = readMany(group, NETWORK, reading);
  const [, second] = blocks;
  if (second !== undefined) {
    const message = "Expected one network in a group and got another one.";
    reading.error("network_repeated", second.range, message, "Make one of them.");
  }
  return blocks.map((block, index) => {
    const { mode = "host", hostname = null } = block.written;
    const place = `${path}.networks[${index}]`;
    reading.place(place, block.range);
    reading.place(`${place}.mode`, block.rangeOf("mode"));
    return { mode, hostname, ports: readPorts(block, `${place}.ports`, within) };
  });
}

function readPorts(network: ReadBlock, path: string, { reading }: Within): readonly PortSpec[] {
  return readMany(network, PORT, reading).map((block, index) => {
    reading.place(`${path}[${index}]`, block.range);
    if (!/^[\w-]+$/.test(block.label)) {
      const message = `Expected the label of a port to have letters, digits, - and _ and got "${block.label}".`;
      reading.error("port_label_invalid", block.range, message);
    }
    const { static: number = 0, to = 0 } = block.written;
    return { label: block.label, static: number === 0 ? null : number, to };
  });
}

function readVolumes(group: ReadBlock, path: string, { reading }: Within): readonly VolumeSpec[] {
  const names = new Set<string>();
  return readMany(group, VOLUME, reading).map((block, index) => {
    reading.place(`${path}[${index}].perAlloc`, block.rangeOf("per_alloc"));
    const { name = block.label, source = "", read_only = false } = block.written;
    const { access_mode = null, attachment_mode = null, per_alloc = false } = block.written;
    checkSource(block, source, reading);
    checkAccess(block, reading);
    if (name === "")
      reading.error("volume_name_missing", block.range, "Expected a name of the volume.");
    if (names.has(name)) {
      reading.error(
        "volume_duplicate",
        block.range,
        `Expected one volume "${name}" and got another one.`,
      );
    }
    names.add(name);
    return {
      name,
      type: "host",
      source,
      readOnly: read_only,
      accessMode: access_mode,
      attachmentMode: attachment_mode,
      perAlloc: per_alloc,
    };
  });
}

type VolumeBlock = ReadBlock<typeof VOLUME.attributes>;

/** Nodes are chosen by it, so it is the same on all of them. */
function checkSource(block: VolumeBlock, source: string, reading: Within["reading"]): void {
  if (!source.includes("${")) return;
  const message = `Expected a source that is the same on every node and got "${source}".`;
  const fix = "Write the agent's name for the volume; per_alloc adds the index to it.";
  reading.error("volume_source_interpolated", block.rangeOf("source"), message, fix);
}

/** Nomad: a mode that contradicts read_only fits no node. */
function checkAccess(block: VolumeBlock, reading: Within["reading"]): void {
  const { access_mode, read_only = false } = block.written;
  const wanted = access_mode === "single-node-reader-only";
  if (access_mode === undefined || wanted === read_only) return;
  const message = `Expected read_only = ${wanted} with access_mode "${access_mode}" and got ${read_only}.`;
  const fix = `Write read_only = ${wanted}, or another access_mode.`;
  reading.error("volume_access_mode_contradiction", block.rangeOf("access_mode"), message, fix);
}

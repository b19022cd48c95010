import { Reading } from "../read/reading.ts";
import { FILE, JOB } from "../schema/jobs.ts";
import type { Body, Finding, TreeValue } from "../tree.ts";
import { blockOf, type TreeObject } from "./blocks.ts";
import { nomadBody } from "./nomadForm.ts";
import { writtenBody } from "./written.ts";

/** `hcl`: the blocks of a job file as YAML or JSON. `nomad`: Nomad's own JSON. Null: no job of groups. */
export type StructureForm = "hcl" | "nomad";

/** Tells a job of groups from a batch job (`id`, `poolInfo`), which has its own reader. */
export function structureForm(value: TreeValue): StructureForm | null {
  if (value.kind !== "object") return null;
  if (value.entries.has("job")) return "hcl";
  const isNomad = ["Job", "TaskGroups", "ID"].some((key) => value.entries.has(key));
  return isNomad ? "nomad" : null;
}

export interface StructureReading {
  readonly body: Body;
  readonly findings: readonly Finding[];
}

/** YAML or JSON of either form as blocks; null: it is no job of groups. */
export function readStructure(value: TreeValue): StructureReading | null {
  const form = structureForm(value);
  if (form === null || value.kind !== "object") return null;
  if (form === "hcl") return { body: writtenBody(value, FILE), findings: [] };
  const reading = new Reading(true);
  return { body: nomadFile(value, reading), findings: reading.findings };
}

function nomadFile(file: TreeObject, reading: Reading): Body {
  const inner = file.entries.get("Job");
  const job = inner?.value.kind === "object" ? inner.value : file;
  const range = inner?.keyRange ?? file.range;
  const block = blockOf("job", range, [], nomadBody(job, JOB, reading));
  return { attributes: new Map(), blocks: [block], range: file.range };
}

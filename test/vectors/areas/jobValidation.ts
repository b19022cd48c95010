import { readJob } from "../../../src/jobfile/readJob.ts";
import { plainTree } from "../../../src/jobfile/structure/plainTree.ts";
import { readStructure } from "../../../src/jobfile/structure/readStructure.ts";
import type { PlainValue } from "../../../src/jobfile/tree.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected, type Fields, isFields } from "../compare.ts";

export function driveJobValidation(vector: Vector): readonly Mismatch[] {
  if (vector["kind"] !== "validate") unknownKind(vector);
  const { job } = vector;
  if (!isFields(job)) throw new Error("expected a job");
  const structure = readStructure(plainTree(asFile(job)));
  if (structure === null) throw new Error("expected a job of groups");
  const { spec, findings } = readJob(structure.body, { cronCheck: null, validators: null });
  const codes = findings
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => code ?? message);
  return compareExpected(vector["expect"], {
    valid: spec !== null,
    errors_include: codes,
    error: codes[0] ?? null,
  });
}

/** Vectors name lists in the plural, put names inside, and write times in milliseconds. */
function asFile(job: Fields): PlainValue {
  const { id, ...rest } = job;
  return { job: { [String(id)]: asBody(rest) } };
}

const LABELLED = ["groups", "tasks", "volumes"];
const PLURALS: Readonly<Record<string, string>> = {
  affinities: "affinity",
  constraints: "constraint",
  groups: "group",
  networks: "network",
  services: "service",
  spreads: "spread",
  tasks: "task",
  checks: "check",
  volumes: "volume",
};
/** Maps that are no blocks. */
const FREE = ["config", "env", "meta"];

function asBody(fields: Fields): Record<string, PlainValue> {
  const body: Record<string, PlainValue> = {};
  for (const [key, value] of Object.entries(fields)) {
    const block = PLURALS[key];
    if (key.endsWith("_ms") && typeof value === "number") body[key.slice(0, -3)] = `${value}ms`;
    else if (block !== undefined && Array.isArray(value)) {
      const items = value.filter(isFields);
      body[block] = LABELLED.includes(key) ? items.map(labelled) : items.map(asBody);
    } else if (isFields(value) && !FREE.includes(key)) body[key] = asBody(value);
    else body[key] = value as PlainValue;
  }
  return body;
}

function labelled({ name, ...rest }: Fields): PlainValue {
  return { [String(name ?? "")]: asBody(rest) };
}

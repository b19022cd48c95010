import type { AffinitySpec, ConstraintSpec, SpreadSpec } from "../../model/placementSpec.ts";
import type { ReadBlock } from "../read/block.ts";
import { AFFINITY, CONSTRAINT, SPREAD, SPREAD_TARGET } from "../schema/placement.ts";
import { readMany, type Within } from "./within.ts";

type WrittenConstraint = ReadBlock<typeof CONSTRAINT.attributes>["written"];

const SHORT_FORMS = [
  "version",
  "semver",
  "regexp",
  "set_contains",
  "set_contains_all",
  "set_contains_any",
] as const;

interface ShortForm extends ConstraintSpec {
  readonly name: string;
}

function shortFormsOf(written: WrittenConstraint): ShortForm[] {
  const attribute = written.attribute ?? "";
  const found: ShortForm[] = [];
  for (const name of SHORT_FORMS) {
    const value = written[name];
    if (value !== undefined) found.push({ name, attribute, operator: name, value });
  }
  const { distinct_hosts, distinct_property, value = "" } = written;
  if (distinct_hosts !== undefined) {
    const name = "distinct_hosts";
    found.push({ name, attribute, operator: name, value: String(distinct_hosts) });
  }
  if (distinct_property !== undefined) {
    const name = "distinct_property";
    found.push({ name, attribute: distinct_property, operator: name, value });
  }
  return found;
}

/** A constraint with its short form (`regexp = "x"`) written out. */
function constraintOf(
  block: Pick<ReadBlock<typeof CONSTRAINT.attributes>, "written" | "range">,
  { reading }: Within,
): ConstraintSpec {
  const { written } = block;
  const { attribute = "", operator, value = "" } = written;
  const [short, second] = shortFormsOf(written);
  if (short === undefined) return { attribute, operator: operator ?? "=", value };
  const other = second?.name ?? (operator === undefined ? null : "operator");
  if (other !== null) {
    const message = `Expected one operator and got ${short.name} and ${other}.`;
    reading.error("constraint_conflict", block.range, message, "Make several constraints of it.");
  }
  return { attribute: short.attribute, operator: short.operator, value: short.value };
}

export function readConstraints(
  parent: ReadBlock,
  path: string,
  within: Within,
): readonly ConstraintSpec[] {
  return readMany(parent, CONSTRAINT, within.reading).map((block, index) => {
    within.reading.place(`${path}constraints[${index}]`, block.range);
    return constraintOf(block, within);
  });
}

const SYSTEM_TYPES: readonly string[] = ["system", "sysbatch"];

/** System jobs run on every node that they can: they have no preferences. */
function refuseForSystem(name: string, code: string, blocks: readonly ReadBlock[], within: Within) {
  if (!SYSTEM_TYPES.includes(within.jobType)) return;
  const message = `A job of type ${within.jobType} runs on every node and has no ${name}.`;
  for (const { range } of blocks) within.reading.error(code, range, message, "Remove it.");
}

const WEIGHT_DEFAULT = 50;

export function readAffinities(
  parent: ReadBlock,
  path: string,
  within: Within,
): readonly AffinitySpec[] {
  const blocks = readMany(parent, AFFINITY, within.reading);
  refuseForSystem("affinity", "system_affinity", blocks, within);
  return blocks.map((block, index) => {
    within.reading.place(`${path}affinities[${index}]`, block.range);
    const { weight = WEIGHT_DEFAULT } = block.written;
    return { ...constraintOf(block, within), weight };
  });
}

export function readSpreads(
  parent: ReadBlock,
  path: string,
  within: Within,
): readonly SpreadSpec[] {
  const blocks = readMany(parent, SPREAD, within.reading);
  refuseForSystem("spread", "system_spread", blocks, within);
  return blocks.map((block, index) => {
    within.reading.place(`${path}spreads[${index}]`, block.range);
    const { attribute = "", weight = WEIGHT_DEFAULT } = block.written;
    return { attribute, weight, targets: readTargets(block, within) };
  });
}

function readTargets(spread: ReadBlock, { reading }: Within): SpreadSpec["targets"] {
  return readMany(spread, SPREAD_TARGET, reading).map(({ label, written }) => ({
    value: label === "" ? (written.value ?? "") : label,
    percent: written.percent ?? 0,
  }));
}

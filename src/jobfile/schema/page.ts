import { DRIVERS } from "./drivers.ts";
import { FILE } from "./jobs.ts";
import type { AttributeSchema, BlockSchema, ChildBlock } from "./schema.ts";

interface PlacedBlock {
  readonly schema: BlockSchema;
  /** Names of the blocks that it may stand in. */
  readonly parents: readonly string[];
}

/** Every block of the table once, each behind the first that it may stand in. */
function allBlocks(): readonly PlacedBlock[] {
  const found = new Map<BlockSchema, string[]>();
  const visit = (schema: BlockSchema) => {
    for (const { schema: inner } of Object.values(schema.blocks)) {
      if (inner === null) continue;
      const child = inner();
      const parents = found.get(child);
      found.set(child, [...(parents ?? []), schema.name]);
      if (parents === undefined) visit(child);
    }
  };
  visit(FILE);
  return [...found].map(([schema, parents]) => ({ schema, parents: [...new Set(parents)] }));
}

function typeText({ type, refusal }: AttributeSchema): string {
  switch (type.kind) {
    case "text":
      return "text";
    case "choice":
      return (refusal?.fine ?? type.choices).map((value) => `\`${value}\``).join(", ");
    case "whole":
      return boundsText(type.min, type.max);
    case "truth":
      return "true, false";
    case "duration":
      return "duration";
    case "texts":
      return "list of texts";
    case "map":
      return "map of texts";
    case "textsMap":
      return "map of lists of texts";
    case "value":
      return "any";
  }
}

function boundsText(min: number, max: number): string {
  if (max < Number.MAX_SAFE_INTEGER) return `${min}..${max}`;
  return min === 0 ? "whole number" : `whole number from ${min}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Values as they are written in a file are set as code, remarks beside them are not. */
function defaultText({ default: value, required }: AttributeSchema): string {
  if (required !== null) return "required";
  if (value === null) return "";
  const isRemark = /^(?!true$|false$)[a-z ']+$/.test(value);
  return isRemark || value.includes("`") || value.includes(";") ? value : `\`${value}\``;
}

/** Refused as a whole, or only in some of its values? */
function isOfUse({ type, refusal }: AttributeSchema): boolean {
  return refusal === null || (type.kind === "choice" && refusal.fine.length > 1);
}

function attributeRows({ attributes }: BlockSchema): string[] {
  const works = Object.entries(attributes).filter(([, schema]) => isOfUse(schema));
  if (works.length === 0) return [];
  return [
    row(["attribute", "type", "default", "is"]),
    row(["---", "---", "---", "---"]),
    ...works.map(([name, schema]) =>
      row([`\`${name}\``, typeText(schema), defaultText(schema), schema.about]),
    ),
    "",
  ];
}

function innerText({ blocks }: BlockSchema): string[] {
  const works = Object.entries(blocks).filter(([, { refusal }]) => refusal === null);
  if (works.length === 0) return [];
  const names = works.map(([name, child]) => `\`${name}\`${manyText(child)}`);
  return [`Blocks: ${names.join(", ")}.`, ""];
}

function manyText({ many }: ChildBlock): string {
  return many ? " (any number)" : "";
}

function blockText({ schema, parents }: PlacedBlock, title: string): string[] {
  const where = parents.filter((name) => name !== "file");
  const within = where.length === 0 ? "" : ` In ${where.map((name) => `\`${name}\``).join(", ")}.`;
  return [
    `### ${title}`,
    "",
    `${schema.about}${within}`,
    "",
    ...attributeRows(schema),
    ...innerText(schema),
  ];
}

function headText({ name, label }: BlockSchema): string {
  return label === null ? `\`${name}\`` : `\`${name} "${label}"\``;
}

interface Refused {
  readonly where: string;
  readonly name: string;
  readonly reason: string;
  readonly fix: string;
}

function refusedIn(schema: BlockSchema, where: string): Refused[] {
  const all = [...Object.entries(schema.attributes), ...Object.entries(schema.blocks)];
  return all.flatMap(([name, { refusal }]) =>
    refusal === null ? [] : [{ where, name, reason: refusal.reason, fix: refusal.fix }],
  );
}

const INTRODUCTION = `# Job files of groups

A job of groups runs services, batch work and system tasks that recover by themselves. It is written in HCL2, as for
Nomad, or as YAML or JSON; this page is the reference of its blocks and attributes. It is made from the table by which
files are read (\`node scripts/bun.mjs scripts/jobFilePage.ts\`), so what is not on it is an error with its line and
column, and nothing is accepted and ignored.

- A file has one \`job\`, and beside it \`variable\`, \`variables\` and \`locals\`.
- Durations are texts as \`"30s"\` or \`"1h30m"\` (units ns, us, ms, s, m, h), or numbers of nanoseconds. \`"1hr"\` is read as
  \`"1h"\`, with a warning. Sizes are in MB (MiB).
- A map may be written as an attribute (\`meta = { a = "1" }\`) or as a block (\`meta { a = 1 }\`); its values become text.
- References that only a node knows (\`\${attr.kernel.name}\`, \`\${node.unique.name}\`, \`\${meta.rack}\`, \`\${NOMAD_PORT_db}\`,
  \`\${env["HOME"]}\`) stay in the text until the task starts; what the node does not know either stays as it is.
- \`\${env["NAME"]}\` is a variable of the task's own environment: what its driver and the node set, \`NOMAD_...\`, its
  \`env\` and its templates of \`env = true\`. Within \`env\` a variable sees those above it, and what the driver sets:
  \`PATH = "/opt/bin:\${env["PATH"]}"\`. The agent's own variables are not passed on.
- As YAML or JSON: blocks are maps, labels are keys above them, several blocks of one kind are lists
  (\`job: {example: {group: {cache: {count: 1}}}}\`). Nomad's own JSON (\`{"Job": {"ID": ..., "TaskGroups": [...]}}\`) is read too.
- \`restart\` of a task goes over that of its group, \`reschedule\`, \`update\` and \`migrate\` of a group over those of its job,
  attribute by attribute; what nobody writes has the default of the job's type.
`;

const REFUSED_INTRODUCTION = `## Refused

What Nomad has and this engine has not is an error at its line, unless its value is empty, false or 0.
`;

/** The reference in docs/job-file.md. */
export function jobFilePage(): string {
  const blocks = allBlocks();
  const drivers = Object.values(DRIVERS);
  const inner = drivers.flatMap((driver) =>
    Object.values(driver.blocks).flatMap(({ schema }) => (schema === null ? [] : [schema()])),
  );
  const ofDrivers = [...new Set(inner)];
  const refused = [
    ...blocks.flatMap(({ schema }) => refusedIn(schema, schema.name)),
    ...drivers.flatMap((schema) => refusedIn(schema, `config of ${schema.name}`)),
    ...ofDrivers.flatMap((schema) => refusedIn(schema, `${schema.name} of docker`)),
  ];
  const lines = [
    INTRODUCTION,
    "## Blocks",
    "",
    ...blocks.flatMap((block) => blockText(block, headText(block.schema))),
    "## Drivers",
    "",
    "Attributes of `config`, by the `driver` of the task.",
    "",
    ...drivers.flatMap((schema) => blockText({ schema, parents: [] }, `\`${schema.name}\``)),
    ...ofDrivers.flatMap((schema) => {
      const title = `\`${schema.name}\` of docker`;
      return blockText({ schema, parents: [] }, title);
    }),
    REFUSED_INTRODUCTION,
    row(["in", "name", "why", "do"]),
    row(["---", "---", "---", "---"]),
    ...refused.map(({ where, name, reason, fix }) => row([where, `\`${name}\``, reason, fix])),
  ];
  return `${lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

import { formatGoDuration } from "../../model/duration.ts";
import type { ConfigValue, DriverName } from "../../model/group.ts";
import { type ReadBlock, readBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import { DRIVERS } from "../schema/drivers.ts";
import type { BlockSchema } from "../schema/schema.ts";
import { blockOf, objectsOf } from "../structure/blocks.ts";
import { writtenBody } from "../structure/written.ts";
import type { Block } from "../tree.ts";

type Config = Record<string, ConfigValue>;

/** A task's settings for its driver, under their own names; only those that were written. */
export function readConfig(
  task: ReadBlock,
  driver: DriverName,
  path: string,
  reading: Reading,
): Config {
  const schema = DRIVERS[driver];
  const [written] = task.children("config");
  const block = written ?? emptyBlock(task.range);
  reading.place(`${path}.config`, block.typeRange);
  const config = configOf(block, schema, reading);
  for (const [name, range] of valueRanges(block)) reading.place(`${path}.config.${name}`, range);
  if (driver === "java" && (config["jar_path"] === undefined) === (config["class"] === undefined)) {
    const message = "Expected either jar_path or class in the settings of the driver java.";
    reading.error("config_jar_path_missing", block.typeRange, message);
  }
  return config;
}

/** Tells of settings that the driver does not have, for a task that cannot be read as a whole. */
export function checkConfig(task: ReadBlock, driver: DriverName, reading: Reading): void {
  for (const block of task.children("config")) configOf(block, DRIVERS[driver], reading);
}

function emptyBlock(range: Block["range"]): Block {
  const body = { attributes: new Map(), blocks: [], range };
  return { type: "config", typeRange: range, labels: [], body, range };
}

function valueRanges({ body }: Block) {
  return [...body.attributes.values()].map(({ name, value }) => [name, value.range] as const);
}

function configOf(block: Block, schema: BlockSchema, reading: Reading): Config {
  const read = readBlock(withBlocks(block, schema), schema, reading);
  const config: Config = {};
  for (const [name, value] of Object.entries(read.written)) {
    const kind = schema.attributes[name]?.type.kind;
    // Drivers read their settings as text, as they stand in the file.
    if (kind === "duration" && typeof value === "number") config[name] = formatGoDuration(value);
    else config[name] = value as ConfigValue;
  }
  for (const [name, child] of Object.entries(schema.blocks)) {
    const inner = child.schema?.();
    const blocks = read.children(name);
    if (inner === undefined || blocks.length === 0) continue;
    const values = blocks.map((written) => configOf(written, inner, reading));
    addBlocks(config, name, child.many, values);
  }
  return config;
}

/** Drivers take blocks as maps and lists of maps too (`mounts = [{ ... }]`). */
function withBlocks(block: Block, schema: BlockSchema): Block {
  const attributes = new Map(block.body.attributes);
  const blocks = [...block.body.blocks];
  for (const { name, nameRange, value } of block.body.attributes.values()) {
    const inner = Object.hasOwn(schema.blocks, name) ? schema.blocks[name]?.schema?.() : undefined;
    const objects = inner === undefined ? null : objectsOf(value);
    if (inner === undefined || objects === null) continue;
    attributes.delete(name);
    blocks.push(...objects.map((item) => blockOf(name, nameRange, [], writtenBody(item, inner))));
  }
  return { ...block, body: { ...block.body, attributes, blocks } };
}

/** `mount` and `mounts` are one list; what may stand once is a map. */
function addBlocks(config: Config, name: string, isMany: boolean, values: Config[]): void {
  const [only = {}] = values;
  if (!isMany) config[name] = only;
  else {
    const list = name.endsWith("s") ? name : `${name}s`;
    const before = config[list];
    config[list] = [...(Array.isArray(before) ? before : []), ...values];
  }
}

import { readFileSync } from "node:fs";
import { z } from "zod";
import { TASK_SLOTS_MAX } from "../model/limits.ts";
import { AgentStartError } from "./options.ts";

/** Linux keeps its highest user id for "nobody was named". */
const UID_MAX = 2 ** 32 - 2;
/** Enough to recognise a value by. */
const GIVEN_MAX_LENGTH = 120;

/** Each schema's error says what it expects, in words that fit behind "Expected". */
function wholeNumber(most: number) {
  const error = `a whole number from 1 to ${most}`;
  return z.int({ error }).min(1, { error }).max(most, { error });
}

const TEXT = z.string({ error: "text" }).min(1, { error: "text that is not empty" });
const YES_OR_NO = z.boolean({ error: "true or false" });

const TEXTS = z.record(TEXT, z.string({ error: "text" }), { error: "names with a text each" });

/** An object without other fields than these. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys" ? `only the fields ${names}` : `an object of ${names}`,
  });
}

const account = section({ firstUid: wholeNumber(UID_MAX), count: wholeNumber(65_536) });

const schema = section({
  serverUrl: TEXT.optional(),
  joinTokenFile: TEXT.optional(),
  pool: TEXT.optional(),
  name: TEXT.optional(),
  slots: wholeNumber(TASK_SLOTS_MAX).optional(),
  dataDirectory: TEXT.optional(),
  rootDirectory: TEXT.optional(),
  allowedUsers: section({
    admin: YES_OR_NO.default(false),
    accounts: account.nullable().default(null),
    named: z.array(TEXT, { error: "a list of names" }).default([]),
  }).optional(),
  rebootCommand: TEXT.nullable().optional(),
  insecure: YES_OR_NO.optional(),
  cgroups: z.enum(["auto", "off"], { error: "auto or off" }).optional(),
  datacenter: TEXT.optional(),
  nodeClass: TEXT.optional(),
  meta: TEXTS.optional(),
  driverRawExec: YES_OR_NO.optional(),
  imageMap: TEXTS.optional(),
  docker: section({
    allowPrivileged: YES_OR_NO.default(false),
    allowHostPaths: YES_OR_NO.default(false),
  }).optional(),
  hostVolumes: z
    .record(TEXT, section({ path: TEXT, readOnly: YES_OR_NO.default(false) }), {
      error: "names with the path of each",
    })
    .optional(),
  execRoot: z
    .enum(["auto", "required", "off"], { error: "one of auto, required and off" })
    .optional(),
  execRoots: z.array(TEXT, { error: "a list of absolute paths" }).optional(),
});

/** `stint agent --config FILE`: what the file sets; options of the command line win. */
export type AgentConfiguration = z.infer<typeof schema>;

/** Reads a configuration in YAML or JSON. Throws AgentStartError: one line that names the file and the field. */
export function readAgentConfiguration(path: string): AgentConfiguration {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new AgentStartError(
      `Expected a configuration in ${path}, but it cannot be read: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  const value = parse(path, text) ?? {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const mistake = issue === undefined ? "not a configuration" : told(issue, value);
  throw new AgentStartError(`${path}: ${mistake}`);
}

function told(issue: z.core.$ZodIssue, value: unknown): string {
  const field = issue.path.join(".");
  const place = field === "" ? "" : ` as ${field}`;
  if (issue.code === "unrecognized_keys") {
    const unknown = [...issue.path, issue.keys[0] ?? ""].join(".");
    return `Expected ${issue.message}${place} and got ${unknown}. Remove or rename it.`;
  }
  const given = issue.path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  if (given === undefined) return `Expected ${issue.message}${place} and got nothing. Add it.`;
  const shown = (JSON.stringify(given) ?? typeof given).slice(0, GIVEN_MAX_LENGTH);
  return `Expected ${issue.message}${place} and got ${shown}. Correct it.`;
}

function parse(path: string, text: string): unknown {
  try {
    // JSON is YAML.
    return Bun.YAML.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentStartError(`${path} is neither YAML nor JSON: ${reason}.`, { cause: error });
  }
}

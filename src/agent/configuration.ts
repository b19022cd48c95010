import { readFileSync } from "node:fs";
import { z } from "zod";
import { TASK_SLOTS_MAX } from "../model/limits.ts";
import { AgentStartError } from "./options.ts";

/** Linux keeps its highest user id for "nobody was named". */
const UID_MAX = 2 ** 32 - 2;

const account = z.strictObject({
  firstUid: z.int().min(1).max(UID_MAX),
  count: z.int().min(1).max(65_536),
});

const schema = z.strictObject({
  serverUrl: z.string().min(1).optional(),
  joinTokenFile: z.string().min(1).optional(),
  pool: z.string().min(1).optional(),
  name: z.string().min(1).optional(),
  slots: z.int().min(1).max(TASK_SLOTS_MAX).optional(),
  dataDirectory: z.string().min(1).optional(),
  rootDirectory: z.string().min(1).optional(),
  allowedUsers: z
    .strictObject({
      admin: z.boolean().default(false),
      accounts: account.nullable().default(null),
      named: z.array(z.string().min(1)).default([]),
    })
    .optional(),
  rebootCommand: z.string().min(1).nullable().optional(),
  insecure: z.boolean().optional(),
  cgroups: z.enum(["auto", "off"]).optional(),
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
  const result = schema.safeParse(parse(path, text) ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw new AgentStartError(
    `${path}: ${field === "" ? "" : `${field}: `}${issue?.message ?? "not a configuration"}.`,
  );
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

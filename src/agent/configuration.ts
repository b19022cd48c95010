import { readFileSync } from "node:fs";
import { z } from "zod";
import { TASK_SLOTS_MAX } from "../model/limits.ts";
import { AgentStartError } from "./options.ts";

const allowedUsers = z.strictObject({
  admin: z.boolean().default(false),
  accounts: z
    .strictObject({ firstUid: z.int().min(1000), count: z.int().min(1) })
    .nullable()
    .default(null),
  named: z.array(z.string()).default([]),
});

const configuration = z.strictObject({
  serverUrl: z.string().optional(),
  joinTokenFile: z.string().optional(),
  name: z.string().optional(),
  slots: z.int().min(1).max(TASK_SLOTS_MAX).optional(),
  dataDirectory: z.string().optional(),
  rootDirectory: z.string().optional(),
  /** As whom tasks may run; default: the agent's own user only. */
  allowedUsers: allowedUsers.optional(),
  /** Run by `/bin/sh -c` when a reboot is asked for; absent: the node can not be rebooted from afar. */
  rebootCommand: z.string().optional(),
  cgroups: z.enum(["auto", "off"]).optional(),
  insecure: z.boolean().optional(),
});

/** Settings of an agent's configuration file; what is absent has its default, and options of the command win. */
export type AgentConfiguration = z.output<typeof configuration>;

/** Reads a YAML or JSON file. Throws AgentStartError: one line with the file, what was expected and what was found. */
export function readAgentConfiguration(path: string): AgentConfiguration {
  const parsed = configuration.safeParse(readValue(path) ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => {
    const where = issue.path.join(".");
    return where === "" ? issue.message : `${where}: ${issue.message}`;
  });
  throw new AgentStartError(
    `Expected an agent configuration in ${path}: ${issues.join("; ")}. ` +
      `Known settings: ${Object.keys(configuration.shape).join(", ")}.`,
  );
}

function readValue(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new AgentStartError(`Could not read the configuration ${path}: ${String(error)}`, {
      cause: error,
    });
  }
  try {
    return Bun.YAML.parse(text);
  } catch (error) {
    throw new AgentStartError(`Expected YAML or JSON in ${path}: ${String(error)}`, {
      cause: error,
    });
  }
}

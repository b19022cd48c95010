import { readConfig } from "./config.ts";
import type { Driver, DriverFingerprint, MemberStart, StartFailure } from "./driver.ts";
import { type ExecRootOptions, ExecRoots } from "./execRoot.ts";
import { newProcessDriver, type ProcessCommand, type ProcessParts } from "./processDriver.ts";

/** `command`, `args` and `work_dir`. */
function commandOf(start: MemberStart): ProcessCommand | StartFailure {
  return readConfig(start.driver, start.config, (fields) => ({
    words: [fields.requiredText("command"), ...fields.texts("args")],
    workDir: fields.text("work_dir"),
  }));
}

/**
 * Processes in a control group with the member's limits, as a user without rights where the node gives out any, and with a
 * root of their own where it can give them one.
 */
export function newExecDriver(
  parts: ProcessParts & { readonly execRoot: ExecRootOptions },
): Driver {
  const roots = new ExecRoots(parts.execRoot);
  return newProcessDriver(
    {
      name: "exec",
      async fingerprint() {
        await roots.try();
        const shortcomings = [...parts.groups.shortcomings, ...asList(roots.shortcoming)];
        const { facts, attributes } = detected("exec", shortcomings);
        if (roots.refusal !== null) {
          return {
            facts: { ...facts, healthy: false, description: roots.refusal },
            attributes: {},
          };
        }
        const root = roots.shortcoming === null ? "private" : "shared";
        return { facts, attributes: { ...attributes, "driver.exec.root": root } };
      },
      commandOf,
      limitsOf: ({ limits }) => limits,
      hasAccounts: true,
      roots,
      notes: ({ shortcomings }, isOwnUser) =>
        isolationNotes(shortcomings, isOwnUser, roots.shortcoming),
    },
    parts,
  );
}

/** What people who know chroots and namespaces have to be told. `ownRoot`: why it has none of its own; null: it has. */
export function isolationNotes(
  shortcomings: readonly string[],
  isOwnUser: boolean,
  ownRoot: string | null,
): readonly string[] {
  const by = [
    ...(isOwnUser ? [] : ["its user"]),
    "its control group",
    ...(ownRoot === null ? ["a root directory of its own"] : []),
  ];
  const own = "it runs as the agent's own user, as the node has no accounts for tasks";
  const leaves = ownRoot === null ? "; as root it can leave its root directory" : "";
  return [
    `Isolated by ${listed(by)}.`,
    ...(isOwnUser ? [`Not isolated: ${own}${leaves}.`] : []),
    ...[...asList(ownRoot), ...shortcomings].map((shortcoming) => `Not isolated: ${shortcoming}.`),
  ];
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

function asList(shortcoming: string | null): readonly string[] {
  return shortcoming === null ? [] : [shortcoming];
}

/** Processes without isolation and limits, as the agent's own user. Off unless the agent's configuration allows it. */
export function newRawExecDriver(parts: ProcessParts, isEnabled: boolean): Driver {
  return newProcessDriver(
    {
      name: "raw_exec",
      fingerprint: () => Promise.resolve(isEnabled ? detected("raw_exec", []) : RAW_EXEC_DISABLED),
      commandOf: (start) =>
        isEnabled
          ? commandOf(start)
          : { message: RAW_EXEC_DISABLED.facts.description, isRecoverable: false },
      limitsOf: () => undefined,
      hasAccounts: false,
      roots: null,
      notes: () => [],
    },
    parts,
  );
}

const RAW_EXEC_DISABLED: DriverFingerprint = {
  facts: {
    detected: false,
    healthy: false,
    description: "raw_exec is off on this node; --driver-raw-exec on allows it.",
  },
  attributes: {},
};

function detected(name: string, [shortcoming]: readonly string[]): DriverFingerprint {
  const description = shortcoming === undefined ? "Healthy" : `Healthy; ${shortcoming}`;
  return {
    facts: { detected: true, healthy: true, description },
    attributes: { [`driver.${name}`]: "1" },
  };
}

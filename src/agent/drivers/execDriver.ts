import { readConfig } from "./config.ts";
import type { Driver, DriverFingerprint, MemberStart, StartFailure } from "./driver.ts";
import { newProcessDriver, type ProcessCommand, type ProcessParts } from "./processDriver.ts";

/** `command`, `args` and `work_dir`. */
function commandOf(start: MemberStart): ProcessCommand | StartFailure {
  return readConfig(start.driver, start.config, (fields) => ({
    words: [fields.requiredText("command"), ...fields.texts("args")],
    workDir: fields.text("work_dir"),
  }));
}

/** Processes in a control group with the member's limits, as a user without rights where the node gives out any. */
export function newExecDriver(parts: ProcessParts): Driver {
  return newProcessDriver(
    {
      name: "exec",
      fingerprint: () => Promise.resolve(detected("exec", parts)),
      commandOf,
      limitsOf: ({ limits }) => limits,
      hasAccounts: true,
      notes: ({ shortcomings }, isOwnUser) => isolationNotes(shortcomings, isOwnUser),
    },
    parts,
  );
}

/** What people who know chroots and namespaces have to be told. */
export function isolationNotes(
  shortcomings: readonly string[],
  isOwnUser: boolean,
): readonly string[] {
  const by = isOwnUser ? "its control group" : "its user and control group";
  const own = "it runs as the agent's own user, as the node has no accounts for tasks";
  return [
    `Isolated by ${by}; it sees the node's whole file system (no chroot).`,
    ...(isOwnUser ? [`Not isolated: ${own}.`] : []),
    ...shortcomings.map((shortcoming) => `Not isolated: ${shortcoming}.`),
  ];
}

/** Processes without isolation and limits, as the agent's own user. Off unless the agent's configuration allows it. */
export function newRawExecDriver(parts: ProcessParts, isEnabled: boolean): Driver {
  return newProcessDriver(
    {
      name: "raw_exec",
      fingerprint: () =>
        Promise.resolve(isEnabled ? detected("raw_exec", parts) : RAW_EXEC_DISABLED),
      commandOf: (start) =>
        isEnabled
          ? commandOf(start)
          : { message: RAW_EXEC_DISABLED.facts.description, isRecoverable: false },
      limitsOf: () => undefined,
      hasAccounts: false,
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

function detected(name: string, { groups }: ProcessParts): DriverFingerprint {
  const [shortcoming] = name === "exec" ? groups.shortcomings : [];
  const description = shortcoming === undefined ? "Healthy" : `Healthy; ${shortcoming}`;
  return {
    facts: { detected: true, healthy: true, description },
    attributes: { [`driver.${name}`]: "1" },
  };
}

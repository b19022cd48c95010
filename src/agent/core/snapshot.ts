import { memberProcessesOf } from "./allocation/processes.ts";
import { type JournalEntry, MEMBER_KEY_FIRST } from "./contract.ts";
import type { AgentMachine, Execution, Removal } from "./machine.ts";

/**
 * The shortest journal that gives this machine again. What only this life of the agent knows (connection, reports,
 * what the runtime was asked) is not in it: `recovered` makes that anew.
 */
export function snapshotEntries(machine: AgentMachine): JournalEntry[] {
  const entries: JournalEntry[] = [];
  if (machine.bootId !== null) entries.push({ entry: "booted", bootId: machine.bootId });
  if (machine.nextMemberKey > MEMBER_KEY_FIRST) {
    entries.push({ entry: "memberKey", next: machine.nextMemberKey });
  }
  if (machine.contactLostAt !== null) {
    entries.push({ entry: "contact", lostAt: machine.contactLostAt });
  }
  if (machine.epoch > 0) entries.push({ entry: "epoch", epoch: machine.epoch });
  for (const execution of machine.finishedEarlier)
    entries.push({ entry: "acknowledged", execution });
  for (const execution of machine.finished) entries.push({ entry: "acknowledged", execution });
  for (const arrival of arrivals(machine)) {
    if ("removal" in arrival) entries.push(...removalEntries(arrival));
    else entries.push(...executionEntries(machine, arrival));
  }
  // After the executions, for each `ordered` cancels the retention of its directory.
  for (const [jobId, tasks] of machine.retained) {
    for (const [taskId, expiresAt] of tasks) {
      entries.push({ entry: "retained", jobId, taskId, expiresAt });
    }
  }
  return entries;
}

function arrivals(machine: AgentMachine): (Execution | Removal)[] {
  const all = [...machine.executions.values(), ...machine.removals.values()];
  return all.sort((a, b) => a.sequence - b.sequence);
}

function removalEntries({ removal, jobId, taskId, state }: Removal): JournalEntry[] {
  const ordered: JournalEntry = { entry: "removal", removal, jobId, taskId };
  return state === "done" ? [ordered, { entry: "removalDone", removal }] : [ordered];
}

function executionEntries(machine: AgentMachine, held: Execution): JournalEntry[] {
  const { order, orderedAt, discarded, life } = held;
  const execution = order.execution;
  const entries: JournalEntry[] = [{ entry: "ordered", at: orderedAt, order }];
  if (life.phase === "allocated") {
    entries.push({ entry: "allocated", execution, run: life.run });
    for (const process of memberProcessesOf(machine, life.run)) {
      entries.push(...processEntries(process));
    }
  }
  if (discarded) entries.push({ entry: "discarded", execution });
  return [...entries, ...processEntries(held)];
}

function processEntries(held: Execution): JournalEntry[] {
  const { key, stopping } = held;
  const entries = lifeEntries(held);
  return stopping === null
    ? entries
    : [{ entry: "stopping", execution: key, ...stopping }, ...entries];
}

function lifeEntries(held: Execution): JournalEntry[] {
  const { life, orderedAt, key: execution } = held;
  const entries: JournalEntry[] = [];
  const offsets = "offsets" in life ? life.offsets : null;
  if (life.phase === "starting" && life.window !== null) {
    const { from, until } = life.window;
    return [{ entry: "starting", execution, at: from, offsets: life.offsets, startBefore: until }];
  }
  if (offsets !== null) entries.push({ entry: "starting", execution, at: orderedAt, offsets });
  switch (life.phase) {
    case "ordered":
    case "allocated":
    case "starting":
      break;
    case "running":
      entries.push({ entry: "started", execution, at: life.startedAt, process: life.process });
      break;
    case "exited":
      if (life.startedAt !== null) {
        const process = { bootId: "", pid: 0, startTicks: 0 };
        entries.push({ entry: "started", execution, at: life.startedAt, process });
      }
      entries.push({ entry: "exited", execution, exit: life.exit });
      break;
    case "ended":
      entries.push({ entry: "ended", execution, result: life.result });
      entries.push(...owedEntries(held, life));
      break;
  }
  return entries;
}

function owedEntries(
  held: Execution,
  life: Extract<Execution["life"], { phase: "ended" }>,
): JournalEntry[] {
  const execution = held.order.execution;
  const entries: JournalEntry[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    if (life.result[stream].place.kind !== "node" || life.uploads.includes(stream)) continue;
    entries.push({ entry: "uploaded", execution, stream });
  }
  if (life.acknowledged) entries.push({ entry: "acknowledged", execution });
  return entries;
}

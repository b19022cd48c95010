import type { JournalEntry } from "../../agent/core/contract.ts";
import type { MemberEvent, MemberEventType } from "../../model/allocation.ts";
import type { Changes } from "../../model/changes.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { JobRecord } from "../../model/job.ts";
import type { SimulationEvent } from "../../model/simulation.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { RunNode } from "./node.ts";
import { taskNameOf } from "./taskName.ts";

/** What people want to read of a member: not every step of a start. */
const TOLD: ReadonlySet<MemberEventType> = new Set([
  "Failed Artifact Download",
  "Setup Failure",
  "Driver Failure",
  "Terminated",
  "Restart Signaled",
  "Restarting",
  "Not Restarting",
  "Sibling Task Failed",
  "Leader Task Dead",
  "Task hook failed",
  "Failed Restoring Task",
  "Alloc Unhealthy",
]);

const ID_DIGITS = 8;

export interface Tally {
  restarts: number;
  reschedules: number;
  replacements: number;
}

/** What happens in a run, as people would read it of the real one. */
export class Timeline {
  readonly events: SimulationEvent[] = [];
  readonly tallies = new Map<string, Tally>();
  readonly #now: () => number;
  /** The last event of each member that was taken, by execution and member. */
  readonly #last = new Map<string, MemberEvent>();
  readonly #seen = new Map<number, ExecutionRecord>();
  /** Ids of those that have ended. */
  readonly #deployments = new Set<string>();
  readonly #decisions = new Map<number, string | null>();

  constructor(now: () => number) {
    this.#now = now;
  }

  #add(event: Partial<SimulationEvent> & Pick<SimulationEvent, "type" | "description">): void {
    this.events.push({
      atMs: this.#now(),
      node: "",
      allocation: "",
      id: "",
      member: "",
      ...event,
    });
  }

  #tally(group: string): Tally {
    const tally = this.tallies.get(group) ?? { restarts: 0, reschedules: 0, replacements: 0 };
    this.tallies.set(group, tally);
    return tally;
  }

  machine(node: RunNode, type: string, description: string): void {
    this.#add({ node: node.id, type, description });
  }

  /** A step of a member on its node. */
  member(node: RunNode, entry: Extract<JournalEntry, { entry: "member" }>): void {
    const execution = node.core.executions.get(entry.execution);
    const allocation = execution?.order.allocation;
    if (execution === undefined || allocation === undefined) return;
    const { events, member } = entry.member.state;
    const key = `${entry.execution}/${member}`;
    const before = this.#last.get(key);
    const from = before === undefined ? 0 : events.indexOf(before) + 1;
    const last = events.at(-1);
    if (last !== undefined) this.#last.set(key, last);
    for (const { type, description } of events.slice(from)) {
      if (type === "Restarting") this.#tally(allocation.group.name).restarts += 1;
      if (!TOLD.has(type)) continue;
      const order = { ...execution.order, allocation };
      const id = allocation.allocationId.slice(0, ID_DIGITS);
      this.#add({ node: node.id, allocation: taskNameOf(order), id, member, type, description });
    }
  }

  /** What the server has decided in a step. */
  committed(changes: Changes, taskOf: (number: number) => TaskRecord | undefined): void {
    for (const execution of changes.executions.values()) {
      const task = taskOf(execution.task);
      if (task !== undefined) this.#execution(execution, task);
    }
    for (const [number, progress] of changes.tasks) {
      const decision = progress?.group?.decision ?? null;
      const before = this.#decisions.get(number) ?? null;
      this.#decisions.set(number, decision);
      const task = taskOf(number);
      if (progress === null || task === undefined || decision === before) continue;
      if (decision === null) continue;
      const isOver = progress.state === "completed" && progress.outcome?.result === "failure";
      const type = isOver ? "Given up" : progress.state === "active" ? "Rescheduling" : "Decided";
      const node = progress.nodeId ?? "";
      this.#add({ node, allocation: task.id, type, description: decision });
    }
    for (const job of changes.jobs.values()) this.#deployment(job);
  }

  #deployment(job: JobRecord | null): void {
    const deployment = job?.groups?.deployment;
    if (!deployment || deployment.status === "running") return;
    const known = this.#deployments.has(deployment.id);
    this.#deployments.add(deployment.id);
    if (!known) this.#add({ type: "Deployment", description: deployment.description });
  }

  #execution(execution: ExecutionRecord, task: TaskRecord): void {
    const { number, state, allocation, nodeId } = execution;
    const before = this.#seen.get(number);
    this.#seen.set(number, execution);
    if (allocation === undefined) return;
    const id = allocation.id.slice(0, ID_DIGITS);
    const about = { node: nodeId, allocation: task.id, id };
    if (before === undefined) this.#placed(execution, task, about);
    if (before?.state === state) return;
    if (state === "lost") {
      this.#add({ ...about, type: "Lost", description: "Given up: the node did not come back" });
    } else if (state === "unknown") {
      this.#add({ ...about, type: "Unknown", description: allocation.description });
    } else if (before?.state === "unknown") {
      this.#add({ ...about, type: "Reconnected", description: "Its node is back" });
    } else if (state === "stopping") {
      this.#add({ ...about, type: "Stopping", description: allocation.description });
    }
  }

  #placed(
    { allocation, assignedAt }: ExecutionRecord,
    task: TaskRecord,
    about: Pick<SimulationEvent, "node" | "allocation" | "id">,
  ): void {
    if (allocation === undefined) return;
    const tally = this.#tally(task.spec.place?.group ?? "");
    const isRescheduled = allocation.rescheduled.at(-1)?.at === assignedAt;
    const isFirst = allocation.previous === null;
    if (isRescheduled) tally.reschedules += 1;
    else if (!isFirst) tally.replacements += 1;
    const description = isRescheduled
      ? `Takes the place of a failed one, reschedule ${allocation.rescheduled.length}`
      : isFirst
        ? "First of its task"
        : "Takes the place of a lost or stopped one";
    this.#add({ ...about, type: "Placed", description });
  }
}

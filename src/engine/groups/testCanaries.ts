import type { GroupSpec } from "../../model/group.ts";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import type { UpdatePolicy } from "../../model/groupPolicy.ts";
import type { StartOrder } from "../../model/order.ts";
import { aMember } from "../../placement/testGroup.ts";
import { explainTask } from "../explain.ts";
import type { WaitReason } from "../explanation.ts";
import { GroupFleet, groupJob } from "./testGroups.ts";

/** What a version changes that has to replace what runs. */
export function newVersion(memory: number): Partial<GroupSpec> {
  const resources = { cpuMhz: 100, cores: 0, memoryMb: memory, memoryMaxMb: 0 };
  return { members: [aMember({ resources })] };
}

/** A service of `count`, of which version 0 runs well. */
export class CanaryFleet extends GroupFleet {
  readonly update: UpdatePolicy;
  readonly #count: number;
  readonly old: readonly StartOrder[];

  constructor(count: number, update: Partial<UpdatePolicy>, nodes?: readonly string[]) {
    super(nodes);
    this.update = { ...UPDATE_DEFAULT, ...update };
    this.#count = count;
    this.change();
    this.old = this.starts();
    for (const order of this.old) this.healthy(order);
  }

  change(group: Partial<GroupSpec> = {}): void {
    this.register(groupJob({ count: this.#count, update: this.update, ...group }));
  }

  promote(groups: readonly string[] | null = null) {
    return this.send({ kind: "promoteJob", job: "example", groups, user: "alice" });
  }

  get groups() {
    return this.engine.jobs.get(1)?.record.groups;
  }

  get deployment() {
    return this.groups?.deployment;
  }

  current(index: number) {
    return this.task(`example.cache[${index}]`, "example")?.progress;
  }

  get counts() {
    const { active, running, succeeded, failed } = this.engine.jobs.get(1)?.counts ?? {};
    return { active, running, succeeded, failed };
  }

  /** Why the first task is where it is. */
  explained(): readonly WaitReason[] {
    const job = this.engine.jobs.get(1) ?? null;
    const task = job?.groups?.tasks.values().next().value;
    if (task === undefined) throw new Error("no task");
    return explainTask(this.engine, job, task).reasons;
  }

  codes(): string[] {
    return this.explained().map(({ code }) => code);
  }

  /** Versions of what runs and is not told to stop, by name. */
  versions(): string[] {
    return [...this.engine.executions.values()]
      .filter(({ execution }) => execution.stopReason === null)
      .map(({ task, execution }) => {
        const { version, canary } = execution.allocation ?? {};
        return `${task.id.replace("example.cache", "")} ${version}${canary ? "*" : ""}`;
      })
      .sort();
  }
}

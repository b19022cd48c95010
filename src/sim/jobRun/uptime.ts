import type { MemberProcess } from "../../agent/core/contract.ts";
import { isGroupMain, taskNameOf } from "./taskName.ts";

interface Task {
  readonly group: string;
  readonly firstUpAt: number;
  /** Mains that run, by execution. */
  readonly running: Map<number, number>;
  downSince: number | null;
  downMs: number;
  longestMs: number;
}

export interface Downtime {
  readonly totalMs: number;
  readonly longestMs: number;
  /** From each task's first start on, summed. */
  readonly observedMs: number;
}

/** For how long tasks did not run: as it really was, whatever the server knew of it. */
export class Uptime {
  readonly #now: () => number;
  readonly #tasks = new Map<string, Task>();

  constructor(now: () => number) {
    this.#now = now;
  }

  started(process: MemberProcess): void {
    if (!isGroupMain(process)) return;
    const { allocation, execution } = process.order;
    const name = taskNameOf(process.order);
    const now = this.#now();
    const task = this.#tasks.get(name) ?? {
      group: allocation.group.name,
      firstUpAt: now,
      running: new Map<number, number>(),
      downSince: null,
      downMs: 0,
      longestMs: 0,
    };
    this.#tasks.set(name, task);
    task.running.set(execution, (task.running.get(execution) ?? 0) + 1);
    const mains = allocation.group.members.filter(({ lifecycle }) => lifecycle === null).length;
    if ((task.running.get(execution) ?? 0) >= mains) this.#up(task, now);
  }

  ended(process: MemberProcess): void {
    if (!isGroupMain(process)) return;
    const { execution } = process.order;
    const task = this.#tasks.get(taskNameOf(process.order));
    if (task === undefined) return;
    const left = (task.running.get(execution) ?? 1) - 1;
    if (left > 0) task.running.set(execution, left);
    else task.running.delete(execution);
    const mains = process.order.allocation.group.members.filter(
      ({ lifecycle }) => lifecycle === null,
    ).length;
    const isUp = [...task.running.values()].some((count) => count >= mains);
    if (!isUp) task.downSince ??= this.#now();
  }

  #up(task: Task, now: number): void {
    if (task.downSince === null) return;
    const lengthMs = now - task.downSince;
    task.downMs += lengthMs;
    task.longestMs = Math.max(task.longestMs, lengthMs);
    task.downSince = null;
  }

  of(group: string): Downtime {
    const now = this.#now();
    const tasks = [...this.#tasks.values()].filter((task) => task.group === group);
    let totalMs = 0;
    let longestMs = 0;
    let observedMs = 0;
    for (const { firstUpAt, downMs, downSince, longestMs: longest } of tasks) {
      const openMs = downSince === null ? 0 : now - downSince;
      totalMs += downMs + openMs;
      longestMs = Math.max(longestMs, longest, openMs);
      observedMs += now - firstUpAt;
    }
    return { totalMs, longestMs, observedMs };
  }
}

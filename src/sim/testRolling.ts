import type { RollingPolicy } from "../model/fleet/rolling.ts";
import type { JobNumber } from "../model/id.ts";
import type { StartOrder } from "../model/order.ts";
import type { TaskRecord } from "../model/task.ts";
import { TestMachine } from "./testMachine.ts";

export const ONE_BY_ONE: RollingPolicy = {
  batch: { unit: "nodes", size: 1 },
  canary: null,
  pauseMs: 0,
  stopAfterFailures: { perBatch: null, inTotal: null },
};

/** A rolling run on hosts `host.n01`, `host.n02` ... that a test plays by hand. */
export class TestRollingRun extends TestMachine {
  /** Orders that were sent and have not ended, by node id. */
  readonly open = new Map<string, StartOrder>();
  /** Every execution that was ever ordered, as `NODE#EXEC NO`, and its number. */
  readonly ordered = new Map<string, number>();

  constructor(nodeCount: number, rolling: RollingPolicy, more: object = {}) {
    super();
    const names = Array.from(
      { length: nodeCount },
      (_, index) => `n${String(index + 1).padStart(2, "0")}`,
    );
    for (const name of names) this.host(name);
    // The other way round: a run goes by node id, whatever the order of the targets is.
    this.definition("roll", names.map((name) => `host.${name}`).reverse(), more);
    const run = { definition: "roll", nodes: null, arguments: [], rolling };
    this.must("owner", { request: "runDefinition", ...run });
    this.take();
  }

  /** Node ids, without `host.`, of the orders since the last look. Throws if one is of another execution than before. */
  take(): string[] {
    return this.starts().map((order) => {
      const key = `${order.nodeId}#${order.ordinal}`;
      const before = this.ordered.get(key);
      if (before !== undefined && before !== order.execution) throw new Error(`${key} ran twice`);
      this.ordered.set(key, order.execution);
      this.open.set(order.nodeId, order);
      return order.nodeId.replace("host.", "");
    });
  }

  /** Ends the script of a node; returns who begins then. */
  ends(name: string, exitCode = 0): string[] {
    const order = this.open.get(`host.${name}`);
    if (order === undefined) throw new Error(`${name} runs nothing`);
    this.open.delete(order.nodeId);
    this.end(order, exitCode);
    return this.take();
  }

  get rolling() {
    const rolling = this.instance(1)?.rolling;
    if (rolling === undefined) throw new Error("nothing rolls");
    return rolling;
  }

  resume() {
    return this.as("owner", { request: "resumeInstance", instance: 1 });
  }

  rerun(...names: string[]) {
    const nodes = names.map((name) => `host.${name}`);
    return this.as("owner", { request: "rerunNodes", instance: 1, nodes });
  }

  targets(): TaskRecord[] {
    const job: JobNumber = this.instance(1)?.job ?? 0;
    return [...(this.store.tasks.get(job)?.byNumber.values() ?? [])];
  }

  /** How the target of a node stands, as `completed success 2`: state, result, EXEC NO. */
  target(name: string): string {
    const task = this.targets().find(({ spec }) => spec.target?.nodeId === `host.${name}`);
    if (task === undefined) return "none";
    const { state, outcome, systemTaskVersion } = task.progress;
    return [state, outcome?.result ?? "-", systemTaskVersion + 1].join(" ");
  }

  /** Nodes that run the script, or are about to be sent it. */
  running(): number {
    return this.targets().filter(({ progress }) => progress.state === "running").length;
  }
}

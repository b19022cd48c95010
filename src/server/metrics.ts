import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Engine } from "../engine/state.ts";
import type { NodeLinks } from "./nodes/nodeLinks.ts";

/** What /metrics tells. Gauges are read when they are asked for. */
export interface Metrics {
  readonly registry: Registry;
  readonly commits: Counter;
  readonly events: Counter;
  readonly taskChanges: Counter;
  readonly commitSeconds: Histogram;
}

export function createMetrics(live: {
  readonly engine: () => Engine;
  readonly links: () => NodeLinks;
  readonly queueLength: () => number;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const sum = (key: "active" | "running"): number => {
    let total = 0;
    for (const job of live.engine().jobs.values()) total += job.counts[key];
    return total;
  };
  gauge("stint_tasks_active", "Tasks waiting in live jobs", () => sum("active"));
  gauge("stint_tasks_running", "Tasks preparing or running", () => sum("running"));
  gauge("stint_jobs_live", "Jobs in memory", () => live.engine().jobs.size);
  gauge("stint_nodes", "Nodes that are present", () => live.engine().nodes.size);
  gauge("stint_nodes_connected", "Nodes with a connection", () => live.links().size);
  gauge("stint_loop_waiting_inputs", "Inputs that wait for the loop", live.queueLength);
  return {
    registry,
    commits: new Counter({ name: "stint_commits_total", help: "Commits", registers }),
    events: new Counter({ name: "stint_events_total", help: "Events stored", registers }),
    taskChanges: new Counter({
      name: "stint_task_changes_total",
      help: "Changes of task states stored",
      registers,
    }),
    commitSeconds: new Histogram({
      name: "stint_commit_seconds",
      help: "Time of a commit",
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
  };
}

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Engine } from "../engine/state.ts";
import type { NodeLinks } from "./nodes/nodeLinks.ts";

/** What /metrics tells. Gauges are read when they are asked for. */
export interface Metrics {
  readonly registry: Registry;
  readonly commits: Counter;
  readonly events: Counter;
  readonly taskChanges: Counter;
  /** How long the event loop was held by one step: inputs, placements, commit, effects. */
  readonly stepSeconds: Histogram;
}

/** Up to a tenth of a second in small steps: the 99th percentile of a busy server lies there. */
const STEP_BUCKETS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.2, 0.5, 1,
];

export function createMetrics(live: {
  readonly engine: () => Engine;
  readonly links: () => NodeLinks;
  readonly queueLength: () => number;
  readonly clockLeadMs: () => number;
}): Metrics {
  const registry = new Registry();
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
  // Not the library's own set: its event loop monitor wakes an idle server a hundred times a second.
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge(
    "process_start_time_seconds",
    "When the process began",
    () => performance.timeOrigin / 1000,
  );
  gauge("process_cpu_seconds_total", "CPU time used", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
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
  gauge(
    "stint_clock_lead_seconds",
    "How far the server's time is ahead of its machine's clock",
    () => live.clockLeadMs() / 1000,
  );
  return {
    registry,
    commits: new Counter({ name: "stint_commits_total", help: "Commits", registers }),
    events: new Counter({ name: "stint_events_total", help: "Events stored", registers }),
    taskChanges: new Counter({
      name: "stint_task_changes_total",
      help: "Changes of task states stored",
      registers,
    }),
    stepSeconds: new Histogram({
      name: "stint_step_seconds",
      help: "Time that one step of the loop held the server",
      buckets: STEP_BUCKETS,
      registers,
    }),
  };
}

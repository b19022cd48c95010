import { expect, test } from "bun:test";
import type { ExecutionResult } from "../model/execution.ts";
import type { JobSpec } from "../model/job.ts";
import type { PoolSpec } from "../model/pool.ts";
import { NOTHING_LOADED } from "./apply.ts";
import type { Input } from "./input.ts";
import { takeOutcome } from "./record.ts";
import { newEngine } from "./state.ts";
import { step } from "./step.ts";

const POOL: PoolSpec = {
  id: "p",
  displayName: null,
  provider: "none",
  vmSize: "none",
  taskSlotsPerNode: 2,
  nodeFillType: "spread",
  resizeTimeoutMs: 900_000,
  targetDedicatedNodes: 0,
  accepts: ["batch"],
  metadata: [],
};

const JOB: JobSpec = {
  id: "j",
  type: "batch",
  displayName: null,
  priority: 0,
  maxParallelTasks: -1,
  onAllTasksComplete: "noaction",
  maxWallClockMs: null,
  maxTaskRetryCount: 0,
  poolId: "p",
  preparation: null,
  release: null,
  commonEnvironmentSettings: [],
  metadata: [],
};

const FACTS = {
  agentVersion: "0",
  hostname: "h",
  os: "linux",
  ipAddress: "127.0.0.1",
  cores: 2,
  memoryBytes: 1,
  canReboot: false,
};

function result(exitCode: number, endedAt: number): ExecutionResult {
  return {
    processes: [],
    outcome: { state: "exited", exitCode },
    startedAt: endedAt,
    endedAt,
    stdout: { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } },
    stderr: { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } },
  };
}

test("a job runs from submission to completion", () => {
  const engine = newEngine(0);
  let now = 0;
  const send = (input: Input) => {
    now += 1;
    const replies = step(engine, now, [{ input, loaded: NOTHING_LOADED }]);
    return { reply: replies[0], ...takeOutcome(engine) };
  };
  expect(send({ kind: "createPool", spec: POOL }).reply).toEqual({ ok: true });
  send({ kind: "nodeJoined", guid: "g", name: "n", pool: "p", slots: 0, facts: FACTS });
  send({
    kind: "nodeConnected",
    guid: "g",
    linkId: "l",
    bootId: "b",
    slots: 0,
    facts: FACTS,
    held: [],
  });
  send({ kind: "createJob", spec: JOB });
  const added = send({
    kind: "addTasks",
    job: "J",
    tasks: ["a", "b", "c"].map((id) => ({ id, spec: { commandLine: "true" } })),
  });
  expect(added.effects.map((effect) => effect.effect)).toEqual(["start", "start"]);
  const ended = send({
    kind: "nodeReports",
    node: 1,
    linkId: "l",
    upTo: 2,
    reports: [
      { kind: "ended", execution: 1, result: result(0, now) },
      { kind: "ended", execution: 2, result: result(1, now) },
    ],
  });
  expect(ended.changes.events.map((event) => event.type)).toEqual([
    "TaskCompleteEvent",
    "TaskCompleteEvent",
    "TaskFailEvent",
    "TaskStartEvent",
  ]);
  const job = engine.jobs.get(1);
  expect(job?.counts).toMatchObject({ active: 0, running: 1, succeeded: 1, failed: 1 });
});

import type { Effect } from "../engine/effect.ts";
import { indexNode } from "../engine/nodeIndex.ts";
import type { Engine } from "../engine/state.ts";
import type { Batch } from "../machine/loopCore.ts";
import type { TaskProgress } from "../model/task.ts";
import { FLEET_MUTANTS } from "./fleetMutants.ts";
import { GROUP_MUTANTS } from "./groupMutants.ts";
import type { Hooks } from "./hooks.ts";

/** A bug that somebody could make, seeded to prove that the checkers would find it. */
export interface Mutant {
  readonly name: string;
  /** Made anew for each run, for some keep count. */
  readonly hooks: () => Hooks;
}

/** True for every n-th call. */
function every(count: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % count === 0;
  };
}

function isOver(state: string): boolean {
  return state === "ended" || state === "lost";
}

/** Calls back with progress, in the changes and in memory, of tasks whose counter rises. */
function onRise(
  counter: "requeueCount" | "recoveryCount",
  change: (progress: TaskProgress) => void,
): NonNullable<Hooks["batch"]> {
  const seen = new Map<number, number>();
  return ({ changes }, engine) => {
    for (const [number, progress] of changes.tasks) {
      if (progress === null) continue;
      const before = seen.get(number) ?? 0;
      seen.set(number, progress[counter]);
      if (progress[counter] <= before) continue;
      change(progress);
      for (const job of engine.jobs.values()) {
        const task = job.again.get(number);
        if (task !== undefined) change(task.progress);
      }
      for (const live of engine.executions.values()) {
        if (live.task.number === number) change(live.task.progress);
      }
    }
  };
}

function without(isUnwanted: (effect: Effect) => boolean): NonNullable<Hooks["effects"]> {
  return (effects) => effects.filter((effect) => !isUnwanted(effect));
}

function freeTwice({ changes }: Batch<unknown>, engine: Engine): void {
  for (const { state, nodes } of changes.executions.values()) {
    const node = engine.nodes.get(nodes[0] ?? 0);
    if (!isOver(state) || node === undefined || node.usedSlots === 0) continue;
    node.usedSlots -= 1;
    indexNode(node);
  }
}

/** Frees the slots of an execution as soon as it is told to stop. */
function freeEarly(batch: Batch<unknown>, engine: Engine): void {
  for (const live of engine.executions.values()) {
    if (
      live.execution.state !== "stopping" ||
      !batch.changes.executions.has(live.execution.number)
    ) {
      continue;
    }
    if (!live.node.executions.delete(live.execution.number)) continue;
    live.node.usedSlots -= live.slots;
    indexNode(live.node);
    engine.dirtyPools.add(live.node.record.pool);
  }
}

/** Lets tasks that wait for a preparation start with it. */
function startWaiters(): Hooks {
  let waiters: Effect[] = [];
  return {
    batch: (batch, engine) => {
      for (const { execution, job, task, node } of engine.executions.values()) {
        if (execution.state !== "preparing" || !batch.changes.executions.has(execution.number)) {
          continue;
        }
        const order = batch.effects.find(({ effect }) => effect === "start");
        if (order?.effect !== "start") continue;
        const member = { name: "main", command: task.spec };
        const identity = { jobId: job.record.spec.id, taskId: task.id, kind: "task" as const };
        waiters.push({
          effect: "start",
          node: node.record.number,
          order: { ...order.order, ...identity, execution: execution.number, members: [member] },
        });
      }
    },
    effects: (effects) => {
      const all = [...effects, ...waiters];
      waiters = [];
      return all;
    },
  };
}

function forgetRuns({ changes }: Batch<unknown>, engine: Engine): void {
  for (const record of changes.nodeJobs.values()) record.ranTask = false;
  for (const node of engine.nodes.values()) {
    for (const record of node.jobs.values()) record.ranTask = false;
  }
}

const ANOTHER_NUMBER = 1_000_000;

export const MUTANTS: readonly Mutant[] = [
  ...GROUP_MUTANTS,
  ...FLEET_MUTANTS,
  { name: "slots of an ended execution are freed twice", hooks: () => ({ batch: freeTwice }) },
  { name: "slots are free as soon as a stop is ordered", hooks: () => ({ batch: freeEarly }) },
  {
    name: "reports are taken without looking at their numbers",
    hooks: () => ({ skipsOrder: true }),
  },
  {
    name: "now and then a start is forgotten",
    hooks: () => {
      const isHit = every(10);
      return { effects: without(({ effect }) => effect === "start" && isHit()) };
    },
  },
  {
    name: "starts go out before their commit",
    hooks: () => ({ hurries: ({ effect }) => effect === "start" }),
  },
  {
    name: "reports are acknowledged before their commit",
    hooks: () => ({ hurries: ({ effect }) => effect === "acknowledge" }),
  },
  { name: "agents act before their journal is flushed", hooks: () => ({ skipsFlush: true }) },
  {
    name: "after a crash of the agent, what runs is started again",
    hooks: () => ({
      startsAgain: true,
      memories: (memories) =>
        new Map([...memories.keys()].map((key) => [key, { memory: "never" }])),
    }),
  },
  {
    name: "a requeue counts as a retry",
    hooks: () => ({
      batch: onRise("requeueCount", (progress) => {
        progress.requeueCount -= 1;
        progress.retryCount += 1;
      }),
    }),
  },
  {
    name: "a recovery begins the versions anew",
    hooks: () => ({
      batch: onRise("recoveryCount", (progress) => {
        progress.systemTaskVersion = 0;
      }),
    }),
  },
  { name: "releases are never owed", hooks: () => ({ batch: forgetRuns }) },
  {
    name: "a release is ordered twice",
    hooks: () => ({
      effects: (effects) =>
        effects.flatMap((effect) => {
          if (effect.effect !== "start" || effect.order.kind !== "release") return [effect];
          const execution = effect.order.execution + ANOTHER_NUMBER;
          return [effect, { ...effect, order: { ...effect.order, execution } }];
        }),
    }),
  },
  { name: "tasks do not wait for the preparation", hooks: startWaiters },
  {
    name: "a restore takes one report too many for stored",
    hooks: () => ({
      restored: (stored) => {
        for (const { progress } of stored.nodes) progress.lastApplied += 1;
        return stored;
      },
    }),
  },
  {
    name: "a restore forgets queued tasks that ran before",
    hooks: () => ({
      restored: (stored) => ({
        ...stored,
        queued: stored.queued.map((queue) => ({ ...queue, again: [] })),
      }),
    }),
  },
  {
    name: "signals to processes are not sent",
    hooks: () => ({
      agentEffects: (effects) => effects.filter(({ effect }) => effect !== "signal"),
    }),
  },
  {
    name: "what the server let go of goes on running",
    hooks: () => ({ effects: without(({ effect }) => effect === "discard") }),
  },
  {
    name: "now and then an event is left out",
    hooks: () => {
      const isHit = every(20);
      return {
        batch: ({ changes }) => {
          if (changes.events.length > 0 && isHit()) changes.events.pop();
        },
      };
    },
  },
  {
    name: "a failed process counts as success",
    hooks: () => ({
      reports: (reports) =>
        reports.map((report) => {
          if (report.kind !== "ended" || report.result.outcome.state !== "exited") return report;
          const outcome = { state: "exited", exitCode: 0 } as const;
          return { ...report, result: { ...report.result, outcome } };
        }),
    }),
  },
  {
    name: "engine time stands still until a clock that was set back has caught up",
    hooks: () => ({ takesWallTime: true }),
  },
  {
    name: "a restart forgets how far time had come",
    hooks: () => ({ forgetsTime: true }),
  },
  {
    name: "a shim does not tell a new agent what it is about to start",
    hooks: () => ({ hidesStarts: true }),
  },
  {
    name: "a shim listens to agents that are gone",
    hooks: () => ({ listensToAll: true }),
  },
  {
    name: "a shim that does not answer is taken for dead and lives on",
    hooks: () => ({ sparesSilentShims: true }),
  },
];

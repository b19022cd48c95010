import { takesWork } from "../../engine/nodeIndex.ts";
import { poolOf } from "../../engine/ring.ts";
import { type Engine, executionsOf, type Job, type Node, type Pool } from "../../engine/state.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import { checkGroupExecution, checkGroups } from "./groupEngineChecks.ts";
import { demand } from "./violation.ts";

/** What the machine holds in memory fits together; `isThorough` looks at every queued task too. */
export function checkEngine(engine: Engine, isThorough: boolean): void {
  for (const node of engine.nodes.values()) checkNode(engine, node);
  for (const pool of engine.pools.values()) checkPool(engine, pool);
  for (const job of engine.jobs.values()) {
    checkJob(engine, job);
    if (isThorough) checkQueue(job);
  }
  checkGroups(engine);
  for (const [number, live] of engine.executions) {
    if (live.execution.allocation !== undefined) {
      checkGroupExecution(live);
      continue;
    }
    demand(live.task.progress.execution === number, "oneCurrentExecution", () => {
      return `execution ${number} is live and not the current one of task ${live.task.id}`;
    });
    const { state } = live.task.progress;
    demand(state === "preparing" || state === "running", "oneState", () => {
      return `task ${live.task.id} is ${state} and has the live execution ${number}`;
    });
  }
}

function checkNode(engine: Engine, node: Node): void {
  const { record, usedSlots } = node;
  let used = 0;
  let scripts = 0;
  for (const number of node.executions) {
    const live = engine.executions.get(number);
    used += live?.slots ?? 0;
    if (live?.task.spec.target !== undefined) scripts += 1;
  }
  demand(used === usedSlots, "slots", () => {
    return `node ${record.id} counts ${usedSlots} used slots; its executions use ${used}`;
  });
  demand(
    node.targets.running === scripts && scripts <= engine.settings.fleetLimitPerNode,
    "fleetLimit",
    () => {
      return `node ${record.id} counts ${node.targets.running} scripts and runs ${scripts}`;
    },
  );
  demand(used <= record.slots, "slots", () => {
    return `node ${record.id} offers ${record.slots} slots; ${used} are used`;
  });
  const free = engine.pools.get(record.pool)?.free.freeOf(record.number) ?? null;
  const expected = takesWork(node) ? record.slots - used : null;
  demand(free === expected, "slots", () => {
    return `node ${record.id} is in the index with ${free} free slots, expected ${expected}`;
  });
}

function checkPool(engine: Engine, pool: Pool): void {
  let total = 0;
  for (const number of pool.nodes) {
    demand(
      engine.nodes.has(number),
      "index",
      () => `pool ${pool.record.spec.id} lists a node that is gone`,
    );
    total += pool.free.freeOf(number) ?? 0;
  }
  demand(total === pool.free.total, "slots", () => {
    return `pool ${pool.record.spec.id} has ${pool.free.total} free slots in its index, expected ${total}`;
  });
}

function checkJob(engine: Engine, job: Job): void {
  if (job.groups !== null) return;
  const { record, counts, queue } = job;
  const { id } = record.spec;
  const executions = executionsOf(engine, job);
  demand(counts.running === executions.length, "counts", () => {
    return `job ${id} counts ${counts.running} running tasks and has ${executions.length} executions`;
  });
  let runningSlots = 0;
  for (const live of executions) runningSlots += live.slots;
  demand(counts.runningSlots === runningSlots, "counts", () => {
    return `job ${id} counts ${counts.runningSlots} running slots, expected ${runningSlots}`;
  });
  // What a completed job still has among its active tasks is not queued any more once it was forgotten.
  const isQueued = record.state === "active" || record.state === "disabled";
  const waiting = job.run === null ? queue.size : job.run.waiting.size + job.run.held.size;
  demand(!isQueued || counts.active === waiting, "counts", () => {
    return `job ${id} counts ${counts.active} active tasks and has ${waiting} that wait`;
  });
  checkTurn(engine, job);
}

/** What is held of queued tasks is queued, and as it should be. */
function checkQueue(job: Job): void {
  const { queue } = job;
  const { id } = job.record.spec;
  for (const [number, task] of job.again) {
    demand(
      queue.has(number),
      "index",
      () => `task ${task.id} of ${id} waits again and is not queued`,
    );
    demand(task.progress.state === "active", "oneState", () => {
      return `task ${task.id} of ${id} is queued and ${task.progress.state}`;
    });
  }
  for (const [number, task] of job.window) {
    demand(queue.has(number), "index", () => {
      return `task ${task.id} of ${id} was read ahead and is not queued`;
    });
  }
  for (const { slots, tasks } of queue.classes()) {
    const first = tasks.first();
    const known = first === null ? undefined : (job.again.get(first) ?? job.window.get(first));
    demand(known === undefined || slotsOf(known.spec) === slots, "index", () => {
      return `task ${known?.id} of ${id} is queued for ${slots} slots`;
    });
  }
}

/** A job with work to place waits for its turn in the pool it names. */
function checkTurn(engine: Engine, job: Job): void {
  const pool = poolOf(engine, job);
  const shouldWait = job.record.state === "active" && job.queue.size > 0 && pool !== null;
  if (!shouldWait) return;
  demand(job.waitingIn === pool.record.number, "index", () => {
    return `job ${job.record.spec.id} has queued tasks and waits in pool ${job.waitingIn}`;
  });
}

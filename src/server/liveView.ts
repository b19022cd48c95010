import { explainTask } from "../engine/explain.ts";
import type { Explanation } from "../engine/explanation.ts";
import { type PromotionState, promotionState } from "../engine/groups/promotion.ts";
import { nodeStateOf } from "../engine/nodeState.ts";
import { currentNodes } from "../engine/resize.ts";
import { mustHave, type Node } from "../engine/state.ts";
import { foldId, type JobNumber, type NodeNumber, type PoolNumber } from "../model/id.ts";
import type { JobRecord } from "../model/job.ts";
import type { TaskRecord } from "../model/task.ts";
import type { Loop } from "./loop/loop.ts";
import type { LiveNode, LiveNodeFilter, LiveView } from "./routes/context.ts";
import type { Nowhere } from "./views/groupsStatus.ts";

/** Reads of the machine that the loop drives. */
export function liveViewOf(loop: Loop): LiveView {
  const present = (node: Node): LiveNode => {
    const pool = mustHave(loop.engine.pools, node.record.pool, "pool");
    return {
      record: node.record,
      progress: node.progress,
      state: nodeStateOf(node),
      runningTasksCount: node.executions.size,
      runningTaskSlotsCount: node.usedSlots,
      poolId: pool.record.spec.id,
      vmSize: pool.record.spec.vmSize,
      usedByGroups: node.record.facts?.host === undefined ? null : usedOf(node),
    };
  };
  return {
    node(number: NodeNumber): LiveNode | null {
      const node = loop.engine.nodes.get(number);
      return node === undefined ? null : present(node);
    },
    findNode(foldedId: string): LiveNode | null {
      const number = loop.engine.nodesById.get(foldedId);
      const node = number === undefined ? undefined : loop.engine.nodes.get(number);
      return node === undefined ? null : present(node);
    },
    nodeNumbers({ pool, state, idPrefix = "", fits = () => true }: LiveNodeFilter): NodeNumber[] {
      const prefix = foldId(idPrefix);
      return [...loop.engine.nodes.values()]
        .filter((node) => {
          const isInPool = pool === undefined || node.record.pool === pool;
          const isInState = state === undefined || nodeStateOf(node) === state;
          return (
            isInPool && isInState && foldId(node.record.id).startsWith(prefix) && fits(node.record)
          );
        })
        .map(({ record }) => record.number)
        .sort((a, b) => a - b);
    },
    countPools(idPrefix: string): number {
      const prefix = foldId(idPrefix);
      return [...loop.engine.poolsById.keys()].filter((id) => id.startsWith(prefix)).length;
    },
    currentDedicatedNodes(number: PoolNumber): number {
      const pool = loop.engine.pools.get(number);
      return pool === undefined ? 0 : currentNodes(loop.engine, pool);
    },
    explain(record: JobRecord, task: TaskRecord): Explanation {
      const job = loop.engine.jobs.get(record.number) ?? null;
      return explainTask(loop.engine, job, task);
    },
    nowhere(number: JobNumber): Nowhere {
      const groups = loop.engine.jobs.get(number)?.groups;
      return {
        tasks: groups?.nowhere ?? new Map(),
        canaries: groups?.canaries.nowhere ?? new Map(),
      };
    },
    promotion(number: JobNumber): PromotionState {
      const job = loop.engine.jobs.get(number);
      if (job === undefined || job.groups === null) return { healthy: new Map(), isAwaited: false };
      return promotionState(loop.engine, job);
    },
  };
}

function usedOf({ use }: Node): LiveNode["usedByGroups"] {
  const { cpuMhz, memoryMb, diskMb } = use.resources;
  return { cpuMhz, memoryMb, diskMb };
}

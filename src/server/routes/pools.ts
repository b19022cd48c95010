import type { RequestInput } from "../../engine/input.ts";
import type { PoolRecord } from "../../model/pool.ts";
import type { POOL_ENDPOINTS } from "../../protocol/api/endpoint/pools.ts";
import { milliseconds } from "../../protocol/api/field.ts";
import { checkPool, toPoolPatch } from "../../protocol/api/pool.ts";
import { refuseRemoval } from "../fleet/nodes.ts";
import { poolView } from "../views/pool.ts";
import { poolUrl } from "../views/url.ts";
import { type HandlersOf, submit } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { created } from "./created.ts";
import { findPool, givenOf, pageAnswer, pageRequest } from "./lookup.ts";

function timeoutOf(resizeTimeout: string | undefined): number | null {
  return resizeTimeout === undefined ? null : milliseconds(resizeTimeout);
}

export function poolHandlers(context: ServerContext): HandlersOf<typeof POOL_ENDPOINTS> {
  const viewOf = async (poolId: string) => {
    const pool = await findPool(context, poolId);
    return poolView(pool, context.live.currentDedicatedNodes(pool.number));
  };
  const accept = async (input: RequestInput) => {
    await submit(context, input);
    return {};
  };
  return {
    "POST /pools": async (call) => {
      const spec = await call.bodyBy((body) => checkPool(body, settingsOf(context)));
      const input = { kind: "createPool", spec } as const;
      return await call.create(input, () => created(spec.id, poolUrl(spec.id)));
    },
    "GET /pools": async ({ query }) => {
      const { idPrefix } = query;
      const page = await context.store.listPools(givenOf({ idPrefix }), pageRequest(query));
      const view = (pool: PoolRecord) =>
        poolView(pool, context.live.currentDedicatedNodes(pool.number));
      return pageAnswer(page, view, context.live.countPools(idPrefix ?? ""));
    },
    "GET /pools/{poolId}": ({ parameters }) => viewOf(parameters.poolId),
    "PATCH /pools/{poolId}": async ({ parameters, body }) => {
      const pool = parameters.poolId;
      await submit(context, { kind: "updatePool", pool, patch: toPoolPatch(await body()) });
      return await viewOf(pool);
    },
    "DELETE /pools/{poolId}": ({ parameters }) =>
      accept({ kind: "deletePool", pool: parameters.poolId }),
    "POST /pools/{poolId}/resize": async ({ parameters, body }) => {
      const { targetDedicatedNodes, nodeDeallocationOption, resizeTimeout } = await body();
      return await accept({
        kind: "resizePool",
        pool: parameters.poolId,
        targetDedicatedNodes,
        option: nodeDeallocationOption ?? "requeue",
        timeoutMs: timeoutOf(resizeTimeout),
      });
    },
    "POST /pools/{poolId}/stopresize": ({ parameters }) =>
      accept({ kind: "stopResize", pool: parameters.poolId }),
    "POST /pools/{poolId}/removenodes": async ({ parameters, body, caller }) => {
      const { nodeList, nodeDeallocationOption, resizeTimeout } = await body();
      refuseRemoval(context, caller, nodeList);
      return await accept({
        kind: "removeNodes",
        pool: parameters.poolId,
        nodes: nodeList,
        option: nodeDeallocationOption ?? "requeue",
        timeoutMs: timeoutOf(resizeTimeout),
      });
    },
  };
}

function settingsOf({ settings }: ServerContext) {
  return { provider: settings.defaultProvider };
}

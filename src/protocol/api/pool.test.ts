import { expect, test } from "bun:test";
import { checkPool, POOL_PATCH, toPoolPatch } from "./pool.ts";

test("a pool gets the server's provider and every default", () => {
  expect(checkPool({ id: "p" }, { provider: "none" })).toEqual({
    ok: true,
    value: {
      id: "p",
      displayName: null,
      provider: "none",
      vmSize: "none",
      taskSlotsPerNode: 1,
      nodeFillType: "spread",
      resizeTimeoutMs: 900_000,
      targetDedicatedNodes: 0,
      accepts: ["fleet", "batch", "groups"],
      metadata: [],
    },
  });
});

const REFUSALS: readonly (readonly [Record<string, unknown>, string, string])[] = [
  [{ taskSlotsPerNode: 257 }, "InvalidPropertyValue", "taskSlotsPerNode"],
  [{ resizeTimeout: "4m59s" }, "InvalidPropertyValue", "resizeTimeout"],
  [{ targetDedicatedNodes: -1 }, "InvalidPropertyValue", "targetDedicatedNodes"],
  [{ enableAutoScale: true }, "UnsupportedProperty", "enableAutoScale"],
  [{ startTask: {} }, "UnsupportedProperty", "startTask"],
  [{ accepts: ["batch", "BATCH"] }, "InvalidPropertyValue", "accepts"],
  [{ accepts: ["jobs"] }, "InvalidPropertyValue", "accepts[0]"],
];

test("a refusal names the code and the field at fault", () => {
  const found = REFUSALS.map(([overlay]) => {
    const checked = checkPool({ id: "p", ...overlay }, { provider: "local" });
    return checked.ok ? "accepted" : [checked.error.code, checked.error.field];
  });
  expect(found).toEqual(REFUSALS.map(([, code, field]) => [code, field]));
});

test("a patch changes what is given", () => {
  const patch = POOL_PATCH.parse({ displayName: null, accepts: ["Batch"] });
  expect(toPoolPatch(patch)).toEqual({ displayName: null, accepts: ["batch"] });
});

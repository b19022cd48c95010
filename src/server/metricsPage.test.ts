import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newEngine } from "../engine/state.ts";
import { createMetrics } from "./metrics.ts";
import type { NodeLinks } from "./nodes/nodeLinks.ts";

test("docs/operations.md has a row for every metric, with its kind, and for no other", async () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/operations.md"), "utf8");
  const { registry } = createMetrics({
    engine: () => newEngine(0),
    links: () => ({ size: 0 }) as NodeLinks,
    queueLength: () => 0,
    clockLeadMs: () => 0,
  });
  const rows = [...page.matchAll(/^\| `(\w+)` \| (gauge|counter|histogram) \|/gm)];
  const metrics = await registry.getMetricsAsJSON();
  expect(Object.fromEntries(rows.map(([, name, kind]) => [name, kind]))).toEqual(
    Object.fromEntries(metrics.map(({ name, type }) => [name, String(type)])),
  );
});

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WaitReason } from "./explanation.ts";

// Complete by its type: a code that is new or gone does not compile.
const CODES: Readonly<Record<WaitReason["code"], true>> = {
  PoolNotFound: true,
  PoolBeingDeleted: true,
  PoolEmpty: true,
  PoolDoesNotAccept: true,
  JobDisabled: true,
  JobDisabling: true,
  JobEnded: true,
  MaxParallelTasks: true,
  NoFreeSlot: true,
  RequiredSlotsTooLarge: true,
  NodeBarredByPreparation: true,
  SchedulingDisabled: true,
  NodeNotReady: true,
  NodeUnreachable: true,
  WaitsForPreparation: true,
  WaitsForNode: true,
  WaitsForTurn: true,
  WaitsForBatch: true,
  TooOld: true,
  FleetLimit: true,
  WaitsForReschedule: true,
  WaitsForPromotion: true,
  NoNodeSuits: true,
  WaitsForTemplate: true,
  WaitsForRestart: true,
};

test("docs/job-lifecycle.md explains every reason why a task waits, and no other", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/job-lifecycle.md"), "utf8");
  const [, section = ""] = page.split("## Why a task waits");
  const cells = [...section.matchAll(/^\|((?: `\w+`,?)+) \|/gm)].map((match) => match[1] ?? "");
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]));
  expect(codes.sort()).toEqual(Object.keys(CODES).sort());
});

import { expect, test } from "bun:test";
import type { StartOrder } from "../model/order.ts";
import { environmentOf } from "./environment.ts";
import { startOrder } from "./fixtures/server.ts";

const NODE = { rootDirectory: "/node", serverUrl: "https://server:7878" };

function order(more: Parameters<typeof startOrder>[2] = {}): StartOrder {
  return startOrder(12, "true", { taskId: "t1", jobId: "j1", ordinal: 3, ...more }).order;
}

test("a task gets Azure Batch's variables and their twins", () => {
  const environment = environmentOf(order({ preparationId: "prep" }), NODE, null);
  const expected = {
    ACCOUNT_NAME: "stint",
    ACCOUNT_URL: "https://server:7878",
    POOL_ID: "pool",
    NODE_ID: "node",
    NODE_IS_DEDICATED: "true",
    JOB_ID: "j1",
    TASK_ID: "t1",
    NODE_ROOT_DIR: "/node",
    NODE_SHARED_DIR: "/node/shared",
    NODE_STARTUP_DIR: "/node/startup",
    NODE_MOUNTS_DIR: "/node/fsmounts",
    TASK_DIR: "/node/workitems/j1/job-1/t1",
    TASK_WORKING_DIR: "/node/workitems/j1/job-1/t1/wd",
    JOB_PREP_DIR: "/node/workitems/j1/job-1/prep",
    JOB_PREP_WORKING_DIR: "/node/workitems/j1/job-1/prep/wd",
  };
  for (const [name, value] of Object.entries(expected)) {
    expect(environment[`AZ_BATCH_${name}`]).toBe(value);
    expect(environment[`STINT_${name}`]).toBe(value);
  }
  expect(environment["HOME"]).toBe("/node/workitems/j1/job-1/t1/wd");
  expect(environment["STINT_EXECUTION"]).toBe("12");
  expect(environment["STINT_EXECUTION_ORDINAL"]).toBe("3");
});

test("the directories of the preparation are for others than itself, and only if the job has one", () => {
  const preparation = order({ kind: "preparation", taskId: "prep", preparationId: "prep" });
  const release = order({ kind: "release", taskId: "rel", preparationId: "prep" });
  expect(environmentOf(preparation, NODE, null)["AZ_BATCH_JOB_PREP_DIR"]).toBeUndefined();
  expect(environmentOf(order(), NODE, null)["AZ_BATCH_JOB_PREP_DIR"]).toBeUndefined();
  expect(environmentOf(release, NODE, null)["AZ_BATCH_JOB_PREP_DIR"]).toBeDefined();
});

test("own settings win over common ones, and the system's names over both", () => {
  const environment = environmentOf(
    order({
      commonEnvironmentSettings: [
        { name: "A", value: "common" },
        { name: "B", value: "common" },
        { name: "BUN_OPTIONS", value: "--smol" },
      ],
      command: {
        environmentSettings: [
          { name: "A", value: "own" },
          { name: "PATH", value: "/opt/bin" },
          { name: "AZ_BATCH_TASK_ID", value: "forged" },
          { name: "STINT_EXECUTION", value: "0" },
        ],
      },
    }),
    NODE,
    "alice",
  );
  expect(environment).toMatchObject({ A: "own", B: "common", PATH: "/opt/bin", USER: "alice" });
  expect(environment["AZ_BATCH_TASK_ID"]).toBe("t1");
  expect(environment["STINT_EXECUTION"]).toBe("12");
  expect(environment["BUN_OPTIONS"]).toBeUndefined();
});

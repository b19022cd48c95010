import { expect, test } from "bun:test";
import type { Instance } from "../../protocol/api/answer/instance.ts";
import type { RollingProgressAnswer } from "../../protocol/api/answer/rolling.ts";
import { TIME } from "../fixtures.ts";
import { anInstanceNode, aReadyNode, aRunningNode } from "../fleetFixtures.ts";
import { FakeServer, ran, refusal, TEST_URL } from "../testCli.ts";

const REQUESTING = `Requesting ${TEST_URL}\n`;

const ROLLING: RollingProgressAnswer = {
  policy: { batch: "10%", canary: "1", pause: "PT15M", batchFailures: "2", totalFailures: "5%" },
  state: "running",
  batch: 3,
  batches: 11,
  batchNodes: 4,
  openNodes: 2,
  heldNodes: 31,
  failedInBatch: 1,
  failedInTotal: 2,
};

const RUN: Instance = {
  number: 71,
  definitionId: "diskusage",
  revision: 2,
  startTime: TIME,
  runner: "bumbee(user)",
  result: "N/A",
  arguments: [],
  nodeCount: 40,
  rolling: ROLLING,
};

function summary(rolling: Partial<RollingProgressAnswer>) {
  return {
    ...RUN,
    rolling: { ...ROLLING, ...rolling },
    statusCounts: { ready: 31, request: 2, complete: 7, fail: 0 },
    resultCounts: { "N/A": 33, success: 5, fail: 2 },
  };
}

const VIEW = ["taskinstance", "view", "-in", "71"];

test("a rolling run is viewed with its batch, its failures and what was not started", async () => {
  const server = new FakeServer({ "GET /instances/71": summary({}) });
  expect(await ran(VIEW, server)).toEqual({
    exitCode: 0,
    stdout: `+------------------+----------------------------------------------------------------------------------------------+
| FIELD            | VALUE                                                                                        |
+------------------+----------------------------------------------------------------------------------------------+
| TASK INSTANCE NO | 71                                                                                           |
| TASK ID          | diskusage                                                                                    |
| START AT         | 2026/11/21 03:20:05                                                                          |
| END AT           |                                                                                              |
| RUNNER           | bumbee(user)                                                                                 |
| RESULT           | N/A                                                                                          |
| READY            | 31                                                                                           |
| REQUEST          | 2                                                                                            |
| COMPLETE         | 7                                                                                            |
| FAIL             | 0                                                                                            |
| REVISION         | 2                                                                                            |
| ARGUMENTS        |                                                                                              |
| NEXT TASK        |                                                                                              |
| NEXT INSTANCE NO |                                                                                              |
| STOP REASON      |                                                                                              |
| ROLLING          | canary 1, then batches of 10%, pause PT15M, stopped by failures: 2 in a batch or 5% in total |
| STATE            | Running                                                                                      |
| BATCH            | 3 of 11, 4 nodes                                                                             |
| FAILED           | 1 in the batch, 2 in total                                                                   |
| NOT STARTED      | 31                                                                                           |
+------------------+----------------------------------------------------------------------------------------------+
`,
    stderr: REQUESTING,
  });
  expect(JSON.parse((await ran([...VIEW, "--json"], server)).stdout)).toEqual(summary({}));
});

test.each([
  [{ state: "paused", continueTime: TIME }, "Paused until 2026/11/21 03:20:05"],
  [{ state: "paused" }, "Paused until it is resumed: stint taskinstance resume -in 71"],
  [
    { state: "stopped", reason: "2 of the 4 nodes of batch 3 failed, which stops the run" },
    "Stopped: 2 of the 4 nodes of batch 3 failed, which stops the run. Resume it: stint taskinstance resume -in 71",
  ],
  [{ state: "ended" }, "Ended"],
] as const)("the view says why it does not go on: %j", async (rolling, text) => {
  const server = new FakeServer({ "GET /instances/71": summary(rolling) });
  const { stdout } = await ran([...VIEW, "--tsv"], server);
  expect(stdout).toContain(`STATE\t${text}\n`);
});

test("a run is resumed, or the reason why not is told", async () => {
  const server = new FakeServer({ "POST /instances/71/resume": {} });
  expect(await ran(["taskinstance", "resume", "-in", "71"], server)).toEqual({
    exitCode: 0,
    stdout: "The resume of task-instance #71 has been requested successfully.\n",
    stderr: REQUESTING,
  });
  const why = "Task instance #71 is neither paused nor stopped; batch 3 runs.";
  const refused = new FakeServer({
    "POST /instances/71/resume": refusal(409, "InstanceRolling", why),
  });
  const { exitCode, stderr } = await ran(["taskinstance", "resume", "71"], refused);
  expect([exitCode, stderr.includes(why)]).toEqual([1, true]);
});

test("a run that failures stopped is followed to there: what is left is told, and the exit is 1", async () => {
  const ready = aReadyNode("linux02");
  const looks = [
    [aRunningNode("linux01"), ready],
    [anInstanceNode("linux01", { exitCode: 3, result: "fail" }), ready],
  ];
  let seen = 0;
  const states = [
    { state: "running" },
    { state: "stopped", openNodes: 0, reason: "A node of the canary failed" },
  ] as const;
  const server = new FakeServer({
    "POST /definitions/disk/run": { number: 71 },
    "GET /instances/71/nodes": () => {
      seen += 1;
      return { items: looks[Math.min(seen, looks.length) - 1], total: 2 };
    },
    "GET /instances/71": () => summary(states[Math.min(seen, states.length) - 1] ?? {}),
  });
  const words = ["task", "run", "disk", "-f", "-bs", "10%", "--canary", "1", "-pa", "resume"];
  expect(await ran([...words, "--batch-failures", "2", "-af", "5%"], server)).toEqual({
    exitCode: 1,
    stdout: `task-instance #71 has been created successfully.
+---------+---------+----------+---------------------+---------------------+--------+---------+
| NODE ID | EXEC NO | STATUS   | START AT            | END AT              | RESULT | EXIT CD |
+---------+---------+----------+---------------------+---------------------+--------+---------+
| linux01 | 1       | Complete | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | Fail   | 3       |
| linux02 | 1       | Ready    |                     |                     | N/A    |         |
+---------+---------+----------+---------------------+---------------------+--------+---------+
`,
    stderr: `${REQUESTING}linux01: Complete, Fail, exit code 3
task-instance #71: Stopped: A node of the canary failed. Resume it: stint taskinstance resume -in 71
`,
  });
  expect(server.requests[0]?.body).toEqual({
    arguments: [],
    rolling: {
      batch: "10%",
      canary: "1",
      pause: "resume",
      batchFailures: "2",
      totalFailures: "5%",
    },
  });
});

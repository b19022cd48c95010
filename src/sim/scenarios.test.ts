import { expect, test } from "bun:test";
import { Scenario } from "./scenario.ts";

/** The settle table of the design, row by row, with the shipped engine and the shipped agent core. */

function running(...machines: string[]): Scenario {
  const scenario = new Scenario(...machines);
  scenario.submit(["work 20000 0"]);
  scenario.until("the process runs", () => scenario.runs(1));
  scenario.pass(1_000);
  scenario.log();
  return scenario;
}

/** With one machine, and a job without tasks. */
function idle(): Scenario {
  const scenario = new Scenario("n1");
  scenario.submit([]);
  return scenario;
}

const ONE_RUN = ["n1: process of 1 starts", "n1: process of 1 exited", "TaskCompleteEvent"];

test("settle: both hold it: keep", () => {
  const scenario = running("n1");
  scenario.on("n1").cutOff(5_000);
  scenario.settle();
  expect(scenario.log()).toEqual([
    "n1: cut off for 5000 ms",
    "n1: process of 1 exited",
    "TaskCompleteEvent",
  ]);
  expect(scenario.state("a")).toBe("completed success");
});

test("settle: assigned, never acknowledged by the node: send again", () => {
  const scenario = new Scenario("n1");
  scenario.on("n1").cutOff(5_000);
  scenario.submit(["work 100 0"]);
  scenario.log();
  scenario.settle();
  expect(scenario.log()).toEqual(ONE_RUN);
  expect(scenario.task("a").progress).toMatchObject({ systemTaskVersion: 0, recoveryCount: 0 });
});

test("settle: acknowledged, but not in the node's journal: lost", () => {
  const scenario = running("n1");
  const machine = scenario.on("n1");
  machine.journal = [];
  machine.flushed = 0;
  scenario.world.checks.journalLost(machine);
  machine.crashAgent();
  scenario.settle();
  expect(scenario.log()).toEqual([
    "n1: journal lost",
    "n1: agent killed",
    "n1: process of 1 signaled",
    "TaskStartEvent",
    "n1: process of 2 starts",
    "n1: process of 2 exited",
    "TaskCompleteEvent",
  ]);
  expect(scenario.task("a").progress).toMatchObject({
    systemTaskVersion: 1,
    recoveryCount: 1,
    retryCount: 0,
    requeueCount: 0,
  });
});

test("settle: the server has let go, the node runs it: stop it, ignore its result", () => {
  const scenario = new Scenario("n1", "n2");
  scenario.submit(["work 300000 0"]);
  scenario.until("the process runs", () => scenario.runs(1));
  const first = scenario.task("a").progress.nodeId ?? "";
  scenario.log();
  scenario.on(first).cutOff(120_000);
  scenario.until("it runs elsewhere", () => scenario.runs(2));
  expect(scenario.runs(1)).toBe(true);
  scenario.until("the node is back and has stopped it", () => !scenario.runs(1));
  expect(scenario.runs(2)).toBe(true);
  scenario.settle();
  const second = scenario.task("a").progress.nodeId;
  expect(scenario.log()).toEqual([
    `${first}: cut off for 120000 ms`,
    "TaskStartEvent",
    `${second}: process of 2 starts`,
    `${first}: process of 1 signaled`,
    `${second}: process of 2 exited`,
    "TaskCompleteEvent",
  ]);
});

test("settle: the node has a result, the server says running: accept it, once", () => {
  const scenario = running("n1");
  scenario.on("n1").cutOff(25_000);
  scenario.until("the process has ended", () => !scenario.runs(1));
  expect(scenario.state("a")).toBe("running");
  scenario.settle();
  expect(scenario.log()).toEqual([
    "n1: cut off for 25000 ms",
    "n1: process of 1 exited",
    "TaskCompleteEvent",
  ]);
  expect(scenario.state("a")).toBe("completed success");
});

test("settle: the node is unknown to the server: it stops everything and joins anew", () => {
  const scenario = running("n1");
  scenario.on("n1").cutOff(5_000);
  scenario.ask({
    kind: "removeNodes",
    pool: "pool",
    nodes: ["n1"],
    option: "taskcompletion",
    timeoutMs: null,
  });
  scenario.world.server.tell({ kind: "nodeRemoved", node: 1 });
  scenario.until("it runs on the machine that joined anew", () => scenario.runs(2));
  scenario.settle();
  const log = scenario.log();
  expect(log.indexOf("n1: leaves")).toBeGreaterThan(log.indexOf("n1: cut off for 5000 ms"));
  expect(log.indexOf("n1: process of 2 starts")).toBeGreaterThan(log.indexOf("n1: leaves"));
  expect(scenario.state("a")).toBe("completed success");
});

/** Crashes at the worst moments. */

test("a commit that fails after it was done: the caller hears nothing, and the tasks are there", () => {
  const scenario = idle();
  scenario.suffer({ commitFailAfter: 1 });
  expect(scenario.add(["work 100 0"])).toBeNull();
  scenario.suffer({ commitFailAfter: 0 });
  const again = scenario.add(["work 100 0"]);
  expect(again).toMatchObject({ ok: true, tasks: [{ error: { code: "TaskExists" } }] });
  scenario.settle();
  expect(scenario.log().filter((line) => line.includes("starts"))).toEqual([
    "n1: process of 1 starts",
  ]);
  expect(scenario.state("a")).toBe("completed success");
});

test("a commit that fails: nothing of it remains, and the same request can be made again", () => {
  const scenario = idle();
  scenario.suffer({ commitFail: 1 });
  expect(scenario.add(["work 100 0"])).toBeNull();
  scenario.suffer({ commitFail: 0 });
  expect(scenario.add(["work 100 0"])).toMatchObject({ tasks: [{ status: "success" }] });
  scenario.settle();
  expect(scenario.state("a")).toBe("completed success");
});

test("the server dies after the commit and before the start goes out: it goes out later, once", () => {
  const scenario = idle();
  const tasks = [{ id: "a", spec: { commandLine: "work 100 0" } }];
  scenario.world.server.submit({ kind: "addTasks", job: "job", tasks }, () => undefined);
  scenario.until("the commit has begun", () => scenario.world.server.isCommitting);
  scenario.suffer({ serverCrashInBatch: 1 });
  scenario.until("the server is dead", () => scenario.world.server.core === null);
  scenario.suffer({ serverCrashInBatch: 0 });
  expect(scenario.world.disk.executions.size).toBe(1);
  scenario.log();
  scenario.settle();
  expect(scenario.log()).toEqual(["server: restored", ...ONE_RUN]);
});

test("the agent dies between its journal and the start of the process: it is started after all, once", () => {
  const scenario = idle();
  scenario.add(["work 100 0"]);
  const machine = scenario.on("n1");
  scenario.until("the journal has the start", () =>
    machine.journal.some(({ entry }) => entry === "starting"),
  );
  machine.flushed = machine.journal.length;
  machine.crashAgent();
  scenario.log();
  scenario.settle();
  expect(scenario.log()).toEqual(ONE_RUN);
});

test("the agent dies while a process runs and ends: it finds the exit code", () => {
  const scenario = running("n1");
  scenario.on("n1").crashAgent();
  scenario.settle();
  expect(scenario.task("a").progress).toMatchObject({
    systemTaskVersion: 0,
    outcome: { exitCode: 0 },
  });
});

test("the shim dies: the exit code is unknown, and the task is recovered", () => {
  const scenario = running("n1");
  scenario.on("n1").killShim();
  scenario.settle();
  expect(scenario.log()).toEqual([
    "n1: shim killed",
    "n1: process of 1 exited",
    "TaskStartEvent",
    "n1: process of 2 starts",
    "n1: process of 2 exited",
    "TaskCompleteEvent",
  ]);
  expect(scenario.task("a").progress).toMatchObject({ systemTaskVersion: 1, retryCount: 0 });
});

test("the server stands still for two minutes: no node is lost", () => {
  const scenario = running("n1");
  scenario.world.server.pause(120_000);
  scenario.settle();
  expect(scenario.task("a").progress).toMatchObject({ systemTaskVersion: 0, recoveryCount: 0 });
});

/** A machine's clock that is set to the time before last. */
const DAY_MS = 86_400_000;

test("the server's clock is set back by a day: a dead node's work is still recovered", () => {
  const scenario = new Scenario("n1", "n2");
  scenario.submit(["work 20000 0"]);
  scenario.until("the process runs", () => scenario.runs(1));
  scenario.world.server.setClock(-DAY_MS);
  scenario.on(scenario.task("a").progress.nodeId ?? "").powerOff();
  scenario.until("it runs elsewhere", () => scenario.runs(2));
  scenario.settle();
  expect(scenario.state("a")).toBe("completed success");
});

test("the server starts again on a clock that was set back by a day: time goes on from what is stored", () => {
  const scenario = new Scenario("n1", "n2");
  scenario.submit(["work 20000 0"]);
  scenario.until("the process runs", () => scenario.runs(1));
  const { createdAt } = scenario.task("a");
  scenario.world.server.setClock(-DAY_MS);
  scenario.world.server.crash();
  scenario.on(scenario.task("a").progress.nodeId ?? "").powerOff();
  scenario.until("it runs elsewhere", () => scenario.runs(2));
  scenario.settle();
  expect(scenario.task("a").progress.endedAt).toBeGreaterThan(createdAt);
});

test("reports that waited while a commit failed do not swallow those that were lost with it", () => {
  const scenario = new Scenario("n1");
  scenario.submit(["work 1000 0"]);
  scenario.until("the process runs", () => scenario.runs(1));
  scenario.suffer({ commitFail: 1, commitDelayMs: 3_000 });
  scenario.until("the process has ended", () => !scenario.runs(1));
  scenario.until("a commit has failed", () => scenario.log().includes("server: a commit failed"));
  scenario.suffer({ commitFail: 0 });
  scenario.settle();
  expect(scenario.task("a").progress).toMatchObject({ systemTaskVersion: 0 });
  expect(scenario.state("a")).toBe("completed success");
});

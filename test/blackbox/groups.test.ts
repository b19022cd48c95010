import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Allocation } from "../../src/protocol/api/answer/group.ts";
import {
  allocationsOf,
  createGroupPool,
  eventTypes,
  seconds,
  shellJob,
  untilAllocation,
  untilRunning,
} from "./harness/groups.ts";
import { signal } from "./harness/processes.ts";
import { waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox);
  await createGroupPool(server.client, 2);
});

afterAll(() => server.end());

function file(name: string): string {
  return join(sandbox.path, name);
}

async function register(job: Record<string, unknown>): Promise<number> {
  return (await server.client.groups.register({ job })).version;
}

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
}

/** Runs on until it is killed, and notes its process id. */
function forever(pids: string): string {
  return `echo $$ >> ${pids}; while :; do sleep 0.05; done`;
}

test("a killed process is restarted in place by its policy, with the events people know", async () => {
  const pids = file("killed");
  await register(
    shellJob("killed", { script: forever(pids), restart: { attempts: 2, delayS: 0 } }),
  );
  const [first] = await untilRunning(server.client, "killed", 1);
  const [pid] = await until(
    "it to run",
    () => lines(pids),
    (found) => found.length === 1,
  );
  signal(Number(pid), "SIGKILL");
  await until(
    "it to run again",
    () => lines(pids),
    (found) => found.length === 2,
  );
  const allocation = await untilAllocation(
    server.client,
    first?.id ?? "",
    "its restart to be told",
    ({ members }) => members[0]?.restarts === 1 && members[0].state === "running",
  );
  expect(eventTypes(allocation).slice(-3)).toEqual(["Terminated", "Restarting", "Started"]);
  const terminated = allocation.members[0]?.events.findLast(({ type }) => type === "Terminated");
  expect(terminated?.description).toContain("Signal: 9");
  expect((await allocationsOf(server.client, "killed")).map(({ id }) => id)).toEqual([
    first?.id ?? "",
  ]);
});

test("what fails for good is rescheduled to another node, after growing delays", async () => {
  const runs = file("failing");
  const job = shellJob("failing", {
    script: `echo $NOMAD_ALLOC_ID >> ${runs}; exit 3`,
    restart: { attempts: 1, delayS: 0 },
    group: {
      ReschedulePolicy: {
        Delay: seconds(5),
        DelayFunction: "exponential",
        MaxDelay: seconds(60),
        Unlimited: true,
      },
    },
  });
  await register(job);
  const found = await until(
    "three executions",
    () => allocationsOf(server.client, "failing"),
    (all) => all.length === 3,
    40_000,
  );
  const [third, second, first] = found;
  expect(new Set([first?.nodeId, second?.nodeId]).size).toBe(2);
  const latest = await server.client.groups.allocation(third?.id ?? "");
  expect(latest.rescheduled.map(({ delayMs }) => delayMs)).toEqual([5_000, 10_000]);
  const earlier = await server.client.groups.allocation(first?.id ?? "");
  expect(earlier.status).toBe("failed");
  expect(earlier.nextAllocation).toBe(second?.id ?? "");
  expect(eventTypes(earlier).at(-1)).toBe("Not Restarting");
  expect(lines(runs).filter((id) => id === first?.id)).toHaveLength(2);
  const status = await server.client.groups.status("failing");
  expect(status.summary[0]?.failed).toBeGreaterThanOrEqual(2);
  await server.client.jobs.terminate("failing");
}, 60_000);

test("a batch job of groups completes with its last task", async () => {
  const runs = file("batch");
  await register(
    shellJob("batch", { type: "batch", count: 5, script: `echo $NOMAD_ALLOC_INDEX >> ${runs}` }),
  );
  const job = await server.client.jobs.waitUntilCompleted("batch", { timeoutMs: 20_000 });
  expect(job.executionInfo.terminateReason).toBe("AllTasksComplete");
  expect(lines(runs).sort()).toEqual(["0", "1", "2", "3", "4"]);
});

test("a system job runs once on each node", async () => {
  await register(shellJob("everywhere", { type: "system", script: forever(file("everywhere")) }));
  const running = await untilRunning(server.client, "everywhere", 2);
  expect(new Set(running.map(({ nodeId }) => nodeId)).size).toBe(2);
  await server.client.jobs.terminate("everywhere");
});

test("a failing check restarts its member after limit and grace", async () => {
  const pids = file("checked");
  const sick = file("sick");
  const job = shellJob("checked", {
    script: forever(pids),
    restart: { attempts: 3, delayS: 0 },
    task: {
      Services: [
        {
          Name: "web",
          Provider: "consul",
          Checks: [
            {
              Name: "alive",
              Type: "script",
              Command: "/bin/sh",
              Args: ["-c", `[ ! -e ${sick} ]`],
              Interval: seconds(1),
              Timeout: seconds(1),
              CheckRestart: { Limit: 2, Grace: seconds(1) },
            },
          ],
        },
      ],
    },
  });
  await register(job);
  const [first] = await untilRunning(server.client, "checked", 1);
  const id = first?.id ?? "";
  await untilAllocation(server.client, id, "the check to pass", ({ checks }) => {
    return checks[0]?.status === "passing" || checks[0]?.status === "success";
  });
  await Bun.write(sick, "");
  const allocation = await untilAllocation(
    server.client,
    id,
    "the restart",
    ({ members }) => (members[0]?.restarts ?? 0) >= 1,
  );
  expect(eventTypes(allocation)).toContain("Restart Signaled");
  const asked = allocation.members[0]?.events.find(({ type }) => type === "Restart Signaled");
  expect(asked?.description).toContain('healthcheck: check "alive" unhealthy');
  await server.client.jobs.terminate("checked");
}, 30_000);

test("a new version rolls over, and an earlier one can be run again", async () => {
  const script = (version: string) =>
    `echo ${version} >> ${file("rolled")}; ${forever(file("rolledPids"))}`;
  const group = {
    Update: { MaxParallel: 1, HealthCheck: "task_states", MinHealthyTime: seconds(0.2) },
  };
  await register(shellJob("rolled", { count: 2, script: script("one"), group }));
  await untilRunning(server.client, "rolled", 2);
  expect(await register(shellJob("rolled", { count: 2, script: script("two"), group }))).toBe(1);
  const deployment = async () => (await server.client.groups.status("rolled")).deployment;
  await until("the second version", deployment, (found) => {
    return found?.version === 1 && found.status === "successful";
  });
  expect(lines(file("rolled")).sort()).toEqual(["one", "one", "two", "two"]);
  expect((await server.client.groups.revert("rolled", 0)).version).toBe(2);
  await until("the first version again", deployment, (found) => {
    return found?.version === 2 && found.status === "successful";
  });
  expect(lines(file("rolled")).filter((line) => line === "one")).toHaveLength(4);
  await server.client.jobs.terminate("rolled");
}, 40_000);

test("a drained node gives its executions away", async () => {
  await register(shellJob("moved", { count: 2, script: forever(file("moved")) }));
  const running = await untilRunning(server.client, "moved", 2);
  const drained = running[0]?.nodeId ?? "";
  await server.client.groups.drain(drained, { deadlineMs: 0 });
  const isMoved = async () => {
    const all = await untilRunning(server.client, "moved", 2);
    return all.every(({ nodeId }) => nodeId !== drained);
  };
  await until("all of them to run elsewhere", isMoved, Boolean);
  const drain = async () => (await server.client.nodes.get(drained)).drain;
  await until("the drain to be over", drain, (found) => found === undefined);
  await server.client.nodes.enableScheduling(drained);
  await server.client.jobs.terminate("moved");
}, 30_000);

test("a plan is not run when the job was stopped, or purged and made again, since", async () => {
  const { client } = server;
  const job = shellJob("planned", { script: "exec sleep 1000" });
  const plan = async () => (await client.groups.plan({ job })).modifyIndex;
  const run = (checkIndex: number) => client.groups.register({ job, checkIndex });
  expect(await plan()).toBe(0);
  await run(0);
  await expect(run(0)).rejects.toThrow(/there is no job planned/);
  const first = await plan();
  await client.jobs.terminate("planned");
  await expect(run(first)).rejects.toThrow(/has modify index/);
  await client.jobs.waitUntilCompleted("planned", { timeoutMs: 20_000 });
  expect((await run(await plan())).version).toBe(1);
  await client.jobs.delete("planned");
  const ids = async () => (await client.jobs.list()).items.map(({ id }) => id);
  await until("the job to be gone", ids, (found) => !found.includes("planned"));
  expect((await run(0)).version).toBe(0);
  await expect(run(first)).rejects.toThrow(/has modify index/);
  await client.jobs.terminate("planned");
}, 30_000);

test("a task whose template reads a key that is not there says so, and starts when it is", async () => {
  const template = {
    EmbeddedTmpl: '{{ key "waited/for" }}',
    DestPath: "local/read",
    ChangeMode: "noop",
  };
  const script = `cat local/read > ${file("read")}; exec sleep 1000`;
  await register(shellJob("waits", { script, task: { Templates: [template] } }));
  const [first] = await until(
    "its placement",
    () => allocationsOf(server.client, "waits"),
    (found) => found.length === 1,
  );
  const waiting = await untilAllocation(
    server.client,
    first?.id ?? "",
    "the key to be named",
    (allocation) => eventTypes(allocation).includes("Template"),
  );
  expect(waiting.members[0]?.events.at(-1)?.description).toBe("Missing: key waited/for");
  const { reasons } = await server.client.tasks.explain("waits", "waits.g[0]");
  expect(reasons.map(({ code }) => code)).toEqual(["WaitsForTemplate"]);
  await server.client.files.write("kv/waited/for", "here");
  await untilRunning(server.client, "waits", 1);
  expect(eventTypes(await server.client.groups.allocation(first?.id ?? "")).at(-1)).toBe("Started");
  await server.client.jobs.terminate("waits");
});

test("a person restarts an execution in place and stops another, which is replaced", async () => {
  const pids = file("asked");
  await register(shellJob("asked", { script: forever(pids), restart: { attempts: 0, delayS: 0 } }));
  const [first] = await untilRunning(server.client, "asked", 1);
  const id = first?.id ?? "";
  await server.client.groups.restartAllocation(id);
  await until(
    "a second process",
    () => lines(pids),
    (found) => found.length === 2,
  );
  await server.client.groups.stopAllocation(id);
  await until(
    "a third process",
    () => lines(pids),
    (found) => found.length === 3,
  );
  const stopped = await server.client.groups.allocation(id);
  expect(stopped.desired).toBe("stop");
  await server.client.jobs.terminate("asked");
}, 30_000);

for (const type of ["service", "batch"] as const) {
  test(`a person need not wait for the restart of a ${type} task, nor use up an attempt`, async () => {
    const id = `hurried-${type}`;
    const pids = file(id);
    const script = `echo $$ >> ${pids}; test $(wc -l < ${pids}) -ge 3 && exec sleep 1000; exit 1`;
    await register(shellJob(id, { type, script, restart: { attempts: 2, delayS: 1_000 } }));
    const waiting = async (restarts: number) => {
      const [first] = await allocationsOf(server.client, id);
      if (first === undefined) return null;
      const allocation = await server.client.groups.allocation(first.id);
      const [main] = allocation.members;
      return main?.restarts === restarts && main.state === "pending" ? allocation : null;
    };
    for (const restarts of [1, 2]) {
      const found = await until(`restart ${restarts} to wait`, () => waiting(restarts), Boolean);
      expect(found?.members[0]?.events.at(-1)?.type).toBe("Restarting");
      await server.client.groups.restartAllocation(found?.id ?? "", { member: "main" });
      await until(
        `process ${restarts + 1}`,
        () => lines(pids),
        (starts) => starts.length === restarts + 1,
      );
    }
    const [running] = await untilRunning(server.client, id, 1);
    const allocation = await untilAllocation(
      server.client,
      running?.id ?? "",
      "its start to be told",
      ({ members }) => members[0]?.state === "running",
    );
    expect(allocation.members[0]?.restarts).toBe(2);
    const events = ["Terminated", "Restarting", "Restart Signaled", "Restarting", "Started"];
    expect(eventTypes(allocation).slice(-5)).toEqual(events);
    await server.client.jobs.terminate(id);
  }, 30_000);
}

test("a restart of what does not run is refused, with what is and what to do", async () => {
  const hook = (name: string, lifecycle: object) => ({
    Name: name,
    Driver: "raw_exec",
    Config: { command: "/bin/true" },
    Lifecycle: lifecycle,
  });
  const job = shellJob("refused", { script: forever(file("refused")) });
  const [group] = job["TaskGroups"] as { Tasks: object[] }[];
  group?.Tasks.push(hook("before", { Hook: "prestart" }), hook("after", { Hook: "poststop" }));
  await register(job);
  const [first] = await untilRunning(server.client, "refused", 1);
  const id = first?.id ?? "";
  const isEnded = (found: Allocation) =>
    found.members.some(({ name, state }) => name === "before" && state === "dead") &&
    found.members.some(({ name, state }) => name === "main" && state === "running");
  await untilAllocation(server.client, id, "the prestart task to be over", isEnded);
  const restart = (member: string) => server.client.groups.restartAllocation(id, { member });
  await expect(restart("before")).rejects.toThrow(/before has ended/);
  await expect(restart("after")).rejects.toThrow(/after runs when all others have ended/);
  await server.client.groups.restartAllocation(id, { dead: true });
  const hasRunAgain = (found: Allocation) =>
    isEnded(found) && found.members.every(({ name, restarts }) => name === "after" || restarts > 0);
  await untilAllocation(server.client, id, "all tasks to have run again", hasRunAgain);
  await server.client.jobs.terminate("refused");
  const isOver = ({ status }: Allocation) => status === "complete";
  await untilAllocation(server.client, id, "its end", isOver);
  await expect(restart("main")).rejects.toThrow(/it has ended/);
}, 30_000);

test("members run in their order, and what they wrote is read by member", async () => {
  const order = file("order");
  const member = (name: string, script: string, lifecycle: object | null) => ({
    Name: name,
    Driver: "raw_exec",
    Config: { command: "/bin/sh", args: ["-c", `echo ${name} | tee -a ${order}; ${script}`] },
    ...(lifecycle === null ? {} : { Lifecycle: lifecycle }),
  });
  const job = {
    ID: "hooks",
    Type: "batch",
    NodePool: "services",
    TaskGroups: [
      {
        Name: "g",
        Tasks: [
          member("main", "sleep 0.3", null),
          member("before", "true", { Hook: "prestart" }),
          member("after", "true", { Hook: "poststop" }),
        ],
      },
    ],
  };
  await register(job);
  await server.client.jobs.waitUntilCompleted("hooks", { timeoutMs: 20_000 });
  expect(lines(order)).toEqual(["before", "main", "after"]);
  const [first] = await allocationsOf(server.client, "hooks");
  const log = await server.client.groups.logs(first?.id ?? "", "before", "stdout");
  expect(await new Response(log.body).text()).toBe("before\n");
});

test("restarts go on while the server is down, and are told afterwards", async () => {
  const mine = await startServer(sandbox);
  await createGroupPool(mine.client, 1);
  const gate = file("gate");
  const runs = file("awayRuns");
  const script = `echo run >> ${runs}; ${waitForFile(gate)}; sleep 0.1; exit 1`;
  const job = shellJob("away", { script, restart: { attempts: 5, delayS: 0 } });
  await mine.client.groups.register({ job });
  const [first] = await untilRunning(mine.client, "away", 1);
  await mine.end("SIGKILL");
  await Bun.write(gate, "");
  await until(
    "its restarts",
    () => lines(runs),
    (found) => found.length === 6,
  );
  const again = await startServer(sandbox, { data: mine.data });
  const allocation = await untilAllocation(
    again.client,
    first?.id ?? "",
    "its end to be told",
    ({ status }) => status === "failed",
  );
  expect(allocation.members[0]?.restarts).toBe(5);
  expect(eventTypes(allocation).at(-1)).toBe("Not Restarting");
  const away = await again.client.groups.status("away");
  expect(away.waiting[0]?.decision).toContain("Rescheduled after 30s");
  await again.end();
}, 40_000);

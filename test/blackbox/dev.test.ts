import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { readEvents, shell, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { startServer, untilNodesAre } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const WORDS = ["--nodes", "2", "--slots", "3"];

test("dev finds everything again at its second start, and Ctrl-C leaves no process behind", async () => {
  const dev = await startServer(sandbox, { role: "dev", words: WORDS });
  const nodes = await untilNodesAre(dev.client, "default", 2);
  await until("its ready line", dev.output, (text) => text.includes("2 nodes are ready"));
  expect(dev.output()).toContain(dev.url);
  expect(dev.output()).toContain(dev.token);
  for (const name of ["token", "server.json"]) {
    expect(statSync(join(dev.data, name)).mode & 0o777).toBe(0o600);
  }
  const gate = join(sandbox.path, "gate");
  const wait = `setsid sleep 1000 & ${waitForFile(gate)}; echo done`;
  await dev.client.jobs.create({
    id: "job",
    poolInfo: { poolId: "default" },
    tasks: [
      { id: "ended", commandLine: shell("echo said") },
      { id: "running", commandLine: shell(wait) },
    ],
  });
  await until(
    "one to have ended and one to run",
    async () => (await dev.client.jobs.taskCounts("job")).taskCounts,
    ({ completed, running }) => completed === 1 && running === 1,
  );
  const events = await readEvents(dev.client);
  expect(await dev.end("SIGINT")).toBe(0);
  expect(sandbox.processes(dev.data)).toEqual([]);

  const again = await startServer(sandbox, { role: "dev", data: dev.data, words: WORDS });
  expect(again.token).toBe(dev.token);
  await until("to say so", again.output, (text) => text.includes("(found again)"));
  expect(await untilNodesAre(again.client, "default", 2)).toEqual(nodes);
  expect((await readEvents(again.client)).slice(0, events.length)).toEqual(events);
  const output = await again.client.tasks.stdout("job", "ended");
  expect(await output.text()).toBe("said\n");
  // What ran is recovered: its processes ended with the first.
  await Bun.write(gate, "");
  await again.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  expect(await again.client.tasks.get("job", "running")).toMatchObject({
    executionInfo: { result: "success", retryCount: 0 },
  });
  expect(await again.end("SIGTERM")).toBe(0);
  expect(sandbox.processes(dev.data)).toEqual([]);
});

test("Ctrl-C in the middle of the first start ends it as cleanly", async () => {
  for (const delayMs of [0, 30, 60, 90, 120, 160, 200]) {
    const data = join(sandbox.folder("early"), "data");
    const child = sandbox.spawn(["dev", "--data", data, "--port", "0"]);
    await until("the server", () => Bun.file(join(data, "server.json")).exists(), Boolean);
    // Not a wait for anything: where the signal falls.
    await Bun.sleep(delayMs);
    child.kill("SIGINT");
    await child.exited;
    expect([child.exitCode, sandbox.processes(data)]).toEqual([0, []]);
  }
});

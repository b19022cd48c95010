import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useSandbox } from "./harness/sandbox.ts";
import {
  createLocalPool,
  type ServerProcess,
  startServer,
  untilNodesAre,
} from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const WORDS = ["--local-nodes", "on"];
const NODES = 6;
let server: ServerProcess;
let nodeIds: readonly string[];

beforeAll(async () => {
  server = await startServer(sandbox, { words: WORDS });
  nodeIds = [...(await createLocalPool(server.client, "fleet", NODES, 1))].sort();
  const account = { name: "Ma", phone: "1", email: "m@x", password: "secret-1" };
  await server.client.users.create({ id: "ma", ...account });
  await server.client.users.edit("ma", { role: 1, status: "enable" });
});

async function kill(): Promise<void> {
  await server.end("SIGKILL");
  server = await startServer(sandbox, { data: server.data, words: WORDS });
  await untilNodesAre(server.client, "fleet", NODES);
}

async function stint(line: string) {
  return await sandbox.run(line.split(" "), { env: { STINT_DATA: server.data } });
}

async function said(line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await stint(line);
  if (exitCode !== 0) throw new Error(`stint ${line}: ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

/**
 * A task on all nodes, whose script notes that it began and waits for its node's gate; a gate says the exit code. By the
 * administrator, and accepted by somebody else.
 */
async function gated(id: string) {
  const [ran, gate] = [join(sandbox.path, `${id}-ran`), join(sandbox.path, `${id}-gate`)];
  const mine = `${gate}-@STINT.NODE_ID@`;
  const text = `echo @STINT.NODE_ID@ >> ${ran}\nuntil [ -s ${mine} ]; do sleep 0.02; done\nexit $(cat ${mine})\n`;
  // The agents' own account: `task create` names one.
  const { name, sha256 } = await server.client.scripts.store(
    `${id}.sh`,
    new TextEncoder().encode(text),
  );
  await server.client.definitions.create({ id, script: { name, sha256 }, byOnDemand: "enable" });
  await said(`task addtarget -id ${id} -nd ${nodeIds.join(",")}`);
  await said(`approval request -id ${id} -ai ma`);
  const { token } = await server.client.users.login("ma", "secret-1");
  const accepted = await fetch(`${server.url}/api/v1/definitions/${id}/approval/accept`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  if (!accepted.ok) throw new Error(await accepted.text());
  const lines = () =>
    existsSync(ran) ? readFileSync(ran, "utf8").split("\n").filter(Boolean).sort() : [];
  return {
    /** Nodes that have begun, by their place among all. */
    begun: () => lines().map((line) => nodeIds.indexOf(line)),
    untilBegun: (...places: number[]) =>
      until(
        `nodes ${places} to begin`,
        () => lines().map((line) => nodeIds.indexOf(line)),
        (begun) => begun.join() === places.join(),
      ),
    open: (place: number, exitCode: number) =>
      writeFileSync(`${gate}-${nodeIds[place]}`, `${exitCode}\n`),
  };
}

async function untilState(number: number, state: string) {
  return await until(
    `task instance ${number} to be ${state}`,
    async () => (await server.client.instances.get(number)).rolling,
    (rolling) => rolling?.state === state,
  );
}

test("batches, a threshold and a resume over two killed servers: each node runs once", async () => {
  const { begun, untilBegun, open } = await gated("patch");
  const plan = await said("task plan patch --batch 2 --canary 1 --tsv");
  expect(plan).toContain(`1 (canary)\t1\t${nodeIds[0]}\n2\t2\t${nodeIds[1]}, ${nodeIds[2]}\n`);
  await said("task run patch --batch 2 --canary 1 --batch-failures 1");
  await untilBegun(0);
  await kill();
  expect(begun()).toEqual([0]);
  open(0, 0);
  await untilBegun(0, 1, 2);
  open(1, 3);
  await untilState(1, "stopped");
  expect((await stint("taskinstance rerun 1 --failed")).stderr).toContain("has not ended");
  await kill();
  open(2, 0);
  await until(
    "what ran to end",
    async () => (await server.client.instances.get(1)).statusCounts,
    ({ request }) => request === 0,
  );
  expect(begun()).toEqual([0, 1, 2]);
  const view = await said("taskinstance view 1");
  expect(view).toMatch(/\| READY +\| 3 /);
  expect(view).toMatch(/\| NOT STARTED +\| 3 /);
  expect(view).toMatch(
    /\| STATE +\| Stopped: 1 of the 2 nodes of batch 2 failed, which stops the run\. Resume it: stint taskinstance resume -in 1 \|/,
  );
  expect(view).toMatch(/\| END AT +\| +\|/);

  expect(await said("taskinstance resume 1")).toBe(
    "The resume of task-instance #1 has been requested successfully.\n",
  );
  await untilBegun(0, 1, 2, 3, 4);
  const again = await stint("taskinstance resume 1");
  expect([again.exitCode, again.stderr.includes("neither paused nor stopped")]).toEqual([1, true]);
  for (const place of [3, 4, 5]) open(place, 0);
  await untilState(1, "ended");
  expect(begun()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await server.client.instances.get(1)).toMatchObject({
    result: "fail",
    resultCounts: { success: 5, fail: 1 },
  });

  open(1, 0);
  await said("taskinstance rerun 1 --failed");
  await until(
    "the rerun to end",
    () => server.client.instances.get(1),
    ({ result }) => result === "success",
  );
  expect(begun()).toEqual([0, 1, 1, 2, 3, 4, 5]);
  const { items } = await server.client.instances.nodes(1, { limit: 0 });
  expect(items.map(({ execNo }) => execNo)).toEqual([1, 2, 1, 1, 1, 1]);
});

test("a pause goes on after a kill, by itself when its time is over, else when somebody resumes it", async () => {
  const { untilBegun, open } = await gated("pauses");
  for (const place of nodeIds.keys()) open(place, 0);
  await said("task run pauses --batch 50% --pause 3s");
  await untilState(2, "paused");
  await kill();
  await untilState(2, "ended");
  await untilBegun(0, 1, 2, 3, 4, 5);

  await said("task run pauses --batch 3 --pause resume");
  await untilState(3, "paused");
  await kill();
  expect(await said("taskinstance view 3")).toMatch(
    /\| STATE +\| Paused until it is resumed: stint taskinstance resume -in 3 +\|/,
  );
  await said("taskinstance resume 3");
  await untilState(3, "ended");
  expect((await server.client.instances.get(3)).result).toBe("success");
  const events = await said("event list --type RollingRunEvent --json");
  const steps = JSON.parse(events).items.map(
    ({ properties }: { properties: { step: string } }) => properties.step,
  );
  expect(steps.slice(-4)).toEqual(["batch", "paused", "resumed", "batch"]);
  await server.end();
});

import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newHost, untilConnected } from "./harness/hosts.ts";
import { signal } from "./harness/processes.ts";
import { useSandbox } from "./harness/sandbox.ts";
import {
  createLocalPool,
  type ServerProcess,
  startServer,
  untilNodesAre,
} from "./harness/server.ts";
import { approve, newPerson, start, type Team, write } from "./harness/team.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const NODES = 5;
const WORDS = [
  ...["--local-nodes", "on", "--heartbeat-ms", "200"],
  ...["--unknown-after-ms", "1500", "--lost-after-ms", "1500"],
];
let server: ServerProcess;
let nodeIds: readonly string[];
let team: Team;

beforeAll(async () => {
  server = await startServer(sandbox, { words: WORDS });
  nodeIds = await createLocalPool(server.client, "fleet", NODES, 1);
  const operator = await newPerson(sandbox, server, "bumbee", 2);
  const manager = await newPerson(sandbox, server, "oprim", 1);
  team = { sandbox, operator, manager, managerId: "oprim" };
});

function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).sort() : [];
}

async function untilEnded(number: number) {
  return await until(
    `task instance ${number} to end`,
    () => server.client.instances.get(number),
    ({ endTime }) => endTime !== undefined,
  );
}

/** A machine of its own, whose agent is the test's to kill. */
async function newNode(name: string) {
  const host = await newHost(sandbox, server, "hosts", name);
  const begin = async () => {
    const agent = sandbox.spawn(host.words);
    await untilConnected(server, name);
    return agent;
  };
  return { host, begin };
}

test("a node that is lost in the middle of a script does not run it again when it is back", async () => {
  await server.client.pools.create({ id: "hosts", provider: "none" });
  const node = await newNode("lost");
  let agent = await node.begin();
  await team.operator.said("node edit -id lost -st E");
  const ran = join(sandbox.path, "lost-ran");
  await write(
    team,
    "lost",
    `echo @STINT.NODE_ID@ >> ${ran}\n[ @STINT.NODE_ID@ != lost ] || sleep 600\n`,
    [...nodeIds, "lost"],
  );
  await approve(team, "lost");
  const number = await start(team.operator, "lost");
  await until(
    "all to run it",
    () => lines(ran).length,
    (count) => count === NODES + 1,
  );
  // The machine loses its power: agent, shim and script at once.
  for (const { pid } of sandbox.processes(node.host.data)) signal(pid, "SIGKILL");
  for (const { pid } of sandbox.processes(node.host.root)) signal(pid, "SIGKILL");
  await agent.exited;
  expect(await untilEnded(number)).toMatchObject({
    result: "fail",
    statusCounts: { complete: NODES, fail: 1 },
  });
  const before = await server.client.instances.node(number, "lost");
  expect(before).toMatchObject({ status: "fail", result: "fail", execNo: 1 });
  expect(before.reason).toMatch(/lost/);
  agent = await node.begin();
  // What a later run writes is behind whatever it would have begun first.
  const later = await start(team.operator, "lost", ["-ni", nodeIds[0] ?? ""]);
  await untilEnded(later);
  const text = "echo back\n";
  await write(team, "back", text, ["lost"]);
  await approve(team, "back");
  expect(await untilEnded(await start(team.operator, "back"))).toMatchObject({ result: "success" });
  expect(lines(ran).filter((line) => line === "lost")).toEqual(["lost"]);
  expect(await server.client.instances.node(number, "lost")).toEqual(before);
  agent.kill("SIGKILL");
  await agent.exited;
});

test("a node that is back after the time to start runs nothing, and nothing waits for it", async () => {
  const node = await newNode("late");
  const agent = await node.begin();
  await team.operator.said("node edit -id late -st E");
  agent.kill("SIGKILL");
  await agent.exited;
  const ran = join(sandbox.path, "late-ran");
  const script = `echo @STINT.NODE_ID@ >> ${ran}\n`;
  await write(team, "late", script, [...nodeIds, "late"], ["-sw", "1s"]);
  await approve(team, "late");
  const number = await start(team.operator, "late");
  expect(await untilEnded(number)).toMatchObject({
    result: "fail",
    statusCounts: { complete: NODES, fail: 1 },
  });
  const listed = await team.operator.run(["taskinstance", "listnode", "-in", String(number)]);
  expect(listed.stdout).toMatch(/^\| late +\| 1 +\| Fail +\| +\| [^|]+ \| Fail +\| +\|$/m);
  const viewed = await team.operator.run(["taskinstance", "viewnode", String(number), "late"]);
  expect(viewed.stderr).toContain("late: ");
  const again = await node.begin();
  await write(team, "after", "echo after\n", ["late"]);
  await approve(team, "after");
  expect(await untilEnded(await start(team.operator, "after"))).toMatchObject({
    result: "success",
  });
  expect(lines(ran)).toEqual([...nodeIds].sort());
  again.kill("SIGKILL");
  await again.exited;
});

test("kill -9 around the success of a run: its next task runs exactly once on each node", async () => {
  const [gate, ran] = [join(sandbox.path, "gate"), join(sandbox.path, "next-ran")];
  // Ever later: before any end is heard of, between the ends, after the success, after the next has begun.
  const moments: ((instance: Awaited<ReturnType<typeof untilEnded>>) => boolean)[] = [
    () => true,
    ({ statusCounts }) => statusCounts.complete > 0,
    ({ endTime }) => endTime !== undefined,
    ({ nextInstance }) => nextInstance !== undefined,
  ];
  await write(team, "second", `echo @STINT.NODE_ID@ >> ${ran}\n`, nodeIds, ["-et", "E"]);
  const first = `until [ -e ${gate}-@STINT.TASK_INSTANCE_NO@ ]; do sleep 0.01; done\n`;
  await write(team, "first", first, nodeIds, ["-xi", "second"]);
  await team.operator.said("task addrunner -id second -ts first");
  await approve(team, "second");
  await approve(team, "first");
  for (const [round, isMoment] of moments.entries()) {
    const number = await start(team.operator, "first");
    await until(
      "all to run",
      async () => (await server.client.instances.get(number)).statusCounts.request,
      (count) => count === NODES,
    );
    writeFileSync(`${gate}-${number}`, "");
    await until("the moment", () => server.client.instances.get(number), isMoment);
    await server.end("SIGKILL");
    const port = Number(new URL(server.url).port);
    server = await startServer(sandbox, { data: server.data, port, words: WORDS });
    await untilNodesAre(server.client, "fleet", NODES);
    const { nextInstance = 0 } = await until(
      "its next task to begin",
      () => server.client.instances.get(number),
      (instance) => instance.nextInstance !== undefined,
    );
    const next = await untilEnded(nextInstance);
    expect(next).toMatchObject({
      definitionId: "second",
      runner: "first(task)",
      result: "success",
      nodeCount: NODES,
    });
    expect(lines(ran)).toHaveLength((round + 1) * NODES);
  }
  const { total } = await server.client.instances.list({ definitionId: "second", limit: 0 });
  expect(total).toBe(moments.length);
});

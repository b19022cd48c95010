import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Host, newHost, untilConnected } from "./harness/hosts.ts";
import { signal } from "./harness/processes.ts";
import { auditRuns, noteRun, shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { startServer } from "./harness/server.ts";

const sandbox = useSandbox();
const TASKS = 300;
const KILLS = 24;
/** An agent takes up what was left within some 80 ms; then something is written, started or reported all the time. */
const KILL_AFTER_MS = 40;
const KILL_WITHIN_MS = 220;

/**
 * Nothing can be killed at one exact line from outside; many kills at times that differ find the moments between journal
 * entry and process start, and what must hold there must hold at each of them.
 */
async function runUnderKills(
  name: string,
  kill: (agent: Bun.Subprocess, host: Host) => void,
): Promise<{ problems: string[]; runs: Map<string, number> }> {
  const runsFile = join(sandbox.path, `runs-${name}`);
  const server = await startServer(sandbox, { words: ["--local-nodes", "off"] });
  const { client } = server;
  await client.pools.create({ id: "pool", provider: "none" });
  const host = await newHost(sandbox, server, "pool", name);
  const words = [...host.words, "--slots", "8", "--log-level", "error"];
  let agent = sandbox.spawn(words);
  await untilConnected(server, name);
  const commandLine = shell(`${noteRun(runsFile)}; sleep 0.0$(($$ % 5))`);
  const tasks = Array.from({ length: TASKS }, (_, index) => ({ id: `t${index}`, commandLine }));
  await client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  const isOver = async () => (await client.jobs.taskCounts("job")).taskCounts.completed === TASKS;
  for (let round = 0; round < KILLS && !(await isOver()); round += 1) {
    // Not a wait for anything: where the kill falls.
    await Bun.sleep(KILL_AFTER_MS + ((round * 37) % KILL_WITHIN_MS));
    kill(agent, host);
    await agent.exited;
    agent = sandbox.spawn(words);
  }
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 60_000 });
  const audit = await auditRuns(client, "job", runsFile);
  agent.kill();
  await agent.exited;
  await server.end();
  return audit;
}

test("an agent killed at any moment loses no task and runs none twice", async () => {
  const { problems, runs } = await runUnderKills("agent", (agent) => agent.kill("SIGKILL"));
  expect(problems).toEqual([]);
  // The shim was there all the time and remembers what it has started.
  expect([...runs].filter(([, count]) => count !== 1)).toEqual([]);
});

test("agent and shim killed together at any moment lose no task and hide no run", async () => {
  const { problems } = await runUnderKills("both", (agent, host) => {
    const shims = sandbox.processes(host.data).filter(({ words }) => words.includes("shim"));
    for (const pid of [agent.pid, ...shims.map((shim) => shim.pid)]) signal(pid, "SIGKILL");
  });
  expect(problems).toEqual([]);
});

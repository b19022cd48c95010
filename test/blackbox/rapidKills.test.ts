import { expect, test } from "bun:test";
import { join } from "node:path";
import { processesOfNode, untilAgent } from "./harness/agents.ts";
import { signal } from "./harness/processes.ts";
import { auditRuns, noteRun, shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, startServer } from "./harness/server.ts";

const sandbox = useSandbox();
const TASKS = 300;
const KILLS = 24;
/** Every few milliseconds something is written, started or reported, so that kills find every gap between. */
const KILL_WITHIN_MS = 60;

/**
 * Nothing can be killed at one exact line from outside; many kills at times that differ find the moments between journal
 * entry and process start, and what must hold there must hold at each of them.
 */
async function runUnderKills(
  name: string,
  kill: (folder: string) => Promise<void> | void,
): Promise<{ problems: string[]; runs: Map<string, number> }> {
  const runsFile = join(sandbox.path, `runs-${name}`);
  const server = await startServer(sandbox);
  const [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 8);
  const folder = await nodeFolder(server, nodeId);
  const commandLine = shell(`${noteRun(runsFile)}; sleep 0.0$(($$ % 5))`);
  const tasks = Array.from({ length: TASKS }, (_, index) => ({ id: `t${index}`, commandLine }));
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  const isOver = async () => {
    const { taskCounts } = await server.client.jobs.taskCounts("job");
    return taskCounts.completed === TASKS;
  };
  let round = 0;
  for (; round < KILLS && !(await isOver()); round += 1) {
    await kill(folder);
    await untilAgent(sandbox, folder);
    // Not a wait for anything: where the next kill falls.
    await Bun.sleep((round * 7) % KILL_WITHIN_MS);
  }
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 60_000 });
  const audit = await auditRuns(server.client, "job", runsFile);
  await server.end();
  return audit;
}

test("an agent killed at any moment loses no task and runs none twice", async () => {
  const { problems, runs } = await runUnderKills("agent", async (folder) => {
    signal(await untilAgent(sandbox, folder), "SIGKILL");
  });
  expect(problems).toEqual([]);
  // The shim was there all the time and remembers what it has started.
  expect([...runs].filter(([, count]) => count !== 1)).toEqual([]);
});

test("agent and shim killed together at any moment lose no task and hide no run", async () => {
  const { problems } = await runUnderKills("both", (folder) => {
    const { agents, shims } = processesOfNode(sandbox, folder);
    for (const { pid } of [...agents, ...shims]) signal(pid, "SIGKILL");
  });
  expect(problems).toEqual([]);
});

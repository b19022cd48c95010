import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, orNull } from "../client/client.ts";
import { DEFAULT_FLEET_SETTINGS } from "../fleet/state.ts";
import { checkDemo, type DemoFacts } from "./demoCheck.ts";
import { type DemoServer, runFleetDemo } from "./demoFleet.ts";
import { endSignal } from "./endSignal.ts";
import { serve } from "./serve.ts";

const POOL_ID = "JobPrepReleaseSamplePool";
const JOB_ID = "JobPrepReleaseSampleJob";
const FILE = "job_prep_and_release.txt";
const WAIT_MS = 60_000;
/** As shells say it of Ctrl-C. */
const INTERRUPTED = 130;

function say(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** `sh -c` with the text in single quotes. */
function shell(text: string): string {
  return `/bin/sh -c '${text}'`;
}

const COMMANDS = {
  preparation: shell(`echo "$AZ_BATCH_NODE_ID tasks:" > "$AZ_BATCH_NODE_SHARED_DIR/${FILE}"`),
  task: shell(`echo "  $AZ_BATCH_TASK_ID" >> "$AZ_BATCH_NODE_SHARED_DIR/${FILE}"`),
  release: shell(`rm "$AZ_BATCH_NODE_SHARED_DIR/${FILE}"`),
};

/**
 * `stint demo`: what Azure's JobPrepRelease sample does, on an SQLite file and two local nodes, through the public API
 * like any client, and then a fleet run on these nodes. Exit code 1 if anything is not as it should be.
 */
export async function runDemo(): Promise<number> {
  const ending = new AbortController();
  const interrupted = endSignal().then(() => {
    ending.abort();
    return null;
  });
  const directory = mkdtempSync(join(tmpdir(), "stint-demo-"));
  const served = await serve({
    dataDirectory: directory,
    storePath: null,
    hostname: "127.0.0.1",
    port: 0,
    localNodes: true,
    defaultPool: null,
    fleetSettings: DEFAULT_FLEET_SETTINGS,
    logLevel: "warn",
  });
  try {
    const { url } = served.server;
    const client = createClient({ url, token: served.token });
    const demo = { url, client, directory, say, signal: ending.signal };
    const facts = await Promise.race([runSample(demo), interrupted]);
    if (facts === null) return INTERRUPTED;
    const problems = checkDemo(facts);
    for (const problem of problems) process.stderr.write(`demo: ${problem}\n`);
    say(problems.length === 0 ? "\nSample complete." : "\nSample FAILED.");
    return problems.length === 0 ? 0 : 1;
  } finally {
    await served.server.stop("withProcesses");
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runSample(demo: DemoServer): Promise<DemoFacts> {
  const { client } = demo;
  const poolNodes = await createPool(client);
  await createJob(client);
  const { taskIds, submittedAt } = await runTasks(client);
  const nodeIds = await nodesWithTasks(client);
  const files = await readFiles(client, nodeIds);
  const exitCodes = await endJob(client);
  const filesLeft = await filesThatAreLeft(client, nodeIds);
  for (const id of filesLeft) say(`File shared/${FILE} is still on ${id}!`);
  if (filesLeft.length === 0) say(`\nThe release tasks have deleted shared/${FILE} on every node.`);
  const timing = await measure(client, submittedAt);
  say(`\n${taskIds.length} tasks, submission to last completion: ${timing.totalMs.toFixed(0)} ms`);
  say(
    `Start latency (submission to process start): first ${timing.firstMs.toFixed(0)} ms, median ${timing.medianMs.toFixed(0)} ms`,
  );
  const fleet = await runFleetDemo(demo, poolNodes);
  await cleanUp(client);
  return { taskIds, files, exitCodes, filesLeft, results: timing.results, fleet };
}

/** Answers the ids of its nodes. */
async function createPool(client: Client): Promise<string[]> {
  say(`Attempting to create pool: ${POOL_ID}`);
  await client.pools.create({
    id: POOL_ID,
    provider: "local",
    targetDedicatedNodes: 2,
    taskSlotsPerNode: 1,
  });
  say(`Created pool ${POOL_ID} with 2 nodes`);
  const begun = performance.now();
  while (performance.now() - begun < WAIT_MS) {
    const { items } = await client.nodes.list({ poolId: POOL_ID });
    const idle = items.filter((node) => node.state === "idle");
    if (idle.length === 2) return idle.map(({ id }) => id).sort();
    await Bun.sleep(5);
  }
  throw new Error(`Expected two idle nodes within ${WAIT_MS / 1000} s.`);
}

async function createJob(client: Client): Promise<void> {
  say(`Checking for existing job ${JOB_ID}...`);
  if ((await orNull(client.jobs.get(JOB_ID))) !== null) throw new Error(`Job ${JOB_ID} exists.`);
  say(`Job ${JOB_ID} not found, creating...`);
  await client.jobs.create({
    id: JOB_ID,
    poolInfo: { poolId: POOL_ID },
    jobPreparationTask: { commandLine: COMMANDS.preparation },
    jobReleaseTask: { commandLine: COMMANDS.release },
  });
}

async function runTasks(client: Client): Promise<{ taskIds: string[]; submittedAt: number }> {
  say("Submitting tasks and awaiting completion...");
  const taskIds = Array.from({ length: 8 }, (_, index) => `task00${index + 1}`);
  const submittedAt = Date.now();
  const tasks = taskIds.map((id) => ({ id, commandLine: COMMANDS.task }));
  const answers = await client.tasks.addMany(JOB_ID, tasks);
  const refused = answers.find((answer) => answer.status !== "success");
  if (refused !== undefined) throw new Error(`Task refused: ${JSON.stringify(refused)}`);
  await client.jobs.waitUntilTasksCompleted(JOB_ID, { timeoutMs: WAIT_MS });
  say("All tasks completed.");
  return { taskIds, submittedAt };
}

async function nodesWithTasks(client: Client): Promise<string[]> {
  const status = await client.jobs.preparationStatus(JOB_ID);
  return status.items.map((entry) => entry.nodeId);
}

async function readFiles(client: Client, nodeIds: string[]): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const id of nodeIds) {
    const response = await client.nodes.readFile(id, `shared/${FILE}`);
    const text = await response.text();
    files.set(id, text);
    say(`\nContents of shared/${FILE} on ${id}:`);
    say("-------------------------------------------");
    process.stdout.write(text);
  }
  return files;
}

async function endJob(client: Client): Promise<DemoFacts["exitCodes"]> {
  say(`\nWaiting for job ${JOB_ID} to reach state Completed`);
  await client.jobs.terminate(JOB_ID);
  await client.jobs.waitUntilCompleted(JOB_ID, { timeoutMs: WAIT_MS });
  const exitCodes: DemoFacts["exitCodes"] = [];
  for (const entry of (await client.jobs.preparationStatus(JOB_ID)).items) {
    const preparation = entry.jobPreparationTaskExecutionInfo?.exitCode;
    const release = entry.jobReleaseTaskExecutionInfo?.exitCode;
    exitCodes.push({ nodeId: entry.nodeId, preparation, release });
    say(`\n${entry.nodeId}:`);
    say(`  Prep task exit code:    ${preparation ?? "none"}`);
    say(`  Release task exit code: ${release ?? "none"}`);
  }
  return exitCodes;
}

async function filesThatAreLeft(client: Client, nodeIds: string[]): Promise<string[]> {
  const left: string[] = [];
  for (const id of nodeIds) {
    const { items } = await client.nodes.files(id, { path: "shared" });
    if (items.some((file) => file.path.endsWith(FILE))) left.push(id);
  }
  return left;
}

interface Timing {
  readonly totalMs: number;
  readonly firstMs: number;
  readonly medianMs: number;
  readonly results: (string | undefined)[];
}

async function measure(client: Client, submittedAt: number): Promise<Timing> {
  const executions = (await client.executions.list({ jobId: JOB_ID })).items;
  const starts = executions
    .flatMap(({ startTime }) =>
      startTime === undefined ? [] : Date.parse(startTime) - submittedAt,
    )
    .sort((left, right) => left - right);
  const ends = executions.flatMap(({ endTime }) =>
    endTime === undefined ? [] : Date.parse(endTime),
  );
  const tasks = (await client.tasks.list(JOB_ID)).items;
  return {
    totalMs: Math.max(...ends) - submittedAt,
    firstMs: starts[0] ?? Number.NaN,
    medianMs: starts[Math.floor(starts.length / 2)] ?? Number.NaN,
    results: tasks.map((task) => task.executionInfo.result),
  };
}

async function cleanUp(client: Client): Promise<void> {
  await client.jobs.delete(JOB_ID);
  await client.pools.delete(POOL_ID);
  const begun = performance.now();
  while (performance.now() - begun < WAIT_MS) {
    const job = await orNull(client.jobs.get(JOB_ID));
    const pool = await orNull(client.pools.get(POOL_ID));
    if (job === null && pool === null) {
      say("\nDeleted job and pool.");
      return;
    }
    await Bun.sleep(5);
  }
  throw new Error("Expected job and pool to be gone.");
}

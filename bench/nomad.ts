import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const API = "http://127.0.0.1:4646/v1";
const JOB = "throughput";
const GROUP = "all";
const START_TIMEOUT_MS = 30_000;

/** raw_exec is off unless an agent's configuration allows it. */
const CONFIGURATION = `plugin "raw_exec" {\n  config {\n    enabled = true\n  }\n}\n`;

/** Runs `command` so many times as one batch job of a dev agent of its own; null when Nomad is not on PATH. */
export async function nomadRate(command: string, tasks: number): Promise<number | null> {
  if (Bun.which("nomad") === null) return null;
  const directory = mkdtempSync(join(tmpdir(), "stint-nomad-"));
  const file = join(directory, "agent.hcl");
  writeFileSync(file, CONFIGURATION);
  const agent = Bun.spawn(["nomad", "agent", "-dev", `-config=${file}`], {
    stdout: "ignore",
    stderr: "ignore",
  });
  try {
    if (!(await isReady())) return null;
    const begun = performance.now();
    await submit(command, tasks);
    while ((await completed()) < tasks) await Bun.sleep(50);
    return (tasks * 1000) / (performance.now() - begun);
  } finally {
    agent.kill("SIGINT");
    await agent.exited;
    rmSync(directory, { recursive: true, force: true });
  }
}

async function isReady(): Promise<boolean> {
  for (const until = performance.now() + START_TIMEOUT_MS; performance.now() < until; ) {
    const nodes = await read<readonly { Status: string }[]>("/nodes").catch(() => []);
    if (nodes.some(({ Status }) => Status === "ready")) return true;
    await Bun.sleep(100);
  }
  return false;
}

async function submit(command: string, tasks: number): Promise<void> {
  const task = {
    Name: "main",
    Driver: "raw_exec",
    Config: { command },
    Resources: { CPU: 10, MemoryMB: 10 },
  };
  const group = { Name: GROUP, Count: tasks, Tasks: [task] };
  const job = { ID: JOB, Name: JOB, Type: "batch", Datacenters: ["dc1"], TaskGroups: [group] };
  const answer = await fetch(`${API}/jobs`, { method: "POST", body: JSON.stringify({ Job: job }) });
  if (!answer.ok) throw new Error(`nomad refused the job: ${await answer.text()}`);
}

async function completed(): Promise<number> {
  const { Summary } = await read<{ Summary: Record<string, { Complete: number }> }>(
    `/job/${JOB}/summary`,
  );
  return Summary[GROUP]?.Complete ?? 0;
}

async function read<Answer>(path: string): Promise<Answer> {
  const answer = await fetch(`${API}${path}`);
  if (!answer.ok) throw new Error(`nomad answered ${answer.status} to ${path}`);
  return (await answer.json()) as Answer;
}

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SimulationAnswer, SimulationWish } from "../../model/simulation.ts";
import { FakeServer, ran, TestFolder } from "../testCli.ts";

const FILE = `job "web" {
  group "front" {
    count = 2
    task "server" {
      driver = "raw_exec"
      config {
        command = "/bin/serve"
      }
    }
  }
}
`;

const wishes: SimulationWish[] = [];

function simulate(wish: SimulationWish): SimulationAnswer {
  wishes.push(wish);
  const wrong = wish.failures.find((given) => given.startsWith("fire"));
  if (wrong !== undefined) {
    return { ok: false, mistakes: [{ given: wrong, message: "Expected another." }] };
  }
  const { spec, nodes, durationMs, failures, seed } = wish;
  const event = {
    atMs: 3_723_004,
    node: "node-1",
    allocation: "web.front[0]",
    id: "9e3645df",
    member: "server",
    type: "Terminated",
    description: "Exit Code: 1",
  };
  const group = {
    group: "front",
    tasks: 2,
    restarts: 1,
    reschedules: 0,
    replacements: 0,
    completed: 0,
    givenUp: 0,
    downtimeMs: 15_500,
    longestDowntimeMs: 15_500,
    availability: 0.99991,
  };
  const common = { jobId: spec.id, nodes, durationMs, failures, seed };
  return { ok: true, report: { ...common, events: [event], groups: [group], waiting: [] } };
}

async function simulated(...words: string[]) {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "web.nomad.hcl"), FILE);
  const loadSimulator = async () => simulate;
  const world = { currentFolder: folder.path, env: {}, loadSimulator };
  return await ran(["job", "simulate", "web.nomad.hcl", ...words], new FakeServer({}), world);
}

test("a job file is simulated without a server, with its policies, events and groups", async () => {
  const words = ["-nodes", "3", "-for", "2h", "-fail", "process:p=0.1/h", "-seed", "7"];
  const { exitCode, stdout } = await simulated(...words.map((word) => word.replace(/^-/, "--")));
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`Job "web" on 3 nodes for 2h0m0s, seed 7
Failures: process:p=0.1/h
Group "front", service, count 2
  restart of server: 2 in 30m0s, after 15s each, then fail
  reschedule: unlimited, after 30s, exponential up to 1h0m0s
  disconnect: lost at once, replaced, best_score

Timeline
+--------------+--------+-----------------------+--------+------------+--------------+
| TIME         | NODE   | ALLOCATION            | MEMBER | EVENT      | DESCRIPTION  |
+--------------+--------+-----------------------+--------+------------+--------------+
| 01:02:03.004 | node-1 | web.front[0] 9e3645df | server | Terminated | Exit Code: 1 |
+--------------+--------+-----------------------+--------+------------+--------------+

Groups
+-------+-------+----------+-------------+----------+-----------+----------+----------+---------+--------------+
| GROUP | TASKS | RESTARTS | RESCHEDULES | REPLACED | COMPLETED | GIVEN UP | DOWNTIME | LONGEST | AVAILABILITY |
+-------+-------+----------+-------------+----------+-----------+----------+----------+---------+--------------+
| front | 2     | 1        | 0           | 0        | 0         | 0        | 16s      | 16s     | 99.9910%     |
+-------+-------+----------+-------------+----------+-----------+----------+----------+---------+--------------+
`);
  expect(wishes.at(-1)).toMatchObject({ nodes: 3, durationMs: 7_200_000, seed: 7 });
});

test("JSON is the whole report", async () => {
  const { stdout } = await simulated("--json");
  expect(JSON.parse(stdout)).toMatchObject({ jobId: "web", nodes: 10, durationMs: 86_400_000 });
});

test("failures and times that make no sense are refused before anything runs", async () => {
  expect(await simulated("--fail", "fire:p=1")).toMatchObject({ exitCode: 2, stdout: "" });
  const { stderr } = await simulated("--for", "soon");
  expect(stderr).toContain(
    'Expected -fo,--for as a duration up to 366d, as 24h or 7d, and got "soon".',
  );
});

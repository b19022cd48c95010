import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aPlan } from "../groupFixtures.ts";
import { FakeServer, ran, refusal, TestFolder } from "../testCli.ts";

const JOB = `variable "count" {
  type = number
}
job "web" {
  group "a" {
    count = var.count
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/true"
      }
    }
  }
}
`;

function folderWith(name: string, text: string): TestFolder {
  const folder = new TestFolder();
  writeFileSync(join(folder.path, name), text);
  return folder;
}

test("a plan tells the difference, counts, places with why not elsewhere, and how to submit it", async () => {
  using folder = folderWith("web.nomad", JOB);
  const server = new FakeServer({ "POST /jobs/plan": aPlan() });
  const words = ["job", "plan", "-var", "count=3", "web.nomad"];
  const { exitCode, stdout } = await ran(words, server, { currentFolder: folder.path });
  expect(exitCode).toBe(1);
  expect(stdout).toBe(`+/- Job: "web"
+/- Task Group: "a" (1 create, 2 in-place update)
  +/- Count: "2" => "3" (forces create)
      Task: "t"

Task Group "a": 1 create, 2 in-place update
  web.a[2]: would go to n1, score 0.076
    not n2: It would do, with score -0.427.

Job Modify Index: 4
To submit the job with version verification run:

stint job run -check-index 4 -var count=3 web.nomad

When running the job with the check-index flag, the job will only be run if the job modify index
given matches the server-side version. If the index has changed, another user has modified the
job and the plan's results are potentially invalid.
`);
  expect(server.requests[0]?.body).toMatchObject({
    job: { ID: "web", TaskGroups: [{ Count: 3 }] },
  });
});

test("a plan of what is there already says what to know of it", async () => {
  using folder = folderWith("web.nomad", JOB);
  const note = "Job web is at version 4 already: the same again changes nothing.";
  const plan = aPlan({ isChange: false, note, diff: ['Job: "web"'], groups: [] });
  const words = ["job", "plan", "-var=count=3", "web.nomad"];
  const server = new FakeServer({ "POST /jobs/plan": plan });
  const { exitCode, stdout } = await ran(words, server, { currentFolder: folder.path });
  expect(exitCode).toBe(0);
  expect(stdout).toStartWith(`Job: "web"\n\n${note}\n\nJob Modify Index: 4\n`);
});

test("on a terminal the marks of the difference are coloured, unless NO_COLOR asks for none", async () => {
  using folder = folderWith("web.nomad", JOB);
  const server = new FakeServer({
    "POST /jobs/plan": aPlan({ diff: ['+ Job: "web"', '- Task: "t"'] }),
  });
  const words = ["job", "plan", "-var", "count=3", "web.nomad"];
  const world = { currentFolder: folder.path, isTerminal: true };
  const { stdout } = await ran(words, server, world);
  expect(stdout).toStartWith('\u001b[32m+\u001b[0m Job: "web"\n\u001b[31m-\u001b[0m Task: "t"\n');
  const env = { STINT_SERVER: "http://stint.test", NO_COLOR: "1" };
  const plain = await ran(words, server, { ...world, env });
  expect(plain.stdout).toStartWith('+ Job: "web"\n- Task: "t"\n');
});

test("a task that no node takes says why; a new job is run only if it still is", async () => {
  using folder = folderWith("web.nomad", JOB);
  const [group] = aPlan().groups;
  const elsewhere = ["n1", "n2", "n3", "n4"].map((nodeId) => ({ nodeId, reason: "It is full." }));
  const placements = [{ taskId: "web.a[0]", elsewhere }];
  const groups = group === undefined ? [] : [{ ...group, placements, reasons: ["All are full."] }];
  const fresh = aPlan({ groups, modifyIndex: 0 });
  const server = new FakeServer({ "POST /jobs/plan": fresh });
  const words = ["job", "plan", "-var=count=3", "web.nomad"];
  const { stdout } = await ran(words, server, { currentFolder: folder.path });
  expect(stdout).toContain(`  * All are full.
  web.a[0]: no node takes it
    not n1: It is full.
    not n2: It is full.
    not n3: It is full.
    and not 1 other node: see -verbose
`);
  expect(stdout).toContain(`Job Modify Index: 0
To submit the job with version verification run:

stint job run -check-index 0 -var count=3 web.nomad
`);
});

test("exit codes tell no change, a change and every error apart", async () => {
  using folder = folderWith("web.nomad", JOB);
  const world = { currentFolder: folder.path };
  const code = async (server: FakeServer, ...words: string[]) =>
    (await ran(["job", "plan", ...words], server, world)).exitCode;
  const none = new FakeServer({ "POST /jobs/plan": aPlan({ isChange: false }) });
  const refusing = new FakeServer({ "POST /jobs/plan": refusal(400, "Wrong", "wrong") });
  const file = ["-var", "count=1", "web.nomad"];
  expect(await code(none, ...file)).toBe(0);
  expect(await code(refusing, ...file)).toBe(255);
  expect(await code(none, "web.nomad")).toBe(255);
  expect(await code(none, "missing.nomad")).toBe(255);
  expect(await code(none)).toBe(255);
});

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeServer, ran, TestFolder } from "../testCli.ts";

const NONE = new FakeServer({});

async function refused(name: string, content: string, ...words: string[]): Promise<string> {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, name), content);
  const result = await ran(["job", "run", name, ...words], NONE, { currentFolder: folder.path });
  expect(result).toMatchObject({ exitCode: 1, stdout: "" });
  expect(NONE.requests).toEqual([]);
  return result.stderr;
}

test("YAML that is no YAML is refused with its place", async () => {
  expect(await refused("j.yaml", "id: j\n\tpoolInfo: 1\n")).toBe(
    "error: j.yaml:2:1: Tabs are not allowed as indentation.\nfix: Correct the file.\n",
  );
});

test("JSON that is no JSON is refused with its place", async () => {
  expect(await refused("j.json", '{\n  "id": "j",\n  "priority": }\n')).toBe(
    "error: j.json:3:15: JSON Parse error: Unexpected token '}'.\nfix: Correct the file.\n",
  );
});

test("a file of more levels than any job has is refused in one line", async () => {
  const words = "Expected at most 100 objects and lists within each other and got more.";
  for (const depth of [101, 5_000, 100_000]) {
    for (const name of ["j.yaml", "j.json"]) {
      const error = await refused(name, "[".repeat(depth) + "]".repeat(depth));
      expect(error).toBe(`error: ${name}: ${words}\nfix: Correct the file.\n`);
    }
  }
  expect(await refused("j.yaml", "[".repeat(100_000))).toContain(words);
  for (const depth of [500, 20_000]) {
    expect(await refused("j.yaml", "- ".repeat(depth))).toContain(words);
  }
  const script = `id: j\ndisplayName: "${"[".repeat(200)}"\n`;
  expect(await refused("j.yaml", script)).toContain("poolInfo");
});

test("a value that does not fit is refused with place, field, what was expected and given", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\npriority: high\n";
  expect(await refused("j.yaml", file)).toStartWith(
    'error: j.yaml:3:11: Expected a whole number from -1000 to 1000 as priority and got "high".\nfix: ',
  );
});

test("a misspelt field is refused with what was meant", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\ntasks:\n- id: a\n  comandLine: x\n";
  const error = await refused("j.yaml", file);
  expect(error).toStartWith("error: j.yaml:5:3: ");
  expect(error).toContain("Did you mean commandLine?");
});

test("a missing field is looked for where it is missing", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\ntasks:\n- id: a\n  commandLine: x\n- id: b\n";
  expect(await refused("j.yaml", file)).toStartWith("error: j.yaml:6:3: Expected ");
  expect(await refused("j.yaml", "id: j\n")).toStartWith(
    "error: j.yaml:1:1: Expected an object as poolInfo",
  );
});

test("all mistakes are told together, in the order of their places", async () => {
  const file = `id: j
poolInfo: {poolId: p}
priority: high
colour: red
tasks:
- id: a
  id: b
- {id: b, requiredSlots: 0, commandLine: x}
- {id: c, commandLine: x}
- {id: C, commandLine: x}
`;
  expect(await refused("j.yaml", file)).toBe(`error: j.yaml has 6 mistakes:
j.yaml:3:11: Expected a whole number from -1000 to 1000 as priority and got "high".
j.yaml:4:1: Expected only the fields id, type, displayName, poolInfo, priority, maxParallelTasks, onAllTasksComplete, constraints, metadata, jobPreparationTask, jobReleaseTask, commonEnvironmentSettings, tasks, and got colour.
j.yaml:6:3: Expected text as tasks[0].commandLine and got nothing.
j.yaml:7:3: Expected each field once and got id again, which stands on line 6 already.
j.yaml:8:26: Expected a whole number from 1 to 2147483647 as tasks[1].requiredSlots and got 0.
j.yaml:10:8: Expected ids that differ within the call, upper and lower case being the same, and C stands there twice.
fix: Correct them, then run it again: nothing was sent.
`);
});

test("of very many mistakes the first are shown, and how many more there are", async () => {
  const tasks = Array.from({ length: 22 }, (_, index) => `- {id: t${index}}`).join("\n");
  const error = await refused("j.yaml", `id: j\npoolInfo: {poolId: p}\ntasks:\n${tasks}\n`);
  expect(error).toStartWith("error: j.yaml has 22 mistakes:\nj.yaml:4:3: Expected text");
  expect(error.split("\n").slice(-4)).toEqual([
    "j.yaml:23:3: Expected text as tasks[19].commandLine and got nothing.",
    "and 2 more.",
    "fix: Correct them, then run it again: nothing was sent.",
    "",
  ]);
});

test("a field that stands twice is refused, in JSON too", async () => {
  expect(await refused("j.yaml", "id: j\npoolInfo: {poolId: p}\nid: k\n")).toBe(
    "error: j.yaml:3:1: Expected each field once and got id again, which stands on line 1 already.\nfix: Remove one of them.\n",
  );
  expect(
    await refused("j.json", '{"id": "j", "poolInfo": {"poolId": "p", "poolId": "q"}}'),
  ).toContain("j.json:1:41: Expected each field once and got poolId again");
});

test("a value of the command line that does not fit is refused by its option", async () => {
  const error = await refused("j.yaml", "id: j\npoolInfo: {poolId: p}\n", "-id", "a b");
  expect(error).toStartWith("error: -id,--id: Expected 1 to 64 characters");
});

test("what is no job at all is refused", async () => {
  expect(await refused("j.yaml", "- id: a\n")).toStartWith(
    "error: j.yaml: Expected a job, an object with the fields id, poolInfo and tasks, and got a list.",
  );
  expect(await refused("j.yaml", "")).toContain("and got nothing.");
});

test("a file that is not there is refused by name", async () => {
  const { exitCode, stderr } = await ran(["job", "run", "nothing.yaml"], NONE);
  expect(exitCode).toBe(1);
  expect(stderr).toStartWith("error: Could not read nothing.yaml: there is no such file.\n");
});

test("rules over several fields are checked before anything is sent", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\njobReleaseTask: {commandLine: x}\n";
  expect(await refused("j.yaml", file)).toStartWith(
    "error: j.yaml:3:1: Expected a jobPreparationTask in a job with a jobReleaseTask and got none.",
  );
});

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

test("YAML that is no YAML is refused with its line", async () => {
  expect(await refused("j.yaml", "id: j\n\tpoolInfo: 1\n")).toBe(
    "error: j.yaml:2: YAML Parse error: Tab characters cannot be used as indentation.\nfix: Correct the file.\n",
  );
});

test("JSON that is no JSON is refused with its line", async () => {
  expect(await refused("j.json", '{\n  "id": "j",\n  "priority": }\n')).toBe(
    "error: j.json:3: JSON Parse error: Unexpected token '}'.\nfix: Correct the file.\n",
  );
});

test("a value that does not fit is refused with line, field, what was expected and given", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\npriority: high\n";
  expect(await refused("j.yaml", file)).toStartWith(
    'error: j.yaml:3: Expected a number as priority and got "high".\nfix: ',
  );
});

test("a misspelt field is refused with what was meant", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\ntasks:\n- id: a\n  comandLine: x\n";
  const error = await refused("j.yaml", file);
  expect(error).toStartWith("error: j.yaml:5: ");
  expect(error).toContain("Did you mean commandLine?");
});

test("a missing field is looked for where it is missing", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\ntasks:\n- id: a\n  commandLine: x\n- id: b\n";
  expect(await refused("j.yaml", file)).toStartWith("error: j.yaml:6: Expected ");
  expect(await refused("j.yaml", "id: j\n")).toStartWith(
    "error: j.yaml: Expected an object as poolInfo",
  );
});

test("the first of several tasks that do not fit is shown, with how many more there are", async () => {
  const file =
    "id: j\npoolInfo: {poolId: p}\ntasks: [{id: a}, {id: a, commandLine: x}, {id: A, commandLine: x}]\n";
  expect(await refused("j.yaml", file)).toContain("(and 1 more tasks do not fit)");
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
  expect(stderr).toStartWith("error: Could not read nothing.yaml: ");
});

test("rules over several fields are checked before anything is sent", async () => {
  const file = "id: j\npoolInfo: {poolId: p}\njobReleaseTask: {commandLine: x}\n";
  expect(await refused("j.yaml", file)).toStartWith(
    "error: j.yaml:3: Expected a jobPreparationTask in a job with a jobReleaseTask and got none.",
  );
});

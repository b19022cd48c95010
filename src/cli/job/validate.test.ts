import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeServer, ran, TestFolder } from "../testCli.ts";

async function validated(name: string, text: string, ...words: string[]) {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, name), text);
  const world = { currentFolder: folder.path, env: {} };
  return await ran(["job", "validate", name, ...words], new FakeServer({}), world);
}

const TASK = 'task "t" {\n  driver = "raw_exec"\n  config {\n    command = "/bin/true"\n  }\n}\n';

test("a job file of HCL is valid without a server", async () => {
  const { exitCode, stdout } = await validated("a.nomad", `job "a" {\n${TASK}}\n`);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "Job validation successful\n" });
});

test("everything that is wrong is said at once, each with its line and what to write", async () => {
  const text = `job "a" {\n  type = "servise"\n  group "g" {\n    count = "x"\n    ${TASK}  }\n}\n`;
  expect(await validated("a.nomad.hcl", text)).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: `a.nomad.hcl:2:10: error: Expected type to be one of service, batch, system, sysbatch and got "servise".
  fix: Write "service".
a.nomad.hcl:4:13: error: Expected count to be a whole number of at least 0 and got "x".
error: a.nomad.hcl has 2 errors.
fix: Correct the file, then run it again: nothing was sent.
`,
  });
});

test("YAML and JSON have lines as well, through anchors, too", async () => {
  const yaml = `job:
  a:
    type: batch
    group:
      g:
        count: &n -1
        task: &t
          t: {driver: raw_exec, config: {command: /bin/true}}
      h:
        count: *n
        task: *t
`;
  const { stderr } = await validated("a.yaml", yaml);
  expect(stderr).toContain("a.yaml:6:");
  expect(stderr).toContain("a.yaml:10:16: error: ");
  const json = '{"Job": {"ID": "a",\n "TaskGroups": [{"Name": "g",\n "Count": -1}]}}';
  expect((await validated("a.json", json)).stderr).toContain("a.json:3:11: error: ");
});

test("what cannot be evaluated hides nothing else, and all is in the file's order", async () => {
  const text = `job "a" {
  group "g" {
    count = var.none
    contraint {}
    ${TASK}  }
  periodic {}
}
`;
  const { stderr } = await validated("a.nomad", text);
  const places = stderr
    .split("\n")
    .flatMap((line) => /^a.nomad:(\d+):.*error/.exec(line)?.[1] ?? []);
  expect(places).toEqual(["3", "4", "12", "12"]);
});

test("a template's mistakes are told at its line", async () => {
  const yaml = `job:
  a:
    group:
      g:
        task:
          t:
            driver: raw_exec
            config: {command: /bin/true}
            template:
              destination: local/x
              data: |
                {{ env "A" }}
                {{ toUper "a" }}
`;
  expect(
    (await validated("a.yaml", yaml)).stderr,
  ).toStartWith(`a.yaml:13:1: error: Expected a template that a node can render: in its line 2, column 4, the function toUper is not supported.
  fix: Did you mean toUpper?
`);
});

test("JSON output is what was found", async () => {
  const { exitCode, stdout } = await validated(
    "a.nomad",
    `job "a" {\n  x = 1\n${TASK}}\n`,
    "--json",
  );
  const answer = JSON.parse(stdout);
  expect(exitCode).toBe(1);
  expect(answer.isValid).toBe(false);
  expect(answer.findings[0]).toMatchObject({
    severity: "error",
    range: { file: "a.nomad", start: { line: 2, column: 3 } },
  });
});

test("a batch job file is checked as ever, and variables are not for it", async () => {
  const yaml = "id: a\npoolInfo: {poolId: p}\n";
  expect((await validated("a.yaml", yaml)).stdout).toBe("Job validation successful\n");
  expect((await validated("a.yaml", "id: a\n")).stderr).toStartWith("error: a.yaml:1:1: ");
  const groups = "job: {a: {task: {t: {driver: raw_exec, config: {command: /bin/true}}}}}\n";
  expect(await validated("a.yaml", groups, "-var", "x=1")).toMatchObject({ exitCode: 2 });
});

test("variables count from options before files before the environment", async () => {
  using folder = new TestFolder();
  const type = 'variable "type" {\n  type = string\n}\n';
  const path = join(folder.path, "a.nomad");
  writeFileSync(path, `${type}job "a" {\n  type = var.type\n${TASK}}\n`);
  writeFileSync(join(folder.path, "v.hcl"), 'type = "file"\n');
  const env = { NOMAD_VAR_type: "nomad", STINT_VAR_type: "stint" };
  const given = async (...words: string[]) => {
    const world = { currentFolder: folder.path, env };
    const { stderr } = await ran(
      ["job", "validate", "a.nomad", ...words],
      new FakeServer({}),
      world,
    );
    return /and got "(\w+)"/.exec(stderr)?.[1];
  };
  expect(await given()).toBe("stint");
  expect(await given("-var-file", "v.hcl")).toBe("file");
  expect(await given("-var", "type=first", "--var=type=option", "-var-file=v.hcl")).toBe("option");
});

test("stdin is taken for HCL where it looks like it", async () => {
  const world = { env: {}, readStdin: async () => `# c\njob "a" {\n${TASK}}\n` };
  const { stdout } = await ran(["job", "validate", "-"], new FakeServer({}), world);
  expect(stdout).toBe("Job validation successful\n");
});

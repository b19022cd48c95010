import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TIME } from "../fixtures.ts";
import { aDefinition } from "../fleetFixtures.ts";
import { FakeServer, ran, refusal, TEST_URL, TestFolder } from "../testCli.ts";

const DISK = aDefinition();
const REQUESTING = `Requesting ${TEST_URL}\n`;
const SHA256 = DISK.script.sha256;

test("tasks are listed with every filter", async () => {
  const server = new FakeServer({ "GET /definitions": { items: [DISK], total: 4 } });
  const line =
    "task list -id disk -oi bumbee -es E --execondemand d -et E -as Q -ai oprim -nd linux01 -lm 1 -of 2";
  expect(await ran(line.split(" "), server)).toEqual({
    exitCode: 0,
    stdout: `+-----------+------+--------+---------+---------+-----------+
| ID        | REV. | OWNER  | SCRIPT  | OS USER | NEXT TASK |
+-----------+------+--------+---------+---------+-----------+
| diskusage | 1    | bumbee | disk.sh | root    | cleanup   |
+-----------+------+--------+---------+---------+-----------+

ROWS COUNT : 1/4
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({
    id: "disk",
    owner: "bumbee",
    byScheduler: "enable",
    byOnDemand: "disable",
    byTask: "enable",
    approval: "requested",
    approver: "oprim",
    nodeId: "linux01",
    limit: "1",
    offset: "2",
  });
  const json = await ran([...line.split(" "), "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual({ items: [DISK] });
});

const VIEW = `+--------------+---------------------------------+
| FIELD        | VALUE                           |
+--------------+---------------------------------+
| [BASIS]      |                                 |
|              |                                 |
| ID           | diskusage                       |
| REVISION     | 1                               |
| OWNER        | bumbee                          |
| SCRIPT       | disk.sh                         |
| OS USER      | root                            |
| BY SCHEDULER | enable                          |
| BY ONDEMAND  | enable                          |
| BY TASK      | disable                         |
| NEXT TASK    | cleanup                         |
| DESCRIPTION  | disks of all                    |
| CREATED AT   | 2026/11/21 03:20                |
| CREATED BY   | bumbee                          |
| UPDATED AT   | 2026/11/21 03:20                |
| UPDATED BY   | bumbee                          |
|              |                                 |
| [APPROVAL]   |                                 |
|              |                                 |
| STATUS       | approved                        |
| REQ REASON   | first                           |
| RJT REASON   |                                 |
| APPROVER     | oprim                           |
| UPDATED AT   | 2026/11/21 03:20                |
|              |                                 |
| [SCHEDULES]  |                                 |
|              | yearly01(yearly, */01/01 01:20) |
|              | often(cron, */5 * * * *)        |
|              |                                 |
| [RUNNERS]    |                                 |
|              | oprim(user)                     |
|              | ops(user-group)                 |
|              |                                 |
| [TARGETS]    |                                 |
|              | linux01(node)                   |
|              | linux_tomcat(node-group)        |
+--------------+---------------------------------+
`;

test("a task is viewed with approval, schedules, runners and targets", async () => {
  const server = new FakeServer({ "GET /definitions/diskusage": DISK });
  const words = ["task", "view", "-id", "diskusage"];
  expect(await ran(words, server)).toEqual({ exitCode: 0, stdout: VIEW, stderr: REQUESTING });
  expect(server.requests[0]?.query).toEqual({});
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(DISK);
  await ran([...words, "-rv", "0"], server);
  expect(server.requests.at(-1)?.query).toEqual({ revision: "0" });
});

test("empty parts are bare markers, and whoever has changed a task is told where the change is", async () => {
  const changed = aDefinition({
    schedules: [],
    runners: [],
    targets: [],
    approval: { status: "N/A" },
  });
  const server = new FakeServer({ "GET /definitions/diskusage": changed });
  const { stdout, stderr } = await ran(["task", "view", "diskusage"], server);
  expect(stdout).toEndWith(`| [SCHEDULES]  |                  |
|              |                  |
| [RUNNERS]    |                  |
|              |                  |
| [TARGETS]    |                  |
+--------------+------------------+
`);
  expect(stderr).toBe(
    `${REQUESTING}Revision 1 is shown, which runs. See what was changed since with -rv 0.\n`,
  );
  expect((await ran(["task", "view", "diskusage", "-rv", "1"], server)).stderr).toBe(REQUESTING);
});

const LISTS = [
  {
    action: "listtarget",
    items: DISK.targets,
    table: `+--------------+------------+
| ID           | TYPE       |
+--------------+------------+
| linux01      | node       |
| linux_tomcat | node-group |
+--------------+------------+
`,
  },
  {
    action: "listrunner",
    items: DISK.runners,
    table: `+-------+------------+
| ID    | TYPE       |
+-------+------------+
| oprim | user       |
| ops   | user-group |
+-------+------------+
`,
  },
  {
    action: "listschedule",
    items: DISK.schedules,
    table: `+----------+--------+-------------+---------+
| ID       | CYCLE  | TIME        | STATUS  |
+----------+--------+-------------+---------+
| yearly01 | yearly | 01/01 01:20 | enable  |
| often    | cron   | */5 * * * * | disable |
+----------+--------+-------------+---------+
`,
  },
];

test.each(LISTS)("task $action lists what a revision has", async ({ action, items, table }) => {
  const server = new FakeServer({ "GET /definitions/diskusage": DISK });
  const words = ["task", action, "-id", "diskusage", "-rv", "1"];
  expect((await ran(words, server)).stdout).toBe(`${table}\nROWS COUNT : 2/2\n`);
  expect(server.requests[0]?.query).toEqual({ revision: "1" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items });
});

test("schedules are listed by cycle and status", async () => {
  const server = new FakeServer({ "GET /definitions/diskusage": DISK });
  const idsOf = async (filter: string) => {
    const line = `task listschedule diskusage ${filter} --json`;
    const { items } = JSON.parse((await ran(line.split(" "), server)).stdout);
    return items.map(({ id }: { id: string }) => id);
  };
  expect(await idsOf("-cy Y")).toEqual(["yearly01"]);
  expect(await idsOf("-cy c -st d")).toEqual(["often"]);
  expect(await idsOf("-cy C -st E")).toEqual([]);
});

test("approved revisions are listed", async () => {
  const revision = {
    revision: 2,
    ownerId: "bumbee",
    scriptName: "disk.sh",
    sha256: SHA256,
    approverId: "oprim",
    approvalTime: TIME,
    requestReason: "",
  };
  const server = new FakeServer({
    "GET /definitions/diskusage/revisions": { items: [revision], total: 2 },
  });
  const words = ["task", "history", "-id", "diskusage", "-lm", "1"];
  expect(
    (await ran(words, server)).stdout,
  ).toBe(`+------+--------+---------+----------+------------------+
| REV. | OWNER  | SCRIPT  | APPROVER | APPROVED AT      |
+------+--------+---------+----------+------------------+
| 2    | bumbee | disk.sh | oprim    | 2026/11/21 03:20 |
+------+--------+---------+----------+------------------+

ROWS COUNT : 1/2
`);
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({
    items: [revision],
  });
});

const STORED = { name: "disk.sh", sha256: SHA256, sizeBytes: 12, words: [] };

test("a task is created and edited with the script of a file", async () => {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "disk.sh"), "#!/bin/sh\ndf\n");
  const server = new FakeServer({
    "POST /scripts": STORED,
    "POST /definitions": DISK,
    "PATCH /definitions/diskusage": DISK,
  });
  const world = { currentFolder: folder.path };
  const create = "task create -id diskusage -sf ./disk.sh -ou root -eo E -xi cleanup -de all";
  expect(await ran(create.split(" "), server, world)).toEqual({
    exitCode: 0,
    stdout: "diskusage has been created successfully.\n",
    stderr: REQUESTING,
  });
  expect(server.requests.map(({ query, body }) => ({ query, body }))).toEqual([
    { query: { name: "disk.sh" }, body: "#!/bin/sh\ndf\n" },
    {
      query: {},
      body: {
        id: "diskusage",
        script: { name: "disk.sh", sha256: SHA256 },
        osUser: "root",
        byOnDemand: "enable",
        nextTaskId: "cleanup",
        description: "all",
      },
    },
  ]);
  const json = await ran([...create.split(" "), "--json"], server, world);
  expect(JSON.parse(json.stdout)).toEqual(DISK);
  const edit = "task edit -id diskusage -sf disk.sh -oi lee -ai oprim -es D -xi=";
  expect((await ran(edit.split(" "), server, world)).stdout).toBe(
    "diskusage has been modified successfully.\n",
  );
  expect(server.requests.at(-1)?.body).toEqual({
    script: { name: "disk.sh", sha256: SHA256 },
    ownerId: "lee",
    approverId: "oprim",
    byScheduler: "disable",
    nextTaskId: null,
  });
});

test("limits are given and taken away, and an account may be the agent's own", async () => {
  const path = "PATCH /definitions/diskusage";
  const server = new FakeServer({ [path]: DISK });
  const edit = "task edit -id diskusage -sw 10m -nt 1h --runtimeout= -aa E -ou=";
  expect((await ran(edit.split(" "), server)).exitCode).toBe(0);
  const body = { startWithin: "10m", nodeTimeout: "1h", runTimeout: null, asksAgain: true };
  expect(server.requests[0]?.body).toEqual({ ...body, osUser: null });
});

test("a view shows limits that are not those of every task", async () => {
  const { osUser: _, ...others } = aDefinition({
    runners: [],
    startWithin: "PT10M",
    nodeTimeout: "PT1H",
    runTimeout: "PT2H",
    asksAgain: true,
  });
  const server = new FakeServer({ "GET /definitions/diskusage": others });
  const { stdout } = await ran(["task", "view", "diskusage"], server);
  expect(stdout).toContain("| OS USER      | (the agent's own) ");
  expect(stdout).toEndWith(`| [TARGETS]    |                                        |
|              | linux01(node)                          |
|              | linux_tomcat(node-group)               |
|              |                                        |
| [LIMITS]     |                                        |
|              | START WITHIN PT10M                     |
|              | NODE TIMEOUT PT1H                      |
|              | RUN TIMEOUT PT2H                       |
|              | ASKS AGAIN when its node groups change |
+--------------+----------------------------------------+
`);
});

const FINDINGS = {
  revision: 1,
  scriptName: "disk.sh",
  encoding: "utf-8",
  items: [
    { word: "rm", class: "risk", line: 3, column: 5, text: "cd x; rm -r y" },
    { word: "dd", class: "forbidden", line: 12, column: 1, text: "dd if=/dev/zero" },
  ],
  total: 2,
};

test("a script's restricted commands are told with their places; a forbidden one fails", async () => {
  const path = "GET /definitions/diskusage/restricted-commands";
  const server = new FakeServer({ [path]: FINDINGS });
  const words = "task checkscript -id diskusage -rv 1 -se cp949".split(" ");
  expect(await ran(words, server)).toEqual({
    exitCode: 1,
    stdout: `+------+--------+------+-----------+-----------------+
| LINE | COLUMN | WORD | CLASS     | TEXT            |
+------+--------+------+-----------+-----------------+
| 3    | 5      | rm   | risk      | cd x; rm -r y   |
| 12   | 1      | dd   | forbidden | dd if=/dev/zero |
+------+--------+------+-----------+-----------------+

ROWS COUNT : 2/2
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({ revision: "1", encoding: "cp949" });
  const json = await ran([...words, "--json"], server);
  expect([json.exitCode, JSON.parse(json.stdout)]).toEqual([1, FINDINGS]);
  const risk = { ...FINDINGS, items: FINDINGS.items.slice(0, 1), total: 1 };
  const mild = await ran(["task", "checkscript", "diskusage"], new FakeServer({ [path]: risk }));
  expect(mild.exitCode).toBe(0);
});

test("a script that is not there, or that the server refuses, makes no task", async () => {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "dos.sh"), "echo\r\n");
  const server = new FakeServer({
    "POST /scripts": refusal(400, "ScriptRefused", "dos.sh: CR LF"),
  });
  const world = { currentFolder: folder.path };
  const words = ["task", "create", "-id", "d", "-ou", "root", "-sf"];
  const missing = await ran([...words, "none.sh"], server, world);
  expect([missing.exitCode, missing.stdout]).toEqual([1, ""]);
  expect(missing.stderr).toContain("as -sf,--scriptfile and got none.sh: ");
  expect(server.requests).toEqual([]);
  const refused = await ran([...words, "dos.sh"], server, world);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("dos.sh: CR LF (ScriptRefused)");
  expect(server.requests).toHaveLength(1);
});

const gone = () => new Response(null, { status: 204 });
const CHANGES = [
  {
    line: "task rename -id diskusage -wi disks",
    key: "PATCH /definitions/diskusage",
    said: "diskusage has been renamed to disks successfully.",
    body: { newId: "disks" },
  },
  {
    line: "task delete -id diskusage",
    key: "DELETE /definitions/diskusage",
    said: "diskusage has been deleted successfully.",
    body: undefined,
  },
  {
    line: "task addtarget -id diskusage -nd linux01,linux02 -ng web",
    key: "POST /definitions/diskusage/targets/add",
    said: `linux01 has been added to target successfully.
linux02 has been added to target successfully.
web has been added to target successfully.`,
    body: { nodeIds: ["linux01", "linux02"], nodeGroupIds: ["web"] },
  },
  {
    line: "task rmtarget --id diskusage --node linux01",
    key: "POST /definitions/diskusage/targets/remove",
    said: "linux01 has been removed from target successfully.",
    body: { nodeIds: ["linux01"], nodeGroupIds: [] },
  },
  {
    line: "task addrunner -id diskusage -us oprim -ug ops -ts first",
    key: "POST /definitions/diskusage/runners/add",
    said: `oprim has been added to runner successfully.
ops has been added to runner successfully.
first has been added to runner successfully.`,
    body: { userIds: ["oprim"], userGroupIds: ["ops"], definitionIds: ["first"] },
  },
  {
    line: "task rmrunner -id diskusage --usergroup ops",
    key: "POST /definitions/diskusage/runners/remove",
    said: "ops has been removed from runner successfully.",
    body: { userIds: [], userGroupIds: ["ops"], definitionIds: [] },
  },
  {
    line: "task addschedule -id diskusage -si often -cr @often -tz UTC -st D",
    key: "POST /definitions/diskusage/schedules",
    said: "often has been added to schedule successfully.",
    body: { id: "often", cron: "@often", timeZone: "UTC", status: "disable" },
  },
  {
    line: "task editschedule -id diskusage -si often -tf 01:20",
    key: "PATCH /definitions/diskusage/schedules/often",
    said: "often has been modified successfully.",
    body: { value: "01:20" },
  },
  {
    line: "task rmschedule -id diskusage -si often",
    key: "DELETE /definitions/diskusage/schedules/often",
    said: "often has been removed from schedule successfully.",
    body: undefined,
  },
];

test.each(CHANGES)("stint $line", async ({ line, key, said, body }) => {
  const isGone = key.startsWith("DELETE");
  const server = new FakeServer({ [key]: isGone ? gone : DISK });
  expect(await ran(line.split(" "), server)).toEqual({
    exitCode: 0,
    stdout: `${said}\n`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.body).toEqual(body);
  const json = await ran([...line.split(" "), "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual(isGone ? {} : DISK);
});

test("a schedule's time has a blank", async () => {
  const server = new FakeServer({ "POST /definitions/d/schedules": DISK });
  await ran(["task", "addschedule", "-id", "d", "-si", "weekly", "-tf", "mon 08:00"], server);
  expect(server.requests[0]?.body).toEqual({ id: "weekly", value: "mon 08:00" });
});

test.each([
  "task edit -id d",
  "task create -id d -ou root",
  "task addtarget -id d",
  "task rmrunner -id d",
  "task addschedule -id d -si s",
  "task addschedule -id d -si s -tf 01:20 -cr x",
  "task editschedule -id d -si s",
  "task list -as X",
])("stint %s is wrong usage, and nothing is sent", async (line) => {
  const server = new FakeServer({});
  expect((await ran(line.split(" "), server)).exitCode).toBe(2);
  expect(server.requests).toEqual([]);
});

test("a script is saved under its name, and replaces none unasked", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({
    "GET /definitions/diskusage": DISK,
    [`GET /scripts/${SHA256}`]: () => new Response("df\n"),
  });
  const world = { currentFolder: folder.path };
  const words = ["task", "downscript", "-id", "diskusage", "-rv", "1"];
  const first = await ran(words, server, world);
  expect(first.exitCode).toBe(0);
  const path = join(folder.path, "disk.sh");
  expect(readFileSync(path, "utf8")).toBe("df\n");
  expect(first.stderr).toBe(`${REQUESTING}${path} has been written, 3 B.\n`);
  writeFileSync(path, "mine");
  expect((await ran(words, server, world)).exitCode).toBe(1);
  expect(readFileSync(path, "utf8")).toBe("mine");
  expect((await ran([...words, "-pt", folder.path, "-ow"], server)).exitCode).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("df\n");
  const nowhere = await ran([...words, "-pt", "none"], server, world);
  expect(nowhere.stderr).toContain("Expected a directory as -pt,--dirpath and got none.");
});

test("the server's hints speak of commands", async () => {
  const hint = {
    code: "DefinitionNotFound",
    message: "There is no task d.",
    fix: "See the tasks with GET /api/v1/definitions.",
  };
  const server = new FakeServer({
    "GET /definitions/d": () => Response.json({ error: hint, requestId: "r" }, { status: 404 }),
  });
  expect((await ran(["task", "view", "d"], server)).stderr).toBe(
    `${REQUESTING}error: There is no task d. (DefinitionNotFound)\nfix: See the tasks with \`stint task list\`.\n`,
  );
});

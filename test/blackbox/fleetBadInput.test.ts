import { beforeAll, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, type ServerProcess, startServer } from "./harness/server.ts";
import {
  approve,
  newPerson,
  PASSWORD,
  type Person,
  start,
  type Team,
  write,
} from "./harness/team.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const NODES = 5;
const MIB = 1024 * 1024;
let server: ServerProcess;
let nodeIds: readonly string[];
let team: Team;
let operator: Person;
let manager: Person;
let guest: Person;

beforeAll(async () => {
  server = await startServer(sandbox, { words: ["--local-nodes", "on"] });
  nodeIds = await createLocalPool(server.client, "fleet", NODES, 1);
  operator = await newPerson(sandbox, server, "bumbee", 2);
  manager = await newPerson(sandbox, server, "oprim", 1);
  guest = await newPerson(sandbox, server, "viewer", 3);
  team = { sandbox, operator, manager, managerId: "oprim" };
  await manager.said("nodegroup create -id web");
  await manager.said("usergroup create -id theirs");
  await write(team, "mine", "echo mine\n", nodeIds.slice(0, 4));
  await write(team, "other", "echo other\n", nodeIds);
  await approve(team, "mine");
  await newPerson(sandbox, server, "gone", 2);
});

function node(place: number): string {
  return nodeIds[place] ?? "";
}

/** Everything that a mistake could have changed; times of heartbeats and logins go on by themselves. */
async function everything(): Promise<unknown> {
  const { client } = server;
  const all = { limit: 0 };
  const [users, userGroups, nodeGroups, definitions, instances, approvals, nodes] =
    await Promise.all([
      client.users.list(all),
      client.userGroups.list(all),
      client.nodeGroups.list(all),
      client.definitions.list(all),
      client.instances.list(all),
      client.approvals.list(),
      client.nodes.list(),
    ]);
  const view = await client.definitions.get("mine", 0);
  return {
    ...{ userGroups, nodeGroups, definitions, instances, approvals, view },
    users: users.items.map(({ lastLoginTime: _, ...user }) => user),
    nodes: nodes.items.map(({ id, owner, fleetStatus, description }) => ({
      ...{ id, owner, fleetStatus, description },
    })),
  };
}

/** Each line is refused with its code and what to do, and then nothing has changed. */
async function expectRefusals(by: Person, lines: readonly (readonly [string, string])[]) {
  const before = await everything();
  for (const [line, code] of lines) {
    const { exitCode, stdout, stderr } = await by.run(line.split(" "));
    expect([line, exitCode, stdout]).toEqual([line, 1, ""]);
    expect(stderr).toMatch(/^error: .+$/m);
    expect([line, stderr]).toEqual([line, expect.stringContaining(`(${code})\nfix: `)]);
  }
  expect(await everything()).toEqual(before);
}

test("a wrong role", async () => {
  await expectRefusals(guest, [
    ["task run -id mine", "InsufficientPermissions"],
    ["usergroup create -id g", "InsufficientPermissions"],
    [`node edit -id ${node(0)} -st D`, "InsufficientPermissions"],
  ]);
  await expectRefusals(operator, [
    ["nodegroup create -id g", "InsufficientPermissions"],
    ["user edit -id bumbee -ro 0", "InsufficientPermissions"],
    [`node delete -id ${node(0)}`, "InsufficientPermissions"],
    ["approval accept -id mine", "InsufficientPermissions"],
    ["dictionary add rm -cl F", "InsufficientPermissions"],
    ["audit list", "InsufficientPermissions"],
  ]);
});

test("somebody else's object", async () => {
  await expectRefusals(manager, [
    ["task edit -id mine -de x", "InsufficientPermissions"],
    ["task delete -id mine", "InsufficientPermissions"],
    [`task rmtarget -id mine -nd ${node(0)}`, "InsufficientPermissions"],
    ["task addschedule mine s 23:59", "InsufficientPermissions"],
    ["task addrunner -id mine -us oprim", "InsufficientPermissions"],
    ["task run -id mine", "InsufficientPermissions"],
    ["approval request -id mine -ai oprim", "InsufficientPermissions"],
  ]);
  await expectRefusals(operator, [
    ["usergroup edit -id theirs -de x", "InsufficientPermissions"],
    ["usergroup adduser -id theirs -ui bumbee", "InsufficientPermissions"],
    ["usergroup delete -id theirs", "InsufficientPermissions"],
  ]);
});

test("an account that is disabled, with its login of before, and with its password", async () => {
  const lost = await newPerson(sandbox, server, "lost", 2);
  await server.client.users.edit("lost", { status: "disable" });
  const before = await everything();
  const { exitCode, stdout, stderr } = await lost.run(["usergroup", "create", "-id", "g"]);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: .+\nfix: .+$/m);
  const login = await lost.run(["user", "login", "-id", "lost"], PASSWORD);
  expect([login.exitCode, login.stdout]).toEqual([1, ""]);
  expect(login.stderr).toContain("(AccountDisabled)\nfix: ");
  expect(await everything()).toEqual(before);
});

test("ids that nobody knows, and ids that somebody has", async () => {
  await expectRefusals(operator, [
    ["user view -id nobody", "UserNotFound"],
    ["usergroup view -id none", "UserGroupNotFound"],
    ["node view -id none", "NodeNotFound"],
    ["nodegroup view -id none", "NodeGroupNotFound"],
    ["task view -id none", "DefinitionNotFound"],
    ["task run -id none", "DefinitionNotFound"],
    ["task view -id mine -rv 9", "DefinitionNotFound"],
    ["taskinstance view -in 999", "InstanceNotFound"],
    ["taskinstance rerun -in 999 --failed", "InstanceNotFound"],
    ["task addtarget -id mine -nd none", "NodeNotFound"],
    ["task addtarget -id mine -ng none", "NodeGroupNotFound"],
    ["task addrunner -id mine -us nobody", "UserNotFound"],
    ["task edit -id mine -xi none", "DefinitionNotFound"],
    ["approval request -id other -ai nobody", "UserNotFound"],
    ["task rename -id mine -wi other", "DefinitionExists"],
    [`node edit -id ${node(0)} -wi ${node(1)} -de x`, "NodeExists"],
    ["user edit -id bumbee -wi oprim -nm x", "UserExists"],
  ]);
  await expectRefusals(manager, [
    ["usergroup edit -id theirs -wi theirs!", "InvalidPropertyValue"],
  ]);
});

test("runs of unknown nodes, of nodes that are no targets, and of what was not approved", async () => {
  await expectRefusals(operator, [
    [`task run -id mine -ni ${node(0)},none`, "NodeNotFound"],
    [`task run -id mine -ni ${node(0)},${node(4)}`, "NotATarget"],
    ["task run -id other", "NotApproved"],
    ["approval request -id mine -ai oprim", "NothingToApprove"],
    ["approval request -id other", "MissingRequiredProperty"],
  ]);
});

test("words that are no options, numbers, letters or times leave everything as it was", async () => {
  const before = await everything();
  for (const line of [
    "task run",
    "task run -id mine -xx",
    "task run -id mine -ag 'open",
    "task create -id x -sf none.sh -ou root",
    "task addschedule mine s 25:00",
    "task addschedule mine s 02/31",
    "task edit -id mine -eo Y",
    "taskinstance view -in abc",
    "taskinstance listnode -in 1 -st X",
    "user edit -id bumbee -ro 7",
    "task list -lm -1",
  ]) {
    const { exitCode, stdout, stderr } = await operator.run(line.split(" "));
    expect([line, exitCode === 0, stdout]).toEqual([line, false, ""]);
    expect([line, stderr]).toEqual([line, expect.stringMatching(/error: |Expected/)]);
  }
  expect(await everything()).toEqual(before);
});

async function ended(number: number) {
  return await until(
    `task instance ${number} to end`,
    () => server.client.instances.get(number),
    ({ endTime }) => endTime !== undefined,
  );
}

test("output of a node that is too long keeps its head and tail, and says how much is missing", async () => {
  const size = 40 * MIB;
  const script = `echo first; head -c ${size} /dev/zero | tr '\\0' x; echo; echo last\n`;
  await write(team, "long", script, nodeIds);
  await approve(team, "long");
  const number = await start(operator, "long", ["-ni", node(0)]);
  expect(await ended(number)).toMatchObject({ result: "success" });
  const { exitCode, stdout, stderr } = await operator.run([
    ...["taskinstance", "viewnode", "-in", String(number), "-ni", node(0)],
  ]);
  expect(exitCode).toBe(0);
  const [, text = ""] = stdout.split("[STDOUT]\n");
  expect(text).toStartWith("first\nxxx");
  expect(text).toEndWith("xxx\nlast\n");
  const [, dropped = ""] =
    /(\d+) bytes of the middle of its stdout were not kept/.exec(stderr) ?? [];
  expect(Number(dropped)).toBeGreaterThan(0);
  expect(text.length).toBeLessThan(size);
  const { sizeBytes } = (await server.client.instances.node(number, node(0))).stdout;
  expect(sizeBytes).toBe(size + "first\n\nlast\n".length);
}, 60_000);

test("output that is no text arrives byte for byte, in CSV as base64", async () => {
  await write(team, "bytes", "printf '\\000\\377\\033[31m\\200'\n", nodeIds);
  await approve(team, "bytes");
  const number = await start(operator, "bytes");
  await ended(number);
  const child = sandbox.spawn(["taskinstance", "viewnode", "-in", String(number), "-ni", node(0)], {
    env: operator.env,
  });
  const bytes = Buffer.from(await new Response(child.stdout).arrayBuffer());
  expect(await child.exited).toBe(0);
  const wanted = Buffer.from([0, 255, 27, 91, 51, 49, 109, 128]);
  expect(bytes.subarray(-wanted.length)).toEqual(wanted);
  const folder = sandbox.folder("csv");
  await operator.said(`taskinstance csv -in ${number} -so -pt ${folder}`);
  const text = await Bun.file(join(folder, `taskinstance-${number}.csv`)).text();
  expect(
    text.split("\r\n").filter((row) => row.endsWith(`base64:${wanted.toString("base64")}`)),
  ).toHaveLength(NODES);
});

test("a script with CRLF is refused with its line, and stores and runs nothing", async () => {
  const ran = join(sandbox.path, "crlf-ran");
  const file = join(sandbox.path, "crlf.sh");
  writeFileSync(file, `#!/bin/sh\r\ntouch ${ran}\r\n`);
  const before = await everything();
  for (const line of [
    `task create -id crlf -sf ${file} -eo E -ou root`,
    `task edit -id mine -sf ${file}`,
  ]) {
    const { exitCode, stdout, stderr } = await operator.run(line.split(" "));
    expect([line, exitCode, stdout]).toEqual([line, 1, ""]);
    expect(stderr).toMatch(/CRLF|\\r|Windows|carriage/);
    expect(stderr).toContain("fix: ");
  }
  expect(await everything()).toEqual(before);
  expect(existsSync(ran)).toBe(false);
});

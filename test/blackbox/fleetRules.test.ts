import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, type ServerProcess, startServer } from "./harness/server.ts";
import { approve, newPerson, type Person, start, type Team, write } from "./harness/team.ts";
import { until } from "./harness/until.ts";

/** Rules of OPMATE's manual, chapters 3 to 9, that no other file of these shows; each test names its chapter. */

const sandbox = useSandbox();
const NODES = 5;
/** Those that stay enabled in all tests. */
const CLOCK_NODES = 3;
let server: ServerProcess;
let nodeIds: readonly string[];
let team: Team;
let operator: Person;
let manager: Person;

beforeAll(async () => {
  server = await startServer(sandbox, { words: ["--local-nodes", "on"] });
  nodeIds = await createLocalPool(server.client, "fleet", NODES, 1);
  operator = await newPerson(sandbox, server, "bumbee", 2);
  manager = await newPerson(sandbox, server, "oprim", 1);
  team = { sandbox, operator, manager, managerId: "oprim" };
  // It is due within a minute, in which the other tests run.
  await write(team, "clock", "echo tick\n", nodeIds.slice(-CLOCK_NODES), ["-es", "E"]);
  await operator.said("task addschedule -id clock -si now -cr", ["* * * * *"]);
  await approve(team, "clock");
});

async function untilEnded(number: number) {
  return await until(
    `task instance ${number} to end`,
    () => server.client.instances.get(number),
    ({ endTime }) => endTime !== undefined,
  );
}

function node(place: number): string {
  return nodeIds[place] ?? "";
}

async function stdoutOf(number: number, nodeId: string): Promise<string> {
  return (await server.client.instances.node(number, nodeId)).stdout.content;
}

/** Nodes of an instance as the table of the command line has them: id and EXEC NO. */
async function executionsOf(number: number): Promise<string[]> {
  const { items } = await server.client.instances.nodes(number, { limit: 0 });
  return items.map(({ nodeId, execNo }) => `${nodeId} ${execNo}`);
}

/** What is refused, with exit code 1 and nothing on stdout; answers what is said of it. */
async function refused(by: Person, line: string, more: readonly string[] = []): Promise<string> {
  const { exitCode, stdout, stderr } = await by.run([...line.split(" "), ...more]);
  expect([line, exitCode, stdout]).toEqual([line, 1, ""]);
  return stderr;
}

test("3: people edit their own data; role, status and deletion are an administrator's", async () => {
  await operator.said("user edit -id bumbee -pn 010-9 -ea bee@example.org -de nights");
  expect(await operator.said("user view -id bumbee")).toMatch(/\| PHONE +\| 010-9 +\|/);
  for (const line of [
    "user edit -id bumbee -ro 0",
    "user edit -id oprim -st D",
    "user delete -id oprim",
    "user edit -id oprim -nm other",
  ]) {
    expect(await refused(operator, line)).toContain("(InsufficientPermissions)");
  }
  expect(await refused(manager, "user edit -id bumbee -ro 1")).toContain("an administrator");
  expect(await operator.said("user list -id bumbee --tsv")).toContain("\t2\tenable\t");
});

test("4: owners change, hand over and delete what is theirs; others read it", async () => {
  const lee = await newPerson(sandbox, server, "lee", 2);
  const guest = await newPerson(sandbox, server, "viewer", 3);
  await operator.said("usergroup create -id nights");
  await operator.said("usergroup adduser -id nights -ui lee");
  // To be a member is no right to change the group.
  expect(await refused(lee, "usergroup edit -id nights -de mine")).toContain("owner");
  await operator.said("usergroup edit -id nights -oi lee");
  await lee.said("usergroup edit -id nights -de mine");
  expect(await refused(operator, "usergroup delete -id nights")).toContain("owner");
  await lee.said("usergroup rmuser -id nights -ui lee");
  await lee.said("usergroup delete -id nights");

  await write(team, "owned", "echo owned\n", nodeIds);
  expect(await refused(lee, "task edit -id owned -de mine")).toContain("owner");
  expect(await refused(manager, "task delete -id owned")).toContain("owner");
  await guest.said(`task downscript -id owned -pt ${guest.env["HOME"]}`);
  expect(readFileSync(join(guest.env["HOME"] ?? "", "owned.sh"), "utf8")).toBe("echo owned\n");
  expect(await refused(guest, "usergroup create -id guests")).toContain("an operator or higher");
  await operator.said("task edit -id owned -oi lee");
  await lee.said("task rename -id owned -wi lees");
  await lee.said("task delete -id lees");
  // Whoever changes a node that nobody owns owns it, unless the same change names somebody else.
  await operator.said(`node edit -id ${node(0)} -oi lee`);
  expect(await operator.said(`node view -id ${node(0)}`)).toMatch(/\| OWNER +\| lee +\|/);
  expect(await refused(operator, `node edit -id ${node(0)} -de mine`)).toContain("owner");
});

test("5: a node keeps its GUID over a new id, and takes none that is there", async () => {
  const viewed = await operator.said(`node view -id ${node(4)} --json`);
  const before = JSON.parse(viewed);
  const taken = await refused(operator, `node edit -id ${node(4)} -wi ${node(3)} -de both`);
  expect(taken).toContain("(NodeExists)");
  expect(await operator.said(`node view -id ${node(4)}`)).toMatch(/\| DESCRIPTION +\| +\|/);
  expect(await operator.said(`node edit -id ${node(4)} -wi z-web05`)).toBe(
    `${node(4)} has been modified successfully.\n`,
  );
  nodeIds = [...nodeIds.slice(0, 4), "z-web05"];
  expect(JSON.parse(await operator.said("node view -id z-web05 --json")).guid).toBe(before.guid);
});

test("5, 6.2: targets are the union of nodes and groups; disabled ones stay targets and run nothing", async () => {
  for (const [id, members] of [
    ["front", [0, 1, 2]],
    ["back", [2, 3]],
  ] as const) {
    await manager.said(`nodegroup create -id ${id}`);
    for (const place of members)
      await manager.said(`nodegroup addnode -id ${id} -ni ${node(place)}`);
  }
  await write(team, "union", "echo once\n", [node(2)]);
  await operator.said("task addtarget -id union -ng front,back");
  await approve(team, "union");
  const all = [0, 1, 2, 3].map((place) => `${node(place)} 1`).sort();
  const whole = await start(operator, "union");
  await untilEnded(whole);
  expect(await executionsOf(whole)).toEqual(all);

  const owner = await newPerson(sandbox, server, "lee2", 2);
  await server.client.nodes.edit(node(1), { owner: "lee2" });
  await owner.said(`node edit -id ${node(1)} -st D`);
  expect(await operator.said("task listtarget -id union")).toContain("front");
  expect(await operator.said("task plan -id union")).toContain("it is disabled");
  const less = await start(operator, "union");
  await untilEnded(less);
  expect(await executionsOf(less)).toEqual(all.filter((line) => line !== `${node(1)} 1`));
  const rerun = await refused(operator, `taskinstance rerun -in ${whole} -ni ${node(1)}`);
  expect(rerun).toContain("disabled");
  expect(await refused(operator, `task run -id union -ni ${node(1)}`)).toContain("it is disabled");
  await owner.said(`node edit -id ${node(1)} -st E`);

  // Groups are expanded when a run begins.
  await manager.said(`nodegroup addnode -id back -ni ${node(4)}`);
  const more = await start(operator, "union", ["-ni", `${node(4)},${node(0)}`]);
  await untilEnded(more);
  expect(await executionsOf(more)).toEqual([`${node(0)} 1`, `${node(4)} 1`]);
});

test("6.3: what was approved runs until its change is approved; a rejection takes no number", async () => {
  await write(team, "steps", "echo one\n", nodeIds);
  expect(await operator.said("task view -id steps")).toMatch(/\| STATUS +\| N\/A +\|/);
  await operator.said("approval request -id steps -ai oprim -qr please");
  expect(await operator.said("task view -id steps")).toMatch(/\| STATUS +\| request +\|/);
  await manager.said("approval reject -id steps -rr no");
  await approve(team, "steps");
  const first = await start(operator, "steps");
  const file = join(sandbox.path, "steps.sh");
  writeFileSync(file, "echo two\n");
  await operator.said(`task edit -id steps -sf ${file}`);
  const second = await start(operator, "steps");
  await untilEnded(second);
  expect(await stdoutOf(second, node(0))).toBe("one\n");
  await untilEnded(first);
  await approve(team, "steps");
  expect(await operator.said("task view -id steps")).toMatch(/\| REVISION +\| 2 +\|/);
  expect(await refused(operator, `taskinstance rerun -in ${first} -ni ${node(0)}`)).toMatch(
    /revision/,
  );
  const third = await start(operator, "steps");
  await untilEnded(third);
  expect(await stdoutOf(third, node(0))).toBe("two\n");
  const history = await operator.said("task history -id steps --tsv");
  expect(history.split("\n").map((line) => line.split("\t")[0])).toEqual(["REV.", "2", "1", ""]);
  expect(await operator.said("task view -id steps -rv 1")).toMatch(/\| REVISION +\| 1 +\|/);
  const folder = sandbox.folder("revision");
  await operator.said(`task downscript -id steps -rv 1 -pt ${folder}`);
  expect(readFileSync(join(folder, "steps.sh"), "utf8")).toBe("echo one\n");
  expect(await operator.said("task diff -id steps -rv 1 2 -wd 40")).toMatch(
    /echo one +\| echo two/,
  );
});

test("6.3: a manager does not accept their own request, nor one that was sent to somebody else", async () => {
  await write({ ...team, operator: manager }, "own", "echo own\n", nodeIds);
  await manager.said("approval request -id own -ai oprim");
  expect(await refused(manager, "approval accept -id own")).toMatch(/own|second|another/);
  const second = await newPerson(sandbox, server, "second", 1);
  expect(await refused(second, "approval accept -id own")).toContain("(InsufficientPermissions)");
  expect(await refused(second, "approval reject -id own")).toContain("(InsufficientPermissions)");
  await manager.said("approval request -id own -ai second");
  await second.said("approval accept -id own");
  expect(await untilEnded(await start(manager, "own"))).toMatchObject({ result: "success" });
});

test("6.1, 6.4: modes are disabled at first; runners are users, user groups, and nobody else", async () => {
  const runner = await newPerson(sandbox, server, "runner", 2);
  const member = await newPerson(sandbox, server, "member", 2);
  const other = await newPerson(sandbox, server, "other", 2);
  await operator.said("usergroup create -id oncall");
  await operator.said("usergroup adduser -id oncall -ui member");
  await write(team, "modes", "echo $1\n", nodeIds, ["-eo", "D"]);
  expect(await operator.said("task view -id modes")).toMatch(
    /\| BY SCHEDULER +\| disable +\|\n\| BY ONDEMAND +\| disable +\|\n\| BY TASK +\| disable +\|/,
  );
  await operator.said("task addrunner -id modes -us runner -ug oncall");
  await approve(team, "modes");
  expect(await refused(operator, "task run -id modes")).toContain("(RunModeDisabled)");
  await operator.said("task edit -id modes -eo E");
  await approve(team, "modes");
  for (const [one, id] of [
    [runner, "runner"],
    [member, "member"],
  ] as const) {
    const number = await start(one, "modes", ["-ag", id]);
    await untilEnded(number);
    expect(await stdoutOf(number, node(0))).toBe(`${id}\n`);
    expect(await one.said(`taskinstance view -in ${number}`)).toContain(`${id}(user)`);
  }
  for (const one of [other, manager]) {
    expect(await refused(one, "task run -id modes")).toContain("(InsufficientPermissions)");
  }
});

test("6.6: a next task needs every node's success, BY TASK, and the caller among its runners", async () => {
  const fails = join(sandbox.path, "fails");
  writeFileSync(fails, "");
  await write(team, "callee", "echo called\n", nodeIds, ["-et", "E"]);
  await write(team, "caller", `[ @STINT.NODE_ID@ != ${node(2)} ] || [ ! -e ${fails} ]\n`, nodeIds, [
    ...["-xi", "callee"],
  ]);
  await approve(team, "callee");
  await approve(team, "caller");
  const failed = await start(operator, "caller");
  expect(await untilEnded(failed)).toMatchObject({ result: "fail" });
  const calls = async () =>
    (await server.client.instances.list({ definitionId: "callee", limit: 0 })).items;
  writeFileSync(fails, "");
  Bun.spawnSync(["rm", fails]);
  // Success, but the callee does not name the caller.
  const unnamed = await start(operator, "caller");
  await untilEnded(unnamed);
  expect(await operator.said(`taskinstance view -in ${unnamed}`)).toContain("runner");
  expect(await calls()).toEqual([]);
  await operator.said("task addrunner -id callee -ts caller");
  await approve(team, "callee");
  const number = await start(operator, "caller");
  await untilEnded(number);
  const [call, ...others] = await until("the call", calls, (list) => list.length > 0);
  expect([call?.runner, others]).toEqual(["caller(task)", []]);
  // The node that failed is mended: the instance's success is late, and starts the next as well.
  await operator.said(`taskinstance rerun -in ${failed} --failed`);
  await until("the second call", calls, (list) => list.length === 2);
});

test("6.7: restricted words are found with their line, and a forbidden one is not approved", async () => {
  await server.client.restrictedCommands.set("mkfs", { class: "forbidden" });
  await write(team, "risky", "echo\nmkfs /dev/sda\n", nodeIds);
  const check = await operator.run(["task", "checkscript", "-id", "risky", "-rv", "0"]);
  expect(check.exitCode).toBe(1);
  expect(check.stdout).toMatch(/mkfs/);
  expect(check.stdout).toMatch(/\| 2 +\|/);
  const said = await operator.run("approval request -id risky -ai oprim".split(" "));
  const accept = await manager.run("approval accept -id risky".split(" "));
  expect([said.exitCode, accept.exitCode]).toContain(1);
  expect(said.stderr + accept.stderr).toContain("mkfs");
  expect(await operator.said("task view -id risky -rv 0")).toMatch(/\| REVISION +\| 0 +\|/);
});

test("7: an instance ends with its last node, a rerun keeps its number, a stop has its reason", async () => {
  const gate = join(sandbox.path, "gate");
  const script = `[ @STINT.NODE_ID@ != ${node(0)} ] || until [ -e ${gate} ]; do sleep 0.02; done
echo out $1; echo err >&2; exit 3\n`;
  await write(team, "slow", script, nodeIds);
  await approve(team, "slow");
  const number = await start(operator, "slow", ["-ag", "word"]);
  await until(
    "all but one to end",
    () => server.client.instances.get(number),
    ({ statusCounts }) => statusCounts.complete === NODES - 1,
  );
  const running = await operator.said(`taskinstance view -in ${number}`);
  expect(running).toMatch(/\| END AT +\| +\|/);
  expect(running).toMatch(/\| RESULT +\| N\/A +\|/);
  const early = await refused(operator, `taskinstance rerun -in ${number} -ni ${node(0)}`);
  expect(early).toMatch(/run|end/);
  const letters = `taskinstance listnode -in ${number} --tsv -st`;
  expect((await operator.said(`${letters} C`)).split("\n")[1]).toStartWith(
    `${node(0)}\t1\tRequest`,
  );
  expect((await operator.said(`${letters} S -rs F -ec 3`)).trim().split("\n")).toHaveLength(NODES);
  writeFileSync(gate, "");
  expect(await untilEnded(number)).toMatchObject({ result: "fail", resultCounts: { fail: NODES } });
  await operator.said(`taskinstance rerun -in ${number} -ni ${node(0)}`);
  await until(
    "the rerun",
    () => server.client.instances.node(number, node(0)),
    ({ execNo, status }) => execNo === 2 && status === "complete",
  );
  for (const execNo of [1, 2]) {
    const view = await operator.said(
      `taskinstance viewnode -in ${number} -ni ${node(0)} -en ${execNo}`,
    );
    expect(view).toMatch(/\| STATUS +\| Complete +\|/);
    expect(view).toEndWith("[STDERR]\nerr\n\n[STDOUT]\nout word\n");
  }
  expect(await executionsOf(number)).toEqual(nodeIds.map((id, at) => `${id} ${at === 0 ? 2 : 1}`));

  await write(team, "endless", "sleep 600\n", nodeIds);
  await approve(team, "endless");
  const endless = await start(operator, "endless");
  await operator.said(`taskinstance stop -in ${endless} -rs`, ["wrong day"]);
  expect(await untilEnded(endless)).toMatchObject({ result: "fail", stopReason: "wrong day" });
});

test("8: every node puts a file, one level is listed", async () => {
  await write(
    team,
    "puts",
    "hostname > f; opmfput @OPM_ATTR.FILE_TOKEN@ master:/in/@STINT.NODE_ID@/f f\n",
    nodeIds,
  );
  await approve(team, "puts");
  expect(await untilEnded(await start(operator, "puts"))).toMatchObject({ result: "success" });
  const list = await operator.said("file list -rp master:/in");
  expect(list).toEndWith(`ROWS COUNT : ${NODES}/${NODES}\n`);
  expect(list).not.toMatch(/\| f +\|/);
  const guest = await newPerson(sandbox, server, "watcher", 3);
  await guest.said("file list -rp master:/in");
  const into = sandbox.folder("down");
  expect(await refused(guest, `file get -rp master:/in/${node(0)}/f -lp ${into}`)).toContain(
    "(InsufficientPermissions)",
  );
});

test("9: words are replaced on the node alone; what no group or two groups define stops the run before it begins", async () => {
  const told = join(sandbox.path, "told");
  const script = `echo @OPM_ATTR.AGENT_GUID@ @OPM_ATTR.NODE_ID@ @OPM_ATTR.TASK_ID@ @OPM_ATTR.HOME_OF@ @opm_attr.NODE_ID@\ntouch ${told}\n`;
  await write(team, "words", script, nodeIds);
  await approve(team, "words");
  const missing = await refused(operator, "task run -id words");
  expect(missing).toContain("HOME_OF, which no node group of the node defines");
  for (const id of ["tomcat", "another"]) {
    await manager.said(`nodegroup create -id ${id}`);
    for (const nodeId of nodeIds) await manager.said(`nodegroup addnode -id ${id} -ni ${nodeId}`);
  }
  await manager.said("nodegroup addattr -id tomcat -ak HOME_OF -av /home/tomcat");
  await manager.said("nodegroup addattr -id another -ak HOME_OF -av /srv");
  expect(await refused(operator, "task run -id words")).toContain("define differently");
  expect(existsSync(told)).toBe(false);
  await manager.said("nodegroup rmattr -id another -ak HOME_OF");
  const number = await start(operator, "words");
  await untilEnded(number);
  for (const nodeId of nodeIds) {
    const { guid } = await server.client.nodes.get(nodeId);
    expect(await stdoutOf(number, nodeId)).toBe(
      `${guid} ${nodeId} words /home/tomcat @opm_attr.NODE_ID@\n`,
    );
  }
  const folder = sandbox.folder("stored");
  await operator.said(`task downscript -id words -pt ${folder}`);
  expect(readFileSync(join(folder, "words.sh"), "utf8")).toBe(script);
  const builtIn = await refused(manager, "nodegroup addattr -id tomcat -ak NODE_ID -av mine");
  expect(builtIn).toContain("NODE_ID");
});

test("6.5: every form of a schedule is shown as it was meant, and the clock starts what is due", async () => {
  const forms = [
    ["y", "01/01 01:20", "y(yearly, */01/01 01:20)"],
    ["m", "31 02:00", "m(monthly, */*/31 02:00)"],
    ["w", "mon 08:00", "w(weekly, mon 08:00)"],
    ["d", "23:59", "d(daily, 23:59)"],
    ["h", "07", "h(hourly, 07)"],
    ["o", "2999/12/31 00:00", "o(once, 2999/12/31 00:00)"],
  ] as const;
  await write(team, "forms", "echo\n", nodeIds);
  for (const [id, form] of forms) {
    await operator.said(`task addschedule -id forms -si ${id} -tf`, [form]);
  }
  const view = await operator.said("task view -id forms");
  for (const [, , text] of forms) expect(view).toContain(`| ${text}`);
  const { items } = await until(
    "the clock to start a run",
    () => server.client.instances.list({ definitionId: "clock" }),
    (list) => list.items.some(({ endTime }) => endTime !== undefined),
    90_000,
  );
  expect(items.at(-1)).toMatchObject({
    ...{ runner: "now(scheduler)", result: "success", nodeCount: CLOCK_NODES },
  });
}, 100_000);

import { beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { newHost, untilConnected } from "./harness/hosts.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { newPerson as joinTeam } from "./harness/team.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const HOSTS = ["linux01", "linux02"];
const OS_USER = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
const SERVER_WORDS = ["--local-nodes", "off"];
let server: ServerProcess;

const newPerson = (id: string, role: number) => joinTeam(sandbox, server, id, role);

beforeAll(async () => {
  server = await startServer(sandbox, { words: SERVER_WORDS });
  await server.client.pools.create({ id: "hosts", provider: "none" });
  for (const name of HOSTS) {
    const host = await newHost(sandbox, server, "hosts", name);
    const config = join(dirname(host.data), "agent.yaml");
    writeFileSync(config, `allowedUsers:\n  named: [${OS_USER}]\n`);
    sandbox.spawn([...host.words, "--config", config]);
    await untilConnected(server, name);
  }
});

const TIMES = /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g;

test("from a script to an approved run on two hosts, a rerun of the one that failed, and its CSV", async () => {
  const bumbee = await newPerson("bumbee", 2);
  const oprim = await newPerson("oprim", 1);
  const node = await bumbee.said("node view -id linux01");
  expect(node).toMatch(/\| AGENT VERSION +\| \S/);
  expect(node).toMatch(/\| CONNECT IP +\| \d[\d.]+ +\|\n\| OS +\| Linux .*\|\n\| HOSTNAME +\| \S/);
  expect(node).toMatch(/\| OWNER +\| +\|\n\| STATUS +\| disable +\|/);
  expect(node).toMatch(/\| GUID +\| [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} +\|/);
  expect(node).toMatch(/\| HEARTBEAT +\| \d{4}\/\d\d\/\d\d \d\d:\d\d +\|/);
  for (const id of HOSTS) await bumbee.said(`node edit -id ${id} -st E`);
  const mended = join(sandbox.path, "mended");
  const file = join(sandbox.path, "disk.sh");
  const script = `#!/bin/sh
[ @STINT.NODE_ID@ = linux01 ] || [ -e ${mended} ] || { echo broken >&2; exit 3; }
for word in "$@"; do printf '<%s>' "$word"; done
`;
  writeFileSync(file, script);
  expect(await bumbee.said(`task create -id diskusage -sf ${file} -ou ${OS_USER} -eo E`)).toBe(
    "diskusage has been created successfully.\n",
  );
  expect(await bumbee.said("task addtarget -id diskusage -nd linux01,linux02")).toBe(
    `linux01 has been added to target successfully.
linux02 has been added to target successfully.
`,
  );
  const early = await bumbee.run(["task", "run", "-id", "diskusage"]);
  expect([early.exitCode, early.stdout]).toEqual([1, ""]);
  expect((await bumbee.run(["task", "plan", "diskusage"])).exitCode).toBe(1);

  expect(await bumbee.said("approval request -id diskusage -ai oprim")).toStartWith(
    "diskusage's approval has been requested successfully.\n",
  );
  expect(await oprim.said("approval list")).toMatch(
    /^\| Receive \| diskusage \| bumbee \| oprim {6}\| .*\n\+[+-]+\+\n\nROWS COUNT : 1\n$/m,
  );
  const own = await bumbee.run(["approval", "accept", "-id", "diskusage"]);
  expect(own.exitCode).toBe(1);
  expect(await oprim.said("approval accept -id diskusage")).toBe(
    "diskusage has been approved successfully.\n",
  );
  expect(await bumbee.said("task view -id diskusage")).toMatch(/\| REVISION +\| 1 /);
  expect(await bumbee.said("task plan diskusage")).toContain("Permitted = yes");

  const followed = await bumbee.run([
    ...["task", "run", "-id", "diskusage", "--follow"],
    ...["-ag", "patch.tar.gz '; rm' \"$(id)\""],
  ]);
  expect(followed.exitCode).toBe(1);
  expect(followed.stderr).toContain("linux02: Complete, Fail, exit code 3\n");
  expect(
    followed.stdout.replace(TIMES, "YYYY/MM/DD hh:mm:ss"),
  ).toBe(`task-instance #1 has been created successfully.
+---------+---------+----------+---------------------+---------------------+---------+---------+
| NODE ID | EXEC NO | STATUS   | START AT            | END AT              | RESULT  | EXIT CD |
+---------+---------+----------+---------------------+---------------------+---------+---------+
| linux01 | 1       | Complete | YYYY/MM/DD hh:mm:ss | YYYY/MM/DD hh:mm:ss | Success | 0       |
| linux02 | 1       | Complete | YYYY/MM/DD hh:mm:ss | YYYY/MM/DD hh:mm:ss | Fail    | 3       |
+---------+---------+----------+---------------------+---------------------+---------+---------+
`);
  const words = "<patch.tar.gz><; rm><$(id)>";
  const first = await bumbee.said("taskinstance viewnode -in 1 -ni linux01");
  expect(first.replace(TIMES, "YYYY/MM/DD hh:mm:ss")).toBe(
    `+------------------+---------------------+
| FIELD            | VALUE               |
+------------------+---------------------+
| TASK INSTANCE NO | 1                   |
| TASK ID          | diskusage           |
| NODE ID          | linux01             |
| EXEC NO          | 1                   |
| STATUS           | Complete            |
| START AT         | YYYY/MM/DD hh:mm:ss |
| END AT           | YYYY/MM/DD hh:mm:ss |
| CREATED BY       | bumbee(user)        |
| RESULT           | Success             |
| EXIT CD          | 0                   |
+------------------+---------------------+

[STDERR]
No content.

[STDOUT]
${words}`,
  );

  writeFileSync(mended, "");
  expect(await bumbee.said("taskinstance rerun -in 1 --failed")).toBe(
    "linux02 of task-instance #1 has been requested successfully.\n",
  );
  await until(
    "the rerun to succeed",
    () => bumbee.said("taskinstance view -in 1"),
    (view) => /\| RESULT +\| Success /.test(view),
  );
  const second = await bumbee.said("taskinstance viewnode -in 1 -ni linux02");
  expect(second).toMatch(/\| EXEC NO +\| 2 /);
  expect(second).toEndWith(`[STDERR]\nNo content.\n\n[STDOUT]\n${words}`);
  expect(await bumbee.said("taskinstance viewnode -in 1 -ni linux02 -en 1")).toEndWith(
    "[STDERR]\nbroken\n\n[STDOUT]\nNo content.\n",
  );
  expect(await bumbee.said("taskinstance groups -in 1")).toBe(
    `1. 2 nodes: Complete, Success, exit code 0\nlinux01, linux02\n${words}\n`,
  );
  const folder = sandbox.folder("csv");
  const path = join(folder, "taskinstance-1.csv");
  expect(await bumbee.said(`taskinstance csv -in 1 -so -pt ${folder}`)).toBe(`${path}\n`);
  const rows = readFileSync(path, "utf8").split("\r\n");
  expect(rows).toHaveLength(4);
  expect(rows[0]).toEndWith(",RESULT,EXIT CD,STDOUT");
  expect(rows[2]).toStartWith("1,diskusage,linux02,2,complete,");
  expect(rows[2]).toEndWith(`,bumbee(user),success,0,${words}`);

  // A change does not run until it is approved; who asks for that sees what it is.
  writeFileSync(file, `${script}date\n`);
  await bumbee.said(`task edit -id diskusage -sf ${file} -et E -ai oprim`);
  const request = await bumbee.said("approval request -id diskusage -qr dates");
  expect(request).toBe(`diskusage's approval has been requested successfully.

Changes to revision 1, which runs:
- BY TASK: disable
+ BY TASK: enable
--- disk.sh (revision 1)
+++ disk.sh (working copy)
@@ -1,3 +1,4 @@
${script.replaceAll(/^/gm, " ").trimEnd()}
+date
`);
  expect(await oprim.said("task diff -id diskusage -wd 40")).toMatch(/\n +> date\n$/);
  expect(await oprim.said("approval reject -id diskusage -rr later")).toBe(
    "diskusage has been rejected successfully.\n",
  );
  expect(await bumbee.said("task view diskusage")).toMatch(/\| STATUS +\| reject +\|/);
  expect(await bumbee.said(`task downscript diskusage -pt ${folder}`)).toBe("");
  expect(readFileSync(join(folder, "disk.sh"), "utf8")).toBe(script);
});

test("a run that is followed goes on being followed when the server was killed", async () => {
  const kim = await newPerson("kim", 2);
  const park = await newPerson("park", 1);
  const gate = join(sandbox.path, "gate");
  const file = join(sandbox.path, "gate.sh");
  writeFileSync(file, `until [ -e ${gate}-@STINT.NODE_ID@ ]; do sleep 0.02; done\n`);
  await kim.said(`task create -id gate -sf ${file} -ou ${OS_USER} -eo E`);
  await kim.said("task addtarget -id gate -nd linux01,linux02");
  await kim.said("approval request -id gate -ai park");
  await park.said("approval accept -id gate");
  const follower = sandbox.spawn(["task", "run", "-id", "gate", "-f", "--tsv"], { env: kim.env });
  const told = new Response(follower.stderr).text();
  const untilNodes = (state: string, count: number) =>
    until(
      `${count} nodes to be ${state}`,
      async () => (await kim.run(["taskinstance", "listnode", "2", "--tsv"])).stdout,
      (text) => text.split(`\t${state}\t`).length === count + 1,
    );
  await untilNodes("Request", 2);
  writeFileSync(`${gate}-linux01`, "");
  await untilNodes("Complete", 1);
  await server.end("SIGKILL");
  const port = Number(new URL(server.url).port);
  writeFileSync(`${gate}-linux02`, "");
  server = await startServer(sandbox, { data: server.data, port, words: SERVER_WORDS });
  expect(await follower.exited).toBe(0);
  const lines = (await told).split("\n").filter((line) => line.includes("Complete"));
  expect(lines.sort()).toEqual([
    "linux01: Complete, Success, exit code 0",
    "linux02: Complete, Success, exit code 0",
  ]);
});

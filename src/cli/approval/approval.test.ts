import { expect, test } from "bun:test";
import type { Definition } from "../../protocol/api/answer/definition.ts";
import { TIME } from "../fixtures.ts";
import { aDefinition } from "../fleetFixtures.ts";
import { type FakeAnswer, FakeServer, ran, refusal, TEST_URL } from "../testCli.ts";

const REQUESTING = `Requesting ${TEST_URL}\n`;
const RUNNING = aDefinition();

test("requests that wait are listed, with how many there are", async () => {
  const item = {
    type: "Receive",
    id: "diskusage",
    ownerId: "bumbee",
    approverId: "oprim",
    updateTime: TIME,
    reason: "first",
  };
  const server = new FakeServer({ "GET /approvals": { items: [item] } });
  const words = ["approval", "list", "-oi", "bumbee"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+---------+-----------+--------+------------+------------------+
| TYPE    | ID        | OWNER  | APPRV USER | APPRV UPDATED AT |
+---------+-----------+--------+------------+------------------+
| Receive | diskusage | bumbee | oprim      | 2026/11/21 03:20 |
+---------+-----------+--------+------------+------------------+

ROWS COUNT : 1
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({ owner: "bumbee" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items: [item] });
});

/** A server whose task has this working copy beside the revision that runs. */
const CHECK = "GET /definitions/diskusage/restricted-commands";
const NOTHING_FOUND = { items: [], total: 0 };
const FOUND = {
  items: [
    { word: "rm", class: "risk", line: 3, column: 5, text: "cd x; rm -r y" },
    { word: "dd", class: "risk", line: 12, column: 1, text: "dd" },
  ],
  total: 1_002,
};

function serverOf(
  working: Definition,
  scripts: Readonly<Record<string, string>> = {},
  check: FakeAnswer = NOTHING_FOUND,
) {
  const texts = Object.entries(scripts).map(([sha256, text]): [string, FakeAnswer] => [
    `GET /scripts/${sha256}`,
    () => new Response(text),
  ]);
  return new FakeServer({
    "GET /definitions/diskusage": ({ query }: { query: Record<string, string> }) =>
      query["revision"] === "0" ? working : RUNNING,
    "POST /definitions/diskusage/approval/request": working,
    [CHECK]: check,
    ...Object.fromEntries(texts),
  });
}

const SENTENCE = "diskusage's approval has been requested successfully.\n";

test("a request shows what it changes of the revision that runs", async () => {
  const sha256 = "b".repeat(64);
  const working = aDefinition({
    revision: 0,
    osUser: "tomcat",
    script: { name: "disk.sh", sha256, sizeBytes: 20 },
    targets: [...RUNNING.targets, { id: "linux02", kind: "node" }],
    runners: RUNNING.runners.slice(1),
  });
  const server = serverOf(working, {
    [RUNNING.script.sha256]: "#!/bin/sh\ndf\n",
    [sha256]: "#!/bin/sh\ndf -h\n\u001b[2J\n",
  });
  const words = ["approval", "request", "-id", "diskusage", "-ai", "oprim", "-qr", "more"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `${SENTENCE}
Changes to revision 1, which runs:
- OS USER: root
- RUNNER: oprim(user)
+ OS USER: tomcat
+ TARGET: linux02(node)
--- disk.sh (revision 1)
+++ disk.sh (working copy)
@@ -1,2 +1,3 @@
 #!/bin/sh
-df
+df -h
+\\x1b[2J
`,
    stderr: REQUESTING,
  });
  expect(server.requests.at(-1)?.body).toEqual({ approverId: "oprim", reason: "more" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(working);
});

test("a request says when it is the first, or changes nothing", async () => {
  const first = serverOf(aDefinition({ revision: 0, runningRevision: 0 }));
  const words = ["approval", "request", "diskusage"];
  expect((await ran(words, first)).stdout).toBe(
    `${SENTENCE}\nIt is the first: no revision runs yet.\n`,
  );
  expect(first.requests.at(-1)?.body).toEqual({});
  const same = serverOf(aDefinition({ revision: 0 }));
  expect((await ran(words, same)).stdout).toBe(
    `${SENTENCE}\nNothing differs from revision 1, which runs.\n`,
  );
});

const RESTRICTED = `
Restricted commands in its script:
  line 3, column 5: rm (risk)
  line 12, column 1: dd (risk)
  and 1000 more
`;

test("requests and their acceptance show restricted commands of the script", async () => {
  const server = serverOf(aDefinition({ revision: 0 }), {}, FOUND);
  expect((await ran(["approval", "request", "diskusage"], server)).stdout).toBe(
    `${SENTENCE}\nNothing differs from revision 1, which runs.\n${RESTRICTED}`,
  );
  const checks = server.requests.filter(({ path }) => path.endsWith("restricted-commands"));
  expect(checks.map(({ query }) => query)).toEqual([{ revision: "0" }]);
  const accepting = new FakeServer({
    [CHECK]: FOUND,
    "POST /definitions/diskusage/approval/accept": RUNNING,
  });
  expect((await ran(["approval", "accept", "diskusage"], accepting)).stdout).toBe(
    `diskusage has been approved successfully.\n${RESTRICTED}`,
  );
});

const ANSWERS = [
  {
    line: "approval accept -id diskusage",
    key: "POST /definitions/diskusage/approval/accept",
    said: "diskusage has been approved successfully.",
    body: undefined,
  },
  {
    line: "approval reject -id diskusage -rr no",
    key: "POST /definitions/diskusage/approval/reject",
    said: "diskusage has been rejected successfully.",
    body: { reason: "no" },
  },
];

test.each(ANSWERS)("stint $line", async ({ line, key, said, body }) => {
  const server = new FakeServer({ [key]: RUNNING, [CHECK]: NOTHING_FOUND });
  const words = line.split(" ");
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `${said}\n`,
    stderr: REQUESTING,
  });
  expect(server.requests.at(-1)?.body).toEqual(body);
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(RUNNING);
  const refused = new FakeServer({
    [CHECK]: NOTHING_FOUND,
    [key]: refusal(409, "NoApprovalRequested", "Nobody asked."),
  });
  const told = await ran(words, refused);
  expect([told.exitCode, told.stdout]).toEqual([1, ""]);
  expect(told.stderr).toContain("Nobody asked. (NoApprovalRequested)");
});

import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AuditEntry,
  type AuditHead,
  type AuditRecord,
  canonicalText,
  chained,
  EMPTY_CHAIN,
} from "../../model/audit.ts";
import { FakeServer, ran, refusal, TEST_URL, TestFolder } from "../testCli.ts";

const ENTRY: AuditEntry = {
  time: "2026-11-21T03:20:07.000Z",
  by: { kind: "user", id: "bumbee", tokenId: null },
  address: "192.0.2.1",
  requestId: "r-1",
  action: "PATCH /nodes/{nodeId}",
  object: { nodeId: "linux01" },
  details: { status: "enable" },
  outcome: "done",
  code: null,
  result: {},
};

const ENTRIES: readonly AuditEntry[] = [
  { ...ENTRY, by: { kind: "nobody", id: "", tokenId: null }, action: "POST /users", object: {} },
  ENTRY,
  {
    ...ENTRY,
    by: { kind: "key", id: "ci", tokenId: "a1b2" },
    address: null,
    outcome: "refused",
    code: "InsufficientPermissions",
  },
];

function chain(entries: readonly AuditEntry[]): AuditRecord[] {
  let head: AuditHead = EMPTY_CHAIN;
  return entries.map((entry) => {
    const record = chained(entry, head, (text) => createHash("sha256").update(text).digest("hex"));
    head = record;
    return record;
  });
}

const RECORDS = chain(
  ENTRIES.map((entry, at) => (at === 0 ? { ...entry, details: { id: "kim" } } : entry)),
);
const TEXT = RECORDS.map((record) => `${canonicalText(record)}\n`).join("");
const LAST = RECORDS.at(-1);

test("records are listed with the newest last", async () => {
  const items = [...RECORDS].reverse();
  const server = new FakeServer({ "GET /audit": { items } });
  const words = "audit list -us ci -ac nodes -oc R -dg 20261120 -dl 20261121 -lm 3".split(" ");
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+----+---------------------+--------------+-----------+-----------------------+---------+-----------------------------------+
| NO | AT                  | BY           | ADDRESS   | ACTION                | OBJECT  | OUTCOME                           |
+----+---------------------+--------------+-----------+-----------------------+---------+-----------------------------------+
| 1  | 2026/11/21 03:20:07 |              | 192.0.2.1 | POST /users           | kim     | done                              |
| 2  | 2026/11/21 03:20:07 | bumbee(user) | 192.0.2.1 | PATCH /nodes/{nodeId} | linux01 | done                              |
| 3  | 2026/11/21 03:20:07 | ci(key)      |           | PATCH /nodes/{nodeId} | linux01 | refused (InsufficientPermissions) |
+----+---------------------+--------------+-----------+-----------------------+---------+-----------------------------------+

ROWS COUNT : 3
`,
    stderr: `Requesting ${TEST_URL}\n`,
  });
  expect(server.requests[0]?.query).toEqual({
    ...{ who: "ci", action: "nodes", outcome: "refused", order: "desc" },
    from: "2026-11-20T00:00:00.000Z",
    to: "2026-11-21T23:59:59.999Z",
  });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items: RECORDS });
});

test("a record is shown whole", async () => {
  const server = new FakeServer({ "GET /audit/3": LAST });
  const { stdout } = await ran(["audit", "view", "3"], server);
  expect(
    stdout
      .replaceAll(/[0-9a-f]{64}/g, "HASH")
      .replaceAll(/ +\|$/gm, " |")
      .split("\n")
      .slice(3, -2),
  ).toEqual([
    "| NO         | 3 |",
    "| AT         | 2026/11/21 03:20:07 |",
    "| BY         | ci(key) |",
    "| TOKEN ID   | a1b2 |",
    "| ADDRESS    | |",
    "| REQUEST ID | r-1 |",
    "| ACTION     | PATCH /nodes/{nodeId} |",
    '| OBJECT     | {"nodeId":"linux01"} |',
    '| DETAILS    | {"status":"enable"} |',
    "| OUTCOME    | refused (InsufficientPermissions) |",
    "| RESULT     | |",
    "| PREVIOUS   | HASH |",
    "| HASH       | HASH |",
  ]);
  expect(JSON.parse((await ran(["audit", "view", "3", "--json"], server)).stdout)).toEqual(LAST);
  const fake = new FakeServer({ "GET /audit/9": refusal(404, "AuditRecordNotFound", "None.") });
  expect((await ran(["audit", "view", "-no", "9"], fake)).exitCode).toBe(1);
});

/** In chunks that end in the middle of lines and characters. */
function exportOf(text: string) {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
    bytes.subarray(at * 7, at * 7 + 7),
  );
  const stream = () =>
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
  return new FakeServer({ "GET /audit/export": () => new Response(stream()) });
}

test("an export is the server's lines, on stdout or in a file", async () => {
  const server = exportOf(TEXT);
  expect((await ran(["audit", "export", "-af", "2"], server)).stdout).toBe(TEXT);
  expect(server.requests[0]?.query).toEqual({ after: "2" });
  using folder = new TestFolder();
  const path = join(folder.path, "audit.ndjson");
  expect((await ran(["audit", "export", "-fi", path], server)).stdout).toBe(`${path}\n`);
  expect(await Bun.file(path).text()).toBe(TEXT);
  expect((await ran(["audit", "export", "-fi", path], server)).exitCode).toBe(1);
});

const HEAD = `3:${LAST?.hash}`;
const SOUND = `The audit log holds: records 1 to 3.\nHead: ${HEAD}\n`;

test("the server's log is verified here, record by record", async () => {
  expect(await ran(["audit", "verify"], exportOf(TEXT))).toEqual({
    exitCode: 0,
    stdout: SOUND,
    stderr: "",
  });
  const json = await ran(["audit", "verify", "-hd", HEAD, "--json"], exportOf(TEXT));
  expect(JSON.parse(json.stdout)).toEqual({
    ...{ holds: true, records: 3, first: 1, broken: null },
    head: { number: 3, hash: LAST?.hash },
  });
  expect((await ran(["audit", "verify"], exportOf(""))).stdout).toBe("The audit log is empty.\n");
});

const CHANGED = TEXT.replace('"bumbee"', '"nobody"');

test("a broken chain is an error that says where", async () => {
  const broken = await ran(["audit", "verify"], exportOf(CHANGED));
  expect([broken.exitCode, broken.stdout]).toEqual([1, ""]);
  expect(broken.stderr).toStartWith(
    "error: The audit log is broken at record 2 (line 2): expected the hash ",
  );
  const json = await ran(["audit", "verify", "--json"], exportOf(CHANGED));
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ holds: false, broken: { number: 2, line: 2 } });
  const cut = TEXT.slice(0, TEXT.lastIndexOf("\n", TEXT.length - 2) + 1);
  expect((await ran(["audit", "verify"], exportOf(cut))).exitCode).toBe(0);
  const { exitCode, stderr } = await ran(["audit", "verify", "-hd", HEAD], exportOf(cut));
  expect(exitCode).toBe(1);
  expect(stderr).toContain("expected record 3, of which the hash was kept");
  expect((await ran(["audit", "verify", "-hd", "3:x"], exportOf(TEXT))).exitCode).toBe(2);
});

test("an exported file is verified without a server; a part of a log too", async () => {
  using folder = new TestFolder();
  const path = join(folder.path, "audit.ndjson");
  const nobody = new FakeServer({});
  const verify = async (text: string) => {
    writeFileSync(path, text);
    return await ran(["audit", "verify", "-fi", path], nobody);
  };
  expect(await verify(TEXT)).toEqual({ exitCode: 0, stdout: SOUND, stderr: "" });
  // Editors may leave the last line end out.
  expect((await verify(TEXT.trimEnd())).stdout).toBe(SOUND);
  const part = await verify(TEXT.slice(TEXT.indexOf("\n") + 1));
  expect(part.stdout).toStartWith(
    "The audit log holds: records 2 to 3. What was before record 2 was not looked at.\n",
  );
  expect((await verify(CHANGED)).exitCode).toBe(1);
  expect((await verify(TEXT.slice(0, -9))).stderr).toContain(
    "record 3 (line 3): expected a record",
  );
  expect(nobody.requests).toEqual([]);
  const gone = await ran(["audit", "verify", "-fi", `${path}.gone`], nobody);
  expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining("Could not read")]);
});

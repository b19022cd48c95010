import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const WORDS = ["--local-nodes", "off"];
/** The pool that a new server makes. */
const AT_START = 1;

function stint(server: ServerProcess, line: string) {
  return sandbox.run(line.split(" "), { env: { STINT_DATA: server.data } });
}

/** Node groups that were recorded as made, in the order of their records. */
async function recordedGroups({ client }: ServerProcess): Promise<string[]> {
  const ids: string[] = [];
  for await (const { details } of client.audit.all({ action: "POST /node-groups" })) {
    ids.push(String(details["id"]));
  }
  return ids;
}

test("every change has its record and every record its change, whenever the server is killed", async () => {
  let server = await startServer(sandbox, { words: WORDS });
  const answered: string[] = [];
  for (let round = 1; round <= 3; round += 1) {
    const { client } = server;
    let isOver = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let count = 1; !isOver; count += 1) {
        const id = `g${round}-${writer}-${count}`;
        try {
          await client.nodeGroups.create({ id });
          answered.push(id);
        } catch {
          return;
        }
      }
    });
    const wanted = answered.length + 100;
    await until(
      "100 more changes",
      () => answered.length,
      (count) => count >= wanted,
    );
    await server.end("SIGKILL");
    isOver = true;
    await Promise.all(writers);
    server = await startServer(sandbox, { data: server.data, words: WORDS });
  }
  const recorded = await recordedGroups(server);
  expect(answered.filter((id) => !recorded.includes(id))).toEqual([]);
  const { items } = await server.client.nodeGroups.list({ limit: 0 });
  expect(items.map(({ id }) => id).sort()).toEqual([...recorded].sort());
  const verified = await stint(server, "audit verify");
  expect(verified).toMatchObject({ exitCode: 0, stderr: "" });
  expect(verified.stdout).toStartWith(
    `The audit log holds: records 1 to ${recorded.length + AT_START}.\n`,
  );
  await server.end();
});

test("a record that was changed in the database by hand is found, and where", async () => {
  let server = await startServer(sandbox, { words: WORDS });
  for (const id of ["a", "b", "c"]) await server.client.nodeGroups.create({ id });
  const file = join(sandbox.folder(), "audit.ndjson");
  expect(await stint(server, `audit export -fi ${file}`)).toMatchObject({ exitCode: 0 });
  const [, head = ""] = /^Head: (.*)$/m.exec((await stint(server, "audit verify")).stdout) ?? [];
  await server.end();

  const database = new Database(join(server.data, "stint.db"));
  const change = 'UPDATE audit SET document = replace(document, \'"id":"b"\', \'"id":"x"\')';
  expect(() => database.run(change)).toThrow("records of the audit log are never changed");
  expect(() => database.run("DELETE FROM audit WHERE number = 4")).toThrow("never removed");
  database.run("DROP TRIGGER audit_keeps_records");
  database.run("DROP TRIGGER audit_loses_no_records");
  database.run(`${change} WHERE number = 3`);
  database.close();
  server = await startServer(sandbox, { data: server.data, words: WORDS });
  const changed = await stint(server, "audit verify");
  expect([changed.exitCode, changed.stdout]).toEqual([1, ""]);
  expect(changed.stderr).toContain("error: The audit log is broken at record 3 (line 3): ");
  // The server goes on: what it records now hangs on what is there.
  await server.client.nodeGroups.create({ id: "d" });
  await server.end();

  const again = new Database(join(server.data, "stint.db"));
  again.run("DELETE FROM audit WHERE number > 2");
  again.close();
  server = await startServer(sandbox, { data: server.data, words: WORDS });
  expect(await stint(server, "audit verify")).toMatchObject({ exitCode: 0 });
  const cut = await stint(server, `audit verify -hd ${head}`);
  expect(cut.exitCode).toBe(1);
  expect(cut.stderr).toContain("expected record 4, of which the hash was kept, and found record");
  await server.end();
  // What was exported before stands for itself.
  expect(await stint(server, `audit verify -fi ${file} -hd ${head}`)).toMatchObject({
    exitCode: 0,
    stdout: `The audit log holds: records 1 to 4.\nHead: ${head}\n`,
  });
});

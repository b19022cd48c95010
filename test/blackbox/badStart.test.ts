import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { EXECUTABLE, type Outcome, useSandbox } from "./harness/sandbox.ts";
import { freePort, startServer } from "./harness/server.ts";

const sandbox = useSandbox();

/** Name and SHA-256 of everything below a folder, but for the lock, which says nothing. */
function contentOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const sum = new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
      return `${relative(folder, path)} ${sum}`;
    })
    .sort();
}

/** One line that says what is wrong, and no success. */
function expectLine({ exitCode, stdout, stderr }: Outcome, pattern: RegExp): void {
  expect(stderr).toMatch(/^stint: [^\n]+\n$/);
  expect(stderr).toMatch(pattern);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe("");
  expect(exitCode).toBe(1);
}

function serverWords(data: string, ...more: string[]): string[] {
  return ["server", "--data", data, "--port", "0", ...more];
}

/** The data of a server that has ended in good order. */
async function makeData(): Promise<string> {
  const server = await startServer(sandbox, { words: ["--local-nodes", "off"] });
  await server.client.pools.create({ id: "pool", provider: "none" });
  expect(await server.end()).toBe(0);
  return server.data;
}

test("a data directory in use by another server is left alone", async () => {
  const server = await startServer(sandbox);
  const before = readFileSync(join(server.data, "server.json"), "utf8");
  expectLine(await sandbox.run(serverWords(server.data)), /in use|another/);
  expectLine(await sandbox.run(["dev", "--data", server.data, "--port", "0"]), /in use|another/);
  expect(readFileSync(join(server.data, "server.json"), "utf8")).toBe(before);
  expect((await server.client.system.health()).status).toBe("ok");
  await server.end();
});

test("a data directory is left alone by a server with another store as well", async () => {
  const server = await startServer(sandbox);
  const folder = sandbox.folder("store");
  const store = ["--store", `sqlite:${join(folder, "other.db")}`];
  const before = readFileSync(join(server.data, "server.json"), "utf8");
  const outcome = await sandbox.run(serverWords(server.data, ...store));
  expectLine(outcome, new RegExp(`alone with ${server.data},.*another server uses it`));
  expect(readFileSync(join(server.data, "server.json"), "utf8")).toBe(before);
  expect(readdirSync(folder)).toEqual([]);
  await server.end();
  // And a store by a server with another data directory.
  const first = await startServer(sandbox, { words: store });
  const other = join(sandbox.folder(), "data");
  expectLine(await sandbox.run(serverWords(other, ...store)), /other\.db.*another server uses it/);
  await first.end();
});

test("a port that is taken is named", async () => {
  const data = await makeData();
  const port = freePort();
  const taken = Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response("other") });
  const before = contentOf(data);
  for (const role of ["server", "dev"]) {
    const words = [role, "--data", data, "--port", String(port)];
    expectLine(await sandbox.run(words), new RegExp(`port.*${port}`, "i"));
  }
  expect(contentOf(data)).toEqual(before);
  const line = `stint: Expected port ${port} of 127.0.0.1 to be free, and another program uses it. Stop it, or choose another with --port.\n`;
  const folder = sandbox.folder("new");
  const outcome = await sandbox.run(["dev", "--port", String(port)], { cwd: folder });
  expect(outcome).toEqual({ exitCode: 1, stdout: "", stderr: line });
  expect(readdirSync(folder)).toEqual([]);
  taken.stop(true);
});

test("a database of a newer version is not touched", async () => {
  const data = await makeData();
  const database = new Database(join(data, "stint.db"));
  database.run("UPDATE schema_version SET version = 9999");
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  const before = contentOf(data);
  expectLine(await sandbox.run(serverWords(data)), /9999.*newer/);
  expect(contentOf(data)).toEqual(before);
});

test("a database that is none is not touched", async () => {
  const contents = ["short", "no database, but long enough to be taken for one\n".repeat(100)];
  for (const content of contents) {
    const data = sandbox.folder("corrupt");
    writeFileSync(join(data, "stint.db"), content);
    const before = contentOf(data);
    expectLine(await sandbox.run(serverWords(data)), /stint\.db/);
    expect(contentOf(data)).toEqual(before);
  }
});

test("a database that was damaged is named and not touched", async () => {
  const data = await makeData();
  const path = join(data, "stint.db");
  const bytes = readFileSync(path);
  bytes.fill(0x55, 4096, 4096 * 4);
  writeFileSync(path, bytes);
  const before = contentOf(data);
  expectLine(await sandbox.run(serverWords(data)), /stint\.db/);
  expect(contentOf(data)).toEqual(before);
});

test("another program's database is not taken for ours", async () => {
  const data = sandbox.folder("foreign");
  const database = new Database(join(data, "stint.db"), { create: true });
  database.run("CREATE TABLE notes (text TEXT)");
  database.close();
  const before = contentOf(data);
  expectLine(await sandbox.run(serverWords(data)), /stint\.db/);
  expect(contentOf(data)).toEqual(before);
});

test("a directory that cannot be made or written is named", async () => {
  const file = join(sandbox.folder("file"), "plain");
  writeFileSync(file, "x");
  expectLine(await sandbox.run(serverWords(join(file, "below"))), /plain/);
  const closed = sandbox.folder("closed");
  chmodSync(closed, 0o555);
  chmodSync(sandbox.path, 0o755);
  const executable = join(sandbox.path, "stint-for-all");
  cpSync(EXECUTABLE, executable);
  // Root may write everywhere, so somebody else has to try.
  const isRoot = process.getuid?.() === 0;
  const outcome = isRoot
    ? await sandbox.run(
        [
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          executable,
          ...serverWords(join(closed, "data")),
        ],
        { executable: "/usr/bin/setpriv", cwd: "/" },
      )
    : await sandbox.run(serverWords(join(closed, "data")));
  expectLine(outcome, /closed/);
  expect(readdirSync(closed)).toEqual([]);
});

test("options that make no sense are named, and nothing is made", async () => {
  const data = join(sandbox.folder(), "data");
  const rows: [string[], RegExp][] = [
    [["server", "--data", data, "--port", "70000"], /--port.*65535.*70000/],
    [["server", "--data", data, "--port", "http"], /--port.*http/],
    [["server", "--data", data, "--colour", "red"], /--colour/],
    [["server", "--data", data, "--store", "mysql:x"], /--store.*mysql:x/],
    [["server", "--data", data, "--local-nodes", "maybe"], /--local-nodes.*maybe/],
    [["server", "--data", data, "--log-level", "loud"], /log-level.*loud/],
    [["dev", "--data", data, "--nodes", "0"], /--nodes/],
    [["agent", "--data", data], /--server/],
    [["agent", "--data", data, "--server", "ftp://x"], /http.*ftp/],
    [["agent", "--data", data, "--server", "http://192.0.2.1:1"], /--insecure/],
    [["agent", "--data", data, "--server", "http://127.0.0.1:1", "--slots", "0"], /--slots/],
    [
      [
        "agent",
        "--data",
        data,
        "--server",
        "http://127.0.0.1:1",
        "--join-token-file",
        join(data, "none"),
      ],
      /join token.*none/,
    ],
  ];
  for (const [words, pattern] of rows) {
    expectLine(await sandbox.run(words, { cwd: sandbox.path }), pattern);
  }
  expect(existsSync(data)).toBe(false);
});

test("a data directory that is no folder is named", async () => {
  const file = join(sandbox.folder("data"), "file");
  writeFileSync(file, "");
  const line =
    /^stint: Expected a folder at \S+file and found something else\. Name another place\.\n$/;
  expectLine(await sandbox.run(serverWords(file)), line);
  expectLine(await sandbox.run(["dev", "--data", file, "--port", "0"]), line);
});

test("a configuration of an agent that cannot be read is named with its field", async () => {
  const folder = sandbox.folder("configuration");
  const data = join(folder, "data");
  const rows: [string | null, RegExp][] = [
    [null, /agent\.yaml.*cannot be read/],
    ["serverUrl: [", /agent\.yaml.*YAML/],
    ["serverUrl: http://127.0.0.1:1\nslots: many", /agent\.yaml.*slots/],
    ["serverUrl: http://127.0.0.1:1\ncolour: red", /agent\.yaml.*colour/],
    ["- a\n- b", /agent\.yaml/],
  ];
  for (const [content, pattern] of rows) {
    const path = join(folder, "agent.yaml");
    if (content !== null) writeFileSync(path, content);
    expectLine(await sandbox.run(["agent", "--data", data, "--config", path]), pattern);
  }
  expect(existsSync(data)).toBe(false);
});

test("an agent's damaged journal or identity is named and not touched", async () => {
  const server = await startServer(sandbox);
  for (const [name, content] of [
    ["identity.json", "{ not json"],
    ["journal.jsonl", "rubbish\n"],
  ] as const) {
    const data = sandbox.folder("agent");
    const root = join(data, "..", "agent-root");
    mkdirSync(root, { recursive: true });
    const words = ["agent", "--data", data, "--root", root, "--server", server.url];
    writeFileSync(join(data, name), content);
    expectLine(await sandbox.run([...words, "--log-level", "error"]), new RegExp(name));
    expect(readFileSync(join(data, name), "utf8")).toBe(content);
  }
  await server.end();
});

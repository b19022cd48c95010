import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { FakeServer, ran, refusal, TestFolder } from "./testCli.ts";

const NONE = new FakeServer({});

test("help is asked for at every level, by word or option, and exits 0", async () => {
  const root = await ran(["help"], NONE);
  expect(root).toMatchObject({ exitCode: 0, stderr: "" });
  expect(root.stdout).toStartWith("\nusage: stint <object> <action> [<arguments>|help]\n");
  expect(await ran(["--help"], NONE)).toEqual(root);
  const object = await ran(["job", "help"], NONE);
  expect(object.stdout).toStartWith("\nusage: stint job <action> [<arguments>|help]\n");
  expect(await ran(["help", "job"], NONE)).toEqual(object);
  expect(await ran(["job", "-h"], NONE)).toEqual(object);
  const action = await ran(["job", "list", "help"], NONE);
  expect(action.stdout).toStartWith("\nusage: stint job list [-id <prefix>]");
  expect(await ran(["help", "job", "list"], NONE)).toEqual(action);
  expect(await ran(["job", "help", "list"], NONE)).toEqual(action);
  expect(await ran(["job", "list", "-st", "nonsense", "-h"], NONE)).toEqual(action);
  expect(NONE.requests).toEqual([]);
});

test("a missing word prints the help of its level and exits 2", async () => {
  const root = await ran([], NONE);
  expect(root).toMatchObject({ exitCode: 2, stdout: "" });
  expect(root.stderr).toStartWith("\nusage: stint <object> <action>");
  const object = await ran(["pool"], NONE);
  expect(object.exitCode).toBe(2);
  expect(object.stderr).toStartWith("\nusage: stint pool <action>");
});

test("a wrong word is answered with what was probably meant, and help", async () => {
  const object = await ran(["jbo", "list"], NONE);
  expect(object.exitCode).toBe(2);
  expect(object.stderr).toStartWith(
    'error: Expected one of the objects and commands below and got "jbo". Did you mean job?\n\nusage: stint <object> <action>',
  );
  const action = await ran(["job", "lsit"], NONE);
  expect(action.stderr).toStartWith(
    'error: Expected one of the actions of job below and got "lsit". Did you mean list?\n\nusage: stint job <action>',
  );
  expect((await ran(["constructor", "name"], NONE)).exitCode).toBe(2);
  expect((await ran(["job", "toString"], NONE)).exitCode).toBe(2);
});

test("options of every action may stand before the object", async () => {
  const server = new FakeServer({ "GET /jobs": { items: [] } });
  const urls: string[] = [];
  const fetch = (request: Request) => {
    urls.push(request.url);
    return server.fetch(request);
  };
  const behind = await ran(["job", "list", "--json", "--server", "http://b:1"], server, { fetch });
  expect(behind.exitCode).toBe(0);
  const words = ["-js", "--server", "http://b:1", "job", "list"];
  expect(await ran(words, server, { fetch })).toEqual(behind);
  expect(await ran(["-sv=http://b:1", "--json", ...words.slice(3)], server, { fetch })).toEqual(
    behind,
  );
  expect(new Set(urls).size).toBe(1);
  expect(urls[0]).toStartWith("http://b:1/");
  const help = await ran(["--server", "http://b:1", "job", "list", "help"], NONE);
  expect(help).toEqual(await ran(["job", "list", "help"], NONE));
});

test("another option before the object is told where it belongs", async () => {
  const { exitCode, stderr } = await ran(["-st", "active", "job", "list"], NONE);
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith(
    'error: Expected an object and got the option "-st". Options stand behind the action, as in `stint job list -st active`; only --json, --tsv, --server, --tokenfile may stand before the object.\n',
  );
});

test("a wrong option prints the usage of the action and exits 2, and nothing is sent", async () => {
  expect(await ran(["job", "view", "-id"], NONE)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: `error: Expected -id,--id <job-id> and got no value.
usage: stint job view [-id] <job-id>
Run \`stint job view help\` for what each option means.
`,
  });
  expect((await ran(["job", "list", "--json", "--tsv"], NONE)).stderr).toStartWith(
    "error: Expected one of --json and --tsv and got both.\n",
  );
  expect(NONE.requests).toEqual([]);
});

test("the version is that of the package", async () => {
  const { stdout } = await ran(["--version"], NONE);
  expect(stdout).toBe(`stint ${packageJson.version}\n`);
  expect((await ran(["version"], NONE)).stdout).toBe(stdout);
});

test("completion is printed for bash and refused for what is no shell of ours", async () => {
  expect((await ran(["completion", "bash"], NONE)).stdout).toEndWith(
    "complete -o default -F _stint stint\n",
  );
  expect((await ran(["completion", "fish"], NONE)).exitCode).toBe(2);
  expect((await ran(["completion"], NONE)).stderr).toBe(
    'error: Expected bash as the shell and got nothing.\nWrite: eval "$(stint completion bash)"\n',
  );
});

test("a refusal of the server is its sentence, its code and what to do", async () => {
  const server = new FakeServer({
    "GET /jobs/x": refusal(404, "JobNotFound", "There is no job x."),
    "DELETE /jobs/x": refusal(500, "InternalError", "Something broke."),
  });
  expect(await ran(["job", "view", "x"], server)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: There is no job x. (JobNotFound)\nfix: Mend it.\n",
  });
  expect((await ran(["job", "delete", "x"], server)).stderr).toBe(
    "error: Something broke. (InternalError, request request-1)\nfix: Mend it.\n",
  );
});

test.each([
  ["See the jobs with GET /api/v1/jobs.", "See the jobs with `stint job list`."],
  [
    "See its tasks with GET /api/v1/jobs/a-b/tasks.",
    "See its tasks with `stint jobtask list a-b`.",
  ],
  ["Read others: GET /api/v1/executions.", "Read others: `stint alloc list`."],
  ["Add ?follow to wait.", "Add -f,--follow to wait."],
  ["List the jobs for their ids.", "See the ids with `stint job list`."],
  [
    "Create it, or list the pools for their ids.",
    "Create it, or see the ids with `stint pool list`.",
  ],
])("a fix that speaks of paths is told as a command: %s", async (fix, told) => {
  const error = { code: "NotFound", message: "None.", fix };
  const server = new FakeServer({
    "GET /jobs/x": () => Response.json({ error, requestId: "r" }, { status: 404 }),
  });
  const { stderr } = await ran(["job", "view", "x"], server);
  expect(stderr).toBe(`error: None. (NotFound)\nfix: ${told}\n`);
});

test.each([
  [["--server", "junk"], "Expected a URL as --server and got junk."],
  [["--server", "ftp://x"], "Expected a URL as --server and got ftp://x."],
  [["--tokenfile", "/no/file"], "Expected a token in the file /no/file and could not read it."],
])("an address or file that can not be used fails with 1: %p", async (words, message) => {
  const { exitCode, stderr } = await ran(["system", "view", ...words], NONE);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
});

test("without a server it is said what was tried and what to do", async () => {
  const away = new FakeServer({ "GET /system": new Error("connection refused") });
  expect(await ran(["system", "view"], away)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      "error: No server answers at http://stint.test, which STINT_SERVER names: connection refused\n" +
      "fix: Start one here with `stint dev`, or name another with --server URL or STINT_SERVER.\n",
  });
  const unknown = await ran(["system", "view"], away, { env: { HOME: "/nonexistent" } });
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toStartWith("error: Expected the address of a server and found none;");
});

test("the server that this folder's server file names is found, with its token", async () => {
  using folder = new TestFolder();
  mkdirSync(join(folder.path, ".stint"));
  const file = { url: "http://127.0.0.1:1", token: "from-file" };
  writeFileSync(join(folder.path, ".stint", "server.json"), JSON.stringify(file));
  const server = new FakeServer({ "GET /health": { status: "ok", version: "1" } });
  const world = { env: { HOME: "/nonexistent" }, currentFolder: folder.path };
  expect((await ran(["system", "health"], server, world)).exitCode).toBe(0);
  expect(server.requests[0]?.headers.get("authorization")).toBe("Bearer from-file");
});

test("Ctrl-C ends an action that waits for the server with 130", async () => {
  const controller = new AbortController();
  const server = new FakeServer({
    "GET /jobs/x": () => {
      controller.abort();
      return new Promise(() => {});
    },
  });
  const result = await ran(["job", "view", "x"], server, { signal: controller.signal });
  expect(result).toEqual({ exitCode: 130, stdout: "", stderr: "" });
});

test("a reader that goes away ends the command quietly", async () => {
  const broken = Object.assign(new Error("broken pipe"), { code: "EPIPE" });
  const stdout = {
    write(_chunk: string | Uint8Array, done?: (error?: Error | null) => void) {
      done?.(broken);
      return false;
    },
  };
  const server = new FakeServer({ "GET /health": { status: "ok", version: "1" } });
  const { exitCode, stderr } = await ran(["system", "health"], server, { stdout });
  expect({ exitCode, stderr }).toEqual({ exitCode: 141, stderr: "" });
});

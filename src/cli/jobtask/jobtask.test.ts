import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { aFailedTask, aTask, TIME } from "../fixtures.ts";
import { FakeServer, ran, refusal, TestFolder } from "../testCli.ts";

const FAILED = aFailedTask("b", "The command ended with exit code 3.");

function listServer() {
  return new FakeServer({
    "GET /jobs/nightly/tasks": { items: [aTask("a"), FAILED], cursor: "next", total: 9 },
  });
}

test("tasks are listed with the count of all that match", async () => {
  expect(
    (await ran(["jobtask", "list", "nightly", "-lm", "2"], listServer())).stdout,
  ).toBe(`+----+-----------+---------+---------+---------------------+---------------------+---------+---------+
| ID | STATE     | RESULT  | NODE ID | START AT            | END AT              | EXIT CD | RETRIES |
+----+-----------+---------+---------+---------------------+---------------------+---------+---------+
| a  | active    |         |         |                     |                     |         | 0       |
| b  | completed | failure | n1      | 2026/11/21 03:20:05 | 2026/11/21 03:20:05 | 3       | 0       |
+----+-----------+---------+---------+---------------------+---------------------+---------+---------+

ROWS COUNT : 2/9
`);
});

test("a terminal sees the same table as a pipe", async () => {
  const words = ["jobtask", "list", "nightly", "-lm", "2"];
  const piped = await ran(words, listServer());
  expect(await ran(words, listServer(), { isTerminal: true })).toEqual(piped);
});

test("TSV has a header, times as the API gives them, and no count", async () => {
  expect((await ran(["jobtask", "list", "nightly", "-lm", "2", "-tv"], listServer())).stdout).toBe(
    `ID\tSTATE\tRESULT\tNODE ID\tSTART AT\tEND AT\tEXIT CD\tRETRIES
a\tactive\t\t\t\t\t\t0
b\tcompleted\tfailure\tn1\t${TIME}\t${TIME}\t3\t0
`,
  );
});

test("JSON is what the API answered", async () => {
  const { stdout } = await ran(["jobtask", "list", "nightly", "-lm", "2", "--json"], listServer());
  expect(JSON.parse(stdout)).toEqual({ items: [aTask("a"), FAILED] });
});

test("filters go to the server", async () => {
  const server = listServer();
  const words = ["jobtask", "list", "nightly", "-rs", "failure", "-lm", "2"];
  expect((await ran(words, server)).stdout).toEndWith("ROWS COUNT : 2/9\n");
  expect(server.requests[0]?.query).toEqual({ result: "failure", limit: "2" });
});

test("a view shows the task and its execution", async () => {
  const server = new FakeServer({ "GET /jobs/nightly/tasks/b": FAILED });
  expect(
    (await ran(["jobtask", "view", "nightly", "b"], server)).stdout,
  ).toBe(`+----------------+------------------------------------------------------+
| FIELD          | VALUE                                                |
+----------------+------------------------------------------------------+
| [BASIS]        |                                                      |
|                |                                                      |
| ID             | b                                                    |
| NAME           |                                                      |
| JOB ID         | nightly                                              |
| STATE          | completed                                            |
| STATE SINCE    | 2026/11/21 03:20:05                                  |
| COMMAND LINE   | /bin/true                                            |
| REQUIRED SLOTS | 1                                                    |
| MAX RETRIES    | as the job says                                      |
| MAX WALL CLOCK | unlimited                                            |
| RETENTION      | P7D                                                  |
| CREATED AT     | 2026/11/21 03:20:05                                  |
|                |                                                      |
| [EXECUTION]    |                                                      |
|                |                                                      |
| NUMBER         | 7                                                    |
| NODE ID        | n1                                                   |
| DIRECTORY      | workitems/nightly/job-1/b                            |
| START AT       | 2026/11/21 03:20:05                                  |
| END AT         | 2026/11/21 03:20:05                                  |
| RESULT         | failure                                              |
| EXIT CD        | 3                                                    |
| FAILURE        | FailureExitCode: The command ended with exit code 3. |
| RETRIES        | 0                                                    |
| REQUEUES       | 0                                                    |
| RECOVERIES     | 0                                                    |
|                |                                                      |
+----------------+------------------------------------------------------+
`);
});

test("a task that waits again shows the node of its last execution in its view alone", async () => {
  const requeued = { ...FAILED, state: "active" as const };
  const list = new FakeServer({ "GET /jobs/nightly/tasks": { items: [requeued] } });
  const { stdout } = await ran(["jobtask", "list", "nightly", "-id", "b", "--tsv"], list);
  expect(stdout.split("\n")[1]?.split("\t").slice(0, 4)).toEqual(["b", "active", "failure", ""]);
  const view = new FakeServer({ "GET /jobs/nightly/tasks/b": requeued });
  const shown = (await ran(["jobtask", "view", "nightly", "b"], view)).stdout;
  expect(shown).toContain("| [LAST EXECUTION] |");
  expect(shown).toMatch(/NODE ID +\| n1 /);
});

test("explain says in a sentence why a task waits, and each reason with its nodes", async () => {
  const explanation = {
    jobId: "nightly",
    taskId: "a",
    state: "active",
    summary: "Its preparation failed on all nodes.",
    reasons: [
      {
        code: "NodeBarredByPreparation",
        message: "Preparation failed with exit code 2.",
        nodes: ["n1", "n2", "n3", "n4"],
        nodeCount: 9,
      },
    ],
  };
  const server = new FakeServer({ "GET /jobs/nightly/tasks/a/explain": explanation });
  const { stdout } = await ran(["jobtask", "explain", "nightly", "a"], server);
  expect(stdout).toEndWith(`
+-------------------------+-------+--------------------------------------+--------------+
| REASON                  | NODES | WHAT IT MEANS                        | NODE IDS     |
+-------------------------+-------+--------------------------------------+--------------+
| NodeBarredByPreparation | 9     | Preparation failed with exit code 2. | n1,n2,n3,... |
+-------------------------+-------+--------------------------------------+--------------+
`);
  expect(stdout).toContain("| SUMMARY | Its preparation failed on all nodes. |");
});

test("a log is the bytes of the task, whatever they are", async () => {
  const bytes = Uint8Array.of(0, 255, 10, 27, 91, 128);
  const server = new FakeServer({ "GET /jobs/nightly/tasks/a/stderr": () => new Response(bytes) });
  const written: Uint8Array[] = [];
  const stdout = {
    write(chunk: string | Uint8Array, done?: () => void) {
      written.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      done?.();
      return true;
    },
  };
  const words = ["jobtask", "log", "nightly", "a", "-f", "--stderr"];
  expect((await ran(words, server, { stdout })).exitCode).toBe(0);
  expect(new Uint8Array(Buffer.concat(written))).toEqual(bytes);
  expect(server.requests[0]?.query).toEqual({ follow: "true" });
});

/** A response of which one chunk comes, and then what `then` makes of it. */
function begun(then: (controller: ReadableStreamDefaultController) => void) {
  let isFirst = true;
  return () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          if (isFirst) controller.enqueue(new TextEncoder().encode("first\n"));
          else then(controller);
          isFirst = false;
        },
      }),
    );
}

test("a log whose connection breaks is not taken for whole", async () => {
  const server = new FakeServer({
    "GET /jobs/nightly/tasks/a/stdout": begun((controller) => controller.error(new Error("reset"))),
  });
  expect(await ran(["jobtask", "log", "nightly", "a"], server)).toEqual({
    exitCode: 1,
    stdout: "first\n",
    stderr:
      "error: The connection broke after 6 bytes: reset\nfix: Run it again; nothing is lost on the server.\n",
  });
});

test("Ctrl-C ends a log that is followed with 130", async () => {
  const controller = new AbortController();
  const server = new FakeServer({
    "GET /jobs/nightly/tasks/a/stdout": begun(() => controller.abort()),
  });
  const world = { signal: controller.signal };
  expect(await ran(["jobtask", "log", "nightly", "a", "-f"], server, world)).toEqual({
    exitCode: 130,
    stdout: "first\n",
    stderr: "",
  });
});

test("one task is added by options, only what was given being sent", async () => {
  const server = new FakeServer({ "POST /jobs/nightly/tasks": { id: "a", url: "" } });
  const words = "jobtask add nightly a -cl /bin/true -mr -1 -en A=b=c -mw 5m".split(" ");
  expect((await ran(words, server)).stdout).toBe("a has been added to nightly successfully.\n");
  expect(server.requests[0]?.body).toEqual({
    id: "a",
    commandLine: "/bin/true",
    constraints: { maxTaskRetryCount: -1, maxWallClockTime: "5m" },
    environmentSettings: [{ name: "A", value: "b=c" }],
  });
});

test("a constraint is changed and the others stay", async () => {
  const constraints = { maxTaskRetryCount: 3, maxWallClockTime: "PT5M" };
  const server = new FakeServer({
    "GET /jobs/nightly/tasks/a": aTask("a", { constraints }),
    "PUT /jobs/nightly/tasks/a": aTask("a"),
  });
  const words = ["jobtask", "edit", "nightly", "a", "-mw", "none"];
  expect((await ran(words, server)).stdout).toBe("a of nightly has been modified successfully.\n");
  expect(server.requests[1]?.body).toEqual({
    constraints: { maxTaskRetryCount: 3, maxWallClockTime: null },
  });
  expect((await ran(["jobtask", "edit", "nightly", "a"], server)).exitCode).toBe(2);
});

test("many tasks are added from a list", async () => {
  const server = new FakeServer({
    "POST /jobs/nightly/tasks": { value: [{ taskId: "a", status: "success" }] },
  });
  const world = { readStdin: () => Promise.resolve("- {id: a, commandLine: /bin/true}\n") };
  const { stdout } = await ran(["jobtask", "add", "nightly", "-fi", "-"], server, world);
  expect(stdout).toBe("1 task has been added to nightly successfully.\n");
  const wrong = { readStdin: () => Promise.resolve("- id: a\n  slots: 2\n") };
  const refused = await ran(["jobtask", "add", "nightly", "-fi", "-"], server, wrong);
  expect(refused.stderr).toContain("\nstdin:2:3: Expected only the fields id, ");
});

test("a task without command, by options and file, or with half a variable is wrong usage", async () => {
  const server = new FakeServer({});
  expect((await ran(["jobtask", "add", "nightly", "a"], server)).exitCode).toBe(2);
  expect((await ran(["jobtask", "add", "nightly", "a", "-fi", "-"], server)).exitCode).toBe(2);
  const env = await ran("jobtask add nightly a -cl x -en FOO".split(" "), server);
  expect(env.stderr).toStartWith('error: Expected NAME=VALUE as -en,--env and got "FOO".\n');
  expect(server.requests).toEqual([]);
});

test("a file is written whole, never over another one unasked", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({
    "GET /jobs/nightly/tasks/a/files/wd/out.txt": () => new Response("content"),
    "GET /jobs/nightly/tasks/a/files/wd": () => Response.json({ items: [], truncated: false }),
    "GET /jobs/nightly/tasks/a/files/wd/none": refusal(404, "PathNotFound", "No such file."),
  });
  const words = ["jobtask", "getfile", "nightly", "a", "wd/out.txt"];
  expect((await ran(words, server)).stdout).toBe("content");
  const path = join(folder.path, "out.txt");
  expect((await ran([...words, folder.path], server)).stderr).toBe(
    `${path} has been written, 7 B.\n`,
  );
  expect(readFileSync(path, "utf8")).toBe("content");
  expect((await ran([...words, path], server)).stderr).toStartWith(
    `error: Expected no file ${path} yet, and there is one.\n`,
  );
  expect((await ran([...words, path, "-ow"], server)).exitCode).toBe(0);
  const missing = ["jobtask", "getfile", "nightly", "a", "wd/none", join(folder.path, "none")];
  expect((await ran(missing, server)).exitCode).toBe(1);
  const ofFolder = await ran(["jobtask", "getfile", "nightly", "a", "wd"], server);
  expect([ofFolder.exitCode, ofFolder.stdout]).toEqual([1, ""]);
  expect(ofFolder.stderr).toStartWith("error: Expected a file and got the folder wd.\n");
});

test("tasks are stopped, run again and removed", async () => {
  const nothing = () => new Response(null, { status: 204 });
  const server = new FakeServer({
    "POST /jobs/nightly/tasks/a/terminate": nothing,
    "POST /jobs/nightly/tasks/a/reactivate": nothing,
    "DELETE /jobs/nightly/tasks/a": nothing,
  });
  const said = async (action: string) =>
    (await ran(["jobtask", action, "-ji", "nightly", "-id", "a"], server)).stdout;
  expect(await said("terminate")).toBe("a of nightly has been terminated successfully.\n");
  expect(await said("reactivate")).toBe("a of nightly has been reactivated successfully.\n");
  expect(await said("delete")).toBe("a of nightly has been deleted successfully.\n");
});

import { beforeAll, expect, test } from "bun:test";
import { newHost, untilConnected } from "./harness/hosts.ts";
import { EXECUTABLE, useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const SERVER_WORDS = ["--local-nodes", "off"];
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer(sandbox, { words: SERVER_WORDS });
  await server.client.pools.create({ id: "hosts", provider: "none" });
  const host = await newHost(sandbox, server, "hosts", "alpha");
  sandbox.spawn(host.words);
  await untilConnected(server, "alpha");
});

/** Somebody at a machine of their own, who knows nothing but the server's address. */
function somebody(name: string) {
  const env = { HOME: sandbox.folder(name), STINT_SERVER: server.url };
  return {
    env,
    run: (line: string, input?: string) =>
      sandbox.run(line.split(" "), { env, ...(input === undefined ? {} : { input }) }),
  };
}

/** Whoever can read the server's own file. */
function asAdministrator(line: string) {
  return sandbox.run(line.split(" "), { env: { STINT_DATA: server.data } });
}

const CREATE = "user create -id kim -nm Kim -pn 010-1234 -ea kim@example.org";
const PASSWORD = "secret-1\n";

test("from an account without a login to a group of one's own nodes, over a crash of the server", async () => {
  const kim = somebody("kim");
  expect(await kim.run(CREATE, PASSWORD + PASSWORD)).toEqual({
    exitCode: 0,
    stdout: "kim has been created successfully.\n",
    stderr: `Requesting ${server.url}
Enter password: 
Confirm password: 
An administrator has to enable it before the first login: stint user edit -id kim -st E
`,
  });
  const early = await kim.run("user login -id kim", PASSWORD);
  expect([early.exitCode, early.stdout]).toEqual([1, ""]);
  expect(early.stderr).toContain("The account of user kim is disabled. (AccountDisabled)");
  expect((await asAdministrator("user edit -id kim -ro 2 -st E")).stdout).toBe(
    "kim has been modified successfully.\n",
  );
  const wrong = await kim.run("user login -id kim", "another\n");
  expect([wrong.exitCode, wrong.stdout]).toEqual([1, ""]);
  expect((await kim.run("user login -id kim", PASSWORD)).stdout).toBe(
    "kim has been logged in successfully.\n",
  );
  const view = await kim.run("user view -id kim");
  expect(view.stderr).toBe(`Requesting ${server.url};user=kim\n`);
  expect(view.stdout).toMatch(/\| ROLE +\| 2 +\|\n\| STATUS +\| enable +\|/);
  expect(view.stdout).toMatch(/\| CREATED BY +\| +\|/);

  expect((await kim.run("node list")).stdout).toMatch(/\| alpha \|.*\| disable \|\n/);
  expect((await kim.run("node edit -id alpha -wi web01 -st E -de first")).stdout).toBe(
    "alpha has been modified successfully.\n",
  );
  const node = await kim.run("node view -id web01");
  expect(node.stdout).toMatch(/\| OWNER +\| kim +\|\n\| STATUS +\| enable +\|/);
  expect(node.stdout).toMatch(/\| UPDATED BY +\| kim +\|/);
  const listed = await kim.run("node list -oi kim -st E --tsv");
  expect(listed.stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(["ID", "web01", ""]);

  const refused = await kim.run("nodegroup create -id linux");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain(
    "Expected a manager or higher to create, edit or delete node groups, and you are an operator.",
  );
  await asAdministrator("user edit -id kim -ro 1");
  // Killed, not stopped: what was answered is on disk.
  await server.end("SIGKILL");
  const port = Number(new URL(server.url).port);
  server = await startServer(sandbox, { data: server.data, port, words: SERVER_WORDS });
  for (const line of [
    "nodegroup create -id linux -de all",
    "nodegroup addnode -id linux -ni web01",
    "nodegroup addattr -id linux -ak TOMCAT_HOME -av /home/tomcat",
  ]) {
    expect(await kim.run(line)).toMatchObject({ exitCode: 0 });
  }
  const group = await kim.run("nodegroup view -id linux");
  const rows = group.stdout.replace(/\d{4}\/\d\d\/\d\d \d\d:\d\d/g, "YYYY/MM/DD hh:mm");
  expect(rows).toBe(`+--------------+--------------------------+
| FIELD        | VALUE                    |
+--------------+--------------------------+
| [BASIS]      |                          |
|              |                          |
| ID           | linux                    |
| OWNER        | kim                      |
| DESCRIPTION  | all                      |
| CREATED AT   | YYYY/MM/DD hh:mm         |
| CREATED BY   | kim                      |
| UPDATED AT   | YYYY/MM/DD hh:mm         |
| UPDATED BY   | kim                      |
|              |                          |
| [NODES]      |                          |
|              | web01                    |
| [ATTRIBUTES] |                          |
|              | TOMCAT_HOME=/home/tomcat |
+--------------+--------------------------+
`);
  const removal = await kim.run("node delete -id web01");
  expect(removal.stderr).toContain(
    "Expected an administrator to delete nodes, and you are a manager",
  );
  await until(
    "the node to be back under its new name",
    async () => await server.client.nodes.get("web01"),
    ({ contact, fleetStatus, owner }) =>
      contact === "connected" && fleetStatus === "enable" && owner === "kim",
  );

  expect((await kim.run("user logout")).stdout).toBe("kim has been logged out successfully.\n");
  const after = await kim.run("node list");
  expect([after.exitCode, after.stdout]).toEqual([1, ""]);
  expect(after.stderr).toContain("fix: Log in with `stint user login`");
});

test("a program acts as its user by an access key", async () => {
  const lee = somebody("lee");
  await lee.run(CREATE.replaceAll("kim", "lee"), PASSWORD + PASSWORD);
  await asAdministrator("user edit -id lee -ro 2 -st E");
  await lee.run("user login lee", PASSWORD);
  const made = await lee.run("accesskey create ci -ei 1h");
  const secret = made.stdout.trim();
  expect(secret).toStartWith("stint_key_");
  const env = { HOME: sandbox.folder("program"), STINT_SERVER: server.url, STINT_TOKEN: secret };
  const group = await sandbox.run(["usergroup", "create", "ops", "--json"], { env });
  expect(JSON.parse(group.stdout)).toMatchObject({ owner: "lee", createdBy: "lee" });
  const [, key = ""] = /^(\w+) has been created/m.exec(made.stderr) ?? [];
  expect((await lee.run(`accesskey delete ${key}`)).exitCode).toBe(0);
  expect((await sandbox.run(["usergroup", "list"], { env })).exitCode).toBe(1);
});

/** Types at a terminal, as often as one of the prompts comes; answers the exit code and the screen, once it shows `last`. */
async function typed(
  command: readonly string[],
  answers: readonly [prompt: string, keys: string][],
  last: RegExp,
) {
  let screen = "";
  const waiting = [...answers];
  await using terminal = new Bun.Terminal({
    cols: 80,
    rows: 24,
    data(open, bytes) {
      screen += new TextDecoder().decode(bytes);
      const [next] = waiting;
      if (next === undefined || !screen.endsWith(next[0])) return;
      waiting.shift();
      open.write(next[1]);
    },
  });
  const env = { PATH: "/usr/bin:/bin", HOME: sandbox.folder("typed"), STINT_SERVER: server.url };
  const child = Bun.spawn([...command], { cwd: sandbox.path, env, terminal });
  const exitCode = await child.exited;
  // What was written last may come after the end of who wrote it.
  await until(
    `the screen to end with ${last}`,
    () => screen,
    (text) => last.test(text),
  );
  return { exitCode, screen: screen.replaceAll("\r", "") };
}

const ENTER = "Enter password: ";
const CONFIRM = "Confirm password: ";

test("a password that is typed at a terminal is not shown, and may be corrected", async () => {
  const words = CREATE.replaceAll("kim", "park").split(" ");
  const { exitCode, screen } = await typed(
    [EXECUTABLE, ...words],
    [
      [ENTER, "secrex\u007ft-1\r"],
      [CONFIRM, "nonsense\u0015secret-1\r"],
    ],
    /-st E\r?\n$/,
  );
  expect(exitCode).toBe(0);
  expect(screen).toBe(`Requesting ${server.url}
Enter password: 
Confirm password: 
park has been created successfully.
An administrator has to enable it before the first login: stint user edit -id park -st E
`);
  await asAdministrator("user edit -id park -st E");
  const park = somebody("park");
  expect((await park.run("user login park", PASSWORD)).exitCode).toBe(0);
});

test("Ctrl-C at the prompt ends the command, and no input is told", async () => {
  const words = [EXECUTABLE, "user", "login", "-id", "park"];
  expect((await typed(words, [[ENTER, "sec\u0003"]], /word: /)).exitCode).toBe(130);
  // The terminal shows again what is typed.
  const shell = ["/bin/sh", "-c", `trap : INT; ${words.join(" ")}; echo "ended $?"; stty -a`];
  const { screen } = await typed(shell, [[ENTER, "sec\u0003"]], / echo /);
  expect(screen).toContain("ended 130\n");
  expect(screen).toMatch(/ icanon .* echo /s);
  const none = await typed(words, [[ENTER, "\u0004"]], /fix: /);
  expect(none.exitCode).toBe(1);
  expect(none.screen).toContain("error: Expected a password and got nothing.\n");
});

test("after wrong passwords a login is told when to come again", async () => {
  const choi = somebody("choi");
  await choi.run("user create -id choi -nm Choi -pn 010 -ea choi@example.org", PASSWORD + PASSWORD);
  await asAdministrator("user edit -id choi -st E");
  const told = await until(
    "a login to be told to wait",
    async () => await choi.run("user login -id choi", "guess\n"),
    ({ stderr }) => !stderr.includes("(AuthenticationFailed)"),
  );
  expect([told.exitCode, told.stdout]).toEqual([1, ""]);
  expect(told.stderr).toMatch(
    /^error: Too many wrong passwords for user choi, .*\(TooManyLogins\)\nfix: Try again in \d+ s, at 2/m,
  );
  const audit = await asAdministrator("audit list -ac /login -oc R --json");
  const refused = JSON.parse(audit.stdout).items.filter(
    ({ details }: { details: { id: string } }) => details.id === "choi",
  );
  expect(refused.length).toBeGreaterThanOrEqual(5);
});

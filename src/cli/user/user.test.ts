import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { User } from "../../protocol/api/answer/user.ts";
import { TIME } from "../fixtures.ts";
import type { CliIo } from "../io.ts";
import { FakeServer, ran, refusal, TEST_NOW, TEST_URL, TestFolder } from "../testCli.ts";

const KIM: User = {
  id: "kim",
  name: "김철수",
  email: "kim@example.org",
  phone: "010-1234",
  role: 2,
  status: "enable",
  description: "on call",
  lastLoginTime: TIME,
  creationTime: TIME,
  updateTime: TIME,
  updatedBy: "admin",
};
const LEE: User = {
  id: "lee",
  name: "Lee",
  email: "lee@example.org",
  phone: "1",
  role: 3,
  status: "disable",
  description: "",
  creationTime: TIME,
  createdBy: "kim",
};
const REQUESTING = `Requesting ${TEST_URL}\n`;
const SESSION = {
  userId: "kim",
  role: 2,
  token: "stint_session_x",
  expirationTime: new Date(TEST_NOW + 3_600_000).toISOString(),
};

/** What is typed, line by line; then the input has ended. */
function typing(...lines: string[]): Pick<CliIo, "readSecret"> {
  return { readSecret: async () => lines.shift() ?? null };
}

test("users are listed, filtered and paged", async () => {
  const server = new FakeServer({ "GET /users": { items: [KIM, LEE], total: 3 } });
  const words = ["user", "list", "-id", "e", "--name", "L", "-ro", "3", "--status", "d"];
  const { stdout, stderr } = await ran([...words, "-lm", "2", "-of", "1"], server);
  expect(stdout).toBe(`+-----+--------+------+---------+------------------+
| ID  | NAME   | ROLE | STATUS  | LAST LOGIN       |
+-----+--------+------+---------+------------------+
| kim | 김철수 | 2    | enable  | 2026/11/21 03:20 |
| lee | Lee    | 3    | disable |                  |
+-----+--------+------+---------+------------------+

ROWS COUNT : 2/3
`);
  expect(stderr).toBe(REQUESTING);
  expect(server.requests[0]?.query).toEqual({
    id: "e",
    name: "L",
    role: "3",
    status: "disable",
    limit: "2",
    offset: "1",
  });
  await ran(["user", "list"], server);
  expect(server.requests[1]?.query).toEqual({ limit: "30", offset: "0" });
  expect(JSON.parse((await ran(["user", "list", "--json"], server)).stdout)).toEqual({
    items: [KIM, LEE],
  });
});

test("an empty list is its header and 0/0", async () => {
  const server = new FakeServer({ "GET /users": { items: [], total: 0 } });
  expect(
    (await ran(["user", "list"], server)).stdout,
  ).toBe(`+----+------+------+--------+------------+
| ID | NAME | ROLE | STATUS | LAST LOGIN |
+----+------+------+--------+------------+

ROWS COUNT : 0/0
`);
});

test("a user is viewed with its fields in their order", async () => {
  const server = new FakeServer({ "GET /users/kim": KIM });
  const words = ["user", "view", "-id", "kim"];
  expect((await ran(words, server)).stdout).toBe(`+-------------+------------------+
| FIELD       | VALUE            |
+-------------+------------------+
| ID          | kim              |
| NAME        | 김철수           |
| EMAIL       | kim@example.org  |
| PHONE       | 010-1234         |
| ROLE        | 2                |
| STATUS      | enable           |
| DESCRIPTION | on call          |
| LAST LOGIN  | 2026/11/21 03:20 |
| CREATED AT  | 2026/11/21 03:20 |
| CREATED BY  |                  |
| UPDATED AT  | 2026/11/21 03:20 |
| UPDATED BY  | admin            |
+-------------+------------------+
`);
  expect(await ran(["user", "view", "--id", "kim"], server)).toEqual(await ran(words, server));
  expect(JSON.parse((await ran([...words, "-js"], server)).stdout)).toEqual(KIM);
});

const CREATE = ["user", "create", "-id", "lee", "-nm", "Lee", "-pn", "1", "-ea", "lee@example.org"];

test("an account is made with a password that is asked for twice and never an option", async () => {
  const server = new FakeServer({ "POST /users": LEE });
  expect(await ran(CREATE, server, typing("secret-1", "secret-1"))).toEqual({
    exitCode: 0,
    stdout: "lee has been created successfully.\n",
    stderr: `${REQUESTING}Enter password: \nConfirm password: \nAn administrator has to enable it before the first login: stint user edit -id lee -st E\n`,
  });
  expect(server.requests[0]?.body).toEqual({
    id: "lee",
    name: "Lee",
    phone: "1",
    email: "lee@example.org",
    password: "secret-1",
  });
  const json = await ran([...CREATE, "--desc", "d", "--json"], server, typing("a", "a"));
  expect(JSON.parse(json.stdout)).toEqual(LEE);
  expect(server.requests[1]?.body).toMatchObject({ description: "d" });
});

test("two different passwords, and none, are told, and nothing is sent", async () => {
  const server = new FakeServer({ "POST /users": LEE });
  const different = await ran(CREATE, server, typing("one", "two"));
  expect(different.exitCode).toBe(1);
  expect(different.stderr).toEndWith(
    "error: Expected the same password twice and got two different ones.\nfix: Run it again; nothing was sent.\n",
  );
  const none = await ran(CREATE, server, typing("one"));
  expect(none.stderr).toContain("error: Expected a password and got nothing.\n");
  expect((await ran(CREATE.slice(0, -2), server)).exitCode).toBe(2);
  expect(server.requests).toEqual([]);
});

test("a user is changed, role and status as numbers and letters", async () => {
  const server = new FakeServer({ "PATCH /users/lee": LEE });
  const words = ["user", "edit", "-id", "lee", "-wi", "lee2", "-nm", "L", "-pn", "2", "-ea", "l@x"];
  const all = [...words, "-de", "", "-ro", "1", "-st", "E"];
  expect((await ran(all, server)).stdout).toBe("lee has been modified successfully.\n");
  expect(server.requests[0]?.body).toEqual({
    newId: "lee2",
    name: "L",
    phone: "2",
    email: "l@x",
    description: "",
    role: 1,
    status: "enable",
  });
  expect(JSON.parse((await ran([...all, "--json"], server)).stdout)).toEqual(LEE);
  expect((await ran(["user", "edit", "-id", "lee"], server)).stderr).toStartWith(
    "error: Expected something to change and got no option for it.\nusage: stint user edit",
  );
  expect((await ran(["user", "edit", "-id", "lee", "-ro", "4"], server)).exitCode).toBe(2);
});

test("a user is deleted, and given another password", async () => {
  const gone = () => new Response(null, { status: 204 });
  const server = new FakeServer({ "DELETE /users/lee": gone, "PUT /users/lee/password": gone });
  const said = async (...words: string[]) =>
    (await ran(["user", ...words], server, typing("p", "p"))).stdout;
  expect(await said("delete", "-id", "lee")).toBe("lee has been deleted successfully.\n");
  expect(await said("delete", "-id", "lee", "--json")).toBe("{}\n");
  expect(await said("passwd", "-id", "lee")).toBe(
    "lee's password has been changed successfully.\n",
  );
  expect(await said("passwd", "-id", "lee", "--json")).toBe("{}\n");
  expect(server.requests[2]?.body).toEqual({ password: "p" });
});

/** Logged in as kim, in a home of its own. */
function home(folder: TestFolder, more: Readonly<Record<string, string>> = {}): Partial<CliIo> {
  return { env: { HOME: folder.path, STINT_SERVER: TEST_URL, ...more }, ...typing("secret-1") };
}

function loginFiles(folder: TestFolder): string[] {
  const path = join(folder.path, ".stint", "logins");
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

test("a login is kept for the next commands, closed to others, until the logout", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({
    "POST /login": SESSION,
    "GET /users/kim": KIM,
    "POST /logout": () => new Response(null, { status: 204 }),
  });
  expect(await ran(["user", "login", "-id", "kim"], server, home(folder))).toEqual({
    exitCode: 0,
    stdout: "kim has been logged in successfully.\n",
    stderr: `${REQUESTING}Enter password: \n`,
  });
  expect(server.requests[0]?.headers.has("authorization")).toBe(false);
  const [file = ""] = loginFiles(folder);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  const view = await ran(["user", "view", "kim"], server, home(folder));
  expect(view.stderr).toBe(`Requesting ${TEST_URL};user=kim\n`);
  expect(server.requests[1]?.headers.get("authorization")).toBe("Bearer stint_session_x");
  expect(await ran(["user", "logout"], server, home(folder))).toEqual({
    exitCode: 0,
    stdout: "kim has been logged out successfully.\n",
    stderr: `Requesting ${TEST_URL};user=kim\n`,
  });
  expect(server.requests[2]?.headers.get("authorization")).toBe("Bearer stint_session_x");
  expect(loginFiles(folder)).toEqual([]);
  const again = await ran(["user", "logout"], server, home(folder));
  expect(again).toMatchObject({ exitCode: 1 });
  expect(again.stderr).toBe(
    `error: Nobody is logged in to ${TEST_URL} from here.\nfix: Log in with \`stint user login -id USER\`.\n`,
  );
});

test("login and logout as JSON never show the token", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({
    "POST /login": SESSION,
    "POST /logout": () => new Response(null, { status: 204 }),
  });
  const login = await ran(["user", "login", "kim", "--json"], server, home(folder));
  const { token: _, ...rest } = SESSION;
  expect(JSON.parse(login.stdout)).toEqual(rest);
  const logout = await ran(["user", "logout", "--json"], server, home(folder));
  expect(JSON.parse(logout.stdout)).toEqual({ userId: "kim" });
});

test("a login goes to the server that it is of and to no other, and after a token that is given", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({ "POST /login": SESSION, "GET /users/kim": KIM });
  await ran(["user", "login", "kim"], server, home(folder));
  const tokenOf = async (world: Partial<CliIo>, ...words: string[]) => {
    await ran(["user", "view", "kim", ...words], server, world);
    return server.requests.at(-1)?.headers.get("authorization") ?? null;
  };
  expect(await tokenOf(home(folder), "--server", `${TEST_URL}/`)).toBe("Bearer stint_session_x");
  expect(await tokenOf(home(folder), "--server", "http://other.test")).toBeNull();
  expect(await tokenOf(home(folder, { STINT_TOKEN: "given" }))).toBe("Bearer given");
  const other = await ran(["user", "login", "kim"], server, home(folder, { STINT_TOKEN: "given" }));
  expect(other.stderr).toEndWith(
    "STINT_TOKEN is set and goes before the login: unset it for commands to act as this user.\n",
  );
});

test("a login goes before the administrator's token in the server's own file", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({ "POST /login": SESSION, "GET /users/kim": KIM });
  const file = join(folder.path, "server.json");
  writeFileSync(file, JSON.stringify({ url: TEST_URL, token: "administrator" }));
  const world = () => ({ env: { HOME: folder.path, STINT_DATA: folder.path }, ...typing("p") });
  await ran(["user", "view", "kim"], server, world());
  await ran(["user", "login", "kim"], server, world());
  await ran(["user", "view", "kim"], server, world());
  expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual([
    "Bearer administrator",
    null,
    "Bearer stint_session_x",
  ]);
});

test("a login that has ended is told, and nothing is asked with other rights instead", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({ "POST /login": SESSION, "POST /users": LEE });
  await ran(["user", "login", "kim"], server, home(folder));
  const later = () => TEST_NOW + 3_600_000;
  const asked = server.requests.length;
  expect(await ran(["user", "list"], server, { ...home(folder), now: later })).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `error: The login of kim at ${TEST_URL} has ended.
fix: Log in again with \`stint user login -id kim\`, or forget it with \`stint user logout\`.
`,
  });
  expect(server.requests).toHaveLength(asked);
  // What needs no login is done without one.
  const made = { ...home(folder), ...typing("p", "p"), now: later };
  expect((await ran(CREATE, server, made)).stderr).toStartWith(REQUESTING);
  expect(server.requests.at(-1)?.headers.has("authorization")).toBe(false);
  expect((await ran(["user", "logout"], server, { ...home(folder), now: later })).exitCode).toBe(0);
  expect(loginFiles(folder)).toEqual([]);
});

test("a login that the server has ended is told as that, and a logout forgets it", async () => {
  using folder = new TestFolder();
  const ended = refusal(401, "AuthenticationFailed", "Expected a token of this server.");
  const server = new FakeServer({
    "POST /login": SESSION,
    "GET /users": ended,
    "POST /logout": ended,
  });
  await ran(["user", "login", "kim"], server, home(folder));
  expect((await ran(["user", "list"], server, home(folder))).stderr).toBe(
    `Requesting ${TEST_URL};user=kim
error: The login of kim at ${TEST_URL} is good no more. (AuthenticationFailed)
fix: Log in again with \`stint user login -id kim\`, or forget it with \`stint user logout\`.
`,
  );
  expect((await ran(["user", "logout"], server, home(folder))).exitCode).toBe(0);
  expect(loginFiles(folder)).toEqual([]);
});

test("a logout that does not reach the server keeps the login", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({ "POST /login": SESSION, "POST /logout": new Error("away") });
  await ran(["user", "login", "kim"], server, home(folder));
  expect((await ran(["user", "logout"], server, home(folder))).exitCode).toBe(1);
  expect(loginFiles(folder)).toHaveLength(1);
});

test("who renames or re-passwords the own account is still known, or told to log in", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({
    "POST /login": SESSION,
    "PATCH /users/kim": { ...KIM, id: "kim2" },
    "PUT /users/kim2/password": () => new Response(null, { status: 204 }),
  });
  await ran(["user", "login", "kim"], server, home(folder));
  await ran(["user", "edit", "-id", "KIM", "-wi", "kim2"], server, {
    ...home(folder),
    fetch: (request) => server.fetch(new Request(request.url.replace("KIM", "kim"), request)),
  });
  expect(JSON.parse(readFileSync(loginFiles(folder)[0] ?? "", "utf8"))).toMatchObject({
    userId: "kim2",
    token: SESSION.token,
  });
  const passwd = await ran(["user", "passwd", "kim2"], server, {
    ...home(folder),
    ...typing("p", "p"),
  });
  expect(passwd.stderr).toEndWith(
    "The login of kim2 has ended: log in again with stint user login -id kim2\n",
  );
  expect(loginFiles(folder)).toEqual([]);
});

test("a wrong password is the server's sentence, and no login", async () => {
  using folder = new TestFolder();
  const wrong = refusal(401, "AuthenticationFailed", "Expected the password of user kim.");
  const server = new FakeServer({ "POST /login": wrong });
  const { exitCode, stderr } = await ran(["user", "login", "kim"], server, home(folder));
  expect(exitCode).toBe(1);
  expect(stderr).toEndWith(
    "error: Expected the password of user kim. (AuthenticationFailed)\nfix: Mend it.\n",
  );
  expect(loginFiles(folder)).toEqual([]);
});

test("a file that is no login is refused by name", async () => {
  using folder = new TestFolder();
  const server = new FakeServer({ "POST /login": SESSION });
  await ran(["user", "login", "kim"], server, home(folder));
  const [file = ""] = loginFiles(folder);
  writeFileSync(file, "{}");
  const { stderr } = await ran(["user", "list"], server, home(folder));
  expect(stderr).toBe(
    `error: Expected the login for ${TEST_URL} in ${file} and got something else.\nfix: Remove the file, and log in again: stint user login -id USER.\n`,
  );
});

test("help has the form that users of fleet operations know", async () => {
  const server = new FakeServer({});
  expect((await ran(["user", "help"], server)).stdout).toBe(`
usage: stint user <action> [<arguments>|help]

[actions]
        list          List users
        view          Show a user
        create        Make an account; an administrator has to enable it, no login is needed
        edit          Change a user; role and status are for administrators
        delete        Delete a user who owns nothing
        passwd        Set a user's password; all logins of the user end
        login         Log in; commands of this account of the machine then act as the user
        logout        Log out
`);
  expect((await ran(["user", "list", "help"], server)).stdout).toStartWith(`
usage: stint user list [-id <substring>] [-nm <substring>] [-ro <role-num>]
       [-st <E|D>] [-lm <number>] [-of <number>]

List users
  -id,--id <substring>      Part of the id
  -nm,--name <substring>    Part of the name
  -ro,--role <role-num>     Users of this role
                            * 0 : Administrator
                            * 1 : Manager
                            * 2 : Operator
                            * 3 : Guest
  -st,--status <E|D>        Enabled or disabled ones
                            * E : enable
                            * D : disable
  -lm,--limit <number>      Rows to print; default 30, 0 = everything
`);
});

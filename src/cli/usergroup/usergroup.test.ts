import { expect, test } from "bun:test";
import type { UserGroup } from "../../protocol/api/answer/userGroup.ts";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran, TEST_URL } from "../testCli.ts";

const OPS: UserGroup = {
  id: "ops",
  owner: "kim",
  description: "on call",
  userCount: 2,
  users: [
    { id: "kim", name: "김철수" },
    { id: "lee", name: "Lee" },
  ],
  creationTime: TIME,
  createdBy: "kim",
};
const { users: _, ...ITEM } = OPS;
const gone = () => new Response(null, { status: 204 });

test("user groups are listed by part of the id and by owner", async () => {
  const server = new FakeServer({ "GET /user-groups": { items: [ITEM], total: 5 } });
  const words = ["usergroup", "list", "-id", "o", "-oi", "kim", "-lm", "1", "-of", "2"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+-----+-------+-------------+
| ID  | OWNER | DESCRIPTION |
+-----+-------+-------------+
| ops | kim   | on call     |
+-----+-------+-------------+

ROWS COUNT : 1/5
`,
    stderr: `Requesting ${TEST_URL}\n`,
  });
  expect(server.requests[0]?.query).toEqual({ id: "o", owner: "kim", limit: "1", offset: "2" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items: [ITEM] });
});

test("a user group is viewed with its users", async () => {
  const server = new FakeServer({ "GET /user-groups/ops": OPS });
  const words = ["usergroup", "view", "-id", "ops"];
  expect((await ran(words, server)).stdout).toBe(`+-------------+------------------+
| FIELD       | VALUE            |
+-------------+------------------+
| [BASIS]     |                  |
|             |                  |
| ID          | ops              |
| OWNER       | kim              |
| DESCRIPTION | on call          |
| CREATED AT  | 2026/11/21 03:20 |
| CREATED BY  | kim              |
| UPDATED AT  |                  |
| UPDATED BY  |                  |
|             |                  |
| [USERS]     |                  |
|             | 김철수(kim)      |
|             | Lee(lee)         |
+-------------+------------------+
`);
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(OPS);
});

test("the users of a group are listed", async () => {
  const server = new FakeServer({ "GET /user-groups/ops": OPS });
  const words = ["usergroup", "listuser", "-id", "ops"];
  expect((await ran(words, server)).stdout).toBe(`+-----+--------+
| ID  | NAME   |
+-----+--------+
| kim | 김철수 |
| lee | Lee    |
+-----+--------+

ROWS COUNT : 2/2
`);
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({
    items: OPS.users,
  });
});

const CHANGES = [
  {
    line: "usergroup create -id ops -de calm",
    key: "POST /user-groups",
    answer: OPS,
    said: "ops has been created successfully.",
    body: { id: "ops", description: "calm" },
  },
  {
    line: "usergroup edit -id ops -wi ops2 -oi lee -de calm",
    key: "PATCH /user-groups/ops",
    answer: OPS,
    said: "ops has been modified successfully.",
    body: { newId: "ops2", owner: "lee", description: "calm" },
  },
  {
    line: "usergroup adduser -id ops -ui lee",
    key: "POST /user-groups/ops/users",
    answer: OPS,
    said: "lee has been added to ops successfully.",
    body: { id: "lee" },
  },
  {
    line: "usergroup rmuser --id ops --userid lee",
    key: "DELETE /user-groups/ops/users/lee",
    answer: gone,
    said: "lee has been removed from ops successfully.",
    body: undefined,
  },
  {
    line: "usergroup delete -id ops",
    key: "DELETE /user-groups/ops",
    answer: gone,
    said: "ops has been deleted successfully.",
    body: undefined,
  },
];

test.each(CHANGES)("stint $line", async ({ line, key, answer, said, body }) => {
  const server = new FakeServer({ [key]: answer });
  expect(await ran(line.split(" "), server)).toEqual({
    exitCode: 0,
    stdout: `${said}\n`,
    stderr: `Requesting ${TEST_URL}\n`,
  });
  expect(server.requests[0]?.body).toEqual(body);
  const json = await ran([...line.split(" "), "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual(answer === gone ? {} : answer);
});

test("an edit of nothing is wrong usage", async () => {
  expect((await ran(["usergroup", "edit", "-id", "ops"], new FakeServer({}))).exitCode).toBe(2);
});

import { expect, test } from "bun:test";
import type { NodeGroup } from "../../protocol/api/answer/nodeGroup.ts";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran, TEST_URL } from "../testCli.ts";

const WEB: NodeGroup = {
  id: "linux_tomcat",
  owner: "kim",
  description: "",
  nodeCount: 2,
  nodes: [
    { id: "linux01", hostname: "alpha", status: "enable" },
    { id: "linux02", status: "disable" },
  ],
  attributes: { JAVA_HOME: "/usr/lib/jvm", TOMCAT_HOME: "/home/tomcat" },
  creationTime: TIME,
  createdBy: "kim",
  updateTime: TIME,
  updatedBy: "admin",
};
const { nodes: _, attributes: __, ...ITEM } = WEB;
const gone = () => new Response(null, { status: 204 });

test("node groups are listed by part of the id and by owner", async () => {
  const server = new FakeServer({ "GET /node-groups": { items: [ITEM], total: 1 } });
  const words = ["nodegroup", "list", "-id", "tom", "-oi", "kim", "-lm", "0"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+--------------+-------+-------------+
| ID           | OWNER | DESCRIPTION |
+--------------+-------+-------------+
| linux_tomcat | kim   |             |
+--------------+-------+-------------+

ROWS COUNT : 1/1
`,
    stderr: `Requesting ${TEST_URL}\n`,
  });
  expect(server.requests[0]?.query).toEqual({ id: "tom", owner: "kim", limit: "0", offset: "0" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items: [ITEM] });
});

test("a node group is viewed with its nodes and, directly below, its attributes", async () => {
  const server = new FakeServer({ "GET /node-groups/linux_tomcat": WEB });
  const words = ["nodegroup", "view", "-id", "linux_tomcat"];
  expect((await ran(words, server)).stdout).toBe(`+--------------+--------------------------+
| FIELD        | VALUE                    |
+--------------+--------------------------+
| [BASIS]      |                          |
|              |                          |
| ID           | linux_tomcat             |
| OWNER        | kim                      |
| DESCRIPTION  |                          |
| CREATED AT   | 2026/11/21 03:20         |
| CREATED BY   | kim                      |
| UPDATED AT   | 2026/11/21 03:20         |
| UPDATED BY   | admin                    |
|              |                          |
| [NODES]      |                          |
|              | linux01                  |
|              | linux02                  |
| [ATTRIBUTES] |                          |
|              | JAVA_HOME=/usr/lib/jvm   |
|              | TOMCAT_HOME=/home/tomcat |
+--------------+--------------------------+
`);
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(WEB);
});

test("a group without members is viewed with its bare markers", async () => {
  const empty = { ...WEB, nodes: [], attributes: {} };
  const server = new FakeServer({ "GET /node-groups/g": empty });
  const { stdout } = await ran(["nodegroup", "view", "g"], server);
  expect(stdout).toEndWith(`|              |                  |
| [NODES]      |                  |
| [ATTRIBUTES] |                  |
+--------------+------------------+
`);
});

test("nodes and attributes of a group are listed", async () => {
  const server = new FakeServer({ "GET /node-groups/linux_tomcat": WEB });
  const nodes = ["nodegroup", "listnode", "-id", "linux_tomcat"];
  expect((await ran(nodes, server)).stdout).toBe(`+---------+----------+---------+
| ID      | HOSTNAME | STATUS  |
+---------+----------+---------+
| linux01 | alpha    | enable  |
| linux02 |          | disable |
+---------+----------+---------+

ROWS COUNT : 2/2
`);
  expect(JSON.parse((await ran([...nodes, "--json"], server)).stdout)).toEqual({
    items: WEB.nodes,
  });
  const attributes = ["nodegroup", "listattr", "-id", "linux_tomcat"];
  expect((await ran(attributes, server)).stdout).toBe(`+-------------+--------------+
| KEY         | VALUE        |
+-------------+--------------+
| JAVA_HOME   | /usr/lib/jvm |
| TOMCAT_HOME | /home/tomcat |
+-------------+--------------+

ROWS COUNT : 2/2
`);
  expect(JSON.parse((await ran([...attributes, "--json"], server)).stdout)).toEqual({
    items: [
      { key: "JAVA_HOME", value: "/usr/lib/jvm" },
      { key: "TOMCAT_HOME", value: "/home/tomcat" },
    ],
  });
});

const CHANGES = [
  {
    line: "nodegroup create -id web -de all",
    key: "POST /node-groups",
    answer: WEB,
    said: "web has been created successfully.",
    body: { id: "web", description: "all" },
  },
  {
    line: "nodegroup edit -id web -wi web2 -oi lee -de all",
    key: "PATCH /node-groups/web",
    answer: WEB,
    said: "web has been modified successfully.",
    body: { newId: "web2", owner: "lee", description: "all" },
  },
  {
    line: "nodegroup addnode -id web -ni linux01",
    key: "POST /node-groups/web/nodes",
    answer: WEB,
    said: "linux01 has been added to web successfully.",
    body: { id: "linux01" },
  },
  {
    line: "nodegroup rmnode --id web --nodeid linux01",
    key: "DELETE /node-groups/web/nodes/linux01",
    answer: gone,
    said: "linux01 has been removed from web successfully.",
    body: undefined,
  },
  {
    line: "nodegroup addattr -id web -ak K -av -v=1",
    key: "PUT /node-groups/web/attributes/K",
    answer: WEB,
    said: "K has been added to web successfully.",
    body: { value: "-v=1" },
  },
  {
    line: "nodegroup rmattr --id web --key K",
    key: "DELETE /node-groups/web/attributes/K",
    answer: gone,
    said: "K has been removed from web successfully.",
    body: undefined,
  },
  {
    line: "nodegroup copy -id web -ng web2",
    key: "POST /node-groups/web/copy",
    answer: WEB,
    said: "web2 has been created successfully.",
    body: { newId: "web2" },
  },
  {
    line: "nodegroup delete -id web",
    key: "DELETE /node-groups/web",
    answer: gone,
    said: "web has been deleted successfully.",
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
  expect((await ran(["nodegroup", "edit", "-id", "web"], new FakeServer({}))).exitCode).toBe(2);
});

import { expect, test } from "bun:test";
import { aGroupNode } from "../groupFixtures.ts";
import { type FakeRequest, FakeServer, ran } from "../testCli.ts";

function serverOf(...ids: string[]): FakeServer {
  const nodes = ids.map((id) => aGroupNode({ id }));
  return new FakeServer({
    ...Object.fromEntries(nodes.map((node) => [`GET /nodes/${node.id}`, node])),
    "GET /nodes": ({ query }: FakeRequest) => {
      const items = nodes.filter(({ id }) => id.startsWith(String(query["idPrefix"])));
      return Response.json({ items: items.slice(0, Number(query["limit"])), total: items.length });
    },
    "POST /nodes/web-10/drain": {},
  });
}

test("a node is named by its id, or by how it alone begins", async () => {
  const server = serverOf("web-1", "web-10", "db");
  const idOf = async (given: string) =>
    /^ID +=\s(\S+)/.exec((await ran(["node", "status", given], server)).stdout)?.[1];
  expect(await idOf("web-1")).toBe("web-1");
  expect(await idOf("web-10")).toBe("web-10");
  expect(await idOf("db")).toBe("db");
  await ran(["node", "drain", "-enable", "-detach", "web-10"], server);
  const alone = serverOf("web-10", "db");
  const drained = await ran(["node", "drain", "-enable", "-detach", "we"], alone);
  expect(drained.stdout).toBe("web-10's drain has been requested successfully.\n");
});

test("several nodes whose ids begin so are listed, and nothing is done", async () => {
  const server = serverOf("web-1", "web-10");
  const { exitCode, stderr } = await ran(["node", "drain", "-enable", "web"], server);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    'error: Expected how the id of one node begins and got "web", as several do:\nweb-1 (default)\nweb-10 (default)\nfix: Write more of the id.\n',
  );
  expect(server.requests.every(({ method }) => method === "GET")).toBe(true);
  const many = serverOf(...Array.from({ length: 12 }, (_, index) => `web-${index}`));
  expect((await ran(["node", "status", "web"], many)).stderr).toContain("\nand more\n");
});

test("one character, and what no node has, find nothing", async () => {
  const server = serverOf("web-1");
  expect((await ran(["node", "status", "w"], server)).exitCode).toBe(1);
  expect((await ran(["node", "status", "db"], server)).exitCode).toBe(1);
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { TestApi } from "../routes/testApi.ts";
import { person } from "./testPeople.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  await api.addNode("n1", "p");
});
afterEach(() => api.close());

test("a node is disabled and nobody's until somebody changes it, renames and enables it", async () => {
  const fresh = await api.json("GET", "/nodes/n1");
  expect(fresh).toMatchObject({ fleetStatus: "disable", guid: "guid-n1" });
  expect(fresh).not.toContainAnyKeys(["owner", "updateTime", "updatedBy"]);
  const kim = await person(api, "kim", 2);
  const patch = { newId: "linux01.example", status: "enable", description: "the first" };
  const node = await api.json("PATCH", "/nodes/n1", patch, kim);
  expect(node).toMatchObject({
    id: "linux01.example",
    guid: "guid-n1",
    owner: "kim",
    fleetStatus: "enable",
    description: "the first",
    updatedBy: "kim",
  });
  expect(await api.json("GET", "/nodes/LINUX01.example")).toEqual(node);
  expect(await api.refusal("GET", "/nodes/n1")).toMatchObject({ status: 404 });
});

test("an edit that is refused changes nothing of the node", async () => {
  await api.addNode("n2", "p");
  const before = await api.json("GET", "/nodes/n1");
  const code = async (body: object) => {
    const { status, code: name } = await api.refusal("PATCH", "/nodes/n1", body);
    return `${status} ${name}`;
  };
  expect(await code({ newId: "N2", status: "enable" })).toBe("409 NodeExists");
  expect(await code({ newId: "a b", status: "enable" })).toBe("400 InvalidPropertyValue");
  expect(await code({ owner: "nobody", status: "enable" })).toBe("404 UserNotFound");
  expect(await code({ status: "on" })).toBe("400 InvalidPropertyValue");
  expect(await code({ name: "x" })).toBe("400 UnsupportedProperty");
  // It would claim the node.
  expect(await code({})).toBe("400 InvalidRequestBody");
  expect(await api.json("GET", "/nodes/n1")).toEqual(before);
  expect(await api.refusal("PATCH", "/nodes/x", { status: "enable" })).toMatchObject({
    code: "NodeNotFound",
  });
});

test("nodes are found by what people know of them", async () => {
  await api.addNode("web-b", "p");
  await api.json("PATCH", "/nodes/web-b", { status: "enable" });
  const ids = async (query: string) => {
    const { items, total } = await api.json("GET", `/nodes?${query}`);
    expect(total).toBe(items.length);
    return items.map(({ id }: { id: string }) => id).join(" ");
  };
  expect(await ids("id=EB")).toBe("web-b");
  expect(await ids("agentVersion=.0&os=deb&hostname=OST&ipAddress=0.0.1")).toBe("n1 web-b");
  expect(await ids("agentVersion=9")).toBe("");
  expect(await ids("fleetStatus=enable")).toBe("web-b");
  expect(await ids("owner=ADMIN&poolId=p&state=idle")).toBe("web-b");
  expect(await ids("owner=nobody")).toBe("");
  expect(await ids("idPrefix=eb")).toBe("");
});

test("a machine that joined by itself is taken away by administrators alone", async () => {
  const lee = await person(api, "lee", 1);
  const refusal = { status: 403, code: "InsufficientPermissions" };
  expect(await api.refusal("DELETE", "/nodes/n1", undefined, lee)).toMatchObject(refusal);
  const removal = { nodeList: ["n1"] };
  const remove = "/pools/p/removenodes";
  expect(await api.refusal("POST", remove, removal, lee)).toMatchObject(refusal);
  expect((await api.request("DELETE", "/nodes/n1?nodeDeallocationOption=terminate")).status).toBe(
    202,
  );
  expect(await api.json("GET", "/nodes/n1")).toMatchObject({ state: "leavingpool" });
});

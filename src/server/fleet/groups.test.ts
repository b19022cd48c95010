import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { TestApi } from "../routes/testApi.ts";
import { person } from "./testPeople.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

const ids = (answer: { items: { id: string }[] }) => answer.items.map(({ id }) => id).join(" ");

describe("a user group", () => {
  test("is made, changed, shown with its users, handed on and deleted", async () => {
    const kim = await person(api, "kim", 2);
    const made = await api.json("POST", "/user-groups", { id: "ops", description: "d" }, kim);
    expect(made).toMatchObject({ id: "ops", owner: "kim", description: "d", users: [] });
    const full = await api.json("POST", "/user-groups/ops/users", { id: "admin" }, kim);
    expect(full).toMatchObject({ users: [{ id: "admin", name: "admin" }], userCount: 1 });
    const handed = { newId: "Ops2", owner: "admin", description: "" };
    const patched = await api.json("PATCH", "/user-groups/ops", handed, kim);
    expect(patched).toMatchObject({ id: "Ops2", owner: "admin", updatedBy: "kim" });
    expect(await api.json("GET", "/user-groups/ops2")).toEqual(patched);
    const member = "/user-groups/ops2/users/admin";
    expect(await api.refusal("DELETE", member, undefined, kim)).toMatchObject({ status: 403 });
    expect((await api.request("DELETE", member)).status).toBe(204);
    expect((await api.request("DELETE", "/user-groups/ops2")).status).toBe(204);
    expect(await api.json("GET", "/user-groups")).toEqual({ items: [], total: 0 });
  });

  test("is listed by part of the id and by owner, some at a time", async () => {
    const kim = await person(api, "kim", 2);
    for (const id of ["web-a", "web-b", "db"]) await api.json("POST", "/user-groups", { id }, kim);
    await api.json("PATCH", "/user-groups/db", { owner: "admin" });
    const list = async (query: string) => {
      const answer = await api.json("GET", `/user-groups${query}`);
      return [ids(answer), answer.total];
    };
    expect(await list("?id=WEB")).toEqual(["web-a web-b", 2]);
    expect(await list("?owner=kim&limit=1")).toEqual(["web-a", 2]);
    expect(await list("?owner=admin")).toEqual(["db", 1]);
    expect(await list("?owner=nobody")).toEqual(["", 0]);
    expect(await list("?limit=0&offset=1")).toEqual(["web-a web-b", 3]);
  });

  test("refuses what is wrong, and says what", async () => {
    await api.json("POST", "/user-groups", { id: "g" });
    const code = async (line: string, body?: object) => {
      const [method = "", path = ""] = line.split(" ");
      const { status, code: name, fix } = await api.refusal(method, path, body);
      expect(fix).toBeString();
      return `${status} ${name}`;
    };
    expect(await code("POST /user-groups", { id: "G" })).toBe("409 UserGroupExists");
    expect(await code("POST /user-groups", { id: "a b" })).toBe("400 InvalidPropertyValue");
    expect(await code("GET /user-groups/x")).toBe("404 UserGroupNotFound");
    expect(await code("DELETE /user-groups/x")).toBe("404 UserGroupNotFound");
    expect(await code("PATCH /user-groups/g", { owner: "x" })).toBe("404 UserNotFound");
    expect(await code("POST /user-groups/g/users", { id: "x" })).toBe("404 UserNotFound");
    expect(await code("DELETE /user-groups/g/users/admin")).toBe("409 NotMember");
    await api.json("POST", "/user-groups/g/users", { id: "admin" });
    expect(await code("POST /user-groups/g/users", { id: "admin" })).toBe("409 AlreadyMember");
    expect(await code("PATCH /user-groups/g", { name: "x" })).toBe("400 UnsupportedProperty");
  });
});

describe("a node group", () => {
  beforeEach(async () => {
    await api.json("POST", "/pools", { id: "p", provider: "none" });
    for (const id of ["n1", "n2"]) await api.addNode(id, "p");
  });

  test("has nodes and attributes, is copied with them, and is deleted", async () => {
    const kim = await person(api, "kim", 1);
    await api.json("POST", "/node-groups", { id: "web" }, kim);
    for (const id of ["n2", "n1"]) await api.json("POST", "/node-groups/web/nodes", { id }, kim);
    const put = (key: string, value: string) =>
      api.json("PUT", `/node-groups/web/attributes/${key}`, { value }, kim);
    await put("Z", "1");
    await put("TOMCAT_HOME", "/old");
    const full = await put("TOMCAT_HOME", "/home/tomcat; $(x)");
    expect(full).toMatchObject({
      owner: "kim",
      nodeCount: 2,
      nodes: [
        { id: "n1", hostname: "host1", status: "disable" },
        { id: "n2", hostname: "host1", status: "disable" },
      ],
      attributes: { TOMCAT_HOME: "/home/tomcat; $(x)", Z: "1" },
    });
    expect(Object.keys(full.attributes)).toEqual(["TOMCAT_HOME", "Z"]);
    const copy = await api.json("POST", "/node-groups/web/copy", { newId: "web2" });
    expect(copy).toMatchObject({ id: "web2", owner: "admin", nodes: full.nodes });
    expect(copy.attributes).toEqual(full.attributes);
    await api.request("DELETE", "/node-groups/web/attributes/Z");
    await api.request("DELETE", "/node-groups/web/nodes/n2");
    const less = await api.json("PATCH", "/node-groups/web", { newId: "web1", description: "x" });
    expect(less).toMatchObject({ id: "web1", attributes: { TOMCAT_HOME: "/home/tomcat; $(x)" } });
    expect(less.nodes).toHaveLength(1);
    expect(ids(await api.json("GET", "/node-groups?id=EB"))).toBe("web1 web2");
    expect(ids(await api.json("GET", "/node-groups?owner=kim"))).toBe("web1");
    expect((await api.request("DELETE", "/node-groups/web1")).status).toBe(204);
  });

  test("loses a node that is deleted", async () => {
    await api.json("POST", "/node-groups", { id: "g" });
    for (const id of ["n1", "n2"]) await api.json("POST", "/node-groups/g/nodes", { id });
    await api.json("DELETE", "/nodes/n1");
    expect(await api.json("GET", "/node-groups/g")).toMatchObject({
      nodes: [{ id: "n2" }],
      nodeCount: 1,
    });
  });

  test("refuses what is wrong, and says what", async () => {
    await api.json("POST", "/node-groups", { id: "g" });
    const code = async (line: string, body?: object) => {
      const [method = "", path = ""] = line.split(" ");
      const { status, code: name, message, fix } = await api.refusal(method, path, body);
      expect([typeof message, typeof fix]).toEqual(["string", "string"]);
      return `${status} ${name}`;
    };
    expect(await code("POST /node-groups", { id: "g" })).toBe("409 NodeGroupExists");
    expect(await code("GET /node-groups/x")).toBe("404 NodeGroupNotFound");
    expect(await code("POST /node-groups/x/copy", { newId: "y" })).toBe("404 NodeGroupNotFound");
    expect(await code("POST /node-groups/g/copy", { newId: "G" })).toBe("409 NodeGroupExists");
    expect(await code("POST /node-groups/g/nodes", { id: "x" })).toBe("404 NodeNotFound");
    expect(await code("DELETE /node-groups/g/nodes/n1")).toBe("409 NotMember");
    expect(await code("DELETE /node-groups/g/attributes/A")).toBe("404 AttributeNotFound");
    const put = "PUT /node-groups/g/attributes";
    expect(await code(`${put}/A`, { value: "a\nb" })).toBe("400 InvalidPropertyValue");
    expect(await code(`${put}/NODE_ID`, { value: "a" })).toBe("400 InvalidPropertyValue");
    expect(await code(`${put}/A`, {})).toBe("400 MissingRequiredProperty");
    expect(await code("PATCH /node-groups/g", { owner: "x" })).toBe("404 UserNotFound");
  });
});

import { describe, expect, test } from "bun:test";
import { TestOperations } from "../testOperations.ts";

const edit = (node: string, more: object) => ({ request: "editNode", node, ...more }) as const;

describe("a node", () => {
  test("belongs to whoever edits it first, unless that names another", () => {
    const operations = new TestOperations();
    operations.node("a", { status: "disable" });
    operations.node("b", { status: "disable" });
    expect(operations.code("guest", edit("a", { status: "enable" }))).toBe(
      "InsufficientPermissions",
    );
    expect(operations.code("operator", edit("a", { newId: "web1", status: "enable" }))).toBe(
      "done",
    );
    expect(operations.nodes.get(1)).toMatchObject({ id: "web1", owner: 5, status: "enable" });
    expect(operations.code("owner", edit("web1", { status: "disable" }))).toBe(
      "InsufficientPermissions",
    );
    expect(operations.code("operator", edit("b", { owner: "guest" }))).toBe("done");
    expect(operations.code("operator", edit("b", { status: "enable" }))).toBe(
      "InsufficientPermissions",
    );
    expect(operations.code("guest", edit("b", { status: "enable" }))).toBe("done");
    expect(operations.code("admin", edit("b", { owner: "nobody" }))).toBe("UserNotFound");
  });

  test("has an id that no other has", () => {
    const operations = new TestOperations();
    operations.node("a");
    operations.node("b");
    expect(operations.code("operator", edit("a", { newId: "b", status: "disable" }))).toBe(
      "NodeExists",
    );
    expect(operations.nodes.get(1)).toMatchObject({ id: "a", owner: null, status: "enable" });
  });

  test("is deleted by administrators alone, and leaves its groups", () => {
    const operations = new TestOperations();
    operations.node("a");
    operations.must("manager", { request: "createNodeGroup", id: "g", description: "" });
    operations.must("manager", { request: "addGroupNode", nodeGroup: "g", node: "a" });
    const remove = { request: "deleteNode", node: "a" } as const;
    expect(operations.code("manager", remove)).toBe("InsufficientPermissions");
    expect(operations.code("admin", remove)).toBe("done");
    expect(operations.fleet.nodeGroups.find("g")?.nodes).toEqual([]);
  });
});

describe("a node group", () => {
  const create = { request: "createNodeGroup", id: "g", description: "" } as const;

  test("is made and changed by managers, each other's too", () => {
    const operations = new TestOperations();
    operations.node("a");
    expect(operations.code("operator", create)).toBe("InsufficientPermissions");
    expect(operations.code("manager", create)).toBe("done");
    const add = { request: "addGroupNode", nodeGroup: "g", node: "a" } as const;
    expect(operations.code("other", add)).toBe("done");
    expect(operations.code("other", add)).toBe("AlreadyMember");
    expect(operations.code("other", { ...add, node: "x" })).toBe("NodeNotFound");
    expect(operations.code("other", create)).toBe("NodeGroupExists");
  });

  test("is copied with its nodes and attributes", () => {
    const operations = new TestOperations();
    operations.node("a");
    operations.must("manager", create);
    operations.must("manager", { request: "addGroupNode", nodeGroup: "g", node: "a" });
    operations.must("manager", { request: "setAttribute", nodeGroup: "g", key: "K", value: "v" });
    operations.must("other", { request: "copyNodeGroup", nodeGroup: "g", newId: "h" });
    expect(operations.fleet.nodeGroups.find("h")).toMatchObject({
      nodes: [1],
      attributes: { K: "v" },
      owner: 3,
    });
  });

  test("has attributes that a script can hold: no control characters, no key of another meaning", () => {
    const operations = new TestOperations();
    operations.must("manager", create);
    const set = (key: string, value: string) =>
      operations.code("manager", { request: "setAttribute", nodeGroup: "g", key, value });
    expect(set("TOMCAT_HOME", "/home/tomcat; rm -rf $(x)")).toBe("done");
    for (const value of ["a\nb", "a\u0000", "\u001b[2J", "a\tb", "x".repeat(4097)]) {
      expect(set("A", value)).toBe("InvalidPropertyValue");
    }
    for (const key of ["NODE_ID", "1A", "A B", ""])
      expect(set(key, "v")).toBe("InvalidPropertyValue");
    const remove = (key: string) =>
      operations.code("manager", { request: "removeAttribute", nodeGroup: "g", key });
    expect([remove("A"), remove("TOMCAT_HOME")]).toEqual(["AttributeNotFound", "done"]);
  });

  test("is kept while it is a target", () => {
    const operations = new TestOperations();
    operations.node("a");
    operations.must("manager", create);
    operations.definition("t", ["a"]);
    const targets = { nodes: [], nodeGroups: ["g"] };
    operations.must("owner", { request: "addTargets", definition: "t", targets });
    const remove = { request: "deleteNodeGroup", nodeGroup: "g" } as const;
    expect(operations.code("manager", remove)).toBe("ObjectInUse");
    operations.must("owner", { request: "removeTargets", definition: "t", targets });
    expect(operations.code("manager", remove)).toBe("done");
  });
});

import { describe, expect, test } from "bun:test";
import { TestOperations } from "../testOperations.ts";

const PROFILE = { name: "Kim", phone: "010", email: "k@x", description: "" };
const CREATE = {
  request: "createUser",
  id: "kim",
  profile: PROFILE,
  passwordHash: "$argon2id$",
} as const;
const edit = (user: string, more: object = {}) =>
  ({ request: "editUser", user, profile: {}, ...more }) as const;

describe("an account", () => {
  test("that people make themselves is a disabled guest's until an administrator changes that", () => {
    const operations = new TestOperations();
    expect(operations.code(null, CREATE)).toBe("done");
    expect(operations.fleet.users.find("kim")).toMatchObject({
      role: 3,
      status: "disable",
      createdBy: null,
    });
    expect(operations.code(null, { ...CREATE, id: "KIM" })).toBe("UserExists");
    const enable = edit("kim", { role: 2, status: "enable" });
    expect(operations.code("manager", enable)).toBe("InsufficientPermissions");
    expect(operations.code("kim", enable)).toBe("InsufficientPermissions");
    expect(operations.code("admin", enable)).toBe("done");
    expect(operations.fleet.users.find("kim")).toMatchObject({ role: 2, status: "enable" });
  });

  test("is edited by its user, except for its rights", () => {
    const operations = new TestOperations();
    const profile = { name: "New" };
    expect(operations.code("guest", edit("guest", { profile, newId: "visitor" }))).toBe("done");
    expect(operations.fleet.users.find("visitor")?.name).toBe("New");
    expect(operations.code("operator", edit("visitor", { profile }))).toBe(
      "InsufficientPermissions",
    );
    expect(operations.code("visitor", edit("visitor", { role: 0 }))).toBe(
      "InsufficientPermissions",
    );
    expect(operations.code("visitor", edit("visitor", { newId: "admin" }))).toBe("UserExists");
    const password = { request: "setPassword", user: "visitor", passwordHash: "h" } as const;
    expect(operations.code("visitor", password)).toBe("done");
    expect(operations.code("manager", password)).toBe("InsufficientPermissions");
    expect(operations.code("admin", password)).toBe("done");
  });

  test("of the last administrator stays one", () => {
    const operations = new TestOperations();
    expect(operations.code("admin", edit("admin", { role: 1 }))).toBe("LastAdministrator");
    expect(operations.code("admin", edit("admin", { status: "disable" }))).toBe(
      "LastAdministrator",
    );
    const remove = { request: "deleteUser", user: "admin" } as const;
    expect(operations.code("admin", remove)).toBe("LastAdministrator");
    operations.must("admin", edit("manager", { role: 0 }));
    expect(operations.code("manager", remove)).toBe("done");
  });

  test("that owns something is not deleted; one in groups leaves them", () => {
    const operations = new TestOperations();
    operations.must("owner", { request: "createUserGroup", id: "g", description: "" });
    operations.must("owner", { request: "addGroupUser", userGroup: "g", user: "guest" });
    expect(operations.ask("admin", { request: "deleteUser", user: "owner" })).toMatchObject({
      error: { code: "ObjectInUse", message: expect.stringContaining("user group g") },
    });
    operations.must("admin", { request: "deleteUser", user: "guest" });
    expect(operations.fleet.userGroups.find("g")?.users).toEqual([]);
  });
});

describe("a user group", () => {
  test("is changed by its owner and administrators, and kept while it may run something", () => {
    const operations = new TestOperations();
    operations.node("a");
    const create = { request: "createUserGroup", id: "g", description: "" } as const;
    expect(operations.code("guest", create)).toBe("InsufficientPermissions");
    expect(operations.code("operator", create)).toBe("done");
    const add = { request: "addGroupUser", userGroup: "g", user: "guest" } as const;
    expect(operations.code("owner", add)).toBe("InsufficientPermissions");
    expect(operations.code("operator", add)).toBe("done");
    expect(operations.code("operator", add)).toBe("AlreadyMember");
    const handOn = { request: "editUserGroup", userGroup: "g", owner: "owner" } as const;
    expect(operations.code("operator", handOn)).toBe("done");
    expect(operations.code("operator", { ...add, request: "removeGroupUser" })).toBe(
      "InsufficientPermissions",
    );
    operations.definition("t", ["a"]);
    const runners = { users: [], userGroups: ["g"], definitions: [] };
    operations.must("owner", { request: "addRunners", definition: "t", runners });
    const remove = { request: "deleteUserGroup", userGroup: "g" } as const;
    expect(operations.code("owner", remove)).toBe("ObjectInUse");
    operations.must("owner", { request: "removeRunners", definition: "t", runners });
    expect(operations.code("owner", remove)).toBe("done");
  });
});

import { describe, expect, test } from "bun:test";
import { SCRIPT, TestOperations } from "../testOperations.ts";

const NEW = {
  request: "createDefinition",
  id: "t",
  description: "",
  content: { script: SCRIPT, osUser: null },
} as const;

function created(): TestOperations {
  const operations = new TestOperations();
  operations.node("a");
  operations.must("owner", NEW);
  return operations;
}

function approvalOf(operations: TestOperations, id = "t"): unknown {
  return operations.fleet.definitions.find(id)?.approval;
}

const ask = (approver?: string) =>
  ({
    request: "requestApproval",
    definition: "t",
    reason: "new",
    ...(approver === undefined ? {} : { approver }),
  }) as const;
const ACCEPT = { request: "acceptApproval", definition: "t" } as const;
const REJECT = { request: "rejectApproval", definition: "t", reason: "rm" } as const;
const EDIT = { request: "editDefinition", definition: "t", content: { osUser: "oracle" } } as const;

describe("a definition", () => {
  test("is its creator's, switched off in every way, and not of an id that there is", () => {
    const operations = created();
    const record = operations.fleet.definitions.find("T");
    expect(record?.working).toMatchObject({ byOnDemand: false, byScheduler: false, byTask: false });
    expect(record).toMatchObject({ revision: 0, owner: 4, approval: { state: "none" } });
    expect(operations.code("operator", { ...NEW, id: "T" })).toBe("DefinitionExists");
    expect(operations.code("guest", { ...NEW, id: "u" })).toBe("InsufficientPermissions");
  });

  test("is changed by its owner, who can hand it on, and by administrators", () => {
    const operations = created();
    for (const other of ["operator", "manager", "guest"]) {
      expect(operations.code(other, EDIT)).toBe("InsufficientPermissions");
    }
    expect(operations.code("admin", EDIT)).toBe("done");
    const handOn = { ...EDIT, content: {}, owner: "operator", newId: "renamed" };
    expect(operations.code("owner", handOn)).toBe("done");
    expect(operations.code("owner", { ...EDIT, definition: "renamed" })).toBe(
      "InsufficientPermissions",
    );
    expect(operations.code("operator", { ...EDIT, definition: "renamed" })).toBe("done");
    expect(operations.code("owner", EDIT)).toBe("DefinitionNotFound");
  });

  test("names only what there is, each once", () => {
    const operations = created();
    const targets = { nodes: ["a"], nodeGroups: [] };
    const add = { request: "addTargets", definition: "t", targets } as const;
    expect(operations.code("owner", add)).toBe("done");
    expect(operations.code("owner", add)).toBe("AlreadyMember");
    const some = { nodes: ["a", "x"], nodeGroups: [] };
    expect(operations.code("owner", { ...add, request: "removeTargets", targets: some })).toBe(
      "NodeNotFound",
    );
    expect(operations.fleet.definitions.find("t")?.working.targets.nodes).toEqual([1]);
    const runners = { users: ["nobody"], userGroups: [], definitions: [] };
    expect(operations.code("owner", { request: "addRunners", definition: "t", runners })).toBe(
      "UserNotFound",
    );
    const none = { request: "removeSchedule", definition: "t", schedule: "s" } as const;
    expect(operations.code("owner", none)).toBe("ScheduleNotFound");
  });

  test("that others name, or that runs, is not deleted", () => {
    const operations = new TestOperations();
    operations.node("a");
    operations.definition("second", ["a"]);
    operations.definition("first", ["a"], { nextTask: "second" });
    const remove = (definition: string) => ({ request: "deleteDefinition", definition }) as const;
    expect(operations.code("owner", remove("second"))).toBe("ObjectInUse");
    operations.run("owner", "first");
    expect(operations.code("owner", remove("first"))).toBe("ObjectInUse");
    operations.end(1, 1);
    expect(operations.code("owner", remove("first"))).toBe("done");
    expect(operations.code("owner", remove("second"))).toBe("done");
  });
});

describe("approval", () => {
  test("gives each accepted working copy the next revision, and none to a rejected one", () => {
    const operations = created();
    operations.must("owner", ask("manager"));
    expect(operations.must("manager", ACCEPT)).toEqual({ ok: true, revision: 1 });
    operations.must("owner", EDIT);
    expect(approvalOf(operations)).toEqual({ state: "none" });
    operations.must("owner", ask("manager"));
    operations.must("manager", REJECT);
    expect(approvalOf(operations)).toMatchObject({ state: "rejected", rejectReason: "rm" });
    expect(operations.fleet.definitions.find("t")?.revision).toBe(1);
    operations.must("owner", ask("manager"));
    expect(operations.must("manager", ACCEPT)).toEqual({ ok: true, revision: 2 });
    expect(operations.fleet.newRevisions.map(({ revision }) => revision)).toEqual([1, 2]);
  });

  test("is the named approver's, or an administrator's for them", () => {
    const operations = created();
    operations.must("owner", ask("manager"));
    for (const other of ["other", "operator", "owner", "guest"]) {
      expect(operations.code(other, ACCEPT)).toBe("InsufficientPermissions");
    }
    expect(operations.code("admin", ACCEPT)).toBe("done");
    expect(approvalOf(operations)).toMatchObject({ state: "approved", approver: 1 });
  });

  test("takes a second person, whatever their role, unless the server allows otherwise", () => {
    const operations = new TestOperations();
    operations.must("admin", NEW);
    operations.must("admin", ask("admin"));
    expect(operations.code("admin", ACCEPT)).toBe("SelfApproval");
    Object.assign(operations.fleet.settings, { allowsSelfApproval: true });
    expect(operations.code("admin", ACCEPT)).toBe("done");
    Object.assign(operations.fleet.settings, { allowsSelfApproval: false });
  });

  test("is withdrawn by an edit, as the approver was shown something else", () => {
    const operations = created();
    operations.must("owner", ask("manager"));
    operations.must("owner", EDIT);
    expect(operations.code("manager", ACCEPT)).toBe("InsufficientPermissions");
    expect(operations.code("admin", ACCEPT)).toBe("ApprovalNotRequested");
  });

  test("is asked of managers who can log in, by the owner, for what is new", () => {
    const operations = created();
    expect(operations.code("owner", ask())).toBe("MissingRequiredProperty");
    expect(operations.code("owner", ask("operator"))).toBe("InvalidPropertyValue");
    expect(operations.code("owner", ask("nobody"))).toBe("UserNotFound");
    expect(operations.code("admin", ask("manager"))).toBe("InsufficientPermissions");
    operations.must("owner", { ...EDIT, content: {}, approver: "manager" });
    expect(operations.code("owner", ask())).toBe("done");
    operations.must("manager", ACCEPT);
    expect(operations.code("owner", ask())).toBe("NothingToApprove");
  });
});

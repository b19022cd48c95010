import { expect, test } from "bun:test";
import { SCRIPT, TestOperations } from "../testOperations.ts";

const RM = { request: "setRestrictedCommand", word: "rm", class: "forbidden" } as const;
const SCRIPT_TEXT = { sha256: SCRIPT.sha256, text: "#!/bin/sh\ndf -h; rm -r x\n" };

function created(): TestOperations {
  const operations = new TestOperations();
  operations.must("owner", {
    request: "createDefinition",
    id: "t",
    description: "",
    content: { script: SCRIPT, osUser: null },
  });
  return operations;
}

const ASK = {
  request: "requestApproval",
  definition: "t",
  approver: "manager",
  reason: "",
} as const;
const ACCEPT = { request: "acceptApproval", definition: "t" } as const;

test("the list is changed by administrators alone", () => {
  const operations = new TestOperations();
  for (const other of ["manager", "owner", "guest"]) {
    expect(operations.code(other, RM)).toBe("InsufficientPermissions");
  }
  operations.must("admin", { ...RM, description: "deletes" });
  operations.must("admin", { ...RM, class: "risk" });
  const record = operations.fleet.restrictedCommands.find("rm");
  expect(record).toMatchObject({ class: "risk", description: "deletes", updatedBy: 1 });
  expect(operations.code("admin", { ...RM, word: "rm -r" })).toBe("InvalidPropertyValue");
  const remove = { request: "removeRestrictedCommand", word: "rm" } as const;
  expect(operations.code("admin", { ...remove, word: "RM" })).toBe("RestrictedCommandNotFound");
  operations.must("admin", remove);
  expect(operations.code("admin", remove)).toBe("RestrictedCommandNotFound");
});

test("a forbidden command refuses the request, and the acceptance when it was forbidden later", () => {
  const operations = created();
  operations.must("admin", RM);
  const refused = operations.ask("owner", { ...ASK, script: SCRIPT_TEXT });
  expect(refused).toMatchObject({
    error: {
      code: "ForbiddenCommand",
      message:
        "Expected a script without forbidden commands, and diskusage.sh of task t has rm (line 2, column 8).",
    },
  });
  expect(operations.fleet.definitions.find("t")?.approval).toEqual({ state: "none" });
  operations.must("admin", { ...RM, class: "risk" });
  operations.must("owner", { ...ASK, script: SCRIPT_TEXT });
  operations.must("admin", RM);
  expect(operations.code("manager", { ...ACCEPT, script: SCRIPT_TEXT })).toBe("ForbiddenCommand");
  expect(operations.fleet.definitions.find("t")?.revision).toBe(0);
  operations.must("admin", { ...RM, class: "risk" });
  operations.must("manager", { ...ACCEPT, script: SCRIPT_TEXT });
});

test("only the script of the working copy is proof of anything", () => {
  const operations = created();
  // Where nothing is restricted, none needs to be read.
  operations.must("owner", ASK);
  operations.must("admin", { ...RM, word: "dd" });
  expect(operations.code("manager", ACCEPT)).toBe("ConditionNotMet");
  const other = { sha256: "f".repeat(64), text: "true" };
  expect(operations.code("manager", { ...ACCEPT, script: other })).toBe("ConditionNotMet");
  operations.must("manager", { ...ACCEPT, script: SCRIPT_TEXT });
});

import { expect, test } from "bun:test";
import { checkDemo, type DemoFacts, type FleetFacts } from "./demoCheck.ts";

const NODES = ["a", "b"];
const firstLine = (nodeId: string) => `disk on ${nodeId}`;

function factsWith(fleet: Partial<FleetFacts>): DemoFacts {
  return {
    taskIds: ["t"],
    files: new Map([["a", "a tasks:\n  t\n"]]),
    exitCodes: [{ nodeId: "a", preparation: 0, release: 0 }],
    filesLeft: [],
    results: ["success"],
    fleet: {
      instances: [{ number: 1, result: "success", runner: "bumbee(user)" }],
      firstLine,
      nodes: NODES.map((nodeId) => nodeOf(nodeId, {})),
      ...fleet,
    },
  };
}

function nodeOf(nodeId: string, parts: Partial<FleetFacts["nodes"][number]>) {
  const stdout = `${firstLine(nodeId)}\nhead\nrow\n`;
  return { nodeId, status: "complete", exitCode: 0, stdout, ...parts };
}

test("a demo whose fleet run went well has no problems", () => {
  expect(checkDemo(factsWith({}))).toEqual([]);
});

test("whatever differs in the fleet run is a problem", () => {
  const wrong: Partial<FleetFacts>[] = [
    { instances: [] },
    { instances: [{ number: 1, result: "fail", runner: "bumbee(user)" }] },
    { instances: [{ number: 1, result: "success", runner: "admin(user)" }] },
    { nodes: [nodeOf("a", {})] },
    { nodes: [nodeOf("a", {}), nodeOf("b", { status: "fail" })] },
    { nodes: [nodeOf("a", {}), nodeOf("b", { exitCode: 3 })] },
    { nodes: [nodeOf("a", {}), nodeOf("b", { stdout: "disk on a\nhead\nrow\n" })] },
    { nodes: [nodeOf("a", {}), nodeOf("b", { stdout: "disk on b\n" })] },
  ];
  for (const fleet of wrong) expect(checkDemo(factsWith(fleet))).toHaveLength(1);
});

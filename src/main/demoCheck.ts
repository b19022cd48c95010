/** What the demo saw. */
export interface DemoFacts {
  readonly taskIds: readonly string[];
  /** The file in each node's shared directory, by node id. */
  readonly files: ReadonlyMap<string, string>;
  readonly exitCodes: {
    nodeId: string;
    preparation: number | undefined;
    release: number | undefined;
  }[];
  /** Nodes on which the file was still there after the release. */
  readonly filesLeft: readonly string[];
  readonly results: readonly (string | undefined)[];
  readonly fleet: FleetFacts;
}

/** What became of the fleet run. */
export interface FleetFacts {
  readonly instances: readonly { number: number; result: string; runner: string }[];
  /** What the script writes first on a node. */
  readonly firstLine: (nodeId: string) => string;
  readonly nodes: readonly {
    nodeId: string;
    status: string;
    exitCode: number | undefined;
    stdout: string;
  }[];
}

/** Everything in which the demo differs from what it should be; empty when nothing does. */
export function checkDemo(facts: DemoFacts): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  const seen: string[] = [];
  for (const [nodeId, text] of facts.files) {
    const [first, ...rest] = text.trimEnd().split("\n");
    expect(first === `${nodeId} tasks:`, `expected "${nodeId} tasks:" first, got "${first}"`);
    seen.push(...rest.map((line) => line.trim()));
  }
  expect(facts.files.size > 0, "expected the file on a node at least, got none");
  const wanted = [...facts.taskIds].sort().join(" ");
  expect(
    seen.sort().join(" ") === wanted,
    `expected each task once (${wanted}), got ${seen.join(" ")}`,
  );
  expect(
    facts.exitCodes.length === facts.files.size,
    "expected one status entry per node that ran tasks",
  );
  for (const { nodeId, preparation, release } of facts.exitCodes) {
    expect(preparation === 0, `expected prep exit code 0 on ${nodeId}, got ${preparation}`);
    expect(release === 0, `expected release exit code 0 on ${nodeId}, got ${release}`);
  }
  expect(
    facts.filesLeft.length === 0,
    `expected no file after the release, got it on ${facts.filesLeft.join(", ")}`,
  );
  expect(
    facts.results.length === facts.taskIds.length &&
      facts.results.every((result) => result === "success"),
    `expected ${facts.taskIds.length} successes, got ${facts.results.join(", ")}`,
  );
  return [...problems, ...checkFleet(facts.fleet)];
}

function checkFleet({ instances, firstLine, nodes }: FleetFacts): string[] {
  const problems: string[] = [];
  const [instance, ...others] = instances;
  if (
    others.length > 0 ||
    instance?.number !== 1 ||
    instance.result !== "success" ||
    instance.runner !== "bumbee(user)"
  ) {
    const got = JSON.stringify(instances);
    problems.push(`expected task instance 1 alone, run by bumbee with success, got ${got}`);
  }
  if (nodes.length !== 2) problems.push(`expected two nodes in the fleet run, got ${nodes.length}`);
  for (const { nodeId, status, exitCode, stdout } of nodes) {
    if (status !== "complete" || exitCode !== 0) {
      problems.push(
        `expected ${nodeId} to be complete with exit code 0, got ${status} ${exitCode}`,
      );
    }
    const [first, ...rest] = stdout.trimEnd().split("\n");
    if (first !== firstLine(nodeId)) {
      problems.push(`expected "${firstLine(nodeId)}" from ${nodeId}, got "${first}"`);
    }
    if (rest.length < 2) problems.push(`expected df's table from ${nodeId}, got "${rest.join()}"`);
  }
  return problems;
}

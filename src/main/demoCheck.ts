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
  return problems;
}

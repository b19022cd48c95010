import { test } from "bun:test";
import fc from "fast-check";
import { ACTIONS, type Action, TestWorld, WEIGHTS } from "./testWorld.ts";

const action = fc.oneof(
  ...ACTIONS.map((name) => ({ weight: WEIGHTS[name] * 2, arbitrary: fc.constant<Action>(name) })),
);
const actions = fc.array(fc.tuple(action, fc.nat(1_000_000)), {
  minLength: 20,
  maxLength: 400,
  size: "max",
});

/**
 * What the world checks at every action: no execution is started twice or too late; a directory has one user at a
 * time; what was accepted stays in the journal; an execution has one result; nothing that runs is forgotten; the
 * journal, compacted or not, gives the live machine. After the last fault: every result arrives, every removal is
 * confirmed, stubborn processes are dead, every directory goes. Of groups besides: no member is started more often than
 * its policy and people allow, or out of its order, or beside a failed sibling; poststop members run in any case.
 */
test("whatever crashes, nothing is lost and nothing is started twice", () => {
  fc.assert(
    fc.property(actions, (chosen) => {
      const world = new TestWorld();
      world.act("connect", 1);
      for (const [name, pick] of chosen) world.act(name, pick);
      world.drain();
      world.outlast();
    }),
    { numRuns: 300 },
  );
  // Far more than it takes on a busy machine.
}, 60_000);

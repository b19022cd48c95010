import { expect, test } from "bun:test";
import type { AllocationState, MemberState } from "../../model/allocation.ts";
import type { MemberSpec } from "../../model/group.ts";
import { aMember } from "../../placement/testGroup.ts";
import type { Reply } from "../input.ts";
import { GroupFleet, groupJob, memberState } from "./testGroups.ts";

const TASK = "example.cache[0]";
const INIT = aMember({ name: "init", lifecycle: { hook: "prestart", sidecar: false } });
const PROXY = aMember({ name: "proxy", lifecycle: { hook: "prestart", sidecar: true } });
const WEB = aMember({ name: "web" });
const CLEANUP = aMember({ name: "cleanup", lifecycle: { hook: "poststop", sidecar: false } });

const DEAD = { state: "dead", finishedAt: 2 } as const;
const NOT_BEGUN = { state: "pending", startedAt: null } as const;
const WAITS = { state: "pending", nextAt: 900_000 } as const;

interface Asked {
  readonly reply: Reply;
  /** What the node is told. */
  readonly told: readonly object[];
}

/** Asks for a restart of an execution whose node has told how its members are. */
function asked(
  members: readonly (readonly [MemberSpec, Partial<MemberState>])[],
  wish: { readonly member?: string; readonly dead?: boolean } = {},
  state: Partial<AllocationState> = {},
): Asked {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ members: members.map(([spec]) => spec) }));
  const order = fleet.start();
  const states = members.map(([spec, parts]) => memberState({ member: spec.name, ...parts }));
  fleet.says(order, { members: states, ...state });
  const { member = null, dead = false } = wish;
  const reply = fleet.send({ kind: "restartExecution", execution: 1, member, dead });
  const told = fleet.effects.filter(({ effect }) => effect === "restart");
  return { reply, told };
}

const TO_NODE = { effect: "restart", node: 1, execution: 1 };

test("what runs is restarted, and what waits for its restart, too", () => {
  for (const state of [{}, WAITS]) {
    expect(asked([[WEB, state]], { member: "web" })).toEqual({
      reply: { ok: true },
      told: [{ ...TO_NODE, member: "web", dead: false }],
    });
  }
  const { told } = asked([
    [INIT, DEAD],
    [PROXY, {}],
    [WEB, WAITS],
  ]);
  expect(told).toEqual([{ ...TO_NODE, member: null, dead: false }]);
});

test("what has ended is restarted only with all that have", () => {
  const members = [
    [INIT, DEAD],
    [WEB, {}],
  ] as const;
  const { reply, told } = asked(members, { member: "init" });
  expect(reply).toMatchObject({
    ok: false,
    error: {
      code: "TaskNotRunning",
      message: expect.stringMatching(
        /^Nothing to restart of execution \S+ of example\.cache\[0\]: init has ended\.$/,
      ),
      fix: "To run all its tasks in their order anew, also those that have ended, ask with `dead`: true.",
    },
  });
  expect(told).toEqual([]);
  expect(asked(members, { dead: true }).told).toEqual([{ ...TO_NODE, member: null, dead: true }]);
  expect(asked(members, { member: "init", dead: true }).told).toHaveLength(1);
});

test("what has not begun, or comes when all others are over, is not restarted", () => {
  const members = [
    [WEB, NOT_BEGUN],
    [CLEANUP, NOT_BEGUN],
  ] as const;
  for (const wish of [{}, { member: "web" }, { dead: true }]) {
    const { reply, told } = asked(members, wish);
    expect(reply).toMatchObject({ ok: false, error: { code: "TaskNotRunning" } });
    expect(told).toEqual([]);
  }
  const text = "web has not started yet, cleanup runs when all others have ended.";
  const { reply } = asked(members);
  expect(reply).toMatchObject({ error: { message: expect.stringContaining(text) } });
});

test("before its node has told of it, and while that is away, nothing is restarted", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ members: [WEB] }));
  fleet.start();
  const wish = { kind: "restartExecution", execution: 1, member: null, dead: false } as const;
  expect(fleet.send(wish)).toMatchObject({
    error: { message: expect.stringContaining("its node has not begun it yet") },
  });
  expect(fleet.send({ ...wish, member: "db" })).toMatchObject({
    error: { code: "InvalidPropertyValue", message: expect.stringContaining("it has web.") },
  });
  fleet.pass(62_000, ["n1"]);
  expect(fleet.send(wish)).toMatchObject({ ok: false });
  expect(fleet.effects.filter(({ effect }) => effect === "restart")).toEqual([]);
});

const ENDINGS: readonly (readonly [string, Parameters<typeof asked>])[] = [
  [
    ": init failed.",
    [
      [
        [INIT, { ...DEAD, failed: true }],
        [WEB, {}],
      ],
      { dead: true },
    ],
  ],
  [
    ": its leader web has ended.",
    [
      [
        [aMember({ name: "web", leader: true }), DEAD],
        [PROXY, {}],
      ],
    ],
  ],
  [
    ": its main tasks have ended.",
    [
      [
        [PROXY, {}],
        [WEB, DEAD],
      ],
      { dead: true },
    ],
  ],
  [
    ": all its tasks have ended.",
    [
      [
        [WEB, DEAD],
        [CLEANUP, {}],
      ],
      { dead: true },
    ],
  ],
  [": Exceeded it.", [[[WEB, {}]], {}, { description: "Exceeded it" }]],
] as const;
for (const [text, given] of ENDINGS) {
  test(`what ends is not restarted${text}`, () => {
    const { reply, told } = asked(...given);
    expect(reply).toMatchObject({
      ok: false,
      error: {
        code: "TaskNotRunning",
        message: `The execution of ${TASK} is being stopped${text}`,
      },
    });
    expect(told).toEqual([]);
  });
}

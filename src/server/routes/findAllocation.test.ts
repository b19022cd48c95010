import { expect, test } from "bun:test";
import { allocationId, executionsBeginning } from "../../model/allocationId.ts";
import type { ServerContext } from "./context.ts";
import { findAllocation } from "./findAllocation.ts";
import { Refusal } from "./refusal.ts";

/** Of a store with this newest execution, of which some are allocations of the job `web`; counts what is read. */
function contextOf(newest: number, allocations: ReadonlySet<number>) {
  const reads = { executions: 0 };
  const executionOf = (number: number) => ({
    number,
    task: 1,
    job: 1,
    state: "assigned",
    ...(allocations.has(number) ? { allocation: { id: allocationId(number) } } : {}),
  });
  const store = {
    listExecutions: async () => ({ items: [executionOf(newest)], cursor: null }),
    readExecution: async (number: number) => {
      reads.executions += 1;
      return executionOf(number);
    },
    readTasksByNumber: async () => [{ id: "web.app[0]" }],
    readJobsByNumber: async () => [{ spec: { id: "web" } }],
  };
  return { context: { store } as unknown as ServerContext, reads };
}

async function refusalOf(context: ServerContext, given: string): Promise<Refusal["detail"]> {
  try {
    await findAllocation(context, given);
  } catch (error) {
    if (error instanceof Refusal) return error.detail;
    throw error;
  }
  throw new Error(`Expected a refusal of ${given}.`);
}

const NEWEST = 10_000;
const [first = 0, second = 0, third = 0] = executionsBeginning("ab", NEWEST) ?? [];

test("the only allocation that begins so is found, whatever else of other jobs does", async () => {
  const { context } = contextOf(NEWEST, new Set([second]));
  expect((await findAllocation(context, "ab")).execution.number).toBe(second);
  expect((await findAllocation(context, "AB")).execution.number).toBe(second);
  expect((await refusalOf(context, "cd")).code).toBe("ExecutionNotFound");
});

test("several that begin so are listed, the newest first", async () => {
  const { context } = contextOf(NEWEST, new Set([first, second, third]));
  const { code, message } = await refusalOf(context, "ab");
  expect(code).toBe("AmbiguousId");
  expect(message.split("\n")).toEqual([
    'Expected how the id of one allocation begins and got "ab", as several do:',
    ...[first, second, third].map((number) => `${allocationId(number)} (web, web.app[0], pending)`),
  ]);
  const many = new Set(Array.from({ length: NEWEST }, (_, index) => index + 1));
  const cut = await refusalOf(contextOf(NEWEST, many).context, "ab");
  expect(cut.message.split("\n")).toHaveLength(12);
  expect(cut.message).toEndWith("\nand more");
});

test("among very many executions a short beginning is not looked through to its end", async () => {
  const { context, reads } = contextOf(1_000_000, new Set([first]));
  expect((await refusalOf(context, "ab")).code).toBe("AmbiguousId");
  expect(reads.executions).toBe(1_000);
  const { execution } = await findAllocation(context, allocationId(first).slice(0, 7));
  expect(execution.number).toBe(first);
});

test("a number is taken for an execution of a task that is in no group, too", async () => {
  const { context } = contextOf(NEWEST, new Set());
  expect((await refusalOf(context, "71")).fix).toEndWith("GET /api/v1/executions/71.");
});

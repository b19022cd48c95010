import {
  allocationId,
  executionOfAllocation,
  executionsBeginning,
} from "../../model/allocationId.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { FoundAllocation } from "../views/allocation.ts";
import { clientStatusOf } from "../views/clientStatus.ts";
import type { ServerContext } from "./context.ts";
import { refuse } from "./refusal.ts";

/** Executions of any kind that are read to find out whether a beginning of an id is one allocation's. */
const EXECUTIONS_READ = 1_000;
/** Of several that begin so. */
const MATCHES_SHOWN = 10;

/** The allocation of an id, or of a beginning that no other has. Throws a refusal that lists those that begin so. */
export async function findAllocation(
  context: ServerContext,
  given: string,
): Promise<FoundAllocation> {
  const number = executionOfAllocation(given) ?? (await onlyOne(context, given));
  const found = number === null ? null : await readAllocation(context, number);
  if (found !== null) return found;
  throw refuse(
    "ExecutionNotFound",
    `Expected the id of an allocation, or how it begins with at least two digits, and there is none of ${JSON.stringify(given)}.`,
    fixFor(given),
  );
}

function fixFor(given: string): string {
  const fix = "See the ids with GET /api/v1/jobs/JOB/allocations.";
  const isNumber = /^\d{1,10}$/.test(given);
  return isNumber ? `${fix} The execution of this number: GET /api/v1/executions/${given}.` : fix;
}

async function readAllocation(
  context: ServerContext,
  number: ExecutionNumber,
): Promise<FoundAllocation | null> {
  const execution = await context.store.readExecution(number);
  if (execution?.allocation === undefined) return null;
  const { allocation } = execution;
  const [task] = await context.store.readTasksByNumber([execution.task]);
  const [job] = await context.store.readJobsByNumber([execution.job]);
  if (task === undefined || job === undefined) return null;
  return { job, task, execution, allocation };
}

/** Null: none begins so. */
async function onlyOne(context: ServerContext, prefix: string): Promise<ExecutionNumber | null> {
  const page = { limit: 1, cursor: null, order: "descending" } as const;
  const [newest] = (await context.store.listExecutions({}, page)).items;
  const candidates = executionsBeginning(prefix, newest?.number ?? 0);
  if (candidates === null) return null;
  const matches: FoundAllocation[] = [];
  for (const number of candidates.slice(0, EXECUTIONS_READ)) {
    const found = await readAllocation(context, number);
    if (found !== null) matches.push(found);
    if (matches.length > MATCHES_SHOWN) break;
  }
  const [only] = matches;
  if (matches.length > 1) throw ambiguous(prefix, matches);
  if (candidates.length > EXECUTIONS_READ) {
    throw refuse(
      "AmbiguousId",
      `Expected how the id of one allocation begins and got "${prefix}", as ${candidates.length} executions begin.`,
      "Write more digits of the id.",
    );
  }
  return only?.execution.number ?? null;
}

function ambiguous(prefix: string, matches: readonly FoundAllocation[]) {
  const lines = matches.slice(0, MATCHES_SHOWN).map(({ execution, job, task }) => {
    const id = allocationId(execution.number);
    return `${id} (${job.spec.id}, ${task.id}, ${clientStatusOf(execution)})`;
  });
  const more = matches.length > MATCHES_SHOWN ? ["and more"] : [];
  return refuse(
    "AmbiguousId",
    `Expected how the id of one allocation begins and got "${prefix}", as several do:\n${[...lines, ...more].join("\n")}`,
    "Write more digits of the id.",
  );
}

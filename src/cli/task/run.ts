import type { Client } from "../../client/client.ts";
import { splitCommandLine } from "../../model/commandLine.ts";
import { givenOf } from "../command/keyValue.ts";
import { EXIT, UsageError } from "../failure.ts";
import { printDone, printJson } from "../output/json.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";
import { followInstance } from "../taskinstance/follow.ts";
import { printNodes } from "../taskinstance/nodeTable.ts";
import { type RollingOptions, rollingOf } from "./rolling.ts";

export interface TaskRunOptions extends RollingOptions {
  readonly id: string;
  readonly nodeId: readonly string[];
  readonly argument: string | undefined;
  readonly follow: boolean;
}

export async function run(session: Session, options: TaskRunOptions): Promise<number> {
  const { id, nodeId, argument = "", follow } = options;
  const body = {
    ...(nodeId.length === 0 ? {} : { nodeIds: [...nodeId] }),
    arguments: wordsOf(argument),
    ...givenOf({ rolling: rollingOf(options) }),
  };
  const client = await session.client();
  const started = await client.definitions.run(id, body);
  const said = `task-instance #${started.number} has been created successfully.`;
  if (!follow) return await printDone(session, said, started);
  if (session.form === "box") await session.print(said);
  else await session.note(said);
  return await followed(session, client, started.number);
}

/** Words as a shell has them, and nothing else that a shell does. Throws UsageError for a quote that is not closed. */
function wordsOf(argument: string): string[] {
  if (argument.trim() === "") return [];
  const split = splitCommandLine(argument);
  if (split.ok) return [...split.words];
  throw new UsageError(`${split.reason} Given as -ag,--argument: ${argument}`);
}

async function followed(session: Session, client: Client, number: number): Promise<number> {
  const nodes = await followInstance(session, client, number);
  if (session.form === "json") await printJson(session, { number, items: nodes });
  else await printNodes(session, allRows(nodes, { limit: 0, offset: 0 }));
  return nodes.every(({ result }) => result === "success") ? EXIT.ok : EXIT.failed;
}

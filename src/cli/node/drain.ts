import type { Client } from "../../client/client.ts";
import { waitUntil } from "../../client/waitUntil.ts";
import { readDuration } from "../../jobfile/read/duration.ts";
import type { ApiBody } from "../../protocol/api/endpoint/table.ts";
import { CliError, UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { namedNode } from "./named.ts";

export interface NodeDrainOptions {
  readonly id: string;
  readonly enable: boolean;
  readonly disable: boolean;
  readonly deadline: string | undefined;
  readonly noDeadline: boolean;
  readonly force: boolean;
  readonly ignoreSystem: boolean;
  readonly keepIneligible: boolean;
  readonly monitor: boolean;
  readonly detach: boolean;
}

export async function run(session: Session, options: NodeDrainOptions): Promise<number> {
  const { enable, disable, monitor, detach, keepIneligible } = options;
  if ([enable, disable, monitor].filter(Boolean).length !== 1 && !(enable && monitor && !disable)) {
    throw new UsageError("Expected one of -enable, -disable and -monitor.");
  }
  const body = drainBody(options);
  const client = await session.client();
  const { id, drain } = await namedNode(client, options.id);
  if (disable) {
    const answer = await client.groups.stopDrain(id, keepIneligible);
    return await printDone(session, `${id}'s drain has been called off successfully.`, answer);
  }
  if (enable) {
    const answer = await client.groups.drain(id, body);
    const sentence = `${id}'s drain has been requested successfully.`;
    if (detach) return await printDone(session, sentence, answer);
    await session.note(sentence);
  }
  if (!enable && drain === undefined) {
    throw new CliError(`${id} is not being drained.`, {
      fix: `Begin it: stint node drain -enable ${id}; what runs there: stint node status ${id}.`,
    });
  }
  return await watchDrain(session, client, id);
}

type DrainBody = NonNullable<ApiBody<"POST /nodes/{nodeId}/drain">>;

/** Throws UsageError for deadlines that exclude each other. */
function drainBody(options: NodeDrainOptions): DrainBody {
  const { enable, deadline, noDeadline, force, ignoreSystem, keepIneligible } = options;
  const limits = [deadline !== undefined, noDeadline, force].filter(Boolean).length;
  if (limits > 1) throw new UsageError("Expected one of -deadline, -no-deadline and -force.");
  if (!enable && (limits > 0 || ignoreSystem)) {
    throw new UsageError(
      "Expected -deadline, -no-deadline, -force and -ignore-system with -enable.",
    );
  }
  if (enable && keepIneligible) throw new UsageError("Expected -keep-ineligible with -disable.");
  const system = ignoreSystem ? { ignoreSystemJobs: true } : {};
  if (noDeadline) return { ...system, deadlineMs: null };
  if (force) return { ...system, deadlineMs: 0 };
  return deadline === undefined ? system : { ...system, deadlineMs: deadlineMs(deadline) };
}

function deadlineMs(text: string): number {
  const read = readDuration(text);
  if (read.ok && read.ms > 0) return read.ms;
  throw new UsageError(`Expected a duration as 30m or 1h30m as -deadline and got "${text}".`);
}

async function watchDrain(session: Session, client: Client, id: string): Promise<number> {
  let told = "";
  const node = await waitUntil(
    async () => {
      const found = await client.nodes.get(id);
      const line = `${id}: ${found.runningTasksCount} running`;
      if (found.drain !== undefined && line !== told) await session.note(line);
      told = line;
      return found;
    },
    ({ drain }) => drain === undefined,
    { signal: session.signal },
  );
  return await printDone(session, `${id} is drained: nothing of groups runs there.`, node);
}

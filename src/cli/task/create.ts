import { givenOf } from "../command/keyValue.ts";
import { type SwitchLetter, switchOf } from "../command/people.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type RollingOptions, rollingOf } from "./rolling.ts";
import { storeScript } from "./scriptFile.ts";

export interface TaskContentOptions extends RollingOptions {
  readonly id: string;
  readonly execScheduler: SwitchLetter | undefined;
  readonly execOnDemand: SwitchLetter | undefined;
  readonly execTask: SwitchLetter | undefined;
  readonly startWithin: string | undefined;
  readonly nodeTimeout: string | undefined;
  readonly runTimeout: string | undefined;
  readonly asksAgain: SwitchLetter | undefined;
  readonly nextTask: string | undefined;
  readonly desc: string | undefined;
}

export interface TaskCreateOptions extends TaskContentOptions {
  readonly scriptFile: string;
  readonly osUser: string;
}

/** The fields of the API that the options name. */
export function contentOf(options: TaskContentOptions) {
  return {
    byScheduler: switchOf(options.execScheduler),
    byOnDemand: switchOf(options.execOnDemand),
    byTask: switchOf(options.execTask),
    startWithin: options.startWithin,
    nodeTimeout: orNone(options.nodeTimeout),
    runTimeout: orNone(options.runTimeout),
    asksAgain: options.asksAgain === undefined ? undefined : options.asksAgain === "E",
    nextTaskId: orNone(options.nextTask),
    description: options.desc,
  };
}

/** Nothing between quotes takes it away. */
export function orNone(given: string | undefined): string | null | undefined {
  return given === "" ? null : given;
}

export async function run(session: Session, options: TaskCreateOptions): Promise<number> {
  const { id, osUser, scriptFile } = options;
  const content = givenOf({ ...contentOf(options), rolling: rollingOf(options) });
  const client = await session.client();
  const script = await storeScript(session, client, scriptFile);
  const task = await client.definitions.create({
    id,
    script,
    osUser: orNone(osUser) ?? null,
    ...content,
  });
  return await printDone(session, `${id} has been created successfully.`, task);
}

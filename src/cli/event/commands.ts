import { action, type CommandObject } from "../command/action.ts";
import { list, number, text } from "../command/option.ts";
import { PAGING } from "../command/shared.ts";

const FILTER = {
  type: list("ty", "type", "Events of this type, as TaskStartEvent", "commas"),
  jobId: text("ji", "job-id", "Events of this job"),
  poolId: text("pi", "pool-id", "Events of this pool"),
};

export const EVENT: CommandObject = {
  summary: "Durable records of what happened",
  actions: {
    list: action({
      summary: "List the newest events, the newest last; with -af the first ones after it",
      options: {
        ...FILTER,
        after: number("af", "sequence", "The first events after this sequence number"),
        before: number("bf", "sequence", "The newest events before this sequence number", 1),
        limit: PAGING.limit,
      },
      load: async () => (await import("./list.ts")).run,
    }),
    follow: action({
      summary: "Print events as they happen, from now on or from -af on",
      options: {
        ...FILTER,
        after: number("af", "sequence", "Events after this sequence number"),
      },
      load: async () => (await import("./follow.ts")).run,
    }),
  },
};

import { ApiError } from "./apiError.ts";
import { auditCalls } from "./audit.ts";
import { definitionCalls } from "./definitions.ts";
import { type EventListQuery, type EventQuery, followEvents } from "./eventStream.ts";
import { groupCalls } from "./groups.ts";
import { instanceCalls } from "./instances.ts";
import { jobCalls } from "./jobs.ts";
import { nodeGroupCalls } from "./nodeGroups.ts";
import { nodeCalls } from "./nodes.ts";
import { peopleCalls } from "./people.ts";
import { poolCalls } from "./pools.ts";
import type { FollowOptions } from "./reconnect.ts";
import { repositoryCalls } from "./repository.ts";
import { restrictedCommandCalls } from "./restrictedCommands.ts";
import { systemCalls } from "./system.ts";
import { taskCalls } from "./tasks.ts";
import { type ClientOptions, Transport } from "./transport.ts";

export type Client = ReturnType<typeof createClient>;

/**
 * A typed client of the native API. Calls throw ApiError when the server refuses and ConnectionError when there is no
 * answer; nothing is sent again by itself. What is followed goes on by itself when the server is back.
 */
export function createClient(options: ClientOptions) {
  const transport = new Transport(options);
  return {
    pools: poolCalls(transport),
    nodes: nodeCalls(transport),
    jobs: jobCalls(transport),
    /** Jobs of groups, their executions, and drains. */
    groups: groupCalls(transport),
    nodeGroups: nodeGroupCalls(transport),
    ...peopleCalls(transport),
    ...definitionCalls(transport),
    /** Runs of task definitions. */
    instances: instanceCalls(transport),
    /** Temporary files that people and scripts share. */
    repository: repositoryCalls(transport),
    ...taskCalls(transport),
    ...systemCalls(transport),
    restrictedCommands: restrictedCommandCalls(transport),
    audit: auditCalls(transport),
    events: {
      list: (query: EventListQuery = {}) => transport.call("GET /events", { query }),
      follow: (query: EventQuery = {}, follow: FollowOptions = {}) =>
        followEvents(transport, query, follow),
    },
  };
}

/** What was read, or null when the server knows no such thing. */
export async function orNull<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    const NOT_FOUND = 404;
    if (error instanceof ApiError && error.status === NOT_FOUND) return null;
    throw error;
  }
}

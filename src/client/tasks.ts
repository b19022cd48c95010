import type { Created } from "../protocol/api/answer/page.ts";
import type { TaskAddResult } from "../protocol/api/answer/task.ts";
import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import type { TaskAdd } from "../protocol/api/task.ts";
import { followOutput } from "./followedOutput.ts";
import { allItems } from "./pages.ts";
import type { FollowOptions } from "./reconnect.ts";
import { type ByteRange, rangeHeader, type Transport } from "./transport.ts";

type ListQuery = NonNullable<ApiQuery<"GET /jobs/{jobId}/tasks">>;
type FilesQuery = NonNullable<ApiQuery<"GET /jobs/{jobId}/tasks/{taskId}/files">>;
type ExecutionQuery = NonNullable<ApiQuery<"GET /executions">>;

export interface OutputOptions extends FollowOptions {
  /** Goes on with what is written until the end, also over a server that is started again. */
  readonly follow?: boolean;
  /** Not together with `follow`. */
  readonly range?: ByteRange;
}

interface OutputInput {
  readonly query: { readonly follow?: boolean };
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of an output as the body of a response, unchanged. */
async function outputOf(
  { range, follow, ...options }: OutputOptions,
  open: (input: OutputInput) => Promise<Response>,
): Promise<Response> {
  if (follow !== true) {
    return await open({ query: {}, headers: rangeHeader(range), signal: options.signal });
  }
  const query = { follow };
  return await followOutput((headers, signal) => open({ query, headers, signal }), options);
}

export function taskCalls(transport: Transport) {
  return {
    tasks: { ...taskReads(transport), ...taskChanges(transport), ...taskContents(transport) },
    executions: executionCalls(transport),
  };
}

const at = (jobId: string, taskId: string) => ({ parameters: { jobId, taskId } });

function taskReads(transport: Transport) {
  const list = (jobId: string, query: ListQuery = {}) =>
    transport.call("GET /jobs/{jobId}/tasks", { parameters: { jobId }, query });
  return {
    get: (jobId: string, taskId: string) =>
      transport.call("GET /jobs/{jobId}/tasks/{taskId}", at(jobId, taskId)),
    list,
    all: (jobId: string, query: ListQuery = {}) =>
      allItems((cursor) => list(jobId, { ...query, cursor })),
    explain: (jobId: string, taskId: string) =>
      transport.call("GET /jobs/{jobId}/tasks/{taskId}/explain", at(jobId, taskId)),
  };
}

function taskChanges(transport: Transport) {
  return {
    /** One task; throws ApiError when it is refused. */
    add: async (jobId: string, body: TaskAdd, idempotencyKey?: string): Promise<Created> => {
      const input = { parameters: { jobId }, body, idempotencyKey };
      return (await transport.call("POST /jobs/{jobId}/tasks", input)) as Created;
    },
    /** Up to 10,000 tasks; the answer to each is in its place, and refused ones do not keep the others out. */
    addMany: async (
      jobId: string,
      tasks: TaskAdd[],
      idempotencyKey?: string,
    ): Promise<TaskAddResult[]> => {
      const input = { parameters: { jobId }, body: { tasks }, idempotencyKey };
      const answer = await transport.call("POST /jobs/{jobId}/tasks", input);
      return "value" in answer ? answer.value : [];
    },
    updateConstraints: (
      jobId: string,
      taskId: string,
      body: ApiBody<"PUT /jobs/{jobId}/tasks/{taskId}">,
    ) => transport.call("PUT /jobs/{jobId}/tasks/{taskId}", { ...at(jobId, taskId), body }),
    delete: (jobId: string, taskId: string) =>
      transport.call("DELETE /jobs/{jobId}/tasks/{taskId}", at(jobId, taskId)),
    terminate: (jobId: string, taskId: string) =>
      transport.call("POST /jobs/{jobId}/tasks/{taskId}/terminate", at(jobId, taskId)),
    reactivate: (jobId: string, taskId: string) =>
      transport.call("POST /jobs/{jobId}/tasks/{taskId}/reactivate", at(jobId, taskId)),
  };
}

function taskContents(transport: Transport) {
  return {
    /** Its bytes as the body of the response, unchanged. */
    stdout: (jobId: string, taskId: string, options: OutputOptions = {}) =>
      outputOf(options, (input) =>
        transport.open("GET /jobs/{jobId}/tasks/{taskId}/stdout", {
          ...at(jobId, taskId),
          ...input,
        }),
      ),
    stderr: (jobId: string, taskId: string, options: OutputOptions = {}) =>
      outputOf(options, (input) =>
        transport.open("GET /jobs/{jobId}/tasks/{taskId}/stderr", {
          ...at(jobId, taskId),
          ...input,
        }),
      ),
    files: (jobId: string, taskId: string, query: FilesQuery = {}) =>
      transport.call("GET /jobs/{jobId}/tasks/{taskId}/files", { ...at(jobId, taskId), query }),
    /** `path` is relative to the task's directory, as `wd/out.txt`. A folder is answered with its listing, as JSON. */
    readFile: (jobId: string, taskId: string, path: string, range?: ByteRange) =>
      transport.open("GET /jobs/{jobId}/tasks/{taskId}/files/{path*}", {
        parameters: { jobId, taskId, path },
        headers: rangeHeader(range),
      }),
  };
}

function executionCalls(transport: Transport) {
  const list = (query: ExecutionQuery = {}) => transport.call("GET /executions", { query });
  const numbered = (number: number) => ({ parameters: { number: String(number) } });
  return {
    get: (number: number) => transport.call("GET /executions/{number}", numbered(number)),
    /** Makes ready to run a command in it; the session's stream, a WebSocket, then runs it. */
    exec: (number: number, body: ApiBody<"POST /executions/{number}/exec">) =>
      transport.call("POST /executions/{number}/exec", { ...numbered(number), body }),
    list,
    all: (query: ExecutionQuery = {}) => allItems((cursor) => list({ ...query, cursor })),
    stdout: (number: number, options: OutputOptions = {}) =>
      outputOf(options, (input) =>
        transport.open("GET /executions/{number}/stdout", { ...numbered(number), ...input }),
      ),
    stderr: (number: number, options: OutputOptions = {}) =>
      outputOf(options, (input) =>
        transport.open("GET /executions/{number}/stderr", { ...numbered(number), ...input }),
      ),
  };
}

import type { OutputInfo } from "../../model/execution.ts";
import type { NodeNumber } from "../../model/id.ts";
import { resultOf, TestApi } from "./testApi.ts";

/** An API with pool `p`, its node `node1`, and room for a job `j` of one task `t` that the node runs. */
export class OneTask {
  readonly api: TestApi;
  readonly node: NodeNumber;

  private constructor(api: TestApi, node: NodeNumber) {
    this.api = api;
    this.node = node;
  }

  static async open(): Promise<OneTask> {
    const api = await TestApi.open();
    await api.json("POST", "/pools", { id: "p" });
    return new OneTask(api, await api.addNode("node1", "p"));
  }

  /** Makes the job; returns the execution that the node has begun. */
  async start(constraints = {}): Promise<number> {
    const tasks = [{ id: "t", commandLine: "x", constraints }];
    await this.api.json("POST", "/jobs", { id: "j", poolInfo: { poolId: "p" }, tasks });
    return await this.begin(1);
  }

  async begin(ordinal: number): Promise<number> {
    const { execution } = await this.api.order("t", ordinal);
    const started = { kind: "started", execution, startedAt: 0 } as const;
    await this.api.report(this.node, "node1", [started]);
    return execution;
  }

  async end(execution: number, exitCode: number, stdout: OutputInfo): Promise<void> {
    this.api.files.end(execution);
    const result = resultOf(exitCode, stdout);
    await this.api.report(this.node, "node1", [{ kind: "ended", execution, result }]);
  }
}

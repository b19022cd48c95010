import { CHECK_OUTPUT_MAX, type CheckStatus } from "../../model/allocation.ts";
import type { CheckSpec } from "../../model/group.ts";
import type { ExecuteResult } from "../drivers/driver.ts";

/** What one probe found. */
export interface ProbeResult {
  readonly status: Exclude<CheckStatus, "pending">;
  readonly output: string;
}

export interface ProbeTarget {
  readonly check: CheckSpec;
  /** Null: the check has no port, or one that the execution does not have. */
  readonly address: { readonly host: string; readonly port: number } | null;
  /** Runs a script in the member; null: there is no member to run it in. */
  readonly execute:
    | ((command: readonly string[], timeoutMs: number) => Promise<ExecuteResult>)
    | null;
}

/** Probes once, within the check's timeout. Never throws; a probe that is aborted has no meaning any more. */
export async function probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const { check } = target;
  switch (check.type) {
    case "http":
      return probeHttp(target, signal);
    case "tcp":
      return probeTcp(target);
    case "script":
      return probeScript(target);
  }
}

const NO_ADDRESS: ProbeResult = {
  status: "failure",
  output: "nomad: the check has no port that the allocation has",
};

async function probeHttp(
  { check, address }: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  if (address === null) return NO_ADDRESS;
  const timeout = AbortSignal.timeout(check.timeoutMs);
  const url = `${check.protocol}://${hostOf(address.host)}:${address.port}${check.path}`;
  try {
    const headers = new Headers();
    for (const [name, values] of Object.entries(check.header)) {
      for (const value of values) headers.append(name, value);
    }
    const response = await fetch(url, {
      method: check.method,
      headers,
      signal: AbortSignal.any([signal, timeout]),
      ...(check.body === "" ? {} : { body: check.body }),
      ...(check.tlsSkipVerify ? { tls: { rejectUnauthorized: false } } : {}),
    });
    return httpResult(response.status, await headOf(response));
  } catch (error) {
    if (timeout.aborted)
      return failed(`${check.method} ${url}: no answer within ${seconds(check)}`);
    return failed(`${check.method} ${url}: ${reasonOf(error)}`);
  }
}

/** Below 400 is good; what a good page says is of no interest (Nomad). */
export function httpResult(status: number, body: string): ProbeResult {
  if (status === 200) return { status: "success", output: "nomad: http ok" };
  return { status: status < 400 ? "success" : "failure", output: body.slice(0, CHECK_OUTPUT_MAX) };
}

async function headOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= CHECK_OUTPUT_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, CHECK_OUTPUT_MAX).toString();
}

async function probeTcp({ check, address }: ProbeTarget): Promise<ProbeResult> {
  if (address === null) return NO_ADDRESS;
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const place = `${hostOf(address.host)}:${address.port}`;
  const timer = setTimeout(
    () => resolve(failed(`dial tcp ${place}: no connection within ${seconds(check)}`)),
    check.timeoutMs,
  );
  const connecting = Bun.connect({
    hostname: address.host,
    port: address.port,
    socket: {
      open: () => resolve({ status: "success", output: "nomad: tcp ok" }),
      data: () => undefined,
      error: () => undefined,
      connectError: (_, error) => resolve(failed(`dial tcp ${place}: ${reasonOf(error)}`)),
    },
  });
  connecting.catch((error: unknown) => resolve(failed(`dial tcp ${place}: ${reasonOf(error)}`)));
  const result = await promise;
  clearTimeout(timer);
  // Also one that is made after its time.
  void connecting.then((socket) => socket.terminate()).catch(() => undefined);
  return result;
}

async function probeScript({ check, execute }: ProbeTarget): Promise<ProbeResult> {
  if (execute === null) {
    return { status: "critical", output: "nomad: there is no task to run the script in" };
  }
  const result = await execute([check.command, ...check.args], check.timeoutMs);
  switch (result.state) {
    case "exited":
      return { status: scriptStatus(result.exitCode), output: result.output };
    case "timedOut":
      return {
        status: "critical",
        output: `${result.output}\nnomad: no end within ${seconds(check)}`,
      };
    case "failed":
      return { status: "critical", output: `nomad: ${result.message}` };
  }
}

/** Consul's convention. */
export function scriptStatus(exitCode: number): "passing" | "warning" | "critical" {
  if (exitCode === 0) return "passing";
  return exitCode === 1 ? "warning" : "critical";
}

function failed(reason: string): ProbeResult {
  return { status: "failure", output: `nomad: ${reason}`.slice(0, CHECK_OUTPUT_MAX) };
}

function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function seconds({ timeoutMs }: CheckSpec): string {
  return `${timeoutMs / 1000}s`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

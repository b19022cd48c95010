import { connect, type Socket } from "node:net";
import { EngineError } from "./engine.ts";

/** A connection that was HTTP until the engine handed it to a command. */
export interface RawStream {
  readonly socket: Socket;
  /** What came right behind the engine's answer. */
  readonly first: Uint8Array;
}

/** A refusal is a line; what comes beyond this is not read. */
const REFUSAL_MAX_BYTES = 64 * 1024;

/**
 * Starts a command and takes over the connection. Throws EngineError for what the engine refuses, when it ends the
 * connection, and when the signal is aborted before.
 */
export function startExec(
  socketPath: string,
  id: string,
  hasTerminal: boolean,
  signal: AbortSignal,
): Promise<RawStream> {
  const { promise, resolve, reject } = Promise.withResolvers<RawStream>();
  const body = JSON.stringify({ Detach: false, Tty: hasTerminal });
  // Half of it is closed at the end of input.
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const head = [
    `POST /exec/${id}/start HTTP/1.1`,
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: Upgrade",
    "Upgrade: tcp",
  ];
  let answer: Buffer = Buffer.alloc(0);
  const fail = (error: EngineError): void => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
    reject(error);
  };
  const onAbort = () =>
    fail(new EngineError("it did not start the command in time", { status: 0 }));
  const onEnd = () => fail(refusalOf(answer));
  const onData = (chunk: Buffer): void => {
    answer = Buffer.concat([answer, chunk]);
    const headEnd = answer.indexOf("\r\n\r\n");
    if (headEnd < 0 && answer.byteLength < REFUSAL_MAX_BYTES) return;
    const status = statusOf(answer);
    if (status !== 101 && status !== 200) {
      // It is read to its end, that it can be told; the connection is kept open behind it.
      if (isWhole(answer, headEnd)) fail(refusalOf(answer));
      return;
    }
    socket.pause();
    socket.off("data", onData);
    for (const event of ["end", "close"]) socket.off(event, onEnd);
    signal.removeEventListener("abort", onAbort);
    resolve({ socket, first: answer.subarray(headEnd + 4) });
  };
  socket.on("data", onData);
  for (const event of ["end", "close"]) socket.on(event, onEnd);
  socket.on("error", (cause) => {
    fail(new EngineError(`${socketPath} does not answer: ${cause.message}`, { status: 0, cause }));
  });
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  else socket.write(`${[...head, "", ""].join("\r\n")}${body}`);
  return promise;
}

function statusOf(answer: Buffer): number {
  return Number(/^HTTP\/1\.\d (\d{3})/.exec(answer.toString("latin1", 0, 16))?.[1] ?? 0);
}

function isWhole(answer: Buffer, headEnd: number): boolean {
  const bodyAt = headEnd + 4;
  if (answer.byteLength > REFUSAL_MAX_BYTES) return true;
  const head = answer.toString("latin1", 0, headEnd);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return answer.byteLength >= bodyAt + Number(length);
  // Without either it ends with the connection.
  return /^transfer-encoding: *chunked/im.test(head) && answer.includes("0\r\n\r\n", bodyAt);
}

function refusalOf(answer: Buffer): EngineError {
  const message = /"message":"((?:[^"\\]|\\.)*)"/s.exec(answer.toString())?.[1];
  const status = statusOf(answer);
  if (message !== undefined) {
    return new EngineError((JSON.parse(`"${message}"`) as string).trim(), { status });
  }
  const answered = status === 0 ? "it closed the connection" : `it answered ${status}`;
  return new EngineError(`${answered} to the start of the command`, { status });
}

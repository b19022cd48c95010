/** Cuts a stream of bytes into lines; what follows the last line end waits for its rest. */
export function newLineSplitter(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  let rest: Uint8Array[] = [];
  const decoder = new TextDecoder();
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const piece = chunk.subarray(from, end);
      from = end + 1;
      if (rest.length === 0) {
        onLine(decoder.decode(piece));
        continue;
      }
      const whole = Buffer.concat([...rest, piece]);
      rest = [];
      onLine(decoder.decode(whole));
    }
    // The caller's buffer is reused after the call, so the rest is copied.
    if (from < chunk.length) rest.push(chunk.slice(from));
  };
}

/** The part of Bun's socket that is needed to send without losing what did not fit. */
export interface WritableSocket {
  write(data: Uint8Array): number;
}

export interface LineSender {
  send(text: string): void;
  /** To be called when the socket has room again. */
  drain(): void;
}

/** Sends text over a socket that may take only a part of it. */
export function newLineSender(socket: WritableSocket): LineSender {
  let waiting: Uint8Array[] = [];
  const drain = () => {
    while (waiting.length > 0) {
      const data = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting);
      if (data === undefined) return;
      const written = socket.write(data);
      waiting = written >= data.length ? [] : [data.subarray(Math.max(written, 0))];
      if (waiting.length > 0) return;
    }
  };
  return {
    send(text) {
      waiting.push(Buffer.from(text));
      if (waiting.length === 1) drain();
    },
    drain,
  };
}

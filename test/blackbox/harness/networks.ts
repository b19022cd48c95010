import { runWords } from "./words.ts";

/** A network namespace that is linked with the machine's by a cable that can be pulled. */
export interface TestNetwork extends Disposable {
  /** Of the machine, as it is reached from within. */
  readonly gateway: string;
  readonly address: string;
  /** Words before a command's that run it within; everything but the network stays the machine's. */
  readonly through: readonly string[];
  /** Whatever is sent is lost from now on, in both directions. */
  cut(): void;
  mend(): void;
}

let networks = 0;

/** Needs root and iproute2. */
export function makeNetwork(): TestNetwork {
  networks += 1;
  const name = `stint${process.pid}x${networks}`;
  const outside = `st${process.pid % 100_000}x${networks}`;
  // Of the range for tests of devices, which nobody routes (RFC 2544).
  const subnet = `198.18.${networks + (process.pid % 200)}`;
  const gateway = `${subnet}.1`;
  const address = `${subnet}.2`;
  const inside = ["ip", "-n", name];
  runWords("ip", "netns", "add", name);
  runWords("ip", "link", "add", outside, "type", "veth", "peer", "name", "up0", "netns", name);
  runWords("ip", "address", "add", `${gateway}/24`, "dev", outside);
  runWords("ip", "link", "set", outside, "up");
  runWords(...inside, "address", "add", `${address}/24`, "dev", "up0");
  for (const device of ["lo", "up0"]) runWords(...inside, "link", "set", device, "up");
  return {
    gateway,
    address,
    through: ["nsenter", `--net=/run/netns/${name}`, "--"],
    cut: () => runWords("ip", "link", "set", outside, "down"),
    mend: () => runWords("ip", "link", "set", outside, "up"),
    [Symbol.dispose]() {
      runWords("ip", "netns", "delete", name);
    },
  };
}

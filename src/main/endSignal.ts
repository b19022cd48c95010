/** Resolves with the signal that asks this process to end. */
export function endSignal(): Promise<"SIGINT" | "SIGTERM"> {
  return new Promise((resolveSignal) => {
    process.on("SIGINT", () => resolveSignal("SIGINT"));
    process.on("SIGTERM", () => resolveSignal("SIGTERM"));
  });
}

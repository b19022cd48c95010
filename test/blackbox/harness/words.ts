/** Runs a program of the machine to its end; throws with what it said when it fails. */
export function runWords(...words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(words);
  if (exitCode === 0) return stdout.toString();
  throw new Error(`${words.join(" ")} ended with ${exitCode}: ${stderr.toString()}`);
}

/** How to start this same program: the executable, or Bun with the source's main file. */
export function selfCommand(): string[] {
  const isCompiled = Bun.main.startsWith("/$bunfs/");
  return isCompiled ? [process.execPath] : [process.execPath, Bun.main];
}

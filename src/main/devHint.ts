import { join, resolve } from "node:path";

/** What to type in another terminal so that the command line finds the server whose data is in this folder. */
export function devHint(dataDirectory: string, currentFolder: string): readonly string[] {
  const path = resolve(currentFolder, dataDirectory);
  const commands = ["  stint node list", "  stint job run examples/hello.yaml --wait"];
  if (path === join(currentFolder, ".stint")) {
    return [
      "The stint command in this folder finds the server by itself; try in another terminal:",
      ...commands,
    ];
  }
  return [
    "The stint command finds the server by its data; try in another terminal:",
    `  export STINT_DATA=${quoted(path)}`,
    ...commands,
  ];
}

/** As one word of a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

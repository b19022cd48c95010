import { action, type CommandObject } from "../command/action.ts";
import { flag, required, text } from "../command/option.ts";
import { PAGING } from "../command/shared.ts";

const remote = (value: string, meaning: string) => ({
  remotePath: required(text("rp", value, meaning)),
});

const OVERWRITE = flag("ow", "Replace a file that exists");

export const FILE: CommandObject = {
  summary: "Temporary files on the server, which scripts reach too",
  actions: {
    list: action({
      summary: "List a folder of the repository, one level",
      options: { ...remote("master:/dir", "The folder, from the repository's root"), ...PAGING },
      operands: ["remotePath"],
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    put: action({
      summary: "Upload one file; folders that are missing are made",
      options: {
        ...remote("master:/dir/file", "Where to; with a slash at its end the folder"),
        localPath: required(text("lp", "local-path", "The file to upload")),
        overwrite: OVERWRITE,
      },
      operands: ["remotePath", "localPath"],
      tellsRequest: true,
      load: async () => (await import("./put.ts")).run,
    }),
    get: action({
      summary: "Download one file",
      options: {
        ...remote("master:/dir/file", "The file to download"),
        localPath: required(text("lp", "local-path", "File or folder to write to")),
        overwrite: OVERWRITE,
      },
      operands: ["remotePath", "localPath"],
      tellsRequest: true,
      load: async () => (await import("./get.ts")).run,
    }),
  },
};

import { flag, number, required, text, withDefault } from "./option.ts";

/** Options that mean the same wherever they are. */

const LIMIT_DEFAULT = 30;

export const PAGING = {
  limit: withDefault(
    number("lm", "number", "Rows to print; default 30, 0 = everything"),
    LIMIT_DEFAULT,
  ),
  offset: withDefault(number("of", "number", "Rows to leave out first; default 0"), 0),
};

export const POOL = { id: required(text("id", "pool-id", "The pool")) };
/** For actions that find it by how its id begins, too. */
export const NAMED_NODE = { id: required(text("id", "node-id", "The node, or how its id begins")) };
export const NODE = { id: required(text("id", "node-id", "The node")) };
export const JOB = { id: required(text("id", "job-id", "The job")) };
export const TASK = {
  jobId: required(text("ji", "job-id", "The job")),
  id: required(text("id", "task-id", "The task")),
};
export const EXECUTION = {
  number: required(number("no", "number", "The number of the execution", 1)),
};

export const OUTPUT = {
  follow: flag("f", "Go on with what is written until the end"),
  stderr: flag("se", "What was written to stderr, not stdout"),
};

export const FILES = {
  path: text("pt", "path", "Only this folder"),
  recursive: flag("rc", "Folders within folders too"),
};

export const FILE = {
  remotePath: required(text("rp", "path", "The file, as the list of files shows it")),
  localPath: text("lp", "path", "File or folder to write to; default: standard output"),
  overwrite: flag("ow", "Replace a file that exists"),
};

/** Options of every action; the session is made of them. */
export const GENERAL = {
  json: flag("js", "Print JSON, as the API answers"),
  tsv: flag("tv", "Print tab-separated values with a header, nothing cut"),
  server: text("sv", "url", "The server; default STINT_SERVER, else one on this machine"),
  tokenFile: text("tk", "path", "File with the token; default STINT_TOKEN, else the login"),
};

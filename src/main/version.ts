declare const STINT_VERSION: string;

/** The version that was built in; `0.0.0-source` when run from source. */
export const VERSION = typeof STINT_VERSION === "string" ? STINT_VERSION : "0.0.0-source";

import { type Logger, pino } from "pino";

/** JSON lines on stderr, so that stdout is for people. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

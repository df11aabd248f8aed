/** Logs: one JSON object a line on standard output. Message text is constant; what varies are fields; secrets are never given. */
import pino from 'pino';

/** A logger whose lines all carry `fields`. */
export const createLog = (fields: Readonly<Record<string, unknown>>): pino.Logger =>
  pino(
    { base: fields, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ sync: true }),
  );

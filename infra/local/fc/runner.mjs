/**
 * What an instance executes: it imports the bundle named on its command line, then answers one request at a time. Plain JavaScript, so
 * that an instance is bare Node as in the cloud. It ends when its host has gone.
 */
import { pathToFileURL } from 'node:url';

const [bundle = '', exportName = 'handler'] = process.argv.slice(2);
const tell = (message) => process.send?.(message);

process.on('disconnect', () => process.exit(0));

const levels = ['debug', 'info', 'warn', 'error', 'log'];
const loggerFor = (requestId) =>
  Object.fromEntries(
    levels.map((level) => [
      level,
      (...words) => {
        const name = level === 'log' ? 'INFO' : level.toUpperCase();
        process.stdout.write(`${new Date().toISOString()} ${requestId} [${name}] ${words.map(String).join(' ')}\n`);
      },
    ]),
  );

const contextOf = (facts) => ({
  ...facts,
  tracing: { spanContext: '', jaegerEndpoint: '', spanBaggages: {}, parseOpenTracingBaggages: () => ({}) },
  logger: loggerFor(facts.requestId),
});

/** A Buffer as it is, an object as JSON, anything else in its string form. */
const bytesOf = (value) => {
  if (Buffer.isBuffer(value)) return value;
  return Buffer.from(typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
};

const describe = (error) =>
  error instanceof Error
    ? { errorMessage: error.message, errorType: error.constructor.name, stackTrace: String(error.stack).split('\n') }
    : { errorMessage: String(error), errorType: typeof error, stackTrace: [] };

const answer = async (handler, { event, context }) => {
  try {
    tell({ kind: 'result', body: bytesOf(await handler(Buffer.from(event), contextOf(context))) });
  } catch (error) {
    tell({ kind: 'thrown', error: describe(error) });
  }
};

try {
  const handler = (await import(pathToFileURL(bundle).href))[exportName];
  if (typeof handler !== 'function') throw new Error(`the code has no function ${exportName}`);
  process.on('message', (request) => void answer(handler, request));
  tell({ kind: 'ready' });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  tell({ kind: 'unusable', message: error instanceof Error ? error.message : String(error) });
}

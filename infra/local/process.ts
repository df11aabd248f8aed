/**
 * An emulator as a process of its own: options come as JSON in ALBEIT_LOCAL_OPTIONS, readiness is one line of JSON on stdout, and it stops
 * on SIGTERM, on SIGINT, or when its parent has gone (its standard input ends).
 */
import type { LocalService } from './service.ts';

/** Starts the service, reports it, and waits for the end. A start that fails prints the reason and exits 1. */
export async function runAsProcess<S extends LocalService>(start: (options: unknown) => Promise<S>): Promise<void> {
  const service = await start(JSON.parse(process.env['ALBEIT_LOCAL_OPTIONS'] ?? '{}')).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
  const stop = () => {
    void service.stop().finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdin.once('end', stop).resume();
  process.stdout.write(`${JSON.stringify({ ready: { ...service, stop: undefined } })}\n`);
}

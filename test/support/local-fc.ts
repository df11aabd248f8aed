/** A function host for a test, with small bundles written by hand, and a client that signs as the older SDK does. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localCredentials } from '#infra/local/credentials.ts';
import { fc2Signature } from '#infra/local/fc/fc2-signature.ts';
import type { FunctionInput } from '#infra/local/fc/function-spec.ts';
import type { LogLine } from '#infra/local/fc/log-lines.ts';
import { type FunctionHostOptions, startFunctionHost } from '#infra/local/fc/start.ts';
import { type LocalMns, scratchFolder, startLocalMns } from './local-mns.ts';

export interface Invoked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Invokes by the API of 2016-08-15. */
export async function invoke(url: string, name: string, event: string, headers: Readonly<Record<string, string>> = {}): Promise<Invoked> {
  const path = `/2016-08-15/services/local/functions/${name}/invocations`;
  const body = Buffer.from(event);
  const md5 = Buffer.from(createHash('md5').update(body).digest('hex')).toString('base64');
  const signed = {
    date: new Date().toUTCString(),
    'content-type': 'application/octet-stream',
    'content-md5': md5,
    'x-fc-account-id': localCredentials.accountId,
    ...headers,
  };
  const incoming = { method: 'POST', path, headers: signed, query: [], form: [], body };
  const authorization = `FC ${localCredentials.accessKeyId}:${fc2Signature(incoming, localCredentials.accessKeySecret)}`;
  const answer = await fetch(`${url}${path}`, { method: 'POST', body, headers: { ...signed, authorization } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

export interface LocalFc {
  readonly url: string;
  readonly mns: LocalMns;
  readonly dir: string;
  readonly logs: readonly LogLine[];
  invoke(name: string, event: string, headers?: Readonly<Record<string, string>>): Promise<Invoked>;
  close(): Promise<void>;
}

type FunctionFacts = Partial<FunctionInput> & { readonly name: string; readonly code: string };

/** Writes each code as a bundle and says the rest with defaults that keep tests quick. */
export const functionsIn = (dir: string, facts: readonly FunctionFacts[]): readonly FunctionInput[] =>
  facts.map(({ code, ...given }) => {
    const bundle = join(dir, `${given.name}.mjs`);
    writeFileSync(bundle, code);
    return { timeoutSeconds: 10, memoryMiB: 128, concurrency: 2, bundle, ...given };
  });

/** Quick waits; a test that is about a wait sets its own. */
export const quickSettings = { errorRetryFirstMs: 1, throttleRetryFirstMs: 5, throttleRetryMaxMs: 20, pushWaitMinMs: 1, pushWaitMaxMs: 2 };

export async function startLocalFc(
  facts: readonly FunctionFacts[],
  settings: FunctionHostOptions['settings'] = {},
  queues: readonly string[] = [],
): Promise<LocalFc> {
  const mns = await startLocalMns();
  for (const queue of queues) await mns.queues.ensureQueue(queue);
  const { dir, remove } = scratchFolder();
  const logs: LogLine[] = [];
  const host = await startFunctionHost({
    credentials: localCredentials,
    mnsEndpoint: mns.url,
    functions: functionsIn(dir, facts),
    dir,
    settings: { ...quickSettings, ...settings },
    onLog: (line) => logs.push(line),
  });
  return {
    url: host.url,
    mns,
    dir,
    logs,
    invoke: (name, event, headers) => invoke(host.url, name, event, headers),
    async close() {
      await host.stop();
      await mns.close();
      remove();
    },
  };
}

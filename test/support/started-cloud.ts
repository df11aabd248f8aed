/** The whole local cloud as `npm start` brings it up, for scenarios: real processes, real wires, requests through the data plane. */
import { type Answer, ask } from '#infra/local/start/ask.ts';
import { type LocalCloud, startCloud } from '#infra/local/start/cloud.ts';
import { readAuthority, readDoor } from '#infra/local/start/doors.ts';
import { type KnownListener, readListeners } from '#infra/local/start/listeners.ts';
import type { StartOptions } from '#infra/local/start/options.ts';
import type { Screen } from '#infra/local/start/screen.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { until } from './until.ts';

/** Everything that the emulated ALB holds; shapes are the service's own, and a test only counts, prints and compares them. */
export type Held = Readonly<
  Record<'loadBalancers' | 'listeners' | 'rules' | 'serverGroups' | 'jobs' | 'networkInterfaces', readonly Thing[]>
>;
export type Thing = Readonly<Record<string, unknown>>;

export interface Call {
  readonly seq: number;
  readonly action: string;
  readonly params: Thing;
  /** Empty: it was carried out. */
  readonly code: string;
  readonly write: boolean;
}

export interface Where {
  /** Absent: `cafe`. */
  readonly albConfig?: string;
  /** Absent: 80. */
  readonly port?: number;
}

export interface StartedCloud extends LocalCloud {
  /** Sends one request to the first listener of an AlbConfig (or to that on `port`). */
  ask(host: string, path: string, at?: Where): Promise<Answer | undefined>;
  /** Waits for an answer with this status (and by a pod whose name begins so). */
  answers(host: string, path: string, wanted: number | string, at?: Where & { readonly withinMs?: number }): Promise<void>;
  held(): Promise<Held>;
  listeners(): Promise<readonly KnownListener[]>;
  /** Calls that an emulator has answered after `seq`. */
  calls(of: 'alb' | 'fc' | 'mns', after?: number): Promise<readonly Call[]>;
  /**
   * Waits until nothing is left that makes a function run soon, and answers how many messages will come back later: those that met a claim
   * do, when it must have ended, to find that all is done.
   */
  rest(withinMs?: number): Promise<number>;
  /** Names of the records that are left. */
  records(): Promise<readonly string[]>;
  /** What was shown on the error output. */
  readonly errors: readonly string[];
  /** Reasons of parts that ended by themselves. */
  readonly deaths: readonly Error[];
}

interface QueuesState {
  readonly queues: readonly { readonly name: string; readonly messages: readonly { readonly visibleAt: string }[] }[];
}
interface FunctionsState {
  readonly functions: readonly { readonly instances: readonly { readonly state: string }[] }[];
  readonly asyncRequests: readonly unknown[];
}

/** A message that is put off for longer is not waited for, in ms. */
const soonMs = 4_000;

/** Generous on a busy machine; a scenario that is as it should be takes a second or two. */
const withinMs = 25_000;

const defaults: StartOptions = {
  once: false,
  empty: true,
  ports: undefined,
  readyFile: undefined,
  kube: 'embedded',
  nodes: 1,
  virtualNode: false,
  functionTimeout: undefined,
};

async function callsOf(url: string, after: number): Promise<readonly Call[]> {
  const answer = await fetch(`${url}/_/journal?after=${after}`);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Call); // our own emulator; its shape is documented
}

const wantedText = (wanted: number | string): string => (typeof wanted === 'number' ? `the status ${wanted}` : `an answer of ${wanted}`);

const fits = (answer: Answer | undefined, wanted: number | string): boolean =>
  typeof wanted === 'number' ? answer?.status === wanted : answer?.status === 200 && answer.pod.startsWith(wanted);

export async function startedCloud(changes: Partial<StartOptions> = {}): Promise<StartedCloud> {
  const errors: string[] = [];
  const deaths: Error[] = [];
  const screen: Screen = { line: () => undefined, error: (text) => void errors.push(text) };
  const cloud = await startCloud({ ...defaults, ...changes }, screen, {
    wanted: new AbortController().signal,
    byItself: (reason) => void deaths.push(reason),
  });
  const { alb, fc, mns } = cloud.facts;
  const listeners = (): Promise<readonly KnownListener[]> => readListeners(alb);

  const asked: StartedCloud['ask'] = async (host, path, { albConfig = 'cafe', port = 80 } = {}) => {
    const found = (await listeners()).find((one) => one.albConfig === albConfig && one.port === port);
    if (found === undefined) return undefined;
    return ask(found.url, host, path, found.url.startsWith('https:') ? await readAuthority(alb) : undefined);
  };

  let putOff = 0;
  /** What could still make a function run; empty: nothing. */
  const unrest = async (): Promise<string> => {
    const [queues, functions] = await Promise.all([readDoor<QueuesState>(mns, '/_/state'), readDoor<FunctionsState>(fc, '/_/state')]);
    const messages = queues.queues.filter((one) => one.name !== 'dead-letter').flatMap((one) => one.messages);
    const left = messages.filter((one) => Date.parse(one.visibleAt) < Date.now() + soonMs);
    putOff = messages.length - left.length;
    const busy = functions.functions.flatMap((one) => one.instances).filter((one) => one.state !== 'frozen');
    return left.length + functions.asyncRequests.length + busy.length === 0
      ? ''
      : JSON.stringify({ left, requests: functions.asyncRequests, busy });
  };

  /** What is there and what is still to come, for the message of a wait that was in vain. */
  const story = async (): Promise<string> => {
    const [held, queues, records, calls, invocations] = await Promise.all([
      readDoor<Held>(alb, '/_/state'),
      readDoor<QueuesState>(mns, '/_/state'),
      cloud.kube.list('Lease', { namespace: ownNamespace }),
      callsOf(alb, 0),
      callsOf(fc, 0),
    ]);
    return JSON.stringify({
      now: new Date().toISOString(),
      rules: held.rules,
      servers: held.serverGroups.map((one) => [one['ServerGroupName'], one['ServerGroupStatus'], one['Servers']]),
      messages: queues.queues.flatMap(({ name, messages }) => messages.map((one) => ({ queue: name, ...one }))),
      records: records.items,
      calls: calls.slice(-30).map(({ action, params }) => [action, params['JobIds'] ?? params['ServerGroupId']]),
      invocations: invocations.slice(-30),
    });
  };

  return {
    ...cloud,
    errors,
    deaths,
    listeners,
    ask: asked,
    async answers(host, path, wanted, at) {
      let last: Answer | undefined;
      const look = async (): Promise<boolean> => {
        last = await asked(host, path, at).catch(() => undefined);
        return fits(last, wanted);
      };
      await until(look, `${wantedText(wanted)} to ${host}${path}`, at?.withinMs ?? withinMs).catch(async (error: unknown) => {
        throw new Error(`${String(error)}; the last answer was ${JSON.stringify(last)}\n${await story().catch(String)}`);
      });
    },
    held: () => readDoor<Held>(alb, '/_/state'),
    calls: (of, after = 0) => callsOf(cloud.facts[of], after),
    async rest(limitMs = withinMs) {
      // The forwarder gathers changes for a moment before it tells them: what is quiet eight times in a row is quiet.
      let quiet = 0;
      let seen = -1;
      let why = '';
      const isQuiet = async (): Promise<boolean> => {
        const last = (await callsOf(fc, 0)).at(-1)?.seq ?? 0;
        why = await unrest().catch(String);
        quiet = last === seen && why === '' ? quiet + 1 : 0;
        seen = last;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return quiet >= 8;
      };
      await until(isQuiet, 'rest', limitMs).catch((error: unknown) => {
        throw new Error(`${String(error)}; ${why}`);
      });
      return putOff;
    },
    records: async () => (await cloud.kube.list('Lease', { namespace: ownNamespace })).items.map((one) => one.metadata.name),
  };
}

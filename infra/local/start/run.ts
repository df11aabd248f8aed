/** The main job: bring the local cloud up, show the example being provisioned, and stay until somebody ends it. */
import { setTimeout as delay } from 'node:timers/promises';
import { applyFile } from './apply.ts';
import { type LocalCloud, startCloud } from './cloud.ts';
import { type Reached, untilAnswered } from './example.ts';
import { type KnownListener, readListeners } from './listeners.ts';
import { followLogs } from './logs.ts';
import type { StartOptions } from './options.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { readRoutes } from './routes.ts';
import type { Screen } from './screen.ts';
import { readStepLine, Story } from './story.ts';
import { troubles } from './trouble.ts';

const example = 'examples/cafe.yaml';
/** What the example may take from its application to the last pod's answer. */
const answeredWithinMs = 60_000;
/** How often the ready file is compared with the listeners that are open, in ms. */
const refreshMs = 300;

async function keepReadyFile(path: string, cloud: LocalCloud, signal: AbortSignal): Promise<void> {
  let written = '';
  while (!signal.aborted) {
    const listeners = await readListeners(cloud.facts.alb).catch(() => undefined);
    const text = JSON.stringify(listeners);
    if (listeners !== undefined && text !== written) {
      await writeReadyFile(path, cloud.facts, listeners);
      written = text;
    }
    await delay(refreshMs, undefined, { signal }).catch(() => undefined);
  }
}

function tellStory(cloud: LocalCloud, screen: Screen, signal: AbortSignal): Promise<void> {
  const story = new Story();
  return followLogs(
    cloud.facts.fc,
    ({ line }) => {
      const step = readStepLine(line);
      if (step !== undefined) screen.line(story.tell(step));
    },
    signal,
  );
}

function showAnswers(reached: readonly Reached[], screen: Screen): void {
  for (const { route, pods } of reached) screen.line(`answered  http://${route.host}${route.path}  by ${pods.join(', ')}`);
}

function showTries(reached: readonly Reached[], cloud: LocalCloud, screen: Screen): void {
  screen.line('');
  screen.line('try:');
  for (const { route, url } of reached) screen.line(`  curl -H 'Host: ${route.host}' ${new URL(route.path, url)}`);
  const onExample = reached.length === 0 ? ['apply -f examples/cafe.yaml'] : ['describe ingress cafe', 'scale deployment tea --replicas=5'];
  for (const words of ['get ingress,albconfig', ...onExample]) screen.line(`  kubectl --kubeconfig ${cloud.facts.kubeconfig} ${words}`);
}

/** Applies the example and waits until it answers. */
async function runExample(cloud: LocalCloud, screen: Screen, signal: AbortSignal): Promise<readonly Reached[]> {
  const routes = await readRoutes(example);
  const applied = await applyFile(cloud.kube, example);
  screen.line(`applied ${example}: ${applied.map((name) => `${name.kind}/${name.name}`).join(' ')}`);
  const listeners = (): Promise<readonly KnownListener[]> => readListeners(cloud.facts.alb);
  const reached = await untilAnswered(cloud.kube, routes, listeners, { withinMs: answeredWithinMs, signal }).catch(
    async (error: unknown) => {
      const said = signal.aborted ? [] : await troubles(cloud.kube);
      throw new Error([error instanceof Error ? error.message : String(error), ...said].join('\n  '));
    },
  );
  showAnswers(reached, screen);
  return reached;
}

/** Resolves on Ctrl-C or SIGTERM. */
const untilEnded = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Work that goes on beside the example until the end: a failure in it ends the run with its reason. */
function background(cloud: LocalCloud, options: StartOptions, screen: Screen, signal: AbortSignal): readonly Promise<void>[] {
  const file = options.readyFile === undefined ? [] : [keepReadyFile(options.readyFile, cloud, signal)];
  return [tellStory(cloud, screen, signal), ...file];
}

/**
 * Runs until `ended` (or, with `--once`, until the example has answered). Throws with the reason when a part of the cloud ends by itself,
 * or when the example does not answer in time and `--once` was asked for.
 */
export async function run(options: StartOptions, screen: Screen, ended: AbortSignal): Promise<void> {
  const over = new AbortController();
  const death = new Promise<never>((_, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason), { once: true });
  });
  death.catch(() => undefined); // raced below
  const cloud = await startCloud(options, screen, { wanted: ended, byItself: (reason) => over.abort(reason) });
  const stop = new AbortController();
  const work = background(cloud, options, screen, stop.signal);
  const main = async () => {
    const reached = options.empty ? [] : await runExample(cloud, screen, stop.signal);
    if (options.once) return;
    showTries(reached, cloud, screen);
    screen.line('ready; Ctrl-C ends it');
    await untilEnded(ended);
  };
  try {
    await Promise.race([main(), untilEnded(ended), death, ...work.map((one) => one.then(() => untilEnded(ended)))]);
    if (options.once && ended.aborted) throw new Error('ended before the example had answered');
  } finally {
    stop.abort();
    await Promise.allSettled(work);
    if (options.readyFile !== undefined) await removeReadyFile(options.readyFile);
    await cloud.stop();
  }
}

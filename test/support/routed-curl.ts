/**
 * The commands that the examples show in their comments, carried out as they stand there: `curl …` (or `for i in 1 2 3; do curl …; done`,
 * or `kubectl describe ingress NAME`) with what comes of it in the line below, after `->`.
 */
import { expect } from 'vitest';
import type { Routed, To } from './routed.ts';
import type { Reply } from './routed-ask.ts';

export interface Shown {
  readonly command: string;
  readonly comesOf: string;
}

/** Every command of an example's leading comment. */
export function shownIn(yaml: string): readonly Shown[] {
  const lines = yaml
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) => line.slice(1).trim());
  return lines.flatMap((comesOf, index) => {
    const command = lines[index - 1];
    return comesOf.startsWith('->') && command !== undefined ? [{ command, comesOf: comesOf.slice(2).trim() }] : [];
  });
}

/** Ports on this machine as the examples name them, and the load balancer's. */
const ports: Readonly<Record<string, number>> = { '9010': 80, '9011': 443 };

/** Words as a shell takes them; single quotes only. */
const wordsOf = (command: string): readonly string[] =>
  (command.match(/'[^']*'|\S+/g) ?? []).map((word) => (word.startsWith("'") ? word.slice(1, -1) : word));

/** What each option of curl adds; all of these take a value. */
const options: Readonly<Record<string, (value: string) => { readonly method?: string; readonly header?: readonly [string, string] }>> = {
  '-H': (value) => ({ header: [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1).trim()] }),
  '-b': (value) => ({ header: ['Cookie', value] }),
  '-X': (method) => ({ method }),
};

function questionOf(command: string): To {
  const words = wordsOf(command);
  const valued = words.map((word, index) => options[word]?.(words[index + 1] ?? '') ?? {});
  const plain = words.filter((word, index) => options[word] === undefined && options[words[index - 1] ?? ''] === undefined);
  const [name, ...rest] = plain.filter((word) => !/^-[sik]+$/.test(word));
  const [target] = rest;
  if (name !== 'curl' || rest.length !== 1 || target === undefined) throw new Error(`not a command that can be carried out: ${command}`);
  const url = new URL(target);
  const { Host: host, ...headers } = Object.fromEntries(valued.flatMap(({ header }) => (header === undefined ? [] : [header])));
  const port = ports[url.port];
  if (host === undefined || port === undefined) throw new Error(`no host or no known port in: ${command}`);
  const method = valued.find((one) => one.method !== undefined)?.method ?? 'GET';
  return { host, port, method, path: `${url.pathname}${url.search}`, headers };
}

function expectReply(reply: Reply, comesOf: string): void {
  for (const part of comesOf.split(/, (?![^"]*"$)/)) {
    const [, key = '', value = ''] = /^([A-Za-z-]+): (.*)$/.exec(part) ?? [];
    if (/^\d{3}$/.test(part)) expect(reply.status).toBe(Number(part));
    else if (part.startsWith('from ')) expect(reply.service).toBe(part.slice('from '.length));
    else if (part.startsWith('"')) expect(reply.text).toContain(part.slice(1, -1));
    else if (key !== '') expect(String(reply.headers[key.toLowerCase()])).toContain(value);
    else throw new Error(`cannot be checked: ${part}`);
  }
}

/** `4 from coffee, 1 from tea, 2 answered 503`. */
const countsOf = (comesOf: string): Readonly<Record<string, number>> =>
  Object.fromEntries([...comesOf.matchAll(/(\d+) (?:from|answered) (\S+?)(?:,|$)/g)].map(([, count, who]) => [who, Number(count)]));

/** Carries one out and checks what is said to come of it. */
export async function carryOut({ command, comesOf }: Shown, shop: Routed): Promise<void> {
  const [, times, inner] = /^for i in ([\d ]+); do (.*); done$/.exec(command) ?? [];
  const [, described] = /^kubectl describe ingress (\S+)$/.exec(command) ?? [];
  if (described !== undefined) {
    expect(shop.warnings(`Ingress/${described}`).map((one) => one.reason)).toContain(comesOf);
  } else if (times !== undefined && inner !== undefined) {
    expect(await shop.spread(times.split(' ').length, questionOf(inner))).toEqual(countsOf(comesOf));
  } else expectReply(await shop.ask(questionOf(command)), comesOf);
}

/**
 * Ingresses of one host that change step by step, with what each step gives a client: for probes that ask without pause. The reader of the
 * Ingresses is the judge here, not the model: every answer is written down by hand.
 */
import type { Ingress } from '#shared/model/wish.ts';
import type { Given, LiveProbe } from './live-probes.ts';
import { anIngress, aPath } from './objects.ts';

export const liveHost = 'live.example.com';
export const liveServices = ['coffee', 'tea', 'water'] as const;

const taster = { 'x-taster': 'yes' };

export const liveProbes: readonly LiveProbe[] = [
  { name: 'root', port: 80, path: '/' },
  { name: 'one', port: 80, path: '/one' },
  { name: 'deep', port: 80, path: '/one/two' },
  { name: 'header', port: 80, path: '/one', headers: taster },
  { name: 'cookie', port: 80, path: '/one', headers: { cookie: 'taster=always' } },
  { name: 'browser', port: 80, path: '/one', follows: true },
];

/** One write, and what clients are given once it is in force. */
export interface Turn {
  readonly what: string;
  readonly write: Ingress | { readonly remove: string };
  /** What differs from what was given before. */
  readonly gives: Given;
  /** The rules stay as they are, so nobody hears of it. */
  readonly unheard?: true;
}

type Annotations = Readonly<Record<string, string>>;

const paths = [aPath('/one', 'coffee'), aPath('/', 'tea')];
const longer = [aPath('/one/two', 'water'), ...paths];
const promoted = [aPath('/one', 'water'), aPath('/', 'tea')];

const main = (annotations: Annotations = {}, list = paths): Ingress =>
  anIngress({ name: 'main', host: liveHost, paths: list, annotations });
const other = (annotations: Annotations): Ingress =>
  anIngress({ name: 'other', host: liveHost, paths: [aPath('/', 'water')], annotations });
const canary = (annotations: Annotations): Ingress =>
  anIngress({ name: 'canary', host: liveHost, paths: [aPath('/one', 'water')], annotations: { canary: 'true', ...annotations } });

const both = '[{"HTTP":80},{"HTTPS":443}]';
const byHeader = '[{"type":"Header","headerConfig":{"key":"x-taster","values":["yes"]}}]';
const byCookie = '[{"type":"Cookie","cookieConfig":{"values":[{"key":"taster","value":"always"}]}}]';

/** The same for all who ask for `/one`. */
const one = (...answers: readonly string[]): Given => ({ one: answers, header: answers, cookie: answers, browser: answers });
const everything = (service: string): Given => ({ root: [`${service} /`], ...one(`${service} /one`), deep: [`${service} /one/two`] });
const asWritten: Given = { root: ['tea /'], ...one('coffee /one'), deep: ['coffee /one/two'] };
const rewritten = (path: string): Given => ({ root: [`tea ${path}`], ...one(`coffee ${path}`), deep: [`coffee ${path}`] });
const to = (path: string): readonly string[] => [`308 https://${liveHost}:443${path}`];

export const beginning: Turn = { what: 'the first Ingress comes', write: main(), gives: asWritten };

/** A canary from nothing to everything, and what was tried becomes what is. */
export const canaryTurns: readonly Turn[] = [
  { what: 'a canary waits with weight 0', write: canary({ 'canary-weight': '0' }), gives: {}, unheard: true },
  { what: 'it gets a fifth', write: canary({ 'canary-weight': '20' }), gives: fifth() },
  { what: 'it gets everything', write: canary({ 'canary-weight': '100' }), gives: { ...one('water /one'), deep: ['water /one/two'] } },
  { what: 'the stable Ingress takes over its Service', write: main({}, promoted), gives: {}, unheard: true },
  { what: 'the canary goes', write: { remove: 'canary' }, gives: {} },
  { what: 'the former Service comes back', write: main(), gives: asWritten },
];

function fifth(): Given {
  return { ...one('coffee /one', 'water /one'), deep: ['coffee /one/two', 'water /one/two'] };
}

export const redirectTurns: readonly Turn[] = [
  {
    what: 'HTTP is sent on to HTTPS',
    write: main({ 'ssl-redirect': 'true', 'listen-ports': both }),
    gives: { root: to('/'), ...one(...to('/one')), deep: to('/one/two'), browser: ['coffee /one'] },
  },
  { what: 'HTTP is served again', write: main({ 'listen-ports': both }), gives: asWritten },
  { what: 'HTTPS is not served any more', write: main(), gives: {} },
];

export const pathTurns: readonly Turn[] = [
  { what: 'a path is inserted at the top', write: main({}, longer), gives: { deep: ['water /one/two'] } },
  { what: 'the path is moved to the end', write: main({}, [...paths, aPath('/one/two', 'water')]), gives: asWritten },
  { what: 'the path is removed', write: main(), gives: {} },
];

export const moreTurns: readonly Turn[] = [
  { what: 'another Ingress comes behind', write: other({ order: '20' }), gives: {} },
  { what: 'it goes in front', write: other({ order: '5' }), gives: everything('water') },
  { what: 'it goes behind again', write: other({ order: '20' }), gives: asWritten },
  { what: 'it goes', write: { remove: 'other' }, gives: {} },
  {
    what: 'a canary asks for a header',
    write: canary({ 'canary-by-header': 'x-taster', 'canary-by-header-value': 'yes', order: '1' }),
    gives: { header: ['water /one'] },
  },
  {
    what: 'it asks for a cookie instead',
    write: canary({ 'canary-by-cookie': 'taster', order: '1' }),
    gives: { ...one('coffee /one'), cookie: ['water /one'] },
  },
  { what: 'it goes as well', write: { remove: 'canary' }, gives: asWritten },
  {
    what: 'a path is asked with a header',
    write: main({ 'conditions.coffee': byHeader }),
    gives: { ...one('tea /one'), header: ['coffee /one'], deep: ['tea /one/two'] },
  },
  {
    what: 'it is asked with a cookie instead',
    write: main({ 'conditions.coffee': byCookie }),
    gives: { ...one('tea /one'), cookie: ['coffee /one'] },
  },
  { what: 'it is asked as before', write: main(), gives: asWritten },
  { what: 'paths are rewritten', write: main({ 'rewrite-target': '/new' }), gives: rewritten('/new') },
  { what: 'they are rewritten otherwise', write: main({ 'rewrite-target': '/newer' }), gives: rewritten('/newer') },
  { what: 'they stay as they are', write: main(), gives: asWritten },
];

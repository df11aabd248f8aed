import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '#events/forwarder/config.ts';
import { startCommand } from '#infra/local/start/options.ts';
import { choosePorts, portNames } from '#infra/local/start/ports.ts';
import { errorRows } from '#shared/errors.ts';
import { albPrefix } from '#shared/model/annotations/annotation.ts';
import { serverGroup } from '#shared/model/annotations/server-group.ts';
import { backendLabel, removeUnscheduled } from '#shared/model/annotations/service.ts';
import { backendModes } from '#shared/model/backend-mode.ts';
import { excludingLabels } from '#shared/model/nodes.ts';
import { gatesLabel, gateTypes } from '#shared/model/readiness-gates.ts';
import { readSettings } from '#shared/step/environment.ts';
import { steps } from '#shared/steps.ts';
import { metrics } from '#shared/telemetry/metrics.ts';

const read = (path: string): string => readFileSync(path, 'utf8');

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((one) =>
    one.isDirectory() ? pagesIn(join(folder, one.name)) : one.name.endsWith('.md') ? [join(folder, one.name)] : [],
  );
const pages = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs')];
const manifest = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

/** Anchors of a page, as they are made from its headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

const isOutside = (target: string): boolean => /^[a-z]+:/.test(target);

function brokenLinks(page: string): readonly string[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    const [path = '', anchor] = target.split('#');
    if (isOutside(target)) return [];
    const file = path === '' ? page : resolve(dirname(page), path);
    if (!existsSync(file)) return [target];
    return anchor === undefined || anchorsOf(read(file)).has(anchor) ? [] : [target];
  });
}

const folders = ['functions', 'shared', 'infra', 'events', 'test', 'docs', 'examples', '.ci'];
/** Words in code style that begin as a path of the repository does, and are no pattern. */
const pathsIn = (page: string): readonly string[] =>
  [...read(page).matchAll(/`([\w.-]+\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => folders.includes(path.split('/')[0] ?? '') && !path.includes('….'));

describe('documents', () => {
  it.each(pages)('%s links to nothing that is not there', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each(pages)('%s names no file that is not there', (page) => {
    expect(pathsIn(page).filter((path) => !existsSync(path))).toEqual([]);
  });

  it('name only scripts that exist, and every script that is for people', () => {
    const named = new Set(pages.flatMap((page) => [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)));
    expect([...named].filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
    const parts = ['types', 'lint', 'dead-code', 'start', 'test']; // parts of `check`, and those with a short form
    expect(Object.keys(manifest.scripts).filter((name) => !named.has(name) && !parts.includes(name))).toEqual([]);
  });

  it('show each option of `npm start` in the README, and no other', () => {
    const known = startCommand().options.map(({ flags }) => flags);
    const [, section = ''] = read('README.md').split('## Options of `npm start`');
    const shown = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(--[^`]+)` \|/gm)].map(([, flags = '']) => flags);
    expect(shown.sort()).toEqual(known.sort());
    const names = new Set(known.map((flags) => flags.split(' ')[0]));
    for (const page of pages) {
      for (const [, rest = ''] of read(page).matchAll(/npm start -- ([^\n`]+)/g)) {
        const used = [...rest.matchAll(/--[\w-]+/g)].map(([name]) => name);
        expect(used.filter((name) => !names.has(name))).toEqual([]);
      }
    }
  });

  it('tell the ports that `--ports 9000` gives', () => {
    const ports = choosePorts(9000);
    const told = read('README.md').replaceAll('\n', ' ');
    for (const name of portNames) expect(told).toContain(String(ports.of(name)));
    expect(told).toContain(`from ${ports.listeners} on the listeners`);
    expect(told).toContain('9000 Kubernetes API, 9001 MNS, 9002 Function Compute, 9003 ALB (with VPC and ECS), 9004 forwarder');
    expect(portNames).toEqual(['kubernetes', 'mns', 'fc', 'alb', 'forwarder', 'node']);
  });
});

/** Rows of the table that follows a sentence, by their first cell. */
function tableAfter(page: string, sentence: string): readonly string[] {
  const [, rest = ''] = read(page).split(sentence);
  const [, table = ''] = /\n\n((?:\|.*\n)+)/.exec(rest) ?? [];
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name).sort();
}

/** Variables that a reader of settings complains of when they have a wrong value: all that it knows. */
function variablesOf(source: string): readonly string[] {
  return [...new Set([...read(source).matchAll(/^ {2}(ALBEIT_\w+|KUBECONFIG):/gm)].map(([, name = '']) => name))].sort();
}

describe('docs/operations.md', () => {
  const page = 'docs/operations.md';

  it('lists the settings of the functions', () => {
    expect(tableAfter(page, 'Of the functions:')).toEqual(variablesOf('shared/step/environment.ts'));
    // The source was read rightly: nothing that is listed is unknown to the reader itself.
    const given = Object.fromEntries(tableAfter(page, 'Of the functions:').map((name) => [name, 'x']));
    expect(() => readSettings(given)).not.toThrow(/unknown/);
  });

  it('lists the settings of the forwarder', () => {
    expect(tableAfter(page, 'Of the forwarder:')).toEqual(variablesOf('events/forwarder/config.ts'));
    const given = Object.fromEntries(tableAfter(page, 'Of the forwarder:').map((name) => [name, 'x']));
    expect(() => readConfig(given)).not.toThrow(/unknown/);
  });

  it('lists what a deployment takes from the environment', () => {
    const taken = [...read('serverless.yml').matchAll(/env\('(\w+)'/g)].map(([, name = '']) => name);
    const listed = [...tableAfter(page, 'Of the functions:'), ...tableAfter(page, 'Of whoever deploys')];
    expect([...new Set(taken)].filter((name) => !listed.includes(name))).toEqual([]);
    expect(tableAfter(page, 'Of whoever deploys').filter((name) => !taken.includes(name))).toEqual([]);
  });

  it('lists every variable that the sources name', () => {
    const sources = ['functions', 'shared', 'events', 'infra'].flatMap(sourcesIn);
    const named = new Set(
      sources.flatMap((file) => read(file).match(/\b(ALBEIT_[A-Z]+(_[A-Z]+)*|KUBECONFIG|KUBEBUILDER_ASSETS)\b/g) ?? []),
    );
    expect([...named].filter((name) => !read(page).includes(`\`${name}\``))).toEqual([]);
    const told = new Set(read(page).match(/\b(ALBEIT_[A-Z]+(_[A-Z]+)*|KUBECONFIG|KUBEBUILDER_ASSETS)\b/g));
    expect([...told].filter((name) => !named.has(name))).toEqual([]);
  });

  it('names every queue', () => {
    for (const { queue } of steps) if (queue !== undefined) expect(read(page)).toContain(`\`${queue}\``);
  });
});

describe('docs/backends.md', () => {
  const page = read('docs/backends.md');

  it('explains each reason of a readiness gate, and no other', () => {
    const source = read('functions/server-group/gates/verdict.ts');
    const reasonsOf = (name: string, status: string): readonly string[] => {
      const [, rest = ''] = source.split(`\nconst ${name} = {\n`);
      return [...(rest.split('\n} as const')[0] ?? '').matchAll(/^ {2}(\w+): /gm)].map(([, reason = '']) => `${reason} ${status}`);
    };
    const told = [...page.matchAll(/^\| `([A-Z]\w+)` \| (True|False) \|/gm)].map(([, reason, status]) => `${reason} ${status}`);
    expect(told.length).toBeGreaterThan(0);
    expect(told.sort()).toEqual([...reasonsOf('open', 'True'), ...reasonsOf('closed', 'False')].sort());
  });

  it('lists each mode', () => {
    const [, section = ''] = page.split('## From a Service to servers');
    const shown = [...(section.split('###')[0] ?? '').matchAll(/^\|[^|]+\| `(\w+)` \|/gm)].map(([, mode]) => mode);
    expect(shown).toEqual(Object.keys(backendModes));
  });

  it('names everything that keeps a node out, and both gates', () => {
    for (const word of [...excludingLabels, ...gateTypes, gatesLabel.key, ...backendLabel.keys, ...removeUnscheduled.keys]) {
      expect(page).toContain(word);
    }
  });

  it('names every annotation about groups', () => {
    const [, section = ''] = page.split('## What a group can be told');
    const [told = ''] = section.split('###');
    const family = (key: string): string => `\`-${key.split('-').slice(-1).join('-')}\``;
    const missing = Object.values(serverGroup)
      .map(({ keys: [key = ''] }) => key.slice(albPrefix.length))
      .filter((key) => !told.includes(`\`${key}`) && !told.includes(family(key)));
    expect(missing).toEqual([]);
  });
});

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((one) =>
    one.isDirectory() ? sourcesIn(join(folder, one.name)) : one.name.endsWith('.ts') ? [join(folder, one.name)] : [],
  );

describe('reference pages', () => {
  it('document every error code, once, and no other', () => {
    const listed = [...read('docs/reference/errors.md').matchAll(/^\| `([A-Z-]+)` \|/gm)].map(([, code = '']) => code);
    expect(listed.sort()).toEqual(Object.keys(errorRows).sort());
  });

  it('are the only codes that the other pages speak of', () => {
    const codes = pages.flatMap((page) => [...read(page).matchAll(/\[([A-Z]+(?:-[A-Z]+)+)\]/g)].map(([, code = '']) => code));
    expect(codes.filter((code) => !(code in errorRows))).toEqual([]);
  });

  it('document every metric', () => {
    const listed = [...read('docs/reference/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);
    expect(listed.sort()).toEqual(Object.keys(metrics).sort());
  });

  it('document every step', () => {
    const listed = [...read('docs/reference/steps.md').matchAll(/^\| `([\w-]+)` \| (?:queue|every)/gm)].map(([, name = '']) => name);
    expect(listed).toEqual(steps.map(({ name }) => name));
  });
});

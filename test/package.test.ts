import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(path, 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const locked = (JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> }).packages;

/** What belongs to the project: what git knows, or would after an `add`. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && statSync(path, { throwIfNoEntry: false })?.isFile() === true);

describe('the package', () => {
  it('pins every dependency to one version, the one that is locked', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
      expect(locked[`node_modules/${name}`]?.version).toBe(version);
    }
  });

  it('locks the packages of every platform: without one of them, npm refuses the lock file where it cannot ask for it', () => {
    const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${path}/node_modules/${name}` in locked) && !(`node_modules/${name}` in locked),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('says nothing of where packages came from', () => {
    expect(Object.values(locked).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('has its licence, and a script for everything that must hold', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(read('LICENSE')).toContain('Apache License');
    expect(statSync('.ci/run').mode & 0o111).not.toBe(0);
    for (const command of ['npm ci', 'npm run check', 'npm test', 'npm start -- --once'])
      expect(read('.ci/run')).toContain(`step ${command}\n`);
  });

  it('names no home of anybody', () => {
    const homes = /(?:^|[\s"'`(=:])\/(?:root|home\/[a-z]|Users\/[A-Za-z])/;
    expect(files.filter((path) => homes.test(read(path)))).toEqual([]);
  });

  it('holds no access key and no private key', () => {
    // Ids of access keys begin so and have 24 characters or more; the local cloud's own says that it is one.
    const keys = /LTAI(?!local)[A-Za-z0-9]{12,}|-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n[A-Za-z0-9+/]{20}/;
    expect(files.filter((path) => keys.test(read(path)))).toEqual([]);
  });
});

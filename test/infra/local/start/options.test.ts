import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { functionSpec } from '#infra/local/fc/function-spec.ts';
import { deployedFunctions } from '#infra/local/start/functions.ts';
import { readOptions } from '#infra/local/start/options.ts';
import { choosePorts, portNames, requireFree } from '#infra/local/start/ports.ts';
import { steps } from '#shared/steps.ts';

describe('npm start', () => {
  it('has defaults for everything', () => {
    expect(readOptions([])).toEqual({
      once: false,
      empty: false,
      ports: undefined,
      readyFile: undefined,
      kube: 'embedded',
      nodes: 1,
      virtualNode: false,
      functionTimeout: undefined,
    });
  });

  it('takes every option', () => {
    const cluster = ['--kube=assets', '--nodes', '3', '--virtual-node'];
    const given = ['--once', '--empty', '--ports', '9000', '--ready-file', 'f.json', ...cluster, '--function-timeout', '5'];
    expect(readOptions(given)).toEqual({
      once: true,
      empty: true,
      ports: 9000,
      readyFile: 'f.json',
      kube: 'assets',
      nodes: 3,
      virtualNode: true,
      functionTimeout: 5,
    });
  });

  it('counts fixed ports up and never gives one twice', () => {
    const ports = choosePorts(9000);
    const given = [...portNames.map((name) => ports.of(name)), ports.listeners];
    expect(given[0]).toBe(9000);
    expect(new Set(given).size).toBe(given.length);
    expect(choosePorts(undefined).of('mns')).toBe(0);
  });

  it('says which port is in use, by whom it is wanted, and by what option to change it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // a TCP server that listens
    await expect(requireFree(choosePorts(port))).rejects.toThrow(`${port} (kubernetes)`);
    await expect(requireFree(choosePorts(port))).rejects.toThrow('--ports');
    await new Promise((resolve) => server.close(resolve));
    await expect(requireFree(choosePorts(undefined))).resolves.toBeUndefined();
  });

  it('deploys every step as the table says, or with a shorter time', () => {
    const functions = deployedFunctions('dist', { A: 'b' }, undefined).map((one) => functionSpec.parse(one));
    expect(functions.map((one) => [one.timeoutSeconds, one.concurrency, one.memoryMiB])).toEqual(
      steps.map((row) => [row.timeoutSeconds, row.concurrency, row.memoryMiB]),
    );
    expect(functions.flatMap((one) => one.triggers.map((trigger) => (trigger.kind === 'queue' ? trigger.queue : trigger.kind)))).toEqual(
      steps.map((row) => row.queue ?? 'timer'),
    );
    for (const one of functions) expect(one.failureDestinationQueue).toBe('dead-letter');
    expect(deployedFunctions('dist', {}, 3).map((one) => one.timeoutSeconds)).toEqual(steps.map(() => 3));
  });
});

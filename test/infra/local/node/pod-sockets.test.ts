import { describe, expect, it } from 'vitest';
import { readPodSockets } from '#infra/local/node/pod-sockets.ts';

describe('the sockets of a pod', () => {
  it.each([
    ['127.0.0.1:3000', { socket: '127.0.0.1:3000', sockets: {} }],
    ['localhost:3000, 9000=[::1]:3001', { socket: 'localhost:3000', sockets: { 9000: '[::1]:3001' } }],
    ['9000=127.0.0.1:3001,9001=127.0.0.2:3002', { sockets: { 9000: '127.0.0.1:3001', 9001: '127.0.0.2:3002' } }],
  ])('%s', (text, sockets) => expect(readPodSockets(text)).toEqual(sockets));

  it.each(['', 'example.com', 'example.com:80', '127.0.0.1', '127.0.0.1:3000,', 'x=127.0.0.1:3000', '127.0.0.1:3000;127.0.0.1:3001'])(
    '%j is none',
    (text) => expect(readPodSockets(text)).toBeUndefined(),
  );
});

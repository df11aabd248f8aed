import { describe, expect, it } from 'vitest';
import { statusIn } from '#infra/local/alb/data-plane/status-line.ts';

describe('the status of an answer', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n', 200],
    ['HTTP/1.0 503 Service Unavailable\r\nServer: old\r\n\r\n', 503],
    ['HTTP/1.1 204\r\n', 204],
    ['HTTP/1.1 404\n', 404],
  ])('is read from its first line: %j', (text, status) => expect(statusIn(text)).toBe(status));

  it.each(['', 'HTTP/1.1 20', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2'])(
    'has yet to come after %j',
    (text) => expect(statusIn(text)).toBe('unfinished'),
  );

  it('is that of the final head: interim ones go before it', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    expect(statusIn(`${interim}HTTP/1.1 500 Oops\r\n`)).toBe(500);
  });

  it.each(['SSH-2.0-dropbear\r\n', 'HTTP/2 200\r\n', 'HTTP/1.1 2000\r\n', 'HTTP/1.1 099 no\r\n', '\n', 'x'.repeat(16_384)])(
    'is none in %.40j',
    (text) => expect(statusIn(text)).toBe('garbled'),
  );
});

/** From a refusal or an answer to the bytes on the wire; every answer names its request and the version. */
import type { ServerResponse } from 'node:http';
import type { Answer } from './call.ts';
import { documentXml, fieldsXml } from './xml.ts';

/** An error document has all four fields: without any of them the SDK fails with a TypeError that hides the cause. */
export const errorXml = (code: string, message: string, requestId: string, host: string): string =>
  documentXml('Error', fieldsXml({ Code: code, Message: message, RequestId: requestId, HostId: host }));

export function send(response: ServerResponse, answer: Answer, requestId: string): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    'x-mns-request-id': requestId,
    'x-mns-version': '2015-06-06',
    server: 'AliyunMNS',
    ...(answer.location === undefined ? {} : { location: answer.location }),
    ...(answer.xml === '' ? {} : { 'content-type': 'text/xml;charset=utf-8', 'content-length': Buffer.byteLength(answer.xml) }),
  });
  response.end(answer.xml === '' ? undefined : answer.xml);
}

/** What a proxy in front of the service would answer: no XML at all. */
export function sendHtml(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<html><body><h1>Service Unavailable</h1></body></html>');
}

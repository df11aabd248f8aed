/** Calls signed by hand, for what the SDK cannot be made to send. */
import { createHash, randomUUID } from 'node:crypto';
import { acs3Signature } from '#infra/local/openapi/acs3.ts';
import { canonicalQuery } from '#infra/local/openapi/percent.ts';
import { rpcSignature } from '#infra/local/openapi/rpc-v1.ts';

export interface HandSigned {
  readonly url: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

const read = async (response: Response): Promise<Answered> => ({
  status: response.status,
  headers: response.headers,
  // Every answer is a JSON object; a test that meets another fails here.
  body: (await response.json()) as Readonly<Record<string, unknown>>,
});

const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** In the old style of the Go SDK and Terraform: everything in the query (GET) or in a form (POST). */
export async function callRpc(
  to: HandSigned,
  call: {
    readonly action: string;
    readonly version?: string;
    readonly params?: Readonly<Record<string, string>>;
    readonly method?: 'GET' | 'POST';
    readonly date?: Date;
    readonly nonce?: string;
    readonly secret?: string;
  },
): Promise<Answered> {
  const method = call.method ?? 'GET';
  const params: Record<string, string> = {
    ...call.params,
    Action: call.action,
    Version: call.version ?? '2020-06-16',
    Format: 'JSON',
    AccessKeyId: to.accessKeyId,
    ...(to.securityToken === undefined ? {} : { SecurityToken: to.securityToken }),
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: call.nonce ?? randomUUID(),
    Timestamp: seconds(call.date ?? new Date()),
  };
  const signed = new URLSearchParams({
    ...params,
    Signature: rpcSignature(method, Object.entries(params), call.secret ?? to.accessKeySecret),
  });
  return read(await (method === 'GET' ? fetch(`${to.url}/?${signed}`) : fetch(to.url, { method, body: signed })));
}

/** In the style of the typed SDKs, with anything about it open to be spoilt after signing. */
export async function callAcs3(
  to: HandSigned,
  call: {
    readonly action: string;
    readonly version?: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly form?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly date?: Date;
    readonly nonce?: string;
    /** Sent instead of the form that was signed. */
    readonly bodySent?: string;
    readonly unsigned?: readonly string[];
  },
): Promise<Answered> {
  const query = Object.entries(call.query ?? {});
  const body = canonicalQuery(Object.entries(call.form ?? {}));
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const headers: Record<string, string> = {
    host: new URL(to.url).host,
    'content-type': 'application/x-www-form-urlencoded',
    'x-acs-action': call.action,
    'x-acs-version': call.version ?? '2020-06-16',
    'x-acs-date': seconds(call.date ?? new Date()),
    'x-acs-signature-nonce': call.nonce ?? randomUUID(),
    'x-acs-content-sha256': bodyHash,
    ...(to.securityToken === undefined ? {} : { 'x-acs-security-token': to.securityToken, 'x-acs-accesskey-id': to.accessKeyId }),
    ...call.headers,
  };
  const signedHeaders = Object.keys(headers)
    .filter((name) => !(call.unsigned ?? []).includes(name))
    .sort();
  const signature = acs3Signature({ method: 'POST', path: '/', query, headers, signedHeaders, bodyHash }, to.accessKeySecret);
  return read(
    await fetch(`${to.url}/?${canonicalQuery(query)}`, {
      method: 'POST',
      headers: {
        ...headers,
        Authorization: `ACS3-HMAC-SHA256 Credential=${to.accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`,
      },
      body: call.bodySent ?? body,
    }),
  );
}

/**
 * Calls by action name over the typed SDK, which is loaded with the first call (0.2 s unbundled; a handler's import must not pay for it).
 *
 * Interop: the package is CommonJS, so its module object is the `default` of the namespace, and the client class the `default` of that, in
 * Node, in esbuild's ESM bundles (importer of "type": "module") and in vitest with `interopDefault: false`.
 */
import { Caller, required } from '../caller.ts';
import { CloudFailure } from '../failure.ts';
import { type CloudOptions, hostAndProtocol } from '../options.ts';
import { type AlbAction, albActions } from './actions.ts';

type Sdk = typeof import('@alicloud/alb20200616');
type SdkClient = InstanceType<Sdk['default']>;

/** An SDK model as plain data: every member optional as the SDK has it, and without its methods and its index signature. */
type Plain<T> = T extends readonly (infer E)[]
  ? readonly Plain<E>[]
  : T extends object
    ? { readonly [K in keyof T as string extends K ? never : number extends K ? never : Method<T[K], K>]?: Plain<T[K]> | undefined }
    : T;
type Method<V, K> = V extends (...args: never[]) => unknown ? never : K;

/** Request and answer of an action: the SDK names them after it. An action that the SDK does not know does not compile. */
export type RequestOf<A extends AlbAction> = Plain<InstanceType<Sdk[`${A}Request`]>>;
export type AnswerOf<A extends AlbAction> = Plain<InstanceType<Sdk[`${A}ResponseBody`]>>;

interface Loaded {
  readonly sdk: Sdk;
  readonly client: SdkClient;
}

/** The one method shape of the SDK client that we call. */
type Send = (request: unknown, runtime: unknown) => Promise<{ readonly body?: unknown }>;

/** Enough for 10 000 things at 100 a page; a service that never ends its list would hold a function until its timeout. */
const maxPages = 100;

/** A page of a list: the next token is absent or empty at the end. */
interface Page {
  readonly nextToken?: string | undefined;
}

export class AlbClient {
  private readonly caller: Caller;
  private readonly options: CloudOptions;
  private loading: Promise<Loaded> | undefined;

  constructor(options: CloudOptions) {
    hostAndProtocol(options.endpoint); // refuse a bad endpoint at start, not at the first call
    this.options = options;
    this.caller = new Caller('alb', options);
  }

  async call<A extends AlbAction>(action: A, request: RequestOf<A>): Promise<AnswerOf<A>> {
    const { sdk, client } = await this.load();
    const { RuntimeOptions } = (await import('@darabonba/typescript')).default;
    // The SDK refuses plain objects at the top level; members may be plain. Class and method are named after the action, which the
    // type above guarantees; TypeScript cannot follow a generic name to the method, hence the casts.
    const Request = sdk[`${action}Request`] as unknown as new (map: unknown) => unknown;
    const method = `${action.charAt(0).toLowerCase()}${action.slice(1)}WithOptions`;
    const send = (client as unknown as Readonly<Record<string, Send>>)[method];
    if (send === undefined) throw new Error(`the ALB SDK has no method ${method}`);
    const answer = await this.caller.call(action, albActions[action].write, () =>
      send.call(client, new Request(request), new RuntimeOptions(this.caller.limits)),
    );
    return required(answer.body, action, 'a body') as AnswerOf<A>;
  }

  /** Every page of a list or a failure: a list that is cut short is never returned. A missing list is an empty one. */
  async list<A extends AlbAction, T>(
    action: A,
    request: RequestOf<A>,
    items: (answer: AnswerOf<A>) => readonly T[] | undefined,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const paging = { maxResults: albActions[action].page, ...(nextToken === undefined ? {} : { nextToken }) };
      const answer = await this.call(action, { ...request, ...paging });
      found.push(...(items(answer) ?? []));
      nextToken = (answer as Page).nextToken || undefined;
      if (nextToken === undefined) return found;
    }
    throw new CloudFailure('transport', { action, code: '', detail: `the list does not end after ${maxPages} pages`, requestId: '' });
  }

  close(): void {
    this.caller.close();
  }

  /** One load for parallel first calls. */
  private load(): Promise<Loaded> {
    this.loading ??= this.construct();
    return this.loading;
  }

  private async construct(): Promise<Loaded> {
    const sdk = (await import('@alicloud/alb20200616')).default;
    const { $OpenApiUtil } = (await import('@alicloud/openapi-core')).default;
    const config = new $OpenApiUtil.Config({
      ...hostAndProtocol(this.options.endpoint),
      regionId: this.options.region,
      accessKeyId: this.options.accessKeyId,
      accessKeySecret: this.options.accessKeySecret,
      securityToken: this.options.securityToken,
      userAgent: 'albeit',
    });
    return { sdk, client: new sdk.default(config) };
  }
}

/**
 * The generic OpenAPI client, for the few reads of products whose own packages weigh 27 MB and take half a second to load. It is already
 * there with the ALB SDK. Answers are raw JSON under the service's own names: the callers validate them.
 */
import { Caller, required } from './caller.ts';
import type { CallReport } from './options.ts';
import { type CloudOptions, hostAndProtocol } from './options.ts';

type Core = typeof import('@alicloud/openapi-core');

interface Loaded {
  readonly core: Core;
  readonly client: InstanceType<Core['default']>;
}

export class OpenApi {
  private readonly caller: Caller;
  private readonly options: CloudOptions;
  private readonly version: string;
  private loading: Promise<Loaded> | undefined;

  /** `version` is the product's API date, such as `2014-05-26`. */
  constructor(product: CallReport['product'], version: string, options: CloudOptions) {
    hostAndProtocol(options.endpoint); // refuse a bad endpoint at start, not at the first call
    this.options = options;
    this.version = version;
    this.caller = new Caller(product, options);
  }

  /** One read. Lists become `Name.1`, `Name.2`; undefined members are not sent. */
  async read(action: string, query: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.loading ??= this.construct();
    const { core, client } = await this.loading;
    const { RuntimeOptions } = (await import('@darabonba/typescript')).default;
    const params = new core.$OpenApiUtil.Params({
      action,
      version: this.version,
      protocol: 'HTTPS', // the protocol of the configuration goes before it
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const request = new core.$OpenApiUtil.OpenApiRequest({ query: core.OpenApiUtil.query({ ...query }) });
    const answer: unknown = await this.caller.call(action, false, () =>
      client.callApi(params, request, new RuntimeOptions(this.caller.limits)),
    );
    // A border value: `callApi` answers with a map of anything.
    return required((answer as { readonly body?: unknown }).body, action, 'a body');
  }

  close(): void {
    this.caller.close();
  }

  private async construct(): Promise<Loaded> {
    const core = (await import('@alicloud/openapi-core')).default;
    const config = new core.$OpenApiUtil.Config({
      ...hostAndProtocol(this.options.endpoint),
      regionId: this.options.region,
      accessKeyId: this.options.accessKeyId,
      accessKeySecret: this.options.accessKeySecret,
      securityToken: this.options.securityToken,
      userAgent: 'albeit',
    });
    return { core, client: new core.default(config) };
  }
}

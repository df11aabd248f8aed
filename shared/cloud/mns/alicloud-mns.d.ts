/** What we use of `@alicloud/mns` 1.2.0, which ships no types. Values in bodies are always text; a body is absent when a list is empty. */
declare module '@alicloud/mns' {
  interface Options {
    endpoint: string;
    accessKeyId: string;
    accessKeySecret: string;
    securityToken?: string;
    /** Milliseconds. */
    readTimeout?: number;
    /** Milliseconds. In practice an idle timeout: it fires while a long poll waits. */
    connectTimeout?: number;
  }
  interface Result<B> {
    /** HTTP status; an answer that is not XML comes back with it and is not thrown. */
    code: number;
    body?: B;
  }
  type Fields = Readonly<Record<string, string>>;
  class Client {
    constructor(accountId: string, options: Options);
    createQueue(name: string, attributes?: Readonly<Record<string, number>>): Promise<Result<Fields>>;
    batchSendMessage(queue: string, messages: readonly Readonly<Record<string, string | number>>[]): Promise<Result<readonly Fields[]>>;
    batchReceiveMessage(queue: string, count: number, waitSeconds?: number): Promise<Result<readonly Fields[]>>;
    batchDeleteMessage(queue: string, handles: readonly string[]): Promise<Result<readonly Fields[]>>;
    /** Every call goes through here; `opts` reaches Node's HTTP client, so an agent of our own can be given. */
    request(
      method: string,
      resource: string,
      type: string,
      body: unknown,
      attentions?: readonly string[],
      opts?: Readonly<Record<string, unknown>>,
    ): Promise<Result<unknown>>;
  }
  export = Client;
}
